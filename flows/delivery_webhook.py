"""Alerts by webhook: one signed POST a parcel.

``Vigie-Signature: t=<unix seconds>,v1=<hexadecimal HMAC-SHA256 of "<t>.<body>">`` with VIGIE_ALERT_SECRET; ``Vigie-Delivery`` is the parcel's id, the
same at every try. Each item has its own ``delivery_id``: a receiver that remembers it takes each item once. Any answer 2xx is a receipt.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

from core.errors import ConfigError, Unavailable
from index.saved import check_webhook

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.settings import Settings
    from flows.delivery_payload import Item

TIMEOUT = 10.0  # seconds to connect, and for each read
MAX_BODY = 1_000_000  # bytes sent: 100 items are a tenth of it
DEADLINE = 30.0  # seconds for all of it: who sends a byte now and then must not hold up the others
TOLERANCE = 300  # seconds that a signature is taken for fresh


def body_of(search: str, title: str, items: Sequence[Item], *, test: bool = False) -> bytes:
    """The JSON that is sent: the same bytes at every try."""
    data = {"format": 1, "search": search, "title": title, "test": test, "items": list(items)}
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


def signature(secret: bytes, body: bytes, *, now: int) -> str:
    """The value of Vigie-Signature."""
    return f"t={now},v1={hmac.new(secret, f'{now}.'.encode() + body, hashlib.sha256).hexdigest()}"


def verify(secret: bytes, body: bytes, header: str, *, now: int) -> bool:
    """What a receiver does: whether the signature is right and at most TOLERANCE seconds old."""
    given = dict(part.partition("=")[::2] for part in header.split(","))
    time = given.get("t", "")
    if not time.isascii() or not time.isdigit() or abs(now - int(time[:12])) > TOLERANCE:
        return False
    return hmac.compare_digest(signature(secret, body, now=int(time)).encode(), header.encode())


def post(url: str, body: bytes, *, delivery: str, settings: Settings, now: int) -> None:
    """Send a parcel. Raises ConfigError without a secret, Unavailable for all but an answer 2xx; the messages name the host alone."""
    check_webhook(url)
    host = urlsplit(url).hostname
    if settings.alert_secret is None:
        raise ConfigError("VIGIE_ALERT_SECRET is not set: webhooks are signed with it; set at least 32 characters, and give them to the receiver")
    if len(body) > MAX_BODY:
        raise ConfigError(f"webhook at {host}: {len(body)} bytes to send, at most {MAX_BODY}")
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Vigie",
        "Vigie-Delivery": delivery,
        "Vigie-Signature": signature(settings.alert_secret.get_secret_value().encode(), body, now=now),
    }
    try:
        answer = asyncio.run(_exchange(url, body, headers))
    except TimeoutError as error:
        raise Unavailable(f"webhook at {host} did not take it (no answer within {DEADLINE:g} seconds)") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Unavailable(f"webhook at {host} did not take it ({type(error).__name__})") from error
    if answer.is_redirect:
        raise Unavailable(f"webhook at {host} answers {answer.status_code}, which leads elsewhere and is not followed; give its final address")
    if not answer.is_success:
        raise Unavailable(f"webhook at {host} answers {answer.status_code}, expected 2xx")


async def _exchange(url: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
    """The head of the answer; what follows it is never read."""
    async with (
        asyncio.timeout(DEADLINE),
        httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False) as client,
        client.stream("POST", url, content=body, headers=headers) as answer,
    ):
        return answer
