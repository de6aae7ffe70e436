"""Time stamps of third parties (RFC 3161) over a manifest's SHA-256. Nothing but that digest is sent, and to configured authorities only."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from core.errors import ConfigError, Unavailable
from core.logs import get_logger
from crawlers.evidence.verifier import FORGED, NO, YES, by_openssl, said_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from pathlib import Path

    from cryptography.x509 import Certificate
    from httpx import Response
    from rfc3161_client import TimeStampResponse

log = get_logger(__name__)
TIMEOUT = 10.0  # seconds to connect, and for each read
DEADLINE = 20.0  # seconds for all of it: who sends a byte now and then must not hold up the others
MOST = 64 * 1024  # bytes of an answer; one with its certificates takes 2 to 8 kB
ASKED, ANSWERED = "application/timestamp-query", "application/timestamp-reply"
MOST_CHAIN = 6  # certificates


class Authority(NamedTuple):
    """A time-stamp authority. ``name``: its host, for people; the address may hold a password."""

    name: str
    url: str


class Stamp(NamedTuple):
    """A time stamp: the authority's answer as it came, and the certificates (PEM) that it can be checked with, its own first."""

    authority: str
    token: bytes
    chain: bytes
    at: datetime


class NotStamped(Unavailable):
    """An authority gave no time stamp; ``reason`` says why in French."""

    def __init__(self, authority: Authority, said: str, reason: str) -> None:
        super().__init__(f"time-stamp authority {authority.name} {said}")
        self.reason = reason


class Missed(NamedTuple):
    """An authority that gave none; why, in French."""

    authority: str
    reason: str


def authorities_of(written: str) -> tuple[Authority, ...]:
    """The authorities of VIGIE_TIMESTAMP_AUTHORITIES, each once. Raises ConfigError."""
    found = []
    for url in dict.fromkeys(one.strip() for one in written.split(",") if one.strip()):
        try:
            parts = urlsplit(url)
            name = parts.netloc.rpartition("@")[2]
        except ValueError:
            parts, name = urlsplit(""), ""
        if parts.scheme not in ("http", "https") or not name:
            raise ConfigError("VIGIE_TIMESTAMP_AUTHORITIES: an entry is no web address; expected http(s)://host/path, comma-separated")
        found.append(Authority(name, url))
    return tuple(found)


def certificates_in(folder: Path | None) -> tuple[Certificate, ...]:
    """The certificates of the PEM files of VIGIE_TIMESTAMP_CERTIFICATES. Raises ConfigError."""
    from cryptography import x509

    if folder is None:
        return ()
    found: list[Certificate] = []
    try:
        for path in sorted(one for one in folder.iterdir() if one.suffix in (".pem", ".crt", ".cer")):
            found += x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ConfigError(f"VIGIE_TIMESTAMP_CERTIFICATES: {folder} does not hold certificates in PEM that can be read ({error})") from error
    return tuple(found)


def stamps(manifest: bytes, authorities: Iterable[Authority], *, known: Sequence[Certificate], deadline: float = DEADLINE) -> list[Stamp | Missed]:
    """What each authority answers, in their order; one that does not is named, and holds up nothing."""
    found: list[Stamp | Missed] = []
    for authority in authorities:
        try:
            found.append(stamp(manifest, authority, known=known, deadline=deadline))
        except NotStamped as error:
            log.warning("not_stamped", authority=authority.name, error=str(error))
            found.append(Missed(authority.name, error.reason))
    return found


def stamp(manifest: bytes, authority: Authority, *, known: Sequence[Certificate], deadline: float = DEADLINE) -> Stamp:
    """One authority's time stamp, checked against ``known``, else against the certificates that it sends. Raises NotStamped."""
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    request = TimestampRequestBuilder(data=manifest, hash_algorithm=HashAlgorithm.SHA256).build()
    token = _asked(authority, request.as_bytes(), deadline=deadline)
    try:
        answer = read(token)
        chain = _pem(chain_of(answer, known)[0])
        fresh = answer.status == 0 and answer.tst_info.nonce == request.nonce
    except _unreadable() as error:
        raise NotStamped(authority, f"answers no time stamp that can be read ({error})", "sa réponse ne se lit pas") from error
    if not fresh or check(manifest, token, chain, known=known)[0] != YES:
        raise NotStamped(authority, "answers a time stamp that does not hold; see VIGIE_TIMESTAMP_CERTIFICATES", "son horodatage n'est pas reconnu")
    return Stamp(authority.name, token, chain, answer.tst_info.gen_time)


def check(manifest: bytes, token: bytes, chain: bytes, *, known: Sequence[Certificate] = ()) -> tuple[str, str]:
    """Outcome and sentence, as verifier.py says them, of a time stamp: by the certificates that came with it, or where given by ``known``.

    openssl is asked where no certificate that signs itself ends the chain.
    """
    from cryptography import x509
    from rfc3161_client.verify import VerifierBuilder

    try:
        answer = read(token)
        beside = x509.load_pem_x509_certificates(chain) if chain.strip() else []
        found, rooted = chain_of(answer, known or beside, beside=beside)
        if not rooted:
            return by_openssl(manifest, token, chain, known=_pem(known))
        checker = VerifierBuilder(roots=[found[-1]], intermediates=list(found[1:-1]), tsa_certificate=found[0]).build()
        checker.verify_message(answer, manifest)
    except _unreadable():
        return NO, FORGED
    return YES, said_of(f"{answer.tst_info.gen_time:%d/%m/%Y à %H:%M:%S} UTC", _pem(found), given=bool(known))


def read(token: bytes) -> TimeStampResponse:
    """An authority's answer. Many authorities do not order their certificates as DER asks: these are put in order to be read. Raises ValueError."""
    from asn1crypto import cms, tsp  # type: ignore[import-untyped]
    from rfc3161_client import decode_timestamp_response

    try:
        return decode_timestamp_response(token)
    except ValueError:
        answer = tsp.TimeStampResp.load(token, strict=True)
        signed = answer["time_stamp_token"]["content"]
        signed["certificates"] = cms.CertificateSet(list(signed["certificates"]))  # written anew, they are in order
        return decode_timestamp_response(answer.dump())


def _unreadable() -> tuple[type[Exception], ...]:
    """What the libraries raise for bytes that are no time stamp, or one that does not hold: an authority must not end the worker."""
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from rfc3161_client import VerificationError

    known = (x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType, UnsupportedAlgorithm)
    return (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, VerificationError, *known)


def chain_of(answer: TimeStampResponse, known: Sequence[Certificate], *, beside: Sequence[Certificate] = ()) -> tuple[list[Certificate], bool]:
    """The certificates from the signer's up, and whether the last is one of ``known`` that signs itself. Raises ValueError."""
    from cryptography import x509

    inside = [x509.load_der_x509_certificate(one) for one in answer.signed_data.certificates]
    signers = [(one.issuer, one.serial_number) for one in answer.signed_data.signer_infos]
    pool = [*known, *inside, *beside]
    found = [one for one in (*inside, *beside, *known) if signers == [(one.issuer, one.serial_number)]][:1]
    while found and found[-1].issuer != found[-1].subject and len(found) < MOST_CHAIN:
        above = [one for one in pool if one.subject == found[-1].issuer and _signed(found[-1], one)][:1]
        if not above:
            break
        found += above
    if not found:
        raise ValueError("the signer's certificate is missing")
    return found, found[-1] in known and found[-1].issuer == found[-1].subject


def _signed(one: Certificate, by: Certificate) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        one.verify_directly_issued_by(by)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _pem(chain: Sequence[Certificate]) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return b"".join(one.public_bytes(Encoding.PEM) for one in chain)


def _asked(authority: Authority, body: bytes, *, deadline: float) -> bytes:
    """The bytes that an authority answers; no redirect is followed, no more than MOST read. Raises NotStamped."""
    import httpx

    try:
        answer, said = asyncio.run(_exchange(authority.url, body, deadline=deadline))
    except TimeoutError as error:
        raise NotStamped(authority, f"no answer within {deadline:g} s", "elle n'a pas répondu à temps") from error
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise NotStamped(authority, f"cannot be reached ({type(error).__name__})", "elle n'a pas pu être jointe") from error
    if answer.status_code != 200 or answer.headers.get("content-type", "").partition(";")[0].strip().lower() != ANSWERED:
        raise NotStamped(
            authority, f"answers {answer.status_code}, expected 200 and {ANSWERED}", f"elle a répondu {answer.status_code}, sans horodatage"
        )
    if len(said) > MOST:
        raise NotStamped(authority, f"answers more than {MOST} bytes", "sa réponse est trop grande")
    return said


async def _exchange(url: str, body: bytes, *, deadline: float) -> tuple[Response, bytes]:
    import httpx

    said = b""
    async with asyncio.timeout(deadline), httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False) as client:
        headers = {"Content-Type": ASKED, "Accept": ANSWERED, "Accept-Encoding": "identity", "User-Agent": "Vigie"}
        async with client.stream("POST", url, content=body, headers=headers) as answer:
            async for chunk in answer.aiter_raw():
                said += chunk
                if len(said) > MOST:
                    break
    return answer, said
