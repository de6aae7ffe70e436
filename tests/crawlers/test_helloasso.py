"""HelloAsso: forms of its API, the amounts of their pages, and a whole crawl of a server that plays both."""

from __future__ import annotations

import gzip
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
from pydantic import SecretStr

from core.errors import ConfigError, SourceError
from crawlers.catalog import load_source
from crawlers.evidence.archive import Archive
from crawlers.platforms.crowdfunding import parse_campaign
from crawlers.platforms.helloasso import (
    directory_address,
    form_address,
    forms_address,
    parse_form,
    parse_forms,
    parse_token,
    read_saved,
    token_body,
    with_amounts,
)
from crawlers.reading.drafts import Draft, Left
from crawlers.reading.page import Page
from flows.crawling import crawl_source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.settings import Settings

URL = "https://api.helloasso.test/v5/organizations/rue/forms/CrowdFunding/un-four/public"
SHOWN = "https://www.helloasso.test/associations/rue/collectes/un-four"
FORM: dict[str, Any] = {
    "organizationName": "Les Amis du Four", "currency": "EUR", "description": "Un four à pain.", "startDate": "2026-09-01T00:00:00+02:00",
    "endDate": "2026-12-31T23:59:59+01:00", "meta": {"createdAt": "2026-08-20T14:00:00+02:00", "updatedAt": "2026-09-02T09:00:00+02:00"}, "state": "Public",
    "title": "Un four pour la rue", "formSlug": "un-four", "formType": "CrowdFunding", "url": SHOWN, "organizationSlug": "rue",
}  # fmt: skip
PAGE = (
    "<html lang='fr'><head><meta property='og:title' content='Un four pour la rue'></head><body><article><p>La rue veut un four à pain, et un banc autour.</p></article>"
    "<p>854,50 € collectés sur 3 000 €</p><p>31 contributeurs</p></body></html>"
)


def form(**changed: Any) -> Draft | Left:
    (found,) = parse_form(Page(URL, json.dumps({**FORM, **changed}).encode())).items
    return found


def draft(**changed: Any) -> Draft:
    found = form(**changed)
    assert isinstance(found, Draft)
    return found


def shown(html: str = PAGE, url: str = SHOWN) -> Draft:
    (found,) = parse_campaign(Page(url, html.encode())).items
    assert isinstance(found, Draft)
    return found


def test_a_form_has_no_amount_of_its_own() -> None:
    found = draft()
    assert (found.title, found.text, found.organiser, found.url) == ("Un four pour la rue", "Un four à pain.", "Les Amis du Four", SHOWN)
    assert found.published_at == datetime(2026, 8, 20, 12, tzinfo=UTC)
    assert found.edited_at == datetime(2026, 9, 2, 7, tzinfo=UTC)
    assert found.funding
    assert (found.funding.raised, found.funding.goal, found.funding.currency) == (None, None, "EUR")
    assert draft(description=None).text == "Un four pour la rue"


def test_prices_in_cents_are_no_amount() -> None:
    assert draft(tiers=[{"price": 1500, "minAmount": 100}], amount=85450).funding == draft().funding


def test_form_and_page_make_one_document() -> None:
    found = with_amounts(draft(), shown())
    assert found.text == "La rue veut un four à pain, et un banc autour."
    assert (found.title, found.url, found.platform_id, found.organiser, found.language) == (
        "Un four pour la rue",
        SHOWN,
        SHOWN,
        "Les Amis du Four",
        "fr",
    )
    assert found.funding
    assert (found.funding.raised, found.funding.goal, found.funding.currency, found.funding.donors) == (854.5, 3000, "EUR", 31)
    assert found.funding.ends_at == datetime(2026, 12, 31, 22, 59, 59, tzinfo=UTC)
    with pytest.raises(SourceError) as raised:
        with_amounts(draft(), shown(url="https://www.helloasso.test/associations/rue/collectes/un-banc"))
    assert raised.value.reason == "not_a_campaign"


@pytest.mark.parametrize("words", ["<p>854,50 € collectés sur 3 000 €</p>", "<p>854,50&nbsp;€ collectés</p><p>Objectif : 3 000 €</p>"])
def test_cents_of_the_page_s_state_are_never_taken_for_units(words: str) -> None:
    state = {
        "title": "Un four pour la rue",
        "description": "La rue veut un four.",
        "amountCollected": 85450,
        "financialGoal": 300000,
        "currency": "EUR",
    }
    html = f"<meta property='og:title' content='Un four pour la rue'><script type='application/json'>{json.dumps(state)}</script>"
    for page in (html, html + words):
        funding = shown(page, "https://www.helloasso.com/associations/rue/collectes/un-four").funding
        assert funding
        assert (funding.raised, funding.goal, funding.currency) == (854.5, 3000, "EUR")
    units = html.replace("85450", "854.5").replace("300000", "3000") + words
    funding = shown(units, "https://www.helloasso.com/associations/rue/collectes/un-four").funding
    assert funding
    assert (funding.raised, funding.goal) == (854.5, 3000)


def test_a_private_form_is_left() -> None:
    for state in ("Private", "Draft", "Disabled", "Deleted"):
        assert form(state=state) == Left(reason="not_public", platform_id=SHOWN)


def test_a_form_without_address_has_the_one_that_its_names_make() -> None:
    assert draft(url=None).url == "https://www.helloasso.com/associations/rue/collectes/un-four"
    assert draft(url="javascript:x").url == "https://www.helloasso.com/associations/rue/collectes/un-four"
    assert form(url=None, organizationSlug="../x") == Left(reason="no_address", status="set_aside")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "unreadable_json"), (b"null", "not_a_form"), (b"[]", "not_a_form"), (b"{}", "not_a_form"), (b'{"errors": [{"code": "404"}]}', "api_error"),
        (b"<title>Just a moment...</title>", "bot_wall"), (b"[" * 100_000, "unreadable_json"),
    ],
)  # fmt: skip
def test_what_is_no_form_says_so(body: bytes, reason: str) -> None:
    for parse in (parse_form, parse_forms):
        with pytest.raises(SourceError) as raised:
            parse(Page(URL, body))
        assert raised.value.reason in (reason, "not_a_list")


def test_the_token() -> None:
    assert parse_token(Page(URL, b'{"access_token": "abc.def", "token_type": "bearer", "expires_in": 1800}')) == "abc.def"
    for body in (b'{"error": "invalid_client"}', b'{"access_token": "a\\nb"}', b'{"access_token": 5}', b"[]"):
        with pytest.raises(SourceError, match="VIGIE_HELLOASSO_CLIENT_SECRET") as raised:
            parse_token(Page(URL, body, status=401))
        assert raised.value.reason == "login_required"
    assert token_body("a&b", "c d") == b"grant_type=client_credentials&client_id=a%26b&client_secret=c+d"


def next_page(pagination: Any, *, url: str, rows: int = 1) -> str | None:
    return parse_forms(Page(url, json.dumps({"data": [FORM] * rows, "pagination": pagination}).encode())).next


def test_the_next_page_of_a_list() -> None:
    url = forms_address("rue", types=("CrowdFunding", "Donation"), base="https://api.helloasso.test/")
    assert url == "https://api.helloasso.test/v5/organizations/rue/forms?states=Public&formTypes=CrowdFunding&formTypes=Donation&pageSize=100"
    assert next_page({"pageIndex": 1, "totalPages": 3, "continuationToken": "x"}, url=url) == url + "&pageIndex=2"
    assert next_page({"pageIndex": 3, "totalPages": 3}, url=url) is None
    assert next_page({"pageIndex": 1, "totalPages": 10**9}, url=url, rows=0) is None
    broken: tuple[Any, ...] = (None, [], {"pageIndex": "a"}, {"pageIndex": 10**9, "totalPages": 10**10}, {"pageIndex": True, "totalPages": None})
    for pagination in broken:
        assert next_page(pagination, url=url) is None
    url = directory_address(base="https://api.helloasso.test/")
    further = next_page({"pageIndex": -1, "totalPages": -1, "continuationToken": "jeton"}, url=url)
    assert further == url + "&continuationToken=jeton"
    assert next_page({"totalPages": -1, "continuationToken": "jeton"}, url=further) is None  # the same again: the end


def test_addresses_of_forms() -> None:
    assert form_address(SHOWN, base="https://api.helloasso.test/") == URL
    assert (
        form_address("https://www.helloasso.com/associations/rue/formulaires/1/widget")
        == "https://api.helloasso.com/v5/organizations/rue/forms/Donation/1/public"
    )
    assert form_address("https://www.helloasso.com/associations/rue") is None


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(["\ud800", "\x00", "<p>a</p>", "http://[x"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8) | st.sampled_from(["record", "action", "createdAt"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@bounds(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(FORM)), VALUES)
def test_no_value_at_any_key_crashes_the_parser(key: str, value: Any) -> None:
    body = json.dumps({"data": [FORM, {**FORM, key: value}, value, FORM], "pagination": value}).encode(errors="replace")
    found = parse_forms(Page(URL, body)).items
    assert found[0] == found[-1] == draft()
    for item in found:
        item.model_dump_json().encode()
    try:
        read_saved(Page(URL, json.dumps({**FORM, key: value}).encode(errors="replace")))
    except SourceError as error:
        assert error.reason  # noqa: PT017


# -- a whole crawl


class HelloAsso(BaseHTTPRequestHandler):
    """An organisation with three forms: a collection, one whose page is a wall, and a donation form; another form is named by its address."""

    seen: ClassVar[list[tuple[str, str | None]]] = []

    def log_message(self, *arguments: object) -> None:
        pass

    @property
    def site(self) -> str:
        return f"http://{self.headers['Host']}/associations/rue"

    def do_POST(self) -> None:
        sent = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        good = self.path == "/oauth2/token" and sent.get("client_secret") == ["secret-essai"]
        self.answer({"access_token": "jeton-essai"} if good else {"error": "invalid_client"}, status=200 if good else 401)

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        self.seen.append((path, self.headers.get("Authorization")))
        if path == "/v5/organizations/rue/forms":
            rows = [
                self.form("CrowdFunding", "collectes", "un-four"),
                self.form("CrowdFunding", "collectes", "mur"),
                self.form("Donation", "formulaires", "1"),
            ]
            self.answer({"data": rows, "pagination": {"pageIndex": 1, "totalPages": 1}})
        elif path == "/v5/organizations/rue/forms/CrowdFunding/refus/public":
            self.answer(self.form("CrowdFunding", "collectes", "refus"))
        elif path == "/associations/rue/collectes/un-four":
            self.answer(PAGE)
        elif path == "/associations/rue/collectes/mur":
            self.answer("<title>Just a moment...</title>")
        elif path == "/associations/rue/collectes/refus":
            self.send_error(403)
        else:
            self.send_error(404)

    def form(self, kind: str, path: str, slug: str) -> dict[str, Any]:
        return {**FORM, "formType": kind, "formSlug": slug, "title": f"Formulaire {slug}", "url": f"{self.site}/{path}/{slug}"}

    def answer(self, value: Any, status: int = 200) -> None:
        body = (value if isinstance(value, str) else json.dumps(value)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8" if isinstance(value, str) else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def helloasso(settings: Settings) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), HelloAsso)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    settings.sources_dir.mkdir(parents=True)
    (settings.sources_dir / "essai.yml").write_text(
        f"title: Essai\nkind: helloasso\nurl: {address}/\norganisations: [rue]\nforms: [{address}/associations/rue/collectes/refus]\n"
        "purpose: essai de parcours\nlegal_basis: essai de parcours\ndelay: 0\n",
        encoding="utf-8",
    )
    yield address
    server.shutdown()
    server.server_close()


def signed(settings: Settings, secret: str) -> Settings:
    return settings.model_copy(update={"helloasso_client_id": "client-essai", "helloasso_client_secret": SecretStr(secret)})


def test_a_crawl_brings_amounts_where_pages_tell_them(settings: Settings, helloasso: str) -> None:
    report = crawl_source("essai", settings=signed(settings, "secret-essai"))
    assert report.reasons == {"bot_wall": 1, "no_amounts": 1}
    assert (report.kept, report.set_aside) == (4, 0)
    archive = Archive(settings.archive_dir)
    documents = {document.title: document for batch in archive.batches() for document in archive.documents(batch)}
    raised = {title: document.funding.raised if document.funding else None for title, document in documents.items()}
    assert raised == {"Formulaire un-four": 854.5, "Formulaire mur": None, "Formulaire refus": None, "Formulaire 1": None}
    assert all(document.evidence for document in documents.values())
    assert {token for path, token in HelloAsso.seen if path.startswith("/v5/")} == {"Bearer jeton-essai"}
    assert {token for path, token in HelloAsso.seen if not path.startswith("/v5/")} == {None}
    kept = b"".join(path.read_bytes() for path in settings.data_dir.rglob("*") if path.is_file() and path.suffix != ".gz")
    assert b"secret-essai" not in kept


def test_neither_credentials_nor_token_are_in_the_evidence(settings: Settings, helloasso: str) -> None:
    crawl_source("essai", settings=signed(settings, "secret-essai"))
    files = list(settings.archive_dir.rglob("*.warc.gz"))
    assert files
    for path in files:
        plain = gzip.decompress(path.read_bytes())
        assert b"jeton-essai" not in plain
        assert b"secret-essai" not in plain


def test_refused_credentials_say_so(settings: Settings, helloasso: str) -> None:
    report = crawl_source("essai", settings=signed(settings, "un-autre-secret"))
    assert report.reasons == {"login_required": 1}


def test_without_credentials_the_two_variables_are_named(settings: Settings, helloasso: str) -> None:
    with pytest.raises(ConfigError, match="VIGIE_HELLOASSO_CLIENT_ID and VIGIE_HELLOASSO_CLIENT_SECRET"):
        crawl_source("essai", settings=settings)


@pytest.mark.parametrize(
    ("line", "said"),
    [("", "neither organisations"), ("forms: [https://www.helloasso.com/associations/rue]\n", "is no form"), ("organisations: ['a/b']\n", "organisations, entry 1"),
     ("organisations: [rue]\ntypes: [Tombola]\n", "types, entry 1"), ("organisation: [rue]\n", "did you mean 'organisations'")],
)  # fmt: skip
def test_a_source_must_name_what_it_reads(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "essai.yml"
    path.write_text(f"title: Essai\nkind: helloasso\npurpose: essai de parcours\nlegal_basis: essai de parcours\n{line}", encoding="utf-8")
    with pytest.raises(ConfigError) as raised:
        load_source(path)
    assert said in str(raised.value)
