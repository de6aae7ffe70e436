"""Saved searches: one YAML each, written by the command and reviewed by people. A broken one stops only itself."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import yaml
from pydantic import AwareDatetime, Field, StringConstraints, ValidationError, field_validator, model_validator

from core.errors import ConfigError, Invalid, NotFound, VigieError, nearest
from core.files import write_text
from core.records import DECISIONS, Decision, Record
from core.urls import is_ip, is_public_address
from index.queries import Range
from index.search_form import Search, moment, search_of, to_query

if TYPE_CHECKING:
    from pathlib import Path

    from index.queries import Query

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
MAIL = re.compile(r"[A-Za-z0-9][\w.+%-]{0,63}@[A-Za-z0-9][A-Za-z0-9.-]{1,250}", re.ASCII)
NUMBER = re.compile(r"\d+|0x[0-9a-f]*")  # the end of a host that a resolver reads as an IP address in another spelling
MAX_BYTES = 100_000  # of a file
# what is new to the index is new to a search, but not all that a rebuild or a new machine publishes again
GRACE = timedelta(days=1)
# what says how results are shown, which a saved search has no say in
_SHOWN = {"similar_to", "after", "size", "sort"}


class Deliver(Record):
    """Where what is found goes."""

    feed: bool = False  # an Atom file in <data_dir>/alerts/feeds
    webhooks: Annotated[tuple[str, ...], Field(max_length=20)] = ()  # https addresses; http on this machine only
    mail: Annotated[tuple[str, ...], Field(max_length=100)] = ()

    @field_validator("webhooks")
    @classmethod
    def _safe_addresses(cls, urls: tuple[str, ...]) -> tuple[str, ...]:
        for url in urls:
            check_webhook(url)
        return tuple(dict.fromkeys(urls))

    @field_validator("mail")
    @classmethod
    def _plain_addresses(cls, addresses: tuple[str, ...]) -> tuple[str, ...]:
        for address in addresses:
            if not MAIL.fullmatch(address):
                raise Invalid(f"alert: mail address {address[:100]!r} cannot be read; expected one such as veille@maison.example")
        return tuple(dict.fromkeys(addresses))

    @model_validator(mode="after")
    def _somewhere(self) -> Deliver:
        if not self.targets:
            raise Invalid("alert: nothing says where it is delivered; expected feed, webhooks or mail")
        return self

    @property
    def targets(self) -> tuple[str, ...]:
        """ "feed", "webhook:<address>" and "mail:<address>": each is delivered to and tried again by itself."""
        return (*(("feed",) if self.feed else ()), *(f"webhook:{url}" for url in self.webhooks), *(f"mail:{one}" for one in self.mail))


class Saved(Record):
    """A search that runs over each new batch. Raises Invalid."""

    name: str  # of its file and its feed
    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    search: Search
    created_at: AwareDatetime
    deliver: Deliver
    at_least: Decision = "a_lire"  # weaker decisions are not told of
    enabled: bool = True

    @model_validator(mode="after")
    def _can_alert(self) -> Saved:
        if not NAME.fullmatch(self.name):
            raise Invalid(f"alert: name {self.name[:100]!r}; expected small letters, digits and hyphens, at most 60, such as jeune-hydrique")
        if not self.title.isprintable():
            raise Invalid(f"alert {self.name}: its title holds a line break or a control character; write it on one line")
        if wrong := sorted(name for name in _SHOWN if getattr(self.search, name) != Search.model_fields[name].default):
            raise Invalid(f"alert {self.name}: {', '.join(wrong)} cannot be part of it; a saved search says what is found, not how it is shown")
        if not self.decisions:
            raise Invalid(f"alert {self.name}: decisions {', '.join(self.search.decisions)} are all weaker than {self.at_least}: it would never tell")
        return self

    @property
    def decisions(self) -> tuple[str, ...]:
        """The decisions that it tells of."""
        strong = DECISIONS[DECISIONS.index(self.at_least) :]
        return tuple(one for one in strong if one in (self.search.decisions or DECISIONS) and not (self.search.alerts and one != "alerte"))


def check_webhook(url: str) -> None:
    """Raises Invalid for an address that alerts must not be sent to."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise Invalid(f"alert: webhook address cannot be read ({error}); expected https://host/path") from error
    if parts.username or parts.password:
        raise Invalid(f"alert: the webhook at {host} has a password in its address; alerts are signed with VIGIE_ALERT_SECRET instead")
    if not host or url != url.strip() or not url.isascii() or not url.isprintable() or parts.fragment:
        raise Invalid("alert: webhook address cannot be used; expected https://host/path in ASCII without a fragment")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise Invalid(f"alert: webhook at {host} by {parts.scheme or 'nothing'}; expected https (http on this machine only)")
    if is_inside(host):
        raise Invalid(f"alert: webhook at {host} is inside a private network; expected a public address, this machine, or a host's name")


def is_inside(host: str) -> bool:
    """Whether a host is written as an address that not everybody reaches, such as a cloud's metadata; this machine is none."""
    if is_loopback(host):
        return False
    return not is_public_address(host) if is_ip(host) else bool(NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]))


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    return host in {"localhost", "::1"} or (is_ip(host) and host.startswith("127."))


def query_of(saved: Saved, *, batch: str) -> Query:
    """What an index is asked about one batch."""
    query = to_query(saved.search)
    since = Range(field="collected_at", gte=saved.created_at - GRACE)
    terms = {**query.terms, "batch": (batch,), "decision": saved.decisions}
    return query.model_copy(update={"terms": terms, "ranges": (*query.ranges, since)})


def load_saved(folder: Path) -> tuple[dict[str, Saved], dict[str, str]]:
    """The saved searches by name, and what is wrong with each of the others."""
    good, broken = dict[str, Saved](), dict[str, str]()
    for path in sorted(folder.glob("*.yml")):
        try:
            good[path.stem] = read_saved(path)
        except VigieError as error:
            broken[path.stem] = str(error)
    return good, broken


def find_saved(folder: Path, name: str) -> Saved:
    """A saved search by its name. Raises NotFound, ConfigError."""
    names = [path.stem for path in folder.glob("*.yml")]
    if name not in names:
        raise NotFound(f"alert {name[:100]!r} does not exist; {nearest(name[:100], names)}")
    return read_saved(folder / f"{name}.yml")


def read_saved(path: Path) -> Saved:
    """One file. Raises ConfigError that names it and the key."""
    try:
        with path.open("rb") as file:
            data = yaml.safe_load(file.read(MAX_BYTES + 1)[:MAX_BYTES].decode())
        if not isinstance(data, dict):
            raise ConfigError(f"{path}: expected keys and values: {', '.join(Saved.model_fields)}")
        search = search_of({name: _read(name, value) for name, value in dict(data.get("search") or {}).items()})
        saved = Saved.model_validate({**data, "search": search})
    except ValidationError as error:
        first = min(error.errors(), key=lambda problem: problem["type"] != "extra_forbidden")
        raise ConfigError(f"{path}: {'.'.join(map(str, first['loc'])) or 'file'}: {first['msg']}") from error
    except (Invalid, OSError, ValueError, TypeError, RecursionError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: {' '.join(str(error).split())[:300]}") from error
    if saved.name != path.stem:
        raise ConfigError(f"{path}: name: found {saved.name!r}, expected that of the file, {path.stem!r}")
    return saved


def _read(name: str, value: Any) -> Any:
    """A day stands in YAML as it is, or between quotes."""
    if name.endswith(("_since", "_until")) and isinstance(value, str | date) and not isinstance(value, datetime):
        return moment(str(value), last=name.endswith("_until"))
    return value


def write_saved(saved: Saved, folder: Path) -> Path:
    """Write its file, atomically; where. Raises ConfigError."""
    data = saved.model_dump(mode="json", exclude_defaults=True)
    path = folder / f"{saved.name}.yml"
    write_text(path, "# Saved search: `vigie alerts show` tells what it does.\n" + yaml.safe_dump(data, allow_unicode=True, sort_keys=False))
    return path
