"""The sources: one reviewed YAML each, checked before anything is fetched. A mistake names the file, the key and the nearest valid name."""

from __future__ import annotations

import pkgutil
import re
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, Self
from urllib.parse import urlsplit

import yaml
from pydantic import Field, HttpUrl, ValidationError, model_validator

from core.errors import ConfigError, NotFound, nearest
from core.records import AccessMode, Record
from core.urls import host_of, is_ip
from crawlers.minimise import Keep
from crawlers.mistakes import OneOfEach, as_lists, explained, unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

Host = Annotated[str, Field(pattern=r"^[a-zA-Z0-9][a-zA-Z0-9.-]*\.[a-zA-Z0-9-]+$")]  # a name alone: no scheme, no path
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,60}")
# fields whose presence is counted in every run: what triage and a notice need, beside address and text
FIELDS = ("title", "author", "published_at", "platform_id", "language", "views", "replies", "links", "images", "raised", "goal", "donors")
NOT_KINDS = {"base"}  # modules of crawlers/spiders that are no kind of source


class Expect(Record):
    """How many documents a run should see; fewer or more is an alarm."""

    min: int = Field(0, ge=0)
    max: int | None = Field(None, ge=0)
    fields: dict[str, float] = Field(default_factory=dict, description="least share of the documents that must have each field")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.max is not None and self.max < self.min:
            raise ValueError(f"max {self.max} is below min {self.min}")
        for name, share in self.fields.items():
            if name not in FIELDS:
                raise ValueError(f"fields: unknown field {name!r}; {nearest(name, FIELDS)}")
            if not 0 <= share <= 1:
                raise ValueError(f"fields: {name} is {share}; expected a share between 0 and 1")
        return self


class Source(Record):
    """What every source file says. A kind adds its own keys in crawlers/spiders/<kind>.py."""

    name: str
    title: str = Field(min_length=3, description="what people call it")
    kind: str
    enabled: bool = False
    purpose: str = Field(min_length=10, description="why this source is read, in a sentence")
    legal_basis: str = Field(min_length=10, description="on what legal ground it is read")
    access_mode: AccessMode = "open"
    language: str | None = Field("fr", pattern=r"^[a-z]{2}$", description="two small letters such as fr")
    delay: float = Field(2.0, ge=0, le=600, description="seconds between two requests to one host")
    hosts: tuple[Host, ...] = Field((), description="other hosts whose linked pages may be read, names alone such as exemple.fr")
    concurrency: int = Field(2, ge=1, le=16, description="requests to one host at once")
    max_requests: int = Field(1000, ge=1, le=100_000, description="pages asked for in one run")
    recheck: int = Field(10, ge=0, le=1000, description="archived items looked at again in one run, where no page that it read shows them")
    max_bytes: int = Field(200_000_000, ge=1000, description="bytes received in one run")
    keep: Keep = Field(Keep(), description="what is dropped before it is stored")
    expect: Expect = Expect()

    @model_validator(mode="after")
    def _has_a_purpose(self) -> Self:
        if self.enabled and self.purpose.startswith("À écrire"):
            raise ValueError("purpose: still to be written; say why this source is read before you enable it")
        return self

    def addresses(self) -> tuple[str, ...]:
        """The addresses where reading starts."""
        raise NotImplementedError(f"kind {self.kind} does not say where reading starts")

    def own_hosts(self) -> frozenset[str]:
        """The hosts that the file names, with and without "www.": the only ones that are read."""
        return spellings({host_of(address) for address in self.addresses()} | {host.lower() for host in self.hosts})

    def may_read(self, host: str) -> bool:
        """Whether a host may be read that pages of this source lead to."""
        return host in self.own_hosts()

    def patience(self) -> float:
        """Seconds that one answer may take."""
        return 30.0

    def own_places(self) -> frozenset[str]:
        """Host and port of the addresses that the file names: where they lie on this machine or network, only these are read."""
        return frozenset(urlsplit(address).netloc.rpartition("@")[2].lower() for address in self.addresses())


def spellings(hosts: Iterable[str]) -> frozenset[str]:
    """Hosts with and without "www."."""
    named = set(hosts)
    return frozenset(named | {host.removeprefix("www.") for host in named} | {f"www.{host}" for host in named if "." in host and not is_ip(host)})


class SiteSource(Source):
    """A source that starts at one address."""

    url: HttpUrl = Field(description="the address where reading starts")

    def addresses(self) -> tuple[str, ...]:
        """The one address."""
        return (str(self.url),)


def kinds() -> list[str]:
    """The kinds of source that exist: the modules of crawlers/spiders."""
    from crawlers import spiders

    return sorted(module.name for module in pkgutil.iter_modules(spiders.__path__) if module.name not in NOT_KINDS)


def load_source(path: Path) -> Source:
    """The source of one YAML. Raises ConfigError."""
    data = _read(path)
    kind = data.get("kind")
    if kind not in kinds():
        found = "no kind" if kind is None else f"unknown kind {str(kind)!r}"
        raise ConfigError(f"{path}: {found}; {nearest(str(kind or ''), kinds())}")
    options: type[Source] = import_module(f"crawlers.spiders.{kind}").Options
    for key in data:
        if key not in options.model_fields or key == "name":
            raise ConfigError(f"{path}: unknown key {str(key)!r}; {nearest(str(key), options.model_fields.keys() - {'name'})}")
    try:
        return options.model_validate({"name": path.stem, **_eased(data, options)})
    except ValidationError as error:
        raise ConfigError(f"{path}: {explained(error, options)}") from error


def _eased(data: dict[str, Any], options: type[Source]) -> dict[str, Any]:
    """The keys as their kind wants them: one value for a list of one, a hashtag with its #."""
    found = as_lists(data, options)
    if isinstance(found.get("tag"), str):
        found["tag"] = found["tag"].removeprefix("#")
    return found


def _read(path: Path) -> dict[str, Any]:
    if path.suffix != ".yml":
        raise ConfigError(f"{path}: found a file that ends with {path.suffix!r}; rename it to {path.stem}.yml")
    if not NAME.fullmatch(path.stem):
        raise ConfigError(f"{path}: the file's name is the source's name; expected small letters, digits, - and _ only")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: byte {error.start + 1} is not UTF-8; save it as UTF-8") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from error
    try:
        data = yaml.load(text, Loader=OneOfEach)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: {unreadable(error, text)}") from error
    if data is None:
        raise ConfigError(f"{path}: the file is empty; expected keys and values such as 'kind: feed'")
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: found {'a list' if isinstance(data, list) else repr(data)[:80]}, expected keys and values such as 'kind: feed'")
    return data


def _files(folder: Path) -> dict[str, Path]:
    """The source files by name; those that only a wrong ending keeps from being one keep it in their name. Raises ConfigError."""
    if not folder.is_dir():
        raise ConfigError(f"{folder}: no such folder of sources; set VIGIE_SOURCES_DIR or create it")
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in (".yml", ".yaml"))
    return {path.stem if path.suffix == ".yml" else path.name: path for path in found}


def load_all(folder: Path) -> tuple[dict[str, Source], dict[str, str]]:
    """All sources that can be read, by name, and what is wrong with the other files. Raises ConfigError for an absent folder."""
    return _load(_files(folder))


def _load(files: Mapping[str, Path]) -> tuple[dict[str, Source], dict[str, str]]:
    sources, wrong = dict[str, Source](), dict[str, str]()
    for name, path in files.items():
        try:
            sources[name] = load_source(path)
        except ConfigError as error:
            wrong[name] = str(error)
    return sources, wrong


def load_sources(folder: Path) -> dict[str, Source]:
    """All sources by name, sorted. Raises ConfigError on the first wrong file or an absent folder."""
    return {name: load_source(path) for name, path in _files(folder).items()}


def load_named(folder: Path, names: Iterable[str]) -> tuple[dict[str, Source], dict[str, str]]:
    """The named sources, and what is wrong with their files; no other file is read. Raises NotFound, and ConfigError for an absent folder."""
    files = _files(folder)
    files |= {path.stem: path for name, path in files.items() if path.suffix != ".yml" and path.stem not in files}
    for name in names:
        if name not in files:
            raise NotFound(f"source {name!r} does not exist; {nearest(name, files)}")
    return _load({name: files[name] for name in names})


def choose(folder: Path, names: tuple[str, ...] = ()) -> tuple[list[Source], dict[str, str]]:
    """The named sources, or all enabled ones when none is named, and what is wrong with the files of others.

    Raises NotFound, and ConfigError when nothing is enabled.
    """
    if names:
        sources, wrong = load_named(folder, names)
        return list(sources.values()), wrong
    sources, wrong = load_all(folder)
    chosen = [source for source in sources.values() if source.enabled]
    return (chosen, wrong) if wrong else (pick(sources, ()), wrong)


def pick(sources: dict[str, Source], names: tuple[str, ...]) -> list[Source]:
    """The named sources, or all enabled ones when none is named. Raises NotFound, and ConfigError when nothing is enabled."""
    for name in names:
        if name not in sources:
            raise NotFound(f"source {name!r} does not exist; {nearest(name, sources)}")
    chosen = [sources[name] for name in dict.fromkeys(names)] if names else [source for source in sources.values() if source.enabled]
    if not chosen:
        raise ConfigError("no source is enabled: set 'enabled: true' in one of the source files, or name sources on the command line")
    return chosen
