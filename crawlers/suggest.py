"""A source file for an address: which kind reads it, with which keys. Pure."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urljoin, urlsplit

import yaml

from core.errors import SourceError
from core.urls import host_of
from crawlers.recognise import reader_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from crawlers.reading.page import Page

PURPOSE = "À écrire : pourquoi cette source est lue"
LEGAL_BASIS = (
    "Intérêt légitime (RGPD, règlement (UE) 2016/679, art. 6(1)(f), texte adopté le 27/04/2016) ; contenu public. À faire vérifier par un juriste."
)
FEEDS = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/json")
Rule = tuple[str, str, "Callable[[re.Match[str], str], dict[str, Any]]"]
# first parts of addresses that are no channel, no campaign: invitations, services, sections
T_ME = "addemoji|addlist|addstickers|addtheme|boost|confirmphone|contact|giftcode|invoice|joinchat|login|proxy|setlanguage|share|socks|stickers"
ULULE = ("about|a-propos|api|blog|careers|category|categories|community|contact|cookies|create|dashboard|discover|explore|faq|guide|help|jobs|legal|"
         "login|logout|notifications|partners|partenaires|password|pledges|press|presse|privacy|projects|register|search|settings|shop|signin|signup|start|stats|"
         "support|tags|team|terms|trust|ulule|users")  # fmt: skip
RULES: tuple[Rule, ...] = (  # host, path, keys: whole patterns, the first that fits wins
    (r"(?:t|telegram)\.me", rf"/(?:s/)?(?!(?:{T_ME})/?$)([A-Za-z][A-Za-z0-9_]{{3,31}})/?",
     lambda found, _: {"kind": "telegram_channel", "channel": found[1], "max_pages": 5}),
    (r"bsky\.app", r"/profile/([^/]+)/?", lambda found, _: {"kind": "bluesky_author", "actor": found[1], "max_pages": 5}),
    (r"(?:www\.|[a-z]{2}\.)?ulule\.com", rf"/(?:[a-z]{{2}}/)?(?!(?:{ULULE})/?$)([\w-]{{3,250}})/?",
     lambda found, _: {"kind": "ulule", "projects": [found[1]]}),
    (r"(?:www\.)?helloasso\.com", r"/associations/([\w-]+)/?", lambda found, _: {"kind": "helloasso", "organisations": [found[1]]}),
    (r"(?:www\.)?youtube\.com", r"/channel/(UC[\w-]{22})/?.*",
     lambda found, _: {"kind": "feed", "url": f"https://www.youtube.com/feeds/videos.xml?channel_id={found[1]}"}),
    (r"(?:www\.|old\.)?reddit\.com", r"/r/(\w+)/?", lambda found, _: {"kind": "feed", "url": f"https://www.reddit.com/r/{found[1]}/.rss"}),
)  # fmt: skip
INSTANCE_RULES: tuple[Rule, ...] = (  # addresses as Mastodon and its kin have them; others have such too, so the page must tell
    (r".+", r"/tags/(\w{1,100})/?", lambda found, site: {"kind": "mastodon_tag", "url": f"{site}/", "tag": found[1], "max_pages": 5}),
    (r".+", r"/@([\w.-]{1,100}(?:@[a-zA-Z0-9.-]{1,253})?)/?",
     lambda found, site: {"kind": "mastodon_account", "url": f"{site}/", "account": found[1], "max_pages": 5}),
)  # fmt: skip
NO_INSTANCES = re.compile(
    r"(?:.+\.)?(?:youtube|tiktok|medium|threads|instagram|x|twitter|substack|facebook|odysee|rumble|telegram|linktr|snapchat|pinterest)"
    r"\.(?:com|net|ee|org|fr|me)"
)
SOFTWARE = re.compile(r"\b(?:mastodon|pleroma|akkoma|pixelfed|glitch-soc|gotosocial|friendica)\b", re.IGNORECASE)
POST = re.compile(r"/@[\w.-]{1,100}/\d{12,30}/?")  # the address of a post on an instance


def from_address(url: str) -> dict[str, Any] | None:
    """The keys of a source whose platform the address alone tells."""
    return _by_rule(url, RULES)


def _by_rule(url: str, rules: tuple[Rule, ...]) -> dict[str, Any] | None:
    parts, host = urlsplit(url), host_of(url)
    for pattern, path, keys in rules:
        found = re.fullmatch(path, unquote(parts.path)) if re.fullmatch(pattern, host) else None
        if found:
            return keys(found, f"{parts.scheme}://{parts.netloc}")
    return None


def not_a_source(url: str) -> str | None:
    """Why an address of a known platform is none to read, and what is; None for others."""
    host = host_of(url)
    if host in ("t.me", "telegram.me") and from_address(url) is None and not re.fullmatch(r"/(?:s/)?\w+/\d+/?", urlsplit(url).path):
        return "an invitation, a set of stickers or a service of Telegram, which is not read; expected a public channel: https://t.me/nom_du_canal"
    if re.fullmatch(r"(?:www\.|[a-z]{2}\.)?ulule\.com", host) and from_address(url) is None and urlsplit(url).path.count("/") < 3:
        return "a section of Ulule, not a campaign; expected https://www.ulule.com/<campaign>/, or write a file of kind ulule with words: [...]"
    return None


def from_instance(url: str, page: Page) -> dict[str, Any] | None:
    """The keys of a hashtag or an account on an instance of Mastodon or its kin; None where address or page is not one's."""
    if NO_INSTANCES.fullmatch(host_of(url)) or not _is_instance(page):
        return None
    return _by_rule(url, INSTANCE_RULES)


def from_section(url: str, page: Page) -> dict[str, Any] | None:
    """The keys of a forum whose page shows no post but leads to threads; None for other pages."""
    from crawlers.platforms.forum import engine_of, is_section

    try:
        engine = engine_of(page)
        return {"kind": "forum", "url": url} if engine and is_section(page, engine=engine) else None
    except SourceError:
        return None


def _is_instance(page: Page) -> bool:
    """Whether a page says which software made it, or is put together as Mastodon's are."""
    if SOFTWARE.search(page.headers.get("server", "")):
        return True
    try:
        tree = page.tree
    except SourceError:
        return False
    named = tree.xpath("//meta[@name='generator' or @name='application-name' or @property='og:site_name']/@content")
    if any(SOFTWARE.search(str(one)[:200]) for one in named) or tree.xpath("//*[@id='mastodon' or @id='pleroma' or @id='initial-state']"):
        return True
    links = [urlsplit(urljoin(page.url, str(link)[:2000])) for link in tree.xpath("//@href")[:2000] if _readable(str(link))]
    return any(link.path.startswith("/api/v1/instance") or (link.hostname == host_of(page.url) and POST.fullmatch(link.path)) for link in links)


def _readable(link: str) -> bool:
    try:
        return bool(urlsplit(link[:2000]).path)
    except ValueError:
        return False


def from_page(url: str, page: Page) -> dict[str, Any]:
    """The keys of a source whose page tells what it is: an instance, a feed, a forum, a campaign, a site with a feed, else a site or one page."""
    if instance := from_instance(url, page):
        return instance
    reader = reader_of(page)
    site = "{0.scheme}://{0.netloc}/".format(urlsplit(url))
    by_reader: dict[str, dict[str, Any]] = {
        "feed:parse_feed": {"kind": "feed", "url": url},
        "discourse:parse_html": {"kind": "discourse", "url": site},
        "forum:parse": {"kind": "forum", "url": url},
        "crowdfunding:parse_campaign": {"kind": "crowdfunding_page", "pages": [url]},
    }
    if reader in by_reader:
        return by_reader[reader]
    feed = _feed(page)
    if feed:
        return {"kind": "feed", "url": feed}
    if len([part for part in urlsplit(url).path.split("/") if part]) > 1:
        return {"kind": "urls", "pages": [url]}
    return {"kind": "site", "url": site, "pages": [url]}


def _feed(page: Page) -> str | None:
    """The first feed that a page names, comments' feeds last."""
    try:
        links = page.tree.xpath("//link[contains(concat(' ', @rel, ' '), ' alternate ')][@href]")
    except SourceError:
        return None
    found = [link for link in links if (link.get("type") or "").split(";")[0].strip().lower() in FEEDS[:3]]
    found.sort(key=lambda link: "comment" in f"{link.get('title')} {link.get('href')}".lower())
    return urljoin(page.url, found[0].get("href")) if found else None


def name_of(keys: dict[str, Any], url: str) -> str:
    """A name for the source: its host and what tells it from others there."""
    own = next((str(keys[key]) for key in ("channel", "actor", "account", "tag") if key in keys), "")
    path = "" if keys["kind"] in ("site", "discourse") else unquote(urlsplit(url).path)
    words = unicodedata.normalize("NFKD", f"{_spelt(host_of(url).removeprefix('www.'))} {own or path}").lower()
    return re.sub(r"[^a-z0-9]+", "_", "".join(char for char in words if not unicodedata.combining(char))).strip("_")[:60] or "source"


def _spelt(host: str) -> str:
    """A host as people write it: é for xn--."""
    try:
        return host.encode("ascii").decode("idna")
    except UnicodeError:
        return host


def title_of(url: str, page: Page | None) -> str:
    """What people call the source: the page's own title, on one line, else its address."""
    try:
        found = " ".join(page.tree.xpath("string(//title[1])").split())[:100] if page else ""
    except SourceError:
        found = ""
    return "".join(char for char in found if char.isprintable()) or f"{host_of(url)}{urlsplit(url).path}".rstrip("/")


def as_yaml(keys: dict[str, Any], *, title: str, purpose: str, least: int) -> str:
    """The text of a source file, disabled until a person has read it."""
    data = {
        "title": title,
        "kind": keys["kind"],
        "enabled": False,
        **{key: value for key, value in keys.items() if key != "kind"},
        "language": "fr",
        "access_mode": "open",
        "purpose": purpose,
        "legal_basis": LEGAL_BASIS,
        "delay": 5,
        "expect": {"min": least},
    }
    text: str = yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=150)
    return "# Proposé d'après la page : relire, compléter « purpose », puis mettre « enabled: true ».\n" + text
