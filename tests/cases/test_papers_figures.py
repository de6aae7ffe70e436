"""The art. 34 contribution and the yearly picture: what is counted, what is hidden, what is drawn."""

from __future__ import annotations

import csv
import io
import itertools
import random
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from cases.papers.article34 import Article34, article34, article34_csv, example, load_grid
from cases.papers.article34_paper import article34_paper
from cases.papers.charts import bars, said
from cases.papers.cuts import Line, change, share
from cases.papers.docx import docx
from cases.papers.paper import Chart, Paper, Table
from cases.papers.pdf import paper_pdf
from cases.papers.seen import Known, Seen, seen
from cases.papers.tableau import Picture, evolution, picture, picture_csv, picture_paper, year_before
from cases.papers.text import paper_text
from core.errors import ConfigError, Invalid
from tests.cases.test_papers import tags

SINCE, UNTIL = date(2025, 1, 1), date(2025, 12, 31)
PERIOD: dict[str, Any] = {"since": SINCE, "until": UNTIL, "as_of": datetime(2026, 1, 10, tzinfo=UTC)}


def row(**changes: Any) -> Seen:
    said_of = {
        "at": datetime(2025, 3, 2, 12, tzinfo=UTC), "qualification": "licite_preoccupant", "markers": ("gourou",), "signs": ("B1",), "lane": "signale",
        "platform": "bluesky", "flags": ("T2",), "language": "fr", "campaign": None,
    }  # fmt: skip
    return Seen(**{**said_of, **changes})


def many(seed: int = 1, size: int = 400) -> list[Seen]:
    rng = random.Random(seed)
    return [
        row(
            at=datetime(2025, rng.randint(1, 12), 5, tzinfo=UTC),
            qualification=rng.choices(("licite_preoccupant", "illicite_presume", "urgence", "hors_champ"), (5, 2, 0.1, 4))[0],
            markers=rng.choices((("gourou",), ("abandon_soins",), ("complotisme",), ("abandon_soins", "gourou")), (4, 5, 2, 0.1))[0],
            signs=tuple(sorted(rng.sample(("A1", "A4", "B1", "B6", "C2"), 2))), lane=rng.choice(("signale", "signale", "sondage")),
            platform=rng.choices(("bluesky", "mastodon", "inconnu", "autre"), (6, 3, 1, 0.1))[0],
            flags=tuple(sorted(rng.sample(("T1", "T2", "T3", "T5", "T9"), 2))) + (("T7",) if rng.random() < 0.005 else ()),
            language=rng.choices(("fr", "en"), (9, 1))[0], campaign=rng.choice((None, None, "c1", f"c{rng.randint(2, 90)}")),
        )
        for _ in range(size)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def year() -> Picture:
    return picture(many(1), many(2, 300), **PERIOD)


@pytest.fixture(scope="module")
def contribution() -> Article34:
    shown = example("Ne dites rien à vos proches, écrivez à contact@mal.example.", markers=("gourou",), signs=("B3",), flags=())
    return article34(many(1), **PERIOD, examples=(shown,), suggestions=("Étiqueter les contenus de santé sans source.",))


def test_the_picture_counts_what_was_decided(year: Picture) -> None:
    counted = [one for one in many(1) if one.qualification != "hors_champ"]
    assert (year.read, year.total) == (400, len(counted))
    themes = Counter("+".join(one.markers) for one in counted)
    for line in year.cut("theme").lines:
        assert line.number in (None, themes[line.value])
    flags = Counter(flag for one in counted for flag in one.flags)
    line = year.cut("flag").line("T2")
    assert (line.number, line.share) == (flags["T2"], round(flags["T2"] / len(counted), 4))
    before = Counter(flag for one in many(2, 300) if one.qualification != "hors_champ" for flag in one.flags)["T2"]
    assert (line.before, line.change) == (before, round((flags["T2"] - before) / before, 4))


def test_nothing_under_five_is_shown_or_can_be_computed(year: Picture, contribution: Article34) -> None:
    hidden = 0
    for found in (*year.cuts, *contribution.cuts):
        for line in found.lines:
            assert line.number is None or line.number == 0 or line.number >= 5, (found.dimension, line)
            assert line.before is None or line.before == 0 or line.before >= 5, (found.dimension, line)
            hidden += line.number is None
    assert hidden, "the sample has small cells"
    for one, names in ((year, ("month", "theme", "platform", "qualification")), (contribution, ("month", "theme", "platform", "language"))):
        for name in names:
            secret = [line for line in one.cut(name).lines if line.number is None]
            assert len(secret) != 1, f"{name}: one hidden cell is the total less the others"


def test_a_flag_that_few_show_is_hidden_with_its_contrary() -> None:
    rows = [row(flags=("T7",) if number < 3 else ()) for number in range(100)]
    assert picture(rows, [], **PERIOD).cut("flag").line("T7").number is None


def test_a_flag_that_nothing_shows_is_no_line_and_one_of_last_year_is_none_now() -> None:
    lines = {line.value: (line.number, line.before) for line in picture([row()] * 9, [row(flags=("T1",))] * 8, **PERIOD).cut("flag").lines}
    assert lines == {"T2": (9, 0), "T1": (0, 8)}


def test_an_empty_year_and_a_first_year_can_be_printed() -> None:
    for rows, before in (([], []), ([], [row()] * 10), ([row()] * 3, [row()] * 3)):
        made = picture(rows, before, **PERIOD)
        assert paper_pdf(picture_paper(made, organisation="Clairière"))
    assert paper_pdf(article34_paper(article34([], **PERIOD), organisation="Clairière"))
    assert picture([row()] * 3, [], **PERIOD).total is None


def test_a_total_of_fewer_than_five_is_hidden_everywhere() -> None:
    made = picture([row()] * 3, [], **PERIOD)
    assert "masqué" in paper_text(picture_paper(made, organisation="C"))
    assert all(line.number is None for cut in made.cuts for line in cut.lines if line.number != 0)


def test_shares_and_changes() -> None:
    assert (share(1, 3), share(None, 3), share(1, None), share(0, 0)) == (0.3333, None, None, None)
    assert (change(12, 10), change(8, 10), change(5, 0), change(None, 10), change(5, None)) == (0.2, -0.2, None, None, None)
    assert [evolution(value) for value in (0.125, -0.5, 0.0, None)] == ["+ 12,5 %", "− 50,0 %", "+ 0,0 %", "—"]


def test_the_year_before_is_the_same_days() -> None:
    assert year_before(date(2024, 2, 29), date(2025, 2, 28)) == (date(2023, 2, 28), date(2024, 2, 28))


def test_only_lawful_content_is_in_a_contribution(contribution: Article34) -> None:
    lawful = [one for one in many(1) if one.qualification == "licite_preoccupant"]
    assert (contribution.read, contribution.total) == (400, len(lawful))
    assert contribution.cut("sign").line("A1").number == sum("A1" in one.signs for one in lawful)
    assert contribution.cut("flag").line("T5").number == sum("T5" in one.flags for one in lawful)
    copies = Counter(one.campaign for one in lawful if one.campaign)
    assert contribution.cut("copies").line("3").number == sum(copies[one.campaign] >= 3 for one in lawful if one.campaign)
    drawn = [one for one in many(1) if one.lane == "sondage"]
    assert (contribution.drawn.read, contribution.drawn.found) == (len(drawn), sum(one.qualification == "licite_preoccupant" for one in drawn))
    assert contribution.drawn.low is not None
    assert contribution.drawn.low < (contribution.drawn.value or 0) < (contribution.drawn.high or 0)


def test_an_example_names_nobody() -> None:
    made = example("Écrivez à Jean@mal.example ou au 06 12 34 56 78, @gourou vous répond", markers=("gourou",), signs=("B1",), flags=("T2",))
    assert all(bad not in made.text for bad in ("Jean@mal", "06 12", "@gourou"))
    for text, flags in (("Un témoignage", ("T12",)), ("x" * 500, ()), ("   ", ())):
        with pytest.raises(Invalid):
            example(text, markers=("gourou",), signs=(), flags=flags)


def charts_and_tables(paper: Paper) -> list[type]:
    return [type(block) for block in paper.shown if isinstance(block, Chart | Table)]


def test_each_chart_has_words_and_its_table(year: Picture, contribution: Article34) -> None:
    for paper in (picture_paper(year, organisation="C"), article34_paper(contribution, organisation="C")):
        for chart, after in itertools.pairwise(paper.shown):
            if isinstance(chart, Chart):
                assert isinstance(after, Table), "the table of the same figures stands right after"
                for label, number, *_ in after.rows:
                    assert f"{label} {number}" in chart.alt
                assert Image.open(io.BytesIO(chart.png)).size[0] > 1000
        found = tags(paper_pdf(paper))
        assert sum(name == "/Figure" for name, _, _ in found) == charts_and_tables(paper).count(Chart) > 3
        assert all(alt.startswith("Diagramme à barres") for name, alt, _ in found if name == "/Figure")
        assert docx(paper) == docx(paper)


def test_the_contribution_says_what_it_is_and_what_it_rests_on(contribution: Article34) -> None:
    read = " ".join(paper_text(article34_paper(contribution, organisation="Clairière")).split())
    for wanted in (
        "Ce n'est pas une notification", "art. 34, par. 1", "à vérifier par un juriste", "Étiqueter les contenus de santé", "art. 35, par. 1, point g",
        "intervalle de Wilson", "recommandations", "Ne dites rien à vos proches", "une proposition de cette organisation", "En français",
    ):  # fmt: skip
        assert wanted in read, wanted
    assert "contact@mal.example" not in read


def test_pictures_are_the_same_for_the_same_figures() -> None:
    one = bars("Titre $x$ <b>", ["a$b$", "n" * 80, "vide"], [3, None, 0], before=[1, 2, None], names=("2025", "2024"))
    assert one == bars("Titre $x$ <b>", ["a$b$", "n" * 80, "vide"], [3, None, 0], before=[1, 2, None], names=("2025", "2024"))
    assert said("Titre", ["a"], [None], before=[4]).startswith("Diagramme à barres. Titre : a masqué (un an plus tôt : 4).")


def test_the_tables_are_csv_that_says_what_is_hidden(year: Picture, contribution: Article34) -> None:
    for made in (picture_csv(year), article34_csv(contribution)):
        rows = list(csv.DictReader(io.StringIO(made.decode("utf-8"), newline="")))
        assert rows[0]["dimension"] == "total"
        assert {one["hidden"] for one in rows} == {"0", "1"}
        assert all((one["number"] == "") == (one["hidden"] == "1") for one in rows)
        assert made.count(b"\r\n") == len(rows) + 1


def test_the_figures_hold_no_word_of_a_content(year: Picture) -> None:
    assert set(Line.model_fields) == {"value", "number", "share", "before", "change"}
    assert Picture.model_validate_json(year.model_dump_json()) == year


def test_the_grid_names_flags_of_the_taxonomy(tmp_path: Path) -> None:
    assert [one.letter for one in load_grid().risks] == ["b", "c", "d"]
    assert not {name for cut in article34([row()] * 9, **PERIOD).cuts for name in [cut.dimension]} & {"risk"}, (
        "a risk is a sum of themes: never counted"
    )
    bad = tmp_path / "article34.yml"
    bad.write_text("risks: [{letter: b, name: x, flags: [T99]}]\nmechanisms: []\nunseen: []\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="T99"):
        load_grid(bad)


def test_rows_come_from_decisions_that_stand(database: Any) -> None:
    from cases.decisions import Act, Choice, Item, decide, undo

    at = datetime(2025, 6, 1, 12, tzinfo=UTC)
    choice = Choice(qualification="licite_preoccupant", markers=("gourou",), reason="essai", by="AB", taxonomy="1")
    items = [
        Item(document_id=f"{number:032x}", content_sha256="0" * 64, text_sha256="1" * 64, lane="sondage", stratum=None, inclusion=1.0)
        for number in (1, 2)
    ]
    decide(database, items, choice, act=Act(id="a" * 8, at=at))
    undo(database, [items[1].document_id], reason="erreur", by="AB", act=Act(id="b" * 8, at=at))
    (found,) = seen(database, since=SINCE, until=UNTIL, facts=lambda ids: {name: Known("bsky.app", ("T2",), "fr", "c1") for name in ids})
    assert found == Seen(at, "licite_preoccupant", ("gourou",), (), "sondage", "bluesky", ("T2",), "fr", "c1")
    assert not list(seen(database, since=date(2024, 1, 1), until=date(2024, 12, 31), facts=lambda _: {}))
