"""HelloAsso's API v5 (OpenAPI: github.com/HelloAsso/helloasso-open-api) and how its forms meet the amounts of their public pages. The API's public
models hold no amount raised and no long text; where it writes amounts at all, it counts cents.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlencode, urljoin, urlsplit, urlunsplit

from core.errors import SourceError
from core.records import Funding
from core.urls import host_of
from crawlers.platforms.crowdfunding_state import answer_of, sound
from crawlers.platforms.money import currency
from crawlers.reading.drafts import Draft, Left
from crawlers.reading.markup import html_to_text
from crawlers.reading.page import Found
from crawlers.reading.times import parse_time

if TYPE_CHECKING:
    from crawlers.reading.page import Page

API = "https://api.helloasso.com/"
SITE = "https://www.helloasso.com/"
PAGE_SIZE = 100
PATHS = {  # of a form's public page, by the API's type of form
    "CrowdFunding": "collectes",
    "Donation": "formulaires",
    "Event": "evenements",
    "Membership": "adhesions",
    "Shop": "boutiques",
    "PaymentForm": "paiements",
}
SOLD = {"Event", "Membership", "Shop", "PaymentForm"}  # forms that sell rather than collect
UNREADABLE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
FORM = re.compile(r"/associations/(?P<organisation>[\w.-]{1,200})/(?P<path>[a-z]{4,20})/(?P<slug>[\w.-]{1,200})(?:/.*)?")
TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{1,8000}")


def parse_token(page: Page) -> str:
    """The token of /oauth2/token. Raises SourceError(login_required) where the credentials are refused, or unreadable_json."""
    answer = answer_of(page)
    token = answer.get("access_token") if isinstance(answer, dict) else None
    if not isinstance(token, str) or not TOKEN.fullmatch(token):
        said = " ".join(str(answer.get("error") if isinstance(answer, dict) else "").split())[:80]
        why = "check VIGIE_HELLOASSO_CLIENT_ID and VIGIE_HELLOASSO_CLIENT_SECRET"
        raise SourceError("login_required", f"{page.url}: HelloAsso gave no token ({said or f'HTTP {page.status}'}); {why}")
    return token


def parse_form(page: Page) -> Found:
    """The form of /organizations/{slug}/forms/{type}/{slug}/public, without amounts; a form that is not public is a ``Left``.

    Raises SourceError: unreadable_json, api_error, not_a_form.
    """
    answer = _answer(page)
    if not isinstance(answer, dict) or not isinstance(answer.get("title"), str) or not isinstance(answer.get("formSlug"), str):
        raise SourceError("not_a_form", f"{page.url}: no form where HelloAsso's API gives one; look at the answer, it may have changed")
    return Found((_safely(answer),))


def parse_forms(page: Page) -> Found:
    """The forms of an organisation or of the directory, and the next page. Raises SourceError: unreadable_json, api_error, not_a_list."""
    answer = _answer(page)
    rows = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(rows, list):
        raise SourceError("not_a_list", f"{page.url}: no list of forms where HelloAsso's API gives one; look at the answer, it may have changed")
    forms = [row["record"] if isinstance(row, dict) and isinstance(row.get("record"), dict) else row for row in rows if not _withdrawn(row)]
    return Found(tuple(_safely(form) for form in forms), next=_next(answer, page, shown=len(rows)))


def read_saved(page: Page) -> Found:
    """A saved answer of either kind."""
    answer = answer_of(page)
    return parse_forms(page) if isinstance(answer, dict) and "data" in answer else parse_form(page)


def with_amounts(form: Draft, shown: Draft) -> Draft:
    """A form of the API together with what its public page shows: amounts, donors, story. Raises SourceError(not_a_campaign) for another page."""
    if _last(form.url) != _last(shown.url):
        raise SourceError("not_a_campaign", f"{shown.url}: another page than {form.url}, whose amounts were asked for; the form may have moved")
    page, own = shown.funding or Funding(), form.funding or Funding()
    longer = shown if len(shown.text) > len(form.text) else form
    funding = page.model_copy(update={"currency": own.currency or page.currency, "starts_at": own.starts_at or page.starts_at,
                                      "ends_at": own.ends_at or page.ends_at})  # fmt: skip
    return form.model_copy(update={
        "text": longer.text, "content_type": tuple(dict.fromkeys((*form.content_type, *longer.content_type))), "images": longer.images,
        "links": longer.links, "organiser": form.organiser or shown.organiser, "language": shown.language, "funding": funding,
        "published_at": form.published_at or shown.published_at,
    })  # fmt: skip


def token_address(*, base: str = API) -> str:
    """Where a token is asked for."""
    return urljoin(base, "/oauth2/token")


def token_body(client_id: str, secret: str) -> bytes:
    """The form that asks for a token."""
    return urlencode({"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}).encode()


def forms_address(organisation: str, *, types: tuple[str, ...], base: str = API) -> str:
    """The public forms of an organisation, the newest first."""
    query = [("states", "Public"), *(("formTypes", kind) for kind in types), ("pageSize", str(PAGE_SIZE))]
    return urljoin(base, f"/v5/organizations/{quote(organisation)}/forms?{urlencode(query)}")


def directory_address(*, base: str = API) -> str:
    """The directory of all forms; searched by POST."""
    return urljoin(base, f"/v5/directory/forms?pageSize={PAGE_SIZE}")


def form_address(page: str, *, base: str = API) -> str | None:
    """The API's address of the form that a public page shows; None for an address of another kind."""
    found = FORM.fullmatch(urlsplit(page).path)
    kind = next((kind for kind, path in PATHS.items() if found and path == found["path"]), None)
    return urljoin(base, f"/v5/organizations/{found['organisation']}/forms/{kind}/{found['slug']}/public") if found and kind else None


def _answer(page: Page) -> Any:
    answer = answer_of(page)
    if isinstance(answer, dict) and (answer.get("errors") or answer.get("error")) and "data" not in answer and "formSlug" not in answer:
        said = " ".join(str(answer.get("errors") or answer.get("error")).split())[:200]
        raise SourceError("api_error", f"{page.url}: HelloAsso's API answered {said!r} where forms were expected")
    return answer


def _withdrawn(row: Any) -> bool:
    """Whether a row of the directory says that its form wishes to appear there no more."""
    return isinstance(row, dict) and isinstance(row.get("action"), str) and row["action"].lower() in ("delete", "remove")


def _next(answer: dict[str, Any], page: Page, *, shown: int) -> str | None:
    """The next page: by number where the answer counts its pages, else (the directory) by its token while rows come."""
    pagination = answer.get("pagination")
    if not shown or not isinstance(pagination, dict):
        return None
    index, pages, token = (pagination.get(name) for name in ("pageIndex", "totalPages", "continuationToken"))
    parts = urlsplit(page.url)
    query = {name: values for name, values in parse_qs(parts.query).items() if name not in ("pageIndex", "continuationToken")}
    if isinstance(index, int) and isinstance(pages, int) and pages > 0:
        if not 0 < index < min(pages, 10_000):
            return None
        query["pageIndex"] = [str(index + 1)]
    elif isinstance(token, str) and token and token[:500] not in parse_qs(parts.query).get("continuationToken", ()):
        query["continuationToken"] = [token[:500]]
    else:
        return None
    return urlunsplit(parts._replace(query=urlencode(query, doseq=True)))


def _safely(form: Any) -> Draft | Left:
    """One form; one that cannot be read spoils no other."""
    identity = sound(form["url"])[:2000] if isinstance(form, dict) and isinstance(form.get("url"), str) else None
    try:
        if form.get("state", "Public") != "Public":  # "Private" is shown to those who were given the address, and kept out of search engines
            return Left(reason="not_public", platform_id=identity or None)
        return _form(form, identity=identity or None)
    except UNREADABLE:
        return Left(reason="unreadable_post", status="set_aside", platform_id=identity or None)


def _form(form: dict[str, Any], *, identity: str | None) -> Draft | Left:
    title, kind = html_to_text(_word(form, "title")), _word(form, "formType")
    url = _public_address(form)
    if not title or url is None:
        return Left(reason="no_address" if title else "unreadable_post", status="set_aside", platform_id=identity)
    meta = form.get("meta") if isinstance(form.get("meta"), dict) else {}
    created, updated = (parse_time(_word(meta, name)) for name in ("createdAt", "updatedAt"))
    return Draft(
        url=url,
        kind="crowdfunding",
        title=title[:1000],
        text=html_to_text(_word(form, "description")) or title,
        organiser=(html_to_text(_word(form, "organizationName")) or _word(form, "organizationSlug"))[:200] or None,
        platform_id=identity,  # forms have no other: a slug is one in its organisation only
        content_type=("TEXT", "PRODUCT") if kind in SOLD else ("TEXT",),
        published_at=created,
        edited_at=updated if created and updated and updated > created else None,
        funding=Funding(
            currency=currency(_word(form, "currency")), starts_at=parse_time(_word(form, "startDate")), ends_at=parse_time(_word(form, "endDate"))
        ),
    )


def _public_address(form: dict[str, Any]) -> str | None:
    address = _word(form, "url")
    if address.startswith(("http://", "https://")) and host_of(address):
        return address
    slugs = [_word(form, "organizationSlug"), _word(form, "formSlug")]
    path = PATHS.get(_word(form, "formType"))
    if path and all(re.fullmatch(r"[\w.-]{1,200}", slug) for slug in slugs):
        return f"{SITE}associations/{slugs[0]}/{path}/{slugs[1]}"
    return None


def _word(value: Any, name: str) -> str:
    found = value.get(name) if isinstance(value, dict) else None
    return sound(found) if isinstance(found, str) else ""


def _last(url: str) -> str:
    return urlsplit(url).path.rstrip("/").rpartition("/")[2].lower()
