"""What a document says beside its text (who, when, how many), held against what its record says when it is read once more. Pure."""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from core.errors import Invalid, SourceError
from core.pseudonyms import pseudonym
from core.urls import canonical, document_id, host_of
from crawlers.evidence.witness import Check, no, ok, unknown
from crawlers.reading.drafts import Draft, address_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from core.records import Document
    from crawlers.reading.page import Page

# who may have read an answer: what cannot be its form is refused at once
JSON = (
    "mastodon:parse_statuses", "bluesky:parse", "discourse:parse", "lemmy:parse", "flarum:parse", "ulule:read_saved", "helloasso:read_saved",
    "jetstream:parse", "feed:read_saved", "forum:read_saved", "crowdfunding:read_saved",
)  # fmt: skip
MARKUP = (
    "telegram:parse",
    "discourse_html:parse_html",
    "forum:read_saved",
    "forum:parse",
    "crowdfunding:read_saved",
    "feed:read_saved",
    "bluesky_web:parse_web",
)
ARTICLE = "article"
UNREADABLE = (AttributeError, IndexError, KeyError, OverflowError, RecursionError, TypeError, ValueError)
NAMES = {
    "author": "auteur", "published_at": "date de publication", "edited_at": "date de modification", "platform_id": "identifiant", "views": "vues",
    "likes": "mentions j'aime", "reposts": "partages", "replies": "réponses", "followers": "abonnés", "thread_root": "fil",
    "thread_parent": "message auquel il répond", "images": "images décrites", "link_hosts": "sites liés", "content_type": "nature",
}  # fmt: skip


class Difference(NamedTuple):
    """What a document says and what its record says."""

    name: str
    written: Any
    read: Any


class Reread:
    """The items of one record, read when they are first asked for. ``key``: that of the pseudonyms; without it authors are not compared."""

    def __init__(self, page: Page, *, key: bytes | None, whole: bool = True) -> None:
        """``whole``: whether the record holds all that was sent, headers too."""
        self._page, self._key, self._whole = page, key, whole
        self._found: dict[str, dict[str, list[Draft]]] = {}  # by reader and by the document's id

    def check(self, document: Document) -> Check:
        """Compare one document."""
        found: list[Difference] | None = None
        for draft in self._drafts(document):
            differences = list(self._differences(draft, document))
            if found is None or len(differences) < len(found):
                found = differences
            if not differences:
                break
        if found is None:
            return unknown("fields", "Auteur, dates et compteurs ne se relisent pas dans ce seul enregistrement : ils ne sont pas vérifiés.")
        compared = [name for field, name in NAMES.items() if getattr(document, field) and (field != "author" or self._key)]
        if not found:
            return ok("fields", f"Relus dans l'enregistrement, ils sont les mêmes : {', '.join(compared) or 'rien d’autre que le texte'}.")
        return self._contradicted(document, found)

    def _contradicted(self, document: Document, found: list[Difference]) -> Check:
        told = " ; ".join(f"{one.name} : {_shown(one.written)} dans le document, {_shown(one.read)} dans l'enregistrement" for one in found)
        if not self._whole:
            return unknown("fields", f"La part conservée de la réponse ne le confirme pas ({told}) : ses en-têtes et le reste n'y sont plus.")
        if document.kind != "post":  # what is said of an article or a campaign may come from two answers: a feed and a page, an interface and a page
            return unknown("fields", f"L'enregistrement ne le confirme pas ({told}) : cela peut venir du flux ou de l'interface qui y a mené.")
        if not any(_says(one.written) and _says(one.read) for one in found):  # another answer may have told the rest
            return unknown("fields", f"L'enregistrement à lui seul ne le confirme pas ({told}).")
        return no(
            "fields", f"L'enregistrement, relu, dit autre chose ({told}) : le document a été changé, ou Vigie lit cette page autrement qu'alors."
        )

    def _drafts(self, document: Document) -> Iterator[Draft]:
        """Those that are this document. Readers are asked one after the other, since each may take seconds on a hostile page."""
        is_json = self._page.body.lstrip()[:1] in (b"{", b"[")
        readers = JSON if is_json else (ARTICLE, *MARKUP) if document.kind == "article" else (*MARKUP, ARTICLE)
        for reader in readers:
            if reader not in self._found:
                self._found[reader] = _by_document(_read(self._page, reader))
            text = document.text
            yield from (draft for draft in self._found[reader].get(document.id, ()) if (draft.text.strip() or (draft.title or "").strip()) == text)

    def _differences(self, draft: Draft, document: Document) -> Iterator[Difference]:
        for field, name in NAMES.items():
            written, read = getattr(document, field), self._value(draft, field)
            if (field != "author" or self._key) and read != written:
                yield Difference(name, written, read)

    def _value(self, draft: Draft, field: str) -> Any:
        if field == "author":
            account = draft.account or draft.organiser
            return pseudonym(self._key or b"", platform=host_of(canonical(draft.url)), account=account) if account else None
        if field == "link_hosts":
            return tuple(dict.fromkeys(host for link in draft.links if (host := host_of(link))))
        value = getattr(draft, field)
        return address_of(value) if field.startswith("thread_") else value


def _read(page: Page, reader: str) -> Iterator[Draft]:
    """What one reader finds; nothing where the page is not of its form."""
    from crawlers.platforms.feed import from_entry
    from crawlers.platforms.feed_entry import Entry
    from crawlers.reading.extract import article

    try:
        if reader == ARTICLE:
            yield article(page)
            return
        module, function = reader.split(":")
        items = getattr(import_module(f"crawlers.platforms.{module}"), function)(page).items
    except (SourceError, *UNREADABLE):
        return
    yield from (from_entry(item) if isinstance(item, Entry) else item for item in items if isinstance(item, Draft | Entry))


def _by_document(drafts: Iterable[Draft]) -> dict[str, list[Draft]]:
    found = defaultdict(list)
    for draft in drafts:
        with suppress(Invalid):
            found[document_id(draft.url)].append(draft)
    return found


def _says(value: Any) -> bool:
    return value is not None and value != ()


def _shown(value: Any) -> str:
    if not _says(value):
        return "rien"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)[:80]
