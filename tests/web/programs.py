"""Programs that call the API of the tests' console with keys of its people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.testclient import TestClient

from cases.keys import make_key
from cases.people import SCOPES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from httpx import Response

    from cases.people import Scope
    from tests.web.conftest import House

V1 = "/api/v1"


@dataclass
class Program:
    """Calls with one key; None: without any."""

    client: TestClient
    key: str | None

    def call(self, method: str, path: str, *, headers: dict[str, str] | None = None, **options: Any) -> Response:
        known = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        address = path if path.startswith("/api") else V1 + path
        return self.client.request(method, address, headers={**known, **(headers or {})}, **options)

    def get(self, path: str, **options: Any) -> Response:
        return self.call("GET", path, **options)

    def post(self, path: str, json: object = None, *, key: str | None = None, **options: Any) -> Response:
        headers = {**({"Idempotency-Key": key} if key else {}), **options.pop("headers", {})}
        return self.call("POST", path, headers=headers, **({"json": json} if json is not None else {}), **options)

    def delete(self, path: str, **options: Any) -> Response:
        return self.call("DELETE", path, **options)


def program(house: House, name: str | None, scopes: Sequence[Scope] = SCOPES) -> Program:
    """A program of this person; None: nobody's."""
    client = TestClient(house.app, base_url="http://console.test", follow_redirects=False, raise_server_exceptions=False)
    if name is None:
        return Program(client, None)
    _, secret = make_key(house.database, person=house.people[name].id, name="essai", scopes=scopes, expires_at=None, by="test")
    return Program(client, secret)


def problem_of(answer: Response, status: int, kind: str) -> dict[str, Any]:
    """The problem that an answer must be."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert (body["type"], body["status"]) == (f"urn:vigie:{kind}", status)
    assert body["detail"]
    assert "\n" not in body["detail"]
    return body
