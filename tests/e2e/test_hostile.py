"""Hostile texts and names through every page and export: nothing runs, nothing is loaded, nothing becomes a formula."""

from __future__ import annotations

import csv
import email
import email.policy
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import feedparser
import httpx
import pikepdf
import pytest
from lxml import etree
from playwright.sync_api import Page

from cases import dossiers, notices
from cases.keys import make_key
from cases.people import SCOPES
from cases.reporting.kinds import SORTS
from core.settings import Settings
from tests.e2e.conftest import Live, Visit, live_console
from tests.e2e.hostile_notices import plant_notices
from tests.e2e.hostility import names, plant, texts
from tests.e2e.walking import routes, shape, walk
from tests.e2e.working import actor_of
from web.submitting import bookmarklet

LISTS = ("/soumissions", "/recherche", "/qualite", "/compte")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
# anything of a page that a text could have become, read from the page as the browser made it
BECAME = """() => [...document.querySelectorAll('*')].flatMap(one => [...one.attributes].map(a => [one, a])
    .filter(([one, a]) => /^on/i.test(a.name) || a.name === 'style' || /^(data-)?hx-(on|vals|ext)/.test(a.name)
        || (['href', 'src', 'action', 'formaction', 'data', 'poster', 'xlink:href', 'hx-get', 'hx-post'].includes(a.name) && !/^(\\/(?!\\/)|#|\\?|https?:|tel:|mailto:)/.test(a.value.trim()))
        || (['src', 'action', 'hx-get', 'hx-post'].includes(a.name) && /canari/.test(a.value))
        || (a.name === 'href' && one.tagName !== 'A' && /canari/.test(a.value)))
    .map(([one, a]) => `${one.tagName} ${a.name}=${a.value}`.slice(0, 200)))
  .concat([...document.querySelectorAll('script:not([src^="/statique/"]), iframe, object, embed, base, style, link[rel=stylesheet]:not([href^="/statique/"]),'
    + 'svg script, marquee, video, audio, math, template template, meta[http-equiv=refresh]')].map(one => one.outerHTML.slice(0, 200)))
  .concat('canari_ran' in window ? ['canari() ran'] : [])"""


@pytest.fixture(scope="module")
def hostile_live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Live, list[str]]]:
    with live_console(Settings(data_dir=tmp_path_factory.mktemp("hostile"))) as live:
        ids = plant(live)
        plant_notices(live, texts())
        yield live, ids


def shown(page: Page) -> str:
    """The text of a page, what is folded or blurred included, with fields' values."""
    text: str = page.evaluate("() => document.body.textContent + [...document.querySelectorAll('input, textarea')].map(one => one.value).join('\\n')")
    return text


def in_spaces(text: str) -> str:
    return " ".join(text.replace("\0", "").replace("\ufffd", "").split())


def test_nothing_runs_on_any_page(hostile_live: tuple[Live, list[str]], visit: Visit) -> None:
    live, ids = hostile_live
    page = visit(live, "tout")
    page.add_init_script("window.canari = () => { window.canari_ran = true; alert('canari') }")
    found, seen, opened = [], set[str](), set[str]()
    own = (f"A href={bookmarklet(live.url)}"[:200],)  # a link to drag into one's bookmarks; the policy of contents stops a click on it
    for address, status in walk(page, "/", "/file", *(f"/contenus/{one}" for one in ids), same=_item_or_shape):
        opened.add(shape(address))
        found += [f"{address}: {what}" for what in page.evaluate(BECAME) if what not in own]
        found += [f"{address}: status {status}"] if status >= 500 else []
        text = in_spaces(shown(page))
        seen.update(one for one in texts() if in_spaces(one)[:2000] in text)
    assert not found, "\n".join(found)
    assert set(texts()) - seen == set(), "texts that no page shows as they are"
    assert len(opened) > 15, opened


def _item_or_shape(address: str) -> str:
    return address if address.startswith("/contenus/") and address.count("/") == 2 else shape(address)


def exports(live: Live, client: httpx.Client) -> Iterator[httpx.Response]:
    """What every page leads to that is no page, and every address of the API that needs no identifier."""
    person = live.people["tout"].id
    _, secret = make_key(live.database, person=person, name="export", scopes=SCOPES, expires_at=None, by=person)
    for route in routes(live.app):
        if "GET" in route.methods and "{" not in route.path:
            yield client.get(route.path, headers={"Authorization": f"Bearer {secret}"} if route.path.startswith("/api/") else {})
    for link in sorted({link for path in (*LISTS, *_papers(live)) for link in _links(client.get(path).text)}):
        yield client.get(link)


def _papers(live: Live) -> list[str]:
    """The pages that lead to documents: of each notice, each dossier, each kind of report."""
    actor = actor_of(live, "tout")
    found = [f"/notifications/{one.id}" for one in notices.listed(live.database, actor=actor)]
    found += [f"/dossiers/{one.id}" for one in dossiers.listed(live.database, actor=actor)]
    period = f"du={datetime.now(UTC).year}-01-01&au={datetime.now(UTC).year}-12-31"
    return [*found, *(f"/rapports/nouveau/{sort.slug}?{period}" for sort in SORTS), "/rapports/candidature", "/donnees/registre", "/donnees/aipd"]


def _links(html: str) -> set[str]:
    return {
        link.replace("&amp;", "&")
        for link in re.findall(r'(?:href|value)="(?:http://[^/"]+)?(/[^"/][^"]*(?:csv|jsonl|atom|json|pdf|docx|eml|txt|zip)[^"]*)"', html)
    }


def test_exports_stay_inert(hostile_live: tuple[Live, list[str]]) -> None:
    live, _ = hostile_live
    cookie = live.cookie("tout")
    kinds: dict[str, int] = {}
    with httpx.Client(base_url=live.url, cookies={cookie["name"]: cookie["value"]}, trust_env=False, timeout=20) as client:
        for answer in exports(live, client):
            kind = answer.headers.get("content-type", "").partition(";")[0]
            assert answer.status_code < 500, answer.request.url
            if answer.status_code < 300 and kind != "text/html":
                kinds[kind] = kinds.get(kind, 0) + 1
                assert CHECKS.get(kind, _unknown)(answer) is None, f"{answer.request.url}"
            assert "canari" not in {cookie.name for cookie in client.cookies.jar}
            assert answer.headers["x-content-type-options"] == "nosniff", answer.request.url
    assert kinds.keys() >= {*PAPERS, "text/csv", "application/json", "application/atom+xml", "application/x-ndjson"}, kinds


def _csv(answer: httpx.Response) -> None:
    _cells(answer.content)
    assert "attachment" in answer.headers["content-disposition"]


def _cells(content: bytes) -> None:
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    cells = [cell for row in rows for cell in row]
    assert [cell for cell in cells if cell.lstrip(" \ufeff").startswith(FORMULA) and not re.fullmatch(r"-?[\d.,]+", cell)] == []
    assert len(rows) > 1
    assert {len(row) for row in rows} == {len(rows[0])}, "a text broke out of its cell"


def _json(answer: httpx.Response) -> None:
    json.loads(answer.content)


def _lines(answer: httpx.Response) -> None:
    assert all(isinstance(json.loads(line), dict) for line in answer.text.split("\n") if line)


def _atom(answer: httpx.Response) -> None:
    parsed = etree.fromstring(answer.content, etree.XMLParser(resolve_entities=False))
    assert parsed.tag == "{http://www.w3.org/2005/Atom}feed"
    names = {etree.QName(one).localname for one in parsed.iter() if isinstance(one.tag, str)}
    assert names.isdisjoint({"script", "img", "svg", "iframe", "a"})
    assert not feedparser.parse(answer.content).bozo


def _plain(answer: httpx.Response) -> None:
    assert answer.headers["content-type"].startswith("text/")


def _pdf(answer: httpx.Response) -> None:
    """Nothing in it acts, and what was collected is text in it. Links lead to our own words only."""
    with pikepdf.open(io.BytesIO(answer.content)) as read:
        names = {str(name) for one in read.objects if isinstance(one, pikepdf.Dictionary) for name in one}
        assert names.isdisjoint({"/JS", "/JavaScript", "/AA", "/OpenAction", "/Launch", "/EmbeddedFiles", "/SubmitForm"}), names
        targets = [str(one["/URI"]) for one in read.objects if isinstance(one, pikepdf.Dictionary) and "/URI" in one]
        assert [one for one in targets if not one.startswith(("https://", "mailto:"))] == []
        assert read.Root.MarkInfo.Marked


def _docx(answer: httpx.Response) -> None:
    """Text in runs: no field that Word computes, nothing that it loads, no macro."""
    with zipfile.ZipFile(io.BytesIO(answer.content)) as read:
        assert read.testzip() is None
        parts = {name: read.read(name) for name in read.namelist()}
    assert not [name for name in parts if name.endswith((".bin", ".html", ".mht"))]
    for name, part in parts.items():
        if name.endswith((".xml", ".rels")):
            found = etree.fromstring(part, etree.XMLParser(resolve_entities=False))
            said = {etree.QName(one).localname for one in found.iter() if isinstance(one.tag, str)}
            assert said.isdisjoint({"instrText", "altChunk", "object", "script"}), name
            fields = {value.strip() for one in found.iter("{*}fldSimple") for value in one.attrib.values()}
            assert fields <= {"PAGE", "NUMPAGES"}, name
            assert [one.get("Target") for one in found.iter() if one.get("TargetMode") == "External"] == [], name


def _eml(answer: httpx.Response) -> None:
    """One message: no header that a text brought along."""
    read = email.message_from_bytes(answer.content, policy=email.policy.default)
    names = [name.lower() for name in read]
    assert len(names) == len(set(names)), names
    assert set(names) <= {"from", "to", "subject", "date", "message-id", "mime-version", "content-type", "content-transfer-encoding", "x-unsent"}, (
        names
    )
    assert not read.defects
    for part in read.walk():
        assert part.get_content_type() in ("multipart/mixed", "text/plain", "application/pdf", "application/json"), part.get_content_type()


def _zip(answer: httpx.Response) -> None:
    with zipfile.ZipFile(io.BytesIO(answer.content)) as read:
        assert [name for name in read.namelist() if name.startswith(("/", ".")) or ".." in name or "\\" in name] == []
        for name in read.namelist():
            if name.endswith(".csv"):
                _cells(read.read(name))


def _unknown(answer: httpx.Response) -> None:
    raise AssertionError(f"no check for {answer.headers.get('content-type')} of {answer.request.url}")


WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PAPERS: dict[str, Callable[[httpx.Response], None]] = {"application/pdf": _pdf, WORD: _docx, "message/rfc822": _eml}
CHECKS: dict[str, Callable[[httpx.Response], None]] = {
    **PAPERS,
    "application/zip": _zip,
    "text/csv": _csv,
    "application/json": _json,
    "application/problem+json": _json,
    "application/vnd.oai.openapi+json": _json,
    "application/jsonl": _lines,
    "application/x-ndjson": _lines,
    "application/atom+xml": _atom,
    "text/plain": _plain,
    "text/javascript": _plain,
}


def test_there_are_enough(tmp_path: Path) -> None:
    assert len(set(texts())) >= 100
    assert len(names(40)) >= 100
    assert len(names(200)) >= 100
