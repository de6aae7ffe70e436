"""What the doctor says of a node: each fault played, one line each."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.errors import ConfigError
from core.settings import Settings
from flows.checks import Finding, check_all
from index.checks import index_checks
from index.documents import Entry
from index.elastic.templates import documents_plan
from index.fields import MAPPING_VERSION
from tests.index.playing import PRODUCT, Node, answering, failure, settings

NAME = f"vigie-test-v{MAPPING_VERSION}-{'0' * 20}-000001"
GIGABYTE = 2**30
CHECKS = ["index", "shards", "watermarks", "versions", "templates", "lifecycle", "snapshots"]


@pytest.fixture
def node() -> Iterator[Node]:
    """A node in good health, with one index under its policy."""
    made = Node()
    answering(made, NAME)
    plan = documents_plan("vigie-test", lifecycle=True, hides_vectors=False)
    meta = {template.name: template.meta for template in (*plan.components, plan.top)}
    answers: dict[str, Any] = {
        "/_alias/vigie-test-runs": None,
        "/_cluster/health": health(),
        f"/{NAME}/_count": {"count": 3},
        f"/{NAME}/_settings": {NAME: {"settings": {"index": {"uuid": "u"}}}},
        f"/{NAME}/_settings/index.blocks": {},
        "/_nodes/stats": disks(80),
        "/_nodes?": {"nodes": {"a": {"version": "8.19.19"}}},
        "/_ilm/status": {"operation_mode": "RUNNING"},
        "/_ilm/policy/vigie-test": {"vigie-test": {"policy": {"_meta": plan.policy.meta if plan.policy else {}, "phases": {}}}},
        f"/{NAME}/_ilm/explain": {"indices": {NAME: {"managed": True, "step": "check-rollover-ready"}}},
        "/_snapshot": {"nightly": {"type": "fs"}},
        "/_snapshot/nightly/_all": snapshots(hours=5),
    }
    for part in plan.components:
        answers[f"GET /_component_template/{part.name}"] = {
            "component_templates": [{"name": part.name, "component_template": {"_meta": meta[part.name]}}]
        }
    answers[f"GET /_index_template/{plan.top.name}"] = {
        "index_templates": [{"name": plan.top.name, "index_template": {"_meta": meta[plan.top.name]}}]
    }
    for path, body in answers.items():
        made.answers[path] = failure(404, "aliases_not_found_exception") if body is None else (200, body, PRODUCT)
    yield made
    made.server.shutdown()
    made.server.server_close()


def health(**given: Any) -> dict[str, Any]:
    return {"status": "green", "number_of_data_nodes": 1, "active_shards": 1, "unassigned_shards": 0, **given}


def disks(free: float) -> dict[str, Any]:
    data = {
        "available_in_bytes": free * GIGABYTE,
        "low_watermark_free_space_in_bytes": 15 * GIGABYTE,
        "high_watermark_free_space_in_bytes": 10 * GIGABYTE,
        "flood_stage_free_space_in_bytes": 5 * GIGABYTE,
    }
    return {"nodes": {"a": {"name": "vigie", "fs": {"data": [data]}}}}


def snapshots(*, hours: float, state: str = "SUCCESS") -> dict[str, Any]:
    return {"snapshots": [{"snapshot": "s", "state": state, "end_time_in_millis": (time.time() - hours * 3600) * 1000}]}


def said(folder: Path, node: Node) -> dict[str, Finding]:
    found = {}
    with index_checks(settings(folder, node.url)) as checks:
        for name, check in checks.items():
            try:
                found[name] = Finding(name=name, ok=True, message=check())
            except ConfigError as error:
                found[name] = Finding(name=name, ok=False, message=str(error))
    assert list(found) == CHECKS
    assert not any("\n" in finding.message for finding in found.values())
    return found


def test_a_node_in_good_health(tmp_path: Path, node: Node) -> None:
    found = said(tmp_path, node)
    assert all(finding.ok for finding in found.values()), found
    assert "1 shards active" in found["shards"].message
    assert "80 GB free on node vigie" in found["watermarks"].message
    assert "node 8.19.19, client 8.19" in found["versions"].message
    assert "3 templates installed" in found["templates"].message
    assert "1 indices under their policies" in found["lifecycle"].message
    assert "5 hours old" in found["snapshots"].message


FAULTS: list[tuple[str, str, Any, str]] = [
    ("shards", "/_cluster/health", health(status="red", unassigned_shards=1), "1 shards of this index are lost"),
    ("shards", "/_cluster/health", health(status="yellow", unassigned_shards=2, number_of_data_nodes=2), "2 copies .* unassigned on 2 data nodes"),
    ("shards", "/_cluster/health", health(active_shards=950), "950 shards on 1 data nodes"),
    ("watermarks", "/_nodes/stats", disks(12), "12.0 GB free, under the low watermark of 15.0 GB"),
    ("watermarks", "/_nodes/stats", disks(7), "under the high watermark"),
    ("watermarks", "/_nodes/stats", disks(1), "under the flood_stage watermark of 5.0 GB .*read-only"),
    (
        "watermarks",
        f"/{NAME}/_settings/index.blocks",
        {NAME: {"settings": {"index.blocks.read_only_allow_delete": "true"}}},
        "takes no writes",
    ),
    ("versions", "/_nodes?", {"nodes": {"a": {"version": "8.19.19"}, "b": {"version": "8.18.0"}}}, "2 versions .8.18.0, 8.19.19."),
    ("versions", "/_alias/vigie-test", {f"vigie-test-v99-{'0' * 20}-000001": {}}, "mapping version 99"),
    ("templates", f"GET /_index_template/vigie-test-v{MAPPING_VERSION}", None, f"vigie-test-v{MAPPING_VERSION} are missing"),
    (
        "templates",
        f"GET /_component_template/vigie-test-v{MAPPING_VERSION}-settings",
        {"component_templates": [{"name": "x", "component_template": {"_meta": {"digest": "old"}}}]},
        "-settings are missing or not this program's",
    ),
    ("lifecycle", "/_ilm/status", {"operation_mode": "STOPPED"}, "_ilm/start"),
    ("lifecycle", "/_ilm/policy/vigie-test", None, "policies vigie-test are missing"),
    ("lifecycle", f"/{NAME}/_ilm/explain", {"indices": {NAME: {"managed": False}}}, "under no policy"),
    (
        "lifecycle",
        f"/{NAME}/_ilm/explain",
        {"indices": {NAME: {"managed": True, "step": "ERROR", "failed_step": "check-rollover-ready", "step_info": {"reason": "no alias"}}}},
        "check-rollover-ready: no alias",
    ),
    ("snapshots", "/_snapshot/nightly/_all", snapshots(hours=100), "4 days old"),
    ("snapshots", "/_snapshot/nightly/_all", snapshots(hours=1, state="PARTIAL"), "no good snapshot"),
]


@pytest.mark.parametrize(("check", "path", "answer", "message"), FAULTS)
def test_faults(tmp_path: Path, node: Node, check: str, path: str, answer: Any, message: str) -> None:
    node.answers[path] = failure(404, "resource_not_found_exception") if answer is None else (200, answer, PRODUCT)
    if "v99" in str(answer):
        name = next(iter(answer))
        node.answers[f"/{name}/_count"] = (200, {"count": 0}, PRODUCT)
        node.answers[f"/{name}/_settings"] = (200, {name: {"settings": {"index": {"uuid": "u"}}}}, PRODUCT)
        node.answers[f"/{name}/_ilm/explain"] = (200, {"indices": {}}, PRODUCT)
        del node.answers["/_alias"]
    found = said(tmp_path, node)[check]
    assert not found.ok
    assert re.search(message, found.message), found.message


def test_what_is_no_fault(tmp_path: Path, node: Node) -> None:
    node.answers |= {"/_snapshot": (200, {}, PRODUCT), "/_ilm": failure(400, "no handler found")}
    del node.answers["/_ilm/status"]
    found = said(tmp_path, node)
    assert found["snapshots"].ok
    assert "vigie reindex" in found["snapshots"].message
    assert found["lifecycle"].ok
    assert "no ILM" in found["lifecycle"].message


def test_on_the_test_node(elastic_backend: Any, make_entry: Callable[..., Entry]) -> None:
    for written in (False, True):
        with index_checks(elastic_backend.settings) as checks:
            messages = {name: check() for name, check in checks.items() if name != "shards"}  # it keeps a replica that it has no place for
        assert list(messages) == [name for name in CHECKS if name != "shards"]
        assert ("3 templates" if written else "none yet") in messages["templates"]
        opened = elastic_backend.open()
        opened.write([make_entry(1)])
        opened.close()


@pytest.fixture
def without_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """The model takes seconds and is no matter here."""
    monkeypatch.setattr("flows.checks._model", lambda _: "")


@pytest.mark.usefixtures("without_model")
def test_a_node_that_is_down_is_said_once(tmp_path: Path) -> None:
    found = {finding.name: finding for finding in check_all(Settings(data_dir=tmp_path, elasticsearch_url="http://127.0.0.1:9"))}
    assert not found["index"].ok
    assert not found.keys() & set(CHECKS[1:])
    wrong = Settings(data_dir=tmp_path, elasticsearch_url="http://a:b@127.0.0.1:9")
    assert "own variables" in next(finding.message for finding in check_all(wrong) if finding.name == "index")


@pytest.mark.usefixtures("without_model")
def test_a_wrong_source_file_hides_no_other(tmp_path: Path) -> None:
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "a.yml").write_text("title: [", encoding="utf-8")
    (folder / "b.yml").write_text("kindd: rss", encoding="utf-8")
    found = next(finding for finding in check_all(Settings(data_dir=tmp_path, sources_dir=folder)) if finding.name == "sources")
    assert not found.ok
    assert "2 source files are wrong" in found.message
    assert "a.yml" in found.message
    assert "b.yml" in found.message
