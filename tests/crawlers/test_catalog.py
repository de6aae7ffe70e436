"""Source files: what is wrong is said with file, key and nearest name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.errors import ConfigError, NotFound
from core.records import SourceReport
from core.settings import Settings
from crawlers.catalog import Expect, choose, kinds, load_all, load_source, load_sources, pick
from crawlers.expect import alarms

if TYPE_CHECKING:
    from pathlib import Path

GOOD = "title: Un blog\nkind: feed\nurl: https://blog.test/flux.xml\npurpose: veille de prévention\nlegal_basis: intérêt légitime, contenu public\n"

PAGES = GOOD.replace("kind: feed\nurl: https://blog.test/flux.xml", "kind: urls")
TAG = GOOD.replace("kind: feed\nurl: https://blog.test/flux.xml", "kind: mastodon_tag\nurl: https://instance.test/")


def write(folder: Path, text: str | bytes, name: str = "blog.yml") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_good_file(tmp_path: Path) -> None:
    source = load_source(write(tmp_path, GOOD))
    assert (source.name, source.kind, source.enabled, source.own_hosts()) == ("blog", "feed", False, frozenset({"blog.test", "www.blog.test"}))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD.replace("kind: feed", "kind: fead"), "unknown kind 'fead'; did you mean 'feed'"),
        (GOOD.replace("kind: feed\n", ""), "no kind; expected one of: bluesky_author"),
        (GOOD + "titel: x\n", "unknown key 'titel'; did you mean 'title'"),
        (GOOD + "name: x\n", "unknown key 'name'"),
        (GOOD.replace("https://blog.test/flux.xml", "blog"), "url: .*found 'blog'"),
        (GOOD.replace("purpose: veille de prévention\n", ""), "key 'purpose' is missing; expected why this source is read"),
        (GOOD + "access_mode: private\n", "access_mode"),
        (GOOD + "delay: -1\n", "delay"),
        (GOOD + "expect: {min: 5, max: 2}\n", "max 2 is below min 5"),
        ("- a\n- b\n", "found a list, expected keys"),
        ("a: [", "not readable as YAML"),
        (b"title: \xff\xfe", "byte 8 is not UTF-8; save it as UTF-8"),
        ("!!python/object/apply:os.system ['true']", "not readable as YAML"),
        ("", "the file is empty"),
        ("# rien\n", "the file is empty"),
        ("[" * 5000, "nested too deeply"),
        ("a: 2024-13-45", "not readable as YAML"),
        (GOOD + "title: Un autre\n", "line 6: the key 'title' stands there already, at line 1; keep one of the two"),
        (GOOD + "expect: {min: 1, min: 2}\n", "line 6: the key 'min' stands there already"),
        ("title: x\n\tkind: feed\n", "line 2, column 1: a tab; use spaces"),
        (GOOD.replace("veille de", "Repérer : la"), 'line 4, column 18: .*put the value in quotes: purpose: "Repérer : la prévention"'),
        (GOOD.replace("veille de", "Repérer: la"), "line 4, column 17: .*put the value in quotes"),
        (GOOD.replace("veille de prévention", "veille"), "purpose: found 'veille', expected at least 10 characters"),
        (GOOD.replace("veille de prévention", ""), "purpose: nothing stands after the colon"),
        (GOOD.replace("title: Un blog", "title: 2024"), "title: found 2024, expected text; put it in quotes"),
        (GOOD.replace("https://blog", "blog"), "url: found 'blog.test/flux.xml', .*; add https://"),
        (GOOD.replace("https://blog", "ftp://blog"), "url: .*expected a whole address"),
        (GOOD + "enabled: oui\n", "enabled: found 'oui', expected true or false"),
        (GOOD + "delay: lent\n", "delay: found 'lent', expected a number"),
        (GOOD + "max_items: dix\n", "max_items: found 'dix', expected a whole number"),
        (GOOD + "max_items: 0\n", "max_items: found 0, expected at least 1"),
        (GOOD + "follow: parfois\n", "follow: found 'parfois', expected true or false or 'auto'"),
        (GOOD + "language: français\n", "language: found 'français', expected two small letters such as fr"),
        (GOOD + "hosts: [a]\n", "hosts, entry 1: found 'a', expected .*names alone"),
        (GOOD + "keep: {wrds: [a]}\n", "keep: unknown key 'wrds'; did you mean 'words'"),
        (GOOD + "keep: x\n", "keep: found 'x', expected keys and values"),
        (GOOD + "expect: {fields: {datte: 1}}\n", "expect: fields: unknown field 'datte'"),
        (GOOD + "expect: {fields: {views: x}}\n", "expect.fields.views: found 'x', expected a number"),
        (PAGES + "pages: [https://a.test/, c.test/x]\n", "pages, entry 2: found 'c.test/x', .*; add https://"),
        (PAGES + "pages: []\n", "pages: found a list of 0, expected at least 1 entry"),
        (PAGES + "pages: 3\n", r"pages: found 3, expected a list: pages: \[https://"),
        (PAGES, "key 'pages' is missing; expected addresses"),
        (TAG + "tag: a b\n", "tag: found 'a b', expected one word such as sante, without #"),
        (TAG + "tag: #sante\n", "tag: nothing stands after the colon; .*put it in quotes"),
    ],
)
def test_a_wrong_file_says_what_and_where(tmp_path: Path, text: str | bytes, said: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError, match=said) as raised:
        load_source(path)
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)
    for jargon in ("Value error", "Input should", "tuple", "Tuple", "pydantic", "{'", "Field required"):
        assert jargon not in str(raised.value)


def test_what_is_meant_is_taken(tmp_path: Path) -> None:
    assert load_source(write(tmp_path, TAG + 'tag: "#sante"\n')).addresses() == ("https://instance.test/api/v1/timelines/tag/sante?limit=40",)
    assert load_source(write(tmp_path, PAGES + "pages: https://a.test/\n")).addresses() == ("https://a.test/",)
    source = load_source(write(tmp_path, "\ufeff" + GOOD + "hosts: b.test\nkeep: {words: cure*}\n"))
    assert (source.hosts, source.keep.words) == (("b.test",), ("cure*",))


def test_one_wrong_file_stops_no_other(tmp_path: Path) -> None:
    write(tmp_path, GOOD + "enabled: true\n", "a.yml")
    write(tmp_path, GOOD, "b.yml")
    write(tmp_path, "a: [", "c.yml")
    write(tmp_path, GOOD, "d.yaml")
    sources, wrong = load_all(tmp_path)
    assert (list(sources), list(wrong)) == (["a", "b"], ["c", "d.yaml"])
    assert "rename it to d.yml" in wrong["d.yaml"]
    chosen, wrong = choose(tmp_path)
    assert ([source.name for source in chosen], list(wrong)) == (["a"], ["c", "d.yaml"])
    chosen, wrong = choose(tmp_path, ("b", "b"))
    assert ([source.name for source in chosen], wrong) == (["b"], {})
    chosen, wrong = choose(tmp_path, ("b", "c", "d"))
    assert ([source.name for source in chosen], list(wrong)) == (["b"], ["c", "d"])
    with pytest.raises(NotFound, match="'bb' does not exist"):
        choose(tmp_path, ("bb",))
    with pytest.raises(ConfigError, match="c.yml"):
        load_sources(tmp_path)
    for name in ("a.yml", "c.yml", "d.yaml"):
        (tmp_path / name).unlink()
    with pytest.raises(ConfigError, match="no source is enabled"):
        choose(tmp_path)


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


def runs(*counts: int, **said: object) -> list[SourceReport]:
    """Runs that saw so many documents."""
    return [SourceReport.model_validate({"source": "blog", "seen": count, "kept": count, "looked": count, **said}) for count in counts]


FULL = {"text": 1.0, "title": 1.0, "author": 0.9, "published_at": 1.0}


@pytest.mark.parametrize(
    ("earlier", "now", "said"),
    [
        (runs(40, 41, 40), runs(3), ["3 documents lus, 40 d'habitude"]),
        (runs(40, 41, 40), runs(0), ["rien n'a été lu"]),
        (runs(40, 41, 40), runs(4000), ["4000 documents lus, 40 d'habitude"]),
        (runs(40, 41, 40), runs(25), []),
        (runs(40, 41, 40), runs(0, unchanged=1), []),  # a 304: nothing is new
        (runs(40, 41, 40), runs(3, unchanged=1), []),  # of two listings one did not change
        (runs(40, 41, 40, 0, 0, 0, 0), runs(40), []),  # runs that learnt that nothing is new are no habit of nothing
        (runs(200, 40, 40, 40), runs(40), []),  # the first run reads more than those that go on from there
        ([], runs(3), []),
        (runs(40), runs(3), []),  # two runs are no habit
        (runs(2, 3, 2), runs(1), []),
        (runs(40, fields=FULL), runs(40, fields=FULL | {"author": 0.0, "published_at": 0.5}),
         ["auteur, author : trouvé dans 0% des documents, 90% d'habitude", "date de publication, published_at : trouvé dans 50%"]),
        (runs(40, fields=FULL), runs(40, looked=1, fields=FULL | {"author": 0.0}), []),  # one new document of 40
        ([], runs(40, fields={"text": 1.0}), []),
        (runs(40, 40), runs(3, set_aside=30, reasons={"empty_text": 30}), ["30 éléments illisibles pour 3 lus, surtout empty_text : aucun texte"]),
        (runs(40, 40), runs(3, dropped=30, reasons={"no_word": 30}), []),
    ],
)  # fmt: skip
def test_a_drop_is_told_and_nothing_else(tmp_path: Path, earlier: list[SourceReport], now: list[SourceReport], said: list[str]) -> None:
    found = alarms(load_source(write(tmp_path, GOOD)), now[0], earlier=earlier)
    assert len(found) == len(said), found
    assert all(text.startswith(words) for text, words in zip(found, said, strict=True)), found


def test_a_wall_is_an_alarm(tmp_path: Path) -> None:
    report = SourceReport(source="blog", seen=2, kept=1, set_aside=1, reasons={"bot_wall": 1, "http_404": 3})
    assert alarms(load_source(write(tmp_path, GOOD)), report) == (
        "1 x bot_wall : un mur anti-robot est servi à la place de la page ; Vigie ne le contourne pas",
        "3 x http_404 : le site a répondu 404 (page introuvable)",
    )
