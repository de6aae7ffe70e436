"""The connection to a node: how long it may take, which node is fit, and its errors turned into ours."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from elastic_transport import ConnectionError as NoConnection
from elastic_transport import TlsError, TransportError
from elasticsearch import ApiError, Elasticsearch, UnsupportedProductError

from core.errors import ConfigError, Invalid, Unavailable, VigieError
from core.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.settings import Settings

OLDEST_NODE = 8
SEARCH_SECONDS = 10
BULK_SECONDS = 60  # 5 MB on a busy node; a search that takes so long is a fault
MERGE_SECONDS = 600
BUSY = {429, 500, 502, 503, 504}
BLOCKED = "cluster_block_exception"
_NO_SUCH_API = {400, 404, 405, 410}  # how nodes without an API answer it
_SIGN_IN = (
    "check VIGIE_ELASTICSEARCH_USERNAME with VIGIE_ELASTICSEARCH_PASSWORD, or VIGIE_ELASTICSEARCH_API_KEY, and its privileges (docs/operations.md)"
)


class Node:
    """The node, or the cluster, of the settings. Connects at the first question only; any thread may use it."""

    def __init__(self, settings: Settings) -> None:
        """Raises ConfigError for an address or a certificate that cannot be."""
        url = settings.elasticsearch_url
        self.place = f"{url.host}:{url.port}" if url else ""  # what people are told: never the part that may hold a password
        self.client = _client(settings)
        self.bulk = self.client.options(request_timeout=BULK_SECONDS)
        self.merge = self.client.options(request_timeout=MERGE_SECONDS)
        self.version = ""
        self._lifecycle: bool | None = None

    def check(self) -> None:
        """Ask the node's version once. Raises ConfigError for one that is too old."""
        if self.version:
            return
        found = str(self.client.info()["version"]["number"])
        major = found.partition(".")[0]
        if not major.isdigit() or int(major) < OLDEST_NODE:
            raise ConfigError(f"VIGIE_ELASTICSEARCH_URL answers as version {found}; expected Elasticsearch {OLDEST_NODE} or 9: upgrade the node")
        self.version = found

    def hides_vectors(self) -> bool:
        """Whether an index keeps vectors out of what a search gives back, unless told otherwise: from 9.2 on."""
        self.check()
        return tuple(int(part) for part in self.version.split(".")[:2] if part.isdigit()) >= (9, 2)

    def has_lifecycle(self) -> bool:
        """Whether the node rolls indices over and removes them by itself (ILM). Asked once; a node without is logged."""
        if self._lifecycle is None:
            try:
                self.client.ilm.get_status()
                self._lifecycle = True
            except ApiError as error:
                if error.status_code not in _NO_SUCH_API:
                    raise
                self._lifecycle = False
                get_logger(__name__).warning("no_lifecycle", place=self.place)
        return self._lifecycle

    @contextlib.contextmanager
    def errors(self) -> Iterator[None]:
        """Turn the client's errors into ours, without ever showing a secret. Raises Unavailable, ConfigError, Invalid."""
        try:
            yield
        except TlsError as error:
            raise ConfigError(f"cannot trust the certificate of VIGIE_ELASTICSEARCH_URL ({error.message}); set VIGIE_ELASTICSEARCH_CA") from error
        except UnsupportedProductError as error:
            raise ConfigError("VIGIE_ELASTICSEARCH_URL does not answer as Elasticsearch; expected version 8 or 9: change the address") from error
        except NoConnection as error:
            raise Unavailable(
                f"Elasticsearch does not answer at {self.place} (VIGIE_ELASTICSEARCH_URL); check that it runs, then try again"
            ) from error
        except TransportError as error:
            raise Unavailable(f"Elasticsearch gave no readable answer in time ({type(error).__name__}); try again") from error
        except ApiError as error:
            raise error_for(error.status_code, error.error) from error


def _client(settings: Settings) -> Elasticsearch:
    url, ca = settings.elasticsearch_url, settings.elasticsearch_ca
    if not url:
        raise ConfigError("VIGIE_ELASTICSEARCH_URL is not set; expected the address of an Elasticsearch 8 or 9 node")
    if url.username or url.password:
        raise ConfigError("VIGIE_ELASTICSEARCH_URL holds a user name or a password; put them in their own variables, which are never shown")
    if ca and not ca.is_file():
        raise ConfigError(f"VIGIE_ELASTICSEARCH_CA names {ca}, which is not a file; expected a certificate in PEM format")
    options: dict[str, Any] = {"ca_certs": str(ca)} if ca and url.scheme == "https" else {}
    if settings.elasticsearch_api_key:
        options["api_key"] = settings.elasticsearch_api_key.get_secret_value()
    elif settings.elasticsearch_password:
        options["basic_auth"] = (settings.elasticsearch_username, settings.elasticsearch_password.get_secret_value())
    # flows try again; here one quick second try covers a connection that the node closed while idle
    node = f"{url.scheme}://{url.host}:{url.port}{(url.path or '').rstrip('/')}"
    return Elasticsearch(node, request_timeout=SEARCH_SECONDS, max_retries=1, retry_on_timeout=False, retry_on_status=(), **options)


def error_for(status: int, kind: str) -> VigieError:
    """Our error for a status of the node and the name that it gives to it."""
    if kind == BLOCKED and status != 503:  # 503: it has just started and reads its state
        return ConfigError("Elasticsearch refuses to write: its disk is nearly full or the index is read-only; free some space, then try again")
    if status in {401, 403}:
        return ConfigError(f"Elasticsearch refuses to let this program in (status {status}); {_SIGN_IN}")
    if status == 406 or kind == "media_type_header_exception":
        return ConfigError(f"VIGIE_ELASTICSEARCH_URL speaks an older protocol; expected Elasticsearch {OLDEST_NODE} or 9: upgrade the node")
    if status in BUSY:
        return Unavailable(f"Elasticsearch cannot answer now (status {status}, {kind}); try again later")
    if status == 404:
        return Unavailable(f"Elasticsearch lost the index during the request ({kind}); try again, or run vigie reindex")
    return Invalid(f"Elasticsearch refuses the request (status {status}, {kind})")
