"""What all saved objects share: their envelope, their fixed ids, and the JSON that Kibana keeps as text inside JSON. Pure."""

from __future__ import annotations

import json
import uuid
from typing import Any

SavedObject = dict[str, Any]
Reference = dict[str, str]

_NAMESPACE = uuid.UUID("6f1c2a52-9d0c-5b0e-8a55-76696769655f")
# Oldest versions that know this structure: Kibana migrates what is older than itself and refuses what is newer
_CORE_VERSION = "8.8.0"
_TYPE_VERSIONS = {"index-pattern": "8.0.0", "search": "8.0.0", "dashboard": "8.9.0"}


def identifier(*names: str) -> str:
    """The same id for the same names, always: importing again replaces and never adds."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(names)))


def saved_object(kind: str, name: str, attributes: dict[str, Any], references: list[Reference]) -> SavedObject:
    """A saved object as /api/saved_objects/_export gives it, without its times, which would make every build differ."""
    return {
        "attributes": attributes,
        "coreMigrationVersion": _CORE_VERSION,
        "id": identifier(kind, name),
        "managed": False,
        "references": references,
        "type": kind,
        "typeMigrationVersion": _TYPE_VERSIONS[kind],
    }


def reference(name: str, kind: str, target: str) -> Reference:
    """That an object needs another one, under a name that its attributes use."""
    return {"id": target, "name": name, "type": kind}


def text(value: Any) -> str:
    """JSON inside JSON."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
