"""Forums: which engine a page is of, the posts of a thread and the threads of a section, by the profiles in forums.yml. Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING

from core.errors import SourceError
from core.urls import host_of
from crawlers.platforms.css import find, shown, values
from crawlers.platforms.forum_addresses import clean_address, resolved, thread_address
from crawlers.platforms.forum_posts import Place, address_of, number_in, number_of, read_post
from crawlers.platforms.forum_profiles import profile_of, profiles
from crawlers.platforms.forum_times import clock_of
from crawlers.reading.drafts import Left
from crawlers.reading.page import Found, Page
from crawlers.reading.walls import wall

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from crawlers.platforms.forum_posts import Reading
    from crawlers.platforms.forum_profiles import Profile
    from crawlers.reading.drafts import Draft

MAX_POSTS = 2000  # of one page; boards show 10 to 100
MAX_VISIBLE = 20_000  # characters of a page without posts that a reason is sought in
MAX_TITLE = 500
MAX_TAGS = 60_000  # of one page; the longest threads have some 30,000
UNSEEN = frozenset({"script", "style", "noscript", "template", "title"})
JSON_API = re.compile(rb'"(?:attributes|errors|jsonapi)"\s*:')
LANGUAGE = ("./ancestor-or-self::html/@lang", "./ancestor-or-self::html/@*[name()='xml:lang']")
BASE = ("./descendant::base/@href",)
CANONICAL = ("./descendant::link[@rel='canonical'][contains(@href, '//')]/@href",)


def parse(page: Page) -> Found:
    """The posts of a thread, whatever its engine, from a page or an API answer. Raises SourceError: not_a_thread for a section, see parse_thread."""
    from crawlers.platforms import flarum, lemmy

    is_json = page.body.lstrip()[:1] in (b"{", b"[")
    engine = ("flarum" if JSON_API.search(page.body) else "lemmy") if is_json else engine_of(page)
    if engine == "flarum":
        return flarum.parse(page)
    if engine == "lemmy":
        return lemmy.parse(page)
    if engine and is_section(page, engine=engine):
        raise SourceError("not_a_thread", f"{page.url}: a section of a forum ({engine}); name its threads, or make it a source of kind forum")
    return parse_thread(page, engine=engine)


def read_saved(page: Page) -> Found:
    """A page that was saved without its address: its own canonical link or base says it. Raises SourceError."""
    if page.body.lstrip()[:1] in (b"{", b"["):
        first = re.search(rb'"first":\s*"([^"]{1,500})"', page.body)  # Flarum's link to the first page of the same answer
        return parse(replace(page, url=first[1].decode(errors="replace").replace("\\/", "/")) if first else page)
    said = next(iter(find(CANONICAL + BASE, page.tree)), page.url)
    return parse(replace(page, url=str(said)))


def tree_of(page: Page) -> HtmlElement:
    """The page's tree. Raises SourceError: too_large, empty_page."""
    if page.body.count(b"<") > 2 * MAX_TAGS:
        raise SourceError("too_large", f"{page.url}: more than {MAX_TAGS} tags, which no forum sends in one page; look at it in a browser")
    return page.tree


def engine_of(page: Page) -> str | None:
    """The engine that serves a page, by its marks, else by the credits in its footer; None for what is no forum known here.

    Raises SourceError: too_large, empty_page.
    """
    tree = tree_of(page)
    for profile in profiles().engines:
        if find(profile.marks, tree):
            return profile.name
    return next((profile.name for profile in profiles().engines if find(profile.credits, tree)), None)


def has_posts(page: Page, *, engine: str) -> bool:
    """Whether a page is one of a thread."""
    return bool(find(profile_of(engine).post.each, tree_of(page)))


def is_section(page: Page, *, engine: str) -> bool:
    """Whether a page lists threads and holds no post."""
    return not has_posts(page, engine=engine) and bool(find(profile_of(engine).listing.threads, page.tree))


def parse_thread(page: Page, *, engine: str | None = None) -> Found:
    """The posts of one page of a thread, and its next page.

    Raises SourceError: not_a_forum, a wall's name, login_required, no_such_thread, selector_none, selector_several.
    """
    profile = profile_of(engine or engine_of(page) or _no_forum(page))
    elements = find(profile.post.each, tree_of(page))
    if not elements:
        raise blind_spot(page, profile, wanted="a post")
    place = place_of(page, profile, elements[:MAX_POSTS])
    readings = [read_post(element, place) for element in elements[:MAX_POSTS]]
    _check(readings, page=page, profile=profile)
    items = _once([reading.item for reading in readings])
    if len(elements) > MAX_POSTS:
        items.append(Left(reason="too_many_posts", status="set_aside"))
    return Found(items=tuple(items), next=_next(profile.thread.next, page))


def parse_listing(page: Page, *, engine: str | None = None) -> tuple[tuple[str, ...], str | None]:
    """The addresses of a section's threads, in order, and its next page. Raises SourceError, as ``parse_thread``."""
    threads, further = parse_section(page, engine=engine)
    return tuple(threads), further


def parse_section(page: Page, *, engine: str | None = None) -> tuple[dict[str, str | None], str | None]:
    """As ``parse_listing``, with a digest of each thread's row that changes when somebody posts; None where the row does not tell."""
    profile = profile_of(engine or engine_of(page) or _no_forum(page))
    base, listing = base_of(page), profile.listing
    rows = find(listing.rows, tree_of(page))[:MAX_POSTS]
    links = {link: _digest(listing.changed, row) for row in reversed(rows) for link in map(str, find(listing.threads, row)[:1])}
    links = dict(reversed(links.items())) or dict.fromkeys(map(str, find(listing.threads, page.tree)[:MAX_POSTS]))
    found: dict[str, str | None] = {}
    for link, digest in links.items():
        url = resolved(base, link)
        if url and _same_site(url, page.url):
            found.setdefault(thread_address(url, first_page=profile.thread.first_page, drop=profile.thread.drop), digest)
    if not found:
        raise blind_spot(page, profile, wanted="a thread")
    return found, _next(listing.next, page)


def _digest(changed: tuple[str, ...], row: HtmlElement) -> str | None:
    told = " ".join(values(changed, row))
    return sha256(told.encode(errors="replace")).hexdigest()[:16] if told else None


def place_of(page: Page, profile: Profile, elements: list[HtmlElement]) -> Place:
    """What all posts of a page share."""
    tree, thread, base = page.tree, profile.thread, base_of(page)
    root = _root(page, profile, base=base)
    language = next((text[:2].lower() for text in values(LANGUAGE, tree)), "")
    numbers = [number_of(profile.post, element) for element in elements]
    pairs = zip(numbers, elements, strict=True)
    urls = {number: url for number, element in pairs if number and (url := address_of(profile, element, number=number, base=base, root=root))}
    opens = not find(thread.previous, tree)
    posts = number_in(" ".join(values(thread.posts, tree))) if opens else None
    views = re.search(thread.views_pattern, " ".join(values(thread.views, tree))[:MAX_TITLE]) if opens else None
    dates = [text for element in elements for text in values(profile.post.date, element, titles=True)]
    notes = (shown(one, titles=True) for one in find(profile.zone, tree))
    return Place(
        profile=profile,
        base=base,
        root=root,
        clock=clock_of(headers=page.headers, notes=notes, dates=dates, month_first=profile.month_first and language == "en"),
        title=_title(profile, tree),
        language=language if language.isalpha() and len(language) == 2 else None,
        urls=urls,
        opening=urls.get(numbers[0] or "") if opens else None,
        views=number_in(views[1]) if views else None,
        replies=max(0, posts - 1) if posts else None,
    )


def base_of(page: Page) -> str:
    """What relative links of a page start from; a base on another site is not believed."""
    said = next((str(href) for href in find(BASE, page.tree)), "")
    base = resolved(page.url, said) if said else ""
    return base if base and _same_site(base, page.url) else page.url


def _same_site(one: str, other: str) -> bool:
    return host_of(one).removeprefix("www.") == host_of(other).removeprefix("www.")


def _root(page: Page, profile: Profile, *, base: str) -> str:
    """The address of the thread's first page, as the page declares it, else as it was asked for."""
    declared = (resolved(base, str(link)) for link in islice(find(profile.thread.address, page.tree), 5))
    url = next((link for link in declared if link and _same_site(link, page.url)), page.url)
    return thread_address(url, first_page=profile.thread.first_page, drop=profile.thread.drop)


def _title(profile: Profile, tree: HtmlElement) -> str | None:
    found = find(profile.thread.title, tree)
    text = " ".join(shown(one) for one in found) if found and isinstance(found[0], str) else shown(found[0]) if found else ""
    return text[:MAX_TITLE] or None


def _next(selectors: tuple[str, ...], page: Page) -> str | None:
    """The next page: another one of the same site."""
    here, base = clean_address(page.url), base_of(page)
    links = (resolved(base, str(link)) for link in islice(find(selectors, page.tree), 10))
    return next((link for link in links if link and link != here and _same_site(link, page.url)), None)


def _once(items: list[Draft | Left]) -> list[Draft | Left]:
    """A post that the page shows twice (the best answer, on top) is one post."""
    met: set[str] = set()
    kept: list[Draft | Left] = []
    for item in items:
        again = item.platform_id in met
        kept.append(Left(reason="shown_twice", status="duplicate") if again else item)
        met |= {item.platform_id} if item.platform_id else set()
    return kept


def _check(readings: list[Reading], *, page: Page, profile: Profile) -> None:
    """Raise SourceError where more than half of the posts lack an author, a date or a text, or have several: the markup changed."""
    counted = [reading.found for reading in readings if reading.found is not None]
    for field in ("author", "date", "text"):
        numbers = [found[field] for found in counted] if getattr(profile.post, field) else []
        wrong = {"selector_none": sum(number == 0 for number in numbers), "selector_several": sum(number > 1 for number in numbers)}
        for reason, count in wrong.items():
            if 2 * count > len(numbers):
                how = "no" if reason == "selector_none" else "several"
                detail = f"{count} of {len(numbers)} posts have {how} {field} where {profile.title} writes one"
                raise SourceError(reason, f"{page.url}: {detail}; look at the page and at {profile.name} in forums.yml")


def visible(page: Page) -> str:
    """What a page shows, on one line."""
    texts: list[str] = []
    for element in page.tree.iter():
        seen = isinstance(element.tag, str) and element.tag not in UNSEEN
        texts += [text for text in (element.text if seen else None, element.tail) if text]
        if len(texts) > MAX_VISIBLE:
            break
    return " ".join(" ".join(texts)[: 5 * MAX_VISIBLE].split())[:MAX_VISIBLE]


def blind_spot(page: Page, profile: Profile | None, *, wanted: str) -> SourceError:
    """Why a page holds no post and no thread: a wall, an account asked for, a thread that is gone, a changed markup, no forum at all."""
    text = visible(page)
    reason = wall(page.text, headers=page.headers, visible=text)
    if reason and reason != "script_shell":
        return SourceError(reason, f"{page.url}: {reason} in place of the forum; Vigie does not go around it")
    if any(re.search(pattern, text) for pattern in profiles().no_such_thread):
        return SourceError("no_such_thread", f"{page.url}: the forum says that this does not exist; take it out of the source")
    if any(re.search(pattern, text) for pattern in profiles().login_required) or (profile and find(profile.login, page.tree)):
        return SourceError("login_required", f"{page.url}: the forum asks for an account; only what everybody can read is read")
    if profile is None:
        return SourceError(reason or "not_a_forum", f"{page.url}: none of the engines in forums.yml was recognised; is it a page of a forum?")
    return _elsewhere(page, profile, section=wanted == "a thread", text=text) or SourceError(
        reason or "selector_none", f"{page.url}: {profile.title} without {wanted}; look at the page and at {profile.name} in forums.yml"
    )


def _elsewhere(page: Page, profile: Profile, *, section: bool, text: str) -> SourceError | None:
    """What a page of the engine is that has neither posts nor threads, and rightly so; None where it should have some."""
    if find(profile.listing.boards + profiles().elsewhere, page.tree):
        told = f"{page.url}: a page of a forum ({profile.name}) that holds no thread, such as its front page; name its sections or threads"
        return SourceError("not_a_thread", told)
    if section and any(re.search(pattern, text) for pattern in profiles().empty_section):
        return SourceError("empty_answer", f"{page.url}: the forum says that this section holds no thread; look at it in a browser")
    return None


def _no_forum(page: Page) -> str:
    raise blind_spot(page, None, wanted="a post")
