"""What only a node can do wrong: absent, slow, old, closed to us, of another kind. A small server plays it."""

from __future__ import annotations

import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.errors import ConfigError, Invalid, Unavailable
from index.documents import Entry
from index.fields import MAPPING_VERSION
from index.open import open_index
from index.protocol import Index
from index.queries import Query
from tests.index.playing import INFO, PRODUCT, SECRET, Answer, Node, answering, failure, settings


@pytest.fixture
def node() -> Iterator[Node]:
    made = Node()
    yield made
    made.server.shutdown()
    made.server.server_close()


def refused(folder: Path, url: str, kind: type[Exception], *, ask: Callable[[Index], object] | None = None, **given: Any) -> str:
    """The message of the error that a search meets, checked to be one line that shows no secret."""
    index = open_index(settings(folder, url, **given))
    with pytest.raises(kind) as error:
        (ask or (lambda opened: opened.search(Query())))(index)
    index.close()
    assert "\n" not in str(error.value)
    assert SECRET not in "".join(traceback.format_exception(error.value))
    assert error.value.__cause__ is not None or kind is ConfigError
    return str(error.value)


def test_nobody_answers(tmp_path: Path) -> None:
    start = time.monotonic()
    assert "does not answer" in refused(tmp_path, "http://127.0.0.1:9", Unavailable)
    assert time.monotonic() - start < 3


def test_slow_node(tmp_path: Path, node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.elastic.client.SEARCH_SECONDS", 0.2)
    node.answers, node.delay = {"/": (200, INFO, PRODUCT)}, 1.0
    assert "in time" in refused(tmp_path, node.url, Unavailable)


@pytest.mark.parametrize("status", [401, 403])
def test_closed_to_us(tmp_path: Path, node: Node, status: int) -> None:
    node.answers = {"/": failure(status, "security_exception")}
    message = refused(tmp_path, node.url, ConfigError)
    assert "VIGIE_ELASTICSEARCH_PASSWORD" in message
    assert "VIGIE_ELASTICSEARCH_API_KEY" in message


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_busy_node(tmp_path: Path, node: Node, status: int) -> None:
    node.answers = {"/": failure(status, "es_rejected_execution_exception")}
    assert str(status) in refused(tmp_path, node.url, Unavailable)


@pytest.mark.parametrize(
    "answer",
    [
        (200, {"version": {"number": "7.17.20"}, "tagline": "You Know, for Search"}, PRODUCT),
        failure(406, "media_type_header_exception"),
        failure(400, "media_type_header_exception"),
    ],
)
def test_old_node(tmp_path: Path, node: Node, answer: Answer) -> None:
    node.answers = {"/": answer}
    assert "upgrade the node" in refused(tmp_path, node.url, ConfigError)


def test_another_product(tmp_path: Path, node: Node) -> None:
    node.answers = {"/": (200, {"hello": "world"}, {"Content-Type": "application/json"})}
    assert "does not answer as Elasticsearch" in refused(tmp_path, node.url, ConfigError)


def test_unreadable_answer(tmp_path: Path, node: Node) -> None:
    node.answers = {"/": (200, b"{not json", PRODUCT)}
    assert "no readable answer" in refused(tmp_path, node.url, Unavailable)


def test_other_mapping_version(tmp_path: Path, node: Node) -> None:
    answering(node, f"vigie-test-v99-{'0' * 20}")
    assert "has mapping version 99" in refused(tmp_path, node.url, ConfigError)


def test_alias_of_a_stranger(tmp_path: Path, node: Node) -> None:
    answering(node, "vigie-test-old")
    assert "run vigie reindex" in refused(tmp_path, node.url, ConfigError)
    node.answers["/_alias"] = (200, {"a": {}, "b": {}}, PRODUCT)
    assert "names 2 indices (a, b)" in refused(tmp_path, node.url, ConfigError)


@pytest.mark.parametrize(
    ("status", "kind", "expected"),
    [
        (404, "index_not_found_exception", Unavailable),
        (400, "too_many_clauses", Invalid),
        (403, "cluster_block_exception", ConfigError),
        (503, "cluster_block_exception", Unavailable),
    ],
)
def test_search_is_refused(tmp_path: Path, node: Node, status: int, kind: str, expected: type[Exception]) -> None:
    answering(node, f"vigie-test-v{MAPPING_VERSION}-{'0' * 20}")
    node.answers["/vigie-test/_search"] = failure(status, kind)
    refused(tmp_path, node.url, expected)


def test_entries_that_the_node_refuses(tmp_path: Path, node: Node, make_entry: Callable[..., Entry]) -> None:
    name = f"vigie-test-v{MAPPING_VERSION}-{'0' * 20}"
    answering(node, name)
    items = [
        {"index": {"_id": "a", "status": 201}},
        {"index": {"_id": "b", "status": 400, "error": {"type": "document_parsing_exception", "reason": "why"}}},
    ]
    node.answers["/_bulk"] = (200, {"errors": True, "items": items}, PRODUCT)
    index = open_index(settings(tmp_path, node.url))
    result = index.write([make_entry(1), make_entry(2)])
    assert (result.indexed, result.failed) == (1, (("b", "document_parsing_exception: why"),))
    items[1]["index"] = {"_id": "b", "status": 403, "error": {"type": "cluster_block_exception"}}
    with pytest.raises(ConfigError, match="disk is nearly full"):
        index.write([make_entry(1), make_entry(2)])


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("certificate")
    files = folder / "cert.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=vigie"]
    options = ["-addext", "subjectAltName=IP:127.0.0.1", "-out", str(files[0]), "-keyout", str(files[1])]
    try:
        subprocess.run(command + options, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("openssl is not installed")
    return files


def test_certificates(tmp_path: Path, certificate: tuple[Path, Path]) -> None:
    node = Node(certificate)
    node.answers = {"/": failure(401, "security_exception")}
    assert "VIGIE_ELASTICSEARCH_CA" in refused(tmp_path, node.url, ConfigError)
    trusted = refused(tmp_path, node.url, ConfigError, elasticsearch_ca=certificate[0])
    assert "VIGIE_ELASTICSEARCH_PASSWORD" in trusted  # past the certificate, to the password
    node.server.shutdown()
    node.server.server_close()


def test_certificate_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="VIGIE_ELASTICSEARCH_CA names .*absent"):
        open_index(settings(tmp_path, "https://127.0.0.1:9200", elasticsearch_ca=tmp_path / "absent.pem"))


def test_secret_in_the_address(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="own variables") as error:
        open_index(settings(tmp_path, f"http://elastic:{SECRET}@127.0.0.1:9200"))
    assert SECRET not in str(error.value)


def test_index_replaced_during_a_rebuild(filled: Index, backend: Any, make_entry: Callable[..., Entry]) -> None:
    """Another machine removed it and the node guessed a mapping for what came after: it must not answer."""

    def entries() -> Iterator[Entry]:
        name = next(name for name in backend.generations() if name != before)
        backend.client.indices.delete(index=name)
        yield make_entry(1)

    before = filled.health().generation
    with pytest.raises(Unavailable, match="only one vigie reindex"):
        filled.rebuild(entries())
    assert backend.generations() == [before]
    assert filled.search(Query()).total == 23


@pytest.fixture
def backend(elastic_backend: Any) -> Any:
    return elastic_backend


IMPORTS = "import sys, index.open, index.queries, index.fields, index.sqlite; print('elasticsearch' in sys.modules)"


def test_the_client_is_imported_by_its_adapter_alone() -> None:
    ran = subprocess.run([sys.executable, "-c", IMPORTS], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"
