"""Ulule: projects and searches of its API, and a whole crawl of a server that plays it."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import settings as bounds
from hypothesis import strategies as st

from core.errors import ConfigError, SourceError
from crawlers.catalog import load_source
from crawlers.evidence.archive import Archive
from crawlers.platforms.ulule import VERSION, api_address, parse_project, parse_search, project_address, read_saved, search_address
from crawlers.reading.drafts import Draft, Left
from crawlers.reading.page import Page
from flows.crawling import crawl_source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.settings import Settings

URL = "https://api.ulule.test/v1/projects/990011?lang=all"
PROJECT: dict[str, Any] = {
    "absolute_url": "https://fr.ulule.test/atelier/", "amount_raised": 310, "comments_count": 2, "currency": "EUR", "date_end": "2026-10-31T22:59:00Z",
    "date_start": "2026-09-15T00:00:00Z", "description": {"fr": "<p>Des vélos.</p>", "en": "<p>Bikes.</p>"}, "description_funding": {"fr": "<p>Des outils.</p>"},
    "description_yourself": {"fr": "<p>Trois voisins.</p>"}, "fans_count": 9, "goal": 900, "id": 990011, "lang": "fr", "name": {"fr": "L'atelier", "en": "The workshop"},
    "nb_products_sold": 0, "owner": {"screenname": "Camille E.", "name": "Camille Essai"}, "percent": 34, "slug": "atelier", "status": "online",
    "subtitle": {"fr": "Réparer"}, "supporters_count": 12, "type": "project", "visible": True,
}  # fmt: skip


def project(**changed: Any) -> Draft:
    (found,) = parse_project(Page(URL, json.dumps({**PROJECT, **changed}).encode())).items
    assert isinstance(found, Draft)
    return found


def test_a_project() -> None:
    draft = project()
    assert (
        draft.text == "Réparer\n\nDes vélos.\n\nÀ quoi va servir le financement ?\n\nDes outils.\n\nÀ propos du porteur de projet\n\nTrois voisins."
    )
    assert (draft.title, draft.url, draft.platform_id, draft.organiser, draft.language) == (
        "L'atelier",
        "https://fr.ulule.test/atelier/",
        "990011",
        "Camille E.",
        "fr",
    )
    assert draft.funding
    assert (draft.funding.raised, draft.funding.goal, draft.funding.currency, draft.funding.donors) == (310, 900, "EUR", 12)
    assert draft.published_at == draft.funding.starts_at == datetime(2026, 9, 15, tzinfo=UTC)
    assert draft.funding.ends_at == datetime(2026, 10, 31, 22, 59, tzinfo=UTC)
    assert (draft.likes, draft.replies) == (9, 2)


def test_texts_are_taken_in_the_language_asked_for() -> None:
    (english,) = parse_project(Page(URL, json.dumps(PROJECT).encode()), language="en").items
    assert isinstance(english, Draft)
    assert (english.title, english.language) == ("The workshop", "en")
    assert english.text.startswith("Réparer\n\nBikes.")
    assert project(name={"de": "Die Werkstatt"}, lang="de").title == "Die Werkstatt"


@pytest.mark.parametrize(
    ("changed", "money"),
    [
        ({"type": "presale", "nb_products_sold": 30}, False),
        ({"type": "project"}, True),
        ({"type": 2, "percent": 34}, True),
        ({"type": 1, "percent": 50, "nb_products_sold": 450}, False),
        ({"type": None, "percent": None, "nb_products_sold": 0}, True),
        ({"type": None, "percent": None, "nb_products_sold": 7}, False),
    ],
)
def test_pre_orders_are_no_money(changed: dict[str, Any], money: bool) -> None:
    draft = project(**changed)
    assert draft.funding
    assert (draft.funding.raised, draft.funding.goal) == ((310, 900) if money else (None, None))
    assert ("PRODUCT" in draft.content_type) is not money


@pytest.mark.parametrize(
    ("changed", "reason"),
    [({"visible": False}, "opted_out"), ({"status": "refused"}, "not_public"), ({"status": "pending-owner"}, "not_public")],
)
def test_what_is_not_public_is_left(changed: dict[str, Any], reason: str) -> None:
    (found,) = parse_project(Page(URL, json.dumps({**PROJECT, **changed}).encode())).items
    assert found == Left(reason=reason, platform_id="990011")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "unreadable_json"), (b"null", "not_a_project"), (b"[]", "not_a_project"), (b"{}", "not_a_project"), (b'{"name": {"fr": "x"}}', "not_a_project"),
        (b'{"error": "not found"}', "api_error"), (b"<title>Just a moment...</title>", "bot_wall"), (b"[" * 100_000, "unreadable_json"),
    ],
)  # fmt: skip
def test_what_is_no_project_says_so(body: bytes, reason: str) -> None:
    for parse in (parse_project, parse_search):
        with pytest.raises(SourceError) as raised:
            parse(Page(URL, body))
        assert raised.value.reason in (reason, "not_a_search")


def search(answer: dict[str, Any], url: str) -> str | None:
    return parse_search(Page(url, json.dumps(answer).encode())).next


def test_the_next_page_of_a_search() -> None:
    url = "https://api.ulule.test/v1/search/projects?q=atelier&lang=fr&limit=2"
    rows = [PROJECT, PROJECT]
    assert (
        search({"projects": rows, "meta": {"next": "?limit=2&offset=2&q=atelier"}}, url)
        == "https://api.ulule.test/v1/search/projects?limit=2&offset=2&q=atelier"
    )
    assert search({"projects": rows, "meta": {"next": None}}, url) is None
    assert search({"projects": rows, "meta": {"next": "https://piege.test/"}}, url) is None
    assert search({"projects": rows, "meta": {"next": "http://[piege"}}, url) is None
    assert search({"projects": rows}, url) == "https://api.ulule.test/v1/search/projects?q=atelier&lang=fr&limit=2&offset=2"
    assert search({"projects": rows}, url + "&offset=2") == "https://api.ulule.test/v1/search/projects?q=atelier&lang=fr&limit=2&offset=4"
    assert search({"projects": rows[:1]}, url) is None


def test_addresses() -> None:
    assert project_address("un-four") == "https://api.ulule.com/v1/projects/un-four?lang=all"
    assert (
        search_address("four à pain", language="fr", base="http://127.0.0.1:1/")
        == "http://127.0.0.1:1/v1/search/projects?q=four+%C3%A0+pain+sort%3Anew&limit=16&lang=fr"
    )
    assert api_address("https://fr.ulule.com/un-four/") == "https://api.ulule.com/v1/projects/un-four?lang=all"
    assert api_address("https://www.ulule.com/un-four/news/") is None
    assert api_address("https://ulule.com.piege.test/un-four/") is None


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(["\ud800", "\x00", "<p>a</p>", "http://[x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8) | st.sampled_from(["fr", "url", "name"]), inner, max_size=3),
    max_leaves=8,
)


@bounds(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(PROJECT)), VALUES)
def test_no_value_at_any_key_crashes_the_parser(key: str, value: Any) -> None:
    body = json.dumps({"projects": [PROJECT, {**PROJECT, key: value}, value, PROJECT]}).encode(errors="replace")
    found = read_saved(Page(URL, body)).items
    assert len(found) == 4
    assert found[0] == found[3]
    for item in found:
        item.model_dump_json().encode()
    try:
        read_saved(Page(URL, json.dumps({**PROJECT, key: value}).encode(errors="replace")))
    except SourceError as error:
        assert error.reason  # noqa: PT017


# -- a whole crawl


class Ulule(BaseHTTPRequestHandler):
    """Three projects, found over two pages; the third is gone."""

    asked: ClassVar[list[str]] = []
    versions: ClassVar[set[str | None]] = set()

    def log_message(self, *arguments: object) -> None:
        pass

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if not parts.path.startswith("/v1/"):  # robots.txt, tdmrep.json
            self.send_error(404)
            return
        self.asked.append(self.path)
        self.versions.add(self.headers.get("Ulule-Version"))
        host = f"http://{self.headers['Host']}"
        name = parts.path.rpartition("/")[2]
        rows = [{**PROJECT, "id": number, "name": {"fr": f"Projet {number}"}, "absolute_url": f"{host}/projet-{number}/"} for number in (1, 2, 3)]
        if parts.path == "/v1/search/projects":
            second = "offset" in parse_qs(parts.query)
            self.answer({"projects": rows[2:] if second else rows[:2], "meta": {"next": None if second else "?offset=2&q=atelier"}})
        elif name == "3":
            self.send_error(404)
        else:
            self.answer({**rows[int(name) - 1]})

    def answer(self, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def ulule() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Ulule)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def test_a_crawl_reads_what_a_search_shows(settings: Settings, ulule: str) -> None:
    settings.sources_dir.mkdir(parents=True)
    (settings.sources_dir / "essai.yml").write_text(
        f"title: Essai\nkind: ulule\nurl: {ulule}\nwords: [atelier]\nprojects: ['2']\npurpose: essai de parcours\nlegal_basis: essai de parcours\ndelay: 0\n",
        encoding="utf-8",
    )
    report = crawl_source("essai", settings=settings)
    assert (report.kept, report.set_aside, report.reasons) == (2, 1, {"http_404": 1})
    archive = Archive(settings.archive_dir)
    documents = {document.title: document for batch in archive.batches() for document in archive.documents(batch)}
    assert set(documents) == {"Projet 1", "Projet 2"}
    assert all("Des vélos." in document.text and document.funding and document.funding.raised == 310 for document in documents.values())
    assert Ulule.versions == {VERSION}
    asked = len(Ulule.asked)
    again = crawl_source("essai", settings=settings)
    assert again.kept == 0
    assert len([path for path in Ulule.asked[asked:] if path.startswith("/v1/projects/1")]) == 0  # its listing says the same as before


def test_a_source_must_name_what_it_reads(tmp_path: Path) -> None:
    path = tmp_path / "essai.yml"
    path.write_text("title: Essai\nkind: ulule\npurpose: essai de parcours\nlegal_basis: essai de parcours\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="neither words nor projects"):
        load_source(path)
