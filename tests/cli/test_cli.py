"""The command as people use it, bad input first: one clear line, exit code 2, never a traceback."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from cli.main import COMMANDS, run
from cli.tables import safe
from core.settings import ROOT, Settings
from flows.crawling import child_environment

if TYPE_CHECKING:
    from pathlib import Path

BAD = "Jetez vos médicaments et arrêtez la chimio : seul notre protocole peut vous guérir du cancer."
GOOD = "La mairie annonce la réouverture de la piscine samedi."


@pytest.fixture(autouse=True)
def environment(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.sources_dir.mkdir()
    for name, value in child_environment(settings).items():
        if name.startswith("VIGIE_"):
            monkeypatch.setenv(name, value)


def vigie(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = run(list(arguments))
    found = capsys.readouterr()
    assert "Traceback" not in found.err
    return code, found.out, found.err


def feed(monkeypatch: pytest.MonkeyPatch, body: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(body)))


def test_every_command_has_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    for name in COMMANDS:
        code, out, _ = vigie(capsys, name, "--help")
        assert code == 0
        assert "Usage: vigie" in out


@pytest.mark.parametrize(
    "arguments", [["queue", "--size", "0"], ["queue", "--marker", "gouru"], ["show"], ["queue", "extra"], ["queu"], ["-x"], ["retention", "runn"]]
)
def test_a_wrong_command_line_gets_one_line(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    code, out, error = vigie(capsys, *arguments)
    assert (code, out, error.count("\n")) == (2, "", 1), error
    assert error.startswith("vigie")
    assert "--help" in error


@pytest.mark.alone
def test_help_is_quick_and_a_cold_score_too() -> None:
    def best(*arguments: str) -> float:
        times = []
        for _ in range(3):
            start = time.monotonic()
            subprocess.run([sys.executable, "-m", "cli.main", *arguments], cwd=ROOT, capture_output=True, check=True)
            times.append(time.monotonic() - start)
        return min(times)

    assert best("--help") <= 0.6
    assert best("score", GOOD) <= 8  # 4 s on a quiet machine: bench/start.py measures; here only that nothing heavy crept in


def test_score_texts(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = vigie(capsys, "score", BAD)
    assert code == 0
    assert "abandon de soins" in out
    assert "une croyance, même étrange, n'est pas un marqueur" in out
    code, out, _ = vigie(capsys, "score", "--json", GOOD, BAD)
    rows = [json.loads(line) for line in out.splitlines()]
    assert rows[0]["decision"]["abandon_soins"] == "rien"
    assert rows[1]["decision"]["abandon_soins"] != "rien"
    assert all(BAD[found["start"] : found["end"]] == found["text"] for found in rows[1]["evidence"])


def test_score_files_and_standard_input(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "texte.txt"
    path.write_text(GOOD, encoding="utf-8")
    assert vigie(capsys, "score", str(path), "--json")[0] == 0
    assert vigie(capsys, "score", "--file", str(path))[0] == 0
    feed(monkeypatch, BAD.encode())
    code, out, _ = vigie(capsys, "score", "--json")
    assert code == 0
    assert json.loads(out)["decision"]["abandon_soins"] != "rien"


@pytest.mark.parametrize(
    ("arguments", "body", "said"),
    [
        (["score", ""], b"", "the text is empty"),
        (["score", "   "], b"", "the text is empty"),
        (["score"], b"", "the text is empty"),
        (["score"], b"caf\xe9", "byte 3 is not UTF-8"),
        (["score", "--file", "/nowhere"], b"", "/nowhere cannot be read"),
        (["score", "--jsonl", "/nowhere"], b"", "/nowhere cannot be read"),
        (["score", "--jsonl", "x", "texte"], b"", "give one of them"),
        (["score", "a" * 5_000_000], b"", "5000000 characters, at most 1000000"),
        (["score", "Bonjour \udcff"], b"", "not UTF-8"),
        (["score", "--unknown"], b"", "No such option"),
        (["scor"], b"", "No such command"),
        (["crawl", "nothing"], b"", "source 'nothing' does not exist"),
        (["crawl"], b"", "no source is enabled"),
        (["queue", "--marker", "sorcier"], b"", "'gourou'"),
        (["queue", "--size", "0"], b"", "range"),
        (["queue", "--words", "x" * 2000], b"", "at most 1000"),
    ],
    ids=lambda value: None if not isinstance(value, list) else " ".join(value)[:30],
)
def test_bad_input_is_one_clear_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arguments: list[str], body: bytes, said: str
) -> None:
    feed(monkeypatch, body)
    code, out, error = vigie(capsys, *arguments)
    assert code == 2
    assert said in error
    assert out == ""
    assert len([line for line in error.splitlines() if line and not line.startswith(("Usage", "Try"))]) == 1


@pytest.mark.parametrize(
    ("name", "value", "arguments", "said"),
    [
        ("VIGIE_ELASTICSEARCH_URL", "http://127.0.0.1:9", ["queue"], "127.0.0.1:9"),
        ("VIGIE_MODEL", "vigie-e5-smal-fr", ["score", GOOD], "did you mean 'vigie-e5-small-fr'"),
        ("VIGIE_MODELS_DIR", "/nowhere", ["score", GOOD], "VIGIE_MODELS_DIR"),
        ("VIGIE_DATA_DIR", "/proc/none", ["crawl", "blog"], "cannot write"),
        ("VIGIE_MODLE", "x", ["queue"], "did you mean 'VIGIE_MODEL'"),
        ("VIGIE_SOURCES_DIR", "/nowhere", ["sources", "list"], "no such folder"),
        ("VIGIE_BATCH_DOCUMENTS", "0", ["doctor"], "VIGIE_BATCH_DOCUMENTS"),
    ],
)
def test_a_wrong_setting_is_one_clear_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, settings: Settings, name: str, value: str, arguments: list[str], said: str
) -> None:
    (settings.sources_dir / "blog.yml").write_text(
        "title: Blog\nkind: feed\nurl: http://127.0.0.1:9/\npurpose: essai de réglage\nlegal_basis: essai de réglage\n"
    )
    monkeypatch.setenv(name, value)
    code, _, error = vigie(capsys, *arguments)
    assert code == 2
    assert said in error
    assert len(error.strip().splitlines()) == 1


def jsonl(capsys: pytest.CaptureFixture[str], tmp_path: Path, *lines: bytes) -> tuple[int, list[dict[str, Any]], str]:
    path = tmp_path / "in.jsonl"
    path.write_bytes(b"\n".join(lines))
    code, out, error = vigie(capsys, "score", "--jsonl", str(path))
    return code, [json.loads(line) for line in out.splitlines()], error


def test_json_lines_in_order(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    given = [{"id": f"d{n}", "text": GOOD if n % 2 else BAD, "kind": "post"} for n in range(200)] + [{"id": 7, "text": GOOD, "title": "Titre"}]
    code, rows, error = jsonl(capsys, tmp_path, *(json.dumps(row).encode() for row in given))
    assert (code, error) == (0, "")
    assert [row["id"] for row in rows] == [row["id"] for row in given]
    assert set(rows[0]) == {"id", "scores", "decision", "stance", "evidence", "flags"}
    assert set(rows[0]["scores"]) == {"gourou", "complotisme", "abandon_soins"}
    assert rows[0]["decision"]["abandon_soins"] in ("alerte", "a_lire")
    assert rows[1]["decision"] == dict.fromkeys(rows[1]["decision"], "rien")


def test_a_bad_line_is_answered_in_its_place_and_stops_no_other(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    good = json.dumps({"id": "g", "text": GOOD}).encode()
    bad = [b"{not json", b'{"id": NaN, "text": "x"}', b'{"id": "\\ud800", "text": "x"}', b"[1]", b'{"id": "x"}', b'{"id": "x", "text": 3}', b'{"id": "x", "text": ""}', b'{"id":"x","text":"\xff"}', b'{"id":"x","text":"\\ud800"}',
           json.dumps({"id": "x", "text": "a" * 1_000_001}).encode()]  # fmt: skip
    code, rows, error = jsonl(capsys, tmp_path, good, *bad, b"", good)
    assert code == 2
    assert len(rows) == len(bad) + 2
    assert [row["line"] for row in rows if "error" in row] == list(range(2, len(bad) + 2))
    assert all(row["error"]["message"] and "\n" not in row["error"]["message"] for row in rows if "error" in row)
    assert rows[0]["id"] == rows[-1]["id"] == "g"
    assert "decision" in rows[-1]
    assert len(error.splitlines()) == len(bad)


def test_an_empty_index_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = vigie(capsys, "queue")
    assert code == 0
    assert "vigie run" in out


def test_the_whole_circuit_by_hand(capsys: pytest.CaptureFixture[str], web: Any) -> None:
    assert vigie(capsys, "sources", "check")[0] == 0
    assert "demo_blog_source" in vigie(capsys, "sources", "list")[1]
    assert "mastodon_tag" in vigie(capsys, "sources", "kinds")[1]
    code, out, _ = vigie(capsys, "crawl", "demo_blog_source", "demo_cagnottes", "--json")
    assert code == 0
    assert sum(source["kept"] for source in json.loads(out)["sources"]) > 10
    assert "documents évalués" in vigie(capsys, "score", "--pending")[1]
    assert "documents indexés" in vigie(capsys, "publish")[1]
    code, out, _ = vigie(capsys, "queue", "--json")
    entries = [json.loads(line) for line in out.splitlines()]
    assert entries
    assert [entry["priority"] for entry in entries] == sorted((entry["priority"] for entry in entries), reverse=True)
    assert all(entry["text"][found["start"] : found["end"]] == found["text"] for entry in entries for found in entry["evidence"])
    out = vigie(capsys, "queue", "--size", "3")[1]
    assert "À lire d'abord" in out
    assert "«" in out
    assert "documents dans le nouvel index" in vigie(capsys, "reindex")[1]
    assert json.loads(vigie(capsys, "doctor", "--json")[1])


def test_crawled_text_cannot_redraw_the_terminal() -> None:
    assert safe("a\x1b[2Jb\u202ec\nd\x00") == "a [2Jb c d"


def test_rich_markup_in_a_title_stays_text(capsys: pytest.CaptureFixture[str]) -> None:
    from cli.context import console
    from cli.pages import queue_page
    from core.records import MARKERS, Assessment, Evidence, ScoredDocument
    from index.queue import QueueItem, QueuePage
    from tests.conftest import make_document
    from tests.index.making import entry_of

    document = make_document(text="[red]Piège[/red] [link=http://x]", title="[bold]t[/bold]")
    evidence = Evidence(marker="gourou", start=0, end=5, text="[red]", score=0.9)
    assessment = Assessment(document_id=document.id, model="m", revision="r", scores=dict.fromkeys(MARKERS, 0.9),
                            decision=dict.fromkeys(MARKERS, "alerte"), evidence=(evidence,))  # fmt: skip
    entry = entry_of(ScoredDocument(document=document, assessment=assessment, batch="b"))
    console().print(queue_page(QueuePage((QueueItem(entry, 2),), 3, None)))
    out = capsys.readouterr().out
    assert "[bold]t[/bold]" in out
    assert "« [red] »" in out


def test_a_wrong_file_hides_no_other_source(capsys: pytest.CaptureFixture[str], settings: Settings, web: Any) -> None:
    (settings.sources_dir / "casse.yml").write_text("title: a: b\n", encoding="utf-8")
    for arguments in (["sources", "list"], ["sources", "check"], ["sources", "coverage"]):
        code, out, error = vigie(capsys, *arguments)
        assert (code, "demo_blog_source" in out, len(error.splitlines())) == (2, True, 1)
        assert "casse.yml: not readable as YAML at line 1" in error
    assert vigie(capsys, "sources", "coverage", "demo_cagnottes")[::2] == (0, "")
    code, out, error = vigie(capsys, "crawl", "demo_cagnottes", "--json")
    assert (code, json.loads(out)["broken"], error) == (0, {}, "")
    code, out, error = vigie(capsys, "crawl", "demo_blog_source", "casse")
    assert (code, "demo_blog_source" in out, "gardés : nouveaux" in out, "casse.yml" in error) == (2, True, True, True)
    assert "robots_txt : robots.txt demande de ne pas lire" in out


def test_a_trial_says_what_was_left_out_and_what_to_do(capsys: pytest.CaptureFixture[str], settings: Settings, web: Any) -> None:
    path = settings.sources_dir / "demo_cagnottes.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("min: 5", "min: 500").replace("enabled: true", "enabled: false"), encoding="utf-8")
    code, out, _ = vigie(capsys, "sources", "check", "demo_cagnottes")
    assert (code, "au moins 500" in out, "enabled: true" in out) == (0, False, True)
    path.write_text(path.read_text(encoding="utf-8") + "keep: {words: [motquinestpasla]}\n", encoding="utf-8")
    code, out, _ = vigie(capsys, "sources", "check", "demo_cagnottes")
    assert code == 2
    assert "no_word : aucun des mots demandés par la source" in out
    assert "assouplissez « keep »" in out


def test_adding_a_source(capsys: pytest.CaptureFixture[str], settings: Settings, web: Any) -> None:
    site = web.urls["mastodon"]
    code, out, _ = vigie(capsys, "sources", "add", f"{site}/tags/sante", "--name", "essai")
    assert (code, "mastodon_tag" in out, "vigie sources check essai" in out) == (0, True, True)
    before = (settings.sources_dir / "essai.yml").read_bytes()
    for wrong in (["--name", "../essai"], ["--name", "Essai"], ["--name", "essai"], ["--name", "essai", "--force", "--purpose", "x"]):
        code, _, error = vigie(capsys, "sources", "add", f"{site}/tags/sante", *wrong)
        assert (code, len(error.splitlines())) == (2, 1)
    assert (settings.sources_dir / "essai.yml").read_bytes() == before
    assert "an invitation" in vigie(capsys, "sources", "add", "https://t.me/joinchat/abcdef")[2]
    assert vigie(capsys, "sources", "add", "t.me/s/canal_invente", "--name", "canal")[0] == 0  # as copied from an address bar
    assert "url" not in (settings.sources_dir / "canal.yml").read_text(encoding="utf-8")
    for private in ("http://10.0.0.1/", "http://169.254.169.254/", "http://[fd00::1]/", "http://192.168.1.1/a"):
        assert vigie(capsys, "sources", "add", private)[::2] == (
            2,
            f"vigie: {private}: lies in a private network; expected a page that everybody can open\n",
        )
    assert vigie(capsys, "optout", "add", "127.0.0.1", "--no-purge")[0] == 0
    assert "asked not to be read" in vigie(capsys, "sources", "add", f"{site}/tags/sante", "--name", "autre")[2]


def test_opting_out_of_a_host_is_asked_first(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    from crawlers.evidence.archive import Archive
    from tests.conftest import make_document

    batch = Archive(settings.archive_dir).open_batch("essai")
    for number in range(2):
        batch.add(make_document(f"https://oppose.test/{number}"))
    batch.seal()
    feed(monkeypatch, b"")
    code, out, error = vigie(capsys, "optout", "add", "oppose.test")
    assert (code, out, "--yes" in error, len(error.splitlines())) == (2, "", True, 1)
    feed(monkeypatch, b"non\n")
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    code, out, _ = vigie(capsys, "optout", "add", "oppose.test")
    assert (code, "2 documents conservés sont couverts" in out, "Rien n'a été écrit" in out) == (2, True, True)
    assert vigie(capsys, "optout", "list")[1].startswith("Personne")
    code, out, _ = vigie(capsys, "optout", "add", "https://oppose.test/0")
    assert (code, "1 document conservé est couvert" in out) == (130, True)  # nobody answers: nothing is done
    code, out, _ = vigie(capsys, "optout", "add", "oppose.test", "--yes")
    assert (code, "1 ligne ajoutée" in out, "Effacés : 2 documents" in out) == (0, True, True)
    code, out, _ = vigie(capsys, "optout", "add", "oppose.test", "--yes")
    assert (code, "Déjà dans la liste" in out, "rien de ce qui est conservé n'est couvert" in out) == (0, True, True)
