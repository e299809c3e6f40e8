"""A mail server for tests: a real one, over TLS or with STARTTLS, that takes mail and tells what it took.

Its first line on standard output is `ready PORT`; every mail that it takes is a line of JSON. What it does with a mail
is in the local part of the recipient: `reject-` is refused for good, `defer-` is refused the first time, and with `cut-`
the connection ends in the middle of the first mail.
Usage: smtp_peer.py FOLDER [--starttls] [--port PORT] [--login USER PASSWORD] [--refuse-login]
FOLDER gets `ca.pem`, the authority that the server's certificate is from; one that is there is used again.
"""

import argparse
import asyncio
import json
import logging
import pathlib
import ssl
import sys
import warnings

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

HOST = "127.0.0.1"


class Peer(SMTP):
    """The server, with a way to cut a connection while a mail comes in."""

    async def smtp_DATA(self, arg):
        recipients = self.envelope.rcpt_tos if self.envelope else []
        for recipient in recipients:
            if recipient.startswith("cut-") and first_time(recipient):
                await self.push("354 go on")
                await self._reader.readline()
                self.transport.abort()
                # The end of the connection ends this.
                await asyncio.get_running_loop().create_future()
        await super().smtp_DATA(arg)


class Handler:
    """Says what becomes of a mail."""

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("reject-"):
            return "550 5.1.1 no such mailbox"
        if address.startswith("defer-") and first_time(address):
            return "451 4.7.1 come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "tls": server.transport.get_extra_info("ssl_object") is not None,
            "login": session.auth_data,
            "raw": envelope.original_content.decode(),
        }
        print(json.dumps(mail), flush=True)
        return "250 OK"


SEEN = set()


def first_time(address):
    """Whether this is the first that is heard of an address."""
    if address in SEEN:
        return False
    SEEN.add(address)
    return True


def server_context(folder):
    """TLS with a certificate for this host, from an authority of our own."""
    ca_file, server_file = folder / "ca.pem", folder / "server.pem"
    if not server_file.exists():
        authority = trustme.CA()
        certificate = authority.issue_cert(HOST, "localhost")
        authority.cert_pem.write_to_path(str(ca_file))
        certificate.private_key_and_cert_chain_pem.write_to_path(str(server_file))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(str(server_file))
    return context


def authenticator(options):
    """Takes the one login that it was told, or none at all."""

    def authenticate(server, session, envelope, mechanism, data):
        good = isinstance(data, LoginPassword) and not options.refuse_login
        if good and [data.login.decode(), data.password.decode()] == options.login:
            return AuthResult(success=True, auth_data=data.login.decode())
        return AuthResult(success=False, handled=False)

    return authenticate


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--starttls", action="store_true")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--login", nargs=2)
    parser.add_argument("--refuse-login", action="store_true")
    options = parser.parse_args()

    # Advice for those who run such a server for others, and what clients do that the tests want to see fail.
    warnings.simplefilter("ignore")
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)

    context = server_context(options.folder)
    login = options.login is not None or options.refuse_login
    arguments = {"hostname": "peer.example.org", "authenticator": authenticator(options), "auth_required": login}
    if options.starttls:
        arguments |= {"tls_context": context, "require_starttls": True}
    else:
        # TLS is there before the server speaks, which it cannot know.
        arguments |= {"auth_require_tls": False}

    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Peer(Handler(), loop=loop, **arguments),
        HOST,
        options.port,
        ssl=None if options.starttls else context,
        reuse_address=True,
    )
    print(f"ready {server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
