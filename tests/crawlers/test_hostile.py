"""Answers that would hang, fill or fool a crawler: each ends soon and in bounded memory, with one named reason, and what comes after it is read."""

from __future__ import annotations

import gzip
import socket
import threading
import time
import zlib
from functools import partial
from typing import TYPE_CHECKING

import brotli
import pytest
from backports import zstd

from tests.crawlers.play import HTML, JSON, WORDS, XML, Answer, Asked, Web, adds_up, article, aside, documents, measured, playing, reset, write_source

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.settings import Settings

MEGABYTE = b"<p>encore</p>" * 80_000
BOMB = b"<p>" + b"a" * 60_000_000
GOOD = article("Après tout cela")


def send(head: str, *parts: bytes, pause: float = 0.0, count: int = 1, end: Callable[[socket.socket], None] | None = None) -> Answer:
    """Bytes as they are, ``parts`` again and again, at most 60 s."""

    def play(connection: socket.socket) -> None:
        connection.sendall(head.replace("\n", "\r\n").encode("latin-1") + b"\r\n" if head else b"")
        start = time.monotonic()
        for _ in range(count):
            for part in parts:
                connection.sendall(part)
                time.sleep(pause)
            if time.monotonic() - start > 60:
                break
        if end:
            end(connection)

    return Answer(raw=play)


def to(place: str) -> Answer:
    return Answer(status=302, headers=[("Location", place)])


def packed(body: bytes, coding: str, kind: str = HTML) -> Answer:
    return Answer(body, kind=kind, headers=[("Content-Encoding", coding)])


def loop(asked: Asked) -> Answer:
    """Each visit gives another cookie and sends to the same page."""
    return Answer(status=302, headers=[("Location", asked.path), ("Set-Cookie", f"visite={time.time()}")])


OK = "HTTP/1.1 200 OK\nContent-Type: text/html\n"
NESTED = "".join(f"<{tag}>" for tag in ("div", "span", "b", "i")) * 50_000
Route = Answer | object
# what is answered, and the reasons that may be given for it; on one host they would wait for each other, so each has its own
ANSWERS: dict[str, tuple[Route, set[str]]] = {
    "gzip bomb": (packed(gzip.compress(BOMB), "gzip"), {"too_large"}),
    "gzip in gzip": (packed(gzip.compress(gzip.compress(b"\0" * 400_000_000, 9)), "gzip, gzip"), {"too_large"}),
    "brotli bomb": (packed(brotli.compress(BOMB), "br"), {"too_large"}),
    "zstd bomb": (packed(zstd.compress(BOMB), "zstd"), {"too_large"}),
    "deflate bomb": (packed(zlib.compress(BOMB), "deflate"), {"too_large"}),
    "no gzip": (packed(b"not packed at all", "gzip"), {"x"}),
    "no brotli": (packed(b"not packed at all" * 100, "br"), {"x"}),
    "no zstd": (packed(b"not packed at all", "zstd"), {"x"}),
    "no deflate": (packed(b"not packed at all", "deflate"), {"x"}),
    "unknown coding": (packed(b"\x00\x01not packed at all", "rot13"), {"x"}),
    "gzip cut": (packed(gzip.compress(GOOD.encode())[:200], "gzip"), {"x"}),
    "gzip cut at once": (packed(gzip.compress(GOOD.encode())[:12], "gzip"), {"x"}),
    "redirect loop": (loop, {"too_many_redirects"}),
    "redirect to a private address": (to("http://10.0.0.1/"), {"private_address"}),
    "redirect to metadata": (to("http://169.254.169.254/latest/meta-data/"), {"private_address"}),
    "redirect to localhost": (to("http://localhost/"), {"private_address"}),
    "redirect to another host": (to("https://ailleurs.example/"), {"other_host"}),
    "redirect to file": (to("file:///etc/passwd"), {"http_302"}),
    "redirect to ftp": (to("ftp://ailleurs.example/a"), {"http_302"}),
    "redirect to a script": (to("javascript:alert(1)"), {"http_302"}),
    "redirect to data": (to("data:text/html,<p>bonjour"), {"http_302"}),
    "redirect to nothing": (to(""), {"http_302"}),
    "redirect that cannot be read": (to("http://[::1"), {"bad_address"}),
    "redirect to a long name": (to("http://" + "a" * 100_000 + ".example/"), {"other_host"}),
    "redirect with bytes": (to("/caf\xe9\x80"), {"x"}),
    "no content": (Answer(status=204, body=b""), {"x"}),
    "empty": (Answer(b""), {"empty_page"}),
    "blanks": (Answer(b" \n" * 1_000_000), {"empty_page"}),
    "zeros": (Answer(b"\0" * 9_000_000), {"empty_page"}),
    "large headers": (Answer(GOOD, headers=[("X-Long", "a" * 1_000_000)]), {"x"}),
    "many headers": (Answer(GOOD, headers=[(f"X-{number}", "a") for number in range(10_000)]), {"x"}),
    "charset lies": (Answer(GOOD.encode("cp1252"), kind="text/html; charset=utf-8"), {"kept"}),
    "charset is none": (Answer(GOOD.encode("cp1252"), kind="text/html; charset=zlib"), {"kept"}),
    "charset idna": (Answer(GOOD.encode("cp1252"), kind="text/html; charset=idna"), {"kept"}),
    "charset in meta": (Answer(GOOD.replace("charset=utf-8", "charset=hex").encode("cp1252"), kind="text/html"), {"kept"}),
    "charset error": (Answer(b"\xff<meta charset=zlib>", status=404), {"http_404"}),
    "nested": (Answer(NESTED + "profond"), {"x"}),
    "nested alone": (Answer("<div>" * 200_000), {"x"}),
    "attributes": (Answer("<p " + "a=1 " * 1_000_000 + ">texte"), {"x"}),
    "one word": (Answer("<p>" + "a" * 9_000_000), {"x"}),
    "angles": (Answer("<" * 9_000_000), {"x"}),
    "entities": (Answer("<p>" + "&amp;" * 1_800_000), {"x"}),
    "paragraphs": (Answer("<p>" * 3_000_000), {"x"}),
    "json": (Answer(b'{"a": [', kind=JSON), {"unreadable_json"}),
    "json lists": (Answer(b"[" * 10_000_000, kind=JSON), {"unreadable_json"}),
    "json numbers": (Answer(b"[" + b"9" * 9_000_000 + b"]", kind=JSON), {"x"}),
    "json rows": (Answer(b'{"version": "https://jsonfeed.org/version/1.1", "items": [' + b"{}," * 3_000_000 + b"{}]}", kind=JSON), {"x"}),
    "json small lists": (Answer(b"[" + b"[]," * 3_300_000 + b"[]]", kind=JSON), {"x"}),
    "xxe": (Answer('<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss><channel><item><link>/a</link><title>&x;</title></item></channel></rss>', kind=XML), {"x"}),
    "laughs": (Answer('<?xml version="1.0"?><!DOCTYPE r [' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "ha" * 10}">' for n in range(12)) + "]><rss><channel><item><link>/a</link><title>&a11;</title></item></channel></rss>", kind=XML), {"x"}),
    "page of 50 MB": (Answer(b"a" * 50_000_000), {"too_large"}),
    "endless": (send(OK, MEGABYTE, count=1000), {"too_large"}),
    "endless chunks": (send(OK + "Transfer-Encoding: chunked\n", b"%x\r\n%s\r\n" % (len(MEGABYTE), MEGABYTE), count=1000), {"too_large"}),
    "a byte a second": (send(OK + "Content-Length: 100000\n", b"a", pause=1, count=200), {"timeout"}),
    "headers a byte a second": (send("", b"H", pause=1, count=200), {"timeout"}),
    "silence": (send("", b"", pause=60), {"timeout"}),
    "hung up": (Answer(raw=lambda connection: None), {"cut_short"}),
    "reset": (Answer(raw=reset), {"cut_short"}),
    "reset in mid-body": (send(OK + "Content-Length: 100000\n", b"<p>encore</p>", end=reset), {"cut_short"}),
    "http 0.9": (send("", b"<html><p>Bonjour de 1991</p></html>"), {"cut_short"}),
    "garbage": (send("", bytes(range(256)) * 400), {"cut_short"}),
    "length too long": (send(OK + "Content-Length: 99999\n", b"<p>trop court"), {"cut_short"}),
    "length too short": (send(OK + "Content-Length: 10\n", GOOD.encode()), {"empty_text"}),
    "length negative": (send(OK + "Content-Length: -5\n", GOOD.encode()), {"x"}),
    "lengths that differ": (send(OK + "Content-Length: 5\nContent-Length: 9000\n", GOOD.encode()), {"x"}),
    "length is none": (send(OK + "Content-Length: beaucoup\n", GOOD.encode()), {"x"}),
    "bad chunks": (send(OK + "Transfer-Encoding: chunked\n", b"zz\r\n" + b"a" * 1000), {"x"}),
    "large chunk sizes": (send(OK + "Transfer-Encoding: chunked\n", b"f" * 100_000), {"x"}),
    "status that is none": (send("HTTP/1.1 999999 Trop\nContent-Type: text/html\n", GOOD.encode()), {"x"}),
    "status 99": (send("HTTP/1.1 99 Trop\nContent-Type: text/html\n", GOOD.encode()), {"x"}),
    "continue for ever": (send("", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000, count=20_000), {"x"}),
    "header lines without end": (send("HTTP/1.1 200 OK", b"X: a\r\n" * 10_000, count=2000), {"x"}),
}
