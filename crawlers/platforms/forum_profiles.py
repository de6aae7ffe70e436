"""How each forum engine writes its pages: forums.yml, checked when it is loaded. A mistake names the file, the key and the nearest valid name."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import AfterValidator, BeforeValidator, Field, ValidationError

from core.errors import ConfigError, nearest
from core.records import Record
from crawlers.platforms.css import compiled

FILE = Path(__file__).parent / "forums.yml"


def _listed(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


def _selectors(value: tuple[str, ...]) -> tuple[str, ...]:
    for selector in value:
        compiled(selector)
    return value


def _patterns(value: tuple[str, ...]) -> tuple[str, ...]:
    for pattern in value:
        _pattern(pattern)
    return value


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"{value!r} is no regular expression ({error})") from error
    return value


Selectors = Annotated[tuple[str, ...], BeforeValidator(_listed), AfterValidator(_selectors)]  # the first that finds something is used
Pattern = Annotated[str, AfterValidator(_pattern)]
Patterns = Annotated[tuple[str, ...], BeforeValidator(_listed), AfterValidator(_patterns)]


class Post(Record):
    """Where the parts of a post stand; selectors are relative to the post."""

    each: Selectors = Field(min_length=1, description="one element a post")
    id: Selectors = Field(min_length=1, description="what holds the post's own number")
    id_pattern: Pattern = r"\d+"
    author: Selectors = Field(min_length=1)
    date: Selectors = ()
    text: Selectors = Field(min_length=1)
    link_posts: bool = Field(default=False, description="a post may be a title and a link, without any text")
    permalink: Selectors = ()
    address: str = Field("", description="address of a post, from {thread} and {id}, where the permalink differs by its fragment only")
    quotes: Selectors = Field((), description="blocks inside the text that repeat another post")
    quoted: Selectors = Field((), description="address of the post that a quote repeats; relative to the quote")
    quoted_pattern: Pattern = Field(r"(\d+)\D*$", description="the quoted post's number in that address")
    parent: Selectors = Field((), description="address of the post that this one answers, where the engine says so")
    leave_out: Selectors = Field((), description="what else in the text is not the author's: edit notes, signatures, buttons")
    edited: Selectors = Field((), description="the date, or the note that holds it, of the last change")
    attachments: Selectors = Field((), description="links and files attached outside the text")
    pictures: Selectors = Field((), description="images attached outside the text")
    smilies: Selectors = Field((), description="images that stand for a sign")
    likes: Selectors = Field((), description="a text that holds their number")
    likers: Selectors = Field((), description="names, each of which is one like")
    replies: Selectors = Field((), description="a text that holds the number of answers to this very post")
    deleted: Selectors = Field((), description="what only a post that was taken away has")


class Thread(Record):
    """What a page of a thread says of the whole thread."""

    title: Selectors = Field(min_length=1)
    address: Selectors = ()
    first_page: dict[Pattern, str] = Field(default_factory=dict, description="what names a later page, and what stands there on the first")
    drop: tuple[str, ...] = Field((), description="parameters of an address that are no part of the thread's")
    next: Selectors = ()
    previous: Selectors = Field((), description="what only a later page has")
    views: Selectors = ()
    views_pattern: Pattern = Field(r"(\d.*)", description="the number in that text")
    posts: Selectors = Field((), description="number of posts, the first one included")


class Listing(Record):
    """A section: its threads and where it goes on."""

    rows: Selectors = Field((), description="one element a thread")
    threads: Selectors = Field((), description="address of the thread; relative to its row")
    changed: Selectors = Field((), description="what differs in a row once somebody posted: date or author of the last post, number of answers")
    next: Selectors = ()
    boards: Selectors = Field((), description="what only a page has that lists sections, or another one without threads: the front page, a search")


class Profile(Record):
    """One engine."""

    name: str
    title: str
    marks: Selectors = Field(min_length=1, description="any of them is found on every page of this engine and on no other's")
    credits: Selectors = Field((), description="the engine's name in the footer: weaker, for a post may link there too")
    post: Post
    thread: Thread
    listing: Listing = Listing()
    login: Selectors = Field((), description="what a page that asks for an account has, and a thread has not")
    zone: Selectors = Field((), description="the sentence that states the forum's time zone")
    month_first: bool = Field(default=False, description="figures such as 02-03-2024 begin with the month where the page is in English")


class Profiles(Record):
    """The whole file."""

    login_required: Patterns = Field(description="sentences of all engines, on a page without any post")
    no_such_thread: Patterns
    empty_section: Patterns = ()
    elsewhere: Selectors = Field(
        (), description="of all engines: what only a page has that is neither a thread nor a section, such as a registration"
    )
    engines: tuple[Profile, ...]


@cache
def profiles() -> Profiles:
    """The reviewed file, read once. Raises ConfigError."""
    return load(FILE)


def profile_of(engine: str) -> Profile:
    """One engine's profile. Raises ConfigError for a name that is not in the file."""
    known = {profile.name: profile for profile in profiles().engines}
    if engine not in known:
        raise ConfigError(f"forum engine {engine!r} does not exist; {nearest(engine, known)}")
    return known[engine]


def load(path: Path) -> Profiles:
    """A file of profiles. Raises ConfigError."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not readable as YAML in UTF-8 ({' '.join(str(error).split())[:200]})") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from error
    engines = data.get("engines") if isinstance(data, dict) else None
    if not isinstance(engines, dict) or not all(isinstance(one, dict) for one in engines.values()):
        raise ConfigError(f"{path}: engines: found {type(engines).__name__}, expected one block of keys an engine")
    named = [{"name": str(name), **engine} for name, engine in engines.items()]
    try:
        return Profiles.model_validate({**data, "engines": named})
    except ValidationError as error:
        raise ConfigError(f"{path}: {_explained(error, names=list(engines))}") from error


def _explained(error: ValidationError, *, names: list[Any]) -> str:
    first = error.errors()[0]
    pairs = zip(("", *first["loc"]), first["loc"], strict=False)
    where = [str(names[part]) if before == "engines" and isinstance(part, int) else str(part) for before, part in pairs]
    if first["type"] == "extra_forbidden":
        return f"{'.'.join(where[:-1]) or 'file'}: unknown key {where[-1]!r}; {nearest(where[-1], _keys(where))}"
    found = "" if first["type"] in ("missing", "value_error") else f", found {str(first['input'])[:80]!r}"
    return f"{'.'.join(where)}: {first['msg'].removeprefix('Value error, ')}{found}"


def _keys(where: list[str]) -> list[str]:
    blocks: dict[str, type[Record]] = {"post": Post, "thread": Thread, "listing": Listing}
    block = blocks.get(where[-2], Profile) if len(where) > 2 else Profiles
    return [key for key in block.model_fields if key != "name"]
