"""A provider's interfaces as played on this machine: Mastodon's and Bluesky's, as their documents describe them. It remembers every report it took."""

from __future__ import annotations

import contextlib
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

URI = "at://did:plc:abcdefghijklmnop/app.bsky.feed.post/3kabcdefghi2j"
TOKEN, PASSWORD, JWT = "jeton-d-essai", "mot-de-passe-application", "jeton.de.session"


@dataclass
class Provider:
    """``spoil``: called before the answer to a report, may answer itself (True) or go on (False). ``statuses``: what a status id gives."""

    base: str = ""
    place: str = ""
    spoil: Callable[[BaseHTTPRequestHandler], bool] | None = None
    before: Callable[[BaseHTTPRequestHandler, str], bool] | None = None  # the same for what is asked before
    statuses: dict[str, Any] = field(default_factory=dict)
    posts: list[dict[str, Any]] = field(default_factory=lambda: [{"uri": URI, "cid": "bafyreiabc"}])
    reports: list[dict[str, Any]] = field(default_factory=list)  # that were taken
    asked: list[str] = field(default_factory=list)  # method and path of each request
    headers: list[dict[str, str]] = field(default_factory=list)  # of each report

    def add(self, number: str = "1122", *, user: str = "verveine", **fields: Any) -> str:
        """A post of an account of this instance; its address."""
        url = f"{self.base}/@{user}/{number}"
        account = {"id": "77", "acct": user}
        self.statuses[number] = {"id": number, "url": url, "uri": url, "visibility": "public", "account": account, "content": "", **fields}
        return url


@contextlib.contextmanager
def provider(certificate: Path | None = None) -> Iterator[Provider]:
    """A provider that listens until the block ends; over TLS with this certificate and key, in one file."""
    played = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self._noted("GET")
            if played.before and played.before(self, path):
                return
            if path.startswith("/api/v1/statuses/"):
                found = played.statuses.get(path.rpartition("/")[2])
                self.give(200 if found else 404, found or {"error": "Record not found"})
            elif path == "/xrpc/app.bsky.feed.getPosts":
                wanted = parse_qs(urlsplit(self.path).query).get("uris", [])
                self.give(200, {"posts": [post for post in played.posts if post["uri"] in wanted]})
            else:
                self.give(404, {"error": "not found"})

        def do_POST(self) -> None:
            path, body = self._noted("POST"), self.rfile.read(int(self.headers.get("Content-Length", "0")))
            if path == "/xrpc/com.atproto.server.createSession":
                if played.before and played.before(self, path):
                    return
                right = json.loads(body)["password"] == PASSWORD
                self.give(200 if right else 401, {"accessJwt": JWT, "did": "did:plc:moi"} if right else {"error": "AuthenticationRequired"})
                return
            if self.headers.get("Authorization") not in (f"Bearer {TOKEN}", f"Bearer {JWT}"):
                self.give(401, {"error": "The access token is invalid"})
                return
            if played.spoil and played.spoil(self):
                return
            self.take(path, body)

        def take(self, path: str, body: bytes) -> None:
            mastodon = path == "/api/v1/reports"
            report = {name: values[0] for name, values in parse_qs(body.decode()).items()} if mastodon else json.loads(body)
            self.reports.append(report)
            self.sent_headers.append({name.lower(): value for name, value in self.headers.items()})
            number = 48900 + len(self.reports)
            self.give(200, {"id": str(number), "comment": "…"} if mastodon else {"id": number, "reasonType": report["reasonType"]})

        def give(self, status: int, answer: Any, **headers: str) -> None:
            said = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def _noted(self, method: str) -> str:
            path = urlsplit(self.path).path
            played.asked.append(f"{method} {path}")
            self.reports, self.sent_headers = played.reports, played.headers  # an answer that comes late belongs to the test that asked
            return path

        def log_message(self, *arguments: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        played.place = f"{'localhost' if certificate else '127.0.0.1'}:{server.server_port}"
        played.base = f"{'https' if certificate else 'http'}://{played.place}"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield played
        server.shutdown()
        thread.join()


def status(number: int, answer: Any = None, **headers: str) -> Callable[[Any], bool]:
    """Answers a report with this status, and takes nothing."""

    def spoil(handler: Any) -> bool:
        handler.give(number, answer if answer is not None else {"error": "non"}, **headers)
        return True

    return spoil
