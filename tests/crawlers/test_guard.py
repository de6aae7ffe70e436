"""Which addresses a crawl reaches when a site sends it elsewhere, and what it tells in a header that comes several times."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import scrapy
from pydantic import SecretStr
from scrapy.http import Response

from core.errors import VigieError
from core.settings import Settings
from crawlers.fetching.guard import GuardMiddleware, Refused
from crawlers.fetching.headers import lower_headers
from tests.crawlers.play import Answer, Web, article, crawl, holders

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PASSWORD = "aaaa-bbbb-cccc-dddd-0123"


@pytest.fixture
def site() -> Iterator[Web]:
    with Web() as found:
        yield found


def to(place: str, status: int = 302) -> Answer:
    return Answer(status=status, headers=[("Location", place)])


def judged(url: str, *, places: set[str], led_by: tuple[str, ...] = ()) -> str:
    """What the guard of a source that reads jardins.example says."""
    own = {"jardins.example", "www.jardins.example", "127.0.0.1"}
    source = SimpleNamespace(own_places=lambda: frozenset(places), own_hosts=lambda: frozenset(own), may_read=own.__contains__)
    keeper = SimpleNamespace(opt_outs=SimpleNamespace(covers_address=lambda _: False))
    crawler: Any = SimpleNamespace(spider=SimpleNamespace(source=source, keeper=keeper))
    try:
        GuardMiddleware(crawler).process_request(scrapy.Request(url, meta={"redirect_urls": list(led_by)} if led_by else {}))
    except Refused as error:
        return error.reason
    return ""


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://jardins.example/", ""),
        ("http://jardins.example/", ""),
        ("https://jardins.example:443/", ""),
        ("http://jardins.example:80/", ""),
        ("http://jardins.example:8080/", ""),
        ("http://www.jardins.example:8080/", ""),
        ("http://JARDINS.example:8080/", ""),
        ("https://jardins.example:22/", "other_port"),
        ("http://jardins.example:6379/", "other_port"),
        ("http://jardins.example:443/", "other_port"),
        ("https://jardins.example:80/", "other_port"),
        ("http://www.jardins.example:9000/", "other_port"),
        ("http://jardins.example:0/", "other_port"),
        ("http://jardins.example:8080@jardins.example:6379/", "other_port"),
        ("http://ailleurs.example:8080/", "other_host"),
        ("http://127.0.0.1:5000/", ""),
        ("http://moi@127.0.0.1:5000/", ""),
        ("http://127.0.0.1:8080/", "private_address"),
    ],
)
def test_only_the_schemes_port_and_those_that_the_file_writes_are_asked(url: str, reason: str) -> None:
    assert judged(url, places={"jardins.example:8080", "127.0.0.1:5000"}) == reason


@pytest.mark.parametrize(
    ("led_by", "url", "reason"),
    [
        (("https://jardins.example/a",), "http://jardins.example/b", "downgraded"),
        (("http://jardins.example/a", "https://jardins.example/b"), "http://jardins.example/c", "downgraded"),
        (("https://jardins.example/a",), "https://jardins.example/b", ""),
        (("http://jardins.example/a",), "https://jardins.example/b", ""),
        (("http://jardins.example/a",), "http://jardins.example/b", ""),
    ],
)
def test_no_redirect_leads_from_https_to_http(led_by: tuple[str, ...], url: str, reason: str) -> None:
    assert judged(url, places={"jardins.example"}, led_by=led_by) == reason


def test_a_redirect_to_another_port_is_not_followed(settings: Settings, site: Web) -> None:
    named = Settings(data_dir=settings.data_dir, sources_dir=settings.sources_dir, contact="veille@association.test")
    with Web() as other:
        other.routes["/a"] = Answer(article("AUTREPORT"))
        site.routes = {"/public": to("http://jardins.example:6379/"), "/private": to(f"{other.base}/a")}
        report = crawl(named, "urls", pages=[f"{site.base}/public", f"{site.base}/private"], hosts=["jardins.example"])
        assert report.reasons == {"other_port": 1, "private_address": 1}
        assert other.log == []


class SecureWeb(Web):
    """The same over TLS, with a certificate of its own making."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate(folder))
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.base = f"https://{self.place}"


def certificate(folder: Path) -> Path:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1)).sign(key, hashes.SHA256())
    path = folder / "site.pem"
    plain = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(plain + made.public_bytes(serialization.Encoding.PEM))
    return path


def test_what_was_asked_over_tls_is_not_asked_in_the_clear(settings: Settings, site: Web, tmp_path: Path) -> None:
    site.routes = {"/b": Answer(article("ENCLAIR")), "/c": Answer(article("Page du clair"))}
    with SecureWeb(tmp_path) as secure:
        secure.routes = {"/a": to(f"{site.base}/b"), "/d": Answer(article("Page de TLS"))}
        report = crawl(settings, "urls", pages=[f"{secure.base}/a", f"{secure.base}/d", f"{site.base}/c"])
    assert (report.kept, report.reasons) == (2, {"downgraded": 1})
    assert [one.path for one in site.asked()] == ["/c"]
    assert holders(settings, "ENCLAIR") == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_login_is_never_sent_on(tmp_path: Path, site: Web, status: int) -> None:
    known = Settings(
        data_dir=tmp_path / "data", sources_dir=tmp_path / "sources", bluesky_handle="moi.test", bluesky_app_password=SecretStr(PASSWORD)
    )
    site.routes["/xrpc/com.atproto.server.createSession"] = to(f"{site.base}/collecte", status)
    try:
        assert crawl(known, "bluesky_search", url=f"{site.base}/", words="jardinage").kept == 0
    except VigieError as error:
        assert PASSWORD not in str(error)  # noqa: PT017
    assert [one.place for one in site.asked()] == ["/xrpc/com.atproto.server.createSession"]
    assert PASSWORD in site.asked()[0].body.decode()
    assert holders(known, PASSWORD) == []


def test_headers_that_are_lists_are_joined() -> None:
    told = [("X-Robots-Tag", "noai"), ("Link", "</a>; rel=next"), ("ETag", '"1"'), ("Retry-After", "5"), ("Content-Type", "text/html"),
            ("x-robots-tag", "max-snippet:50"), ("Link", "</b>; rel=prev"), ("ETag", '"2"'), ("Retry-After", "9"), ("Content-Type", "text/plain")]  # fmt: skip
    response = Response("http://jardins.example/")
    for name, value in told:
        response.headers.appendlist(name, value)
    assert lower_headers(response) == {
        "x-robots-tag": "noai, max-snippet:50", "link": "</a>; rel=next, </b>; rel=prev", "etag": '"2"', "retry-after": "9", "content-type": "text/plain",
    }  # fmt: skip


@pytest.mark.parametrize("second", ["max-snippet:50", "noai"])
def test_each_of_several_robots_headers_counts(settings: Settings, site: Web, second: str) -> None:
    first = {"noai": "max-snippet:50"}.get(second, "noai")
    site.routes["/a"] = Answer(article("RESERVE"), headers=[("X-Robots-Tag", first), ("X-Robots-Tag", second)])
    assert crawl(settings, "urls", pages=[f"{site.base}/a"]).reasons == {"tdm_reserved": 1}
    assert holders(settings, "RESERVE") == []
