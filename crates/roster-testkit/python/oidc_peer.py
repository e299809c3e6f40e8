"""An OpenID provider for tests: a real one, with a key of its own, at which people log in.

Its first line on standard output is `ready PORT`. Every further line is JSON: a person who logged in, and the ID token
that the provider issued. The keys are at /jwks.
Usage: oidc_peer.py CLIENT USER [USER ...]
CLIENT is the OAuth client at which they log in; it is the tokens' audience. USER is an id and the claims that the provider
makes about it, as in `ada:{"email": "ada@example.org", "email_verified": true}`.
"""

import json
import sys
import threading
import urllib.parse
import urllib.request
import warnings

warnings.simplefilter("ignore")

from oidc_provider_mock import run_server_in_thread  # noqa: E402

REDIRECT = "http://localhost:1/callback"


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Leaves the code where it can be read: in the address that a browser would be sent to."""

    def redirect_request(self, *_):
        return None


def log_in(base, client, user, claims):
    """Logs a person in as a browser would, and returns the ID token that its client gets."""
    body = json.dumps(claims).encode()
    headers = {"content-type": "application/json"}
    put = urllib.request.Request(f"{base}/users/{user}", body, headers, method="PUT")
    urllib.request.urlopen(put)
    query = urllib.parse.urlencode(
        {"client_id": client, "redirect_uri": REDIRECT, "response_type": "code", "scope": "openid email"}
    )
    form = urllib.parse.urlencode({"sub": user}).encode()
    try:
        urllib.request.build_opener(NoRedirect).open(f"{base}/oauth2/authorize?{query}", form)
        raise RuntimeError("the provider sends nobody back")
    except urllib.error.HTTPError as answer:
        location = answer.headers["location"]
    code = urllib.parse.parse_qs(urllib.parse.urlparse(location).query)["code"][0]
    form = urllib.parse.urlencode(
        {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": REDIRECT,
            "client_id": client,
            "client_secret": "any",
        }
    ).encode()
    with urllib.request.urlopen(f"{base}/oauth2/token", form) as answer:
        return json.load(answer)["id_token"]


def main():
    client, *users = sys.argv[1:]
    with run_server_in_thread() as server:
        base = f"http://localhost:{server.server_port}"
        print(f"ready {server.server_port}", flush=True)
        for argument in users:
            user, _, claims = argument.partition(":")
            token = log_in(base, client, user, json.loads(claims))
            print(json.dumps({"user": user, "token": token}), flush=True)
        threading.Event().wait()


main()
