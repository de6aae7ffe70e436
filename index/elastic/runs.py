"""The runs of the sources: rows that outlive every generation of documents, in indices of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from elasticsearch import ApiError

from core.errors import Invalid
from index.batches import json_of
from index.documents import problem
from index.elastic.installing import install
from index.elastic.series import indices_of, write
from index.elastic.templates import runs_alias, runs_plan
from index.tables import RUN_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from index.documents import Entry
    from index.elastic.client import Node
    from index.elastic.templates import Plan

ROWS = 1000  # of one request; a row is some 200 bytes


class Runs:
    """The indices of runs behind one alias."""

    def __init__(self, node: Node, alias: str) -> None:
        self.node, self.alias = node, runs_alias(alias)
        self._documents = alias
        self._installed = False

    def plan(self) -> Plan:
        """What its indices are made from on this node."""
        return runs_plan(self._documents, lifecycle=self.node.has_lifecycle())

    def indices(self) -> list[str]:
        """The indices that answer; empty before the first write."""
        return indices_of(self.node.client, self.alias)

    def write(self, rows: Iterable[Entry]) -> int:
        """See Index.write_runs. Raises Invalid for a row that does not fit fields.RUN_FIELDS."""
        given = list(rows)
        for row in given:
            if reason := problem(row, fields=RUN_NAMES):
                raise Invalid(f"row {row.get('id')} of the runs: {reason}")
        given = list({row["id"]: row for row in given}.values())
        if not given:
            return 0
        self.node.check()
        names = self.indices()
        self._prepare(names)
        names = names or [self._create_first()]
        batches = ([(row, json_of(row)) for row in given[start : start + ROWS]] for start in range(0, len(given), ROWS))
        result = write(self.node, lambda: names, batches)
        if result.failed:
            identifier, reason = result.failed[0]
            raise Invalid(f"{len(result.failed)} rows of runs were refused, the first, {identifier}: {reason}")
        return result.indexed

    def _prepare(self, names: list[str]) -> None:
        """Install the templates; a new field is added to the indices that are there, whose rows nothing could write again."""
        if self._installed and names:
            return
        plan = self.plan()
        if install(self.node.client, plan) and names:
            added = plan.components[0].body["template"]["mappings"]
            self.node.client.indices.put_mapping(index=",".join(names), **added)
        self._installed = True

    def _create_first(self) -> str:
        name = f"{self.alias}-000001"
        try:
            self.node.client.indices.create(index=name, aliases={self.alias: {"is_write_index": True}})
        except ApiError as error:
            if error.error != "resource_already_exists_exception":
                raise
        return name
