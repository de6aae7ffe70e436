"""The example client against a live console: real HTTP, real pages of lists, a worker in the background."""

from __future__ import annotations

import runpy
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import uvicorn

from cases import collecting
from core.settings import ROOT
from index.open import open_index
from tests.index.making import entry_of
from tests.web.conftest import House
from tests.web.programs import program

CLIENT = ROOT / "docs/examples/client.py"
PAGE = "https://exemple.fr/page/1"


@pytest.fixture(scope="module")
def example() -> dict[str, Any]:
    return runpy.run_path(str(CLIENT))


@pytest.fixture
def server(house: House) -> Iterator[str]:
    """The house's console on a free port."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        running = uvicorn.Server(uvicorn.Config(house.app, log_level="warning", lifespan="off"))  # its database is open already
        thread = threading.Thread(target=running.run, kwargs={"sockets": [bound]})
        thread.start()
        while not running.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
        running.should_exit = True
        thread.join()


@contextmanager
def working(house: House, scored: object) -> Iterator[None]:
    """What flows/submissions.py does, without network and model: every submission becomes this document."""
    end = threading.Event()

    def work() -> None:
        while not end.wait(0.05):
            for one in collecting.take(house.database, size=10, now=datetime.now(UTC), lease=timedelta(minutes=1)):
                index = open_index(house.settings)
                index.write([entry_of(scored)])  # type: ignore[arg-type]
                index.close()
                collecting.finish(house.database, one.submission.id, "collectee")
                collecting.finish(house.database, one.submission.id, "visible")

    thread = threading.Thread(target=work)
    thread.start()
    yield
    end.set()
    thread.join()


def test_submit_wait_and_print_the_evidence(
    house: House, server: str, make_scored: Callable[..., object], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    text = "Ne suivez que moi, coupez avec votre famille."
    monkeypatch.setattr(sys, "argv", ["client.py", server, PAGE])
    monkeypatch.setenv("VIGIE_API_KEY", program(house, "soumet", ("submissions:read", "submissions:write")).key or "")
    with working(house, make_scored(1, text=text, p=0.9)), pytest.raises(SystemExit) as ended:
        runpy.run_path(str(CLIENT), run_name="__main__")
    said = capsys.readouterr()
    assert ended.value.code == 0, said.err
    assert "forte ressemblance" in said.out
    assert "« Ne »" in said.out  # the quoted evidence
    assert "Signalement reçu." in said.out


def test_lists_page_after_page_and_problems(house: House, server: str, example: dict[str, Any]) -> None:
    key = program(house, "soumet").key
    vigie = example["Vigie"](server, key)
    made = [vigie.submit(f"https://exemple.fr/{number}")["id"] for number in range(5)]
    assert [one["id"] for one in vigie.each("/submissions?size=2")] == made[::-1]
    with pytest.raises(example["Problem"]) as wrong:
        vigie.submit("http://127.0.0.1/")
    assert (wrong.value.kind, wrong.value.errors[0]["pointer"]) == ("invalid", "#/url")
    with pytest.raises(example["Problem"], match="sign_in_needed"):
        example["Vigie"](server, "vigie_faux").submit(PAGE)
    with pytest.raises(TimeoutError):
        vigie.wait(made[0], seconds=0)


def test_who_got_no_answer_repeats_with_the_same_key(example: dict[str, Any]) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if len(seen) == 1:
            raise httpx.ReadTimeout("no answer", request=request)
        if len(seen) < 4:
            kind, status = [("unavailable", 503), ("in_progress", 409)][len(seen) - 2]
            return httpx.Response(status, json={"type": f"urn:vigie:{kind}", "detail": "later"}, headers={"content-type": "application/problem+json"})
        return httpx.Response(201, json={"id": "x"})

    vigie = example["Vigie"]("http://vigie.example", "vigie_x", transport=httpx.MockTransport(answer), pause=0.001)
    assert vigie.submit(PAGE) == {"id": "x"}
    assert len(seen) == 4
    assert len({request.headers["Idempotency-Key"] for request in seen}) == 1
    vigie.submit(PAGE)
    assert len({request.headers["Idempotency-Key"] for request in seen}) == 2


def test_draft_sign_and_follow_a_notice(house: House, server: str, example: dict[str, Any], fill: Callable[..., list[str]]) -> None:
    from tests.web import noticing

    name = fill({"number": 1, "text": noticing.TEXT, "p": 0.9})[0]
    noticing.two_readings(house, name, "A6")
    noticing.with_profile(house)
    first, second = (example["Vigie"](server, program(house, who).key) for who in ("valide", "sante"))
    notice = first.draft([name])
    said = noticing.reasons(noticing.notices.find(house.database, notice["id"], actor=noticing.actor_of(house, "valide")))
    notice = first.change(notice, **said)
    assert notice["problems"] == []
    assert first.sign(notice, interests="aucun")["signatures_missing"] == 1
    assert second.sign(notice, interests="aucun", gates=["sante"])["state"] == "signee"
    assert first.document(notice["id"], "pdf").startswith(b"%PDF")
    with pytest.raises(example["Problem"], match="conflict"):
        first.sent(notice, channel="courriel")
    assert first.inform(notice, choice="exception_14_5_b", reason="Adresse inconnue.")["informing_missing"] == []
    assert first.sent(notice, channel="courriel", reference="R-1")["state"] == "envoyee"
    assert first.answered(notice["id"], ["retire"], redress_given=True)["state"] == "repondue"
    with pytest.raises(example["Problem"], match="conflict"):
        first.change(notice, measure="blocage_fr")
    assert [one["id"] for one in first.each("/notices?state=repondue")] == [notice["id"]]
