"""What of one answer may be kept as evidence, once its items have been judged."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crawlers.erasing.redact import without_items, without_texts
from crawlers.reading.drafts import Left

if TYPE_CHECKING:
    from core.records import Document
    from crawlers.erasing.optout import OptOuts
    from crawlers.fetching.capture import Capture
    from crawlers.reading.drafts import Draft
    from crawlers.reading.page import Page


@dataclass
class Answer:
    """One answer, and what its items turned out to be."""

    page: Page
    capture: Capture | None
    documents: list[Document] = field(default_factory=list)
    aside: list[tuple[str, str, str]] = field(default_factory=list)  # address, reason, detail of what cannot be read
    dropped: list[Draft | Left] = field(default_factory=list)
    opted_out: bool = False  # somebody on this page does not want to be read

    def drop(self, item: Draft | Left, reason: str) -> None:
        """Nothing of an item may be kept."""
        self.dropped.append(item)
        self.opted_out = self.opted_out or reason == "opted_out"

    def redacted(self, opt_outs: OptOuts) -> bytes | None:
        """The part of the body that may be kept; None where that is all of it."""
        if not self.dropped and not opt_outs.wishes:
            return None
        out = {name for item in self.dropped for name in (item.platform_id, getattr(item, "url", None)) if name}
        kept = without_items(self.page.body, out=out, url=self.page.url, unwanted=opt_outs.covers_address if opt_outs.wishes else None)
        if kept is not None:
            return None if kept is self.page.body else kept
        if not self.dropped:
            return None
        return self._markup() or self._documents()

    def _markup(self) -> bytes | None:
        """The page with the dropped texts blanked; none where somebody opted out, whose name may stand anywhere in it."""
        texts = [f"{item.title or ''}\n{item.text}" for item in self.dropped if not isinstance(item, Left)]
        if self.opted_out or len(texts) < len(self.dropped):
            return None
        return without_texts(self.page, out=texts, kept=[f"{document.title or ''}\n{document.text}" for document in self.documents])

    def _documents(self) -> bytes:
        """What was read of the others stands for the page."""
        return json.dumps([document.model_dump(mode="json", exclude_none=True) for document in self.documents], ensure_ascii=False).encode()
