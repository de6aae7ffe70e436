"""Publishing and rebuilding with everything: campaigns, decisions, retention, alerts, patience."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from cases.database import open_database
from cases.deciding import decide_on, entries_named
from core.errors import Unavailable
from core.records import MARKERS, Assessment
from flows import indexing
from flows.alerting import deliver, remove
from flows.delivery import feed_path, outbox_of
from flows.forgetting import forgetting
from flows.indexing import publish_all, publish_patiently, rebuild_all
from flows.results import Results
from index.campaigns.store import Campaigns
from index.fields import MAPPING_VERSION
from index.generations import writing
from index.open import open_index
from index.queries import Query
from nlp.classify import revision_of
from tests.conftest import make_document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from core.records import Decision, Document
    from core.settings import Settings
    from crawlers.evidence.archive import Archive
    from index.campaigns.store import Text
    from index.documents import Entry
    from index.protocol import Written

TEXT = (
    "Lâchez vos comprimés dès ce soir : notre protocole de la clarté suffit, trois cents malades en témoignent déjà, "
    "et aucun hôpital ne vous le dira. Écrivez-nous avant votre prochain rendez-vous à la clinique du parc."
)
NOW = datetime.now(UTC)


@pytest.fixture
def results(archive: Archive, settings: Settings) -> Results:
    return Results(archive, model=settings.model, revision=revision_of(settings))


def scored(results: Results, *documents: Document, decision: Decision = "alerte") -> str:
    batch = results.archive.open_batch("essai")
    for document in documents:
        batch.add(document)
    batch.seal()
    results.write(
        batch.name,
        assessments=[
            Assessment(document_id=one.id, model="m", revision="r", scores=dict.fromkeys(MARKERS, 0.9), decision=dict.fromkeys(MARKERS, decision))
            for one in documents
        ],
        set_aside=[],
    )
    return batch.name


def post(number: int, text: str = TEXT, **fields: object) -> Document:
    return make_document(f"https://site{number}.test/p", text=text, **{"collected_at": NOW, **fields})


def shown(settings: Settings) -> dict[str, Entry]:
    with closing(open_index(settings)) as index:
        return {entry["url"]: entry for entry in index.scan(Query())}


def test_a_copy_that_comes_later_makes_the_first_one_a_member_too(results: Results, settings: Settings) -> None:
    scored(results, post(1), post(2, "Une tout autre chose, sans rapport aucun avec la première, sur les tomates du jardin et la pluie."))
    publish_all(settings)
    assert {entry["campaign"] for entry in shown(settings).values()} == {None}
    scored(results, post(3))
    publish_all(settings)
    first, other, copy = (shown(settings)[f"https://site{number}.test/p"]["campaign"] for number in (1, 2, 3))
    assert first == copy is not None
    assert other is None
    assert rebuild_all(settings) == 3
    assert {entry["campaign"] for entry in shown(settings).values()} == {first, None}
    forgetting(settings)([post(3).id])
    publish_all(settings)
    with closing(open_index(settings)) as index, closing(Campaigns(settings.index_dir, settings.index_name)) as campaigns:
        identity = index.health().identity
        assert identity
        assert campaigns.of([post(1).id]) == {}
        assert campaigns.pending(identity=identity) == {}
    assert shown(settings)["https://site1.test/p"]["campaign"] is None


def test_campaigns_that_were_lost_are_found_again(results: Results, settings: Settings) -> None:
    scored(results, post(1), post(2))
    publish_all(settings)
    before = {entry["campaign"] for entry in shown(settings).values()}
    for path in settings.index_dir.glob("*.campaigns.sqlite*"):
        path.unlink()
    scored(results, post(3))
    publish_all(settings)
    assert {entry["campaign"] for entry in shown(settings).values()} == before != {None}


def test_a_decision_outlives_the_index(results: Results, settings: Settings) -> None:
    from cases.decisions import Act, Choice

    scored(results, post(1))
    publish_all(settings)
    choice = Choice(qualification="licite_preoccupant", markers=("abandon_soins",), reason="essai", by="AL", taxonomy="1")
    with closing(open_index(settings)) as index, closing(open_database(settings)) as database:
        decide_on(index, database, entries_named(index, [post(1).id]), choice, drawn=lambda _: (None, None), act=Act(id="essai-0001", at=NOW))
    assert shown(settings)["https://site1.test/p"]["qualification"] == "licite_preoccupant"
    rebuild_all(settings)
    entry = shown(settings)["https://site1.test/p"]
    assert (entry["status"], entry["qualification"]) == ("decide", "licite_preoccupant")
    assert entry["retain_until"] > NOW.isoformat()


def test_what_may_not_be_kept_any_longer_is_not_shown(results: Results, settings: Settings) -> None:
    scored(results, post(1, collected_at=NOW - timedelta(days=900)), post(2))
    report = publish_all(settings)
    assert (report.indexed, report.expired) == (1, 1)
    assert list(shown(settings)) == ["https://site2.test/p"]
    assert rebuild_all(settings) == 1


def test_an_alert_is_raised_once_whatever_is_published_again(results: Results, settings: Settings) -> None:
    from index.saved import Deliver, Saved, write_saved
    from index.search_form import Search

    saved = Saved(name="clarte", title="Clarté", search=Search(words="clarté"), created_at=NOW - timedelta(hours=1), deliver=Deliver(feed=True))
    write_saved(saved, settings.alerts_dir / "searches")
    scored(results, post(1))
    publish_all(settings)
    assert deliver(settings, datetime.now(UTC)).sent == 1
    rebuild_all(settings)
    for path in settings.index_dir.glob("*.current"):
        path.unlink()
    publish_all(settings)
    deliver(settings, datetime.now(UTC))
    feed = feed_path(settings, "clarte").read_text(encoding="utf-8")
    assert feed.count("<entry>") == 1
    forgetting(settings)([post(1).id])
    assert post(1).id not in feed_path(settings, "clarte").read_text(encoding="utf-8")


def watched(settings: Settings) -> Callable[[], int]:
    """A saved search of everything; how many items it found so far."""
    from index.saved import Deliver, Saved, write_saved
    from index.search_form import Search

    saved = Saved(name="tout", title="Tout", search=Search(), created_at=NOW - timedelta(hours=1), deliver=Deliver(feed=True))
    write_saved(saved, settings.alerts_dir / "searches")
    return lambda: len(outbox_of(settings).newest("tout", "feed"))


def test_what_a_rebuild_shows_first_is_told_too(results: Results, settings: Settings) -> None:
    found = watched(settings)
    scored(results, post(1))
    rebuild_all(settings)
    assert found() == 1
    scored(results, post(2))
    rebuild_all(settings)
    assert found() == 2


def test_what_waits_during_an_upgrade_is_told(results: Results, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    scored(results, post(1))
    publish_all(settings)
    found = watched(settings)  # after the first batch, which it is not told of again
    scored(results, post(2))
    monkeypatch.setattr("index.generations.MAPPING_VERSION", MAPPING_VERSION + 1)
    publish_all(settings)
    assert found() == 1


def test_a_damaged_index_is_rebuilt_and_told(results: Results, settings: Settings) -> None:
    found = watched(settings)
    scored(results, post(1))
    publish_all(settings)
    (path,) = settings.index_dir.glob("*-v*.sqlite")
    for content in (b"pas une base" * 1000, b""):
        path.write_bytes(content)
        assert rebuild_all(settings) == 1
        (path,) = settings.index_dir.glob("*-v*.sqlite")
    assert found() == 1


def test_a_broken_search_is_told_what_it_missed_once_it_is_repaired(results: Results, settings: Settings) -> None:
    found = watched(settings)
    path = settings.alerts_dir / "searches" / "tout.yml"
    good = path.read_text(encoding="utf-8")
    path.write_text(good + "\n  x: [", encoding="utf-8")
    scored(results, post(1))
    publish_all(settings)
    scored(results, post(2))
    rebuild_all(settings)
    assert found() == 0
    path.write_text(good, encoding="utf-8")
    publish_all(settings)
    assert found() == 2
    assert outbox_of(settings).owed() == []


def test_a_search_removed_or_stopped_while_broken_is_owed_nothing(results: Results, settings: Settings) -> None:
    watched(settings)
    (settings.alerts_dir / "searches" / "tout.yml").write_text("[", encoding="utf-8")
    scored(results, post(1))
    publish_all(settings)
    assert len(outbox_of(settings).owed()) == 1
    remove(settings, "tout")
    assert outbox_of(settings).owed() == []


def test_campaigns_told_by_half_are_told_again(results: Results, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        scored(results, post(number))
    publish_all(settings)
    for path in settings.index_dir.glob("*.campaigns.sqlite*"):
        path.unlink()
    add, calls = Campaigns.add, iter(range(9))

    def killed(self: Campaigns, texts: Iterable[Text]) -> None:
        if next(calls):
            raise KeyboardInterrupt
        add(self, texts)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Campaigns, "add", killed)
        publish_all(settings)
    publish_all(settings)
    with closing(Campaigns(settings.index_dir, settings.index_name)) as campaigns:
        assert len(campaigns.of(post(number).id for number in range(3))) == 3


def test_a_campaign_that_is_none_any_longer_is_not_shown(results: Results, settings: Settings) -> None:
    scored(results, post(1), post(2))
    scored(results, post(3, "Les tomates du jardin ont pris la pluie toute la semaine, nous ferons des bocaux dimanche chez Odile."))
    publish_all(settings)
    for path in settings.index_dir.glob("*.campaigns.sqlite*"):
        path.unlink()
    with closing(open_index(settings)) as index:
        index.change([post(3).id], lambda entry: {**entry, "campaign": "c-0123456789abcdef"})
    publish_all(settings)
    campaigns = {url: entry["campaign"] for url, entry in shown(settings).items()}
    assert campaigns["https://site3.test/p"] is None
    assert campaigns["https://site1.test/p"] == campaigns["https://site2.test/p"] is not None


def test_one_publishes_at_a_time_so_that_the_newest_version_stays(results: Results, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    from index.sqlite import SqliteIndex

    monkeypatch.setattr(indexing, "LOCK_SECONDS", 0.1)
    scored(results, post(1))
    write, refused = SqliteIndex.write, list[str]()

    def slow(self: SqliteIndex, entries: Iterable[Entry]) -> Written:
        if not refused:
            scored(results, post(1, "Une version plus récente.", content_sha256="b" * 64))
            for other in (publish_all, rebuild_all):
                with pytest.raises(Unavailable, match="publishing into index") as caught:
                    other(settings)
                refused.append(str(caught.value))
        return write(self, entries)

    monkeypatch.setattr(SqliteIndex, "write", slow)
    publish_all(settings)
    assert len(refused) == 2
    publish_all(settings)
    assert [entry["text"] for entry in shown(settings).values()] == ["Une version plus récente."]


def test_who_publishes_is_waited_for_a_moment(results: Results, settings: Settings) -> None:
    scored(results, post(1))
    released = threading.Event()

    def hold() -> None:
        with indexing.opened(settings):
            released.set()
            time.sleep(0.3)

    holder = threading.Thread(target=hold)
    holder.start()
    assert released.wait(20)
    assert publish_all(settings).indexed == 1
    holder.join()


def test_an_index_that_is_down_is_waited_for(results: Results, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    scored(results, post(1))
    monkeypatch.setattr(indexing, "PAUSES", (0.2,))
    monkeypatch.setattr("index.generations.LOCK_SECONDS", 0.1)
    told: list[str] = []
    release = threading.Event()

    def tell(message: str) -> None:
        told.append(message)
        release.set()

    def hold() -> None:
        with writing(settings.index_dir, settings.index_name):
            release.wait(20)

    holder = threading.Thread(target=hold)
    holder.start()
    with pytest.raises(Unavailable):
        publish_patiently(settings, hours=0, tell=told.append, advance=lambda _: None)
    assert told == []
    report = publish_patiently(settings, hours=1, tell=tell, advance=lambda _: None)
    holder.join()
    assert report.indexed == 1
    assert told
    assert "try again" in told[0]
