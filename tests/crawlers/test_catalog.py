"""Source files: what is wrong is said with file, key and nearest name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.errors import ConfigError, NotFound
from core.records import SourceReport
from core.settings import Settings
from crawlers.catalog import Expect, kinds, load_source, load_sources, pick
from crawlers.expect import alarms

if TYPE_CHECKING:
    from pathlib import Path

GOOD = "title: Un blog\nkind: feed\nurl: https://blog.test/flux.xml\npurpose: veille de prévention\nlegal_basis: intérêt légitime, contenu public\n"


def write(folder: Path, text: str | bytes, name: str = "blog.yml") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_good_file(tmp_path: Path) -> None:
    source = load_source(write(tmp_path, GOOD))
    assert (source.name, source.kind, source.enabled, source.own_hosts()) == ("blog", "feed", False, {"blog.test", "www.blog.test"})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD.replace("kind: feed", "kind: fead"), "unknown kind 'fead'; did you mean 'feed'"),
        (GOOD.replace("kind: feed\n", ""), "no kind; expected one of: bluesky_author"),
        (GOOD + "titel: x\n", "unknown key 'titel'; did you mean 'title'"),
        (GOOD + "name: x\n", "unknown key 'name'"),
        (GOOD.replace("https://blog.test/flux.xml", "blog"), "url: .*found 'blog'"),
        (GOOD.replace("purpose: veille de prévention\n", ""), "purpose: Field required"),
        (GOOD + "access_mode: private\n", "access_mode"),
        (GOOD + "delay: -1\n", "delay"),
        (GOOD + "expect: {min: 5, max: 2}\n", "max 2 is below min 5"),
        ("- a\n- b\n", "found list, expected keys"),
        ("a: [", "not readable as YAML"),
        (b"title: \xff\xfe", "not readable as YAML in UTF-8"),
        ("!!python/object/apply:os.system ['true']", "not readable as YAML"),
    ],
)
def test_a_wrong_file_says_what_and_where(tmp_path: Path, text: str | bytes, said: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError, match=said) as raised:
        load_source(path)
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_the_file_name_is_the_source_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="small letters"):
        load_source(write(tmp_path, GOOD, "Mon Blog.yml"))


def test_picking_sources(tmp_path: Path) -> None:
    write(tmp_path, GOOD + "enabled: true\n", "a.yml")
    write(tmp_path, GOOD, "b.yml")
    sources = load_sources(tmp_path)
    assert [source.name for source in pick(sources, ())] == ["a"]
    assert [source.name for source in pick(sources, ("b", "b"))] == ["b"]
    with pytest.raises(NotFound, match="'bb' does not exist; did you mean"):
        pick({"bbb": sources["b"]}, ("bb",))
    with pytest.raises(ConfigError, match="no source is enabled"):
        pick({"b": sources["b"]}, ())
    with pytest.raises(ConfigError, match="VIGIE_SOURCES_DIR"):
        load_sources(tmp_path / "none")


def test_shipped_sources_are_readable_and_disabled() -> None:
    sources = load_sources(Settings().sources_dir)
    assert sources
    assert not [name for name, source in sources.items() if source.enabled]
    assert {source.kind for source in sources.values()} == set(kinds())


@pytest.mark.parametrize(("read", "alarm"), [(0, "rien"), (4, "au moins 5"), (5, ""), (9, ""), (10, "au plus 9")])
def test_expected_counts(tmp_path: Path, read: int, alarm: str) -> None:
    source = load_source(write(tmp_path, GOOD)).model_copy(update={"expect": Expect(min=5, max=9) if read else Expect()})
    found = alarms(source, SourceReport(source="blog", seen=read, kept=read))
    assert [alarm in text for text in found] == ([True] if alarm else [])


def test_a_wall_is_an_alarm(tmp_path: Path) -> None:
    report = SourceReport(source="blog", seen=2, kept=1, set_aside=1, reasons={"bot_wall": 1, "http_404": 3})
    assert alarms(load_source(write(tmp_path, GOOD)), report) == ("1 x bot_wall : un mur anti-robot est servi à la place de la page ; Vigie ne le contourne pas", "3 x http_404 : le site a répondu 404")
