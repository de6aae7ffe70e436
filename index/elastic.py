"""The Elasticsearch adapter, and the only importer of its client. Client 8 speaks to nodes 8 and 9."""

from __future__ import annotations

import contextlib
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from elastic_transport import ConnectionError as NoConnection
from elastic_transport import TlsError, TransportError
from elasticsearch import ApiError, Elasticsearch, NotFoundError, UnsupportedProductError

from core.errors import ConfigError, Invalid, Unavailable, VigieError
from core.logs import get_logger
from index.batches import MAX_ENTRIES, batches
from index.buckets import filled
from index.fields import elastic_mapping
from index.generations import check_version, condition, generation_name, is_generation, writing
from index.protocol import Health, Page, WriteResult
from index.queries import check_facets, check_histogram, cursor_of, elastic_match, to_elastic

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from core.settings import Settings
    from index.documents import Entry
    from index.protocol import Counts
    from index.queries import Interval, Query

OLDEST_NODE = 8
SEARCH_SECONDS = 10
MERGE_SECONDS = 600
BULK_SECONDS = 60  # 5 MB on a busy node; a search that takes so long is a fault
_BUSY = {429, 500, 502, 503, 504}
_BLOCKED = "cluster_block_exception"
_SIGN_IN = "check VIGIE_ELASTICSEARCH_USERNAME with VIGIE_ELASTICSEARCH_PASSWORD, or VIGIE_ELASTICSEARCH_API_KEY"


class ElasticIndex:
    """An Index behind one alias. Any thread may use it."""

    def __init__(self, settings: Settings) -> None:
        """Connects at the first question only. Raises ConfigError for a certificate that is not there."""
        self._alias = settings.index_name
        self._folder = settings.index_dir
        url = settings.elasticsearch_url
        self._place = f"{url.host}:{url.port}" if url else ""  # what people are told: never the part that may hold a password
        self._client = _client(settings)
        self._bulk = self._client.options(request_timeout=BULK_SECONDS)
        self._version = ""

    def write(self, entries: Iterable[Entry]) -> WriteResult:
        """See Index.write: searchable when it returns."""
        with writing(self._folder, self._alias), self._errors():
            target = self._current() or self._create_first()
            return self._write(target, entries)

    def get(self, identifier: str) -> Entry | None:
        """See Index.get."""
        with self._errors():
            if not identifier or not self._current():
                return None
            found = self._client.options(ignore_status=404).get(index=self._alias, id=identifier)
            return dict(found["_source"]) if found.get("found") else None

    def known(self, ids: Iterable[str]) -> dict[str, tuple[str, str]]:
        """See Index.known."""
        asked = list(ids)
        with self._errors():
            if not asked or not self._current():
                return {}
            found = self._client.mget(index=self._alias, ids=asked, source_includes=["content_sha256", "batch"])["docs"]
            return {hit["_id"]: (hit["_source"]["content_sha256"], hit["_source"]["batch"]) for hit in found if hit.get("found")}

    def search(self, query: Query) -> Page:
        """See Index.search."""
        with self._errors():
            if not self._current():
                return Page((), 0, None)
            # part of an answer would be taken for all of it
            found = self._client.search(index=self._alias, allow_partial_search_results=False, **to_elastic(query))["hits"]
        hits = found["hits"][: query.size]
        following = cursor_of(hits[-1]["sort"]) if len(found["hits"]) > query.size else None
        return Page(tuple(dict(hit["_source"]) for hit in hits), found["total"]["value"], following)

    def facets(self, query: Query, fields: Iterable[str], *, size: int = 20) -> dict[str, Counts]:
        """See Index.facets."""
        names = tuple(fields)
        check_facets(names, size=size)
        order = [{"_count": "desc"}, {"_key": "asc"}]
        found = self._aggregate(query, {name: {"terms": {"field": name, "size": size, "order": order}} for name in names})
        return {name: tuple((bucket["key"], bucket["doc_count"]) for bucket in found.get(name, ())) for name in names}

    def histogram(self, query: Query, field: str, *, interval: Interval) -> Counts:
        """See Index.histogram."""
        check_histogram(field)
        # empty buckets are filled here: one wrong date would make the node build too many of them
        asked = {"field": field, "calendar_interval": interval, "time_zone": "UTC", "format": "yyyy-MM-dd", "min_doc_count": 1}
        found = self._aggregate(query, {"dates": {"date_histogram": asked}}).get("dates", ())
        return filled({date.fromisoformat(bucket["key_as_string"]): bucket["doc_count"] for bucket in found}, interval)

    def delete(self, ids: Iterable[str]) -> int:
        """See Index.delete."""
        asked = list(ids)
        with writing(self._folder, self._alias), self._errors():
            target = self._current()
            if not target:
                return 0
            removed = 0
            for start in range(0, len(asked), MAX_ENTRIES):
                operations = [{"delete": {"_id": identifier}} for identifier in asked[start : start + MAX_ENTRIES]]
                items = self._bulk.bulk(index=target, operations=operations)["items"]
                removed += sum(item["delete"].get("result") == "deleted" for item in items)
            self._bulk.indices.refresh(index=target)
            # a deleted entry stays in its segment until that is merged
            self._client.options(request_timeout=MERGE_SECONDS).indices.forcemerge(index=target, max_num_segments=1)
            return removed

    def rebuild(self, entries: Iterable[Entry]) -> int:
        """See Index.rebuild. Refused entries are logged."""
        with writing(self._folder, self._alias), self._errors():
            old = self._answering()
            self._remove_all_but(old)
            target = generation_name(self._alias, at=datetime.now(UTC))
            self._client.indices.create(index=target, **elastic_mapping())
            try:
                result = self._write(target, entries)
                self._swap(old, target)
            except BaseException:
                with contextlib.suppress(ApiError, TransportError):  # else the next rebuild removes it
                    self._client.indices.delete(index=target)
                raise
            self._remove_all_but([target])
            for identifier, reason in result.failed:
                get_logger(__name__).warning("entry_refused", document=identifier, reason=reason)
            return int(self._client.count(index=target)["count"])

    def health(self) -> Health:
        """See Index.health."""
        with self._errors():
            self._check_node()
            names = self._answering()
            name = names[0] if names else None
            count = self._client.count(index=name)["count"] if name else 0
            status = self._client.cluster.health()["status"]
            identity = self._client.indices.get_settings(index=name)[name]["settings"]["index"]["uuid"] if name else None
        return Health("elasticsearch", self._version, name, identity, count, f"cluster {status}, {condition(name, alias=self._alias)}")

    def close(self) -> None:
        """See Index.close."""
        self._client.close()

    def _write(self, target: str, entries: Iterable[Entry]) -> WriteResult:
        refused: list[tuple[str, str]] = []
        sent = 0
        for batch in batches(entries, refused):
            operations: list[Any] = []
            for entry, text in batch:
                operations += [{"index": {"_id": entry["id"]}}, text.encode()]
            items = self._bulk.bulk(index=target, operations=operations)["items"]
            failed = [failure for item in items if (failure := _failure(item["index"]))]
            refused += failed
            sent += len(items) - len(failed)
        self._bulk.indices.refresh(index=target)
        return WriteResult(sent, tuple(refused))

    def _aggregate(self, query: Query, aggregations: dict[str, Any]) -> dict[str, Any]:
        with self._errors():
            if not self._current() or not aggregations:
                return {}
            body: dict[str, Any] = {"query": elastic_match(query), "size": 0, "aggs": aggregations}
            found = self._client.search(index=self._alias, allow_partial_search_results=False, **body)
            return {name: answer["buckets"] for name, answer in found["aggregations"].items()}

    def _current(self) -> str | None:
        """The index that answers; None before the first write. Raises ConfigError for another mapping version."""
        self._check_node()
        names = self._answering()
        if len(names) > 1:
            raise ConfigError(f"alias {self._alias} names {len(names)} indices ({', '.join(names)}); expected one: run vigie reindex")
        return check_version(names[0], alias=self._alias) if names else None

    def _answering(self) -> list[str]:
        try:
            return sorted(self._client.indices.get_alias(name=self._alias))
        except NotFoundError:
            return []

    def _check_node(self) -> None:
        """Ask the node's version once. Raises ConfigError for one that is too old."""
        if self._version:
            return
        found = str(self._client.info()["version"]["number"])
        major = found.partition(".")[0]
        if not major.isdigit() or int(major) < OLDEST_NODE:
            raise ConfigError(f"VIGIE_ELASTICSEARCH_URL answers as version {found}; expected Elasticsearch {OLDEST_NODE} or 9: upgrade the node")
        self._version = found

    def _create_first(self) -> str:
        """The first generation and its alias, made at once; a process that was faster has made the same one."""
        name = generation_name(self._alias)
        try:
            self._client.indices.create(index=name, aliases={self._alias: {"is_write_index": True}}, **elastic_mapping())
        except ApiError as error:
            if error.error != "resource_already_exists_exception":
                raise
        return name

    def _swap(self, old: list[str], target: str) -> None:
        """Let a generation answer in place of the old ones, in one action."""
        mapping = self._client.indices.get_mapping(index=target)[target]["mappings"]
        if mapping.get("_meta") != elastic_mapping()["mappings"]["_meta"]:
            # another machine's rebuild removed it and the node made it again by guessing the types
            raise Unavailable(f"index {target} was replaced during its rebuild; run only one vigie reindex at a time, then again")
        actions: list[dict[str, Any]] = [{"add": {"index": target, "alias": self._alias, "is_write_index": True}}]
        actions += [{"remove": {"index": name, "alias": self._alias}} for name in old]
        self._client.indices.update_aliases(actions=actions)

    def _remove_all_but(self, kept: list[str]) -> None:
        """Remove what killed rebuilds left and generations that no longer answer."""
        for name in self._client.indices.get_alias(index=f"{self._alias}-v*"):
            if name not in kept and is_generation(name, alias=self._alias):
                self._client.options(ignore_status=404).indices.delete(index=name)

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn the client's errors into ours, without ever showing a secret. Raises Unavailable, ConfigError, Invalid."""
        try:
            yield
        except TlsError as error:
            raise ConfigError(f"cannot trust the certificate of VIGIE_ELASTICSEARCH_URL ({error.message}); set VIGIE_ELASTICSEARCH_CA") from error
        except UnsupportedProductError as error:
            raise ConfigError("VIGIE_ELASTICSEARCH_URL does not answer as Elasticsearch; expected version 8 or 9: change the address") from error
        except NoConnection as error:
            raise Unavailable(
                f"Elasticsearch does not answer at {self._place} (VIGIE_ELASTICSEARCH_URL); check that it runs, then try again"
            ) from error
        except TransportError as error:
            raise Unavailable(f"Elasticsearch gave no readable answer in time ({type(error).__name__}); try again") from error
        except ApiError as error:
            raise _error_for(error.status_code, error.error) from error


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


def _failure(item: dict[str, Any]) -> tuple[str, str] | None:
    """(id, reason) of an entry that the node refused. Raises Unavailable when it is only busy, ConfigError when it takes no writes."""
    status, error = item["status"], item.get("error", {})
    if status < 300:
        return None
    kind = str(error.get("type"))
    if status in _BUSY or kind == _BLOCKED:
        raise _error_for(status, kind)
    return item["_id"], f"{kind}: {error.get('reason')}"[:500]


def _error_for(status: int, kind: str) -> VigieError:
    """Our error for a status of the node and the name that it gives to it."""
    if kind == _BLOCKED and status != 503:  # 503: it has just started and reads its state
        return ConfigError("Elasticsearch refuses to write: its disk is nearly full or the index is read-only; free some space, then try again")
    if status in {401, 403}:
        return ConfigError(f"Elasticsearch refuses to let this program in (status {status}); {_SIGN_IN}")
    if status == 406 or kind == "media_type_header_exception":
        return ConfigError(f"VIGIE_ELASTICSEARCH_URL speaks an older protocol; expected Elasticsearch {OLDEST_NODE} or 9: upgrade the node")
    if status in _BUSY:
        return Unavailable(f"Elasticsearch cannot answer now (status {status}, {kind}); try again later")
    if status == 404:
        return Unavailable(f"Elasticsearch lost the index during the request ({kind}); try again, or run vigie reindex")
    return Invalid(f"Elasticsearch refuses the request (status {status}, {kind})")
