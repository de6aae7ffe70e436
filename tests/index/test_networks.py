"""Networks: who is joined by what, what is too common, and that hostile labels stay labels in every file."""

from __future__ import annotations

import csv
import io
import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import networkx as nx
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import settings as bounds
from hypothesis import strategies as st

import cli.main
from cli.networks import networks as command
from core.errors import ConfigError, Invalid, NotFound
from core.records import Channel, Funding
from core.settings import Settings
from flows.crawling import child_environment
from index.documents import Entry
from index.graph import clean, pseudonymous, to_graph, write_csv, write_graphml
from index.graph_picture import draw, write_picture
from index.network_rules import load_rules, too_known
from index.networks import Network, Networks, find_networks, page_address
from index.open import open_index
from tests.index.making import START

Make = Callable[..., Entry]
HOSTILE = "=$\\frac{$cmd|'/C calc'!A0\x1b[31m\x00\ud800\u202e<b>&\"]]>[red]\ufffe"


@pytest.fixture
def make(make_entry: Make) -> Make:
    def entry(number: int, *, campaign: str | None = None, **fields: Any) -> Entry:
        fields = {"platform": "forum.example", "url": f"https://forum.example/{number}", "p": 0.9, **fields}
        return {**make_entry(number, **fields), "campaign": campaign}

    return entry


def telegram(name: str) -> tuple[Channel, ...]:
    return (Channel(kind="telegram", value=f"t.me/{name}"),)


def page(make: Make, number: int, raised: float, **fields: Any) -> Entry:
    funding = Funding(raised=raised, currency="EUR", goal=5000.0)
    return make(
        number, kind="crowdfunding", platform="www.cagnottes.example", url=f"https://www.cagnottes.example/c/{number}", funding=funding, **fields
    )


def found_in(entries: list[Entry]) -> Networks:
    pages = {page_address(entry["url"]) for entry in entries if entry["kind"] == "crowdfunding"}
    return find_networks(entries, pages=pages, rules=load_rules())


@pytest.fixture
def village(make: Make) -> list[Entry]:
    """Two networks and things that join nothing."""
    return [
        make(1, contacts=telegram("jardin"), views=900, campaign="c-1"),
        make(2, contacts=telegram("jardin"), platform="blog.example", url="https://blog.example/2", campaign="c-1"),
        make(3, links=("https://cagnottes.example/c/10/?",), link_hosts=("cagnottes.example",), contacts=telegram("jardin")),
        page(make, 10, 1200.0),
        page(make, 11, 300.0, campaign="c-1"),
        make(20, link_hosts=("secte.example", "youtube.com")),
        make(21, link_hosts=("www.secte.example",)),
        make(30, link_hosts=("youtube.com", "forum.example"), contacts=telegram("seul")),
        make(31, link_hosts=("www.youtube.com", "m.youtube.com", "impots.gouv.fr", "forum.example")),
        make(32, link_hosts=("impots.gouv.fr",)),
    ]


def test_what_is_shared_joins(village: list[Entry]) -> None:
    first, second = found_in(village).networks
    assert [(item.kind, item.documents) for item in first.items] == [("publication", 1), ("campagne", 2), ("cagnotte", 1), ("cagnotte", 1)]
    assert {(thing.kind, thing.label, thing.items) for thing in first.things} == {
        ("canal", "telegram t.me/jardin", 2),
        ("cagnotte", "cagnottes.example/c/10", 2),
        ("texte", "c-1", 2),
    }
    assert first.raised == {"EUR": 1500.0}
    assert first.platforms == ("blog.example", "forum.example", "www.cagnottes.example")
    assert (first.documents, first.markers, first.first, first.last) == (5, ("gourou",), START, START)
    campaign = next(item for item in first.items if item.kind == "campagne")
    assert (campaign.reach, campaign.platforms) == (900, ("blog.example", "forum.example"))
    assert [(thing.kind, thing.label) for thing in second.things] == [("domaine", "secte.example")]
    assert len(second.items) == 2
    assert second.raised == {}


def test_a_donation_channel_that_names_a_page_that_we_hold_is_that_page(make: Make) -> None:
    paid = make(1, payments=(Channel(kind="cagnottes", value="cagnottes.example/c/10"),))
    (one,) = found_in([paid, page(make, 10, 5.0)]).networks
    assert [(thing.kind, thing.items) for thing in one.things] == [("cagnotte", 2)]


def test_one_author_joins_nothing_and_neither_does_a_thread(make: Make) -> None:
    same = {"author": "p-" + "a" * 24, "thread_root": "https://forum.example/fil"}
    assert found_in([make(1, **same), make(2, **same)]).networks == ()


def test_two_copies_of_one_text_are_one_publication(make: Make) -> None:
    assert found_in([make(1, contacts=telegram("x"), campaign="c"), make(2, contacts=telegram("x"), campaign="c")]).networks == ()


def test_what_joins_too_many_is_counted_and_left_out(make: Make) -> None:
    most = load_rules().most["domaine"]
    entries = [make(number, link_hosts=("journal.example",)) for number in range(most)]
    assert len(found_in(entries).networks[0].items) == most
    found = found_in([*entries, make(most, link_hosts=("journal.example",)), make(most + 1, link_hosts=("journal.example",))])
    assert found.networks == ()
    assert [(thing.kind, thing.label, thing.items) for thing in found.too_common] == [("domaine", "journal.example", most)]


def test_a_directory_joins_nothing(make: Make) -> None:
    hosts = tuple(f"site{number}.example" for number in range(10_000))
    found = found_in([make(1, link_hosts=hosts, links=tuple(f"https://{host}/" for host in hosts)), make(2, link_hosts=hosts[:1])])
    assert (found.networks, found.directories) == ((), 1)


def test_the_id_stays_when_the_network_grows_and_differs_between_networks(make: Make, village: list[Entry]) -> None:
    before = found_in(village).networks
    after = found_in([*village, make(40, contacts=telegram("jardin"))]).networks
    assert [one.id for one in before] == [one.id for one in after]
    assert before[0].id != before[1].id
    assert re.fullmatch("[0-9a-f]{16}", before[0].id)


SHOWN = st.fixed_dictionaries(
    {"hosts": st.sets(st.sampled_from("abcde"), max_size=3), "channels": st.sets(st.sampled_from("xyz"), max_size=2),
     "campaign": st.sampled_from([None, None, "c-1", "c-2"]), "page": st.booleans()}
)  # fmt: skip


@given(st.lists(SHOWN, max_size=14), st.randoms(use_true_random=False))
@bounds(max_examples=60, deadline=None)
def test_the_order_of_entries_changes_nothing_and_parts_are_apart(make_entry: Make, shown: list[dict[str, Any]], lots: random.Random) -> None:
    entries = [
        {**make_entry(number, p=0.9, kind="crowdfunding" if one["page"] else "post", views=number, link_hosts=tuple(f"{host}.example" for host in sorted(one["hosts"])),
                      contacts=tuple(Channel(kind="telegram", value=name) for name in sorted(one["channels"])),
                      funding=Funding(raised=0.1 * number, currency="EUR") if one["page"] else None),
         "campaign": one["campaign"]}
        for number, one in enumerate(shown)
    ]  # fmt: skip
    found = found_in(entries)
    lots.shuffle(entries)
    assert found_in(entries) == found
    keys = [key for one in found.networks for key in keys_of(one)]
    assert len(keys) == len(set(keys))
    for one in found.networks:
        graph = nx.Graph(one.edges)
        assert nx.is_connected(graph)
        assert set(graph) == set(keys_of(one))
        assert all(len(graph[thing.key]) == thing.items >= 2 for thing in one.things)
        assert all(len(graph[item.key]) >= 1 for item in one.items)


def keys_of(network: Network) -> list[str]:
    return [item.key for item in network.items] + [thing.key for thing in network.things]


def hostile(make: Make) -> Networks:
    """Labels as bad as they come, past the index that would refuse some of them."""
    entries = [make(number, campaign=None) for number in (1, 2)] + [page(make, 3, 10.0)]
    for entry in entries:
        entry |= {"title": HOSTILE, "channels": [f"telegram:{HOSTILE}"], "platform": f"{HOSTILE}.example", "link_hosts": [f"{HOSTILE}.example"]}
    entries[2] |= {"funding_currency": "=€\x07"}
    return found_in(entries)


def test_graphml_reads_back_equal(village: list[Entry], tmp_path: Path) -> None:
    found = found_in(village).networks
    write_graphml(found, tmp_path / "g.graphml")
    again, graph = nx.read_graphml(tmp_path / "g.graphml"), to_graph(found)
    assert dict(again.nodes(data=True)) == dict(graph.nodes(data=True))
    assert {frozenset(edge) for edge in again.edges} == {frozenset(edge) for edge in graph.edges}
    types = {
        re.sub('.*attr.name="([^"]+)" attr.type="([^"]+)".*', r"\1 \2", line)
        for line in (tmp_path / "g.graphml").read_text().splitlines()
        if "<key" in line
    }
    assert {"reach long", "raised_eur double", "label string"} <= types
    write_graphml(found, tmp_path / "h.graphml")
    assert (tmp_path / "g.graphml").read_bytes() == (tmp_path / "h.graphml").read_bytes()


def test_hostile_labels_stay_labels_in_graphml_and_csv(make: Make, tmp_path: Path) -> None:
    found = hostile(make).networks
    write_graphml(found, tmp_path / "g.graphml")
    labels = {data["label"] for _, data in nx.read_graphml(tmp_path / "g.graphml").nodes(data=True)}
    assert clean(HOSTILE) in labels
    assert not any(ord(letter) < 32 or letter == "\u202e" for label in labels for letter in label)
    write_csv(found, tmp_path / "t.csv")
    rows = list(csv.reader(io.StringIO((tmp_path / "t.csv").read_text("utf-8"), newline="")))
    assert len(rows) == 1 + len(found[0].edges)
    cells = [cell for row in rows[1:] for cell in row]
    assert not [cell for cell in cells if re.match(r"\s*[=+\-@]", cell)]
    assert f"'{clean(HOSTILE)}" in cells


def test_hostile_labels_are_drawn_as_they_are(make: Make, tmp_path: Path) -> None:
    found = hostile(make).networks
    write_picture(found, tmp_path / "p.svg")
    write_picture(found, tmp_path / "p.png")
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")
    assert b"<script" not in (tmp_path / "p.svg").read_bytes()
    texts = [text.get_text() for ax in draw(found).axes for text in ax.texts]
    assert any(text.startswith("telegram =$\\frac{$cmd") for text in texts)
    assert not any(ord(letter) < 32 for text in texts for letter in text)


def test_the_picture_is_the_same_each_time_and_says_what_it_leaves_out(make: Make, tmp_path: Path) -> None:
    entries = [make(10 * part + number, contacts=telegram(f"canal{part}")) for part in range(8) for number in range(2)]
    entries += [make(100 + number, contacts=telegram("foule")) for number in range(60)]
    found = found_in(entries).networks
    for name in ("a.svg", "b.svg", "a.png", "b.png"):
        write_picture(found[1:2], tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    figure = draw(found)
    assert any("3 réseaux plus petits" in text.get_text() for text in figure.texts)
    assert any("20 éléments" in text.get_text() for text in figure.axes[0].texts)
    assert "page de cagnotte" in [text.get_text() for text in figure.legends[0].get_texts()]
    assert any("Aucun réseau" in text.get_text() for text in draw([]).texts)


def test_what_leaves_names_no_account_and_no_address(make: Make, village: list[Entry], tmp_path: Path) -> None:
    village.append(make(50, title="Anne Aube", url="https://anne.blog.example/1", platform="anne.blog.example", contacts=telegram("jardin")))
    told = pseudonymous(found_in(village), b"k" * 32)
    assert not re.search("jardin|Anne|anne|https|secte|/c/1", told.model_dump_json())
    assert told == pseudonymous(found_in(village), b"k" * 32)
    assert [one.edges for one in told.networks] == [one.edges for one in found_in(village).networks]
    assert len({thing.label for one in told.networks for thing in one.things}) == 4


def test_a_victims_text_is_not_shown(make: Make) -> None:
    entries = [{**make(number, contacts=telegram("x"), title="Le nom de la victime"), "flags": ["T12"]} for number in (1, 2)]
    assert {item.label for item in found_in(entries).networks[0].items} == {"[texte retenu]"}


def test_rules_are_checked(tmp_path: Path) -> None:
    assert too_known("fr.wikipedia.org", load_rules())
    assert not too_known("pedia.org", load_rules())
    for text, said in (("most: {canal: 1}\nat_once: 3\nhosts: []", "most lacks canal"), ("[", "rules.yml"),
                       ("most: {canal: 2, cagnotte: 2, domaine: 2, texte: 2}\nat_once: 3\nhosts: [www.a.fr]", "'www.a.fr' is not written")):  # fmt: skip
        (tmp_path / "rules.yml").write_text(text)
        with pytest.raises(ConfigError, match=re.escape(said)):
            load_rules(tmp_path / "rules.yml")


@pytest.fixture
def vigie(settings: Settings, monkeypatch: pytest.MonkeyPatch, village: list[Entry], make: Make) -> Callable[..., Result]:
    for name, value in child_environment(settings).items():
        if name.startswith("VIGIE_"):
            monkeypatch.setenv(name, value)
    quiet = [make(60 + number, p=0.1, contacts=telegram("calme")) for number in range(2)]
    spared = [{**make(70 + number, contacts=telegram("licite")), "qualification": "hors_champ"} for number in range(2)]
    village[2]["title"] = "[red]Titre\x1b[31m"
    index = open_index(settings)
    assert index.write([*village, *quiet, *spared]).failed == ()
    index.close()

    @click.group()
    @click.pass_context
    def root(ctx: click.Context) -> None:
        ctx.obj = {"verbose": False}

    root.add_command(command)

    def run(*arguments: str, answer: str | None = None) -> Result:
        result = CliRunner().invoke(root, ["networks", *arguments], input=answer)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


def test_the_command_lists_shows_one_and_answers_in_json(vigie: Callable[..., Result]) -> None:
    told = vigie().output
    assert "telegram t.me/jardin (2)" in told
    assert "1\u202f500 EUR" in told
    assert "calme" not in told
    assert "licite" not in told
    found = json.loads(vigie("--json").stdout)
    assert [len(one["items"]) for one in found["networks"]] == [4, 2]
    one = vigie("--id", found["networks"][0]["id"]).output
    assert "[red]Titre" in one
    assert "\x1b" not in one
    assert "hxxps://forum[.]example/3" in one
    assert "secte.example" not in one
    every = json.loads(vigie("--all", "--json").stdout)
    assert any(thing["label"] == "telegram t.me/calme" for network in every["networks"] for thing in network["things"])
    assert not any(thing["label"] == "telegram t.me/licite" for network in every["networks"] for thing in network["things"])


def test_files_hold_pseudonyms_unless_a_person_says_so(vigie: Callable[..., Result], tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("t.csv", "g.graphml", "p.png")]
    options = ["--csv", str(files[0]), "--graphml", str(files[1]), "--picture", str(files[2])]
    vigie(*options)
    assert all(path.stat().st_size for path in files)
    assert "jardin" not in files[0].read_text("utf-8") + files[1].read_text("utf-8")
    for some in (options, ["--csv", str(tmp_path / "new.csv")]):
        with pytest.raises(Invalid, match="declined"):
            vigie(*some, "--addresses", answer="n\n")
    assert not (tmp_path / "new.csv").exists()
    assert "jardin" not in files[0].read_text("utf-8")
    vigie(*options, "--addresses", "--yes")
    assert "t.me/jardin" in files[0].read_text("utf-8")


def test_bad_input_is_one_line(
    vigie: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Invalid, match=r"\.jpg is no format of a picture; expected"):
        vigie("--picture", str(tmp_path / "p.jpg"))
    with pytest.raises(NotFound, match="there is no network"):
        vigie("--id", "0" * 16)
    with pytest.raises(Invalid, match="named twice"):
        vigie("--csv", str(tmp_path / "x.png"), "--picture", str(tmp_path / "x.png"))
    monkeypatch.setitem(cli.main.COMMANDS, "networks", ("cli.networks", ""))
    assert cli.main.run(["networks", "--picture", str(tmp_path / "p.jpg")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert cli.main.run(["networks", "--size", "0"]) == 2
