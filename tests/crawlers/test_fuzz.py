"""Saved pages, damaged at random: every parser gives what it found or one named reason, within 5 s.

Runs 10 s; ``VIGIE_TEST_FUZZ_SECONDS=600 pytest tests/crawlers/test_fuzz.py`` for more. A failure names the seed that repeats it.
"""

from __future__ import annotations

import os
import random
import re
import time
from typing import TYPE_CHECKING

import pytest

from core.errors import SourceError
from crawlers.reading.drafts import Draft, Left
from crawlers.reading.page import Found, Page
from tests.crawlers.test_pages import PAGES, READERS, URL

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS = float(os.environ.get("VIGIE_TEST_FUZZ_SECONDS", "10"))
SEED = int(os.environ.get("VIGIE_TEST_FUZZ_SEED", "20261003"))
LONGEST = 5.0  # seconds for one page
LARGEST = 2_000_000  # bytes of one page
TAG = re.compile(rb"<[^<>]{0,200}>|\"[^\"]{0,100}\"|[{}\[\],:]")
POISON = (
    b"\x00", b"\xff\xfe", b"<", b">", b"&#0;", b"&x;", b"<!--", b"]]>", b"<![CDATA[", b"<script>", b"</body>", b"<p>" * 300, b"\xed\xa0\x80", b"\\ud800", b"null", b"[]", b"{}", b"-1", b"1e400",
    b"9" * 400, b'"', b"'", b"http://[x", b"javascript:x()", b"0001-01-01T00:00:00+14:00", b"\xe2\x80\xae", b"[" * 2000, b"<div>" * 2000,
)  # fmt: skip


def flip(body: bytes, rng: random.Random) -> bytes:
    """Some bytes become others."""
    changed = bytearray(body)
    for _ in range(rng.randint(1, 20)):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def cut(body: bytes, rng: random.Random) -> bytes:
    """A stretch is missing, or all that follows."""
    start = rng.randrange(len(body))
    return body[:start] + (body[start + rng.randint(1, 2000) :] if rng.random() < 0.7 else b"")


def repeat(body: bytes, rng: random.Random) -> bytes:
    """A stretch stands there several times."""
    start = rng.randrange(len(body))
    piece = body[start : start + rng.randint(1, 3000)]
    return body[:start] + piece * rng.choice((2, 3, 50)) + body[start:]


def swap(body: bytes, rng: random.Random) -> bytes:
    """Two tags, strings or signs change places."""
    marks = [match.span() for match in TAG.finditer(body)]
    if len(marks) < 2:
        return flip(body, rng)
    (a, b), (c, d) = sorted(rng.sample(marks, 2))
    return body[:a] + body[c:d] + body[b:c] + body[a:b] + body[d:]


def poison(body: bytes, rng: random.Random) -> bytes:
    """Something that has broken a parser somewhere stands in the middle, or in place of a tag, string or sign."""
    marks = [match.span() for match in TAG.finditer(body)]
    a, b = rng.choice(marks) if marks and rng.random() < 0.5 else (rng.randrange(len(body)),) * 2
    return body[:a] + rng.choice(POISON) + body[b:]


def mix(body: bytes, rng: random.Random) -> bytes:
    """The end of another page follows."""
    other = rng.choice(PAGES).read_bytes()
    return body[: rng.randrange(len(body))] + other[rng.randrange(len(other)) :]


DAMAGES: tuple[Callable[[bytes, random.Random], bytes], ...] = (flip, cut, repeat, swap, poison, mix)


def damaged(body: bytes, rng: random.Random) -> bytes:
    """A page with one to four damages."""
    for _ in range(rng.randint(1, 4)):
        body = rng.choice(DAMAGES)(body or b" ", rng)[:LARGEST]
    return body


def check(kind: str, body: bytes, url: str) -> None:
    """The parser of a kind reads a body."""
    start = time.process_time()  # other programs may keep the machine busy
    try:
        found = READERS[kind](Page(url=url, body=body))
    except SourceError as error:
        assert re.fullmatch(r"[a-z0-9_]+", error.reason)  # noqa: PT017 - either outcome is right
    else:
        assert isinstance(found, Found)
        for item in found.items:
            assert isinstance(item, Draft | Left)
            item.model_dump_json().encode()
    assert time.process_time() - start < LONGEST


@pytest.mark.timeout(SECONDS + 120)
def test_damaged_pages_give_what_was_found_or_one_reason() -> None:
    end, tried = time.monotonic() + SECONDS, 0
    bodies = {path: path.read_bytes() for path in PAGES}
    while time.monotonic() < end:
        rng = random.Random(SEED + tried)
        path = PAGES[tried % len(PAGES)]
        kind = path.parent.name if rng.random() < 0.9 else rng.choice(sorted(READERS))  # now and then the page of another platform
        try:
            check(kind, damaged(bodies[path], rng), URL)
        except Exception as error:
            error.add_note(f"{path.name} read as {kind}; repeat it with VIGIE_TEST_FUZZ_SEED={SEED + tried}, damage number {tried}")
            raise
        tried += 1
    assert tried > 20
