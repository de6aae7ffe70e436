"""Whether the lines of a text stand in what a site sent, whatever the markup around them. Pure.

Only letters and digits are compared. A payload is looked at in several ways, for a text may lie in HTML, in JSON, in HTML inside JSON, in JSON inside
an attribute; no parser of a platform is needed, so that evidence can still be checked when the platform and its parser have changed.
"""

from __future__ import annotations

import html
import importlib
import re
import unicodedata
import zlib
from typing import TYPE_CHECKING, Any

from crawlers.reading.markup import INVISIBLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

MAX_BODY = 32 * 2**20  # bytes once unpacked; what a crawl takes is smaller
WORK = 2_000_000_000  # characters looked at: a few seconds
TAG = re.compile(r"<[^<>]*>")
NOT_WORDS = re.compile(r"[\W_]+")
ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
SINGLE = {"b": " ", "f": " ", "n": "\n", "r": "\n", "t": " ", "v": " "}
MARKDOWN_LINK = re.compile(r"\]\([^()\s]{0,2000}\)")
ORDINAL = re.compile(r"\d{1,4}\. ")
ALT = re.compile(r"""\balt\s{0,9}=\s{0,9}(?:"([^"]*)"|'([^']*)')""")
OURS = re.compile(r"^\[(?:\w{1,20} : |message transféré\]$)")  # how a document introduces an image or a button; whose the words are
SURROGATE = re.compile("[\ud800-\udfff]")


class TooMuch(ValueError):  # noqa: N818 - a finding, not a mistake of the program
    """More than can be looked at in bounded time and memory."""


class NoCodec(ValueError):  # noqa: N818
    """The body is packed in a way that cannot be unpacked here."""


class Payload:
    """The text of a payload, in the ways that it may be read; each is made when it is first needed."""

    def __init__(self, text: str) -> None:
        self._views = views(text)
        self._seen: list[str] = []

    def missing(self, lines: Sequence[str]) -> dict[int, int]:
        """The lines that stand nowhere: number, from 0, and how many letters and digits. Raises TooMuch."""
        wanted = {number: found for number, line in enumerate(lines) if (found := told(line))}
        self._look_for(wanted)
        items = {number: plain(ORDINAL.sub("", lines[number])) for number in wanted if ORDINAL.match(lines[number])}
        self._look_for(items)  # browsers number the items of a list, pages do not
        return {number: len(line) for number, line in wanted.items() if number in items or not ORDINAL.match(lines[number])}

    def _look_for(self, wanted: dict[int, str]) -> None:
        """Strike out of ``wanted`` what some view holds."""
        work = 0
        for view in self._all() if wanted else ():
            work += _strike(wanted, view, WORK - work)
            if not wanted:
                break

    def _all(self) -> Iterator[str]:
        yield from self._seen
        for view in self._views:
            self._seen.append(plain(view))
            yield self._seen[-1]


def _strike(wanted: dict[int, str], view: str, work: int) -> int:
    """Strike out the lines that a view holds; texts mostly come in the page's order. How many characters were looked at."""
    place = done = 0
    for number, line in list(wanted.items()):
        at = view.find(line, place)
        done += (len(view) if at < 0 else at) - place
        if at < 0 and place:
            at = view.find(line, 0, place + len(line))
            done += place if at < 0 else at
        if at >= 0:
            place = at + len(line)
            del wanted[number]
        if done > work:
            raise TooMuch("too many lines in too long a payload")
    return done


def told(line: str) -> str:
    """What a line of a document says, in letters and digits, without the word that Vigie puts before descriptions."""
    return plain(OURS.sub("", line))


def plain(text: str) -> str:
    """Letters and digits alone, in one spelling."""
    return NOT_WORDS.sub("", unicodedata.normalize("NFKC", text).casefold())


def views(text: str) -> Iterator[str]:
    """The ways in which the text of a payload may be read, the commonest first."""
    for source in _sources(text):
        yield html.unescape(TAG.sub("", source))  # HTML, as it is or inside JSON, XML, an attribute, a script
        yield html.unescape(TAG.sub("", INVISIBLE.sub("", source)))
        yield html.unescape(source)  # values of attributes
        yield html.unescape(TAG.sub(_spoken, source))  # smileys in mid-sentence
    yield html.unescape(TAG.sub("", MARKDOWN_LINK.sub("]", unescaped(text))))


def _sources(text: str) -> Iterator[str]:
    """A payload, and what it is once one or two layers of escapes are taken off; each once."""
    ways: tuple[Callable[[str], str], ...] = (
        str, unescaped, html.unescape, lambda one: unescaped(html.unescape(one)), lambda one: unescaped(unescaped(one)),
        lambda one: unescaped(html.unescape(unescaped(one))), lambda one: html.unescape(html.unescape(one)),
    )  # fmt: skip
    known: list[str] = []
    for way in ways:
        source = way(text)
        if source not in known:
            known.append(source)
            yield source


def _spoken(tag: re.Match[str]) -> str:
    """What an image is called; nothing of other tags."""
    found = ALT.search(tag[0]) if tag[0][:4].lower() == "<img" else None
    return (found[1] or found[2] or "") if found else ""


def unescaped(text: str) -> str:
    """What the escapes of JSON and JavaScript stand for."""
    if "\\" not in text:
        return text
    found = ESCAPE.sub(_character, text)
    return found.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if SURROGATE.search(found) else found


def _character(escape: re.Match[str]) -> str:
    code = escape[1] or escape[2]
    return chr(int(code, 16)) if code else SINGLE.get(escape[3], escape[3])


def unpacked(body: bytes, codings: str) -> bytes:
    """A body without its content codings (gzip, deflate, br, zstd). Raises NoCodec, TooMuch, or ValueError for a damaged one."""
    for coding in reversed([name for part in codings.lower().split(",") if (name := part.strip())]):
        if coding == "identity":
            continue
        unpack = CODECS.get(coding)
        if unpack is None:
            raise NoCodec(f"content coding {coding[:20]!r} is unknown")
        body = unpack(body)
        if len(body) > MAX_BODY:
            raise TooMuch(f"more than {MAX_BODY // 2**20} MB once unpacked")
    return body


def _gzip(body: bytes) -> bytes:
    return _inflate(body, 47)  # zlib or gzip, as the header says


def _deflate(body: bytes) -> bytes:
    try:
        return _inflate(body, 47)
    except ValueError:
        return _inflate(body, -15)  # what some servers send as deflate


def _inflate(body: bytes, window: int) -> bytes:
    try:
        return zlib.decompressobj(wbits=window).decompress(body, MAX_BODY + 1)
    except zlib.error as error:
        raise ValueError(str(error)) from error


def _brotli(body: bytes) -> bytes:
    brotli = _library("brotli")
    unpack, out = brotli.Decompressor(), b""
    try:
        while len(out) <= MAX_BODY and not unpack.is_finished():
            part = unpack.process(body, output_buffer_limit=MAX_BODY + 1 - len(out))
            if not part and not body:
                break
            out, body = out + part, b""
    except brotli.error as error:
        raise ValueError(str(error)) from error
    return out


def _zstd(body: bytes) -> bytes:
    zstd = _library("compression.zstd", "backports.zstd")
    try:
        found: bytes = zstd.ZstdDecompressor().decompress(body, MAX_BODY + 1)
    except zstd.ZstdError as error:
        raise ValueError(str(error)) from error
    return found


def _library(*names: str) -> Any:
    for name in names:
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    raise NoCodec(f"the library {names[-1]} is not installed")


CODECS: dict[str, Callable[[bytes], bytes]] = {"gzip": _gzip, "x-gzip": _gzip, "deflate": _deflate, "br": _brotli, "zstd": _zstd}
