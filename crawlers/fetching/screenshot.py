"""A picture of a public page as a browser shows it, for an address that a person submitted. Debian's Chromium is optional.

The browser starts fresh, its only way out is ``crawlers.fetching.proxy``, and it is gone, with all that it started and wrote, when the picture is
taken or the time is up. Whether robots.txt allows it is for the caller to ask (``permitted``).
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from core.errors import ConfigError, Invalid, SourceError
from core.urls import host_of
from crawlers.fetching.browser import Browser, Gone
from crawlers.fetching.proxy import SECONDS, GuardProxy

if TYPE_CHECKING:
    from collections.abc import Collection

CHROMIUM = Path("/usr/bin/chromium")
PROFILES = "/tmp"  # noqa: S108 - a fresh folder with a random name; a socket lies in it, whose path may take 107 bytes at most
WIDTH, HEIGHT = 1280, 2400
OWN_CALLS = ("accounts.google.com", "update.googleapis.com", "clients2.google.com")  # whatever its options say, Chromium tries these
MAX_REDIRECTS = 5  # of a robots.txt (RFC 9309, 2.3.1.2)
SETTLE = 1.5  # seconds after loading, for what scripts still draw
PATIENCE = 0.7  # share of the time that loading may take; the picture is then taken of what is there


@dataclass(frozen=True)
class Screenshot:
    """A PNG, its SHA-256, and how it came about."""

    png: bytes
    sha256: str
    facts: dict[str, Any]


def take(url: str, *, contact: str, seconds: float = SECONDS, allowed: Collection[str] = (), chromium: Path = CHROMIUM) -> Screenshot:
    """A picture of the page at a public address, taken without cookies, in at most ``seconds``.

    Raises Invalid for what is no web address, ConfigError without Chromium or a contact, SourceError: unreachable, private_address, other_port,
    screenshot_timeout, screenshot_failed.
    """
    address = urlsplit(url)
    if address.scheme not in ("http", "https") or not host_of(url):
        raise Invalid(f"address {url[:200]!r} is not a public page; expected http:// or https:// and a host")
    if not contact:
        raise ConfigError("set VIGIE_CONTACT to an e-mail or a page where the site's owner can reach you")
    if not chromium.exists():
        raise ConfigError(f"{chromium} is not installed; screenshots need it: apt install chromium")
    return asyncio.run(_take(url, contact=contact, seconds=seconds, allowed=allowed, chromium=chromium))


async def _take(url: str, *, contact: str, seconds: float, allowed: Collection[str], chromium: Path) -> Screenshot:
    started, agent = datetime.now(UTC), f"Vigie/0.1 (+{contact})"
    with tempfile.TemporaryDirectory(prefix="vigie-chromium-", dir=PROFILES, ignore_cleanup_errors=True) as folder:
        async with GuardProxy(allowed=allowed, closed=OWN_CALLS, seconds=seconds) as proxy:
            try:
                async with (
                    asyncio.timeout(seconds),
                    Browser(chromium, folder=Path(folder), proxy=proxy.port, agent=agent, size=(WIDTH, HEIGHT)) as browser,
                ):
                    png, facts = await _picture(browser, url, patience=seconds * PATIENCE)
            except TimeoutError as error:
                raise SourceError("screenshot_timeout", f"{url}: no picture within {seconds:.0f} s; look at the page in a browser") from error
            except _Failed as error:
                raise _why(url, proxy, str(error)) from error
            except (Gone, OSError, KeyError, binascii.Error) as error:
                raise SourceError("screenshot_failed", f"{url}: Chromium ended before the picture ({error}); try again") from error
            traffic = proxy.traffic
    times = {"started_at": started.isoformat(), "taken_at": datetime.now(UTC).isoformat()}
    facts |= {"url": url, "user_agent": agent, **times, "window": [WIDTH, HEIGHT], "reached": traffic.reached, "refused": traffic.refused,
              "bytes": traffic.received, "cut": traffic.exhausted}  # fmt: skip
    return Screenshot(png, hashlib.sha256(png).hexdigest(), facts)


class _Failed(Exception):  # noqa: N818 - becomes a SourceError, once the proxy has told why
    """The browser could not open the page."""


def _why(url: str, proxy: GuardProxy, said: str) -> SourceError:
    """The proxy knows better than the browser why a page could not be opened."""
    reason = next((known for known in proxy.traffic.refused.values() if known in ("private_address", "other_port")), "unreachable")
    return SourceError(reason, f"{url}: Chromium cannot open it ({said}); look at the page in a browser")


async def _picture(browser: Browser, url: str, *, patience: float) -> tuple[bytes, dict[str, Any]]:
    version = await browser.call("Browser.getVersion")
    context = (await browser.call("Target.createBrowserContext"))["browserContextId"]  # off the record: nothing of it is shared or kept
    await browser.call("Browser.setDownloadBehavior", {"behavior": "deny", "browserContextId": context})
    target = await browser.call("Target.createTarget", {"url": "about:blank", "browserContextId": context})
    await browser.attach(target["targetId"])
    document: dict[str, Any] = {}  # the answer that the page is
    browser.listen(lambda method, told: _heard(browser, document, method, told))
    for domain in ("Page", "Network"):
        await browser.call(f"{domain}.enable", page=True)
    metrics = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
    await browser.call("Emulation.setDeviceMetricsOverride", metrics, page=True)
    loaded = await _open(browser, url, patience=patience)
    if not document:
        raise TimeoutError  # nothing came that could be shown
    answer = await browser.call("Page.captureScreenshot", {"format": "png"}, page=True)
    facts = {"chromium": version["product"], "sandbox": browser.sandbox, "loaded": loaded, **_facts(document)}
    return base64.b64decode(answer["data"], validate=True), facts


async def _open(browser: Browser, url: str, *, patience: float) -> bool:
    """Whether the page came to its end; of one that never does, what is there is shown."""
    loaded = browser.expect("Page.loadEventFired")
    try:
        async with asyncio.timeout(patience):
            answer = await browser.call("Page.navigate", {"url": url}, page=True)
            if answer.get("errorText"):
                raise _Failed(str(answer["errorText"]))
            await loaded
            await asyncio.sleep(SETTLE)
    except TimeoutError:
        return False
    return True


def _heard(browser: Browser, document: dict[str, Any], method: str, told: dict[str, Any]) -> None:
    if method == "Page.javascriptDialogOpening":  # a dialog would stop everything
        browser.tell("Page.handleJavaScriptDialog", {"accept": False})
    elif method == "Network.responseReceived" and told.get("type") == "Document" and not document:
        document.update(told.get("response") or {})


def _facts(response: dict[str, Any]) -> dict[str, Any]:
    """Of the answer that the page is: where it came from, and the certificate."""
    secured = response.get("securityDetails") or {}
    certificate = {name: secured.get(name) for name in ("protocol", "subjectName", "issuer", "validFrom", "validTo") if secured}
    return {"final_url": response.get("url"), "status": response.get("status"), "certificate": certificate or None}


def permitted(url: str, *, contact: str, allowed: Collection[str] = ()) -> bool:
    """Whether robots.txt allows Vigie to read this address. One that cannot be read is no permission (RFC 9309, 2.3.1.4)."""
    return asyncio.run(_permitted(url, agent=f"Vigie/0.1 (+{contact})", allowed=allowed))


async def _permitted(url: str, *, agent: str, allowed: Collection[str]) -> bool:
    import httpx
    from protego import Protego

    from crawlers.fetching.robots import TOKEN, rules

    place = urlunsplit((*urlsplit(url)[:2], "/robots.txt", "", ""))
    async with GuardProxy(allowed=allowed, max_bytes=2**20, seconds=30) as proxy:
        try:
            options: dict[str, Any] = {"proxy": f"http://127.0.0.1:{proxy.port}", "trust_env": False, "follow_redirects": True, "timeout": 20}
            async with httpx.AsyncClient(headers={"User-Agent": agent}, max_redirects=MAX_REDIRECTS, **options) as client:
                answer = await client.get(place)
        except (httpx.HTTPError, httpx.InvalidURL):
            return False
    said = rules(answer.status_code, answer.headers, answer.content)
    return said is not None and bool(Protego.parse(said.decode("utf-8-sig", "ignore")).can_fetch(url, TOKEN))
