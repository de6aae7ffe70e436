"""What holds for every request: headers, sizes, names, logs; and the server itself, as ``vigie console serve`` starts it."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from cases import keys
from cli.main import run
from core import logs
from core.settings import ROOT, Settings
from tests.web.conftest import PASSWORD, House
from web.app import create_app
from web.limits import address_of
from web.security import MOST_BODY


def test_every_answer_has_its_headers(house: House) -> None:
    client = house.browser("analyse").client
    for path in ("/connexion", "/compte", "/rien", "/statique/base.css", "/api/v1/me", "/api/rien"):
        headers = client.get(path).headers
        assert "script-src 'self';" in headers["content-security-policy"], path
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert "strict-transport-security" not in headers


def test_pages_are_kept_by_nobody_and_static_files_for_a_short_time(house: House) -> None:
    client = house.browser().client
    assert client.get("/connexion").headers["cache-control"] == "no-store"
    static = client.get("/statique/base.css")
    assert static.headers["cache-control"] == "public, max-age=300"
    assert client.get("/statique/base.css", headers={"If-None-Match": static.headers["etag"]}).status_code == 304
    assert client.get("/statique/../app.py").status_code == 404
    assert client.get("/statique/%2e%2e/app.py").status_code == 404


@pytest.mark.parametrize("whole", [True, False])
def test_what_is_too_large_is_refused_in_our_words(house: House, whole: bool) -> None:
    body = b"login=" + b"a" * MOST_BODY
    for path, kind in (("/connexion", "text/html"), ("/api/v1/submissions", "application/problem+json")):
        client = house.browser().client
        _, secret = keys.make_key(
            house.database, person=house.people["soumet"].id, name="e", scopes=["submissions:write"], expires_at=None, by="test"
        )
        headers = {
            "Content-Type": "application/x-www-form-urlencoded" if kind == "text/html" else "application/json",
            "Authorization": f"Bearer {secret}",
        }
        content = body if whole else (body[start : start + 65_536] for start in range(0, len(body), 65_536))
        answer = client.post(path, content=content, headers=headers)
        assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (413, kind)
        assert "2 M" in answer.text


def test_a_body_that_fits_is_taken(house: House) -> None:
    filler = "a" * (MOST_BODY // 2 - 1000)  # of one field, Starlette takes 1 MiB
    form = {"login": "a@b.example", "password": "x", "autre": filler, "encore": filler}
    assert house.browser().client.post("/connexion", data=form).status_code == 401


def test_under_https_cookies_and_headers_say_so_and_other_names_are_refused(settings: Settings) -> None:
    app = create_app(Settings.model_validate({**settings.model_dump(), "console_url": "https://vigie.exemple.test"}))
    with TestClient(app, base_url="https://vigie.exemple.test", follow_redirects=False) as client:
        house = House(app, app.state.console.database, settings, *(_houses(app.state.console.database)))
        house.add("analyse", "analyse")
        answer = client.post("/connexion", data={"login": "analyse@exemple.test", "password": PASSWORD})
        cookies = answer.headers.get_list("set-cookie")
        assert all(cookie.startswith("__Host-") and "; Secure" in cookie and "Domain" not in cookie for cookie in cookies)
        assert any(cookie.startswith("__Host-vigie_session=") for cookie in cookies)
        assert client.get("/compte").status_code == 200
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        assert client.get("/connexion", headers={"Host": "vigie.exemple.test:443"}).status_code == 200
        for host in ("ailleurs.example", "vigie.exemple.test.ailleurs.example", "vigie.exemple.test:8443", "127.0.0.1"):
            refused = client.get("/connexion", headers={"Host": host})
            assert refused.status_code == 421
            assert "n'est pas celle de cette console" in refused.text
            assert "content-security-policy" in refused.headers


def _houses(database: object) -> tuple[object, object]:
    from cases.accounts import add_organisation

    return tuple(add_organisation(database, name=name, capacity="aucune", by="test") for name in ("A", "B"))  # type: ignore[arg-type,return-value]


@pytest.mark.parametrize(
    ("host", "counted"),
    [("203.0.113.7", "203.0.113.7"), ("::ffff:203.0.113.7", "203.0.113.7"), ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"), ("testclient", "testclient")],
)
def test_addresses_are_counted_as_one_subscriber_has_them(host: str, counted: str) -> None:
    from starlette.requests import Request

    assert address_of(Request({"type": "http", "client": (host, 1), "headers": []})) == counted


# --- secrets


def test_no_secret_is_in_the_log_or_the_database_after_a_full_round(house: House, capfd: pytest.CaptureFixture[str]) -> None:
    import pyotp

    from cases import invitations, totp

    person, spoken = house.people["soumet"], ["faux-mot-de-passe-123", "une autre phrase longue"]
    link = invitations.invite(house.database, person.id, by="test")
    browser = house.browser()
    browser.get(f"/invitation/{link}")
    browser.client.post(f"/invitation/{link}", data={"password": spoken[1], "again": spoken[1]})
    browser.client.post("/connexion?jeton=dans-la-requete", data={"login": person.login, "password": spoken[0]})
    browser.client.post("/connexion", data={"login": person.login, "password": spoken[1]})
    browser.csrf = re.findall(r'name="csrf" value="([0-9a-f]+)"', browser.get("/compte").text)[0]
    browser.post("/compte/codes/preparer")
    secret = totp.waiting(house.database, person.id, secret=house.app.state.console.secret) or ""
    browser.post("/compte/codes/confirmer", {"code": pyotp.TOTP(secret).now()})
    act = re.findall(r'name="act" value="([0-9a-f]+)"', browser.get("/compte/cles").text)[0]
    made = browser.post("/compte/cles", {"act": act, "name": "essai", "scopes": ["submissions:read"], "days": "30"})
    key = re.findall(r"vigie_[\w-]{43}", made.text)[0]
    browser.client.get("/api/v1/submissions", headers={"Authorization": f"Bearer {key}"})
    browser.client.get("/api/v1/submissions", headers={"Authorization": "Bearer vigie_fausse-cle"})
    cookies = [cookie.value or "" for cookie in browser.client.cookies.jar]
    tokens = [value.split(".")[0] for value in cookies]
    secrets = [*spoken, link, secret, key, browser.csrf, house.app.state.console.secret.decode(), *cookies, *tokens]
    said = capfd.readouterr().err
    assert said.count("request ") > 10
    assert [one for one in [*secrets, "jeton", "dans-la-requete", "vigie_fausse-cle", person.login, "testclient"] if one in said] == []
    stored = dumped(house.settings)
    assert person.login in stored
    assert [one for one in secrets if one in stored] == []


def dumped(settings: Settings) -> str:
    with sqlite3.connect(settings.data_dir / "cases.sqlite") as connection:
        return "\n".join(connection.iterdump())


@pytest.mark.parametrize("json", [True, False])
def test_what_breaks_is_logged_without_the_values_of_variables(
    house: House, json: bool, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    logs.configure(level="INFO", json=json)
    monkeypatch.setattr("cases.accounts.check_password", broken)
    client = TestClient(house.app, base_url="http://console.test", raise_server_exceptions=False)
    assert client.post("/connexion", data={"login": "analyse@exemple.test", "password": "secret-dans-une-variable"}).status_code == 500
    said = capfd.readouterr().err
    assert "ZeroDivisionError" in said
    assert "sign_in" in said, "where it broke"
    assert "secret-dans-une-variable" not in said


# --- the server


def test_a_public_address_needs_https(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("VIGIE_DATA_DIR", str(tmp_path))
    served: list[dict[str, object]] = []
    monkeypatch.setattr("uvicorn.run", lambda app, **options: served.append(options))
    for host in ("0.0.0.0", "::", "192.0.2.1", "console.example"):
        assert run(["console", "serve", "--host", host, "--port", "0"]) == 2
        assert "without TLS" in capsys.readouterr().err
    assert run(["console", "serve", "--host", "0.0.0.0", "--port", "0", "--insecure"]) == 0
    monkeypatch.setenv("VIGIE_CONSOLE_URL", "https://vigie.exemple.test")
    assert run(["console", "serve", "--host", "0.0.0.0", "--port", "0"]) == 0
    assert "https://vigie.exemple.test" in capsys.readouterr().out
    assert [(one["server_header"], one["access_log"], one["forwarded_allow_ips"]) for one in served] == [(False, False, ["127.0.0.1"])] * 2
    for proxies in ("*", "10.0.0.1, proxy.example"):
        monkeypatch.setenv("VIGIE_CONSOLE_PROXIES", proxies)
        assert run(["console", "serve", "--port", "0"]) == 2
        assert "VIGIE_CONSOLE_PROXIES names" in capsys.readouterr().err


def test_a_port_that_is_taken_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("VIGIE_DATA_DIR", str(tmp_path))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert run(["console", "serve", "--port", str(taken.getsockname()[1])]) == 2
    assert "another program has it" in capsys.readouterr().err


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """A console of two processes; stopped as an operator would."""
    env = {**os.environ, "VIGIE_DATA_DIR": str(tmp_path / "data"), "VIGIE_CONSOLE_PROXIES": "127.0.0.1"}
    command = [sys.executable, "-m", "cli.main", "console", "serve", "--port", "0", "--workers", "2"]
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout
        found = re.search(r"http://[\d.:]+", server.stdout.readline())
        assert found
        for _ in range(600):
            try:
                httpx.get(f"{found[0]}/connexion")
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield found[0]
        server.send_signal(signal.SIGTERM)
        server.wait(30)


def test_several_processes_share_limits_and_believe_their_proxy_alone(served: str) -> None:
    form = {"login": "inconnue@exemple.test", "password": "faux"}
    tries = [httpx.post(f"{served}/connexion", data=form, headers={"X-Forwarded-For": "203.0.113.7"}).status_code for _ in range(9)]
    assert tries == [401] * 8 + [429]
    last = httpx.post(f"{served}/connexion", data=form, headers={"X-Forwarded-For": "198.51.100.1, 203.0.113.7"})
    assert last.status_code == 429, "what a client writes before the proxy's own word changes nothing"
    other = httpx.post(f"{served}/connexion", data=form, headers={"X-Forwarded-For": "203.0.113.8"})
    assert other.status_code == 401
    assert "server" not in other.headers
