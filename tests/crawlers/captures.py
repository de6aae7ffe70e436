"""Exchanges with invented sites, and certificates for them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from crawlers.fetching.capture import Capture

NOW = datetime(2026, 11, 1, 10, 0, 0, 123456, tzinfo=UTC)
URL = "https://exemple.test/a"


def make_capture(url: str = URL, body: bytes = b"<p>Un texte ordinaire.</p>", **fields: object) -> Capture:
    """A page as served."""
    known: dict[str, object] = {
        "url": url, "method": "GET", "request_headers": [("User-Agent", "Vigie/0.1 (+mailto:essai@exemple.test)")], "request_body": b"", "status": 200,
        "headers": [("Content-Type", "text/html; charset=utf-8"), ("Date", "Sun, 01 Nov 2026 10:00:00 GMT")], "body": body, "at": NOW,
        "address": "203.0.113.7", "certificate": make_certificate() if url.startswith("https:") else None, "tls": "TLSv1.3",
    }  # fmt: skip
    return Capture(**(known | fields))  # type: ignore[arg-type]


@lru_cache
def make_certificate(*names: str, days: int = 90) -> bytes:
    """A certificate in DER, valid around NOW."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, (names or ("exemple.test",))[0])])
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOW - timedelta(days=30))
        .not_valid_after(NOW - timedelta(days=30) + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(one) for one in names or ("exemple.test", "*.exemple.test")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return built.public_bytes(serialization.Encoding.DER)
