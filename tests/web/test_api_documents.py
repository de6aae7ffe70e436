"""The API of documents: pseudonyms only, pages, and the exact text for who must quote from it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cases import audit
from cases.deciding import decide_on
from cases.decisions import Act, Choice, text_digest
from index.fields import BY_NAME
from tests.web.conftest import House
from tests.web.programs import Program, problem_of, program

NEAR = "QUFB" * 128  # an embedding
Fill = Callable[..., list[str]]


@pytest.fixture
def reader(house: House) -> Program:
    return program(house, "analyse", ("documents:read",))


def test_search_gives_what_fits_in_pages(reader: Program, fill: Fill) -> None:
    names = fill(*({"number": number, "text": f"Le jeûne numéro {number}.", "p": 0.9 - number / 100} for number in range(5)))
    first = reader.get("/documents?q=jeûne&marker=gourou&size=2")
    assert [item["id"] for item in first.json()["items"]] == names[:2]
    assert first.json()["total"] == 5
    assert first.headers["link"] == f'<{first.json()["next"]}>; rel="next"'
    found, page = names[:2], first.json()
    while page["next"]:
        page = reader.get(page["next"]).json()
        found += [item["id"] for item in page["items"]]
    assert found == names
    assert reader.get("/documents?q=absent").json() == {"items": [], "total": 0, "next": None}


def test_nothing_that_names_somebody_leaves(reader: Program, fill: Fill) -> None:
    hostile = "Écrivez à jean@exemple.fr, appelez le 06 12 34 56 78 ou voyez https://exemple.fr/jean."
    (name,) = fill({"number": 1, "text": hostile, "p": 0.9, "author": "p-" + "0" * 24, "embedding": NEAR})
    for path in ("/documents", f"/documents/{name}"):
        answer = reader.get(path)
        assert answer.status_code == 200
        for secret in ("jean@exemple.fr", "06 12 34 56 78", "exemple.fr/jean", "exemple.fr/page", NEAR):
            assert secret not in answer.text, secret
        assert "p-000000000000000000000000" in answer.text
    assert reader.get("/documents?embedding=true").json()["items"][0]["embedding"] == NEAR


def test_the_text_as_collected_needs_to_review_and_leaves_a_trace(house: House, reader: Program, fill: Fill) -> None:
    (name,) = fill({"number": 1, "text": "Écrivez à jean@exemple.fr.", "p": 0.9})
    assert "reviews:write" in problem_of(reader.get(f"/documents/{name}?view=collected"), 403, "forbidden")["detail"]
    health = program(house, "sante")  # all scopes, another role
    problem_of(health.get(f"/documents/{name}?view=collected"), 403, "forbidden")
    reviewer = program(house, "analyse")
    before = audit.count(house.database)
    body = reviewer.get(f"/documents/{name}?view=collected").json()
    assert body["text"] == "Écrivez à jean@exemple.fr."
    assert body["url"] == "https://exemple.fr/page/1"
    assert body["text_sha256"] == text_digest(None, body["text"])
    for passage in body["evidence"] + body["passages"]:
        assert body["text"][passage["start"] : passage["end"]] == passage["text"]
    assert body["evidence"][0]["submarkers"] == ["B2"]
    trace = audit.entries(house.database, subject=("document", name))
    assert [(entry.actor, entry.action) for entry in trace] == [(house.people["analyse"].id, "document_read")]
    assert audit.count(house.database) == before + 1


def test_what_is_near(reader: Program, fill: Fill) -> None:
    one, other = fill({"number": 1, "embedding": NEAR}, {"number": 2, "embedding": NEAR})
    body = reader.get(f"/documents/{one}/similar").json()
    assert [(item["id"], round(item["similarity"], 3)) for item in body["items"]] == [(other, 1)]
    (bare,) = fill({"number": 3})
    problem_of(reader.get(f"/documents/{bare}/similar"), 422, "invalid")
    problem_of(reader.get("/documents/nothing/similar"), 404, "not_found")


def test_decisions_in_order(house: House, reader: Program, fill: Fill) -> None:
    (name,) = fill({"number": 1, "p": 0.9})
    assert reader.get(f"/documents/{name}/decisions").json() == {"items": [], "total": None, "next": None}
    console = house.app.state.console
    entry = console.index.get(name)
    choice = Choice(qualification="hors_champ", reason="Témoignage.", by="AB", taxonomy="essai")
    decide_on(console.index, console.database, [entry], choice, act=Act(id="12345678"), drawn=lambda _: ("", 1.0))
    (row,) = reader.get(f"/documents/{name}/decisions").json()["items"]
    assert (row["qualification"], row["reason"], row["decided_by"], row["undoes"]) == ("hors_champ", "Témoignage.", "AB", None)
    problem_of(reader.get("/documents/unknown/decisions"), 404, "not_found")


def test_a_campaign_in_pages(house: House, reader: Program, fill: Fill, make_scored: Callable[..., object]) -> None:
    from tests.index.making import entry_of

    console = house.app.state.console
    console.index.write([entry_of(make_scored(number, p=0.9), campaign="c-1") for number in range(3)])  # type: ignore[arg-type]
    first = reader.get("/campaigns/c-1?size=2").json()
    assert (first["id"], first["total"], len(first["items"]), first["statuses"]) == ("c-1", 3, 2, {"a_examiner": 3})
    second = reader.get(first["next"]).json()
    assert len({item["id"] for item in first["items"] + second["items"]}) == 3
    assert second["next"] is None
    problem_of(reader.get("/campaigns/none"), 404, "not_found")


UNMEANT = [
    ("mark=gourou", "did you mean 'marker'"),
    ("marker=gouru", "did you mean 'gourou'"),
    ("size=0", "greater than or equal to 1"),
    ("size=101", "less than or equal to 100"),
    ("size=1&size=2", "given 2 times"),
    ("sort=price", "unknown"),
    ("since=hier", "cannot be read"),
    ("after=1~abc", "not of this list"),
    ("after=", "not of this list"),
    ("submarker=Z9", "unknown"),
    ("flag=T99", "unknown"),
    ("q=%ff", "UTF-8"),
    ("q=%00", "NUL"),
    ("price_min=nan", "price_min"),
    ("price_min=5&price_max=1", "swap"),
    ("embedding=perhaps", "embedding"),
    ("q=" + "a" * 2000, "1000"),
]


def test_what_cannot_be_meant_is_refused(reader: Program, fill: Fill) -> None:
    fill({"number": 1})
    for query, said in UNMEANT:
        assert said in problem_of(reader.get(f"/documents?{query}"), 422, "invalid")["detail"], query
    assert reader.get("/documents?similar=&q=").status_code == 200  # an empty value says nothing, as forms send it


def test_a_cursor_serves_its_own_list(reader: Program, fill: Fill) -> None:
    fill(*({"number": number, "p": 0.9} for number in range(3)))
    following = reader.get("/documents?size=1").json()["next"]
    cursor = following.partition("after=")[2]
    problem_of(reader.get(f"/queue?after={cursor}"), 422, "invalid")
    problem_of(reader.get(f"/documents?after={cursor}x"), 422, "invalid")


def test_every_column_is_described(reader: Program) -> None:
    from web.api.documents import Document

    for name, field in Document.model_fields.items():
        assert BY_NAME[name].label in (field.description or ""), name
