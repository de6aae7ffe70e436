"""A sealed bundle proves itself offline; a byte that changes anywhere is found, and where it stands is named."""

from __future__ import annotations

import ast
import hashlib
import io
import json
import random
import re
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

import pytest

from core.errors import Invalid, NotFound
from core.records import Document
from crawlers.evidence import verifier
from crawlers.evidence.archive import Archive
from crawlers.evidence.bundle import Case, Step, seal, stamp_beside
from crawlers.evidence.bundle_proof import prove
from crawlers.evidence.clock import ClockState
from crawlers.evidence.stamping import authorities_of, certificates_in, check, stamps
from crawlers.evidence.verifier import MANIFEST, SEAL, Row, central, end, examine, local, proved, seal_of
from crawlers.fetching.screenshot import Screenshot
from tests.authority import make_authority, serving
from tests.crawlers.captures import NOW, make_capture
from tests.crawlers.test_proof import PAGE, a_document, keep

HOSTILE = "https://exemple.test/a%3Cscript%3E?q='&b=2"
CLOCK = ClockState(synchronised=True, offset_seconds=0.4, hosts=2)


class Made(NamedTuple):
    """A bundle of two contents with two time stamps, and what it was made of."""

    path: Path
    data: bytes
    archive: Archive
    documents: list[Document]
    case: Case
    known: Path


def unstamped(manifest: bytes) -> list[object]:
    return []


def held(manifest: bytes, token: bytes, chain: bytes) -> tuple[str, str]:
    """In place of the authorities' signatures: what changed must be found without them."""
    return verifier.YES, ""


def case(**fields: object) -> Case:
    step = Step(number=7, at=NOW, who="la personne p", says="a décidé", about="contenu 1", hash="a" * 64)
    known = {
        "kind": "notice",
        "identifier": "n" * 32,
        "asked_by": "la personne q",
        "asked_at": datetime(2026, 11, 22, 10, tzinfo=UTC),
        "house": "Maison <d'essai>",
        "steps": (step,),
    }
    return Case.model_validate(known | fields)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    place = tmp_path_factory.mktemp("paquet")
    archive = Archive(place / "archive")
    documents = [
        keep(archive, a_document(), make_capture(body=PAGE), clock=CLOCK),
        keep(
            archive,
            a_document("https://exemple.test/b", "Tout autre chose.", title=None),
            make_capture("https://exemple.test/b", b"<p>Tout autre chose.</p>"),
        ),
    ]
    known = place / "known"
    known.mkdir()
    with serving(make_authority(place / "une")) as one, serving(make_authority(place / "deux", whole_chain=True)) as two:
        for name, authority in (("une", one), ("deux", two)):
            (known / f"{name}.pem").write_bytes(authority.root.read_bytes())
        asked = authorities_of(f"{one.url}, {two.url}")
        given = case(authorities=tuple(one.name for one in asked))
        picture = Screenshot(b"\x89PNG invented", "0" * 64, {"chromium": "Chrome/1", "taken_at": NOW.isoformat()})
        sealed = seal(
            archive,
            documents,
            place / "p.zip",
            given,
            pictures={documents[1].id: picture},
            stamper=lambda manifest: stamps(manifest, asked, known=certificates_in(known)),
        )
        assert (len(sealed.stamps), sealed.missed, sealed.unproved) == (2, (), ())
        yield Made(place / "p.zip", (place / "p.zip").read_bytes(), archive, documents, given, known)


def parts_of(data: bytes) -> list[tuple[int, int, str]]:
    """From, to and the name of the part that every byte of a bundle belongs to."""
    with zipfile.ZipFile(io.BytesIO(data)) as bundle:
        entries = bundle.infolist()
        found = []
        for entry in entries:
            begin = entry.header_offset
            found.append((begin, begin + 30 + len(entry.filename) + entry.file_size, entry.filename))
        place = bundle.start_dir
        for entry in entries:
            found.append((place, place + 46 + len(entry.filename), entry.filename))
            place += 46 + len(entry.filename)
    return [*found, (place, len(data), "fin du zip")]


def wrong_of(path: Path) -> set[str]:
    return {one.part for one in examine(path, stamped=held) if one.outcome == verifier.NO}


def changed(made: Made, path: Path, place: int, mask: int) -> set[str]:
    data = bytearray(made.data)
    data[place] ^= mask
    path.write_bytes(data)
    return wrong_of(path)


def test_a_bundle_holds_all_of_it_and_is_proved(made: Made) -> None:
    proof = prove(made.path, known=certificates_in(made.known))
    assert proof.proved
    assert [one.outcome for one in proof.findings] == ["oui", "oui", "oui"]
    assert "que vous avez données" in proof.findings[1].says
    assert [one.url for one in proof.proofs] == [one.url for one in made.documents]
    with zipfile.ZipFile(made.path) as bundle:
        names = bundle.namelist()
        conditions = json.loads(bundle.read("contenus/001/conditions.json"))
        spoken = bundle.read("contenus/001/conditions.txt").decode()
        chain = bundle.read("chaine-de-conservation.txt").decode()
        text = bundle.read("contenus/001/texte.txt").decode()
    expected = ["preuve.warc.gz", "document.json", "texte.txt", "conditions.json", "conditions.txt", "certificat.pem"]
    assert [name for name in names if name.startswith("contenus/001/")] == [f"contenus/001/{name}" for name in expected]
    assert {"contenus/002/capture.png", "contenus/002/capture.json", "horodatage/02.tsr", "horodatage/02.pem", "horodatage/etat.txt"} <= set(names)
    assert names[-1] == SEAL
    told = {name: conditions[name] for name in ("asked", "remote_address", "user_agent", "clock", "clock_offset", "tls", "status", "request", "host")}
    assert told == {
        "asked": "https://exemple.test/a", "remote_address": "203.0.113.7", "user_agent": "Vigie/0.1 (+mailto:essai@exemple.test)", "clock": "synchronisée",
        "clock_offset": "+0.400 s, sur 2 site(s)", "tls": "TLSv1.3", "status": "HTTP/1.1 200", "request": "GET /a HTTP/1.1", "host": "exemple.test",
    }  # fmt: skip
    assert conditions["robots"] == "les consignes de robots.txt ont été lues et suivies"
    assert conditions["software"].startswith("Vigie")
    assert "De la machine : 203.0.113.7" in spoken
    assert "la personne p a décidé (contenu 1) [entrée 7, aaaa" in chain
    assert text == f"{made.documents[0].title}\n\n{made.documents[0].text}\n"


def test_a_thousand_changed_bytes_are_found_and_their_files_named(made: Made, tmp_path: Path) -> None:
    chance, path, parts = random.Random(7), tmp_path / "p.zip", parts_of(made.data)
    for _ in range(1000):
        place, mask = chance.randrange(len(made.data)), chance.randrange(1, 256)
        found = changed(made, path, place, mask)
        assert found == {next(name for begin, until, name in parts if begin <= place < until)}, (place, mask)


def test_every_byte_of_the_zips_own_records_is_covered(made: Made, tmp_path: Path) -> None:
    path, parts = tmp_path / "p.zip", parts_of(made.data)
    first, seals, last = parts[0], [one for one in parts if one[2] == SEAL], parts[-1]
    places = [*range(first[0], first[0] + 42), *range(seals[0][0], seals[0][0] + 39), *range(*seals[1][:2]), *range(*last[:2])]
    for place in places:
        found = changed(made, path, place, 0x81)
        assert found == {next(name for begin, until, name in parts if begin <= place < until)}, place


@pytest.mark.parametrize("how", ["cut", "longer", "before", "comment", "again", "between", "empty"])
def test_a_bundle_that_is_not_what_was_written_is_found(made: Made, tmp_path: Path, how: str) -> None:
    path, data = tmp_path / "p.zip", made.data
    path.write_bytes(
        {"cut": data[:-7], "longer": data + b"\0", "before": b"\0" + data, "between": data[:5000] + b"x" + data[5000:], "empty": b""}.get(how, data)
    )
    if how == "comment":
        with zipfile.ZipFile(path, "a") as bundle:
            bundle.comment = b"rien"
    elif how == "again":  # the same files, packed by another program
        with zipfile.ZipFile(made.path) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
            for name in old.namelist():
                new.writestr(name, old.read(name))
    assert wrong_of(path)
    assert not prove(path).proved


def resealed(made: Made, path: Path, changes: dict[str, bytes], *, manifest: bool, without: tuple[str, ...] = ()) -> None:
    """What a forger does who knows all of this: another zip in canonical form, with a seal that fits, and if asked a manifest that fits."""
    with zipfile.ZipFile(made.path) as old:
        files = {name: changes.get(name, old.read(name)) for name in old.namelist() if name != SEAL and name not in without}
    files |= {name: data for name, data in changes.items() if name not in files}
    if manifest:
        told = json.loads(files[MANIFEST])
        for one in told["files"]:
            one |= {"size": len(files[one["name"]]), "sha256": hashlib.sha256(files[one["name"]]).hexdigest()}
        files[MANIFEST] = json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True).encode()
    rows, out, directory = [], b"", b""
    for name, data in [*files.items(), (SEAL, b"")]:
        written = data or (seal_of(rows) if name == SEAL else data)
        row, crc = Row(name, len(written), hashlib.sha256(written).hexdigest()), zlib.crc32(written)
        directory += central(row, crc, len(out))
        out += local(row, crc) + written
        rows.append(row)
    path.write_bytes(out + directory + end(len(rows), len(directory), len(out)))


def test_a_forged_seal_does_not_fit_the_manifest(made: Made, tmp_path: Path) -> None:
    resealed(made, tmp_path / "p.zip", {}, manifest=False)
    assert (tmp_path / "p.zip").read_bytes() == made.data
    resealed(made, tmp_path / "p.zip", {"contenus/001/texte.txt": b"autre", "ajout.txt": b"x"}, manifest=False, without=("contenus/002/texte.txt",))
    assert wrong_of(tmp_path / "p.zip") == {"contenus/001/texte.txt", "ajout.txt", "contenus/002/texte.txt"}


def test_a_forged_manifest_does_not_fit_its_time_stamps(made: Made, tmp_path: Path) -> None:
    resealed(made, tmp_path / "p.zip", {"contenus/001/texte.txt": b"autre"}, manifest=True)
    for stamped in (check, verifier.by_openssl):
        found = examine(tmp_path / "p.zip", stamped=stamped)
        assert [(one.part, one.outcome) for one in found] == [("paquet", "oui"), ("horodatage/01.tsr", "NON"), ("horodatage/02.tsr", "NON")]


def test_a_document_that_its_record_does_not_hold_is_not_proved_even_where_all_else_was_forged(made: Made, tmp_path: Path) -> None:
    other = made.documents[0].model_copy(update={"text": "Ce que personne n'a écrit."})
    stamped = tuple(f"horodatage/0{number}.{kind}" for number in (1, 2) for kind in ("tsr", "pem"))
    resealed(made, tmp_path / "p.zip", {"contenus/001/document.json": other.model_dump_json().encode()}, manifest=True, without=stamped)
    proof = prove(tmp_path / "p.zip")
    assert [(one.outcome, "etat.txt" in one.says) for one in proof.findings] == [("oui", False), (" - ", True)]
    assert [one.proved for one in proof.proofs] == [False, True]
    assert not proof.proved
    older = made.documents[1].model_copy(update={"evidence": made.documents[1].evidence.model_copy(update={"record_sha256": "0" * 64})})
    resealed(made, tmp_path / "q.zip", {"contenus/002/document.json": older.model_dump_json().encode()}, manifest=True, without=stamped)
    assert wrong_of(tmp_path / "q.zip") == {"contenus/002/preuve.warc.gz"}


@pytest.mark.parametrize(
    ("name", "data"),
    [
        (MANIFEST, b"[]"), (MANIFEST, b"\xff"), (MANIFEST, b"[" * 100_000), (MANIFEST, b'{"files": [1], "contents": []}'), (MANIFEST, b'{"files": [{"name": 1, "size": [], "sha256": {}}], "contents": [{"folder": 7}]}'),
        ("contenus/001/document.json", b'{"evidence": []}'), ("contenus/001/conditions.json", b'{"record": {"offset": "x"}}'), ("contenus/001/conditions.json", b"null"),
    ],
)  # fmt: skip
def test_a_bundle_that_was_made_to_mislead_the_verifier_is_refused(made: Made, tmp_path: Path, name: str, data: bytes) -> None:
    resealed(made, tmp_path / "p.zip", {name: data}, manifest=name != MANIFEST)
    assert wrong_of(tmp_path / "p.zip")
    assert not prove(tmp_path / "p.zip").proved


@pytest.mark.parametrize(
    "line",
    [
        "a" * 64 + " 9999999999 x.txt",
        "a" * 64 + " 1 ../x.txt",
        "a" * 64 + " 1 /x.txt",
        "A" * 64 + " 1 x.txt",
        "a" * 64 + " 1 x.txt\n" + "a" * 64 + " 1 x.txt",
        "x",
    ],
)
def test_a_seal_that_cannot_be_is_refused(tmp_path: Path, line: str) -> None:
    body = verifier.MAGIC + line.encode() + b"\n"
    (tmp_path / "p.zip").write_bytes(body + hashlib.sha256(body).hexdigest().encode() + verifier.LAST)
    assert wrong_of(tmp_path / "p.zip") == {SEAL}


def test_a_strangers_certificates_are_not_trusted(made: Made, tmp_path: Path) -> None:
    other = make_authority(tmp_path / "autre")
    found = examine(made.path, stamped=lambda *given: check(*given, known=certificates_in(tmp_path / "autre")))
    assert [one.outcome for one in found] == ["oui", " ? ", " ? "]
    assert not proved(found)
    done = subprocess.run(
        [sys.executable, verifier.__file__, str(made.path), "--autorites", str(other.root)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stdout.count("aucune des autorités que vous connaissez") == 2


def test_the_same_input_gives_the_same_bytes(made: Made, tmp_path: Path) -> None:
    def pieces(name: str) -> dict[str, bytes]:
        with zipfile.ZipFile(tmp_path / name) as bundle:
            return {one: bundle.read(one) for one in bundle.namelist()}

    plain = made.case.model_copy(update={"authorities": ()})
    for name in ("un.zip", "deux.zip"):
        seal(Archive(made.archive.root), made.documents, tmp_path / name, plain, stamper=unstamped)
    assert (tmp_path / "un.zip").read_bytes() == (tmp_path / "deux.zip").read_bytes()
    assert "Aucune n'était configurée." in pieces("un.zip")["horodatage/etat.txt"].decode()
    seal(made.archive, made.documents, tmp_path / "trois.zip", made.case, stamper=unstamped, pictures={made.documents[1].id: _picture(made)})
    with zipfile.ZipFile(made.path) as bundle:
        differing = {name for name in bundle.namelist() if bundle.read(name) != pieces("trois.zip").get(name)}
    assert all(name == SEAL or name.startswith("horodatage/") for name in differing)


def _picture(made: Made) -> Screenshot:
    with zipfile.ZipFile(made.path) as bundle:
        facts = json.loads(bundle.read("contenus/002/capture.json"))
        return Screenshot(bundle.read("contenus/002/capture.png"), facts.pop("sha256"), facts)


def commands(readme: str) -> list[str]:
    return [line.strip() for line in readme.split("\n") if line.startswith("    ")]


def test_who_follows_the_page_with_python_and_openssl_alone_finds_it_proved(made: Made, tmp_path: Path) -> None:
    (tmp_path / "PAQUET.zip").write_bytes(made.data)
    with zipfile.ZipFile(made.path) as bundle:
        typed = commands(bundle.read("LISEZMOI.txt").decode())
    assert len(typed) == 7
    clean = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}  # none of our packages
    done = subprocess.run(["bash", "-e", "-c", "\n".join(typed)], cwd=tmp_path, env=clean, capture_output=True, text=True, check=True)
    assert "LE PAQUET EST INTACT." in done.stdout
    assert done.stdout.count("\noui ") == len(json.loads((tmp_path / "paquet" / MANIFEST).read_text())["files"])
    assert "Verification: OK" in done.stdout + done.stderr
    assert "Time stamp: " in done.stdout
    data = bytearray(made.data)
    data[made.data.index(b"Tout autre chose")] ^= 1
    (tmp_path / "PAQUET.zip").write_bytes(data)
    done = subprocess.run(typed[1].split(), cwd=tmp_path, env=clean, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "[NON] contenus/002/document.json : le contenu a changé" in done.stdout
    assert "LE PAQUET N'EST PAS PROUVÉ" in done.stdout


def test_the_program_in_the_bundle_finds_them_too(made: Made, tmp_path: Path) -> None:
    path, chance, parts = tmp_path / "PAQUET.zip", random.Random(11), parts_of(made.data)
    with zipfile.ZipFile(made.path) as bundle:
        (tmp_path / "verifier.py").write_bytes(bundle.read("verifier.py"))
    for _ in range(12):
        data, place = bytearray(made.data), chance.randrange(len(made.data))
        data[place] ^= chance.randrange(1, 256)
        path.write_bytes(data)
        command = ["python3", "-I", "verifier.py", str(path)]
        done = subprocess.run(command, cwd=tmp_path, env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert f"[NON] {next(name for begin, until, name in parts if begin <= place < until)} : " in done.stdout


@pytest.mark.parametrize("given", [[], ["absent.zip"], ["--rien", "absent.zip"]])
def test_the_program_inside_speaks_french_where_it_is_called_wrongly(given: list[str], tmp_path: Path) -> None:
    told = subprocess.run(["python3", "-I", verifier.__file__, *given], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert told.returncode == 2
    assert "python3 verifier.py PAQUET.zip" in told.stderr
    assert not re.search("usage|error|arguments|No such", told.stderr)


def test_without_openssl_the_time_stamps_are_not_taken_for_checked(made: Made, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-I", verifier.__file__, str(made.path)], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stdout.count("openssl n'est pas installé") == 2
    absent = subprocess.run([sys.executable, "-I", verifier.__file__, str(tmp_path / "absent.zip")], capture_output=True, text=True, check=False)
    assert (absent.returncode, "Traceback" in absent.stderr) == (2, False)


def test_the_verifier_in_the_bundle_is_ours_and_needs_nothing(made: Made) -> None:
    source = Path(verifier.__file__).read_bytes()
    with zipfile.ZipFile(made.path) as bundle:
        assert bundle.read("verifier.py") == source
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {name for node in nodes for name in ([node.module] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names])}
    assert {str(name).split(".")[0] for name in names} <= sys.stdlib_module_names


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_escapes_what_the_web_wrote_and_says_the_same_twice(archive: Archive, tmp_path: Path) -> None:
    document = keep(
        archive, a_document(HOSTILE.replace("%3C", "<").replace("%3E", ">"), title="<script>alert(1)</script>"), make_capture(HOSTILE, body=PAGE)
    )
    sealed = seal(archive, [document], tmp_path / "p.zip", case(), stamper=unstamped)
    assert sealed.unproved == (document.url,)  # that title is not on the page
    with zipfile.ZipFile(tmp_path / "p.zip") as bundle:
        page, text = bundle.read("LISEZMOI.html").decode(), bundle.read("LISEZMOI.txt").decode()
        assert "PAS ENTIÈREMENT PROUVÉ" in bundle.read("contenus.txt").decode()
    found = Tags(page)
    assert set(found.seen) == {"html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "ul", "li", "pre"}
    assert document.url in found.text
    assert all(command in found.text for command in commands(text))
    assert "Maison <d'essai>" in found.text
    assert len(text.split()) < 550  # a page
    assert prove(tmp_path / "p.zip").intact
    assert not prove(tmp_path / "p.zip").proved


def test_what_was_kept_in_part_or_came_without_http_is_sealed_too(archive: Archive, tmp_path: Path) -> None:
    left = json.dumps([{"content": "<p>Une première ligne</p>", "id": "12345"}]).encode()
    part = keep(
        archive,
        a_document("https://exemple.test/@x/12345", "Une première ligne", title=None),
        make_capture("https://exemple.test/api"),
        redacted=left,
    )
    stream = keep(
        archive,
        a_document("https://exemple.test/f/1", "Un message.", title=None),
        make_capture("wss://flux.test/s", b'{"url": "https://exemple.test/f/1", "text": "Un message."}'),
    )
    older = stream.model_copy(update={"evidence": stream.evidence.model_copy(update={"record_sha256": None})})
    seal(archive, [part, stream, older], tmp_path / "p.zip", case(), stamper=unstamped)
    assert prove(tmp_path / "p.zip").proved
    with zipfile.ZipFile(tmp_path / "p.zip") as bundle:
        told = json.loads(bundle.read("contenus/002/conditions.json"))
        assert (told["answered"], told["request"], told["redirects"]) == ("wss://flux.test/s", None, None)
        assert "Demande envoyée : non connu" in bundle.read("contenus/002/conditions.txt").decode()
    row = json.dumps({"offset": 0}).encode()
    resealed_from = Made(tmp_path / "p.zip", b"", archive, [], case(), tmp_path)
    resealed(resealed_from, tmp_path / "q.zip", {"contenus/001/conditions.json": b'{"record": ' + row + b"}"}, manifest=True)
    assert wrong_of(tmp_path / "q.zip") == {"contenus/001/preuve.warc.gz"}


def test_nothing_is_left_where_there_is_nothing_to_seal(archive: Archive, tmp_path: Path) -> None:
    whole = keep(archive, a_document(), make_capture(body=PAGE))
    gone = whole.model_copy(update={"evidence": whole.evidence.model_copy(update={"file": "evidence/absent.warc.gz"})})
    for documents, error in (([whole, gone], NotFound), ([a_document()], NotFound), ([], Invalid)):
        with pytest.raises(error):
            seal(archive, documents, tmp_path / "in" / "p.zip", case(), stamper=unstamped)
    assert not [one for one in tmp_path.rglob("*.zip*") if one.is_file()]


def test_a_bundle_that_grows_beyond_a_zip_is_refused(archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = keep(archive, a_document(), make_capture(body=PAGE))
    monkeypatch.setattr(verifier, "MOST", verifier.TAIL + 20_000)
    with pytest.raises(Invalid, match="seal fewer contents at once"):
        seal(archive, [document], tmp_path / "p.zip", case(), stamper=unstamped)


def test_a_time_stamp_is_added_later_beside_and_is_covered_too(made: Made, tmp_path: Path) -> None:
    path = tmp_path / "p.zip"
    path.write_bytes(made.data)
    with serving(make_authority(tmp_path / "plus-tard")) as later:
        stamp_beside(path, authorities_of(later.url), known=certificates_in(tmp_path / "plus-tard"))
    assert path.read_bytes() == made.data
    token = next(tmp_path.glob("p.zip.*.tsr"))
    assert [(one.part, one.outcome) for one in prove(path).findings][-1] == (token.name, "oui")
    assert f"[oui] {token.name}" in subprocess.run([sys.executable, verifier.__file__, str(path)], capture_output=True, text=True, check=True).stdout
    for one in (token, token.with_suffix(".pem")):
        whole = one.read_bytes()
        for place in random.Random(7).sample(range(len(whole)), 40):
            one.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
            assert wrong_of(path) == {token.name}
        one.write_bytes(whole)
    token.with_suffix(".pem").unlink()
    assert wrong_of(path) == {token.name}
    path.write_bytes(made.data[:-1] + b"x")
    with pytest.raises(Invalid, match="is not the bundle that was sealed"):
        stamp_beside(path, (), known=())
