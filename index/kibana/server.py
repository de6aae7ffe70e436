"""The only module that speaks to Kibana: its documented HTTP API, and its errors turned into ours."""

from __future__ import annotations

import contextlib
import json
import ssl
from typing import TYPE_CHECKING, Any, NamedTuple, Self
from urllib.parse import quote

import httpx

from core.errors import ConfigError, Invalid, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from core.settings import Settings
    from index.kibana.shape import SavedObject

OLDEST = (8, 19)
SECONDS = 60
TYPES = ("index-pattern", "search", "dashboard")
NO_FIELD_LIMITS = "non-compliant for [field and document level security]"
_BUSY = {429, 502, 503, 504}
_SIGN_IN = "check VIGIE_ELASTICSEARCH_USERNAME with VIGIE_ELASTICSEARCH_PASSWORD, or VIGIE_ELASTICSEARCH_API_KEY"
_LONGEST = 300  # characters of Kibana's own words that we repeat


class Imported(NamedTuple):
    """What Kibana made of a file: objects taken, and (type, id, reason) of those that it refused."""

    taken: int
    refused: tuple[tuple[str, str, str], ...]


class Kibana:
    """One Kibana; asks nothing before the first method."""

    def __init__(self, url: str, *, settings: Settings) -> None:
        """Raises ConfigError for an address that holds a password, or a certificate that is not there."""
        address = _address(url)
        self.place = f"{address.host}:{address.port or {'https': 443}.get(address.scheme, 80)}"
        headers = {"kbn-xsrf": "vigie"}  # Kibana refuses a change without it: no page of another site can send it
        if settings.elasticsearch_api_key:
            headers["Authorization"] = f"ApiKey {settings.elasticsearch_api_key.get_secret_value()}"
        password = settings.elasticsearch_password
        auth = (settings.elasticsearch_username, password.get_secret_value()) if password else None
        self._client = httpx.Client(
            base_url=address.copy_with(path=address.path.rstrip("/") + "/"), headers=headers, auth=auth, verify=_trusted(settings), timeout=SECONDS
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def version(self) -> str:
        """Its version. Raises ConfigError for one older than OLDEST, or for what is no Kibana."""
        found = self._json(self._ask("GET", "api/status"))
        number = str(_dict(_dict(found).get("version")).get("number", ""))
        parts = number.split(".")
        if not (len(parts) >= 2 and parts[0].isdigit() and parts[1].isdigit()):
            raise ConfigError(f"{self.place} does not say its version as Kibana does to those it knows; check VIGIE_KIBANA_URL and {_SIGN_IN}")
        if (int(parts[0]), int(parts[1])) < OLDEST:
            raise ConfigError(f"Kibana at {self.place} is version {number[:20]}; expected {OLDEST[0]}.{OLDEST[1]} or newer: upgrade it")
        return number[:20]

    def features(self) -> list[str]:
        """The ids of the features that it has."""
        return [str(one["id"]) for one in self._json(self._ask("GET", "api/features"))]

    def space(self, identifier: str) -> dict[str, Any] | None:
        """A space, or None."""
        return self._found(f"api/spaces/space/{_part(identifier)}")

    def write_space(self, body: dict[str, Any], *, new: bool) -> None:
        """Make a space, or change it; one that somebody made meanwhile is changed."""
        if new and self._ask("POST", "api/spaces/space", allowed=(409,), json=body).status_code != 409:
            return
        self._ask("PUT", f"api/spaces/space/{_part(body['id'])}", json=body)

    def role(self, name: str) -> dict[str, Any] | None:
        """A role, or None."""
        return self._found(f"api/security/role/{_part(name)}")

    def write_role(self, name: str, body: dict[str, Any]) -> None:
        """Make or replace a role. Raises ConfigError where the licence has no field-level security."""
        self._ask("PUT", f"api/security/role/{_part(name)}", json=body)

    def objects(self, space: str) -> list[SavedObject]:
        """The saved objects of our types in a space."""
        body = {"type": list(TYPES), "excludeExportDetails": True}
        answer = self._ask("POST", f"s/{_part(space)}/api/saved_objects/_export", json=body)
        with self._readable():
            return [json.loads(line) for line in answer.text.splitlines() if line.strip()]

    def import_objects(self, space: str, lines: str) -> Imported:
        """Add objects, or replace those of the same id."""
        file = {"file": ("vigie.ndjson", lines.encode(), "application/ndjson")}
        answer = self._json(self._ask("POST", f"s/{_part(space)}/api/saved_objects/_import", params={"overwrite": "true"}, files=file))
        return Imported(int(answer.get("successCount", 0)), tuple(_refused(answer.get("errors", ()))))

    def _found(self, path: str) -> dict[str, Any] | None:
        answer = self._ask("GET", path, allowed=(404,))
        return None if answer.status_code == 404 else _dict(self._json(answer))

    def _ask(self, method: str, path: str, *, allowed: tuple[int, ...] = (), **content: Any) -> httpx.Response:
        """The answer, good or of an allowed status. Raises ConfigError, Unavailable, Invalid."""
        try:
            answer = self._client.request(method, path, **content)
        except (httpx.HTTPError, ssl.SSLError) as error:
            # the kind of the error alone: its words may hold the address
            raise Unavailable(f"Kibana does not answer at {self.place} ({type(error).__name__}); check that it runs, then try again") from error
        if answer.is_success or answer.status_code in allowed:
            return answer
        raise self._error(answer)

    def _error(self, answer: httpx.Response) -> ConfigError | Unavailable | Invalid:
        status, said = answer.status_code, _said(answer)
        if NO_FIELD_LIMITS in said:
            found = "this cluster's licence has no field-level security (it takes Platinum), so the role of readers was not made"
            return ConfigError(f"{found}; --no-field-limits makes one that reads every field")
        if status in {301, 302, 307, 308, 401}:
            return ConfigError(f"Kibana at {self.place} asks to sign in (status {status}); {_SIGN_IN}")
        if status == 403:
            return ConfigError(
                f"Kibana at {self.place} forbids this to this user ({said}); it takes one that may manage spaces, roles and saved objects"
            )
        if status in _BUSY:
            return Unavailable(f"Kibana at {self.place} cannot answer now (status {status}); try again later")
        if status == 404:
            return ConfigError(f"{self.place} has no such API of Kibana ({said}); check VIGIE_KIBANA_URL, its base path, and that its security is on")
        return Invalid(f"Kibana refuses the request (status {status}: {said})")

    def _json(self, answer: httpx.Response) -> Any:
        with self._readable():
            return answer.json()

    @contextlib.contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except ValueError as error:
            raise ConfigError(f"{self.place} answers, but not as Kibana does; check VIGIE_KIBANA_URL") from error


def _address(url: str) -> httpx.URL:
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ConfigError("the address of Kibana cannot be read; expected one such as https://kibana.example:5601") from error
    if address.scheme not in {"http", "https"} or not address.host:
        raise ConfigError("the address of Kibana is not complete; expected one such as https://kibana.example:5601")
    if address.userinfo:
        raise ConfigError(f"the address of Kibana holds a user name or a password; put them in their own variables: {_SIGN_IN}")
    return address


def _trusted(settings: Settings) -> ssl.SSLContext | bool:
    authority = settings.elasticsearch_ca
    if not authority:
        return True
    try:
        return ssl.create_default_context(cafile=str(authority))
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"VIGIE_ELASTICSEARCH_CA names {authority}, which is not a readable certificate; expected one in PEM format") from error


def _part(name: str) -> str:
    return quote(name, safe="")


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _said(answer: httpx.Response) -> str:
    """Kibana's own words, on one line."""
    try:
        said = str(_dict(answer.json()).get("message", ""))
    except ValueError:
        said = ""
    return " ".join(said.split())[:_LONGEST] or "no explanation"


def _refused(errors: Iterable[dict[str, Any]]) -> Iterator[tuple[str, str, str]]:
    for one in errors:
        error = _dict(one.get("error"))
        missing = ", ".join(f"{need.get('type')} {need.get('id')}" for need in error.get("references", ()))
        reason = " ".join(str(word) for word in (error.get("type", "unknown"), error.get("message") or error.get("reason") or missing) if word)
        yield str(one.get("type")), str(one.get("id")), " ".join(reason.split())[:_LONGEST]
