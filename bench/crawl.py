"""Pages a second of Vigie's crawl, with extraction and evidence, against a bare Scrapy spider that stores the raw body of the same pages.

Both read the same local server in one run, each in a process of its own, without delay and with the same concurrency. The pages are articles
written for this measurement (menu, article of some 600 words, aside, comments, footer: about 30 kB), each different.
``python bench/crawl.py [--pages N] [--growth N ...] [--kind site|mastodon_tag]``; ``--growth`` measures time and peak memory for several sizes.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import textwrap
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import Process, Queue
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import yaml

from core.settings import ROOT, Settings
from flows.crawling import child_environment

CONCURRENCY = 8
POSTS = 40  # in one answer of the mastodon_tag kind
SENTENCES = [
    "Le conseil municipal a ouvert la séance par un point sur les jardins partagés du quartier.",
    "Les habitants demandent depuis deux ans que l'éclairage de la rue soit rétabli avant l'hiver.",
    "« Nous avons planté quarante pommiers, et les enfants de l'école viennent les arroser », raconte une bénévole.",
    "Le budget prévoit dix mille euros pour la réfection du lavoir, dont la charpente menace de céder.",
    "La bibliothèque prêtera désormais des graines, à rendre après la récolte.",
    "Un atelier de réparation de vélos se tiendra chaque samedi sous la halle.",
    "Plusieurs riverains s'inquiètent du bruit des livraisons, que la mairie promet de mieux encadrer.",
]


def article(number: int) -> bytes:
    """One page; the number makes it different from all others."""
    rng = random.Random(number)
    menu = "".join(f"<li class='menu-item'><a href='/rubrique/{rank}'>Rubrique {rank}</a></li>" for rank in range(40))
    body = "".join(f"<p>{' '.join(rng.choice(SENTENCES) for _ in range(5))} ({number}-{rank})</p>" for rank in range(9))
    card = "<div class='card'><h3><a href='/a/{0}'>À lire aussi {1}</a></h3><span>il y a {1} jours</span></div>"
    aside = "".join(card.format(rng.randrange(10**6), rank) for rank in range(40))
    comments = "".join(f"<li class='comment'><b>Lecteur {rank}</b><p>{rng.choice(SENTENCES)}</p></li>" for rank in range(20))
    script = f"<script>window.config = {json.dumps({str(rank): 'x' * 60 for rank in range(80)})};</script>"
    return (
        f"<!doctype html><html lang=fr><head><meta charset=utf-8><title>Article {number}</title><meta property=og:title content='Article {number}'>"
        f"<meta property='article:published_time' content='2026-10-0{number % 9 + 1}T10:00:00+02:00'>{script}</head>"
        f"<body><header><nav><ul>{menu}</ul></nav></header>"
        f"<main><article><h1>Article {number}</h1>{body}</article><section class=comments><ul>{comments}</ul></section></main>"
        f"<aside>{aside}</aside><footer>Mentions légales</footer></body></html>"
    ).encode()


def statuses(first: int) -> bytes:
    """One page of a hashtag."""
    account = {"acct": "jardin", "url": "http://127.0.0.1/@jardin", "followers_count": 3, "note": ""}
    return json.dumps(
        [
            {
                "id": str(10**9 - first - rank),
                "url": f"http://127.0.0.1/@jardin/{first + rank}",
                "content": f"<p>{SENTENCES[rank % 7]} {first + rank}</p>",
                "created_at": "2026-10-01T10:00:00Z",
                "visibility": "public",
                "language": "fr",
                "account": account,
                "media_attachments": [],
            }
            for rank in range(POSTS)
        ]
    ).encode()


class Site(BaseHTTPRequestHandler):
    """Answers /sitemap.xml, /a/N and a hashtag's timeline."""

    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 20  # head and body in one packet: apart, they would wait for each other (Nagle)
    pages = 0

    def log_message(self, *arguments: object) -> None:
        """Says nothing."""

    def do_GET(self) -> None:
        """Answers with a body."""
        parts, headers = urlsplit(self.path), {}
        kind, status, body = "text/html; charset=utf-8", 200, b""
        if parts.path.startswith("/a/"):
            body = article(int(parts.path[3:]))
        elif parts.path == "/sitemap.xml":
            kind, urls = "application/xml", "".join(f"<url><loc>http://{self.headers['Host']}/a/{number}</loc></url>" for number in range(self.pages))
            body = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'.encode()
        elif parts.path.startswith("/api/v1/timelines/tag/"):
            first = int(parse_qs(parts.query).get("max_id", ["0"])[0])
            kind, body = "application/json", statuses(first)
            if first + POSTS < self.pages * POSTS:
                headers["Link"] = f'<http://{self.headers["Host"]}{parts.path}?max_id={first + POSTS}>; rel="next"'
        else:
            status = 404
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def serve(pages: int, ports: Queue[int]) -> None:
    """The body of the server's process."""
    Site.pages = pages
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.daemon_threads = True
    ports.put(server.server_port)
    server.serve_forever()


BARE = textwrap.dedent("""
    import sys, scrapy
    from scrapy.crawler import CrawlerProcess
    base, pages, kind, target = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
    out = open(target, "ab")
    class Spider(scrapy.Spider):
        name = "bare"
        async def start(self):
            if kind == "site":
                for number in range(pages):
                    yield scrapy.Request(f"{base}/a/{number}")
            else:
                yield scrapy.Request(f"{base}/api/v1/timelines/tag/essai?limit=40")
        def parse(self, response):
            out.write(response.body)
            link = response.headers.get("Link", b"").decode()
            if link:
                yield scrapy.Request(link[1:link.index(">")])
    process = CrawlerProcess({"LOG_ENABLED": False, "ROBOTSTXT_OBEY": True, "CONCURRENT_REQUESTS_PER_DOMAIN": %d, "DOWNLOAD_DELAY": 0})
    process.crawl(Spider)
    process.start()
""")

# of this process, and of the largest of those that it started (the pages that both share are counted twice)
PEAK = textwrap.dedent("""
    import json, os, resource, sys
    own, others = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    used = {"peak": own.ru_maxrss // 1024, "beside": others.ru_maxrss // 1024, "handles": len(os.listdir("/proc/self/fd")),
            "processor": own.ru_utime + own.ru_stime, "processor_beside": others.ru_utime + others.ru_stime}
    print(json.dumps(used), file=sys.stderr)
""")


class Used(NamedTuple):
    """What a crawl took: seconds by the clock; megabytes, file handles at its end, and seconds of the processor of its own and of the others."""

    seconds: float
    peak: int
    beside: int
    handles: int
    processor: float
    processor_beside: float


def timed(command: list[str], **options: Any) -> tuple[Used, str]:
    """What a child process took, and its standard output."""
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, **options)
    return Used(time.perf_counter() - start, **json.loads(done.stderr.strip().splitlines()[-1])), done.stdout


def bare(base: str, pages: int, kind: str, folder: Path) -> Used:
    """The peer."""
    used, _ = timed([sys.executable, "-c", BARE % CONCURRENCY + PEAK, base, str(pages), kind, str(folder / "bodies")])
    return used


def vigie(base: str, pages: int, kind: str, folder: Path) -> tuple[Used, dict[str, Any]]:
    """Vigie's crawl of the same pages."""
    settings = Settings(data_dir=folder / "data", sources_dir=folder / "sources")
    settings.sources_dir.mkdir()
    keys = {"sitemap": f"{base}/sitemap.xml", "max_items": pages} if kind == "site" else {"tag": "essai", "max_pages": pages}
    limits = {"delay": 0, "concurrency": CONCURRENCY, "max_requests": 100_000, "max_bytes": 10**11}
    why = {"title": "Mesure", "purpose": "mesure de vitesse", "legal_basis": "mesure de vitesse"}
    source = {"kind": kind, "url": f"{base}/", **keys, **why, **limits}
    (settings.sources_dir / "mesure.yml").write_text(yaml.safe_dump(source), encoding="utf-8")
    code = "from crawlers.run import main; main(['mesure'])\n" + PEAK
    used, output = timed([sys.executable, "-c", code], env=child_environment(settings))
    return used, json.loads(output.strip().splitlines()[-1])["report"]


def measure(pages: int, kind: str, *, peer: bool) -> None:
    """One size."""
    ports: Queue[int] = Queue()
    server = Process(target=serve, args=(pages, ports), daemon=True)
    server.start()
    base = f"http://127.0.0.1:{ports.get()}"
    try:
        with tempfile.TemporaryDirectory() as folder:
            used, report = vigie(base, pages, kind, Path(folder))
            sizes = [path.stat().st_size for path in Path(folder).rglob("*.warc.gz")]
            told = f"{kind} {pages} pages: vigie {pages / used.seconds:.1f} pages/s, {report['kept']} documents, peak {used.peak} MB"
            told += f" and {used.beside} MB, {used.handles} file handles, evidence {sum(sizes) / pages / 1000:.1f} kB a page in {len(sizes)} files"
            told += f", processor {used.processor:.2f} s and {used.processor_beside:.2f} s"
            if peer:
                other = bare(base, pages, kind, Path(folder))
                told += f"; bare Scrapy {pages / other.seconds:.1f} pages/s, peak {other.peak} MB, processor {other.processor:.2f} s"
                told += f"; ratio {other.seconds / used.seconds:.2f} by the clock, {other.processor / used.processor:.2f} by the fetching process"
            print(told + f"; load {os.getloadavg()[0]:.1f}", flush=True)
    finally:
        server.terminate()


def main() -> None:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=500)
    parser.add_argument("--growth", type=int, nargs="*", default=[])
    parser.add_argument("--kind", choices=("site", "mastodon_tag"), default="site")
    options = parser.parse_args()
    measure(options.pages, options.kind, peer=True)
    for pages in options.growth:
        measure(pages, options.kind, peer=False)


if __name__ == "__main__":
    main()
