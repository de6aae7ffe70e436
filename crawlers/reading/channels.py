"""Ways to reach or to pay somebody that a text shows: addresses, accounts, numbers. Which host is what is data, in channels.yml. Pure."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

import yaml
from pydantic import AliasChoices, ConfigDict, Field, ValidationError

from core.errors import ConfigError, nearest
from core.records import Record
from crawlers.reading.coins import coins
from crawlers.reading.numbers import ibans, mails, phones

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Found = tuple[str, str, bool]  # kind, value, whether the value is private: an e-mail, a phone or an account number
FILE = Path(__file__).with_name("channels.yml")
# an address as people write it, with or without https://; bounded everywhere, so that no run of letters is read twice
ADDRESS = re.compile(
    r"(?<![\w@.-])(?:https?://)?(?:[\w-]{1,63}\.){1,5}[a-z]{2,24}(?![\w@])(?::\d{1,5})?(?:[/?#][^\s<>\"'«»()\[\]{}|\\^`]{0,500})?", re.IGNORECASE
)
DOTTED = re.compile(r"\.[a-z]{2}", re.IGNORECASE)  # without it there is no address
ACCOUNT = re.compile(r"@([a-z0-9_.]{3,32})(?![\w@])", re.IGNORECASE)
SKYPE = re.compile(r"\bskype:([a-z0-9_.,:-]{3,60})\?", re.IGNORECASE)
TRAILING = ".,;:!?…*_~'\"»”’"
PART = re.compile(r"[\w.+@%~,!=&-]{1,200}")
NUMBER = re.compile(r"\d{8,15}")
MAX_FOUND = 200  # of one text: more is a list to be indexed, not a post


class Link(Record):
    """The addresses of one service, and what of them names a channel."""

    model_config = ConfigDict(populate_by_name=True)

    hosts: tuple[str, ...] = Field(min_length=1)
    written_as: str | None = Field(None, validation_alias=AliasChoices("as", "written_as"))
    segments: int = Field(1, ge=0, le=3)
    drop: tuple[str, ...] = ()
    rewrite: dict[str, str] = Field(default_factory=dict)
    pages: tuple[str, ...] = ()
    query: tuple[str, ...] = ()
    fragment: bool = False
    exact: bool = False
    invite: bool = False
    number: bool = False


class Service(Record):
    """One kind of channel."""

    kind: str = Field(pattern=r"^[a-z0-9_]{2,30}$")
    name: str = Field(min_length=2)
    links: tuple[Link, ...] = Field(min_length=1)
    named: tuple[str, ...] = ()


class Services(Record):
    """All of channels.yml."""

    locales: tuple[str, ...]
    own_pages: tuple[str, ...]
    contacts: tuple[Service, ...] = Field(min_length=1)
    payments: tuple[Service, ...] = Field(min_length=1)


class Rule(NamedTuple):
    """One host of a service, ready to be compared: ``path`` are the parts that must come first."""

    kind: str
    path: tuple[str, ...]
    link: Link
    value: str | None  # what the value begins with; None: the host as found
    pays: bool


class Table(NamedTuple):
    """channels.yml, ready to be asked. A key "*.x" stands for all hosts under x."""

    rules: dict[str, tuple[Rule, ...]]
    locales: frozenset[str]
    own_pages: frozenset[str]
    named: re.Pattern[str]
    accounts: dict[str, Rule]  # by the word that names the service


def channels(text: str, links: Iterable[str]) -> tuple[tuple[Found, ...], tuple[Found, ...]]:
    """Contact channels and means of payment of a text and its links, each once, in order. Raises ConfigError for a wrong channels.yml."""
    table = load_table()
    contacts: dict[Found, None] = {}
    payments: dict[Found, None] = {}
    spans: list[tuple[int, int]] = []
    for address in _addresses(text, links, spans):
        if found := _of_address(address, table):
            rule, value, private = found
            (payments if rule.pays else contacts)[(rule.kind, value, private)] = None
            if rule.link.number and private:  # the same number may stand elsewhere as such
                contacts[("phone", value, True)] = None
    rest = _without(text, spans)
    contacts.update(dict.fromkeys(_accounts(text, table)))
    contacts.update((("mail", mail, True), None) for mail in mails(rest))
    accounts, spans = ibans(rest)
    payments.update((("iban", account, True), None) for account in accounts)
    payments.update(((kind, coin, False), None) for kind, coin in coins(rest))
    contacts.update((("phone", phone, True), None) for phone in phones(_without(rest, spans)))
    return tuple(contacts)[:MAX_FOUND], tuple(payments)[:MAX_FOUND]


def _addresses(text: str, links: Iterable[str], spans: list[tuple[int, int]]) -> Iterator[str]:
    yield from links
    for found in ADDRESS.finditer(text) if DOTTED.search(text) else ():
        spans.append(found.span())
        yield found[0].rstrip(TRAILING)


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    """The text with spaces in place of what was read already: an address may hold digits that look like a phone number."""
    if not spans:
        return text
    pieces, end = [], 0
    for start, stop in spans:
        pieces += [text[end:start], " " * (stop - start)]
        end = stop
    return "".join([*pieces, text[end:]])


def _of_address(address: str, table: Table) -> tuple[Rule, str, bool] | None:
    try:
        parts = urlsplit(address if "://" in address else f"https://{address}")
        host = (parts.hostname or "").removeprefix("www.").rstrip(".")
    except ValueError:
        return None
    rules = _rules(host, table)
    if not rules:
        return None
    path = [part for part in unquote(parts.path).split("/") if part]
    if len(path) > 1 and path[0].lower() in table.locales:
        path = path[1:]
    for rule in rules:
        if tuple(part.lower() for part in path[: len(rule.path)]) == rule.path:
            return _value(rule, parts, host=host, path=path[len(rule.path) :], own_pages=table.own_pages)
    return None


def _rules(host: str, table: Table) -> tuple[Rule, ...]:
    if host in table.rules:
        return table.rules[host]
    labels = host.split(".")
    if labels[0] in table.own_pages:  # help.systeme.io
        return ()
    return next((found for at in range(1, len(labels) - 1) if (found := table.rules.get("*." + ".".join(labels[at:])))), ())


def _value(rule: Rule, parts: SplitResult, *, host: str, path: list[str], own_pages: frozenset[str]) -> tuple[Rule, str, bool] | None:
    link = rule.link
    if path and path[0].lower() in link.drop:
        path = path[1:]
    if len(path) > 1 and (glued := link.rewrite.get(path[0].lower())) is not None:
        path = [glued + path[1], *path[2:]]
    if path and (path[0].lower() in link.pages or path[0].lower() in own_pages):
        return None
    kept = [part.strip() for part in path[: link.segments]]
    named = _named(link, parts.query, parts.fragment)
    if len(kept) < link.segments or not all(PART.fullmatch(part) for part in kept) or (not named and (link.query or link.fragment)):
        return None
    if link.number and (number := _number((kept or [named.rpartition("/")[2]])[0])):
        return rule, number, True
    value = "/".join([rule.value or host, *kept]) + named
    exact = link.exact or (link.invite and kept[0].startswith("+"))
    return rule, value if exact else value.lower(), bool(mails(named))


def _number(written: str) -> str:
    """A phone number as addresses write it, in E.164; "" for a name or a code."""
    digits = written.lstrip("#+ ")
    if not NUMBER.fullmatch(digits):
        return ""
    return next(iter(phones(digits if digits.startswith("0") else f"+{digits}")), f"+{digits}")


def _named(link: Link, query: str, fragment: str) -> str:
    """What of an address after the path names the channel, as it is written in the value."""
    if link.fragment:
        return f"/#{fragment}" if PART.fullmatch(fragment.replace("/", ".")) else ""
    if not link.query:
        return ""
    given = parse_qs(query, max_num_fields=100) if query.count("&") < 100 else {}
    found = [(name, value) for name in link.query if PART.fullmatch(value := given.get(name, [""])[0].replace(" ", ""))]
    if link.number:
        return found[0][1] if found else ""
    return "?" + "&".join(f"{name}={value}" for name, value in found) if found else ""


def _accounts(text: str, table: Table) -> Iterator[Found]:
    """ "Telegram : @jardin"; "skype:nom?chat"."""
    if "@" in text:
        for found in ACCOUNT.finditer(text):
            if name := table.named.search(text[max(0, found.start() - 20) : found.start()]):
                rule = table.accounts[" ".join(name[1].lower().split())]
                yield rule.kind, f"{rule.value}/{found[1].rstrip('.').lower()}", False
    if "skype:" in text.lower():
        for found in SKYPE.finditer(text):
            yield "skype", found[1].lower(), False


@cache
def load_table(path: Path = FILE) -> Table:
    """The table of a file, read once. Raises ConfigError that names file, key and nearest valid name."""
    services = _load(path)
    rules: dict[str, list[Rule]] = {}
    accounts: dict[str, Rule] = {}
    for pays, service in [(False, one) for one in services.contacts] + [(True, one) for one in services.payments]:
        for link in service.links:
            for host in link.hosts:
                name, _, first = host.partition("/")
                found = Rule(service.kind, tuple(part for part in first.split("/") if part), link, link.written_as or _begins(host), pays)
                _check_once(path, rules.setdefault(name, []), found, host)
        accounts.update({word: rules[service.links[-1].hosts[0].partition("/")[0]][-1] for word in service.named})
    longest = {name: tuple(sorted(found, key=lambda rule: -len(rule.path))) for name, found in rules.items()}
    words = "|".join(sorted((word.replace(" ", r"\s+") for word in accounts), key=len, reverse=True))
    named = re.compile(rf"\b({words})[\s:=>→–—-]{{1,5}}$", re.IGNORECASE)
    return Table(longest, frozenset(services.locales), frozenset(services.own_pages), named, accounts)


def _begins(host: str) -> str | None:
    return None if host.startswith("*.") and "/" not in host else host.removeprefix("*.")


def _check_once(path: Path, known: list[Rule], rule: Rule, host: str) -> None:
    if twice := next((one for one in known if one.path == rule.path), None):
        raise ConfigError(f"{path}: {rule.kind}.hosts: {host!r} stands in {twice.kind!r} already; give each host to one kind")
    known.append(rule)


def _load(path: Path) -> Services:
    data: Any = None
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Services.model_validate(data)
    except ValidationError as error:
        first = min(error.errors(), key=lambda problem: problem["type"] != "extra_forbidden")  # a misspelt key comes before the missing one
        known = {"as", *(name for record in (Link, Service, Services) for name in record.model_fields)} - {"written_as"}
        hint = f"; {nearest(str(first['loc'][-1]), known)}" if first["type"] == "extra_forbidden" else ""
        raise ConfigError(f"{path}: {_where(data, first['loc'])}: {first['msg']}{hint}") from error
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not readable as YAML in UTF-8 ({' '.join(str(error).split())[:200]})") from error


def _where(data: Any, steps: tuple[int | str, ...]) -> str:
    """Where in the file: an entry goes by its kind, as a person finds it."""
    words = []
    for step in steps:
        data = data[step] if isinstance(data, list) and isinstance(step, int) else data.get(step) if isinstance(data, dict) else None
        words.append(str(data["kind"]) if isinstance(data, dict) and "kind" in data else str(step))
    return ".".join(words) or "file"
