"""Templates on the test node; lifecycle policies on a played one, for the test node has none: what is sent is held against the documented shapes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.errors import ConfigError
from index.documents import Entry
from index.elastic import ElasticIndex
from index.elastic.installing import outdated
from index.elastic.templates import documents_plan, runs_plan
from index.fields import BY_NAME, MAPPING_VERSION, RUN_FIELDS, elastic_mapping
from index.protocol import Index
from index.queries import Query
from tests.index.playing import INFO, PRODUCT, Answer, Node, failure, settings

V = MAPPING_VERSION


@pytest.fixture
def backend(elastic_backend: Any) -> Any:
    return elastic_backend


@pytest.fixture
def node() -> Iterator[Node]:
    made = Node()
    yield made
    made.server.shutdown()
    made.server.server_close()


# --- what the plans say


def test_the_plan_of_documents() -> None:
    plan = documents_plan("a", lifecycle=True, hides_vectors=False)
    settings_part, mappings_part = plan.components
    assert settings_part.body["template"]["settings"] == elastic_mapping()["settings"]
    assert mappings_part.body["template"]["mappings"] == elastic_mapping()["mappings"]
    assert plan.top.body["index_patterns"] == [f"a-v{V}-*"]
    assert plan.top.body["composed_of"] == [f"a-v{V}-settings", f"a-v{V}-mappings"]
    assert plan.top.body["allow_auto_create"] is False
    assert plan.top.body["template"]["settings"] == {"index.lifecycle.name": "a", "index.lifecycle.rollover_alias": "a"}
    assert plan.policy
    rollover = {"max_primary_shard_size": "40gb", "max_primary_shard_docs": 100_000_000}
    assert plan.policy.body == {"phases": {"hot": {"min_age": "0ms", "actions": {"rollover": rollover}}}}  # nothing is removed by age


def test_the_plan_of_runs() -> None:
    plan = runs_plan("a", lifecycle=True)
    mappings = plan.components[0].body["template"]["mappings"]
    assert mappings["dynamic"] == "strict"
    assert mappings["properties"].keys() == {field.name for field in RUN_FIELDS}
    assert plan.top.body["index_patterns"] == ["a-runs-*"]
    assert plan.policy
    assert plan.policy.name == "a-runs"
    assert plan.policy.body["phases"]["delete"] == {"min_age": "400d", "actions": {"delete": {}}}
    assert "max_age" in plan.policy.body["phases"]["hot"]["actions"]["rollover"]


def test_a_node_without_lifecycle_gets_no_setting_of_it() -> None:
    for plan in (documents_plan("a", lifecycle=False, hides_vectors=False), runs_plan("a", lifecycle=False)):
        assert plan.policy is None
        assert "lifecycle" not in json.dumps([plan.top.body, *(component.body for component in plan.components)])


def test_vectors_come_back_from_nodes_that_hide_them() -> None:
    hidden = documents_plan("a", lifecycle=True, hides_vectors=True).components[0]
    assert hidden.body["template"]["settings"]["index.mapping.exclude_source_vectors"] is False
    assert hidden.meta["digest"] != documents_plan("a", lifecycle=True, hides_vectors=False).components[0].meta["digest"]


@pytest.mark.parametrize(("version", "hides"), [("8.19.19", False), ("9.1.4", False), ("9.2.0", True), ("10.0.0", True), ("9.10.1-SNAPSHOT", True)])
def test_which_nodes_hide_vectors(tmp_path: Path, node: Node, version: str, hides: bool) -> None:
    node.answers = {"/": (200, {**INFO, "version": {"number": version}}, PRODUCT)}
    index = ElasticIndex(settings(tmp_path, node.url))
    assert index.node.hides_vectors() is hides
    index.close()


# --- on the test node


def test_the_first_write_installs_the_templates(index: Index, backend: Any, make_entry: Callable[..., Entry]) -> None:
    name = backend.settings.index_name
    index.write([make_entry(1)])
    found = backend.client.indices.get_index_template(name=f"{name}-v{V}")["index_templates"][0]["index_template"]
    assert found["index_patterns"] == [f"{name}-v{V}-*"]
    assert found["_meta"]["mapping_version"] == V
    mapping = backend.client.indices.get_mapping(index=name).popitem()[1]["mappings"]
    assert mapping["dynamic"] == "strict"
    assert mapping["properties"].keys() == BY_NAME.keys()
    assert mapping["properties"]["embedding"]["element_type"] == "byte"


def test_a_rolled_over_index_has_the_mapping(index: Index, backend: Any, make_entry: Callable[..., Entry]) -> None:
    name = backend.settings.index_name
    index.write([make_entry(1)])
    backend.client.indices.rollover(alias=name)
    first, second = (found["mappings"] for found in backend.client.indices.get_mapping(index=name).values())
    assert first == second


def test_installing_again_sends_nothing_and_a_change_is_replaced(index: Index, backend: Any, make_entry: Callable[..., Entry]) -> None:
    name, client = backend.settings.index_name, backend.client
    plan = documents_plan(name, lifecycle=False, hides_vectors=False)
    assert outdated(client, plan) == {"policy": [], "components": [f"{name}-v{V}-settings", f"{name}-v{V}-mappings"], "top": [f"{name}-v{V}"]}
    index.write([make_entry(1)])
    assert not any(outdated(client, plan).values())
    client.cluster.put_component_template(name=f"{name}-v{V}-mappings", template={"mappings": {}}, meta={"digest": "another"})
    assert outdated(client, plan)["components"] == [f"{name}-v{V}-mappings"]
    other = backend.open()
    other.write([make_entry(2)])
    other.close()
    assert not any(outdated(client, plan).values())


def test_a_template_that_goes_before_ours_is_noticed(index: Index, backend: Any, make_entry: Callable[..., Entry]) -> None:
    name, client = backend.settings.index_name, backend.client
    client.indices.put_index_template(name="greedy", index_patterns=[f"{name}*"], priority=900, template={"mappings": {"dynamic": True}})
    try:
        for ask in (lambda: index.write([make_entry(1)]), lambda: index.rebuild([make_entry(1)])):
            with pytest.raises(ConfigError, match="lower priority"):
                ask()
        assert backend.generations() == []
    finally:
        client.indices.delete_index_template(name="greedy")
    assert index.write([make_entry(1)]).indexed == 1


def test_a_new_field_of_runs_reaches_the_index_that_is_there(index: Index, backend: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    row = {"id": "r", "at": "2026-01-01T00:00:00+00:00", "source": "s", "measure": "kept", "reason": None, "count": 1}
    index.write_runs([row])
    more = (*RUN_FIELDS, RUN_FIELDS[0]._replace(name="host"))
    monkeypatch.setattr("index.elastic.templates.RUN_FIELDS", more)
    monkeypatch.setattr("index.elastic.runs.RUN_NAMES", {field.name: field for field in more})
    other = backend.open()
    assert other.write_runs([{**row, "id": "r2", "host": "h"}]) == 1
    other.close()


def test_a_node_without_lifecycle_is_told_once(index: Index, make_entry: Callable[..., Entry], capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(3):
        index.write([make_entry(number)])
    assert "no index lifecycle management" in index.health().warnings[0]
    said = capsys.readouterr()
    assert (said.out + said.err).count("no_lifecycle") == 1


# --- on a played node that has lifecycle management


class Managed:
    """Keeps what is put, and gives it back as Elasticsearch documents it."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.policies: dict[str, Any] = {}
        self.parts: dict[str, Any] = {}
        self.tops: dict[str, Any] = {}
        node.answers = {
            "/": (200, {"acknowledged": True}, PRODUCT),
            "GET /": (200, INFO, PRODUCT),
            "GET /_ilm/status": (200, {"operation_mode": "RUNNING"}, PRODUCT),
            "GET /_ilm/policy/": lambda path, _: self.found(path, self.policies, lambda name, body: {name: body}),
            "PUT /_ilm/policy/": lambda path, body: self.put(path, body, self.policies),
            "GET /_component_template/": lambda path, _: self.found(
                path, self.parts, lambda name, body: {"component_templates": [{"name": name, "component_template": body}]}
            ),
            "PUT /_component_template/": lambda path, body: self.put(path, body, self.parts),
            "GET /_index_template/": lambda path, _: self.found(
                path, self.tops, lambda name, body: {"index_templates": [{"name": name, "index_template": body}]}
            ),
            "PUT /_index_template/": lambda path, body: self.put(path, body, self.tops),
            "GET /_alias/": failure(404, "aliases_not_found_exception"),
        }

    def put(self, path: str, body: bytes, into: dict[str, Any]) -> Answer:
        into[path.rpartition("/")[2]] = json.loads(body)
        return 200, {"acknowledged": True}, PRODUCT

    def found(self, path: str, into: dict[str, Any], shape: Callable[[str, Any], Any]) -> Answer:
        name = path.rpartition("/")[2]
        return (200, shape(name, into[name]), PRODUCT) if name in into else failure(404, "resource_not_found_exception")

    def sent(self, method: str) -> list[str]:
        return [asked for asked, _ in self.node.asked if asked.startswith(method)]


def test_policies_and_templates_are_installed_once(tmp_path: Path, node: Node) -> None:
    managed = Managed(node)
    index = ElasticIndex(settings(tmp_path, node.url))
    index.documents.prepare()
    index.documents.prepare()
    assert managed.sent("PUT") == [
        "PUT /_ilm/policy/vigie-test",
        f"PUT /_component_template/vigie-test-v{V}-settings",
        f"PUT /_component_template/vigie-test-v{V}-mappings",
        f"PUT /_index_template/vigie-test-v{V}",
    ]
    assert managed.policies["vigie-test"]["policy"]["_meta"]["managed_by"] == "vigie"
    assert managed.tops[f"vigie-test-v{V}"]["template"]["settings"]["index.lifecycle.rollover_alias"] == "vigie-test"
    ElasticIndex(settings(tmp_path, node.url)).documents.prepare()
    assert len(managed.sent("PUT")) == 4
    managed.policies["vigie-test"]["policy"]["_meta"]["digest"] = "another"
    ElasticIndex(settings(tmp_path, node.url)).documents.prepare()
    assert managed.sent("PUT")[4:] == ["PUT /_ilm/policy/vigie-test"]
    index.close()


def test_a_rebuild_is_under_the_policy_only_once_it_answers(tmp_path: Path, node: Node) -> None:
    managed = Managed(node)
    created: list[str] = []

    def create(path: str, _: bytes) -> Answer:
        created.append(path[1:])
        return 200, {"acknowledged": True}, PRODUCT

    def described(path: str, _: bytes) -> Answer:
        name = path.split("/")[1]
        if path.endswith("_settings"):
            return 200, {name: {"settings": {"index": {"uuid": f"u-{name}"}}}}, PRODUCT
        return 200, {name: {"mappings": elastic_mapping()["mappings"]}}, PRODUCT

    node.answers |= {
        f"PUT /vigie-test-v{V}-": create,
        f"GET /vigie-test-v{V}-": described,
        "GET /vigie-test-v*": (200, {}, PRODUCT),
        f"GET /vigie-test-v{V}-*": (200, {}, PRODUCT),
        "/_count": (200, {"count": 0}, PRODUCT),
    }
    index = ElasticIndex(settings(tmp_path, node.url))
    name = index.documents.start()
    made = {name: index.documents.create(name)}
    following = name[:-1] + "2"
    made[following] = index.documents.create(following)
    assert [asked for asked in managed.sent("POST") if "_ilm" in asked] == [f"POST /{name}/_ilm/remove", f"POST /{following}/_ilm/remove"]
    node.asked.clear()
    index.documents.swap([f"vigie-test-v{V}-{'0' * 20}-000001"], made)
    told = {asked.split("/")[1]: json.loads(body) for asked, body in node.asked if asked.startswith("PUT") and "_settings" in asked}
    lifecycle = {"index.lifecycle.name": "vigie-test", "index.lifecycle.rollover_alias": "vigie-test"}
    assert told == {
        name: {**lifecycle, "index.lifecycle.indexing_complete": True},  # else ILM stops at an index that is not the write index
        following: {**lifecycle, "index.lifecycle.indexing_complete": False},
    }
    actions = next(json.loads(body)["actions"] for asked, body in node.asked if asked.startswith("POST /_aliases"))
    assert actions == [
        {"add": {"index": name, "alias": "vigie-test", "is_write_index": False}},
        {"add": {"index": following, "alias": "vigie-test", "is_write_index": True}},
        {"remove": {"index": f"vigie-test-v{V}-{'0' * 20}-000001", "alias": "vigie-test"}},
    ]
    index.close()


def test_an_account_without_the_privilege_is_said(tmp_path: Path, node: Node, make_entry: Callable[..., Entry]) -> None:
    Managed(node)
    node.answers["GET /_ilm/status"] = failure(403, "security_exception")
    index = ElasticIndex(settings(tmp_path, node.url))
    with pytest.raises(ConfigError, match=r"docs/operations\.md"):
        index.write([make_entry(1)])
    index.close()


def test_reading_asks_for_no_templates(filled: Index, backend: Any) -> None:
    other = ElasticIndex(backend.settings)
    other.documents.prepare = None  # type: ignore[assignment,method-assign]
    assert other.search(Query()).total == 23
    assert len(list(other.scan(Query()))) == 23
    other.close()
