"""A small server that plays a node: its answers are chosen by the test, and what it was asked is kept."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from core.settings import Settings

SECRET = "tres-secret-42"
INFO = {"version": {"number": "8.19.19"}, "tagline": "You Know, for Search"}
Answer = tuple[int, Any, dict[str, str]]
Said = Callable[[str, bytes], Answer]  # from the path and the body
PRODUCT = {"X-Elastic-Product": "Elasticsearch", "Content-Type": "application/json"}


class Node:
    """A server whose answers are chosen by the test: ``answers[path prefix]``, the longest first, with or without its method before it."""

    def __init__(self, certificate: tuple[Path, Path] | None = None) -> None:
        self.answers: dict[str, Answer | Said] = {}
        self.asked: list[tuple[str, bytes]] = []  # method with path, and body
        self.delay = 0.0
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        node = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                given = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                node.asked.append((f"{self.command} {self.path}", given))
                time.sleep(node.delay)
                asked = (self.path, f"{self.command} {self.path}")
                prefix = max((known for known in node.answers if any(path.startswith(known) for path in asked)), key=len)
                chosen = node.answers[prefix]
                status, body, headers = chosen(self.path, given) if callable(chosen) else chosen
                content = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(content))}.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = answer  # noqa: N815

            def log_message(self, *_: Any) -> None: ...

        return Handler


def failure(status: int, kind: str) -> Answer:
    return status, {"error": {"type": kind, "reason": kind, "root_cause": []}, "status": status}, PRODUCT


def settings(folder: Path, url: str, **given: Any) -> Settings:
    return Settings(data_dir=folder, elasticsearch_url=url, elasticsearch_password=SecretStr(SECRET), index_name="vigie-test", **given)


def answering(node: Node, generation: str) -> None:
    node.answers = {
        "/": (200, INFO, PRODUCT),
        "/_alias": (200, {generation: {"aliases": {"vigie-test": {}}}}, PRODUCT),
        "/_ilm": failure(400, "no handler found"),
        "GET /_component_template": failure(404, "resource_not_found_exception"),
        "GET /_index_template": failure(404, "resource_not_found_exception"),
    }
