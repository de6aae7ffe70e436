"""Snapshots of the indices: taken, listed, tried out, restored. The index is a projection, so they only save the time of ``vigie reindex``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from core.errors import ConfigError, Unavailable

if TYPE_CHECKING:
    from index.elastic.adapter import ElasticIndex

REPOSITORY = "vigie"
SCHEDULE = "0 30 3 * * ?"  # 03:30 UTC, after the night's crawl
KEPT = {"expire_after": "30d", "min_count": 5, "max_count": 60}
TRIAL = "trial-"  # before the names of what is restored to be counted and removed; no template or alias of ours has it
WAIT_SECONDS = 3600


def register(index: ElasticIndex, repository: dict[str, Any]) -> None:
    """Name a repository, which every node must reach, and let the node write and read a trial file there. Raises ConfigError, Unavailable."""
    with index.node.errors():
        index.node.client.snapshot.create_repository(name=REPOSITORY, repository=repository, verify=True)


def schedule(index: ElasticIndex) -> None:
    """Let the node take a snapshot every night and remove old ones (SLM). Raises ConfigError for a node without."""
    if not index.node.has_lifecycle():
        raise ConfigError("this node takes no snapshots by itself; run 'scripts/snapshot.py take' from cron instead")
    with index.node.errors():
        index.node.client.slm.put_lifecycle(
            policy_id=REPOSITORY, name="<vigie-{now/d}>", schedule=SCHEDULE, repository=REPOSITORY, config=_config(index), retention=KEPT
        )


def take(index: ElasticIndex) -> str:
    """Take a snapshot now and wait for it; its name. Raises ConfigError when it is not whole."""
    name = f"vigie-{datetime.now(UTC):%Y.%m.%d-%H%M%S}"
    with index.node.errors():
        client = index.node.client.options(request_timeout=WAIT_SECONDS)
        found = client.snapshot.create(repository=REPOSITORY, snapshot=name, wait_for_completion=True, **_config(index))["snapshot"]
    if found["state"] != "SUCCESS":
        raise ConfigError(f"snapshot {name} ended as {found['state']}: GET _snapshot/{REPOSITORY}/{name} names the shards that failed")
    return name


def _config(index: ElasticIndex) -> dict[str, Any]:
    # only ours: other programs' indices and the cluster's own settings are not ours to bring back
    return {"indices": [f"{index.documents.alias}-v*", f"{index.runs.alias}-*"], "include_global_state": False}


def snapshots(index: ElasticIndex) -> list[tuple[str, str, list[str]]]:
    """(name, state, indices) of each, the newest first. Raises Unavailable, ConfigError."""
    with index.node.errors():
        found = index.node.client.snapshot.get(repository=REPOSITORY, snapshot="_all", sort="start_time", order="desc")["snapshots"]
    return [(snapshot["snapshot"], snapshot["state"], list(snapshot["indices"])) for snapshot in found]


def trial(index: ElasticIndex) -> dict[str, tuple[int, int | None]]:
    """Restore the newest good snapshot beside the index, count it and remove it: (restored, now there) by index; None for one that is gone.

    Raises ConfigError when there is no good snapshot, Unavailable when a shard did not come back.
    """
    name, indices = _newest(index)
    counts: dict[str, tuple[int, int | None]] = {}
    with index.node.errors():
        client = index.node.client.options(request_timeout=WAIT_SECONDS)
        try:
            _restore(index, name, indices, rename_pattern="(.+)", rename_replacement=f"{TRIAL}$1", include_aliases=False)
            for found in indices:
                restored = int(client.count(index=TRIAL + found)["count"])
                now = client.options(ignore_status=404).count(index=found)
                counts[found] = (restored, int(now["count"]) if "count" in now else None)
        finally:
            index.documents.remove(TRIAL + found for found in indices)
    return counts


def restore(index: ElasticIndex) -> str:
    """Bring the newest good snapshot back, aliases and all, where nothing answers any more; its name. Raises ConfigError."""
    name, indices = _newest(index)
    with index.node.errors():
        if index.documents.answering():
            raise ConfigError(
                f"an index already answers as {index.documents.alias}: vigie reindex replaces it without a gap; restore only into an empty node"
            )
        index.documents.prepare(anew=True)
        _restore(index, name, indices, include_aliases=True)
    return name


def _restore(index: ElasticIndex, name: str, indices: list[str], **options: Any) -> None:
    client = index.node.client.options(request_timeout=WAIT_SECONDS)
    if not options["include_aliases"]:  # nor under a policy, which would roll an alias over
        options["ignore_index_settings"] = ["index.lifecycle.name", "index.lifecycle.rollover_alias"]
    found = client.snapshot.restore(
        repository=REPOSITORY, snapshot=name, indices=indices, include_global_state=False, wait_for_completion=True, **options
    )["snapshot"]
    if found["shards"]["failed"]:
        raise Unavailable(f"{found['shards']['failed']} shards of snapshot {name} did not come back; GET _cluster/allocation/explain")


def _newest(index: ElasticIndex) -> tuple[str, list[str]]:
    for name, state, indices in snapshots(index):
        if state == "SUCCESS" and indices:
            return name, indices
    raise ConfigError(f"repository {REPOSITORY} holds no good snapshot; take one, or run vigie reindex")
