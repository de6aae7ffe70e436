"""Reports: the figures against a second count, the tables as files, freezing, reading over and publishing, the pack of a candidature."""

from __future__ import annotations

import csv
import io
import json
import statistics as plain
import zipfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import jsonschema
import pytest

from bench.register import fill
from cases import audit, reports
from cases.database import Database
from cases.papers.paper import Table
from cases.papers.seen import Known
from cases.papers.text import paper_text
from cases.people import Actor
from cases.platforms import load_platforms
from cases.register import RegisterRow, register
from cases.reporting import statistics
from cases.reporting.candidature import candidature, missing_in
from cases.reporting.candidature_paper import candidature_paper, register_csv
from cases.reporting.figures import Yearly
from cases.reporting.kinds import SORTS, files_of, sort_of
from cases.reporting.providers import Providers, providers_in
from cases.reporting.statistics_paper import statistics_csv, statistics_paper
from cases.reporting.tables import yearly_csv
from cases.reporting.yearly import bounds, yearly
from cases.reporting.yearly_paper import yearly_paper
from cases.tables_notices import ReportRow
from cases.tables_people import OrganisationRow, PersonRow
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.settings import ROOT
from tests.cases.conftest import act, choice, decide, item

SINCE, UNTIL = date(2025, 1, 1), date(2025, 12, 31)
AS_OF = datetime(2026, 2, 1, tzinfo=UTC)
PROFILE = {
    "governance": "Un conseil élu.",
    "legal_form": "association",
    "email": "contact@maison.example",
    "funding": [{"source": "Dons", "share": 1}],
}


def people(database: Database, house: str) -> tuple[Actor, Actor]:
    """Two of the organisation, with the role droit."""
    made = [Actor(id=f"{name}-{house[:8]}", organisation_id=house, name=name, roles=("droit",)) for name in ("Ana Prévert", "Ben Kessler")]
    with database.writing() as session:
        session.add_all(PersonRow(id=one.id, organisation_id=house, login=f"{one.id.replace(' ', '')}@maison.example", name=one.name, roles=["droit"],
                                  preferences={}, created_at=AS_OF) for one in made)  # fmt: skip
    return made[0], made[1]


def set_profile(database: Database, house: str, **fields: Any) -> None:
    with database.writing() as session:
        row = session.get_one(OrganisationRow, house)
        row.profile = {**(row.profile or {}), **fields}


def made(database: Database, house: str) -> Yearly:
    return yearly(database, organisation_id=house, since=SINCE, until=UNTIL, as_of=AS_OF)


def again(rows: list[RegisterRow]) -> dict[str, Any]:
    """The main figures counted a second time, the plain way."""
    notices, known = {row.notice_id: row for row in rows}, {one.id for one in load_platforms().all}
    others: dict[str, str] = {"Hébergement inventé SAS": "hebergement-invente-sas"}
    for row in sorted(rows, key=lambda row: row.sent_at):
        if row.platform == "autre":
            others.setdefault(row.provider, str(len(others)))  # the first without a name is number 1
    items: Counter[tuple[str, ...]] = Counter()
    cells: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for row in rows:
        action = row.action if row.decided_at and row.action else "decision_sans_detail" if row.decided_at else ""
        action = action or ("accuse_seul" if row.acknowledged_at else "sans_reponse")
        if not row.decided_at and (AS_OF - row.sent_at).days < 30:
            action = "en_attente"
        provider = row.platform if row.platform in known else "autre"
        provider = f"mastodon:{row.provider}" if provider == "mastodon" else f"autre:{others[row.provider]}" if provider == "autre" else provider
        key = (provider, row.category or "STATEMENT_CATEGORY_NOT_SPECIFIED_NOTICE", row.keyword or "", action,
               (row.action and row.ground) or "", (row.action and row.scope) or "")  # fmt: skip
        items[key] += 1
        cells[key].add(row.notice_id)
    decided = [row for row in rows if row.decided_at and row.action]
    return {
        "notices": len(notices), "items": len(rows), "cuts": {key: (len(cells[key]), number) for key, number in items.items()},
        "decision": [(row.decided_at - row.sent_at).total_seconds() / 3600 for row in notices.values() if row.decided_at],
        "rejected": sum((row.action or "").startswith("aucune") for row in decided) / len(decided),
    }  # fmt: skip


def test_the_figures_are_those_of_a_second_count(database: Database) -> None:
    house = fill(database, notices=300)
    fill(database, notices=20, seed=1, name="Une autre")
    report, rows = made(database, house), list(register(database, organisation_id=house, since=SINCE, until=UNTIL))
    plainly = again(rows)
    assert (report.notices, report.items) == (plainly["notices"], plainly["items"]) == (300, len(rows))
    assert {(one.provider, one.category, one.keyword, one.action, one.ground, one.scope): (one.notices, one.items) for one in report.cuts} == plainly[
        "cuts"
    ]
    of_all = {one.step: one for one in report.durations if not one.provider}
    assert of_all["decision"].median == pytest.approx(plain.median(plainly["decision"]), abs=0.006)
    assert of_all["decision"].p90 == pytest.approx(plain.quantiles(plainly["decision"], n=10, method="inclusive")[-1], abs=0.006)
    assert report.quality.rejected == pytest.approx(plainly["rejected"], abs=0.0001)
    for by in ("provider", "category", "source"):
        assert sum(one.notices for one in report.totals if one.by == by) == 300
        assert sum(one.items for one in report.totals if one.by == by) == report.items
    assert sum(one.number for one in report.complaints) == sum(
        one.filed_at < bounds(SINCE, UNTIL)[1] for row in rows if row.position == 1 for one in row.complaints
    )


def test_answers_that_came_later_do_not_count(embedded: Database) -> None:
    house = fill(embedded, notices=60)
    early = yearly(embedded, organisation_id=house, since=SINCE, until=date(2025, 1, 31), as_of=datetime(2025, 1, 8, tzinfo=UTC))
    late = yearly(embedded, organisation_id=house, since=SINCE, until=date(2025, 1, 31), as_of=AS_OF)
    assert early.notices == late.notices > 0
    assert early.quality.decided_items < late.quality.decided_items
    assert "en_attente" in {one.action for one in early.cuts}
    assert not {"en_attente"} & {one.action for one in late.cuts}


def test_days_are_those_of_paris() -> None:
    assert bounds(date(2025, 7, 1), date(2025, 7, 1)) == (datetime(2025, 6, 30, 22, tzinfo=UTC), datetime(2025, 7, 1, 22, tzinfo=UTC))
    for since, until in ((date(2025, 2, 2), date(2025, 2, 1)), (date(2024, 1, 1), date(2025, 1, 1))):
        with pytest.raises(Invalid, match="expected a first day"):
            bounds(since, until)


def test_the_tables_are_csv_as_rfc_4180_wants_it(embedded: Database) -> None:
    house = fill(embedded, notices=80, profile={**PROFILE, "funding": [{"source": "=cmd|' /C calc'!A0, \"guillemets\"", "share": 0.5}]})
    files = yearly_csv(made(embedded, house))
    for name, content in files.items():
        text = content.decode("utf-8")
        assert not content.startswith(b"\xef\xbb\xbf")
        assert text.count("\r\n") == len(text.split("\r\n")) - 1
        assert "\n" not in text.replace("\r\n", "")
        rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
        assert all(None not in row and None not in row.values() for row in rows)
        assert all(row["period"] == "2025-01-01/2025-12-31" for row in rows), name
        for row in rows:
            assert all(str(int(row[key])) == row[key] for key in ("notices", "items") if key in row)
            assert all(0 <= float(row[key]) <= 1 for key in ("share",) if row.get(key))
    quality = {row["measure"]: row["value"] for row in csv.DictReader(io.StringIO(files["quality.csv"].decode()))}
    assert 0 <= float(quality["rejected"]) <= 1
    assert files["funding.csv"].decode().splitlines()[1].split(",", 1)[1].startswith("\"'=cmd")


def test_every_row_of_the_tables_fits_the_schema(embedded: Database) -> None:
    """tests/schemas/yearly.json is written from the domain's rules, apart from the code that writes the files."""
    schema = json.loads((ROOT / "tests" / "schemas" / "yearly.json").read_text(encoding="utf-8"))
    files = yearly_csv(made(embedded, fill(embedded, notices=120)))
    assert set(files) == {f"{name}.csv" for name in schema["$defs"]}
    for name, content in files.items():
        check = jsonschema.Draft202012Validator({"$ref": f"#/$defs/{name.removesuffix('.csv')}", "$defs": schema["$defs"]})
        rows = list(csv.DictReader(io.StringIO(content.decode(), newline=""), strict=True))
        assert [error.message for row in rows for error in check.iter_errors(row)] == [], name
    assert not jsonschema.Draft202012Validator({"$ref": "#/$defs/totals", "$defs": schema["$defs"]}).is_valid(dict.fromkeys(("period", "by"), "x"))


def test_the_paper_says_every_figure_and_what_is_missing(embedded: Database) -> None:
    house = fill(embedded, notices=50)
    report = made(embedded, house)
    text = paper_text(yearly_paper(report))
    for heading in (
        "1. Notifications par fournisseur",
        "3. Délais",
        "4. Réclamations",
        "5. Contrôle",
        "6. Indépendance",
        "7. Méthode",
        "8. Recoupements",
    ):
        assert heading in text
    assert "art. 22, paragraphe 3" in text
    assert "À vérifier par un juriste" in text
    assert text.count("À compléter") >= 4
    tables = [block for block in yearly_paper(report).blocks if isinstance(block, Table) and block.caption.startswith("Tableau 1")]
    assert sum(int(row[-1]) for table in tables for row in table.rows) == report.items


def test_a_year_without_a_notice_is_a_report_too(embedded: Database) -> None:
    house = fill(embedded, notices=0, profile=PROFILE)
    report = made(embedded, house)
    assert (report.notices, report.cuts, report.quality.rejected) == (0, (), None)
    assert "Aucune notification n'a été envoyée" in paper_text(yearly_paper(report))


def test_a_report_is_frozen_read_over_by_another_person_and_published(database: Database) -> None:
    house = fill(database, notices=30, profile=PROFILE)
    ana, ben = people(database, house)
    first = reports.freeze(database, made(database, house), kind="annuel_22_3", since=SINCE, until=UNTIL, changelog="", actor=ana, act="a1")
    assert reports.freeze(database, made(database, house), kind="annuel_22_3", since=SINCE, until=UNTIL, changelog="", actor=ana, act="a1") == first
    with pytest.raises(Conflict, match="nobody has signed yet"):
        reports.publish(database, first.id, actor=ana)
    with pytest.raises(NotFound):
        reports.find_public(database, first.id)
    with pytest.raises(Forbidden, match="another person reads it over"):
        reports.read_over(database, first.id, sha256=first.sha256, actor=ana)
    with pytest.raises(Conflict, match="not the one that was read"):
        reports.read_over(database, first.id, sha256="0" * 64, actor=ben)
    assert reports.read_over(database, first.id, sha256=first.sha256, actor=ben).read_by == ben.id
    assert reports.publish(database, first.id, actor=ana).published_at
    assert reports.find_public(database, first.id).figures == first.figures
    with pytest.raises(Invalid, match="what changed and why"):
        reports.freeze(database, made(database, house), kind="annuel_22_3", since=SINCE, until=UNTIL, changelog=" ", actor=ana, act="a2")
    with pytest.raises(Invalid, match="Changements: peut-être un nom"):
        reports.freeze(
            database, made(database, house), kind="annuel_22_3", since=SINCE, until=UNTIL, changelog="Vu par Zoé Martin.", actor=ana, act="a4"
        )
    second = reports.freeze(
        database, made(database, house), kind="annuel_22_3", since=SINCE, until=UNTIL, changelog="Une réponse.", actor=ana, act="a3"
    )
    assert (second.version, second.superseded) == (2, False)
    reports.publish(database, reports.read_over(database, second.id, sha256=second.sha256, actor=ben).id, actor=ben)
    assert [(one.version, one.superseded) for one in reports.public(database)] == [(2, False), (1, True)]
    actions = [one.action for one in audit.entries(database, subject=("report", first.id))]
    assert actions == ["report_published", "report_read_over", "report_frozen"]


def test_figures_that_somebody_changed_in_the_rows_are_not_published(database: Database) -> None:
    house = fill(database, notices=5, profile=PROFILE)
    ana, ben = people(database, house)
    found = reports.freeze(database, made(database, house), kind="annuel_22_3", since=SINCE, until=UNTIL, changelog="", actor=ana, act="a1")
    reports.read_over(database, found.id, sha256=found.sha256, actor=ben)
    with database.writing() as session:
        row = session.get_one(ReportRow, found.id)
        row.figures = {**row.figures, "notices": 500}
    with pytest.raises(Conflict, match="not the ones that were frozen"):
        reports.publish(database, found.id, actor=ana)


def test_nothing_is_frozen_that_names_somebody_or_is_not_over(embedded: Database) -> None:
    house = fill(embedded, notices=5, profile=PROFILE)
    ana, _ = people(embedded, house)
    for governance in ("Présidée par Zoé Martin.", "Écrire à zoe@maison.example", "Relu par ben kessler"):
        set_profile(embedded, house, governance=governance)
        with pytest.raises(Invalid, match="Gouvernance"):
            reports.freeze(embedded, made(embedded, house), kind="annuel_22_3", since=SINCE, until=UNTIL, changelog="", actor=ana, act="a1")
    set_profile(embedded, house, governance="")
    tomorrow = date(2099, 1, 1)
    with pytest.raises(Invalid, match="not over"):
        reports.freeze(embedded, made(embedded, house), kind="annuel_22_3", since=SINCE, until=tomorrow, changelog="", actor=ana, act="a2")
    assert reports.listed(embedded, actor=ana) == ()


def test_a_report_that_was_frozen_is_looked_through_again_before_it_is_published(embedded: Database) -> None:
    """Somebody got an account since: the name was nobody's then."""
    house = fill(embedded, notices=5, profile={**PROFILE, "governance": "Suivi par camille duroc, chaque mois."})
    ana, ben = people(embedded, house)
    found = reports.freeze(embedded, made(embedded, house), kind="annuel_22_3", since=SINCE, until=UNTIL, changelog="", actor=ana, act="a1")
    reports.read_over(embedded, found.id, sha256=found.sha256, actor=ben)
    with embedded.writing() as session:
        session.get_one(PersonRow, ana.id).name = "Camille Duroc"
    with pytest.raises(Invalid, match="personne connue"):
        reports.publish(embedded, found.id, actor=ana)


def test_another_organisation_sees_no_report(embedded: Database) -> None:
    house, other = fill(embedded, notices=5, profile=PROFILE), fill(embedded, notices=1, seed=2, name="Une autre")
    ana, far = people(embedded, house)[0], people(embedded, other)[0]
    found = reports.freeze(embedded, made(embedded, house), kind="annuel_22_3", since=SINCE, until=UNTIL, changelog="", actor=ana, act="a1")
    for attempt in (
        lambda: reports.find(embedded, found.id, actor=far),
        lambda: reports.read_over(embedded, found.id, sha256=found.sha256, actor=far),
    ):
        with pytest.raises(NotFound):
            attempt()
    assert reports.listed(embedded, actor=far) == ()


def test_every_file_of_a_report_is_the_same_each_time(embedded: Database) -> None:
    house = fill(embedded, notices=5, profile=PROFILE)
    ana, _ = people(embedded, house)
    found = reports.freeze(embedded, made(embedded, house), kind="annuel_22_3", since=SINCE, until=UNTIL, changelog="", actor=ana, act="a1")
    files = files_of(found, names=[])
    assert files["rapport.pdf"].startswith(b"%PDF")
    assert set(zipfile.ZipFile(io.BytesIO(files["tables.zip"])).namelist()) == {name for name in files if name.endswith(".csv")}
    assert files == files_of(found, names=[])


def counts(*cells: tuple[str, int, int]) -> Counter[tuple[str, ...]]:
    """Contents by platform: (platform, how many with minors, how many without)."""
    made: Counter[tuple[str, ...]] = Counter()
    for platform, minors, others in cells:
        for said, number in (("oui", minors), ("non", others)):
            made["2025-T1", "veille", "gourou", "illicite_presume", "B2", platform, "inconnu", said, "non", "aucune", "sans_objet"] += number
    return made


def test_statistics_show_nothing_under_five(embedded: Database) -> None:
    known = {"since": SINCE, "until": UNTIL, "as_of": AS_OF, "health": False}
    found = statistics.statistics_of(counts(("bluesky", 3, 20), ("mastodon", 10, 30), ("facebook", 0, 2)), **known)
    shown = {(cell.dimensions, cell.values): cell.number for table in found.tables for cell in table.cells}
    assert all(number is None or number == 0 or number >= 5 for number in shown.values())
    assert shown[("platform",), ("facebook",)] is None
    assert [number for (dimensions, _), number in shown.items() if dimensions == ("platform",)].count(None) == 2
    assert found.total == 65
    assert "moins de 5, ou masqué" in paper_text(statistics_paper(found, organisation="Association A"))
    rows = list(csv.DictReader(io.StringIO(statistics_csv(found).decode())))
    assert all((row["number"] == "") == (row["hidden"] == "1") for row in rows)
    assert {row["period"] for row in rows} == {"2025-01-01/2025-12-31"}


def test_statistics_of_nothing_are_statistics(embedded: Database) -> None:
    house = fill(embedded, notices=0)
    found = statistics.statistics(embedded, organisation_id=house, since=SINCE, until=UNTIL, facts=lambda ids: dict.fromkeys(ids, Known("bsky.app")))
    assert found.total == 0
    assert statistics_paper(found, organisation="A").blocks


def test_statistics_of_overlapping_periods_are_refused(embedded: Database) -> None:
    """Their difference would tell what each hides."""
    house = fill(embedded, notices=0)
    ana, _ = people(embedded, house)
    year = statistics.statistics(embedded, organisation_id=house, since=SINCE, until=UNTIL, facts=lambda ids: {})
    reports.freeze(embedded, year, kind="statistiques", since=SINCE, until=UNTIL, changelog="", actor=ana, act="a1")
    with pytest.raises(Conflict, match="difference"):
        reports.freeze(embedded, year, kind="statistiques", since=date(2025, 7, 1), until=UNTIL, changelog="", actor=ana, act="a2")


@pytest.mark.parametrize("how", ["care alone", "another organisation", "the yearly picture"])
def test_no_two_reports_can_be_subtracted(embedded: Database, how: str) -> None:
    """Twenty-two contents less the twenty that are about care are two; the counts are the whole house's, so another organisation's tell as much."""
    house = fill(embedded, notices=0)
    ana, _ = people(embedded, house)
    whole = statistics.statistics_of(counts(("bluesky", 0, 22), ("mastodon", 0, 30)), since=SINCE, until=UNTIL, as_of=AS_OF, health=False)
    part = statistics.statistics_of(
        counts(("bluesky", 0, 20), ("mastodon", 0, 24)), since=SINCE, until=UNTIL, as_of=AS_OF, health=how == "care alone"
    )
    kind: reports.Kind = "tableau_annuel" if how == "the yearly picture" else "statistiques"
    reports.freeze(embedded, whole, kind=kind, since=SINCE, until=UNTIL, changelog="", actor=ana, act="a1")
    if how == "another organisation":
        with embedded.writing() as session:
            session.add(OrganisationRow(id="autre", name="Autre", capacity="aucune", quota=5, created_at=AS_OF))
        ana = people(embedded, "autre")[0]
    until = UNTIL if how == "care alone" else date(2025, 11, 30)
    with pytest.raises(Conflict, match="difference"):
        reports.freeze(embedded, part, kind=kind, since=SINCE, until=until, changelog="Autrement.", actor=ana, act="a2")
    again = reports.freeze(embedded, whole, kind=kind, since=SINCE, until=UNTIL, changelog="Corrigé.", actor=ana, act="a3")
    assert again.version == (1 if how == "another organisation" else 2)


def test_what_is_published_is_not_subtracted_from_what_follows(embedded: Database) -> None:
    """One content more on a platform, in a second version: frozen beside what is published, or published beside what was since."""
    house = fill(embedded, notices=0)
    ana, ben = people(embedded, house)
    days: dict[str, Any] = {"kind": "statistiques", "since": SINCE, "until": UNTIL}

    def frozen(more: int, act: str) -> reports.Report:
        year = statistics.statistics_of(counts(("bluesky", 0, 22 + more), ("mastodon", 0, 30)), since=SINCE, until=UNTIL, as_of=AS_OF, health=False)
        return reports.freeze(embedded, year, **days, changelog="Corrigé.", actor=ana, act=act)

    def published(one: reports.Report) -> reports.Report:
        reports.read_over(embedded, one.id, sha256=one.sha256, actor=ben)
        return reports.publish(embedded, one.id, actor=ana)

    first, second = frozen(0, "acte-0"), frozen(1, "acte-1")  # nobody outside has seen either
    published(first)
    for _ in range(2):
        with pytest.raises(Conflict, match="would tell together the total, which differs by less than 5"):
            published(second)
    with pytest.raises(Conflict, match="would tell together"):
        frozen(2, "acte-2")
    assert published(frozen(5, "acte-5")).published_at
    assert published(first).superseded, "what is published may be asked for again"
    assert reports.find(embedded, second.id, actor=ana).published_at is None


@pytest.mark.parametrize(("first", "second", "until"), [
    ("statistiques", "tableau_annuel", date(2025, 3, 31)), ("tableau_annuel", "statistiques", date(2025, 3, 31)),
    ("article_34", "statistiques", date(2025, 3, 31)), ("statistiques", "tableau_annuel", date(2024, 3, 31)),
])  # fmt: skip
def test_kinds_that_hide_are_not_subtracted_from_each_other(embedded: Database, first: reports.Kind, second: reports.Kind, until: date) -> None:
    """A part of the year beside the year; a picture counts the year before as well."""
    house = fill(embedded, notices=0)
    ana, _ = people(embedded, house)
    found = statistics.statistics_of(counts(("bluesky", 0, 22)), since=SINCE, until=UNTIL, as_of=AS_OF, health=False)
    part, year = (until.replace(month=1, day=1), until), (SINCE, UNTIL)
    one, other = (year, part) if first == "tableau_annuel" else (part, year)
    reports.freeze(embedded, found, kind=first, since=one[0], until=one[1], changelog="", actor=ana, act="a1")
    with pytest.raises(Conflict, match="difference"):
        reports.freeze(embedded, found, kind=second, since=other[0], until=other[1], changelog="", actor=ana, act="a2")
    assert reports.freeze(embedded, found, kind=second, since=one[0], until=one[1], changelog="", actor=ana, act="a3").version == 1


def test_pictures_of_two_years_stand_beside_each_other(embedded: Database) -> None:
    house = fill(embedded, notices=0)
    ana, _ = people(embedded, house)
    found = statistics.statistics_of(counts(("bluesky", 0, 22)), since=SINCE, until=UNTIL, as_of=AS_OF, health=False)
    for year in (2024, 2025):
        reports.freeze(
            embedded, found, kind="tableau_annuel", since=date(year, 1, 1), until=date(year, 12, 31), changelog="", actor=ana, act=f"a{year}"
        )
    reports.freeze(embedded, found, kind="statistiques", since=date(2024, 1, 1), until=date(2024, 12, 31), changelog="", actor=ana, act="a3")


def test_each_provider_is_named_or_numbered(embedded: Database) -> None:
    """DSA art. 22(3)(a) asks who the provider is: two that no file names are two, an instance is one of its own."""
    house = fill(embedded, notices=300)
    report, candidate = made(embedded, house), candidature(embedded, organisation_id=house, as_of=AS_OF)
    names = {one.id: one.legal_name for one in report.providers}
    assert names == {
        "mastodon:entraide.example": "Mastodon (entraide.example)", "mastodon:jardin.example": "Mastodon (jardin.example)",
        "autre:hebergement-invente-sas": "Hébergement inventé SAS (non vérifié)", "autre:1": "Autre fournisseur n° 1",
        "autre:2": "Autre fournisseur n° 2",
    }  # fmt: skip
    text, pack = paper_text(yearly_paper(report)), paper_text(candidature_paper(candidate))
    assert all(name in text and name in pack for name in names.values())
    rows = list(csv.DictReader(io.StringIO(yearly_csv(report)["providers.csv"].decode())))
    assert {row["provider"]: row["name"] for row in rows}.items() >= names.items()
    assert "français" in text
    january = yearly(embedded, organisation_id=house, since=date(2025, 6, 1), until=date(2025, 6, 30), as_of=AS_OF)
    assert {one.id: one.legal_name for one in january.providers}.items() <= names.items(), "a number stays the same"


def test_a_name_in_the_register_that_somebody_bears_is_a_number(embedded: Database) -> None:
    labels = [("autre", "Prévert SARL"), ("autre", "#a1"), ("autre", "Zoé Martin"), ("mastodon", "ana.example"), ("nulle", "part")]
    found = Providers(labels, names=["Prévert", "Ana"])
    assert set(found.named.values()) == {
        "Autre fournisseur n° 1", "Autre fournisseur n° 2", "Autre fournisseur n° 3", "Mastodon, autre instance n° 1",
    }  # fmt: skip


def test_the_pack_of_a_candidature_shows_the_register_and_names_what_is_missing(embedded: Database) -> None:
    house = fill(embedded, notices=40, profile=PROFILE)
    people(embedded, house)
    found = candidature(embedded, organisation_id=house, as_of=AS_OF)
    assert (found.notices, sum(month.notices for month in found.months)) == (40, 40)
    assert (found.first, found.people["droit"]) == (date(2025, 1, 2), 2)
    says = " ".join(one.says for one in found.missing)
    assert "conflit d'intérêts" in says
    assert "formation" in says
    assert "financement" not in says, "it is there"
    none = candidature(embedded, organisation_id=fill(embedded, notices=0, seed=3, name="Nouvelle"), as_of=AS_OF)
    assert "Aucune notification" in none.missing[0].says
    assert none.missing[0].criterion == "a"
    text = paper_text(candidature_paper(found))
    assert "non vérifié" in text, "a decision that nobody has read is not printed as checked"
    with embedded.reading() as session:
        providers = providers_in(session, house)
    lines = register_csv(register(embedded, organisation_id=house, since=SINCE, until=UNTIL), providers)
    rows = list(csv.DictReader(io.StringIO("".join(lines))))
    assert len(rows) == found.items
    assert len({row["notice"] for row in rows}) == 40


def test_money_of_a_platform_and_shares_that_do_not_add_up_are_named(embedded: Database) -> None:
    house = fill(embedded, notices=1, profile={**PROFILE, "no_platform_money": False, "funding": [{"source": "Dons", "share": 0.5}]})
    says = [one.says for one in missing_in(candidature(embedded, organisation_id=house)) if one.criterion == "b"]
    assert any("100 %" in one for one in says)
    assert any("reste indépendante" in one for one in says)


def test_each_kind_has_its_name_and_address() -> None:
    assert {sort.kind for sort in SORTS} == set(reports.KINDS)
    assert sort_of("annuel") is sort_of("annuel_22_3")
    with pytest.raises(NotFound, match="did you mean"):
        sort_of("anuel")


def test_statistics_count_what_people_decided_and_where_it_went(embedded: Database) -> None:
    """Seven unlawful ones of which two were notified, six worrying ones, one that was none."""
    house, now = fill(embedded, notices=0), datetime(2025, 5, 5, 9, tzinfo=UTC)
    for number in range(14):
        said = "illicite_presume" if number < 7 else "licite_preoccupant" if number < 13 else "hors_champ"
        decide(embedded, [item(f"d{number}")], choice(said, *(["abandon_soins"] if said != "hors_champ" else [])), act=act(now))
    asked: list[str] = []

    def facts(ids: Sequence[str]) -> dict[str, Known]:
        asked.extend(ids)
        return {one: Known("bsky.app", ("T1",) if one == "d0" else ()) for one in ids if one != "d12"}

    found = statistics.statistics(embedded, organisation_id=house, since=SINCE, until=UNTIL, facts=facts)
    shown = {(cell.dimensions, cell.values): cell.number for table in found.tables for cell in table.cells}
    assert len(asked) == 14
    assert (found.total, shown[("markers", "qualification"), ("abandon_soins", "illicite_presume")]) == (13, 7)
    assert shown[("period", "nature"), ("2025-T2", "veille")] == 13
    assert shown[("platform",), ("inconnu",)] is None, "one content that the index no longer holds"
    assert shown[("platform",), ("bluesky",)] is None, "else 13 - 12 tells the one"
    assert all(shown[("minors",), (said,)] is None for said in ("oui", "non", "inconnu"))
    none = statistics.statistics(embedded, organisation_id=house, since=SINCE, until=date(2025, 5, 4), facts=facts)
    assert none.total == 0
