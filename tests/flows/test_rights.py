"""What people concerned ask: found everywhere, given without others' data, erased and proved by searching the bytes of every file."""

from __future__ import annotations

import json
import os
import signal
import sys
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cases import accounts, comments, rights
from cases.database import Database, open_database
from cases.decisions import decide, history, undo
from cases.filters import keep
from cases.people import Actor
from cases.request import Request, digest_of
from cases.signing import signing_secret
from cases.submissions import submit_url
from cases.tables_notices import (
    BundleItemRow,
    BundleRow,
    DossierItemRow,
    DossierRow,
    DutyRow,
    InformationRow,
    NoticeEventRow,
    NoticeItemRow,
    NoticeRow,
)
from cli.rights import LAW
from cli.rights import rights as command
from core import logs
from core.errors import Conflict, Forbidden, Invalid
from core.pseudonyms import load_key, pseudonym
from core.records import MARKERS, Assessment, SetAside
from core.settings import Settings
from crawlers.erasing.optout import load_held, load_opt_outs
from crawlers.evidence.archive import Archive
from crawlers.evidence.proof import Verifier
from flows import rights as flow
from flows.publishing import publish_waiting
from flows.results import Results
from flows.retention import retain_all
from flows.rights import Handled, handle_requests
from flows.rights_export import drop_old, file_of
from flows.tending import tend
from index.open import open_index
from index.queries import Query
from tests.cases.conftest import act, choice, item
from tests.conftest import make_document
from tests.crawlers.test_purge import capture

HOST = "forum.example"
WORDS = {
    "verveine-1": "La tisanette de prunelle calme les insomnies depuis trois générations dans notre vieille famille.",
    "verveine-2": "Un deuxième billet sur la belladonette que ma grand-mère cueillait au bord du chemin creux.",
    "tilleul-3": "Ce soir au jardin nous avons parlé de mirabellette et de confiture sans sucre ajouté du tout.",
}
NOW = datetime.now(UTC)


class Scene:
    """Two people's posts, each with its evidence; everything that the house writes on the first one's."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self.settings, self.database, self.secret = settings, database, signing_secret(settings)
        self.house = accounts.add_organisation(database, name="Maison", capacity="ordre", by="test")
        self.anne, self.paul = (self._person(name) for name in ("anne", "paul"))
        archive, key = Archive(settings.archive_dir), load_key(settings)
        batch = archive.open_batch("essai")
        self.ids: dict[str, str] = {}
        for name, words in WORDS.items():
            account, _, number = name.partition("-")
            url = f"https://{HOST}/sujet/{number}"
            ref = batch.add_response(capture(url, f"<p>{words}</p><a href='https://{HOST}/u/{account}'>@{account}</a>".encode()))
            document = make_document(url, words, author=pseudonym(key, platform=HOST, account=account), evidence=ref)
            batch.add(document)
            self.ids[name] = document.id
        batch.add_set_aside(SetAside(source="essai", url=f"https://{HOST}/u/verveine", reason="essai", detail="rien", at=NOW))
        batch.seal()
        results = Results(archive, model="essai", revision="0")
        for one in results.waiting():
            results.write(one, assessments=[_assessed(document.id) for document in archive.documents(one)], set_aside=[])
        with closing(open_index(settings)) as index:
            publish_waiting(results, index)

    def _person(self, name: str) -> Actor:
        made = accounts.add_person(
            self.database, organisation_id=self.house.id, login=f"{name}@maison.example", name=name, roles=("droit",), by="test"
        )
        return Actor(id=made.id, organisation_id=self.house.id, name=name, roles=("droit", "valide"))

    def work(self, name: str = "verveine-1") -> None:
        """What people write on an item, in every table that can name it."""
        one, database = self.ids[name], self.database
        decide(database, [item(one)], choice("hors_champ", reason=f"Vu sur https://{HOST}/u/verveine hier."), act=act(NOW - timedelta(hours=1)))
        decide(database, [item(self.ids["tilleul-3"])], choice("hors_champ"), act=act(NOW - timedelta(hours=1)))
        comments.add(database, one, f"Le compte @verveine@{HOST} revient.", actor=self.anne)
        comments.add(database, self.ids["tilleul-3"], f"Répond à @verveine@{HOST}, rien de plus.", actor=self.anne)
        submit_url(database, f"https://{HOST}/sujet/1", note="À lire.", actor=self.paul)
        keep(database, name="surveiller", search=f"mots=https://{HOST}/u/verveine", actor=self.anne)
        with database.writing() as session:
            said = {"organisation_id": self.anne.organisation_id, "why": "T7", "asked_at": NOW, "reason": f"Lu https://{HOST}/sujet/1"}
            session.add(DutyRow(id="d" * 32, document_id=one, **said))

    def case(self, name: str = "verveine-1", *, state: str = "close", closed: datetime | None = None) -> None:
        """A notice, a dossier and a sealed bundle on an item, as their own parts write them."""
        text, one = WORDS[name], self.ids[name]
        organisation, by = self.anne.organisation_id, self.anne.id
        file = f"preuves/{'b' * 32}.zip"
        path = self.settings.data_dir / file
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
            made.writestr("text.txt", text)
        at, sent = NOW - timedelta(days=400), None if state == "brouillon" else NOW - timedelta(days=300)
        shared: dict[str, Any] = {"organisation_id": organisation, "created_by": by, "created_at": at, "digest": "0" * 64, "version": 1}
        said = {"items": [{"url": f"https://{HOST}/sujet/1", "title": text}], "text": text}
        with self.database.writing() as session:
            session.add(NoticeRow(id="n" * 32, state="brouillon", content=said, platform="autre", items=1, markers=[], bases=[],
                                  source_type="SOURCE_ARTICLE_16", **shared))  # fmt: skip
            dossier = DossierRow(
                id="o" * 32, kind="parquet", state="brouillon", content=said, annex=b"chiffre", items=1, markers=[], bases=[], **shared
            )
            session.add(dossier)
            session.flush()
            dossier.state, dossier.closed_at = "clos" if closed else "brouillon", closed
            session.flush()
            session.add_all([
                NoticeItemRow(notice_id="n" * 32, position=1, document_id=one), DossierItemRow(dossier_id="o" * 32, position=1, document_id=one),
                BundleRow(id="b" * 32, subject_kind="document", subject_id=one, asked_by=by, asked_at=at, state="faite", file=file),
                InformationRow(id="i" * 32, subject_kind="notice", subject_id="n" * 32, choice="exception_14_5_b", reason=text, by=by, at=at),
                NoticeEventRow(act="acte", notice_id="n" * 32, kind="note", at=at, noted_at=at, by=by, data={}, words=text),
            ])  # fmt: skip
            session.flush()
            session.add(BundleItemRow(bundle_id="b" * 32, document_id=one))
        self.state(state, closed=closed, sent=sent)

    def state(self, state: str, *, closed: datetime | None, sent: datetime | None) -> None:
        if state == "brouillon":
            return
        from sqlalchemy import text as sql

        with self.database.writing() as session:  # past the product's own rules, which are tried elsewhere
            for (name,) in session.execute(sql("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'notices'")).all():
                session.execute(sql(f"DROP TRIGGER {name}"))
            session.execute(sql("UPDATE notices SET state = :s, sent_at = :t, sent_by = :b, closed_at = :c"),
                            {"s": state, "t": sent.replace(tzinfo=None) if sent else None, "b": self.anne.id,
                             "c": closed.replace(tzinfo=None) if closed else None})  # fmt: skip

    def ask(self, kind: str = "effacement", subject: str = f"verveine sur {HOST}") -> Request:
        return rights.ask(self.database, kind, subject, received_at=NOW, identity_checked="Message posté depuis le compte.", actor=self.anne,
                          act=f"acte {kind} {subject}", secret=self.secret)  # fmt: skip

    def agree(self, request: Request, *, by: Actor | None = None, everything: bool = False, unread: bool = False) -> Request:
        seen = self.find(request).found.documents
        return rights.agree(self.database, request.id, seen=seen, everything=everything, unread=unread, actor=by or self.anne, secret=self.secret)

    def find(self, request: Request) -> Request:
        return rights.find(self.database, request.id, secret=self.secret)

    def run(self, now: datetime | None = None) -> Handled:
        return handle_requests(self.settings, self.database, now=now)

    def indexed(self) -> set[str]:
        with closing(open_index(self.settings)) as index:
            held = {entry["id"] for entry in index.scan(Query())}
        return {name for name, identifier in self.ids.items() if identifier in held}

    def archived(self) -> set[str]:
        archive = Archive(self.settings.archive_dir)
        held = {document.id for batch in archive.batches() for document in archive.documents(batch)}
        return {name for name, identifier in self.ids.items() if identifier in held}

    def bytes_with(self, *words: str) -> list[str]:
        """The files below the data folder, unpacked where they are packed, in which one of these stands. Written apart from the product's own search."""
        found = []
        for path in sorted(self.settings.data_dir.rglob("*")):
            if path.is_file():
                data = [path.read_bytes()]
                if path.suffix == ".gz":
                    data.append(_unpacked(path))
                if zipfile.is_zipfile(path):
                    with zipfile.ZipFile(path) as packed:
                        data += [packed.read(name) for name in packed.namelist()]
                said = b"\n".join(data)
                if any(form in said for word in words for form in (word.encode(), json.dumps(word)[1:-1].encode())):
                    found.append(path.name)
        return found


def _unpacked(path: Path) -> bytes:
    import gzip

    return gzip.decompress(path.read_bytes())


def _assessed(document_id: str) -> Assessment:
    return Assessment(
        document_id=document_id, model="essai", revision="0", scores=dict.fromkeys(MARKERS, 0.9), decision=dict.fromkeys(MARKERS, "alerte")
    )


@pytest.fixture
def scene(settings: Settings) -> Iterator[Scene]:
    with closing(open_database(settings)) as database:
        yield Scene(settings, database)


def test_an_erasure_leaves_nothing_in_any_file_and_proves_it(scene: Scene) -> None:
    scene.work()
    scene.case(closed=NOW - timedelta(days=250))
    everything = ("tisanette", "belladonette", f"{HOST}/u/verveine", f"verveine@{HOST}", scene.ids["verveine-1"], scene.ids["verveine-2"])
    assert all(scene.bytes_with(one) for one in everything)
    asked = scene.ask()
    assert scene.bytes_with(f"verveine sur {HOST}") == [], "what a request names is encrypted"
    assert scene.run() == Handled(examined=1)
    found = scene.find(asked).found
    assert (found.documents, found.held) == (2, 0)
    assert {"documents", "evidence", "index", "assessments", "set_aside", "cases.decisions", "cases.comments", "cases.submissions", "cases.notice_items",
            "cases.dossier_items", "cases.bundle_items", "cases.duties", "cases.aliases"} <= found.places.keys()  # fmt: skip
    assert scene.run() == Handled(), "it waits for a person"
    scene.agree(asked)
    assert scene.run() == Handled(done=1)
    done = scene.find(asked)
    assert (done.state, done.subject, done.proof["left"], done.proof["after"]) == ("faite", (), {}, {})
    assert done.proof["sha256"] == digest_of(done.proof)
    assert done.proof["before"]["documents"] == 2
    assert scene.indexed() == scene.archived() == {"tilleul-3"}
    assert scene.bytes_with(*everything) == []
    assert scene.bytes_with("mirabellette"), "what others wrote stays"
    assert not (scene.settings.data_dir / "preuves" / f"{'b' * 32}.zip").exists()
    assert load_opt_outs(scene.settings.archive_dir, key=load_key(scene.settings)).wishes, "it is not read again"


def test_the_register_and_others_words_stay(scene: Scene) -> None:
    scene.work()
    scene.case(closed=NOW - timedelta(days=250))
    asked = scene.ask()
    scene.run()
    scene.agree(asked)
    scene.run()
    with scene.database.reading() as session:
        notice, dossier, bundle = session.get(NoticeRow, "n" * 32), session.get(DossierRow, "o" * 32), session.get(BundleRow, "b" * 32)
        assert notice
        assert dossier
        assert bundle
        assert (notice.content, notice.items, notice.platform, notice.state) == (None, 1, "autre", "close")
        assert (dossier.content, dossier.annex, dossier.items, bundle.state) == (None, None, 1, "effacee")
    assert [one.text for one in comments.listed(scene.database, scene.ids["tilleul-3"], actor=scene.anne)] == ["Répond à [effacé], rien de plus."]


@pytest.mark.parametrize("subject", [f"verveine sur {HOST}", f"https://{HOST}/sujet/1\nhttps://{HOST}/sujet/2"], ids=["account", "addresses"])
def test_what_an_open_case_needs_stays_with_its_proof_and_goes_when_it_is_over(scene: Scene, subject: str) -> None:
    decide(scene.database, [item(scene.ids["verveine-1"])], choice("illicite_presume", "gourou"), act=act(NOW - timedelta(hours=1)))
    asked = scene.ask(subject=subject)
    scene.run()
    assert (scene.find(asked).found.held, [one.kind for one in scene.find(asked).kept]) == (1, ["decision"])
    scene.agree(asked)
    assert scene.run() == Handled(done=1)
    done = scene.find(asked)
    assert {one.kind for one in done.kept} == {"decision", "opposition", "registre"}
    assert all(one.why for one in done.kept)
    assert done.proof
    assert done.proof["before"]["index"] == 2
    assert done.proof["after"]["index"] == 1, "the proof says what is there now: the evidence of the open case is"
    assert done.proof["left"] == {}
    assert scene.archived() == scene.indexed() == {"verveine-1", "tilleul-3"}
    assert scene.bytes_with("belladonette") == []
    archive = Archive(scene.settings.archive_dir)
    held = next(one for batch in archive.batches() for one in archive.documents(batch) if one.id == scene.ids["verveine-1"])
    assert held.evidence
    assert Verifier(archive).verify(held).proved
    from flows.optouts import handle_opt_outs
    from flows.purging import purge

    handle_opt_outs(scene.settings)
    with closing(open_index(scene.settings)) as index:
        purge(archive, index, load_opt_outs(archive.root, key=load_key(scene.settings)))
    assert "verveine-1" in scene.archived(), "no other purge takes it"
    undo(scene.database, [scene.ids["verveine-1"]], reason="Erreur.", by="AB", act=act())
    assert scene.run().released == 1
    assert scene.archived() == scene.indexed() == {"tilleul-3"}
    assert load_held(scene.settings.archive_dir) == frozenset()
    assert scene.bytes_with("tisanette") == []


@pytest.mark.parametrize(("state", "closed", "held"), [("envoyee", None, 1), ("close", timedelta(days=30), 1), ("close", timedelta(days=250), 0)])
def test_an_open_notice_holds_its_evidence_until_six_months_after_its_end(scene: Scene, state: str, closed: timedelta | None, held: int) -> None:
    scene.case(state=state, closed=NOW - closed if closed else None)
    asked = scene.ask()
    scene.run()
    found = scene.find(asked)
    assert found.found.held == held
    if held:
        assert {one.kind for one in found.kept} == {"notice", "dossier"}
        until = next(one.until for one in found.kept if one.kind == "notice")
        assert (until is None) is (closed is None)
        assert until is None or NOW < until < NOW + timedelta(days=160)


def test_evidence_of_an_open_case_goes_only_when_two_people_agree(scene: Scene) -> None:
    decide(scene.database, [item(scene.ids["verveine-1"])], choice("urgence", "gourou"), act=act(NOW - timedelta(hours=1)))
    asked = scene.ask()
    scene.run()
    with pytest.raises(Forbidden):
        scene.agree(asked, everything=True)
    scene.agree(asked, by=scene.paul, everything=True)
    scene.run()
    assert scene.find(asked).state == "faite"
    assert scene.archived() == {"tilleul-3"}
    assert history(scene.database, scene.ids["verveine-1"]) == ()


def test_a_case_opened_after_the_agreement_stops_it(scene: Scene) -> None:
    asked = scene.ask()
    scene.run()
    scene.agree(asked)
    decide(scene.database, [item(scene.ids["verveine-1"])], choice("urgence", "gourou"), act=act(NOW - timedelta(hours=1)))
    assert scene.run().done == 0
    assert scene.find(asked).state == "examinee"
    assert len(scene.archived()) == 3


def test_access_gives_what_is_held_without_others_and_without_who_reported(scene: Scene) -> None:
    scene.work()
    asked = scene.ask("acces")
    scene.run()
    scene.agree(asked)
    assert scene.run() == Handled(done=1)
    done = scene.find(asked)
    path = file_of(scene.settings, asked.id)
    with zipfile.ZipFile(path) as given:
        data = json.loads(given.read("donnees.json"))
        assert given.read("donnees.pdf").startswith(b"%PDF")
    assert path.stat().st_mode & 0o777 == 0o600
    assert sorted(one["url"] for one in data["contents"]) == [f"https://{HOST}/sujet/{number}" for number in (1, 2)]
    assert {one["text"] for one in data["contents"]} == {WORDS["verveine-1"], WORDS["verveine-2"]}
    whole = json.dumps(data, ensure_ascii=False)
    assert not [one for one in ("paul", "anne", "Maison", "mirabellette", "À lire.", self_id(scene)) if one in whole]
    assert data["left_out"] == {"comments": 1}
    assert len(scene.archived()) == 3
    rights.answer(scene.database, asked.id, words="Remis par message.", actor=scene.anne, secret=scene.secret)
    assert done.proof["sha256"]


def self_id(scene: Scene) -> str:
    return scene.house.id


def test_an_answer_that_nobody_gave_is_not_erased_but_with_the_persons_word(scene: Scene) -> None:
    first = scene.ask("acces", f"@verveine@{HOST}")
    scene.run()
    scene.agree(first)
    scene.run()
    second = scene.ask()
    scene.run()
    with pytest.raises(Conflict, match="answer the request for access"):
        scene.agree(second)
    assert scene.archived()
    assert file_of(scene.settings, first.id).exists()
    scene.agree(second, unread=True)
    scene.run()
    assert scene.find(second).state == "faite"
    assert scene.find(first).subject == ()
    assert not file_of(scene.settings, first.id).exists()


def test_a_request_for_access_that_comes_later_stops_an_erasure_that_was_agreed_to(scene: Scene) -> None:
    second = scene.ask()
    scene.run()
    scene.agree(second)
    first = scene.ask("acces")
    held = scene.archived()
    scene.run()
    assert (scene.find(second).state, scene.archived()) == ("examinee", held)
    scene.agree(first)
    scene.run()
    rights.answer(scene.database, first.id, words="Remis.", actor=scene.anne, secret=scene.secret)
    assert scene.find(first).subject == (), "what it names goes with the answer"
    scene.agree(second)
    scene.run()
    assert scene.find(second).state == "faite"


def test_what_cannot_be_reached_is_left_and_told(scene: Scene) -> None:
    note = scene.settings.data_dir / "notes.txt"
    note.write_text(f"Rappeler : {WORDS['verveine-1']}", encoding="utf-8")
    asked = scene.ask()
    scene.run()
    scene.agree(asked)
    assert scene.run() == Handled(left=1)
    note.unlink()
    assert scene.run() == Handled(done=1)


def test_others_who_quote_do_not_stop_it(scene: Scene) -> None:
    archive = Archive(scene.settings.archive_dir)
    batch = archive.open_batch("essai2")
    batch.add(make_document(f"https://{HOST}/sujet/9", f"Elle écrit : {WORDS['verveine-1']}", author="p-" + "0" * 24))
    batch.seal()
    asked = scene.ask()
    scene.run()
    scene.agree(asked)
    assert scene.run() == Handled(done=1)
    assert scene.find(asked).proof["said_elsewhere"]["by_others"] >= 1


def test_wrong_requests_are_refused(scene: Scene) -> None:
    for subject in ("", "@sanssite", "https://", "verveine sur nulle-part", "\n".join(f"https://a.example/{n}" for n in range(30))):
        with pytest.raises(Invalid):
            scene.ask(subject=subject)
    asked = scene.ask()
    assert scene.ask().id == asked.id, "the same act is one request"
    with pytest.raises(Conflict):
        rights.agree(scene.database, asked.id, seen=0, actor=scene.anne, secret=scene.secret)
    scene.run()
    with pytest.raises(Conflict):
        rights.agree(scene.database, asked.id, seen=1, actor=scene.anne, secret=scene.secret)
    refused = rights.refuse(scene.database, asked.id, reason="Identité non prouvée.", actor=scene.paul, secret=scene.secret)
    assert (refused.state, refused.subject, refused.is_over) == ("refusee", (), True)
    assert scene.run() == Handled()


STEPS = ["hold", "empty", "forget", "purge", "rewrite", "done"]


@pytest.mark.parametrize("step", STEPS)
def test_a_run_that_is_killed_is_finished_by_the_next(scene: Scene, step: str) -> None:
    scene.work()
    scene.case(closed=NOW - timedelta(days=250))
    asked = scene.ask()
    scene.run()
    scene.agree(asked)
    _killed(scene.settings, step)
    assert scene.find(asked).state == "accordee"
    assert scene.run().done == 1
    assert scene.find(asked).state == "faite"
    assert scene.bytes_with("tisanette", "belladonette", scene.ids["verveine-1"]) == []


def _killed(settings: Settings, step: str) -> None:
    """Run it in a child that dies right after this step."""
    child = os.fork()
    if child == 0:  # pragma: no cover - another process
        try:
            logs.configure(level="ERROR")
            with closing(open_database(settings)) as database:
                _die_after(step)
                handle_requests(settings, database)
        finally:
            sys.stdout.flush()
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), f"{step} is no step"


def _die_after(step: str) -> None:
    places: dict[str, tuple[object, str]] = {"rewrite": (Database, "rewrite"), "done": (rights, "done"), "forget": (flow, "forgetting")}
    place, name = places.get(step, (flow, step))
    whole = getattr(place, name)

    def dying(*given: object, **more: object) -> object:
        made = whole(*given, **more)
        if step == "forget":
            return lambda names: (made(names), os.kill(os.getpid(), signal.SIGKILL))
        if step == "done":
            return made
        os.kill(os.getpid(), signal.SIGKILL)
        return made

    if step == "done":
        name, whole = "_change", rights._change

        def dying(*given: object, **more: object) -> object:
            if more.get("action") == "right_done":
                os.kill(os.getpid(), signal.SIGKILL)
            return whole(*given, **more)

    setattr(place, name, dying)


def run(scene: Scene, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[object, str]:
    monkeypatch.setenv("VIGIE_DATA_DIR", str(scene.settings.data_dir))
    monkeypatch.setenv("VIGIE_SOURCES_DIR", str(scene.settings.sources_dir))
    done = CliRunner().invoke(command, list(arguments), obj={"verbose": False}, standalone_mode=False)
    if done.exception:
        raise done.exception
    return done.return_value, " ".join(done.output.split())


def test_the_command_line_searches_lists_and_carries_out(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    code, said = run(scene, monkeypatch, "search", f"verveine sur {HOST}")
    assert code == 2
    assert "Preuves (pages enregistrées) : 2" in said
    assert run(scene, monkeypatch, "list") == (0, f"Aucune demande n'attend. {LAW}.")
    asked = scene.ask()
    assert run(scene, monkeypatch, "carry-out")[0] == 0
    listed = run(scene, monkeypatch, "list")[1]
    assert "effacement examinee" in listed
    assert "verveine" not in listed
    scene.agree(asked)
    assert run(scene, monkeypatch, "carry-out", "--json") == (0, '{"examined": 0, "done": 1, "left": 0, "released": 0}')
    assert run(scene, monkeypatch, "search", f"verveine sur {HOST}") == (0, "Rien n'est conservé.")


def test_the_worker_does_it_in_passing(scene: Scene) -> None:
    asked = scene.ask()
    tend(scene.settings, scene.database)
    assert scene.find(asked).state == "examinee"


def test_a_retention_run_keeps_what_is_no_content_within_its_period(scene: Scene) -> None:
    asked = scene.ask("acces")
    scene.run()
    scene.agree(asked)
    scene.run()
    path = file_of(scene.settings, asked.id)
    assert drop_old(scene.settings, now=NOW + timedelta(days=29)) == 0
    retain_all(scene.settings, now=NOW + timedelta(days=29, hours=1), yes=True)
    assert path.exists()
    retain_all(scene.settings, now=NOW + timedelta(days=31), yes=True)
    assert not path.exists()
