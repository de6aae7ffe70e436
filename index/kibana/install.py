"""Put Vigie into a Kibana: its space, its objects, its role. What is as built is left alone, so that a second time changes nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from index.kibana.access import ROLE, role, space
from index.kibana.build import to_ndjson

if TYPE_CHECKING:
    from collections.abc import Iterable

    from index.kibana.server import Kibana
    from index.kibana.shape import SavedObject

Outcome = Literal["new", "changed", "same", "refused"]


class Step(NamedTuple):
    """What became of one thing, or would."""

    what: str
    outcome: Outcome


class Installed(NamedTuple):
    """All steps, and (type, id, reason) of the objects that Kibana refused."""

    steps: tuple[Step, ...]
    refused: tuple[tuple[str, str, str], ...]


def install_space(kibana: Kibana, identifier: str, *, dry_run: bool) -> Step:
    """Make the space or bring it up to date. Raises ConfigError, Unavailable, Invalid, as all here."""
    found = kibana.space(identifier)
    wanted = space(identifier, kibana.features())
    if found is not None and holds(found, wanted, ordered=False):
        return Step(f"espace {identifier}", "same")
    if not dry_run:
        kibana.write_space(wanted, new=found is None)
    return Step(f"espace {identifier}", "new" if found is None else "changed")


def install_objects(kibana: Kibana, identifier: str, objects: Iterable[SavedObject], *, dry_run: bool) -> Installed:
    """Add or replace the objects that are not there as built. In a dry run the space may be missing: then all are new."""
    there = kibana.objects(identifier) if kibana.space(identifier) is not None else []
    present = {(one.get("type"), one.get("id")): one for one in there}
    wanted = {(one["type"], one["id"]): one for one in objects}
    outcomes = {key: _outcome(present.get(key), one) for key, one in wanted.items()}
    sent = [one for key, one in wanted.items() if outcomes[key] != "same"]
    refused = kibana.import_objects(identifier, to_ndjson(sent)).refused if sent and not dry_run else ()
    outcomes |= {(kind, name): "refused" for kind, name, _ in refused if (kind, name) in outcomes}
    return Installed(tuple(Step(_named(one), outcomes[key]) for key, one in wanted.items()), refused)


def install_role(kibana: Kibana, identifier: str, *, alias: str, limits: bool, dry_run: bool) -> Step:
    """Make the role of readers or bring it up to date."""
    found = kibana.role(ROLE)
    wanted = role(alias, space_id=identifier, limits=limits)
    if found is not None and holds(found, wanted, ordered=False):
        return Step(f"rôle {ROLE}", "same")
    if not dry_run:
        kibana.write_role(ROLE, wanted)
    return Step(f"rôle {ROLE}", "new" if found is None else "changed")


def _named(one: SavedObject) -> str:
    return f"{one['type']} {one['attributes'].get('name') or one['attributes']['title']}"


def _outcome(found: SavedObject | None, built: SavedObject) -> Outcome:
    if found is None:
        return "new"
    return "same" if _as_built(found, built) else "changed"


def _as_built(found: SavedObject, built: SavedObject) -> bool:
    named = {(one.get("name"), one.get("type"), one.get("id")) for one in found.get("references", ())}
    needed = {(one["name"], one["type"], one["id"]) for one in built["references"]}
    return needed <= named and holds(found.get("attributes"), built["attributes"], ordered=True)


def holds(found: Any, wanted: Any, *, ordered: bool) -> bool:
    """Whether all of ``wanted`` stands in ``found``, which may say more: Kibana adds defaults. JSON inside text is compared as JSON."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(name in found and holds(found[name], value, ordered=ordered) for name, value in wanted.items())
    if isinstance(wanted, list):
        if not isinstance(found, list) or len(found) != len(wanted):
            return False
        if not ordered and all(isinstance(one, str) for one in (*found, *wanted)):
            found, wanted = sorted(found), sorted(wanted)
        return all(holds(one, other, ordered=ordered) for one, other in zip(found, wanted, strict=True))
    if isinstance(wanted, str) and isinstance(found, str) and wanted[:1] in {"{", "["} and wanted != found:
        try:
            return holds(json.loads(found), json.loads(wanted), ordered=ordered)
        except ValueError:
            return False
    return bool(found == wanted)
