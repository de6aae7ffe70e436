"""Ulule's API v1: one project, or a page of search results. Reference: developers.ulule.com (project resource, i18n, versions).

Answers before version 2017-09-15 write texts as ``name_fr``, later ones as ``{"fr": ...}``; both are read. A project of type ``presale`` counts
pre-orders: its goal is no money.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit, urlunsplit

from core.errors import SourceError
from core.records import Funding
from core.urls import host_of
from crawlers.platforms.crowdfunding_markup import Story, render
from crawlers.platforms.crowdfunding_state import answer_of, sound
from crawlers.platforms.money import amount, count, currency
from crawlers.reading.drafts import Draft, Left
from crawlers.reading.markup import html_to_text
from crawlers.reading.page import Found
from crawlers.reading.times import parse_time

if TYPE_CHECKING:
    from crawlers.reading.page import Page

VERSION = "2020-04-08"  # that the requests ask for
API = "https://api.ulule.com/"
PAGE_SIZE = 16  # Ulule's own
HEADINGS = {  # of the parts of a project's page
    "fr": ("", "À quoi va servir le financement ?", "À propos du porteur de projet"),
    "en": ("", "What are the funds for?", "About the project owner"),
}
PARTS = ("description", "description_funding", "description_yourself")
UNREADABLE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
SLUG = re.compile(r"/(?:[a-z]{2}/)?(?P<slug>[\w-]{1,250})/?")


def parse_project(page: Page, *, language: str = "fr") -> Found:
    """The project of an answer, its texts in ``language`` where they exist, else in the project's own.

    Raises SourceError: unreadable_json, api_error, not_a_project. A project that is not public is a ``Left``.
    """
    answer = _answer(page)
    if not isinstance(answer, dict) or not _translated(answer, "name", language) or not ("goal" in answer or "amount_raised" in answer):
        raise SourceError("not_a_project", f"{page.url}: no project where Ulule's API gives one; look at the answer, it may have changed")
    return Found((_safely(answer, page=page, language=language),))


def parse_search(page: Page, *, language: str = "fr") -> Found:
    """The projects of a page of search results (title, subtitle and amounts: the story is in the project itself) and the address of the next page.

    Raises SourceError: unreadable_json, api_error, not_a_search.
    """
    answer = _answer(page)
    projects = answer.get("projects") if isinstance(answer, dict) else None
    if not isinstance(projects, list):
        raise SourceError("not_a_search", f"{page.url}: no list of projects where Ulule's search gives one; look at the answer, it may have changed")
    items = tuple(_safely(project, page=page, language=language) for project in projects)
    return Found(items, next=_next(answer, page, shown=len(projects)))


def read_saved(page: Page) -> Found:
    """A saved answer of either kind."""
    answer = answer_of(page)
    return parse_search(page) if isinstance(answer, dict) and "projects" in answer else parse_project(page)


def project_address(project: str | int, *, base: str = API) -> str:
    """The API's address of a project, by id or slug."""
    return urljoin(base, f"/v1/projects/{project}?lang=all")


def search_address(words: str, *, language: str | None, base: str = API) -> str:
    """The API's address of a search, the newest projects first."""
    query = {"q": f"{words} sort:new", "limit": PAGE_SIZE, **({"lang": language} if language else {})}
    return urljoin(base, f"/v1/search/projects?{urlencode(query)}")


def api_address(url: str) -> str | None:
    """The API's address of the project that a public address shows; None for another address."""
    found = SLUG.fullmatch(urlsplit(url).path)
    return project_address(found["slug"]) if found and re.fullmatch(r"(?:\w+\.)?ulule\.com", host_of(url)) else None


def _answer(page: Page) -> Any:
    answer = answer_of(page)
    if isinstance(answer, dict) and (answer.get("error") or answer.get("errors")) and "id" not in answer:
        said = " ".join(str(answer.get("error") or answer.get("errors")).split())[:200]
        raise SourceError("api_error", f"{page.url}: Ulule's API answered {said!r} where a project or a list was expected")
    return answer


def _next(answer: dict[str, Any], page: Page, *, shown: int) -> str | None:
    """The next page as the answer names it (a query alone), else by offset while pages are full."""
    meta = answer.get("meta")
    if isinstance(meta, dict) and "next" in meta:
        link = meta["next"]
        if not isinstance(link, str) or not link:
            return None
        try:
            further = urljoin(page.url, link)
        except ValueError:
            return None
        return further if host_of(further) == host_of(page.url) else None
    parts = urlsplit(page.url)
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    limit, offset = count(query.get("limit")) or PAGE_SIZE, count(query.get("offset")) or 0
    if shown < limit:
        return None
    return urlunsplit(parts._replace(query=urlencode({**query, "limit": limit, "offset": offset + limit})))


def _safely(project: Any, *, page: Page, language: str) -> Draft | Left:
    """One project; one that cannot be read spoils no other."""
    identity = _identity(project)
    try:
        reason = _not_public(project)
        if reason:
            return Left(reason=reason, platform_id=identity)
        return _project(project, page=page, language=language)
    except UNREADABLE:
        return Left(reason="unreadable_post", status="set_aside", platform_id=identity)


def _identity(project: Any) -> str | None:
    value = project.get("id") if isinstance(project, dict) else None
    return str(value) if isinstance(value, int | str) and not isinstance(value, bool) and len(str(value)[:101]) <= 100 else None


def _not_public(project: dict[str, Any]) -> str | None:
    """Why a project is not public: not yet or no longer online, or kept out of search engines by its owner."""
    if project.get("visible") is False:
        return "opted_out"
    status = project.get("status")
    return "not_public" if isinstance(status, str) and status not in ("", "online") else None


def _project(project: dict[str, Any], *, page: Page, language: str) -> Draft:
    title = _translated(project, "name", language)
    if not title:
        raise ValueError("a project without a name")
    story = _story(project, language=language, base=page.url)
    money = _counts_money(project)
    kinds = (*story.content_type, *(("VIDEO",) if _films(project) and "VIDEO" not in story.content_type else ()), *(() if money else ("PRODUCT",)))
    starts, ends = parse_time(_scalar(project.get("date_start"))), parse_time(_scalar(project.get("date_end")))
    return Draft(
        url=_public_address(project, page),
        kind="crowdfunding",
        title=title,
        text=story.text or title,
        organiser=_owner(project),
        platform_id=_identity(project),
        content_type=kinds,
        images=story.images,
        links=story.links,
        language=_language(project, language),
        published_at=starts,
        likes=count(_scalar(project.get("fans_count"))),
        replies=count(_scalar(project.get("comments_count"))),
        funding=Funding(
            raised=amount(_scalar(project.get("amount_raised"))) if money else None,
            goal=amount(_scalar(project.get("goal"))) if money else None,
            currency=currency(_scalar(project.get("currency"))),
            donors=count(_scalar(project.get("supporters_count"))),
            starts_at=starts,
            ends_at=ends,
        ),
    )


def _story(project: dict[str, Any], *, language: str, base: str) -> Story:
    """Subtitle and the parts of the description, under the headings that the project's page gives them."""
    headings = HEADINGS.get(_language(project, language) or "fr", HEADINGS["en"])
    rendered = [render(_translated(project, part, language), base=base) for part in PARTS]
    texts = [f"{heading}\n\n{part.text}" if heading else part.text for heading, part in zip(headings, rendered, strict=True) if part.text]
    text = "\n\n".join(part for part in (_translated(project, "subtitle", language), *texts) if part)
    kinds = dict.fromkeys(kind for part in rendered for kind in part.content_type)
    links = dict.fromkeys([*(link for part in rendered for link in part.links), *_attached(project)])
    return Story(text, tuple(dict.fromkeys(image for part in rendered for image in part.images)), tuple(links), tuple(kinds))


def _translated(project: dict[str, Any], field: str, language: str) -> str:
    """A text in the language asked for, else in the project's, else in the first that there is. Titles are plain, descriptions HTML."""
    value = project.get(field)
    by_language = dict(value) if isinstance(value, dict) else {}
    by_language |= {key[len(field) + 1 :]: text for key, text in project.items() if re.fullmatch(rf"{field}_[a-z]{{2}}", key)}
    texts = {key: sound(text) for key, text in by_language.items() if isinstance(text, str) and text.strip()}
    own = project.get("lang")
    found = texts.get(language) or (texts.get(own) if isinstance(own, str) else None) or next(iter(texts.values()), "")
    found = found or (sound(value) if isinstance(value, str) else "")
    return found if field in PARTS else html_to_text(found)[:1000]


def _language(project: dict[str, Any], language: str) -> str | None:
    """The language of the texts that were taken."""
    value, own = project.get("name"), project.get("lang")
    if (isinstance(value, dict) and value.get(language)) or project.get(f"name_{language}"):
        return language
    return own[:2].lower() if isinstance(own, str) and own[:2].isalpha() else None


def _counts_money(project: dict[str, Any]) -> bool:
    """Whether goal and amount are money. The type says so; where an answer writes it as a number, its percentage tells what the goal counts."""
    kind = project.get("type")
    if kind in ("presale", "project"):
        return bool(kind == "project")
    percent, goal = amount(_scalar(project.get("percent"))), amount(_scalar(project.get("goal")))
    raised, sold = amount(_scalar(project.get("amount_raised"))), amount(_scalar(project.get("nb_products_sold")))
    if percent is None or not goal or raised is None:
        return not sold
    return abs(percent - 100 * raised / goal) <= 1 or not sold


def _films(project: dict[str, Any]) -> bool:
    video = project.get("video")
    return isinstance(video, dict) and bool(video)


def _owner(project: dict[str, Any]) -> str | None:
    owner = project.get("owner")
    names = (owner.get(name) for name in ("screenname", "name", "username", "absolute_url")) if isinstance(owner, dict) else ()
    return next((found for name in names if isinstance(name, str) and (found := sound(name)[:200])), None)


def _attached(project: dict[str, Any]) -> list[str]:
    links = project.get("links")
    found = (link.get("url") for link in links[:50] if isinstance(link, dict)) if isinstance(links, list) else ()
    return [link for link in found if isinstance(link, str) and link.startswith(("http://", "https://")) and host_of(link)]


def _public_address(project: dict[str, Any], page: Page) -> str:
    """The project's page; an answer without it (older rows) is known by its own address."""
    address = project.get("absolute_url")
    if isinstance(address, str) and address.startswith(("http://", "https://")) and host_of(address):
        return address
    slug = project.get("slug")
    if isinstance(slug, str) and re.fullmatch(r"[\w-]{1,250}", slug):
        return f"https://www.ulule.com/{slug}/"
    return page.url.partition("?")[0]


def _scalar(value: Any) -> str | int | float | None:
    return value if isinstance(value, str | int | float) and not isinstance(value, bool) else None
