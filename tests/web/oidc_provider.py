"""A small OpenID Connect provider on loopback, that keeps the protocol's rules and can be told to break one."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT, SECRET = "vigie-essai", "secret-du-client-d-essai"


@cache
def _key(_name: str) -> RSAKey:
    """Once: finding primes is slow."""
    return RSAKey.generate_key(2048, {"kid": "a", "use": "sig", "alg": "RS256"})


@dataclass
class Provider:
    """Who is signed in there, and what it does wrong."""

    issuer: str = ""
    person: dict[str, Any] = field(default_factory=lambda: {"sub": "u-1", "email": "analyse@exemple.test", "email_verified": True})
    claims: dict[str, Any] = field(default_factory=dict)  # in place of the right ones
    metadata: dict[str, Any] = field(default_factory=dict)
    sign: str = "right"  # other_key, none, shared
    refuses: bool = False
    key: RSAKey = field(default_factory=lambda: _key("right"))
    other: RSAKey = field(default_factory=lambda: _key("other"))
    asked: dict[str, dict[str, str]] = field(default_factory=dict)  # by code
    tokens: list[str] = field(default_factory=list)

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize", "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks", "id_token_signing_alg_values_supported": ["RS256"], "response_types_supported": ["code"],
            "subject_types_supported": ["public"], **self.metadata,
        }  # fmt: skip

    def authorize(self, asked: dict[str, str]) -> str:
        if self.refuses:
            return f"{asked['redirect_uri']}?{urlencode({'error': 'access_denied', 'state': asked['state']})}"
        code = secrets.token_urlsafe(12)
        self.asked[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, given: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        asked = self.asked.pop(given.get("code", ""), None)
        challenge = _encoded(hashlib.sha256(given.get("code_verifier", "").encode()).digest())
        basic = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if not asked or asked["code_challenge"] != challenge or asked["redirect_uri"] != given.get("redirect_uri") or authorization != basic:
            return 400, {"error": "invalid_grant"}
        token = self._id_token(asked["nonce"])
        self.tokens.append(token)
        return 200, {"access_token": "acces", "token_type": "Bearer", "expires_in": 60, "id_token": token}

    def _id_token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 60, "nonce": nonce, **self.person, **self.claims}
        if self.sign in ("none", "shared"):  # by hand: no library makes such a token
            head = {"alg": "none"} if self.sign == "none" else {"alg": "HS256", "kid": "a"}
            signed = f"{_encoded(json.dumps(head).encode())}.{_encoded(json.dumps(claims).encode())}"
            mac = hmac.digest(self.key.as_pem(private=False), signed.encode(), "sha256")  # the public key as if it were a shared secret
            return f"{signed}.{'' if self.sign == 'none' else _encoded(mac)}"
        return jwt.encode({"alg": "RS256", "kid": "a"}, claims, self.other if self.sign == "other_key" else self.key)


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@contextmanager
def provider() -> Iterator[Provider]:
    """Served on a free port of loopback until the end of the ``with``."""
    made = Provider()

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            if asked.path == "/authorize":
                self.send_response(302)
                self.send_header("Location", made.authorize({name: values[0] for name, values in parse_qs(asked.query).items()}))
                self.end_headers()
                return
            self._json(200, made.discovery() if asked.path.endswith("openid-configuration") else KeySet([made.key]).as_dict(private=False))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._json(*made.token({name: values[0] for name, values in parse_qs(body).items()}, self.headers.get("Authorization", "")))

        def _json(self, status: int, value: dict[str, Any]) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(value).encode())

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    made.issuer = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
