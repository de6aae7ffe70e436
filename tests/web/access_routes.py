"""The console's routes, as the modules of web/routers declare them, and what each asks for."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, NamedTuple

import yaml

from web import routers
from web.access import Public

TABLE = Path(__file__).with_name("access.yml")


class Asked(NamedTuple):
    """One method of one path, and the permissions (or "public") that it names."""

    method: str
    path: str
    names: tuple[str, ...]

    @property
    def line(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def is_api(self) -> bool:
        return self.path.startswith("/api/")

    @property
    def is_safe(self) -> bool:
        return self.method in ("GET", "HEAD")


def declared() -> list[Asked]:
    """Every route of every module."""
    found = []
    for module in iter_modules(routers.__path__):
        for route in import_module(f"web.routers.{module.name}").router.routes:
            names = tuple(_named(call) for call in _calls(route.dependant) if _named(call))
            found += [Asked(method, route.path, names) for method in sorted(route.methods)]
    return found


def _calls(dependant: Any) -> Iterator[Any]:
    for one in dependant.dependencies:
        yield one.call
        yield from _calls(one)


def _named(call: Any) -> str:
    return "public" if isinstance(call, Public) else getattr(call, "permission", "")


def table() -> dict[str, Any]:
    """tests/web/access.yml."""
    known: dict[str, Any] = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    return known
