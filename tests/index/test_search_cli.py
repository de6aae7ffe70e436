"""``vigie search`` and ``vigie show`` as people use them."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from cli.search import search
from cli.show import defanged, show
from core.errors import Invalid, NotFound
from core.records import Channel
from core.settings import Settings
from flows.crawling import child_environment
from index.documents import Entry
from index.open import open_index

HANDLE = "anne_aube"


@pytest.fixture
def vigie(settings: Settings, monkeypatch: pytest.MonkeyPatch, make_entry: Callable[..., Entry]) -> Callable[..., Result]:
    for name, value in child_environment(settings).items():
        if name.startswith("VIGIE_"):
            monkeypatch.setenv(name, value)
    index = open_index(settings)
    text = "Le maître guérit les chevaux par l’eau\x1b[31m vive. " + "Une phrase de plus. " * 40 + "Le maître encore."
    entries = [
        make_entry(1, text=text, p=0.9, title="Le [bold]maître[/bold]", url=f"https://forum.example/@{HANDLE}/1", platform="forum.example",
                   links=("https://t.me/canal",), contacts=(Channel(kind="telegram", value="t.me/canal"),)),
        make_entry(2, text="Recette de tarte aux pommes.", p=0.6),
    ]  # fmt: skip
    for entry in entries:
        entry["campaign"] = "c-1"
    assert index.write(entries).indexed == 2
    index.close()

    @click.group()
    @click.pass_context
    def root(ctx: click.Context) -> None:
        ctx.obj = {"verbose": False}

    root.add_command(search)
    root.add_command(show)

    def run(*arguments: str, answer: str | None = None) -> Result:
        result = CliRunner().invoke(root, list(arguments), input=answer)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


def test_results_are_read(vigie: Callable[..., Result]) -> None:
    out = vigie("search", "cheval", "--facets").stdout
    assert "1 résultat" in out
    assert "chevaux par l’eau" in out
    assert "[bold]maître[/bold]" in out
    assert "\x1b" not in out
    assert "Plateforme" in out
    assert "et 1 copie" in out
    assert "2 résultats, dont 1 ici" in vigie("search", "--size", "1").stdout
    assert "--after" in vigie("search", "--size", "1").stdout
    assert "Aucun résultat" in vigie("search", "introuvable").stdout


def test_quotes_that_the_shell_takes_away_are_a_phrase(vigie: Callable[..., Result]) -> None:
    assert "1 résultat" in vigie("search", "le maître guérit").stdout
    assert "Aucun" in vigie("search", "maître le").stdout
    assert "1 résultat" in vigie("search", "maître", "le").stdout


def test_json_gives_pages_that_follow(vigie: Callable[..., Result]) -> None:
    first = json.loads(vigie("search", "--json", "--size", "1", "--facets").stdout)
    assert (first["total"], len(first["results"])) == (2, 1)
    assert dict(first["facets"]["decision"]) == {"alerte": 1, "a_lire": 1}
    second = json.loads(vigie("search", "--json", "--size", "1", "--after", first["next"]).stdout)
    assert second["next"] is None
    assert second["results"][0]["id"] != first["results"][0]["id"]
    (found,) = json.loads(vigie("search", "--json", "cheval").stdout)["results"]
    ((start, end),) = found["highlights"]["text"]
    assert found["text"][start:end] == "chevaux"
    assert "embedding" not in found


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--marker", "gouru"], "did you mean 'gourou'"),
        (["--submarker", "B99"], "sub-marker 'B99' is unknown"),
        (["--flag", "T55"], "did you mean 'T5'"),
        (["--since", "hier"], "expected a day"),
        (["--similar", "0" * 32], "not in the index"),
        (["--after", "x"], "cannot be read"),
        (["--export", "f.xlsx"], "expected FILE.csv or FILE.jsonl"),
        (["--similar", "a", "--after", "1~b"], "larger size"),
    ],
)
def test_mistakes_are_told(vigie: Callable[..., Result], arguments: list[str], message: str) -> None:
    with pytest.raises((Invalid, NotFound), match=message):
        vigie("search", *arguments)


def test_all_results_are_exported_without_a_name(vigie: Callable[..., Result], tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    assert "2 résultats" in vigie("search", "--size", "1", "--export", str(path)).stdout
    assert HANDLE not in path.read_text(encoding="utf-8")
    with path.open(encoding="utf-8", newline="") as lines:
        assert len(list(csv.reader(lines))) == 3
    with pytest.raises(Invalid, match="declined"):
        vigie("search", "--export", str(path), "--addresses", answer="n\n")
    with pytest.raises(Invalid, match="add --yes"):
        vigie("search", "--export", str(path), "--addresses", answer="")
    assert HANDLE not in path.read_text(encoding="utf-8")
    vigie("search", "cheval", "--export", str(path), "--addresses", "--yes")
    assert f"@{HANDLE}/1" in path.read_text(encoding="utf-8")
    with pytest.raises(Invalid, match="declined"):
        vigie("search", "--export", str(path), answer="n\n")
    assert "2 résultats" in vigie("search", "--export", str(path), answer="o\n").stdout


def test_one_item_is_shown_whole_and_nothing_of_it_can_be_clicked(vigie: Callable[..., Result]) -> None:
    found: list[dict[str, Any]] = json.loads(vigie("search", "cheval", "--json").stdout)["results"]
    out = vigie("show", found[0]["id"]).stdout
    for shown in (found[0]["id"], "hxxps://t[.]me/canal", "hxxps://forum[.]example", "telegram:t.me/canal", "avec 1 autre contenu", "À examiner"):
        assert shown in out
    assert "https://" not in out
    assert "Une phrase de plus" not in out
    assert "Une phrase de plus" in vigie("show", found[0]["id"], "--text").stdout
    assert json.loads(vigie("show", found[0]["id"], "--json").stdout)["id"] == found[0]["id"]
    with pytest.raises(NotFound):
        vigie("show", "0" * 32)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/x.html", "hxxps://a[.]example/x.html"),
        ("javascript:alert(1).a", "javascript:alert(1)[.]a"),
        ("http://[oops.example/", "http://[oops[.]example/"),
    ],
)
def test_addresses_become_text(url: str, expected: str) -> None:
    assert defanged(url) == expected
