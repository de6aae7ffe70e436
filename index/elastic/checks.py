"""What ``vigie doctor`` asks a node. Each check answers with one line, or raises ConfigError that says what to do."""

from __future__ import annotations

import time
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from core.errors import ConfigError
from index.elastic.installing import outdated

if TYPE_CHECKING:
    from collections.abc import Callable

    from elasticsearch import Elasticsearch

    from index.elastic.adapter import ElasticIndex

SHARDS_PER_NODE = 1000  # Elasticsearch's own limit, cluster.max_shards_per_node, unless it is changed
SNAPSHOT_DAYS = 3  # one missed night is no alarm
_GIGABYTE = 2**30


def node_checks(index: ElasticIndex) -> dict[str, Callable[[], str]]:
    """The checks by name. Each raises ConfigError or Unavailable."""
    checks: dict[str, Callable[[ElasticIndex], str]] = {
        "shards": _shards,
        "watermarks": _watermarks,
        "versions": _versions,
        "templates": _templates,
        "lifecycle": _lifecycle,
        "snapshots": _snapshots,
    }

    def asked(check: Callable[[ElasticIndex], str]) -> Callable[[], str]:
        def ask() -> str:
            with index.node.errors():
                index.node.check()
                return check(index)

        return ask

    return {name: asked(check) for name, check in checks.items()}


def _names(index: ElasticIndex) -> list[str]:
    return [*index.documents.answering(), *index.runs.indices()]


def _shards(index: ElasticIndex) -> str:
    client, names = index.node.client, _names(index)
    cluster = client.cluster.health()
    nodes, shards = cluster["number_of_data_nodes"], cluster["active_shards"] + cluster["unassigned_shards"]
    ours = client.cluster.health(index=",".join(names)) if names else cluster
    if ours["status"] == "red":
        raise ConfigError(f"{ours['unassigned_shards']} shards of this index are lost: GET _cluster/allocation/explain, restore, or vigie reindex")
    if names and ours["unassigned_shards"]:
        raise ConfigError(
            f"{ours['unassigned_shards']} copies of this index's shards are unassigned on {nodes} data nodes: GET _cluster/allocation/explain"
        )
    if shards > 0.9 * SHARDS_PER_NODE * nodes:
        raise ConfigError(f"{shards} shards on {nodes} data nodes, of at most {SHARDS_PER_NODE} each: remove unneeded indices, or add a node")
    note = "" if nodes > 1 else "; one data node: no shard has a copy, a lost disk means vigie reindex"
    return f"{ours['active_shards']} shards active, none unassigned{note}"


def _watermarks(index: ElasticIndex) -> str:
    names = _names(index)
    blocked = [name for name in names if _is_blocked(index.node.client, name)]
    if blocked:
        raise ConfigError(f"index {', '.join(blocked)} takes no writes (index.blocks): free disk space; Elasticsearch then lifts its own block")
    nodes = index.node.client.nodes.stats(metric="fs")["nodes"].values()
    disks = [(_free_above_watermarks(node["name"], disk), node["name"]) for node in nodes for disk in node["fs"].get("data", ())]
    if not disks:
        return "the node does not tell its disks"
    free, name = min(disks)
    return f"{free / _GIGABYTE:.0f} GB free on node {name}, above the low watermark"


def _is_blocked(client: Elasticsearch, name: str) -> bool:
    found = client.indices.get_settings(index=name, name="index.blocks.*", flat_settings=True)
    return any(str(value) == "true" for settings in dict(found).values() for value in settings["settings"].values())


def _free_above_watermarks(name: str, disk: dict[str, Any]) -> float:
    """The free bytes of a disk. Raises ConfigError when they are under a watermark, each of which is told in bytes."""
    free = float(disk["available_in_bytes"])
    meanings = {
        "flood_stage": "indices become read-only",
        "high": "shards are moved away",
        "low": "no shard is put there any more",
    }
    for watermark, meaning in meanings.items():
        limit = disk.get(f"{watermark}_watermark_free_space_in_bytes" if watermark != "flood_stage" else "flood_stage_free_space_in_bytes")
        if limit is not None and free < limit:
            raise ConfigError(
                f"node {name} has {free / _GIGABYTE:.1f} GB free, under the {watermark} watermark of {limit / _GIGABYTE:.1f} GB "
                f"({meaning}): free some disk or add a node"
            )
    return free


def _versions(index: ElasticIndex) -> str:
    index.documents.current()  # raises for another mapping version
    found = {node["version"] for node in index.node.client.nodes.info(filter_path="nodes.*.version")["nodes"].values()}
    if len(found) > 1:
        raise ConfigError(f"the nodes run {len(found)} versions ({', '.join(sorted(found))}): finish the upgrade, old ones first")
    return f"node {index.node.version}, client {version('elasticsearch')}, mapping of this program's version"


def _templates(index: ElasticIndex) -> str:
    """Looks at those of documents only once there are documents, and alike for the runs."""
    client = index.node.client
    plans = [index.documents.plan()] * bool(index.documents.answering()) + [index.runs.plan()] * bool(index.runs.indices())
    old = [name for plan in plans for kind, names in outdated(client, plan).items() if kind != "policy" for name in names]
    if old:
        raise ConfigError(f"templates {', '.join(old)} are missing or not this program's: the next vigie publish installs them")
    installed = sum(len(plan.components) + 1 for plan in plans)
    return f"{installed} templates installed, all current" if plans else "none yet: the first vigie publish installs them"


def _lifecycle(index: ElasticIndex) -> str:
    if not index.node.has_lifecycle():
        return "this node has none (no ILM): indices are not rolled over, rows of runs are not removed; fine for a trial, not for production"
    client, names = index.node.client, _names(index)
    if client.ilm.get_status()["operation_mode"] != "RUNNING":
        raise ConfigError("ILM is stopped: POST _ilm/start")
    plans = [index.documents.plan()] * bool(index.documents.answering()) + [index.runs.plan()] * bool(index.runs.indices())
    old = [name for plan in plans for name in outdated(client, plan)["policy"]]
    if old:
        raise ConfigError(f"policies {', '.join(old)} are missing or not this program's: the next vigie publish installs them")
    explained = client.ilm.explain_lifecycle(index=",".join(names))["indices"] if names else {}
    for name, state in explained.items():
        if not state.get("managed"):
            raise ConfigError(f"index {name} is under no policy: run vigie reindex")
        if state.get("step") == "ERROR":
            reason = str(state.get("step_info", {}).get("reason"))[:200]
            raise ConfigError(f"ILM failed on index {name} at {state.get('failed_step')}: {reason}; mend it, then POST {name}/_ilm/retry")
    return f"{len(explained)} indices under their policies, no errors"


def _snapshots(index: ElasticIndex) -> str:
    """Of the newest good snapshot in any repository."""
    client = index.node.client
    repositories = list(client.snapshot.get_repository())
    if not repositories:
        return "no repository: after a loss, vigie reindex builds the index from the archive (docs/operations.md)"
    newest = max((_newest(client, name) for name in repositories), default=0.0)
    if not newest:
        raise ConfigError(f"repository {', '.join(repositories)} holds no good snapshot: run scripts/snapshot.py take, or the SLM policy")
    days = (time.time() - newest / 1000) / 86_400
    if days > SNAPSHOT_DAYS:
        raise ConfigError(f"the last good snapshot is {days:.0f} days old, at most {SNAPSHOT_DAYS} expected: GET _slm/policy shows why")
    return f"the last good snapshot is {days * 24:.0f} hours old"


def _newest(client: Elasticsearch, repository: str) -> float:
    """When the last good snapshot of a repository ended, in milliseconds since 1970; 0 without one."""
    found = client.snapshot.get(repository=repository, snapshot="_all", sort="start_time", order="desc", size=50)["snapshots"]
    return max((float(snapshot["end_time_in_millis"]) for snapshot in found if snapshot["state"] == "SUCCESS"), default=0.0)
