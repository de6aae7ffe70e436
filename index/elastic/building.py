"""How generations of documents are made, filled, put in each other's place and removed on a node."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from elasticsearch import ApiError

from core.errors import ConfigError, Unavailable
from core.logs import get_logger
from index.elastic.installing import install
from index.elastic.series import indices_of
from index.elastic.templates import SHARD_DOCUMENTS, SHARD_GIGABYTES, documents_plan, lifecycle_settings
from index.fields import elastic_mapping
from index.generations import check_version, generation_name, generation_of, is_generation, next_part, part_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from index.elastic.bulk import Batch
    from index.elastic.client import Node
    from index.elastic.templates import Plan

LOOK_EVERY = 100  # batches of a rebuild between two looks at how large its index has become: 500 MB at most


class Generations:
    """The indices of documents behind one alias."""

    def __init__(self, node: Node, alias: str) -> None:
        self.node, self.alias = node, alias
        self._installed = ""

    def plan(self) -> Plan:
        """What its indices are made from on this node."""
        return documents_plan(self.alias, lifecycle=self.node.has_lifecycle(), hides_vectors=self.node.hides_vectors())

    def answering(self) -> list[str]:
        """The indices that the alias names, whatever they are; the one that takes new documents last."""
        return indices_of(self.node.client, self.alias)

    def current(self) -> list[str]:
        """The indices that answer; empty before the first write. Raises ConfigError unless they are one generation of this mapping version."""
        self.node.check()
        names = self.answering()
        if len({generation_of(name, alias=self.alias) or name for name in names}) > 1:
            raise ConfigError(
                f"alias {self.alias} names {len(names)} indices ({', '.join(sorted(names))}); expected those of one generation: run vigie reindex"
            )
        return [check_version(name, alias=self.alias) for name in names]

    def writable(self) -> list[str]:
        """Like ``current``; templates are brought up to date and the very first index is made where there is none."""
        names = self.current() or self.put_back()
        if not names:
            return [self._create_first()]
        self.prepare()
        return names

    def put_back(self) -> list[str]:
        """The first generation's indices where nothing answers, with the alias that somebody took from them; empty where there are none.

        Raises ConfigError when they are not of this program.
        """
        first = generation_name(self.alias)
        ours = elastic_mapping()["mappings"]["_meta"]
        found = self.node.client.indices.get_mapping(index=f"{first}-*")
        names = sorted((name for name in found if generation_of(name, alias=self.alias) == first), key=lambda name: (len(name), name))
        for name in names:
            if found[name]["mappings"].get("_meta") != ours:
                raise ConfigError(
                    f"index {name} has no alias {self.alias}, and not the mapping of this program; remove it (DELETE {name}) or run vigie reindex"
                )
        if names and not self.answering():  # another process may just have made them, with the alias
            actions = [{"add": {"index": name, "alias": self.alias, "is_write_index": name == names[-1]}} for name in names]
            self.node.client.indices.update_aliases(actions=actions)
            get_logger(__name__).warning("alias_put_back", alias=self.alias, indices=names)
        return names

    def prepare(self, *, anew: bool = False) -> None:
        """Install the templates and the policy: once in the life of this object, and ``anew`` before an index is made."""
        self.node.check()
        plan = self.plan()
        if anew or self._installed != plan.top.name:
            install(self.node.client, plan)
            self._installed = plan.top.name

    def _create_first(self) -> str:
        """The first generation and its alias, made at once; a process that was faster has made the same one."""
        self.prepare(anew=True)
        name = part_name(generation_name(self.alias), 1)
        try:
            self.node.client.indices.create(index=name, aliases={self.alias: {"is_write_index": True}})
        except ApiError as error:
            if error.error != "resource_already_exists_exception":
                raise
        self._check_mapping(name)
        return name

    def create(self, name: str) -> str:
        """Make an index that does not answer yet; its identity."""
        self.node.client.indices.create(index=name)
        self._check_mapping(name)
        if self.node.has_lifecycle():
            # the policy would roll over the alias, which does not name this index yet: it takes over with the swap
            self.node.client.ilm.remove_policy(index=name)
        return self.identity(name)

    def _check_mapping(self, name: str) -> None:
        """Raises ConfigError when the index was not made from our templates: one of another's of a higher priority went first."""
        found = self.node.client.indices.get_mapping(index=name)[name]["mappings"]
        if found.get("_meta") != elastic_mapping()["mappings"]["_meta"]:
            self.remove([name])
            plan = self.plan().top
            raise ConfigError(
                f"index {name} did not get its mapping from template {plan.name} (priority {plan.body['priority']}); give templates "
                "that match its name a lower priority, then try again"
            )

    def start(self) -> str:
        """The name of the first index of a new generation."""
        return part_name(generation_name(self.alias, at=datetime.now(UTC)), 1)

    def identity(self, name: str) -> str:
        """The node's own id of an index, which no other index ever has."""
        return str(self.node.client.indices.get_settings(index=name)[name]["settings"]["index"]["uuid"])

    def growing(self, batches: Iterable[Batch], made: dict[str, str]) -> Iterator[Batch]:
        """The batches of a rebuild; ``made`` (identity by name) gets one index more whenever the last one is as large as the policy allows."""
        for number, batch in enumerate(batches, 1):
            yield batch
            last = list(made)[-1]
            if number % LOOK_EVERY == 0 and self._is_full(last):
                following = next_part(last)
                made[following] = self.create(following)

    def _is_full(self, name: str) -> bool:
        self.node.bulk.indices.refresh(index=name)  # else what was just written is not counted
        found = self.node.client.indices.stats(index=name, metric="docs,store")["_all"]["primaries"]
        return bool(found["store"]["size_in_bytes"] >= SHARD_GIGABYTES * 2**30 or found["docs"]["count"] >= SHARD_DOCUMENTS)

    def swap(self, old: list[str], made: dict[str, str]) -> None:
        """Let a generation answer in place of the old one, in one action. Raises Unavailable when it is not what was made."""
        if {name: self.identity(name) for name in made} != made:
            # another machine's rebuild removed it and the node made it again by guessing the types
            raise Unavailable(f"index {', '.join(made)} was replaced during its rebuild; run only one vigie reindex at a time, then again")
        *full, last = made
        if self.node.has_lifecycle():
            for name in made:
                complete = {"index.lifecycle.indexing_complete": name != last}  # only the last one is ever rolled over
                self.node.client.indices.put_settings(index=name, settings={**lifecycle_settings(self.alias), **complete})
        actions: list[dict[str, Any]] = [{"add": {"index": name, "alias": self.alias, "is_write_index": False}} for name in full]
        actions.append({"add": {"index": last, "alias": self.alias, "is_write_index": True}})
        actions += [{"remove": {"index": name, "alias": self.alias}} for name in old]
        self.node.client.indices.update_aliases(actions=actions)

    def remove(self, names: Iterable[str]) -> None:
        """Remove indices; one that is not there is left out."""
        for name in names:
            self.node.client.options(ignore_status=404).indices.delete(index=name)

    def remove_all_but(self, kept: Iterable[str]) -> None:
        """Remove what killed rebuilds left and generations that no longer answer."""
        kept = set(kept)
        found = self.node.client.indices.get_alias(index=f"{self.alias}-v*")
        self.remove(name for name in found if name not in kept and is_generation(name, alias=self.alias))
