"""From bytes to text, in pure functions. What is not a page with content raises SourceError with a stable reason."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

from lxml import etree
from lxml.html import HtmlElement, document_fromstring
from w3lib.encoding import html_to_unicode

from core.errors import SourceError
from core.urls import host_of
from crawlers.drafts import Draft

# A wall is a page served in place of the content. Each mark is read on the first 20,000 characters of a page with little text.
WALLS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("bot_wall", re.compile(r"just a moment\.\.\.|cf[-_]chl|making sure you(&#39;|')re not a bot|anubis_challenge|are you a robot"
                            r"|pas un robot|verify you are human|captcha-delivery|/_incapsula_resource", re.IGNORECASE)),
    ("cookie_wall", re.compile(r"consent\.(google|youtube)\.|before you continue to (google|youtube)"
                               r"|avant d.acc[ée]der [àa] (google|youtube)", re.IGNORECASE)),
    ("login_required", re.compile(r"<title>[^<]{0,40}(log ?in|sign ?in|connexion|identifiez-vous)", re.IGNORECASE)),
)  # fmt: skip
SHELL = re.compile(r"\{\{[^}]{1,80}\}\}|ng-app|enable javascript|activer javascript|<div id=\"(root|app|__next)\""
                   r"|__NEXT_DATA__|ytInitialData|shreddit", re.IGNORECASE)  # fmt: skip
INVISIBLE = re.compile(r'<span class="[^"]{0,40}\binvisible\b[^"]{0,40}">[^<]{0,500}</span>')  # Mastodon hides parts of links so
META = re.compile(r"<meta\b[^>]{0,500}>", re.IGNORECASE)
RESERVED = re.compile(r"content\s*=\s*[\"']?1\b", re.IGNORECASE)
NO_AI = re.compile(r"\bno(?:image)?ai\b", re.IGNORECASE)
SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
WALL_TEXT = 1500  # a page with more visible text than this is content, whatever words it holds
LEAST_WORDS = 15  # less is a date line or a button, not an article
MAX_DEPTH = 2000  # nested tags beyond this are an attack on the parser


def decode(body: bytes, content_type: str | None = None) -> str:
    """The text of a page whose declared charset may lie: valid UTF-8 is UTF-8, else the declared one, else Windows-1252."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    encoding, text = html_to_unicode(content_type, body, default_encoding="cp1252")
    if encoding.replace("-", "").lower() != "utf8":
        return text
    # declared UTF-8 with invalid bytes: a few broken characters stay, but a page in another charset is read as Windows-1252
    broken, sound = text.count("\ufffd"), sum(1 for char in text if char > "\x7f" and char != "\ufffd")
    return text if sound >= broken else body.decode("cp1252", errors="replace")


def parse_html(html: str, *, url: str) -> HtmlElement:
    """The tree of a page. Raises SourceError for an empty or unreadable one."""
    try:
        return document_fromstring(html.replace("\x00", ""), base_url=url)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        pass  # lxml refuses str with an encoding declaration: bytes carry none
    try:
        return document_fromstring(html.replace("\x00", "").encode(), base_url=url, parser=etree.HTMLParser(encoding="utf-8"))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise SourceError("empty_page", f"{url}: the page holds no markup ({error}); look at it in a browser") from error


def html_to_text(fragment: str) -> str:
    """The text that a browser shows for a piece of HTML; paragraphs and line breaks become newlines."""
    from inscriptis import get_text
    from inscriptis.css_profiles import CSS_PROFILES
    from inscriptis.model.config import ParserConfig

    if "<" not in fragment and "&" not in fragment:
        return fragment.strip()
    cleaned = INVISIBLE.sub("", fragment)
    text = get_text(f"<div>{cleaned}</div>", ParserConfig(css=CSS_PROFILES["strict"]))  # "relaxed" would write "# nobot" for "#<span>nobot</span>"
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.strip() for line in text.split("\n"))).strip()


def links_of(fragment: str, *, base: str) -> tuple[str, ...]:
    """The http(s) targets of a piece of HTML, in order, once each."""
    if "<a" not in fragment.lower():
        return ()
    tree = parse_html(f"<div>{fragment}</div>", url=base)
    found = (absolute(base, href) for href in tree.xpath("//a/@href"))
    return tuple(dict.fromkeys(link for link in found if link.startswith(("http://", "https://")) and host_of(link)))


def absolute(base: str, link: str) -> str:
    """A link as an absolute address; "" for one that cannot be read."""
    try:
        return urljoin(base, link.strip())
    except ValueError:
        return ""


def wall(html: str, *, headers: dict[str, str], visible: str) -> str | None:
    """The name of what stands in place of the content, or None. ``headers`` have lower-case names."""
    if headers.get("cf-mitigated") == "challenge":
        return "bot_wall"
    if len(visible) > WALL_TEXT:
        return None
    head = html[:20_000]
    for reason, mark in WALLS:
        if mark.search(head):
            return reason
    if len(visible) < 200 and SHELL.search(html[:200_000]):
        return "script_shell"
    return None


def article(html: str, *, url: str, headers: dict[str, str]) -> Draft:
    """The article of a page. Raises SourceError: a wall's name, too_deep, or empty_text."""
    from trafilatura import bare_extraction

    if reserved(html, headers=headers):
        raise SourceError("tdm_reserved", f"{url}: the site reserves text and data mining (CPI L. 122-5-3, III); it is left out")
    found: Any = None
    if _depth(html) <= MAX_DEPTH:
        tree = _without_layout_tables(parse_html(html, url=url))
        # precision: on recorded French pages 94 % of the wanted and 7 % of the unwanted segments are kept, 98 % and 17 % without it
        found = bare_extraction(tree, url=url, with_metadata=True, include_comments=False, favor_precision=True)
    text = (found.text or "").strip() if found else ""
    reason = wall(html, headers=headers, visible=text)
    if reason:
        raise SourceError(reason, f"{url}: {reason} in place of the content; Vigie does not go around it")
    if len(text.split()) < LEAST_WORDS:
        raise SourceError("empty_text", f"{url}: {len(text.split())} words of article were found; look at the page, it may be empty or have changed")
    return Draft(
        url=found.url or url,
        kind="article",
        title=found.title or None,
        text=text,
        account=found.author or None,
        language=found.language or None,
        published_at=parse_time(found.date),
    )


def reserved(html: str, *, headers: dict[str, str]) -> bool:
    """Whether a page opposes being read by programs: a TDM reservation in header or meta, or ``noai`` for robots."""
    if headers.get("tdm-reservation", "").strip() == "1" or NO_AI.search(headers.get("x-robots-tag", "")):
        return True
    tags = META.findall(html[:100_000])
    return any(RESERVED.search(tag) if "tdm-reservation" in tag.lower() else "robots" in tag.lower() and NO_AI.search(tag) for tag in tags)


def _without_layout_tables(tree: HtmlElement) -> HtmlElement:
    """Old pages place their columns with tables; as blocks, a menu is seen as a menu. A table of data holds no heading and no block."""
    for table in tree.xpath("//table[.//td//h1 or .//td//h2 or .//td//div or .//td//table]"):
        for cell in table.iter("table", "tbody", "tr", "td"):
            cell.tag = "div"
    return tree


def _depth(html: str) -> int:
    """An upper bound of how deep tags nest, without parsing: what a hostile page would use against the parser."""
    if html.count("<") <= MAX_DEPTH:
        return 0
    depth = most = 0
    for mark in re.finditer(r"<(/?)(div|span|p|ul|ol|li|table|tr|td|b|i|em|font|blockquote|section)\b", html, re.IGNORECASE):
        depth = max(0, depth + (-1 if mark[1] else 1))
        most = max(most, depth)
    return most


def parse_time(value: object) -> datetime | None:
    """UTC time of an ISO date, RFC 1123 date, French date, or epoch seconds; None where there is none. A date alone is midnight UTC."""
    if isinstance(value, bool) or value in (None, "", 0):
        return None
    if isinstance(value, int | float) or (isinstance(value, str) and re.fullmatch(r"\d{9,13}(\.\d+)?", value)):
        try:
            seconds = float(value)
            return datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, UTC)
        except (OverflowError, ValueError, OSError):
            return None
    return _parse_words(str(value)[:80])


def _parse_words(value: str) -> datetime | None:
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        import dateparser

        found = dateparser.parse(value, languages=["fr", "en"], settings={"TIMEZONE": "UTC", "RETURN_AS_TIMEZONE_AWARE": True})
        if found is None:
            return None
        time = found
    try:
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except OverflowError:  # year 1, shifted
        return None


def parse_json(body: bytes, *, url: str) -> Any:
    """The value of a JSON body; raw control characters inside strings are let through. Raises SourceError(unreadable_json)."""
    text = decode(body)
    try:
        value = json.loads(text, strict=False)
        # halves of surrogate pairs, which no UTF-8 text can hold, become "?"
        return json.loads(json.dumps(value, ensure_ascii=False).encode(errors="replace")) if SURROGATE.search(text) else value
    except (ValueError, RecursionError) as error:
        raise SourceError("unreadable_json", f"{url}: the answer is not JSON ({error}); the site may have changed or blocked the crawl") from error
