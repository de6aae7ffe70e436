"""Which addresses a crawl may reach. A page under a stranger's control must not make the crawler call a machine inside the house.

A host that the source file names is reached wherever it lies (the demonstration lies on loopback); any other host only at a public
address. Names are checked where they are resolved, on the very address that is then connected to, so a name that changes its address
between check and use (DNS rebinding) gains nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scrapy.exceptions import IgnoreRequest
from scrapy.resolver import CachingThreadedResolver
from twisted.internet.error import DNSLookupError

from core.urls import host_of, is_ip, is_public_address

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from twisted.internet.defer import Deferred

NAMED_HOSTS = "VIGIE_NAMED_HOSTS"  # Scrapy setting: the hosts that the source files of this process name


class Refused(IgnoreRequest):
    """The address is not one that this source may reach; ``reason`` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class GuardedResolver(CachingThreadedResolver):
    """Resolves names, and refuses a private address for a host that no source file names."""

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
        return found if name.lower() in self._named else found.addCallback(_public, name)


def _public(address: str, name: str) -> str:
    if not is_public_address(address):
        raise DNSLookupError(f"{name} lies at a private address")
    return address


class GuardMiddleware:
    """Refuses a host that the source does not name, and any address written as numbers that it does not name."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> GuardMiddleware:
        """Scrapy's way to build it."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Raises Refused; redirects pass here too."""
        spider: Any = self._crawler.spider
        host = host_of(request.url)
        if host in spider.source.own_hosts():
            return
        if (is_ip(host) and not is_public_address(host.strip("[]"))) or host == "localhost" or host.endswith((".localhost", ".internal", ".local")):
            raise Refused("private_address")
        if not spider.allows(host):
            raise Refused("other_host")
