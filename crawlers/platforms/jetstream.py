"""Jetstream, Bluesky's stream of all that is posted: one JSON object a message. Pure.

The stream says neither who an author is nor how an account is labelled: whether somebody asks to be shown to signed-in people only must be
asked of the public API (``bluesky.parse_profiles``). It knows no language filter either: what is not chosen here is never stored.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from core.errors import SourceError
from crawlers.minimise import plain
from crawlers.platforms.bluesky_posts import POST, UNREADABLE, draft_of, languages_of, left_out, public_url
from crawlers.reading.drafts import Left
from crawlers.reading.page import Found, parse_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from crawlers.fetching.sockets import Message
    from crawlers.reading.drafts import Draft
    from crawlers.reading.page import Page

MAX_LINE = 100_000  # bytes; asked of the service, so that nobody can stop the stream with one huge record
MAX_UNREADABLE = 100  # of one window; more, and it is another kind of stream
REWIND = 1_000_000  # microseconds: events of one moment come in no strict order
AHEAD = 60_000_000  # microseconds that the service's clock may be ahead of ours
GAP = 60_000_000  # microseconds between where reading was left and where it goes on, beyond which something was missed


class Event(NamedTuple):
    """One message. ``record`` of a deleted or foreign item is empty."""

    time_us: int
    operation: str  # create, update, delete; leave: the account is closed or suspended; "" for what concerns no post
    uri: str
    did: str
    record: dict[str, Any]


def address(url: str, *, cursor: int | None) -> str:
    """The address to subscribe at; ``cursor``: the last time_us seen."""
    parts = urlsplit(url)
    asked = {**dict(parse_qsl(parts.query)), "wantedCollections": POST, "maxMessageSizeBytes": str(MAX_LINE)}
    if cursor:
        asked["cursor"] = str(max(0, cursor - REWIND))
    return urlunsplit((parts.scheme, parts.netloc, parts.path or "/subscribe", urlencode(asked), ""))


def read_event(line: str | bytes) -> Event:
    """The event of a message. Raises SourceError: unreadable_json, not_jetstream."""
    value = parse_json(line if isinstance(line, bytes) else line.encode(errors="replace"), url="a message of the stream")
    if not isinstance(value, dict) or not isinstance(value.get("did"), str) or not isinstance(value.get("kind"), str):
        raise SourceError("not_jetstream", "a message of the stream: no did and kind were found where they were expected")
    time_us, commit = value.get("time_us"), value.get("commit")
    moment = time_us if isinstance(time_us, int) and not isinstance(time_us, bool) and time_us > 0 else 0
    if not isinstance(commit, dict) or commit.get("collection") != POST:
        account = value.get("account")
        left = value["kind"] == "account" and isinstance(account, dict) and account.get("active") is False
        return Event(moment, "leave" if left else "", "", value["did"], {})
    record, operation = commit.get("record"), commit.get("operation")
    uri = f"at://{value['did']}/{POST}/{commit.get('rkey')}"
    return Event(moment, operation if isinstance(operation, str) else "", uri, value["did"], record if isinstance(record, dict) else {})


def item_of(event: Event) -> Draft | Left:
    """The post of an event. The stream gives no counts."""
    if public_url(event.uri) is None:
        return Left(reason="no_address", status="set_aside")
    reason = left_out({"author": {"did": event.did}, "record": event.record})
    if reason:
        return Left(reason=reason, platform_id=event.uri)
    seen = _time(event.time_us)
    try:
        return draft_of(event.uri, event.record, seen_at=seen, edited_at=seen if event.operation == "update" else None)
    except UNREADABLE:
        return Left(reason="unreadable_post", status="set_aside", platform_id=event.uri)


def parse(page: Page) -> Found:
    """The posts of kept messages, one a line. Raises SourceError: not_jetstream, empty_answer."""
    items: list[Draft | Left] = []
    events = 0
    for line in page.body.split(b"\n"):
        if not line.strip():
            continue
        try:
            event = read_event(line)
        except SourceError:
            items.append(Left(reason="unreadable_post", status="set_aside"))
            continue
        events += 1
        if event.operation == "delete":
            items.append(Left(reason="deleted", platform_id=event.uri))
        elif event.operation in {"create", "update"}:
            items.append(item_of(event))
    if not events:
        raise SourceError("not_jetstream", f"{page.url}: no message of Jetstream was found; look at its address")
    if not items:
        raise SourceError("empty_answer", f"{page.url}: {events} messages and no post among them")
    return Found(tuple(items))


def _time(time_us: int) -> datetime | None:
    try:
        return datetime.fromtimestamp(time_us / 1_000_000, UTC) if time_us else None
    except (OverflowError, ValueError, OSError):
        return None


def word_pattern(words: tuple[str, ...]) -> re.Pattern[str] | None:
    """What finds one of these words, or beginnings with *, in ``plain`` text; None for no word."""
    parts = [re.escape(plain(word.removesuffix("*"))) + (r"\w*" if word.endswith("*") else "") for word in words]
    return re.compile(r"\b(?:" + "|".join(parts) + r")\b") if parts else None


@dataclass
class Window:
    """What is kept of a stream while it is read: raw messages of posts in the language and with one of the words; nothing else stays."""

    now_us: int  # when the window opens
    seconds: int = 60  # how long it stays open: a message from a later time cannot move the cursor
    max_posts: int = 500
    language: str | None = "fr"
    words: tuple[str, ...] = ()
    detect: Callable[[str], str | None] | None = None  # for posts whose author's app declares no language
    cursor: int | None = None  # the last time_us seen; before the first message, where an earlier window ended
    seen: int = 0  # messages
    posts: int = 0  # created or changed, whatever their language
    gap: bool = False  # the service no longer has what came right after the earlier window
    unreadable: int = 0
    kept: dict[str, tuple[Message, Draft | Left]] = field(default_factory=dict)  # by uri: the message as it came, and what it says
    _first: bool = True

    def __post_init__(self) -> None:
        """The words once; a cursor that cannot be is none."""
        self._pattern = word_pattern(self.words)
        if self.cursor is not None and not 0 < self.cursor <= self.now_us:
            self.cursor = None

    @property
    def full(self) -> bool:
        """Whether no more posts may be kept."""
        return len(self.kept) >= self.max_posts

    def add(self, message: Message) -> str | None:
        """Read one message; the address of a post that it says is gone, archived or not. Raises SourceError(not_jetstream): too many unreadable."""
        self.seen += 1
        event = self._read(message.data)
        if event is None:
            return None
        self._advance(event)
        if event.operation == "delete":  # an earlier version may be archived: of an edited post, or of one that is played again
            self.kept.pop(event.uri, None)
            return public_url(event.uri)
        if event.operation == "leave":
            self.kept = {uri: row for uri, row in self.kept.items() if not uri.startswith(f"at://{event.did}/")}
        if event.operation in {"create", "update"}:
            self.posts += 1
            self.kept.pop(event.uri, None)  # of an edited post its last version, if that is chosen too
            item = item_of(event)
            if self._chosen(event.record, item):
                self.kept[event.uri] = (message, item)
        return None

    def _read(self, data: str | bytes) -> Event | None:
        with contextlib.suppress(SourceError):
            if isinstance(data, str) and len(data) <= MAX_LINE:
                return read_event(data)
        self.unreadable += 1
        if self.unreadable > MAX_UNREADABLE:
            raise SourceError("not_jetstream", f"{self.unreadable} of {self.seen} messages cannot be read; look at the stream's address")
        return None

    def _advance(self, event: Event) -> None:
        if not 0 < event.time_us <= self.now_us + self.seconds * 1_000_000 + AHEAD:
            return
        if self._first:
            self.gap = self.cursor is not None and event.time_us > self.cursor + GAP
            self._first = False
        self.cursor = max(self.cursor or 0, event.time_us)

    def _chosen(self, record: dict[str, Any], item: Draft | Left) -> bool:
        languages = languages_of(record)
        text = str(record.get("text", ""))[:MAX_LINE] if isinstance(item, Left) else item.text
        if self.language and languages and self.language not in languages:
            return False
        if self.language and not languages and (self.detect is None or self.detect(text) != self.language):
            return False
        return self._pattern is None or bool(self._pattern.search(plain(text)))
