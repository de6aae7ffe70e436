"""Bundles that people asked for are made by the worker; killed, without room or without an authority it loses none and leaves nothing behind."""

from __future__ import annotations

import errno
import json
import os
import random
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cases import accounts, bundles, sealing
from cases.bundles import Bundle
from cases.database import Database, open_database
from cases.decisions import Act
from cases.people import Actor
from cases.tables_notices import BundleRow
from cli.main import run
from core.records import Document
from core.settings import ROOT, Settings
from crawlers.evidence import bundle
from crawlers.evidence.archive import Archive
from crawlers.evidence.bundle_proof import prove
from crawlers.evidence.stamping import certificates_in
from crawlers.fetching import screenshot
from flows import sealing as flow
from flows.forgetting import forgetting
from flows.sealing import Made, make_bundles
from flows.tending import tend
from tests.authority import Authority, make_authority, serving
from tests.crawlers.captures import make_capture
from tests.crawlers.test_proof import PAGE, a_document, keep


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    with serving(make_authority(tmp_path_factory.mktemp("autorite") / "a")) as made:
        (made.folder / "known").mkdir()
        (made.folder / "known" / "a.pem").write_bytes(made.root.read_bytes())
        yield made


class Scene:
    """Two archived contents, a person, and an authority."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self.settings, self.database = settings, database
        archive = Archive(settings.archive_dir)
        self.documents: list[Document] = [
            keep(archive, a_document(), make_capture(body=PAGE)),
            keep(
                archive,
                a_document("https://exemple.test/b", "Tout autre chose.", title=None),
                make_capture("https://exemple.test/b", b"<p>Tout autre chose.</p>"),
            ),
        ]
        house = accounts.add_organisation(database, name="Maison", capacity="ordre", by="test")
        made = accounts.add_person(database, organisation_id=house.id, login="anne@maison.example", name="anne", roles=("valide",), by="test")
        self.anne = Actor(id=made.id, organisation_id=house.id, name="anne", roles=("valide",))

    def ask(self, act: str = "acte-no-1", *names: str) -> Bundle:
        documents = names or tuple(one.id for one in self.documents)
        return bundles.ask(
            self.database, "document", documents[0], documents, actor=self.anne, act=Act(id=act, at=datetime(2026, 11, 22, 10, tzinfo=UTC))
        )

    def state(self, bundle: Bundle) -> Bundle:
        return bundles.find(self.database, bundle.id, actor=self.anne)

    def path(self, bundle: Bundle) -> Path:
        return bundles.file_of(self.settings.data_dir, bundle.id)

    def left(self) -> set[str]:
        folder = self.settings.data_dir / bundles.FOLDER
        return {path.name for path in folder.iterdir()} if folder.exists() else set()


@pytest.fixture
def scene(settings: Settings, authority: Authority) -> Iterator[Scene]:
    stamped = settings.model_copy(
        update={"timestamp_authorities": authority.url, "timestamp_certificates": authority.folder / "known", "console_name": "Maison"}
    )
    with closing(open_database(stamped)) as database:
        yield Scene(stamped, database)
    authority.behaviour = "well"


def test_the_worker_makes_what_was_asked_for_in_passing(scene: Scene, authority: Authority) -> None:
    asked = scene.ask()
    tend(scene.settings, scene.database)
    made = scene.state(asked)
    assert (made.state, made.tokens, made.reason) == ("faite", 1, None)
    path = bundles.taken(scene.database, made.id, scene.settings.data_dir, actor=scene.anne)
    assert path.stat().st_size == made.size
    assert path.stat().st_mode & 0o077 == 0
    proof = prove(path, known=certificates_in(scene.settings.timestamp_certificates))
    assert proof.proved
    with zipfile.ZipFile(path) as held:
        manifest = json.loads(held.read("manifest.json"))
        chain = held.read("chaine-de-conservation.txt").decode()
    assert manifest["case"] | {"asked_at": ""} == {
        "kind": "document",
        "id": scene.documents[0].id,
        "asked_by": f"la personne {scene.anne.id}",
        "house": "Maison",
        "asked_at": "",
    }
    assert f"la personne {scene.anne.id} a demandé un paquet de preuves" in chain
    assert "anne" not in chain
    assert make_bundles(scene.settings, scene.database) == Made()
    assert scene.left() == {f"{made.id}.zip"}


def test_without_an_answer_of_the_authority_it_is_made_all_the_same(scene: Scene, authority: Authority) -> None:
    authority.behaviour = "silent"
    asked = scene.ask()
    assert make_bundles(scene.settings, scene.database, deadline=0.5).done == 1
    assert (scene.state(asked).state, scene.state(asked).tokens) == ("faite", 0)
    with zipfile.ZipFile(scene.path(asked)) as held:
        state = held.read("horodatage/etat.txt").decode()
    assert "pas d'horodatage, elle n'a pas répondu à temps" in state
    assert prove(scene.path(asked)).proved
    authority.behaviour = "well"


def test_evidence_that_is_gone_makes_it_impossible(scene: Scene) -> None:
    asked, unknown = scene.ask(), scene.ask("acte-no-2", "f" * 32)
    for file in (scene.settings.archive_dir / "evidence").iterdir():
        file.unlink()
    assert make_bundles(scene.settings, scene.database) == Made(impossible=2)
    for one in (asked, unknown):
        assert (scene.state(one).state, scene.state(one).reason) == ("impossible", flow.GONE)
    assert scene.left() == set()


def test_a_full_disk_makes_it_wait_and_leaves_no_half_of_it(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, write, seen = scene.ask(), bundle._Zip._write, [0]

    def full(made: bundle._Zip, data: bytes) -> None:
        seen[0] += 1
        if seen[0] == 9:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(made, data)

    with monkeypatch.context() as patch:
        patch.setattr(bundle._Zip, "_write", full)
        assert make_bundles(scene.settings, scene.database) == Made(waiting=1)
    assert (scene.state(asked).state, scene.state(asked).reason) == ("demandee", flow.FULL)
    assert scene.left() == set()
    assert make_bundles(scene.settings, scene.database) == Made()  # not before some time
    with scene.database.writing() as session:
        session.get(BundleRow, asked.id).taken_until = datetime.now(UTC)  # type: ignore[union-attr]
    assert make_bundles(scene.settings, scene.database) == Made(done=1)
    assert scene.state(asked).reason is None


MAKE = """
from contextlib import closing
from core.settings import load_settings
from cases.database import open_database
from flows.sealing import make_bundles
settings = load_settings()
with closing(open_database(settings)) as database:
    print(make_bundles(settings, database).done)
"""
KILLED = (
    """
import os, signal, sys
from crawlers.evidence import bundle, stamping
from flows import sealing
at, seen = int(sys.argv[1]), 0
def counted(function):
    def wrapped(*given, **options):
        global seen
        seen += 1
        if seen == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*given, **options)
    return wrapped
bundle._Zip._write = counted(bundle._Zip._write)
sealing.stamps = counted(sealing.stamps)
sealing.sealing.finish = counted(sealing.sealing.finish)
"""
    + MAKE
    + "print('writes', seen)\n"
)


def environment(scene: Scene) -> dict[str, str]:
    given = {"VIGIE_DATA_DIR": scene.settings.data_dir, "VIGIE_TIMESTAMP_AUTHORITIES": scene.settings.timestamp_authorities,
             "VIGIE_TIMESTAMP_CERTIFICATES": scene.settings.timestamp_certificates, "VIGIE_CONSOLE_NAME": "Maison"}  # fmt: skip
    return {**os.environ, **{name: str(value) for name, value in given.items()}}


def test_a_worker_killed_anywhere_makes_it_the_next_time(scene: Scene) -> None:
    asked, last = scene.ask(), 26  # writes of the zip, the question to the authority, and the row
    for at in (1, random.Random(7).randrange(2, last - 1), last):
        done = subprocess.run([sys.executable, "-c", KILLED, str(at)], cwd=ROOT, env=environment(scene), capture_output=True, text=True, check=False)
        assert done.returncode == -9, done.stdout + done.stderr
        assert scene.state(asked).state == "en_cours"
        assert make_bundles(scene.settings, scene.database) == Made()  # it is still that worker's
        with scene.database.writing() as session:
            session.get(BundleRow, asked.id).taken_until = datetime.now(UTC) - timedelta(seconds=1)  # type: ignore[union-attr]
    assert make_bundles(scene.settings, scene.database) == Made(done=1)
    assert prove(scene.path(asked)).proved
    old = datetime.now(UTC).timestamp() - 2 * flow.OLD
    for name in scene.left():
        os.utime(scene.path(asked).parent / name, (old, old))
    make_bundles(scene.settings, scene.database)
    assert scene.left() == {f"{asked.id}.zip"}


def test_a_bundle_erased_while_it_was_made_leaves_no_file(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, finish = scene.ask(), sealing.finish

    def erased_first(*given: object, **options: object) -> bool:
        bundles.erase(scene.database, scene.settings.data_dir, [scene.documents[1].id])
        scene.path(asked).write_bytes(b"as if the file came after the erasing")
        return finish(*given, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(sealing, "finish", erased_first)
    assert make_bundles(scene.settings, scene.database).done == 0
    assert scene.state(asked).state == "effacee"
    assert scene.left() == set()
    scene.path(asked).write_bytes(b"of a worker that was killed then")
    make_bundles(scene.settings, scene.database)
    assert scene.left() == set()


@pytest.fixture
def command(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Scene:
    for name, value in environment(scene).items():
        if name.startswith("VIGIE_"):
            monkeypatch.setenv(name, value)
    return scene


def test_the_commands_seal_verify_and_stamp(command: Scene, tmp_path: Path, authority: Authority, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "preuves.zip"
    authority.behaviour = "status"
    assert run(["evidence", "seal", command.documents[0].url, command.documents[1].id, "--to", str(target)]) == 0
    said = capsys.readouterr()
    assert "SHA-256" in said.out
    assert "n'a pas horodaté : elle a répondu 503" in said.err
    assert run(["evidence", "verify", str(target)]) == 0
    assert "PAQUET PROUVÉ" in capsys.readouterr().out
    assert run(["evidence", "stamp", str(target)]) == 2
    authority.behaviour = "well"
    assert run(["evidence", "stamp", str(target)]) == 0
    capsys.readouterr()
    assert run(["evidence", "verify", "--json", str(target)]) == 0
    row = json.loads(capsys.readouterr().out)
    assert row["proved"]
    assert [one["outcome"] for one in row["findings"]] == ["oui", "oui"]
    assert "que vous avez données" in row["findings"][1]["says"]
    data = bytearray(target.read_bytes())
    data[data.index(b"LISEZMOI.html") + 1000] ^= 1
    target.write_bytes(data)
    assert run(["evidence", "verify", str(target)]) == 2
    said = capsys.readouterr()
    assert "LISEZMOI.html : le contenu a changé" in said.out
    assert "n'est pas prouvé : LISEZMOI.html" in said.err
    assert run(["evidence", "stamp", str(target)]) == 2
    assert "is not the bundle that was sealed" in capsys.readouterr().err


def test_what_the_commands_refuse(command: Scene, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "la.zip").write_bytes(b"PK rien")
    assert run(["evidence", "seal", command.documents[0].id, "--to", str(tmp_path / "la.zip")]) == 2
    assert run(["evidence", "seal", command.documents[0].id, "--to", str(tmp_path / "autre.tar")]) == 2
    assert run(["evidence", "seal", "f" * 32, "--to", str(tmp_path / "autre.zip")]) == 2
    assert run(["evidence", "verify", str(tmp_path / "la.zip")]) == 2
    said = capsys.readouterr()
    assert said.err.count("expected the name of a new file") == 2
    assert "ce fichier n'est pas, ou plus, un paquet de preuves scellé" in said.out
    assert run(["evidence", "verify", command.documents[0].id]) == 0  # documents are verified as before
    assert not (tmp_path / "autre.zip").exists()


def test_a_document_that_is_erased_takes_its_bundles_with_it(scene: Scene) -> None:
    asked = scene.ask()
    make_bundles(scene.settings, scene.database)
    forgetting(scene.settings)([scene.documents[1].id])
    assert scene.state(asked).state == "effacee"
    assert scene.left() == set()


def test_a_picture_is_taken_where_it_may_be(
    command: Scene, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [one.id for one in command.documents]
    assert run(["evidence", "seal", names[0], "--screenshot", "--to", str(tmp_path / "sans.zip")]) == 0
    assert "set VIGIE_CONTACT" in capsys.readouterr().err  # named, and sealed without
    monkeypatch.setenv("VIGIE_CONTACT", "essai@maison.example")
    monkeypatch.setattr(screenshot, "permitted", lambda url, **_: url.endswith("/b"))
    monkeypatch.setattr(screenshot, "take", lambda url, **_: screenshot.Screenshot(b"PNG", "0" * 64, {"url": url}))
    assert run(["evidence", "seal", *names, "--screenshot", "--to", str(tmp_path / "avec.zip")]) == 0
    assert "https://exemple.test/a: robots.txt does not allow it" in capsys.readouterr().err
    with zipfile.ZipFile(tmp_path / "avec.zip") as held:
        assert [name for name in held.namelist() if name.endswith("capture.png")] == ["contenus/002/capture.png"]
        assert json.loads(held.read("contenus/002/capture.json"))["url"] == "https://exemple.test/b"
