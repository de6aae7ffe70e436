"""Every page of every role: no violation of WCAG 2.2 AA that axe finds, no error in the browser, nothing wider than the screen."""

from __future__ import annotations

import pytest

from cases.people import ROLES
from tests.e2e.conftest import NARROW, WIDE, Live, Visit
from tests.e2e.walking import MOST, look, violations, walk, wider

LOOKED: set[str] = set()  # pages that were looked at already, for whichever role


@pytest.mark.parametrize("role", [None, *ROLES])
def test_every_page_is_accessible(role: str | None, worked_live: Live, visit: Visit) -> None:
    page, found, opened = visit(worked_live, role), [], []
    for address, status in walk(page, "/" if role else "/connexion"):
        opened.append(address)
        found += [f"{address}: status {status}"] if status >= 400 else []
        if (shown := look(page)) in LOOKED and len(opened) > 1:  # the first page of each role shows its menu
            continue
        LOOKED.add(shown)
        for size in (WIDE, NARROW):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            where = f"{address} at {size['width']} px"
            found += [f"{where}: wider than the screen"] if wider(page) else []
            found += [f"{where}: {one}" for one in violations(page)]
    assert not found, "\n".join(found)
    assert (3 if role else 1) <= len(opened) < MOST, opened
