"""Which addresses a crawl may reach. A page under a stranger's control must not make the crawler call a machine inside the house.

Only the hosts that the source file names are read; a permission (robots.txt, tdmrep.json) that its host has moved is followed to any public one.
A name must lead to a public address, checked where it is resolved, on the very address that is then connected to, so that a name that changes its
address between check and use (DNS rebinding) gains nothing. A private address is reached only where the file writes it in digits (or as localhost),
with that port: the demonstration lies on loopback. A public host is asked at the scheme's own port, or at one that the file writes for it: other
ports belong to other services. What was asked for in private is not sent in the clear because a page says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy.exceptions import IgnoreRequest
from scrapy.resolver import CachingThreadedResolver
from twisted.internet.error import DNSLookupError

from core.addresses import inside
from core.urls import DEFAULT_PORTS, host_of, is_ip, is_public_address
from crawlers.fetching.robots import is_robots

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from twisted.internet.defer import Deferred
    from twisted.python.failure import Failure

NAMED_HOSTS = "VIGIE_NAMED_HOSTS"  # Scrapy setting: the hosts that the source files of this process name
PERMISSION = "permission"  # key of request.meta: asked by the crawl itself before it reads; no page
UNREACHED: dict[str, str] = {}  # why names of this process led nowhere: Twisted lets no reason through


class Refused(IgnoreRequest):
    """The address is not one that this source may reach; ``reason`` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class GuardedResolver(CachingThreadedResolver):
    """Resolves names, and refuses those that lie at a private address."""

    def __init__(self, reactor: Any, cache_size: int, timeout: float, named: frozenset[str]) -> None:
        super().__init__(reactor, cache_size, timeout)
        self._named = named

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: Any) -> GuardedResolver:
        """Scrapy's way to build it."""
        size = crawler.settings.getint("DNSCACHE_SIZE") if crawler.settings.getbool("DNSCACHE_ENABLED") else 0
        return cls(reactor, size, crawler.settings.getfloat("DNS_TIMEOUT"), frozenset(crawler.settings.getlist(NAMED_HOSTS)))

    def getHostByName(self, name: str, timeout: Any = None) -> Deferred[str]:  # noqa: N802 - Twisted's name
        """The address of a name, or DNSLookupError."""
        found = super().getHostByName(name, timeout)
        if is_ip(name) or (name.lower() == "localhost" and "localhost" in self._named):  # GuardMiddleware has judged what is written
            return found
        return found.addCallbacks(_public, _unknown, callbackArgs=(name,), errbackArgs=(name,))


def _public(address: str, name: str) -> str:
    if not is_public_address(address):
        UNREACHED[name.lower()] = "private_address"
        raise DNSLookupError(f"{name} lies at a private address")
    return address


def _unknown(failure: Failure, name: str) -> Failure:
    UNREACHED[name.lower()] = "unknown_host"
    return failure


class GuardMiddleware:
    """Refuses a host or a port that the source does not name, a private address that it does not write, and a way from https to http."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> GuardMiddleware:
        """Scrapy's way to build it."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Raises Refused; redirects pass here too."""
        spider: Any = self._crawler.spider
        if spider.keeper.opt_outs.covers_address(request.url):
            raise Refused("opted_out")
        host, place = host_of(request.url), _place(request.url)
        if inside(host) and place not in spider.source.own_places():
            raise Refused("private_address")
        if not spider.source.may_read(host) and not _is_moved_permission(request):
            raise Refused("other_host")
        if not _is_own_port(request.url) and place.removeprefix("www.") not in {one.removeprefix("www.") for one in spider.source.own_places()}:
            raise Refused("other_port")
        if _is_downgraded(request):
            raise Refused("downgraded")


def _is_moved_permission(request: Request) -> bool:
    """Whether a robots.txt or tdmrep.json is read where its own host sends who asks for it (RFC 9309, 2.3.1.2): any public one."""
    return bool(request.meta.get("redirect_times")) and (is_robots(request) or bool(request.meta.get(PERMISSION)))


def _place(url: str) -> str:
    """Host and port, as written."""
    return urlsplit(url).netloc.rpartition("@")[2].lower()


def _is_own_port(url: str) -> bool:
    parts = urlsplit(url)
    return parts.port in (None, DEFAULT_PORTS.get(parts.scheme))


def _is_downgraded(request: Request) -> bool:
    led_by = request.meta.get("redirect_urls", ())
    return urlsplit(request.url).scheme == "http" and any(urlsplit(url).scheme == "https" for url in led_by)
