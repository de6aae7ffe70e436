"""The spider of submitted pages: that of the kind ``urls``, which says of each address what became of it as soon as it is known."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from core.errors import Invalid
from core.urls import canonical, document_id
from crawlers.reading.drafts import Draft
from crawlers.recognise import plan
from crawlers.spiders.base import GONE
from crawlers.spiders.urls import Spider as AnySpider
from crawlers.submitted import Outcome

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence

    import scrapy
    from scrapy.http import Response
    from twisted.python.failure import Failure

    from core.records import Document
    from crawlers.reading.drafts import Left
    from crawlers.reading.page import Page

PASSING = ("limit_reached", "rate_limited")
NOTHING = "empty_answer"


class Spider(AnySpider):
    """Answers of one address are read one after the other, so that what is counted meanwhile is its own."""

    def __init__(self, *, tell: Callable[[Outcome], None], **known: Any) -> None:
        super().__init__(**known)
        self._tell = tell
        self._same: dict[str, list[str]] = {}  # addresses that one request answers for, by the first of them
        self._kept: dict[str, str] = {}  # ids of the documents of this run, by address
        self._found: list[str] = []  # ids of those of the answer that is being read

    async def begin(self) -> AsyncIterator[scrapy.Request]:
        """Each address by its plan; those that ask for the same thing once."""
        for address in self.source.addresses():
            found = plan(address)
            self._same.setdefault(canonical(found.ask if found else address), []).append(address)
        self._same = {addresses[0]: addresses for addresses in self._same.values()}
        for address in self._same:
            before = self.keeper.tally()
            requests = list(self.asked(address))
            if not requests:
                self._over(address, before)
            for request in requests:
                yield request

    def read(self, response: Response, step: str, digest: str | None = None, **known: Any) -> Iterator[scrapy.Request]:
        """See the base: what follows is asked for; where nothing does, the address is done."""
        before, self._found = self.keeper.tally(), []
        requests = list(super().read(response, step, digest, **known))
        if not requests:
            self._over(known["submitted"], before, led_to=response.url)
        yield from requests

    def take(self, page: Page, items: Sequence[Draft | Left], *, capture: Any = None, **options: Any) -> list[Document]:
        """See the base; also notes what another address of this run led to already."""
        documents = super().take(page, items, capture=capture, **options)
        self._kept |= {document.url: document.id for document in documents}
        for item in items:
            with contextlib.suppress(Invalid):
                if isinstance(item, Draft) and (known := self._kept.get(canonical(item.url))):
                    self._found.append(known)
        return documents

    def missed(self, failure: Failure) -> list[scrapy.Request]:
        """See the base: what is asked instead; where nothing is, the address is done."""
        before, self._found = self.keeper.tally(), []
        requests = super().missed(failure)
        request: Any = getattr(failure, "request", None)
        submitted = request.cb_kwargs.get("submitted") if request is not None else None
        if submitted and not requests and self.keeper.error is None:
            response = getattr(failure.value, "response", None)
            if response is not None and response.status in GONE and self.keeper.tally() == before:  # an archived page that is gone now
                self._found = [document_id(one) for one in (*request.meta.get("redirect_urls", ()), request.url)]
            self._over(submitted, before, led_to=request.url)
        return requests

    def _over(self, submitted: str, before: tuple[Counter[str], int], *, led_to: str = "") -> None:
        """Tell what became of an address, and of those that ask for the same."""
        reasons, failed = self.keeper.tally()
        reason = next(iter(reasons - before[0]), NOTHING)
        passing = failed > before[1] or reason in PASSING
        for address in self._same.get(submitted, [submitted]):
            if self._found:
                self._tell(Outcome(url=address, documents=_first(self._found, (address, led_to))))
            else:
                self._tell(Outcome(url=address, reason=reason, passing=passing))


def _first(found: Sequence[str], addresses: Sequence[str]) -> tuple[str, ...]:
    """Once each, those of these addresses first: of a thread, the message that was meant."""
    own = [document_id(address) for address in addresses if address]
    return tuple(dict.fromkeys(sorted(found, key=lambda one: own.index(one) if one in own else len(own))))
