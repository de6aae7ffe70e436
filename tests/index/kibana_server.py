"""A small server that answers as Kibana's documented API does: sign-in, the header against forged requests, spaces, roles, export and import."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from index.kibana.server import NO_FIELD_LIMITS
from tests.index.kibana_shapes import read

FEATURES = ("discover_v2", "dashboard_v2", "visualize_v2", "savedObjectsManagement", "indexPatterns", "canvas", "ml", "siemV2", "maps_v2")


class PlayedKibana(ThreadingHTTPServer):
    """What it holds, and what was asked of it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.number = "8.19.3"
        self.password = "secret-de-test"
        self.spaces: dict[str, dict[str, Any]] = {"default": {"id": "default", "name": "Default", "disabledFeatures": []}}
        self.roles: dict[str, dict[str, Any]] = {}
        self.objects: dict[tuple[str, str, str], dict[str, Any]] = {}
        self.refused: dict[str, dict[str, Any]] = {}  # id: error
        self.forbidden: set[str] = set()  # parts of paths
        self.basic_licence = False
        self.hidden_spaces = False  # made by somebody else between our question and our request
        self.asked: list[tuple[str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def changes(self) -> list[tuple[str, str]]:
        return [one for one in self.asked if one[0] in {"PUT", "POST"} and not one[1].endswith("_export")]


@contextmanager
def played() -> Iterator[PlayedKibana]:
    """A running one."""
    server = PlayedKibana()
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Handler(BaseHTTPRequestHandler):
    server: PlayedKibana
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def do_PUT(self) -> None:
        self._answer("PUT")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass

    def _answer(self, method: str) -> None:  # noqa: PLR0911
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        place = urlsplit(self.path)
        self.server.asked.append((method, place.path))
        expected = "Basic " + base64.b64encode(f"elastic:{self.server.password}".encode()).decode()
        if self.headers.get("Authorization") != expected:
            return self._say(401, {"statusCode": 401, "error": "Unauthorized", "message": "[security_exception]: unable to authenticate"})
        if method != "GET" and not self.headers.get("kbn-xsrf"):
            return self._say(400, {"statusCode": 400, "error": "Bad Request", "message": "Request must contain a kbn-xsrf header."})
        if any(part in place.path for part in self.server.forbidden):
            return self._say(403, {"statusCode": 403, "error": "Forbidden", "message": "missing privilege"})
        parts = place.path.strip("/").split("/")
        space, parts = (parts[1], parts[2:]) if parts[0] == "s" else ("default", parts)
        match method, parts:
            case "GET", ["api", "status"]:
                return self._say(200, {"name": "kibana", "version": {"number": self.server.number, "build_snapshot": False}})
            case "GET", ["api", "features"]:
                return self._say(200, [{"id": one, "name": one} for one in FEATURES])
            case _, ["api", "spaces", "space", *rest]:
                return self._space(method, rest, body)
            case _, ["api", "security", "role", name]:
                return self._role(method, name, body)
            case "POST", ["api", "saved_objects", "_export"]:
                wanted = json.loads(body)["type"]
                found = [one for (where, kind, _), one in self.server.objects.items() if where == space and kind in wanted]
                return self._say(200, "\n".join(json.dumps(one) for one in found).encode(), kind="application/ndjson")
            case "POST", ["api", "saved_objects", "_import"] if space in self.server.spaces:
                return self._import(space, parse_qs(place.query), body)
        return self._say(404, {"statusCode": 404, "error": "Not Found", "message": "Not Found"})

    def _space(self, method: str, rest: list[str], body: bytes) -> None:
        spaces = self.server.spaces
        if method == "GET":
            if rest[0] not in spaces or self.server.hidden_spaces:
                return self._say(404, {"statusCode": 404, "error": "Not Found", "message": "Not Found"})
            return self._say(200, spaces[rest[0]])
        space = json.loads(body)
        assert set(space) <= {"id", "name", "description", "disabledFeatures", "initials", "color", "imageUrl", "solution"}
        if method == "POST" and space["id"] in spaces:
            return self._say(409, {"statusCode": 409, "error": "Conflict", "message": f"A space with the identifier {space['id']} already exists."})
        if method == "PUT" and rest[0] not in spaces:
            return self._say(404, {"statusCode": 404, "error": "Not Found", "message": "Not Found"})
        spaces[space["id"]] = {**space, "solution": "classic"}
        return self._say(200, spaces[space["id"]])

    def _role(self, method: str, name: str, body: bytes) -> None:
        if method == "GET":
            found = self.server.roles.get(name)
            return self._say(200 if found else 404, found or {"statusCode": 404, "error": "Not Found", "message": "Not Found"})
        role = json.loads(body)
        assert set(role) <= {"description", "metadata", "elasticsearch", "kibana"}
        limited = any("field_security" in one for one in role["elasticsearch"]["indices"])
        if limited and self.server.basic_licence:
            return self._say(403, {"statusCode": 403, "error": "Forbidden", "message": f"[security_exception]: current license is {NO_FIELD_LIMITS}"})
        for one in role["elasticsearch"]["indices"]:
            one["allow_restricted_indices"] = False
            one["privileges"].reverse()
        self.server.roles[name] = {"name": name, "metadata": {}, "transient_metadata": {"enabled": True}, "_transform_error": [], **role}
        return self._say(204, b"")

    def _import(self, space: str, query: dict[str, list[str]], body: bytes) -> None:
        assert query == {"overwrite": ["true"]}
        form = message_from_bytes(b"Content-Type: " + self.headers["Content-Type"].encode() + b"\r\n\r\n" + body)
        (file,) = form.get_payload()  # type: ignore[misc]
        assert file.get_filename().endswith(".ndjson")  # type: ignore[union-attr]
        objects = [json.loads(line) for line in file.get_payload(decode=True).decode().splitlines()]  # type: ignore[union-attr]
        here = {(one["type"], one["id"]) for one in objects} | {key[1:] for key in self.server.objects if key[0] == space}
        errors, done = [], []
        for one in objects:
            read(one)
            missing = [{"type": need["type"], "id": need["id"]} for need in one["references"] if (need["type"], need["id"]) not in here]
            error = self.server.refused.get(one["id"]) or ({"type": "missing_references", "references": missing} if missing else None)
            if error:
                errors.append({"type": one["type"], "id": one["id"], "title": one["attributes"]["title"], "meta": {}, "error": error})
                continue
            key = (space, one["type"], one["id"])
            done.append({"type": one["type"], "id": one["id"], "managed": False, "overwrite": key in self.server.objects, "meta": {}})
            self.server.objects[key] = _stored(one)
        self._say(200, {"success": not errors, "successCount": len(done), "successResults": done, **({"errors": errors} if errors else {})})

    def _say(self, status: int, said: Any, *, kind: str = "application/json") -> None:
        content = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if status != 204:
            self.wfile.write(content)


def _stored(one: dict[str, Any]) -> dict[str, Any]:
    """As Kibana keeps it: with times, a version, newer defaults, and its own spelling of the JSON inside."""
    attributes = {
        name: json.dumps(json.loads(value), indent=1) if isinstance(value, str) and value[:1] in "{[" and value else value
        for name, value in one["attributes"].items()
    }
    extra = {"dashboard": {"sections": []}, "search": {"density": "normal"}, "index-pattern": {}}[one["type"]]
    return {
        **one,
        "attributes": {**attributes, **extra},
        "updated_at": "2026-01-01T00:00:00.000Z",
        "version": "WzEsMV0=",
        "typeMigrationVersion": "10.2.0",
    }
