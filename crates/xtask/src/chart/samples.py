"""Writes samples of what a deployment keeps in Secrets into the folder that is named, so that a configuration that names
them can be checked: certificates, keys of an issuer, keys of the service. None of them is used for anything else."""

import base64
import json
import os
import pathlib
import sys

import trustme
from cryptography.hazmat.primitives.asymmetric import ec

folder = pathlib.Path(sys.argv[1])
authority = trustme.CA()
certificate = authority.issue_cert("roster.example.com")
authority.cert_pem.write_to_path(folder / "ca.crt")
certificate.private_key_pem.write_to_path(folder / "tls.key")
for pem in certificate.cert_chain_pems:
    pem.write_to_path(folder / "tls.crt", append=True)

number = ec.generate_private_key(ec.SECP256R1()).public_key().public_numbers()
text = lambda value: base64.urlsafe_b64encode(value.to_bytes(32)).rstrip(b"=").decode()
key = {"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "sample", "x": text(number.x), "y": text(number.y)}
(folder / "jwks.json").write_text(json.dumps({"keys": [key]}))

secret = base64.b64encode(os.urandom(32)).decode()
(folder / "keys.toml").write_text(f'[[keys]]\nid = "sample"\nsecret = "{secret}"\n')
(folder / "database-url").write_text("postgres://roster:sample@db.example.com/roster?sslmode=verify-full")
(folder / "redis-url").write_text("rediss://:sample@cache.example.com:6379")
(folder / "smtp-url").write_text("smtps://roster:sample@mail.example.com")
