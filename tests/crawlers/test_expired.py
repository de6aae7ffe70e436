"""What has expired goes from the archive with its evidence; what others still rest on stays byte for byte, and goes with the last of them."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from core.files import write_text
from core.records import MARKERS, Assessment, Document, SetAside
from core.settings import Settings
from core.urls import document_id
from crawlers.erasing.expired import Expired, ExpiredErased, erase_expired, has_old_entries
from crawlers.evidence.archive import Archive
from crawlers.evidence.gaps import is_erased
from crawlers.evidence.proof import Verifier
from flows.results import Results
from tests.crawlers.test_purge import ANNE_1, NOW, PAUL_1, SITE, TAG, THREAD, capture, holding, is_sound, of, post, records

LATER = NOW + timedelta(days=1)  # when ``of`` collects
PAGE = json.dumps([ANNE_1, PAUL_1]).encode()
FORUM = "La verveinette du jardin se récolte avant la première gelée, au matin, par temps sec."
REPLY = "Merci, la marjolainette aussi supporte mal le froid et demande un sol léger."
OLD = SetAside(source="forum", url="https://panne.test/a", reason="selector_none", detail="bruyerette", at=NOW)


def build(settings: Settings) -> Archive:
    """A page of posts and a page of a forum; the forum's page unchanged with one more post found on it; a page alone."""
    archive = Archive(settings.archive_dir)
    batch = archive.open_batch("premier")
    ref = batch.add_response(capture(TAG, PAGE, kind="application/json"))
    batch.add(post(ANNE_1, ref))
    batch.add(post(PAUL_1, ref))
    ref = batch.add_response(capture(THREAD, f"<li>{FORUM}</li><li>{REPLY}</li>".encode()))
    batch.add(of(f"{THREAD}/1", FORUM, ref))
    batch.add_set_aside(OLD.model_copy(update={"evidence": batch.add_response(capture(OLD.url, b"<p>bruyerette</p>"))}))
    batch.add_set_aside(OLD.model_copy(update={"url": "https://panne.test/b", "at": LATER + timedelta(days=30), "detail": "jeune"}))
    batch.seal()
    batch = archive.open_batch("second")
    ref = batch.add_response(capture(THREAD, f"<li>{FORUM}</li><li>{REPLY}</li>".encode(), at=1))  # a revisit
    batch.add(of(f"{THREAD}/2", REPLY, ref))
    batch.seal()
    batch = archive.open_batch("troisieme")
    batch.add(of("https://maison.test/", SITE, batch.add_response(capture("https://maison.test/", f"<p>{SITE}</p>".encode(), at=2))))
    batch.seal()
    assess(archive)
    return archive


def assess(archive: Archive) -> None:
    results = Results(archive, model="essai", revision="0")
    for batch in results.waiting():
        found = [
            Assessment(document_id=one.id, model="essai", revision="0", scores=dict.fromkeys(MARKERS, 0.1), decision=dict.fromkeys(MARKERS, "rien"))
            for one in archive.documents(batch)
        ]
        results.write(batch, assessments=found, set_aside=[])
        results.mark_published(batch, identity="index", counts={})


@pytest.fixture
def archive(settings: Settings) -> Archive:
    return build(settings)


def documents(archive: Archive) -> dict[str, Document]:
    return {document.text: document for batch in archive.batches() for document in archive.documents(batch)}


def text_of(found: dict[str, str]) -> str:
    return found["content"][3:-4]


def erase(archive: Archive, *texts: str, before: datetime = NOW - timedelta(days=1)) -> ExpiredErased:
    """Erase the documents of these texts, known by what the archive holds of them."""
    known = documents(archive)
    return erase_expired(archive, Expired({known[text].id: known[text].collected_at for text in texts if text in known}, before=before))


def assert_proved(archive: Archive) -> None:
    verifier = Verifier(archive)
    assert all(verifier.verify(one).proved for one in documents(archive).values())
    assert all(is_sound(path) for path in (archive.root / "evidence").glob("*.warc.gz"))
    assert Archive(archive.root).recover() == []


def test_a_document_goes_and_the_page_that_another_rests_on_stays_as_it_was(archive: Archive, settings: Settings) -> None:
    before = {(file, offset): raw for file, offset, raw, _ in records(archive)}
    done = erase(archive, text_of(ANNE_1))
    assert (done.erased.documents, done.erased.assessments, done.erased.records, done.batches, dict(done.left)) == (1, 1, 0, 0, {})
    assert {(file, offset): raw for file, offset, raw, _ in records(archive)} == before
    assert not holding(settings.data_dir / "archive" / "documents", "tisanette")
    assert text_of(PAUL_1) in documents(archive)
    assert_proved(archive)
    done = erase(archive, text_of(PAUL_1))  # the last who rested on it
    assert (done.erased.records, dict(done.left)) == (2, {})  # the answer, and the request for it
    assert not holding(settings.data_dir, "tisanette")
    assert not holding(settings.data_dir, "mirabellette")
    assert_proved(archive)


def test_what_was_seen_again_unchanged_goes_with_the_last_who_rests_on_either(archive: Archive, settings: Settings) -> None:
    erase(archive, FORUM)
    assert_proved(archive)  # of the reply, found on the same page a day later
    assert holding(settings.data_dir, "verveinette")
    done = erase(archive, REPLY)
    assert dict(done.left) == {}
    assert not holding(settings.data_dir, "verveinette")
    assert not holding(settings.data_dir, "marjolainette")
    assert_proved(archive)


def test_the_gap_says_why(archive: Archive) -> None:
    erase(archive, text_of(ANNE_1), text_of(PAUL_1))
    gaps = [record for _, _, _, record in records(archive) if is_erased(record)]
    assert gaps
    assert any("end of the retention period" in record.block.decode() for record in gaps)
    assert not any("on request" in record.block.decode() for record in gaps)


def test_a_batch_of_which_nothing_is_left_goes_as_a_whole(archive: Archive) -> None:
    batch = archive.batches()[2]
    done = erase(archive, SITE)
    assert (done.batches, dict(done.left)) == (1, {})
    assert not [path for path in archive.root.rglob("*") if batch in path.name]
    assert len(archive.batches()) == 2
    assert_proved(archive)


def test_what_was_set_aside_goes_by_its_own_time_and_keeps_its_batch_until_then(archive: Archive, settings: Settings) -> None:
    first = archive.batches()[0]
    expired = Expired({}, before=NOW + timedelta(days=2))
    assert has_old_entries(archive, expired)
    done = erase_expired(archive, expired)
    assert (done.erased.set_aside, dict(done.left)) == (1, {})
    assert not holding(settings.data_dir, "bruyerette")
    assert not has_old_entries(archive, expired)
    assert [entry.detail for entry in archive.set_aside(first)] == ["jeune"]
    erase(archive, text_of(ANNE_1), text_of(PAUL_1), FORUM, REPLY)
    assert first in archive.batches()
    erase(archive, before=LATER + timedelta(days=31))
    assert first not in archive.batches()


def test_a_version_collected_since_is_kept(archive: Archive) -> None:
    old = documents(archive)[SITE]
    batch = archive.open_batch("quatrieme")
    changed = of(old.url, f"{SITE} Et un mot de plus.", batch.add_response(capture(old.url, f"<p>{SITE} Et un mot de plus.</p>".encode(), at=3)))
    batch.add(changed.model_copy(update={"collected_at": LATER + timedelta(days=9)}))
    batch.seal()
    assess(archive)
    done = erase_expired(archive, Expired({old.id: old.collected_at}, before=NOW - timedelta(days=1)))
    assert dict(done.left) == {}
    kept = archive.latest(old.id)
    assert kept is not None
    assert kept.text.endswith("Et un mot de plus.")
    assert_proved(archive)


def test_what_a_living_batch_rests_on_is_kept(archive: Archive) -> None:
    living = archive.open_batch("vivant")
    ref = living.add_response(capture(THREAD, f"<li>{FORUM}</li><li>{REPLY}</li>".encode(), at=4))  # a note that leads to the first
    living.add(of(f"{THREAD}/3", REPLY + " Bis.", ref))
    erase(archive, FORUM, REPLY)
    living.seal()
    assert Verifier(archive).verify(documents(archive)[REPLY + " Bis."]).checks[0].outcome == "ok"
    assert any("verveinette" in record.block.decode() for _, _, _, record in records(archive))


def test_where_a_source_was_left_is_kept_so_that_nothing_is_collected_again(archive: Archive) -> None:
    path = archive.root / "cursors" / "tisane.json"
    write_text(
        path, json.dumps({"marks": {TAG: [ANNE_1["id"]]}, "read": {ANNE_1["url"]: "d"}, "items": {ANNE_1["id"]: ANNE_1["url"], "9": PAUL_1["url"]}})
    )
    erase(archive, text_of(ANNE_1))
    cursor = json.loads(path.read_text(encoding="utf-8"))
    assert cursor["marks"] == {TAG: [ANNE_1["id"]]}
    assert cursor["items"] == {"9": PAUL_1["url"]}  # nothing is asked any more about what was erased
    assert cursor["read"] == {ANNE_1["url"]: "d"}


def test_a_batch_stays_as_long_as_a_document_of_another_rests_on_its_file(archive: Archive, settings: Settings) -> None:
    first = archive.batches()[0]
    erase(archive, text_of(ANNE_1), text_of(PAUL_1), FORUM, before=LATER + timedelta(days=31))
    assert not list(archive.documents(first))
    assert_proved(archive)  # of the reply
    assert first in archive.batches()
    erase(archive, REPLY)
    erase(archive)  # what the reply rested on may go now
    assert not [path for path in archive.root.rglob("*") if first in path.name]


def test_the_page_of_a_document_that_disappeared_goes_too(archive: Archive, settings: Settings) -> None:
    batch = archive.open_batch("disparu")
    batch.add(
        of(
            "https://autre.test/",
            "Un autre texte, qui reste.",
            batch.add_response(capture("https://autre.test/", b"<p>Un autre texte, qui reste.</p>")),
        )
    )
    gone = batch.add_response(capture("https://maison.test/", b"<p>Plus rien, dit la lavandinette.</p>", status=410, at=5))
    found = documents(archive)[SITE]
    batch.add(found.model_copy(update={"deletion": gone, "deleted_at": NOW, "content_sha256": "1" * 64}))
    batch.seal()
    assess(archive)
    assert dict(erase(archive, SITE).left) == {}
    assert not holding(settings.data_dir, "lavandinette")
    assert not holding(settings.data_dir, "clématinette")


def test_erasing_again_finds_nothing(archive: Archive) -> None:
    erase(archive, SITE, FORUM)
    again = erase(archive, SITE, FORUM)
    assert again.erased.nothing
    assert (again.batches, dict(again.left)) == (0, {})


def test_what_stays_is_told(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """The proof looks at the files itself: a purge that does nothing is found out."""
    from crawlers.erasing.purge import Erased, Purge

    monkeypatch.setattr(Purge, "run", lambda self: Erased())
    assert dict(erase(archive, SITE).left) == {"documents": 1, "evidence": 1}


def test_opt_outs_still_cover_what_was_set_aside(archive: Archive) -> None:
    expired = Expired({document_id("https://a.test/"): NOW}, before=NOW)
    assert not expired.covers_address("https://a.test/")
    assert not expired.covers_entry(OLD.model_copy(update={"document_id": "d" * 32}))
    assert expired.covers_entry(OLD)
