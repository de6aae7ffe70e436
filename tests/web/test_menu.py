"""The menu: few entries side by side, many in their parts; nothing that the person may not open, nothing left out."""

from __future__ import annotations

import pytest

from cases.people import ROLES, Actor, Role
from tests.web.conftest import House
from web.access import PERMISSIONS
from web.pages import MENU, MOST_FLAT, menu_of


def actor(*roles: Role) -> Actor:
    return Actor(id="p", organisation_id="o", name="P", roles=roles)


@pytest.mark.parametrize("roles", [(role,) for role in ROLES] + [ROLES, ("valide", "analyse")])
def test_a_menu_holds_what_the_person_may_open(roles: tuple[Role, ...]) -> None:
    found = menu_of(actor(*roles))
    allowed = [address for _, entries in MENU for permission, address, _ in entries if actor(*roles).has(*PERMISSIONS[permission].roles)]
    assert [address for _, entries in found for address, _ in entries] == allowed
    assert len(found) <= MOST_FLAT
    assert all(entries for _, entries in found)


def test_a_part_is_open_to_view_and_marked_where_one_is(house: House) -> None:
    page = house.browser("valide").get("/notifications").text
    assert page.count('<details name="menu">') == 3
    assert '<summary class="here">Suites</summary>' in page
    assert '<a href="/notifications" aria-current="page">Notifications</a>' in page
    assert '<details name="menu">' not in house.browser("analyse").get("/notifications").text
