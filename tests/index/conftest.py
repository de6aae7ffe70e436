"""What the tests of the index share: scored documents made on the spot, and each test's own empty index on both adapters.

Elasticsearch is played by noida-db, started once on a free port, or by the node of VIGIE_TEST_ELASTICSEARCH_URL. Every test has its own
alias; what it made is removed after it.
"""

from __future__ import annotations

import base64
import hashlib
import os
import socket
import stat
import subprocess
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from core.records import MARKERS, Assessment, Channel, Decision, Document, Evidence, Flag, Funding, ScoredDocument, WarcRef
from core.settings import Settings
from core.urls import document_id
from index.documents import Entry
from index.fields import MAPPING_VERSION
from index.open import open_index
from index.protocol import Index
from tests.index.making import START, entry_of

FLAGS = (("T5", "telegram"), ("T2", "497 EUR"), ("T2", "4997 EUR"))
SEVERAL = 23  # documents of the filled index: not a multiple of any page size used


@pytest.fixture(scope="session")
def elastic_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    given = os.environ.get("VIGIE_TEST_ELASTICSEARCH_URL")
    if given:
        yield given
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    binary = Path(str(files("noida_db") / "noida-db"))
    if not os.access(binary, os.X_OK):
        binary.chmod(binary.stat().st_mode | stat.S_IXUSR)
    folder = tmp_path_factory.mktemp("node")
    command = [str(binary), "start", "--only", "elasticsearch", "--elasticsearch-port", str(port), "--data-dir", str(folder)]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as node:
        url = f"http://127.0.0.1:{port}"
        _wait_for(url, node)
        yield url
        node.terminate()


def _wait_for(url: str, node: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 15
    while time.monotonic() < until and node.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"the test node did not answer at {url} (exit code {node.poll()})")


@dataclass
class Backend:
    """One adapter on its own alias, seen from outside too."""

    kind: str
    settings: Settings
    client: Elasticsearch | None = None

    def open(self) -> Index:
        return open_index(self.settings)

    def generations(self) -> list[str]:
        """What exists, answering or not."""
        name = self.settings.index_name
        if self.client:
            return sorted(self.client.indices.get_alias(index=f"{name}-v*"))
        return sorted(path.stem for path in self.settings.index_dir.glob(f"{name}-v*.sqlite"))

    def documents(self, generation: str) -> int:
        """How many a generation of the node holds, answering or not."""
        if not self.client:
            return 0
        self.client.indices.refresh(index=generation)
        return int(self.client.count(index=generation)["count"])

    def clean(self) -> None:
        if not self.client:
            return
        name, gone = self.settings.index_name, self.client.options(ignore_status=404)
        for index in (*self.generations(), *self.client.indices.get_alias(index=f"{name}-runs*")):
            gone.indices.delete(index=index)
        for template in (f"{name}-v{MAPPING_VERSION}", f"{name}-runs"):
            gone.indices.delete_index_template(name=template)
            for component in (f"{template}-settings", f"{template}-mappings"):
                gone.cluster.delete_component_template(name=component)


def _settings(folder: Path, url: str | None = None) -> Settings:
    return Settings(data_dir=folder, elasticsearch_url=url, index_name=f"vigie-test-{uuid.uuid4().hex[:12]}")


@pytest.fixture
def sqlite_backend(tmp_path: Path) -> Backend:
    return Backend("sqlite", _settings(tmp_path))


@pytest.fixture
def elastic_backend(tmp_path: Path, elastic_url: str) -> Iterator[Backend]:
    with Elasticsearch(elastic_url) as client:
        backend = Backend("elastic", _settings(tmp_path, elastic_url), client)
        yield backend
        backend.clean()


@pytest.fixture(params=["sqlite", "elastic"])
def backend(request: pytest.FixtureRequest) -> Backend:
    found: Backend = request.getfixturevalue(f"{request.param}_backend")
    return found


@pytest.fixture
def index(backend: Backend) -> Iterator[Index]:
    opened = backend.open()
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def make_scored() -> Callable[..., ScoredDocument]:
    """Build one scored document: ``make_scored(3, text="...", p=0.9)``; ``p`` above 0.8 is an alert, above 0.5 to be read."""
    return _scored


def _scored(
    number: int, *, text: str = "Un texte ordinaire.", p: float = 0.1, batch: str = "lot-1", embedding: str | None = None, **fields: Any
) -> ScoredDocument:
    url = f"https://exemple.fr/page/{number}"
    decision: Decision = "alerte" if p > 0.8 else "a_lire" if p > 0.5 else "rien"
    document = {
        "id": document_id(url),
        "url": url,
        "source": "exemple",
        "kind": "article",
        "platform": "exemple.fr",
        "text": text,
        "collected_at": START,
        "access_mode": "open",
        "content_sha256": hashlib.sha256(text.encode()).hexdigest(),
    }
    assessment = Assessment(
        document_id=document_id(url),
        model="modele",
        revision="0123456789ab-1",
        scores={marker: p if marker == "gourou" else p / 10 for marker in MARKERS},
        decision={marker: decision if marker == "gourou" else "rien" for marker in MARKERS},
        evidence=(Evidence(marker="gourou", start=0, end=2, text=text[:2], score=p, submarkers=("B2",)),) if len(text) > 1 else (),
        stance="assert",
        flags=tuple(Flag(id=name, start=0, end=2, text=text[:2], value=value) for name, value in FLAGS) if len(text) > 1 else (),
        embedding=embedding,
    )
    return ScoredDocument(document=Document.model_validate({**document, **fields}), assessment=assessment, batch=batch)


@pytest.fixture(scope="session")
def make_entry() -> Callable[..., Entry]:
    """Like ``make_scored``, as an entry."""
    return lambda number, **fields: entry_of(_scored(number, **fields))


@pytest.fixture(scope="session")
def full() -> ScoredDocument:
    """A document with a value in every field."""
    sha = "0" * 64
    moment = START.replace(microsecond=123456)
    return _scored(
        1,
        text="Le « maître » guérit tout 😀.",
        p=0.9,
        platform_id="4242",
        title="Stage d'été",
        language="fr",
        published_at=moment,
        edited_at=moment + timedelta(hours=1),
        author="p-" + "a" * 24,
        embedding=base64.b64encode(bytes(range(192)) * 2).decode(),
        links=("https://exemple.fr/a", "https://exemple.fr/b"),
        link_hosts=("exemple.fr",),
        content_type=("TEXT", "IMAGE"),
        thread_root="https://exemple.fr/fil",
        thread_parent="https://exemple.fr/fil/1",
        images=("une affiche",),
        deleted_at=moment + timedelta(hours=2),
        contacts=(Channel(kind="telegram", value="t.me/exemple"),),
        payments=(Channel(kind="tipeee", value="tipeee.com/exemple"),),
        views=3,
        likes=4,
        reposts=2,
        replies=1,
        followers=5,
        funding=Funding(raised=12.5, goal=100.0, currency="EUR", donors=3, organiser="p-" + "b" * 24, starts_at=moment, ends_at=moment),
        evidence=WarcRef(file="evidence/a.warc.gz", offset=10, length=20, record_id="<urn:uuid:1>", payload_sha256=sha),
    )


@pytest.fixture
def several(make_scored: Callable[..., ScoredDocument]) -> list[ScoredDocument]:
    """SEVERAL documents with ties and missing dates."""
    return [
        make_scored(
            number,
            text=f"Le gourou parle de la maison {number}." if number % 2 else "Recette de tarte aux pommes.",
            p=(number % 5) / 5 + 0.05,
            source=f"source-{number % 3}",
            published_at=None if number % 4 == 0 else START + timedelta(days=number % 6),
            language="fr" if number % 3 else None,
        )
        for number in range(SEVERAL)
    ]


@pytest.fixture
def filled(index: Index, several: list[ScoredDocument]) -> Index:
    """An index that holds ``several``."""
    result = index.write(entry_of(scored) for scored in several)
    assert (result.indexed, result.failed) == (SEVERAL, ())
    return index
