"""The permission matrix: every route, in every person's name, allowed or refused as access.yml says. Requests are really made."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from cases import accounts, changing, keys, submissions
from cases.people import ROLES, SCOPES, Actor, Scope
from tests.web.access_routes import Asked, declared, table
from tests.web.conftest import Browser, House
from web.access import PERMISSIONS
from web.sessions import COOKIE, cookie_value, keyed

TABLE = table()
MEANT: dict[str, Any] = TABLE["permissions"]
LINES: dict[str, str] = TABLE["routes"]
DECLARED = declared()
ROUTES = sorted(
    (route for route in DECLARED if route.line in LINES), key=lambda route: route.path == "/deconnexion"
)  # what ends a session comes last
MISSING = "0" * 32  # an id of nothing
LEAD_TO_SIGN_IN = {"GET /", "GET /connexion/code", "POST /connexion/code"}  # public, and nothing to see without being known
STRANGERS = ("inconnu", "desactive", "expire")  # nobody signed in; a session of a disabled person; one that has ended
Ask = Callable[[Asked, str], Awaitable[httpx.Response]]


def test_every_route_has_its_line_and_every_line_its_route() -> None:
    assert {route.line: ", ".join(route.names) for route in DECLARED} == LINES, "write what is meant into tests/web/access.yml"


def test_every_route_names_one_permission_or_is_public() -> None:
    assert [route.line for route in DECLARED if len(route.names) != 1] == []


def test_every_path_is_a_route_of_a_module(house: House) -> None:
    """What is mounted beside them has no permission: static files, and nothing else."""
    others = [route for route in house.app.routes if type(route).__name__ != "_IncludedRouter"]
    assert [getattr(route, "path", "") for route in others] == ["/statique"]


def test_the_table_means_what_the_code_says() -> None:
    said = {
        name: (frozenset(asked.roles or ("personne", *ROLES)), asked.scope or ("any" if name == "account" else None))
        for name, asked in PERMISSIONS.items()
    }
    meant = {name: (frozenset(line["people"]), line.get("scope")) for name, line in MEANT.items() if name != "public"}
    assert said == meant


def address(route: Asked, identifier: str = MISSING) -> str:
    return re.sub(r"\{[^}]+\}", identifier, re.sub(r"\{\w+:int\}", "1", route.path))


def let_through(answer: httpx.Response) -> bool:
    to_sign_in = answer.status_code == 303 and answer.headers["location"].split("?")[0] == "/connexion"
    return answer.status_code not in (401, 403) and not to_sign_in


@pytest.fixture
def crowd(house: House) -> House:
    """The house with an account without roles, and a disabled one."""
    house.add("personne")
    house.add("desactive", "soumet", "analyse", "valide", "administre")
    return house


def sessions(house: House) -> dict[str, tuple[str, str]]:
    """Cookie and token of each person; a stranger's are none, or no longer worth anything."""
    console, found = house.app.state.console, {"inconnu": ("", "")}
    for name, person in house.people.items():
        token = accounts.open_session(house.database, person.id)
        found[name] = (cookie_value(console, token), keyed(console, f"csrf\n{token}"))
    before = datetime.now(UTC) - timedelta(days=2)
    token = accounts.open_session(house.database, house.people["valide"].id, now=before)
    found["expire"] = (cookie_value(console, token), keyed(console, f"csrf\n{token}"))
    changing.disable(house.database, house.people["desactive"].id, by="test")
    return found


def run(house: House, work: Callable[[httpx.AsyncClient], Awaitable[list[str]]]) -> list[str]:
    async def working() -> list[str]:
        transport = httpx.ASGITransport(app=house.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://console.test") as client:
            return await work(client)

    return asyncio.run(working())


async def page(client: httpx.AsyncClient, route: Asked, known: tuple[str, str], *, identifier: str = MISSING, **headers: str) -> httpx.Response:
    cookies = {"Cookie": f"{COOKIE}={known[0]}"} if known[0] else {}
    data = {} if route.is_safe else {"csrf": known[1]}
    return await client.request(route.method, address(route, identifier), data=data or None, headers={**cookies, **headers})


def test_pages_are_for_whom_the_table_says(crowd: House) -> None:
    known = sessions(crowd)

    async def all_of_them(client: httpx.AsyncClient) -> list[str]:
        wrong = []
        for route in (route for route in ROUTES if not route.is_api):
            people = MEANT[LINES[route.line]]["people"]
            for name in ("personne", *ROLES, *STRANGERS):
                answer = await page(client, route, known[name])
                meant = people == "everybody" or name in people
                seen = let_through(answer) or (people == "everybody" and route.line in LEAD_TO_SIGN_IN)
                if seen is not meant or answer.status_code >= 500:
                    wrong.append(f"{route.line} as {name}: {answer.status_code}, meant to be {'let through' if meant else 'refused'}")
        return wrong

    assert run(crowd, all_of_them) == []


def test_no_page_changes_anything_without_the_token_of_the_session(crowd: House) -> None:
    known = sessions(crowd)
    other = known["analyse_ailleurs"][1]

    async def all_of_them(client: httpx.AsyncClient) -> list[str]:
        wrong = []
        for route in (route for route in ROUTES if not (route.is_api or route.is_safe)):
            public = LINES[route.line] == "public"
            name = "inconnu" if public else next(role for role in MEANT[LINES[route.line]]["people"] if role != "personne")
            cookie, own = known[name]
            tries = {"without": ("", {}), "of another session": (other, {}), "from another site": (own, {"Sec-Fetch-Site": "cross-site"})}
            for how, (token, headers) in tries.items():
                if public != (how == "from another site"):
                    continue
                answer = await page(client, route, (cookie, token), **headers)
                if answer.status_code != 403:
                    wrong.append(f"{route.line} {how}: {answer.status_code}")
        return wrong

    assert run(crowd, all_of_them) == []


def secrets_of(house: House) -> dict[str, str]:
    """A key with all scopes of each person, and keys that open nothing."""
    found = {name: keys.make_key(house.database, person=person.id, name="essai", scopes=SCOPES, expires_at=None, by="test")[1]
             for name, person in house.people.items()}  # fmt: skip
    owner, now = house.people["valide"].id, datetime.now(UTC)
    begun = now - timedelta(days=10)
    _, found["cle_expiree"] = keys.make_key(
        house.database, person=owner, name="essai", scopes=SCOPES, expires_at=begun + timedelta(days=1), by="test", now=begun
    )
    revoked, found["cle_revoquee"] = keys.make_key(house.database, person=owner, name="essai", scopes=SCOPES, expires_at=None, by="test")
    keys.revoke(house.database, revoked.id, by="test")
    changing.disable(house.database, house.people["desactive"].id, by="test")
    changing.enable(house.database, house.people["desactive"].id, by="test")  # the keys stay revoked
    return {**found, "cle_inventee": "vigie_" + "A" * 43, "sans_cle": ""}


async def call(client: httpx.AsyncClient, route: Asked, key: str, *, identifier: str = MISSING, **headers: str) -> httpx.Response:
    known = {"Authorization": f"Bearer {key}"} if key else {}
    given = {} if route.is_safe else {"json": {"reason": "Nous ne sommes pas d'accord."} if identifier != MISSING else {}}
    return await client.request(route.method, address(route, identifier), headers={**known, **headers}, **given)  # type: ignore[arg-type]


@pytest.fixture
def unlimited(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Many wrong keys come from one address here."""
    monkeypatch.setattr("web.access.KEYS", (100_000, timedelta(minutes=1)))
    return


def test_programs_are_let_through_as_the_table_says(crowd: House, unlimited: None) -> None:
    known = secrets_of(crowd)
    bad = ("desactive", "cle_expiree", "cle_revoquee", "cle_inventee", "sans_cle")

    async def all_of_them(client: httpx.AsyncClient) -> list[str]:
        wrong = []
        for route in (route for route in ROUTES if route.is_api):
            people = MEANT[LINES[route.line]]["people"]
            for name in ("personne", *ROLES, *bad):
                answer = await call(client, route, known[name])
                meant = people == "everybody" or name in people
                status = {True: answer.status_code not in (401, 403), False: answer.status_code == (401 if name in bad else 403)}[meant]
                if not status or answer.status_code >= 500:
                    wrong.append(f"{route.line} with the key of {name}: {answer.status_code}, meant to be {'let through' if meant else 'refused'}")
        return wrong

    assert run(crowd, all_of_them) == []


def test_a_key_does_nothing_beyond_its_scopes_and_a_cookie_nothing_in_the_api(crowd: House) -> None:
    everything = house_with_all_roles(crowd)
    lacking: dict[str, str] = {}
    for scope in SCOPES:
        others: list[Scope] = [one for one in SCOPES if one != scope]
        _, lacking[scope] = keys.make_key(crowd.database, person=everything, name="essai", scopes=others, expires_at=None, by="test")
    known = sessions(crowd)["tout"]

    async def all_of_them(client: httpx.AsyncClient) -> list[str]:
        wrong = []
        for route in (route for route in ROUTES if route.is_api and LINES[route.line] != "public"):
            scope = MEANT[LINES[route.line]]["scope"]
            answers = {} if scope == "any" else {"key": (await call(client, route, lacking[scope]), 403)}
            answers["cookie"] = (await call(client, route, "", Cookie=f"{COOKIE}={known[0]}", **{"X-CSRF-Token": known[1]}), 401)
            wrong += [f"{route.line} by {how}: {answer.status_code}" for how, (answer, status) in answers.items() if answer.status_code != status]
        return wrong

    assert run(crowd, all_of_them) == []


def house_with_all_roles(house: House) -> str:
    return house.add("tout", *ROLES).id


def test_another_organisation_does_not_see_that_something_exists(crowd: House) -> None:
    owner = crowd.people["soumet"]
    actor = Actor(id=owner.id, organisation_id=owner.organisation_id, name=owner.name, roles=owner.roles)
    made = submissions.submit_url(crowd.database, "https://forum.example/sujet/1", actor=actor)
    known, secret = sessions(crowd), secrets_of(crowd)

    async def all_of_them(client: httpx.AsyncClient) -> list[str]:
        wrong = []
        for route in (route for route in ROUTES if route.line in TABLE["own"]):
            for name in ("soumet", "soumet_ailleurs"):
                asked = (
                    call(client, route, secret[name], identifier=made.id) if route.is_api else page(client, route, known[name], identifier=made.id)
                )
                answer = await asked
                right = answer.status_code != 404 and let_through(answer) if name == "soumet" else answer.status_code == 404
                if not right:
                    wrong.append(f"{route.line} as {name}: {answer.status_code}")
        return wrong

    assert set(TABLE["own"]) <= {route.line for route in ROUTES}
    assert run(crowd, all_of_them) == []


def test_a_role_that_is_taken_away_is_gone_at_the_next_request(house: House) -> None:
    browser: Browser = house.browser("administre")
    house.add("autre", "administre")
    assert browser.get("/administration").status_code == 200
    changing.change_roles(house.database, house.people["administre"].id, ["soumet"], by="test")
    assert browser.get("/administration").status_code == 403
