"""``vigie kibana``: against a server that answers as Kibana's documented API."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.kibana import ALIAS, BUILT, PLACEHOLDER, kibana, saved_objects
from core.errors import ConfigError, Invalid, Unavailable, VigieError
from core.settings import Settings
from index.kibana.access import ROLE
from index.kibana.install import holds
from index.kibana.server import Kibana
from tests.index.kibana_server import PlayedKibana, played

Answer = tuple[int, str, str]


@pytest.fixture
def server() -> Iterator[PlayedKibana]:
    with played() as one:
        yield one


@pytest.fixture
def vigie(server: PlayedKibana, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Callable[..., Answer]:
    monkeypatch.setenv("VIGIE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("VIGIE_KIBANA_URL", server.url)
    monkeypatch.setenv("VIGIE_CONSOLE_URL", "https://console.example")
    monkeypatch.setenv("VIGIE_ELASTICSEARCH_PASSWORD", server.password)

    def call(*arguments: str) -> Answer:
        capfd.readouterr()
        try:
            code = kibana.main(list(arguments), obj={"verbose": False}, standalone_mode=False)
        except VigieError as error:
            code, message = 2, f"vigie: {error}"
        else:
            message = ""
        out, err = capfd.readouterr()
        return code, out, err + message

    return call


def test_import_makes_the_space_the_objects_and_the_role(server: PlayedKibana, vigie: Callable[..., Answer]) -> None:
    code, out, err = vigie("import")
    assert (code, err) == (0, "")
    assert out.startswith("Kibana 8.19.3, 127.0.0.1:")
    assert "créé             espace vigie" in out
    assert "créé             dashboard Vigie, Suivi DSA" in out
    assert f"créé             rôle {ROLE}" in out
    assert server.spaces["vigie"]["disabledFeatures"] == ["canvas", "maps_v2", "ml", "siemV2"]
    assert {key[:2] for key in server.objects} == {("vigie", kind) for kind in ("index-pattern", "search", "dashboard")}
    assert len(server.objects) == len(saved_objects(alias=ALIAS, console_url=PLACEHOLDER))
    assert any("https://console.example/contenus/{{value}}" in one["attributes"].get("fieldFormatMap", "") for one in server.objects.values())
    assert server.roles[ROLE]["kibana"][0]["spaces"] == ["vigie"]


def test_a_second_import_changes_nothing_and_says_so(server: PlayedKibana, vigie: Callable[..., Answer]) -> None:
    vigie("import")
    before = json.dumps([server.spaces, server.roles, [str(key) for key in server.objects], list(server.objects.values())])
    server.asked.clear()
    code, out, err = vigie("import")
    assert (code, err) == (0, "")
    assert out.endswith("Rien à changer : Kibana a déjà tout.\n")
    assert "créé" not in out
    assert server.changes == []
    assert json.dumps([server.spaces, server.roles, [str(key) for key in server.objects], list(server.objects.values())]) == before


def test_what_was_changed_by_hand_is_put_back(server: PlayedKibana, vigie: Callable[..., Answer]) -> None:
    vigie("import")
    key = next(key for key, one in server.objects.items() if one["attributes"]["title"] == "Vigie, Triage")
    wanted = server.objects[key]["attributes"]["panelsJSON"]
    server.objects[key]["attributes"]["panelsJSON"] = "[]"
    del server.roles[ROLE]["elasticsearch"]["indices"][0]["field_security"]
    server.spaces["vigie"]["name"] = "Autre"
    code, out, _ = vigie("import")
    assert code == 0
    assert [line for line in out.splitlines() if line.startswith("mis à jour")] == [
        "mis à jour       espace vigie",
        "mis à jour       dashboard Vigie, Triage",
        f"mis à jour       rôle {ROLE}",
    ]
    assert server.objects[key]["attributes"]["panelsJSON"] == wanted
    assert "field_security" in server.roles[ROLE]["elasticsearch"]["indices"][0]


def test_dry_run_asks_and_changes_nothing(server: PlayedKibana, vigie: Callable[..., Answer]) -> None:
    code, out, _ = vigie("import", "--dry-run", "--space", "essai")
    assert code == 0
    assert "à créer          espace essai" in out
    assert server.changes == []
    assert server.objects == {}


def test_a_refused_object_is_one_line_and_stops_no_other(server: PlayedKibana, vigie: Callable[..., Answer]) -> None:
    objects = saved_objects(alias=ALIAS, console_url=PLACEHOLDER)
    search = next(one for one in objects if one["type"] == "search")
    server.refused[search["id"]] = {"type": "unsupported_type"}
    dashboard = next(one for one in objects if one["attributes"]["title"] == "Vigie, Tendances")
    server.refused[dashboard["id"]] = {"type": "unknown", "message": "wrong\nshape \x1b[31m", "statusCode": 400}
    code, out, err = vigie("import")
    assert code == 2
    assert err.splitlines() == [
        f"vigie: Kibana refuses search {search['id']}: unsupported_type",
        f"vigie: Kibana refuses dashboard {dashboard['id']}: unknown wrong shape [31m",
    ]
    assert "REFUSÉ           dashboard Vigie, Tendances" in out
    assert "créé             dashboard Vigie, Triage" in out
    server.refused.clear()
    code, out, _ = vigie("import")
    assert (code, out.count("créé"), out.count("mis à jour")) == (0, 2, 0)


def test_a_space_that_somebody_just_made_is_taken(server: PlayedKibana, tmp_path: Path) -> None:
    server.spaces["vigie"] = {"id": "vigie", "name": "Faite à la main", "disabledFeatures": []}
    with Kibana(server.url, settings=Settings(data_dir=tmp_path, elasticsearch_password=server.password)) as one:
        one.write_space({"id": "vigie", "name": "Vigie", "disabledFeatures": []}, new=True)
    assert server.spaces["vigie"]["name"] == "Vigie"
    assert [method for method, _ in server.asked] == ["POST", "PUT"]


def test_a_licence_without_field_limits_keeps_the_rest(server: PlayedKibana, vigie: Callable[..., Answer]) -> None:
    server.basic_licence = True
    code, out, err = vigie("import")
    assert code == 2
    assert "créé             dashboard Vigie, Triage" in out
    assert "--no-field-limits" in err
    assert server.roles == {}
    assert vigie("import", "--no-field-limits")[0] == 0
    assert "field_security" not in server.roles[ROLE]["elasticsearch"]["indices"][0]
    server.roles.clear()
    assert vigie("import", "--no-role")[0] == 0
    assert server.roles == {}


@pytest.mark.parametrize("number", ["8.18.4", "7.17.29", "8.9.0"])
def test_an_older_kibana_is_refused_in_one_line(server: PlayedKibana, vigie: Callable[..., Answer], number: str) -> None:
    server.number = number
    code, out, err = vigie("import")
    assert (code, out) == (2, "")
    assert f"is version {number}; expected 8.19 or newer" in err
    assert "\n" not in err
    assert server.changes == []


def test_a_newer_kibana_is_taken(server: PlayedKibana, vigie: Callable[..., Answer]) -> None:
    server.number = "9.1.0"
    assert vigie("import")[0] == 0


def test_a_wrong_password_is_said_and_never_shown(server: PlayedKibana, vigie: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIE_ELASTICSEARCH_PASSWORD", "tout-autre-secret")
    code, out, err = vigie("import")
    assert code == 2
    assert "asks to sign in (status 401)" in err
    assert "tout-autre-secret" not in out + err


def test_what_is_forbidden_is_said(server: PlayedKibana, vigie: Callable[..., Answer]) -> None:
    server.forbidden.add("/api/spaces")
    code, _, err = vigie("import")
    assert code == 2
    assert "forbids this to this user (missing privilege)" in err


def test_without_its_header_the_server_refuses(server: PlayedKibana, tmp_path: Path) -> None:
    with Kibana(server.url, settings=Settings(data_dir=tmp_path, elasticsearch_password=server.password)) as one:
        del one._client.headers["kbn-xsrf"]
        with pytest.raises(Invalid, match="kbn-xsrf"):
            one.write_space({"id": "x", "name": "x", "disabledFeatures": []}, new=True)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("https://moi:secret@kibana.example", "holds a user name or a password"),
        ("kibana.example:5601", "is not complete"),
        ("ftp://kibana.example", "is not complete"),
        ("", "no Kibana is named"),
    ],
)
def test_an_address_that_cannot_be_used_is_said(vigie: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch, url: str, message: str) -> None:
    monkeypatch.delenv("VIGIE_KIBANA_URL")
    code, _, err = vigie("import", "--url", url)
    assert code == 2
    assert message in err
    assert "secret@" not in err


def test_a_name_that_is_no_space_is_refused(vigie: Callable[..., Answer], server: PlayedKibana) -> None:
    code, _, err = vigie("import", "--space", "../autre")
    assert code == 2
    assert "expected small letters" in err
    assert server.asked == []


def test_nobody_there_is_unavailable(tmp_path: Path) -> None:
    with played() as server:
        url = server.url
    with Kibana(url, settings=Settings(data_dir=tmp_path)) as one, pytest.raises(Unavailable, match="does not answer"):
        one.version()


def test_another_server_is_no_kibana(tmp_path: Path, server: PlayedKibana) -> None:
    server.number = "bonjour"
    with Kibana(server.url, settings=Settings(data_dir=tmp_path, elasticsearch_password=server.password)) as one:
        with pytest.raises(ConfigError, match="does not say its version"):
            one.version()
        with pytest.raises(ConfigError, match="no such API"):
            one.import_objects("absent", "")


def test_a_missing_certificate_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not a readable certificate"):
        Kibana("https://kibana.example", settings=Settings(data_dir=tmp_path, elasticsearch_ca=tmp_path / "absent.pem"))


def test_links_without_a_console_are_said(vigie: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIGIE_CONSOLE_URL")
    assert "VIGIE_CONSOLE_URL is not set" in vigie("import")[2]


def test_build_writes_what_this_machine_names(vigie: Callable[..., Answer], tmp_path: Path) -> None:
    code, out, _ = vigie("build", "--output", str(tmp_path / "essai.ndjson"))
    assert code == 0
    assert out.startswith("17 objets écrits dans ")
    text = (tmp_path / "essai.ndjson").read_text()
    assert "https://console.example/contenus/" in text
    assert text.replace("https://console.example", PLACEHOLDER) == BUILT.read_text()


VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["a", "b", '{"a": 1}', "[1]", "{"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(VALUES, st.booleans())
def test_everything_holds_itself_and_itself_with_more(value: Any, ordered: bool) -> None:
    assert holds(value, value, ordered=ordered)
    assert holds(json.dumps(value, indent=2), json.dumps(value), ordered=ordered)
    assert holds({"b": value, "more": 1}, {"b": value}, ordered=ordered)
    assert not holds({"b": value}, {"b": value, "more": 1}, ordered=ordered)
    assert not holds([value], [value, value], ordered=ordered)


def test_order_counts_where_it_is_said_to() -> None:
    assert holds(["b", "a"], ["a", "b"], ordered=False)
    assert not holds(["b", "a"], ["a", "b"], ordered=True)
