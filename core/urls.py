"""One spelling for each public address, and the document id that follows from it."""

from __future__ import annotations

import hashlib
import ipaddress
from functools import lru_cache
from urllib.parse import urlsplit, urlunsplit

from w3lib.url import canonicalize_url, safe_url_string

from core.errors import Invalid

# parameters that say where a reader came from, never what the page is
TRACKING = frozenset(
    {
        "at_campaign", "at_campaign_type", "at_custom1", "at_medium", "dclid", "fbclid", "gclid", "gbraid", "igsh", "igshid", "mc_cid", "mc_eid",
        "mkt_tok", "msclkid", "oly_enc_id", "ref_src", "ref_url", "twclid", "wbraid", "wickedid", "xtor", "yclid",
    }
)  # fmt: skip
TRACKING_PREFIXES = ("utm_", "pk_", "mtm_", "hsa_")
DEFAULT_PORTS = {"http": 80, "https": 443}
GIVEN_OUT = ipaddress.IPv6Network("2000::/3")


@lru_cache(maxsize=8192)
def canonical(url: str) -> str:
    """The address without fragment, tracking parameters, credentials and default port, parameters sorted.

    Raises Invalid for anything but http and https with a host.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError as error:
        raise Invalid(f"address {url[:200]!r} cannot be read ({error}); expected http:// or https://") from error
    if parts.scheme not in DEFAULT_PORTS or not host:
        raise Invalid(f"address {url[:200]!r} is not a public page; expected http:// or https:// and a host")
    netloc = f"[{host}]" if ":" in host else host
    if port and port != DEFAULT_PORTS[parts.scheme]:
        netloc = f"{netloc}:{port}"
    pieces = [piece for piece in parts.query.split("&") if piece and not _tracks(piece.split("=", 1)[0])]  # never decoded: it may be Latin-1
    named = all("=" in piece for piece in pieces)
    try:
        found = canonicalize_url(urlunsplit((parts.scheme, netloc, parts.path or "/", "&".join(pieces) if named else "", "")))
        # a query that is a path ("?threads/a.1/") opens another page, or none, once it is sorted and encoded
        return found if named else safe_url_string(f"{found}?{'&'.join(pieces)}")
    except (ValueError, UnicodeError) as error:
        raise Invalid(f"address {url[:200]!r} cannot be read ({error}); expected http:// or https://") from error


def _tracks(key: str) -> bool:
    return key.lower() in TRACKING or key.lower().startswith(TRACKING_PREFIXES)


def document_id(url: str) -> str:
    """32 hexadecimal digits: the same address gives the same id on every machine. Raises Invalid."""
    return hashlib.sha256(canonical(url).encode()).hexdigest()[:32]


@lru_cache(maxsize=8192)
def host_of(url: str) -> str:
    """The host of an address, lower case, without port; "" where there is none."""
    try:
        return (urlsplit(url).hostname or "").lower().rstrip(".")
    except ValueError:
        return ""


@lru_cache(maxsize=1024)
def is_public_address(address: str) -> bool:
    """Whether an IP address is reachable by everybody: not loopback, private, link-local, reserved or multicast.

    Of IPv6 only what is given out to networks (2000::/3), without 6to4 and what else carries an IPv4 address that may be private.
    """
    ip = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is None:
            return ip in GIVEN_OUT and ip.sixtofour is None and ip.is_global
        ip = ip.ipv4_mapped
    return ip.is_global and not ip.is_multicast


@lru_cache(maxsize=8192)
def is_ip(host: str) -> bool:
    """Whether a host is an IP address rather than a name."""
    try:
        ipaddress.ip_address(host.strip("[]").split("%", maxsplit=1)[0])
    except ValueError:
        return False
    return True
