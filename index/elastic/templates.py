"""What a node is told once: the templates that every new index takes its settings and mapping from, and how long indices live. Pure.

One pair of component templates (settings with the analysis, mapping) for the documents, one mapping for the runs. They carry a digest of
their own content: the same is never sent twice, another replaces it.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, NamedTuple

from index.fields import MAPPING_VERSION, RUN_FIELDS, elastic_mapping, elastic_properties
from index.generations import FIRST, generation_name

SHARD_GIGABYTES = 40  # Elastic advises 10 to 50 GB a shard: more takes long to move and to merge
SHARD_DOCUMENTS = 100_000_000
RUNS_DAYS = 400  # a year of trends, and a month to look at it
PRIORITY = 500  # above the templates that come with the node, which take names like logs-*


class Template(NamedTuple):
    """A template with its name; ``body`` lacks ``_meta``, which ``meta`` gives."""

    name: str
    body: dict[str, Any]

    @property
    def meta(self) -> dict[str, Any]:
        """Who made it and of what content."""
        return {"managed_by": "vigie", "mapping_version": MAPPING_VERSION, "digest": _digest(self.body)}


class Plan(NamedTuple):
    """All that the indices of one alias are made from."""

    components: tuple[Template, ...]
    top: Template  # which indices take them
    policy: Template | None  # None where the node has no lifecycle management


def documents_plan(alias: str, *, lifecycle: bool, hides_vectors: bool) -> Plan:
    """For the indices ``<alias>-v<MAPPING_VERSION>-*``; each mapping version has its own, so that two programs do not undo each other's."""
    made, name = elastic_mapping(), generation_name(alias).removesuffix(f"-{FIRST}")
    settings = {**made["settings"], **({"index.mapping.exclude_source_vectors": False} if hides_vectors else {})}
    components = (
        Template(f"{name}-settings", {"template": {"settings": settings}}),
        Template(f"{name}-mappings", {"template": {"mappings": made["mappings"]}}),
    )
    # no delete phase: an index's age says nothing about its documents. Each has its own end (retain_until), which a flow of Vigie keeps.
    phases = {"hot": _rollover({"max_primary_shard_size": f"{SHARD_GIGABYTES}gb", "max_primary_shard_docs": SHARD_DOCUMENTS})}
    return _plan(name, alias, components, phases if lifecycle else None)


def runs_alias(alias: str) -> str:
    """The alias of the runs of the sources."""
    return f"{alias}-runs"


def runs_plan(alias: str, *, lifecycle: bool) -> Plan:
    """For the indices ``<alias>-runs-<number>``, which outlive every generation of documents and go by age."""
    name = runs_alias(alias)
    made = elastic_mapping()["settings"]
    settings = {key: made[key] for key in ("number_of_shards", "auto_expand_replicas")}
    mappings = {"dynamic": "strict", "properties": elastic_properties(RUN_FIELDS)}
    components = (Template(f"{name}-mappings", {"template": {"settings": settings, "mappings": mappings}}),)
    # an age counts from the rollover: a row lives RUNS_DAYS and up to a month more
    phases = {
        "hot": _rollover({"max_primary_shard_size": f"{SHARD_GIGABYTES}gb", "max_age": "30d"}),
        "delete": {"min_age": f"{RUNS_DAYS}d", "actions": {"delete": {}}},
    }
    return _plan(name, name, components, phases if lifecycle else None)


def _rollover(conditions: dict[str, Any]) -> dict[str, Any]:
    return {"min_age": "0ms", "actions": {"rollover": conditions}}


def _plan(name: str, alias: str, components: tuple[Template, ...], phases: dict[str, Any] | None) -> Plan:
    body: dict[str, Any] = {
        "index_patterns": [f"{name}-*"],
        "composed_of": [component.name for component in components],
        "priority": PRIORITY,
        # a write to an index that was removed meanwhile makes none: every index is made on purpose
        "allow_auto_create": False,
    }
    if phases is None:
        return Plan(components, Template(name, body), None)
    body["template"] = {"settings": lifecycle_settings(alias)}
    return Plan(components, Template(name, body), Template(alias, {"phases": phases}))


def lifecycle_settings(alias: str) -> dict[str, Any]:
    """What puts an index under the policy of an alias."""
    return {"index.lifecycle.name": alias, "index.lifecycle.rollover_alias": alias}


def _digest(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:16]
