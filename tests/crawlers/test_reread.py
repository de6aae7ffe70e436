"""What a document says beside its text is held against its record, read once more."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from core.errors import SourceError
from core.records import Document
from crawlers.catalog import Source
from crawlers.evidence.proof import Verifier
from crawlers.evidence.reread import NAMES, Reread
from crawlers.platforms.feed import from_entry
from crawlers.platforms.feed_entry import Entry
from crawlers.reading.drafts import Draft, to_document
from crawlers.reading.page import Page
from tests.conftest import make_document
from tests.crawlers.captures import NOW, make_capture, make_certificate
from tests.crawlers.test_pages import PAGES, READERS, URL

if TYPE_CHECKING:
    from pathlib import Path

    from crawlers.evidence.archive import Archive

KEY = b"k" * 32
SOURCE = Source(name="essai", kind="urls", title="Essai", purpose="essai de relecture", legal_basis="intérêt légitime")


def documents(path: Path) -> tuple[Page, list[Document]]:
    """A saved page, and the documents that its kind makes of it."""
    page = Page(url=URL, body=path.read_bytes())
    try:
        items = READERS[path.parent.name](page).items
    except SourceError:
        return page, []
    items = tuple(from_entry(item) if isinstance(item, Entry) else item for item in items)
    drafts = [item for item in items if isinstance(item, Draft) and (item.text.strip() or item.title)]
    return page, [to_document(draft, source=SOURCE, key=KEY, now=NOW, max_chars=10**6) for draft in drafts]


SAVED = [(path, *found) for path in PAGES if (found := documents(path))[1]]


def other(value: Any) -> Any:
    """What somebody might write in its place."""
    if hasattr(value, "isoformat"):
        return value + timedelta(days=1)
    return value + 1 if isinstance(value, int) else (*value, "autre.example") if isinstance(value, tuple) else f"{value}0"


@pytest.mark.parametrize(("path", "page", "found"), SAVED, ids=lambda given: f"{given.parent.name}/{given.name}" if hasattr(given, "parent") else "")
def test_what_stands_beside_a_text_is_confirmed_by_its_record_and_any_change_is_named(path: Path, page: Page, found: list[Document]) -> None:
    reread = Reread(page, key=KEY)
    for document in found:
        assert reread.check(document).outcome == "ok", reread.check(document).sentence
        for field, name in NAMES.items():
            if getattr(document, field):
                check = reread.check(document.model_copy(update={field: other(getattr(document, field))}))
                assert check.outcome == ("failed" if document.kind == "post" else "not_available")
                assert f"{name} : " in check.sentence
                silent = reread.check(document.model_copy(update={field: () if isinstance(getattr(document, field), tuple) else None}))
                assert silent.outcome == "not_available"
                assert f"{name} : rien dans le document" in silent.sentence


def test_a_text_that_the_record_does_not_give_alone_confirms_nothing() -> None:
    check = Reread(Page(url=URL, body=b"<p>Autre chose.</p>"), key=None).check(make_document())
    assert (check.name, check.outcome) == ("fields", "not_available")


def test_a_date_changed_by_hand_makes_a_document_unproved(archive: Archive) -> None:
    page, (document, *_) = next((page, found) for path, page, found in SAVED if path.name == "page.json" and path.parent.name == "mastodon_tag")
    batch = archive.open_batch("essai")
    capture = make_capture(URL, page.body, headers=[("Content-Type", "application/json")], certificate=make_certificate("page.test"))
    kept = document.model_copy(update={"evidence": batch.add_response(capture), "collected_at": NOW + timedelta(seconds=5)})
    batch.add(kept)
    batch.seal()
    assert document.published_at is not None
    changed = kept.model_copy(update={"published_at": document.published_at - timedelta(days=30)})
    assert Verifier(archive).verify(kept).proved
    assert not Verifier(archive).verify(changed).proved
    of_another = kept.model_copy(update={"author": "p-" + "0" * 24})
    assert not Verifier(archive, key=KEY).verify(of_another).proved


def test_what_is_kept_in_part_refutes_nothing() -> None:
    page, (document, *_) = next((page, found) for path, page, found in SAVED if path.name == "page.json" and path.parent.name == "mastodon_tag")
    check = Reread(page, key=KEY, whole=False).check(document.model_copy(update={"likes": 10**6}))
    assert (check.outcome, "mentions j'aime : " in check.sentence) == ("not_available", True)


def test_an_article_is_not_read_by_every_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of them may take seconds, for each page of an archive."""
    page, (document, *_) = next((page, found) for path, page, found in SAVED if path.name == "article.html")
    monkeypatch.setattr("crawlers.evidence.reread.MARKUP", ("no_such_parser:parse",))
    assert Reread(page, key=KEY).check(document).outcome == "ok"
