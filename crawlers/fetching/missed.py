"""Why a request brought nothing that can be read, as a stable reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from scrapy.exceptions import IgnoreRequest
from scrapy.spidermiddlewares.httperror import HttpError

from core.urls import host_of
from crawlers.fetching.guard import UNREACHED, Refused
from crawlers.fetching.headers import lower_headers
from crawlers.reading.page import decode
from crawlers.reading.walls import FAINT_TEXT, wall

if TYPE_CHECKING:
    from collections.abc import Collection

    from scrapy.http import Response

GONE = (404, 410)
TRANSIENT = {408, 425, 429, 500, 502, 503, 504, 522, 524}
NETWORK = {  # what failed on the way, by the name of Scrapy's or Twisted's exception
    "DNSLookupError": "unknown_host", "CannotResolveHostError": "unknown_host", "UnsupportedURLSchemeError": "bad_address",
    "DownloadTimeoutError": "timeout", "TimeoutError": "timeout", "TCPTimedOutError": "timeout", "UserTimeoutError": "timeout",
    "ConnectionRefusedError": "refused", "DownloadConnectionRefusedError": "refused", "ConnectError": "refused", "NoRouteError": "refused",
    "ResponseFailed": "cut_short", "DownloadFailedError": "cut_short", "ResponseDataLossError": "cut_short", "ConnectionLost": "cut_short",
    "ResponseNeverReceived": "cut_short", "ConnectionDone": "cut_short", "DownloadCancelledError": "too_large", "CancelledError": "too_large",
    "SSLError": "tls", "CertificateError": "tls", "Error": "tls",
}  # fmt: skip

KEPT_OUT = {"bot_wall", "cookie_wall", "login_required", "geo_blocked", "parked_domain"}
MAX_NOTICE = 200_000  # characters; a longer page is no notice


class Why(NamedTuple):
    """``transient``: another run may read it; then nothing is known of the item."""

    reason: str
    detail: str
    transient: bool = False


def reason_of(error: BaseException | None, *, url: str, silent: Collection[str]) -> Why | None:
    """The reason behind what Scrapy raised; None for what is no fault of the network or the site. ``silent``: hosts without a readable robots.txt."""
    if isinstance(error, Refused):
        return Why(error.reason, f"{url}: not read ({error.reason})", transient=error.reason in ("rate_limited", "tdmrep_unreachable"))
    if isinstance(error, HttpError):
        return _answered(error.response)
    if isinstance(error, IgnoreRequest):
        return _ignored(url, str(error), silent=silent)
    if isinstance(error, UnicodeError | ValueError):
        return Why("bad_address", f"{url}: leads to an address that cannot be read ({str(error)[:200]})")
    reason = NETWORK.get(type(error).__name__)
    if reason == "unknown_host":
        return _unreached(url)
    return Why(reason, f"{url}: {reason}", transient=reason != "too_large") if reason else None


def _ignored(url: str, why: str, *, silent: Collection[str]) -> Why:
    if "robots.txt" not in why:
        reason = "too_many_redirects" if "redirect" in why else "too_large"
        return Why(reason, f"{url}: not read ({why[:200] or reason})")
    if urlsplit(url).netloc in silent and host_of(url) in UNREACHED:
        return _unreached(url)
    if urlsplit(url).netloc in silent:
        return Why("robots_unreachable", f"{url}: robots.txt cannot be read, which is no permission", transient=True)
    return Why("robots_txt", f"{url}: robots.txt asks not to read it")


def _unreached(url: str) -> Why:
    """A name that nobody knows, now; or one that leads into this house."""
    if UNREACHED.get(host_of(url)) == "private_address":
        return Why("private_address", f"{url}: its name leads to a private address")
    return Why("unknown_host", f"{url}: its name is not known", transient=True)


def says_gone(response: Response) -> bool:
    """Whether an answer says that nothing is there any more; a wall may have the same status."""
    return response.status in GONE and _answered(response).reason == f"http_{response.status}"


def _answered(response: Response) -> Why:
    """A challenge may come with any status; one that says to come back later may be gone then."""
    text, transient = decode(response.body), response.status in TRANSIENT
    visible = " " * FAINT_TEXT if response.status in GONE else ""  # the page of a lost address may carry a form's captcha
    reason = wall(text, headers=lower_headers(response), visible=visible) if len(text) < MAX_NOTICE else None
    # of an error's page only what keeps readers out says more than its status
    if reason not in KEPT_OUT or (transient and reason != "bot_wall"):
        reason = f"http_{response.status}"
    return Why(reason, f"{response.url}: the site answered {response.status}", transient=transient)
