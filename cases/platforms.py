"""The services that notices go to, as reviewed data in platforms/*.yml: who provides them, through which channel, what their form takes.

Each fact says where it was read. One that could not be read is ``non_verifie``, and prints as such wherever it is printed.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self, get_args
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, model_validator

from cases.reviewed import read_folder
from core.errors import ConfigError, Invalid, NotFound, nearest
from core.records import Record

FOLDER = Path(__file__).parent / "platforms"
OTHER = "autre"  # the platform of a host that no file names
UNVERIFIED = "(non vérifié)"
Channel = Literal["formulaire", "api_mastodon", "api_bluesky", "courriel"]
CHANNELS: tuple[Channel, ...] = get_args(Channel)
APIS: tuple[Channel, ...] = ("api_mastodon", "api_bluesky")  # that a flow sends through; the others are pasted or mailed by a person
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Id = Annotated[str, Field(pattern=r"^[a-z0-9]+(_[a-z0-9]+)*$", max_length=64)]
Host = Annotated[str, Field(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$")]
Status = Literal["lu", "non_verifie"]


class Fact(Record):
    """Something that can be checked. ``source``: the address or document where it was read."""

    value: bool | Words
    status: Status = "non_verifie"
    source: Words | None = None

    @model_validator(mode="after")
    def _what_was_read_names_where(self) -> Self:
        if self.status == "lu" and self.source is None:
            raise ValueError("a fact that was read (lu) names its source")
        return self

    def __str__(self) -> str:
        """As ``printable``: no template prints a fact as checked by accident."""
        return printable(self)


def printable(fact: Fact | None) -> str:
    """The value as a document may print it."""
    if fact is None:
        return "inconnu"
    said = {True: "oui", False: "non"}[fact.value] if isinstance(fact.value, bool) else fact.value
    return said if fact.status == "lu" else f"{said} {UNVERIFIED}"


class FormField(Record):
    """One field of a provider's form or interface. ``most``: characters that it takes, None where nobody knows."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
    label: Words  # in French
    most: Annotated[int, Field(ge=1)] | None = None
    required: bool = False
    status: Status = "non_verifie"
    source: Words | None = None

    @model_validator(mode="after")
    def _what_was_read_names_where(self) -> Self:
        if self.status == "lu" and self.source is None:
            raise ValueError("a field that was read (lu) names its source")
        return self


class Platform(Record):
    """A service and its provider. A notice goes to one provider; where each host has its own (``per_host``), to one host."""

    id: Id
    service: Words
    hosts: tuple[Host, ...] = ()  # each with all names under it
    per_host: bool = False  # each host is run by somebody else, whom ``provider`` does not name
    generic: bool = False  # the provider must be completed by a person
    provider: Fact  # legal name
    country: Fact | None = None  # of the establishment: two letters
    vlop: Fact | None = None  # whether the Commission designated it as very large; None: nobody looked
    channel: Channel
    form_url: Fact | None = None
    email: Fact | None = None
    contact_point: Fact | None = None  # single point of contact, DSA art. 12
    fields: tuple[FormField, ...] = ()
    note: Words

    @property
    def vlop_source(self) -> str | None:
        """Where it was read that this is, or is not, a very large platform."""
        return self.vlop.source if self.vlop else None

    @property
    def unverified(self) -> tuple[str, ...]:
        """The names of its facts that nobody could check."""
        facts = {name: getattr(self, name) for name in FACTS}
        return tuple(name for name, fact in facts.items() if fact is not None and fact.status != "lu")

    def most(self, field: str) -> int | None:
        """Characters that a field takes; None: no limit is known, or there is no such field."""
        return next((one.most for one in self.fields if one.name == field), None)

    def completed(self, *, provider: str, country: str | None = None, email: str | None = None, form_url: str | None = None) -> Platform:
        """The same with what a person found out: printed as not checked. Raises Invalid for a platform that is known."""
        if not self.generic:
            raise Invalid(f"platform {self.id}: its provider is known; only a generic platform is completed")
        given = {"provider": provider, "country": country, "email": email, "form_url": form_url}
        return self.model_copy(update={name: Fact(value=value, source="indiqué par une personne") for name, value in given.items() if value})


FACTS = ("provider", "country", "vlop", "form_url", "email", "contact_point")


class Platforms(Record):
    """All of cases/platforms."""

    all: tuple[Platform, ...]

    def platform(self, name: str) -> Platform:
        """The platform of an id such as ``bluesky``. Raises NotFound."""
        found = {one.id: one for one in self.all}
        if name not in found:
            raise NotFound(f"platform {name!r} does not exist; {nearest(name, found)}")
        return found[name]

    def of_host(self, host: str) -> Platform:
        """The platform that a host belongs to; where no file names it, the generic one, which a person completes."""
        name = host.lower().rstrip(".").partition(":")[0]
        named = [(len(known), one) for one in self.all for known in one.hosts if name == known or name.endswith(f".{known}")]
        return max(named, key=lambda found: found[0])[1] if named else self.platform(OTHER)

    def of_url(self, url: str) -> Platform:
        """The platform that an address lies on."""
        return self.of_host(urlsplit(url).hostname or "")

    def provider_key(self, host: str) -> str:
        """The same for hosts that one provider runs, as far as is known: what a notice may hold together."""
        found, name = self.of_host(host), host.lower().rstrip(".").partition(":")[0].removeprefix("www.")
        return f"{found.id}:{name}" if found.per_host else found.id


@cache
def load_platforms(folder: Path = FOLDER) -> Platforms:
    """The platforms of a folder, by default the shipped ones; read once. Raises ConfigError that names file, key and nearest valid name."""
    found, hosts = list[Platform](), dict[str, str]()
    keys = {key for record in (Platform, FormField, Fact) for key in record.model_fields}
    for path, platform in read_folder(folder, Platform, keys=keys):
        if platform.id != path.stem:
            raise ConfigError(f"{path}: id: found {platform.id!r}, expected {path.stem!r}")
        for host in platform.hosts:
            if host in hosts:
                raise ConfigError(f"{path}: hosts: {host} stands in {hosts[host]} as well; name each host once")
            hosts[host] = platform.id
        found.append(platform)
    if OTHER not in {one.id for one in found}:
        raise ConfigError(f"{folder}: {OTHER}.yml is missing: it is what a host that no file names falls back to; restore it")
    return Platforms(all=tuple(found))
