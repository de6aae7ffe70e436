"""Kind ``helloasso``: forms of HelloAsso by its API, and their public pages for the amounts that the API does not tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, HttpUrl, StringConstraints, field_validator, model_validator

from core.errors import ConfigError, SourceError
from core.urls import host_of
from crawlers.catalog import Source
from crawlers.platforms.crowdfunding import parse_campaign
from crawlers.platforms.helloasso import (
    API,
    PATHS,
    SITE,
    directory_address,
    form_address,
    forms_address,
    parse_form,
    parse_forms,
    parse_token,
    token_address,
    token_body,
    with_amounts,
)
from crawlers.reading.drafts import Draft, Left
from crawlers.spiders.base import GONE, SourceSpider

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    import scrapy
    from twisted.python.failure import Failure

    from crawlers.reading.page import Page

Words = Annotated[str, StringConstraints(min_length=2, max_length=200)]
Name = Annotated[str, StringConstraints(pattern=r"^[\w.-]+$", max_length=200)]
FormType = Literal["CrowdFunding", "Donation", "Event", "Membership", "Shop", "PaymentForm"]


class Options(Source):
    """What the YAML of HelloAsso adds."""

    url: HttpUrl = Field(HttpUrl(API), description="the API")
    organisations: tuple[Name, ...] = Field((), max_length=1000, description="slugs, as in addresses")
    forms: tuple[HttpUrl, ...] = Field(
        (), max_length=1000, description="public pages: https://www.helloasso.com/associations/<slug>/collectes/<form>"
    )
    words: tuple[Words, ...] = Field((), max_length=50, description="looked for in names of forms; HelloAsso must allow FormOpenDirectory")
    types: tuple[FormType, ...] = Field(("CrowdFunding", "Donation"), min_length=1, description="kinds of form that are read of an organisation")
    max_pages: int = Field(5, ge=1, le=200, description="pages of 100 forms read of each list in one run")

    @field_validator("forms")
    @classmethod
    def _are_forms(cls, forms: tuple[HttpUrl, ...]) -> tuple[HttpUrl, ...]:
        for form in forms:
            if form_address(str(form)) is None:
                raise ValueError(f"{form} is no form; expected https://www.helloasso.com/associations/<slug>/<{'|'.join(PATHS.values())}>/<form>")
        return forms

    @model_validator(mode="after")
    def _reads_something(self) -> Self:
        if not self.organisations and not self.forms and not self.words:
            raise ValueError("neither organisations, forms nor words are named; expected one of them at least")
        return self

    def lists(self) -> tuple[str, ...]:
        """The first page of each organisation's forms."""
        return tuple(forms_address(slug, types=self.types, base=str(self.url)) for slug in self.organisations)

    def addresses(self) -> tuple[str, ...]:
        """All that is asked of the API, but for the token."""
        single = (form_address(str(form), base=str(self.url)) or "" for form in self.forms)
        return (*self.lists(), *single, *((directory_address(base=str(self.url)),) if self.words else ()))

    def own_hosts(self) -> frozenset[str]:
        """The API, and the site that shows the forms."""
        shown = {host_of(SITE), host_of(SITE).removeprefix("www.")} if host_of(str(self.url)) == host_of(API) else set()
        return super().own_hosts() | shown | {host_of(str(form)) for form in self.forms}


class Spider(SourceSpider):
    """Signs in, reads lists and forms, then each collection's public page. Neither credentials nor token are ever taken down."""

    source: Options
    headers: ClassVar[dict[str, str]] = {"Accept": "application/json, text/html;q=0.9"}
    handle_httpstatus_list: ClassVar[list[int]] = [*SourceSpider.handle_httpstatus_list, 400, 401]  # the token's refusal is told in its body

    async def begin(self) -> AsyncIterator[scrapy.Request]:
        """Sign in."""
        client, secret = self.house.helloasso_client_id, self.house.helloasso_client_secret
        if not client or secret is None:
            needed = "set VIGIE_HELLOASSO_CLIENT_ID and VIGIE_HELLOASSO_CLIENT_SECRET (made in the association's HelloAsso account, under API)"
            self.keeper.broken(ConfigError(f"source {self.source.name}: HelloAsso's API needs a client; {needed}"))
            return
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        body = token_body(client, secret.get_secret_value())
        for request in self.ask(token_address(base=str(self.source.url)), step="signed_in", method="POST", body=body, headers=headers, secret=True):
            yield request

    def signed_in(self, page: Page) -> Iterator[scrapy.Request]:
        """The token, with which lists and forms are asked for."""
        token = parse_token(page)
        for address in self.source.lists():
            yield from self.ask(address, step="forms", headers=_bearer(token), token=token)
        for form in self.source.forms:
            yield from self.ask(form_address(str(form), base=str(self.source.url)) or "", step="form", headers=_bearer(token), public=str(form))
        for words in self.source.words:
            body = {"formName": words, "formTypes": list(self.source.types)}
            address = directory_address(base=str(self.source.url))
            yield from self.ask(address, step="forms", method="POST", body=body, headers=_bearer(token), token=token, wanted=body)

    def forms(self, page: Page, *, token: str, wanted: dict[str, Any] | None = None) -> Iterator[Draft | Left | scrapy.Request]:
        """A page of forms; each collection's own page is asked for."""
        _refuse_errors(page)
        found = parse_forms(page)
        for item in found.items:
            yield from self._shown(item, page)
        further: dict[str, Any] = {"method": "POST", "body": wanted, "wanted": wanted} if wanted else {}
        yield from self.further(found.next, step="forms", newest_first=wanted is None, headers=_bearer(token), token=token, **further)

    def form(self, page: Page, *, public: str) -> Iterator[Draft | Left | scrapy.Request]:
        """One form."""
        _refuse_errors(page)
        for item in parse_form(page).items:
            yield from self._shown(item, page)

    def _shown(self, item: Draft | Left, page: Page) -> Iterator[Draft | Left | scrapy.Request]:
        """The public page of a collection, for its amounts; other forms show none."""
        if isinstance(item, Left) or f"/{PATHS['CrowdFunding']}/" not in urlsplit(item.url).path:
            yield item
        else:
            yield from self.ask(item.url, step="amounts", form=item, told=page)

    def amounts(self, page: Page, *, form: Draft, told: Page) -> Iterator[Draft]:
        """Form and page in one document. A page that tells no amount is a blind spot, and the form is kept as the API tells it."""
        try:
            _refuse_errors(page)
            (shown,) = parse_campaign(page).items
            if isinstance(shown, Draft):
                yield with_amounts(form, shown)
        except SourceError as error:
            if error.reason == "campaign_gone" and self.keeper.gone(form.url):
                return
            self.take(told, [form])
            self.keeper.note(error.reason)  # the page is a blind spot, the form is none

    def missed(self, failure: Failure) -> list[scrapy.Request]:
        """Where the public page cannot be read, the form is kept as the API tells it; a form that is gone is known by its public address."""
        known: dict[str, Any] = getattr(getattr(failure, "request", None), "cb_kwargs", {})
        response = getattr(failure.value, "response", None)
        gone = response is not None and response.status in GONE
        public = known["form"].url if "form" in known else known.get("public")
        if gone and public and self.keeper.gone(public):
            return []
        if "form" in known and not self.keeper.error:
            self.take(known["told"], [known["form"]])
            self.keeper.note("no_amounts")
            return []
        return super().missed(failure)


def _refuse_errors(page: Page) -> None:
    if page.status in (400, 401):
        raise SourceError(f"http_{page.status}", f"{page.url}: the site answered {page.status}")


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
