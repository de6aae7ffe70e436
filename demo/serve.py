"""Serves the demonstration web on 127.0.0.1, one port a site: ``python -m demo.serve``."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

from core.errors import ConfigError
from demo.blogs import BlogSite
from demo.campaigns import FundingSite
from demo.exchange import Answer, Request, Response
from demo.mastodon import MastodonSite
from demo.reading import load_blogs, load_funding, load_instance
from demo.sources import write_sources as write_source_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

HOST = "127.0.0.1"
# fixed, because a document's id is a hash of its address: the same demonstration run twice gives the same ids
BASE_PORT = 8765
IDLE = 5  # seconds after which a silent connection is closed, so that stopping never waits for a client


class SiteServer(ThreadingHTTPServer):
    """One site on one port; ``answer`` is set once all ports are known, since sites link to each other."""

    daemon_threads = False  # tracked, hence joined when the server closes
    request_queue_size = 64

    def __init__(self, port: int, record: Callable[[int, str], None]) -> None:
        self.answer: Answer | None = None
        self.record = record
        super().__init__((HOST, port), Handler)

    def server_bind(self) -> None:
        """Binds without the name look-up that http.server does, which can take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, self.server_address[1]


class Handler(BaseHTTPRequestHandler):
    """Passes a request to the site and writes its response."""

    server: SiteServer
    server_version, sys_version, timeout = "Demo", "", IDLE

    def do_GET(self) -> None:
        """Answers with a body."""
        parts = urlsplit(self.path)
        self.server.record(self.server.server_port, parts.path)
        answer = self.server.answer
        if answer is not None:
            self._send(answer(Request(unquote(parts.path), dict(parse_qsl(parts.query)))))

    do_HEAD = do_GET

    def _send(self, response: Response) -> None:
        self.send_response(response.status)
        headers = {"Content-Type": response.content_type, "Content-Length": str(len(response.body)), **response.headers}
        for name, value in headers.items():
            self.send_header(name, value)
        with suppress(ConnectionError):  # the client may have left
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(response.body)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing: the crawl's own log is what people read."""


@dataclass(frozen=True)
class DemoWeb:
    """The running sites: ``urls`` by site name, ``visits`` counts requests by (site, path)."""

    urls: Mapping[str, str]
    titles: Mapping[str, str]
    visits: Counter[tuple[str, str]] = field(default_factory=Counter)


def site_titles() -> dict[str, str]:
    """All sites by name, in the order of their ports."""
    instance, funding = load_instance(), load_funding()
    return {blog.name: blog.title for blog in load_blogs()} | {instance.name: instance.title, funding.name: funding.title}


def answers(urls: Mapping[str, str]) -> dict[str, Answer]:
    """The function that answers for each site, fresh: transient errors and rate limits start anew."""
    instance, funding = load_instance(), load_funding()
    found: dict[str, Answer] = {blog.name: BlogSite(blog, urls[blog.name]).answer for blog in load_blogs()}
    found[instance.name] = MastodonSite(instance, urls).answer
    found[funding.name] = FundingSite(funding, urls[funding.name]).answer
    return found


@contextmanager
def demo_web(port: int = BASE_PORT) -> Iterator[DemoWeb]:
    """Serves all sites on consecutive ports from ``port``, or on free ones for 0, until the block ends. Raises ConfigError."""
    titles, lock, visits = site_titles(), Lock(), Counter[tuple[str, str]]()
    names: dict[int, str] = {}

    def record(at: int, path: str) -> None:
        with lock:
            visits[(names[at], path)] += 1

    with ExitStack() as stack:
        servers = {name: stack.enter_context(_bound(port and port + rank, record)) for rank, name in enumerate(titles)}
        names.update({server.server_port: name for name, server in servers.items()})
        urls = {name: f"http://{HOST}:{server.server_port}" for name, server in servers.items()}
        for name, answer in answers(urls).items():
            servers[name].answer = answer
            stack.enter_context(_running(servers[name]))
        yield DemoWeb(urls, titles, visits)


def _bound(port: int, record: Callable[[int, str], None]) -> SiteServer:
    try:
        return SiteServer(port, record)
    except (OSError, OverflowError) as error:
        count = len(site_titles())
        raise ConfigError(f"le port {port} n'est pas libre ({error}) ; choisissez-en {count} à la suite avec --port N") from error


@contextmanager
def _running(server: SiteServer) -> Iterator[None]:
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name=f"demo-{server.server_port}")
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


def write_sources(web: DemoWeb, folder: Path) -> tuple[str, ...]:
    """Writes the source files of a running demonstration into ``folder`` and returns their names."""
    return write_source_files(web.urls, folder)


def main(arguments: list[str] | None = None) -> int:
    """Serves until Ctrl-C; 2 when a port is taken."""
    parser = argparse.ArgumentParser(prog="python -m demo.serve", description="Sert les sites de démonstration sur cette machine.")
    parser.add_argument("--port", type=int, default=BASE_PORT, help="premier port, un par site (0 : des ports libres)")
    parser.add_argument("--sources", type=Path, help="dossier où écrire les fichiers de sources")
    options = parser.parse_args(arguments)
    try:
        with demo_web(options.port) as web:
            _tell(web, options.sources)
            Event().wait()
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nArrêt des sites de démonstration.")
    return 0


def _tell(web: DemoWeb, folder: Path | None) -> None:
    print("Sites de démonstration (Ctrl-C pour arrêter) :")
    for name, url in web.urls.items():
        print(f"  {url}  {web.titles[name]}")
    if folder is not None:
        print(f"Sources écrites dans {folder} : {', '.join(write_sources(web, folder))}")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
