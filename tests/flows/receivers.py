"""Where alerts arrive in tests: a web server and a mail server on this machine, which remember what they got and answer as they are told."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller

from flows.delivery_webhook import verify

SECRET = "s" * 40


@dataclass
class Receiver:
    """``answers`` are taken one a request, the last one for ever: a status, or a function of the handler."""

    url: str = ""
    answers: list[int | Callable[[Any], None]] = field(default_factory=lambda: [204])
    got: list[tuple[dict[str, str], dict[str, Any]]] = field(default_factory=list)
    forged: int = 0
    arrived: threading.Event = field(default_factory=threading.Event)

    def ids(self) -> list[list[str]]:
        """The delivery ids of each request."""
        return [[item["delivery_id"] for item in body["items"]] for _, body in self.got]


@contextlib.contextmanager
def web_receiver() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if verify(SECRET.encode(), body, self.headers["Vigie-Signature"], now=int(time.time())):
                receiver.got.append((dict(self.headers), json.loads(body)))
            else:
                receiver.forged += 1
            answer = receiver.answers.pop(0) if len(receiver.answers) > 1 else receiver.answers[0]
            receiver.arrived.set()
            if callable(answer):
                answer(self)
                return
            self.send_response(answer)
            if 300 <= answer < 400:
                self.send_header("Location", receiver.url + "/ailleurs")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver.url = f"http://127.0.0.1:{server.server_port}/crochet"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield receiver
        server.shutdown()
        thread.join()


@dataclass
class Mailbox:
    port: int = 0
    got: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    refusal: str = ""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.refusal:
            return self.refusal
        self.got.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        self.recipients.append(list(envelope.rcpt_tos))
        return "250 OK"


class OnAFreePort(Controller):
    """The system chooses the port, which aiosmtpd's own first connection does not know of."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        super()._trigger_server()


@contextlib.contextmanager
def mail_receiver() -> Iterator[Mailbox]:
    mailbox = Mailbox()
    controller = OnAFreePort(mailbox, hostname="127.0.0.1", port=0)
    controller.start()
    mailbox.port = controller.port
    yield mailbox
    controller.stop()
