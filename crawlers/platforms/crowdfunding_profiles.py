"""What is known of each crowdfunding site: one reviewed YAML in crawlers/profiles, checked when it is loaded. ``generic.yml`` serves every
other site, and each profile stands on it: its own names come first, the generic ones after.
"""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlsplit

import yaml
from pydantic import AfterValidator, Field, ValidationError

from core.errors import ConfigError, nearest
from core.records import Record
from core.urls import host_of

PROFILES = Path(__file__).parent.parent / "profiles"
GENERIC = "generic"

FieldName = Literal["title", "story", "raised", "goal", "currency", "donors", "organiser", "starts_at", "ends_at", "url", "id", "replies"]
Expected = Literal["title", "story", "raised", "goal", "amount", "donors", "organiser"]  # amount: raised or goal
FIELDS: tuple[str, ...] = get_args(FieldName)


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"not a regular expression ({error})") from error
    return value


def _xpath(value: str) -> str:
    from lxml.etree import XPath, XPathSyntaxError

    try:
        XPath(value)
    except XPathSyntaxError as error:
        raise ValueError(f"not an XPath ({error})") from error
    return value


Pattern = Annotated[str, AfterValidator(_pattern)]
Selector = Annotated[str, AfterValidator(_xpath)]
Names = dict[FieldName, tuple[str, ...]]


class Profile(Record):
    """One site. Names are tried in order; ``selectors`` must find one value: none or several different ones is a change of the site's markup."""

    site: str = Field(min_length=2)
    hosts: tuple[str, ...] = Field((), description="with all their subdomains")
    reviewed_on: date
    evidence: Literal["recorded", "third-party", "unverified"]
    campaign: Pattern = Field("", description="path of a campaign; its groups (?P<name>...) fill `address` and `api`")
    address: str = Field("", description="the one spelling of a campaign's address, from the groups of `campaign`")
    api: str = Field("", description="address that is asked in place of the page")
    api_path: Pattern = Field("", description="path of `api`, with the groups of `campaign`")
    expected: tuple[Expected, ...] = Field(("title", "amount", "story"), description="what is always there: its absence is a named reason")
    monthly: bool = Field(default=False, description="amounts recur; they are no sum that was reached")
    cents: bool = Field(default=False, description="numbers in the state count cents")
    amount_hidden: tuple[str, ...] = Field((), description="keys of the state that say that the amount is not shown")
    state: Names = Field(default_factory=dict, description="keys of embedded JSON; a dot descends, [key] picks the first with that key set, + joins")
    attributes: Names = Field(default_factory=dict, description="data-* attributes of any element")
    json_ld: Names = Field(default_factory=dict, description="schema.org names")
    meta: Names = Field(default_factory=dict, description="<meta> names and properties")
    selectors: dict[FieldName, tuple[Selector, ...]] = Field(default_factory=dict, description="XPath of elements or attributes")
    closed: tuple[str, ...] = Field((), description="words of a campaign that has ended or is suspended")
    gone: tuple[str, ...] = Field((), description="words of a campaign that is no longer there")

    def on(self, generic: Profile) -> Profile:
        """This profile with the generic names after its own."""
        tables = ("state", "attributes", "json_ld", "meta", "selectors")
        joined = {name: _joined(getattr(self, name), getattr(generic, name)) for name in tables}
        return self.model_copy(update={**joined, "closed": (*self.closed, *generic.closed), "gone": (*self.gone, *generic.gone)})

    def serves(self, host: str) -> bool:
        """Whether a host is the site's, or a subdomain of it."""
        return any(host == own or host.endswith(f".{own}") for own in self.hosts)

    def spell(self, url: str) -> str | None:
        """The address of the campaign that an address shows, in the site's one spelling; None where it is no campaign of this site."""
        found = self._groups(url)
        return self.address.format(**found) if found is not None and self.address else url if found is not None else None

    def ask(self, url: str) -> str:
        """The address to ask for a campaign: the site's API where it has one."""
        found = self._groups(url)
        return self.api.format(**found) if found is not None and self.api else self.spell(url) or url

    def _groups(self, url: str) -> dict[str, str] | None:
        if not self.campaign or not self.serves(host_of(url)):
            return None
        path = urlsplit(url).path[:500]
        found = re.match(self.api_path, path) if self.api_path and host_of(url) == host_of(self.api) else re.match(self.campaign, path)
        return {name: value or "" for name, value in found.groupdict().items()} if found else None


def _joined(own: dict[Any, tuple[str, ...]], generic: dict[Any, tuple[str, ...]]) -> dict[Any, tuple[str, ...]]:
    return {field: tuple(dict.fromkeys((*own.get(field, ()), *generic.get(field, ())))) for field in {**own, **generic}}


def load_profile(path: Path) -> Profile:
    """The profile of one YAML. Raises ConfigError that names the file, the key and the nearest valid name."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: not readable as YAML in UTF-8 ({' '.join(str(error).split())[:200]})") from error
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: found {type(data).__name__}, expected keys and values such as 'site: Exemple'")
    _check_keys(data, path)
    try:
        profile = Profile.model_validate(data)
        profile.address.format_map(dict.fromkeys(re.compile(profile.campaign).groupindex, ""))
        profile.api.format_map(dict.fromkeys(re.compile(profile.campaign).groupindex, ""))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"{path}: {where}: {first['msg']}") from error
    except (KeyError, IndexError, ValueError) as error:
        raise ConfigError(f"{path}: address or api names {error}, which is no group (?P<name>...) of campaign") from error
    if not profile.hosts and path.stem != GENERIC:
        raise ConfigError(f"{path}: hosts: none is named; expected the site's hosts, for a profile is picked by them")
    return profile


def _check_keys(data: dict[Any, Any], path: Path) -> None:
    for key, value in data.items():
        if key not in Profile.model_fields:
            raise ConfigError(f"{path}: unknown key {str(key)!r}; {nearest(str(key), Profile.model_fields)}")
        if key in ("state", "attributes", "json_ld", "meta", "selectors") and isinstance(value, dict):
            for field in value:
                if field not in FIELDS:
                    raise ConfigError(f"{path}: {key}: unknown field {str(field)!r}; {nearest(str(field), FIELDS)}")


def load_profiles(folder: Path = PROFILES) -> dict[str, Profile]:
    """All profiles by file name, each on the generic one. Raises ConfigError on the first wrong file."""
    generic = load_profile(folder / f"{GENERIC}.yml")
    found = {path.stem: load_profile(path) for path in sorted(folder.glob("*.yml")) if path.stem != GENERIC}
    return {**{name: profile.on(generic) for name, profile in found.items()}, GENERIC: generic}


@cache
def profiles() -> dict[str, Profile]:
    """The reviewed profiles, read once."""
    return load_profiles()


def profile_of(url: str) -> Profile:
    """The profile of an address, by its host; the generic one for a site that has none."""
    host = host_of(url)
    known = profiles()
    return next((profile for profile in known.values() if profile.serves(host)), known[GENERIC])


def is_campaign(url: str) -> bool:
    """Whether an address is a campaign of a site that has a profile."""
    return profile_of(url).spell(url) is not None
