"""Several indices behind the alias: nothing stands twice, everything is found, whichever made the next one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core.errors import ConfigError, Invalid
from index.documents import Entry
from index.elastic import building
from index.elastic.series import indices_of
from index.generations import generation_name, generation_of, is_generation, next_part, part_name
from index.protocol import Index
from index.queries import Query
from index.tables import Table


@pytest.fixture
def backend(elastic_backend: Any) -> Any:
    return elastic_backend


def roll(backend: Any, alias: str = "") -> list[str]:
    """What ILM does once an index is large enough; the alias's indices."""
    name = alias or backend.settings.index_name
    assert backend.client.indices.rollover(alias=name, conditions={"max_docs": 1})["rolled_over"]
    return indices_of(backend.client, name)


def lies_in(backend: Any, identifier: str) -> list[str]:
    backend.client.indices.refresh(index=backend.settings.index_name)
    found = backend.client.search(index=backend.settings.index_name, query={"ids": {"values": [identifier]}}, size=10)
    return [hit["_index"] for hit in found["hits"]["hits"]]


def test_names() -> None:
    generation = f"a-v4-{'0' * 20}"
    assert part_name(generation, 1) == f"{generation}-000001"
    assert next_part(part_name(generation, 9)) == f"{generation}-000010"
    assert next_part(part_name(generation, 999_999)) == f"{generation}-1000000"
    for name in (generation, part_name(generation, 1), part_name(generation, 1_000_000)):
        assert is_generation(name, alias="a")
        assert generation_of(name, alias="a") == generation
    for name in ("a-v4-1", f"{generation}-1", f"{generation}-000001-x", f"b-{generation}", "a-runs-000001"):
        assert not is_generation(name, alias="a")


def test_after_a_rollover(filled: Index, backend: Any, make_entry: Callable[..., Entry]) -> None:
    before, old = filled.health(), make_entry(1, text="Ancien gourou.")
    first, second = roll(backend)
    assert (generation_of(first, alias=backend.settings.index_name), second[-7:]) == (first[:-7], "-000002")
    changed, new = {**old, "text": "Nouvelle pendule."}, make_entry(300, text="Une pendule neuve.")
    assert filled.write([changed, new]).indexed == 2
    assert (lies_in(backend, old["id"]), lies_in(backend, new["id"])) == ([first], [second])
    assert (filled.get(old["id"]), filled.get(new["id"])) == (changed, new)
    assert filled.known([old["id"], new["id"], "x"]).keys() == {old["id"], new["id"]}
    assert filled.search(Query(words="pendule")).total == 2
    assert len(list(filled.scan(Query()))) == 24
    assert filled.facets(Query(words="pendule"), ["source"])["source"] == (("exemple", 2),)
    after = filled.health()
    assert (after.generation, after.identity, after.documents) == (before.generation, before.identity, 24)


def test_change_and_delete_over_both(filled: Index, backend: Any, make_entry: Callable[..., Entry]) -> None:
    roll(backend)
    new = make_entry(300)
    filled.write([new])
    old = next(iter(filled.scan(Query())))
    assert filled.change([old["id"], new["id"]], lambda entry: {**entry, "status": "decide"}) == 2
    assert filled.search(Query(terms={"status": ("decide",)})).total == 2
    assert len(lies_in(backend, old["id"])) == len(lies_in(backend, new["id"])) == 1
    assert filled.delete([old["id"], new["id"], "absent"]) == 2
    assert filled.search(Query()).total == 22


def test_a_document_in_two_indices_is_left_in_one(index: Index, backend: Any, make_entry: Callable[..., Entry]) -> None:
    """Two machines that write the same new id at the moment of a rollover."""
    entry = make_entry(1)
    index.write([entry])
    _, second = roll(backend)
    backend.client.index(index=second, id=entry["id"], document={"id": entry["id"]}, refresh=True)
    assert len(lies_in(backend, entry["id"])) == 2
    result = index.write([entry])
    assert (result.indexed, result.failed) == (1, ())
    assert len(lies_in(backend, entry["id"])) == 1
    assert index.get(entry["id"]) == entry


def test_a_rebuild_puts_one_generation_in_place_of_several_indices(filled: Index, backend: Any, make_entry: Callable[..., Entry]) -> None:
    roll(backend)
    filled.write([make_entry(300)])
    assert filled.rebuild([make_entry(1)]) == 1
    assert backend.generations() == [filled.health().generation]
    assert filled.search(Query()).total == 1


def test_a_rebuild_that_grows_over_one_index(filled: Index, backend: Any, make_entry: Callable[..., Entry], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "LOOK_EVERY", 1)
    monkeypatch.setattr(building, "SHARD_DOCUMENTS", 400)
    monkeypatch.setattr("index.batches.MAX_ENTRIES", 100)
    given = [make_entry(number) for number in range(900)]
    again = [{**entry, "status": "decide"} for entry in given[:50]]
    assert filled.rebuild([*given, *again]) == 900
    names = indices_of(backend.client, backend.settings.index_name)
    assert len(names) in (2, 3)
    assert {generation_of(name, alias=backend.settings.index_name) for name in names} == {str(filled.health().generation)[:-7]}
    assert backend.generations() == names
    assert filled.search(Query(terms={"status": ("decide",)})).total == 50
    entry = make_entry(5000)
    filled.write([entry])
    assert lies_in(backend, entry["id"]) == names[-1:]


def test_several_generations_behind_the_alias(filled: Index, backend: Any) -> None:
    name, alias = f"{backend.settings.index_name}-v4-{'9' * 20}-000001", backend.settings.index_name
    backend.client.indices.create(index=name, aliases={alias: {"is_write_index": False}})
    with pytest.raises(ConfigError, match="names 2 indices"):
        filled.search(Query())
    assert filled.rebuild([]) == 0
    assert filled.search(Query()).total == 0


def test_runs_after_a_rollover(index: Index, backend: Any) -> None:
    def row(number: int, count: int) -> Entry:
        return {"id": f"r{number}", "at": "2026-01-01T00:00:00+00:00", "source": "s", "measure": "kept", "reason": None, "count": count}

    index.write_runs([row(1, 1), row(2, 2)])
    roll(backend, f"{backend.settings.index_name}-runs")
    assert index.write_runs([row(2, 20), row(3, 30)]) == 2
    total = Table(by="source", measure="sum", of="count", over="runs")
    assert index.table(Query(), total) == (("s", None, 51.0),)
    with pytest.raises(Invalid, match="count"):
        index.write_runs([row(4, 1) | {"count": "many"}])


def test_another_program_writes_between(filled: Index, backend: Any, make_entry: Callable[..., Entry]) -> None:
    """Seen by the document's sequence number: the change is made again, on what the other one wrote."""
    entry = make_entry(1)
    seen: list[str] = []

    def how(found: Entry) -> Entry:
        seen.append(found["text"])
        if len(seen) == 1:
            backend.client.update(index=backend.settings.index_name, id=found["id"], doc={"text": "entre-temps"}, refresh=True)
        return {**found, "status": "decide"}

    assert filled.change([entry["id"]], how) == 1
    found = filled.get(entry["id"])
    assert found
    assert (found["text"], found["status"], len(seen)) == ("entre-temps", "decide", 2)


def test_a_lost_alias_is_put_back(filled: Index, backend: Any, make_entry: Callable[..., Entry]) -> None:
    alias, names = backend.settings.index_name, roll(backend)
    backend.client.indices.delete_alias(index=",".join(names), name=alias)
    assert filled.search(Query()).total == 0
    assert filled.write([make_entry(300)]).indexed == 1
    found = backend.client.indices.get_alias(name=alias)
    assert [name for name in names if found[name]["aliases"][alias].get("is_write_index")] == names[-1:]
    assert filled.search(Query()).total == 24
    assert lies_in(backend, make_entry(300)["id"]) == [names[-1]]


def test_erasing_reaches_an_index_that_lost_its_alias(filled: Index, backend: Any, make_entry: Callable[..., Entry]) -> None:
    gone = make_entry(1)["id"]
    backend.client.indices.delete_alias(index=backend.generations()[0], name=backend.settings.index_name)
    assert filled.delete([gone]) == 1
    assert filled.get(gone) is None
    assert filled.search(Query()).total == 22


def test_an_index_in_our_place_with_another_mapping_is_said(index: Index, backend: Any, make_entry: Callable[..., Entry]) -> None:
    name = part_name(generation_name(backend.settings.index_name), 1)
    backend.client.indices.create(index=name, mappings={"_meta": {"digest": "other"}})
    with pytest.raises(ConfigError, match=f"DELETE {name}"):
        index.write([make_entry(1)])
    assert backend.generations() == [name]
    assert index.rebuild([make_entry(1)]) == 1
    assert index.search(Query()).total == 1


def test_erasing_removes_generations_that_do_not_answer(filled: Index, backend: Any, make_entry: Callable[..., Entry]) -> None:
    """A rebuild that was killed left one, with the texts."""
    kept, documents = backend.generations(), filled.documents  # type: ignore[attr-defined]
    left = documents.create(documents.start())
    assert left
    assert len(backend.generations()) == 2
    assert filled.delete([make_entry(1)["id"]]) == 1
    assert backend.generations() == kept
    assert filled.search(Query()).total == 22
