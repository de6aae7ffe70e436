"""The two ways to a notice that a person has, the console's pages and a program with their key: the tests of the rules take both."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from fastapi import FastAPI
from httpx import Response

from cases import notices
from cases.notices import Notice
from cases.signing import STATEMENT
from tests.web import noticing
from tests.web.conftest import Browser, House
from tests.web.programs import Program, program
from web.noticing.quoting import value_of
from web.noticing.timing import local

BROWSERS: WeakKeyDictionary[FastAPI, dict[str, Browser]] = WeakKeyDictionary()  # of each test's own application, once
KEYS: WeakKeyDictionary[FastAPI, dict[str, Program]] = WeakKeyDictionary()


def browser(house: House, who: str) -> Browser:
    """In which this person is signed in."""
    known = BROWSERS.setdefault(house.app, {})
    return known.get(who) or known.setdefault(who, house.browser(who))


def key(house: House, who: str) -> Program:
    """A program with all scopes of this person."""
    known = KEYS.setdefault(house.app, {})
    return known.get(who) or known.setdefault(who, program(house, who))


@dataclass
class Console:
    """A person's browser."""

    house: House
    who: str

    def post(self, path: str, data: dict[str, Any]) -> Response:
        return browser(self.house, self.who).post(f"/notifications{path}", {"acte": uuid.uuid4().hex, **data})

    def draft(self, *names: str) -> Response:
        return self.post("/nouvelle", {"contenu": list(names)})

    def change(self, notice: Notice, **fields: Any) -> Response:
        """All fields, as the form sends them: those of the notice, and these over them."""
        return self.post(f"/{notice.id}/modifier", {"version": notice.version, **form_of(notice, fields)})

    def rearrange(self, notice: Notice, *names: str) -> Response:
        """With these items: boxes of those that are there, and of those that enter."""
        held = [one.document_id for one in notice.items]
        boxes = {"contenus": "oui", "items": [one for one in names if one in held], "ajouter": [one for one in names if one not in held]}
        return self.post(f"/{notice.id}/modifier", {"version": notice.version, **form_of(notice, {}), **boxes})

    def sign(self, notice: Notice, *gates: str, **fields: Any) -> Response:
        return self.post(
            f"/{notice.id}/signer", {"digest": notice.digest, "statement": STATEMENT, "interests": "aucun", "gates": list(gates), **fields}
        )

    def inform(self, notice: Notice, **fields: Any) -> Response:
        said = {"choix": fields.pop("choice", "exception_14_5_b"), "raison": fields.pop("reason", "Non.")}
        return self.post(f"/{notice.id}/information", {**said, **fields})

    def send(self, notice: Notice, **fields: Any) -> Response:
        return self.post(f"/{notice.id}/envoyee", {"digest": notice.digest, "channel": "courriel", "sent_at": local(), **fields})

    def confirm(self, notice: Notice, **fields: Any) -> Response:
        return self.post(f"/{notice.id}/envoyer", {"digest": notice.digest, "channel": "api_mastodon", "confirme": "oui", **fields})

    @staticmethod
    def took(answer: Response) -> bool:
        """Whether it was done: pages lead on."""
        return answer.status_code == 303


@dataclass
class Api:
    """A program with that person's key, which has all scopes."""

    house: House
    who: str

    def post(self, path: str, body: dict[str, Any]) -> Response:
        return key(self.house, self.who).post(f"/notices{path}", body, key=uuid.uuid4().hex)

    def draft(self, *names: str) -> Response:
        return self.post("", {"documents": list(names)})

    def change(self, notice: Notice, **fields: Any) -> Response:
        return self.post(f"/{notice.id}/changes", {"version": notice.version, **fields})

    def rearrange(self, notice: Notice, *names: str) -> Response:
        """With these items, all of them named."""
        return self.change(notice, items=list(names))

    def sign(self, notice: Notice, *gates: str, **fields: Any) -> Response:
        said = {"digest": notice.digest, "statement": STATEMENT, "interests": "aucun", "gates": list(gates), **fields}
        return self.post(f"/{notice.id}/signatures", said)

    def inform(self, notice: Notice, **fields: Any) -> Response:
        return self.post(f"/{notice.id}/information", {"choice": "exception_14_5_b", "reason": "Non.", **fields})

    def send(self, notice: Notice, **fields: Any) -> Response:
        return self.post(f"/{notice.id}/sent", {"digest": notice.digest, "channel": "courriel", **fields})

    def confirm(self, notice: Notice, **fields: Any) -> Response:
        return self.post(f"/{notice.id}/sending", {"digest": notice.digest, "channel": "api_mastodon", **fields})

    @staticmethod
    def took(answer: Response) -> bool:
        """Whether it was done."""
        return answer.status_code in (200, 201)


WAYS = {"console": Console, "api": Api}
Way = type[Console] | type[Api]


def form_of(notice: Notice, fields: dict[str, Any]) -> dict[str, Any]:
    """The draft's form as a browser sends it."""
    assert notice.content
    said = {**notice.content.model_dump(), **fields}
    made: dict[str, Any] = {name: said[name] or "" for name in ("keyword_other", "explanation", "summary_en", "measure", "art18_why", "victims")}
    made |= {"bases": list(said["bases"]), "category": f"{said['category'] or ''}:{said['keyword'] or ''}", "confidential": "oui"}
    made |= {"art18": {True: "oui", False: "non", None: ""}[said["art18"]], **dict(said["recipient"] or {})}
    for one in said["elements"]:
        made[f"dit:{one['basis']}:{one['element']}"] = one["says"]
        quotes = [noticing_quote(quote) for quote in one["quotes"]]
        made[f"cite:{one['basis']}:{one['element']}"] = [value_of(quote, notice.content.items) for quote in quotes]
    return made | {f"ecarte:{one['exclusion']}": one["why"] for one in said["weighed"]}


def noticing_quote(given: Any) -> Any:
    """A quote as a record."""
    from cases.notice import Quoted

    return given if isinstance(given, Quoted) else Quoted.model_validate(given)


def id_of(answer: Response) -> str:
    """The notice that was drafted."""
    if answer.status_code == 201:
        return str(answer.json()["id"])
    found = re.fullmatch(r"/notifications/([0-9a-f]{32})/modifier", answer.headers["location"])
    assert found
    return found[1]


def now_of(house: House, notice: Notice | str, by: str = "valide") -> Notice:
    """The notice as it stands."""
    return notices.find(house.database, notice if isinstance(notice, str) else notice.id, actor=noticing.actor_of(house, by))
