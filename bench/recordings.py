"""How the parsers fare on recorded pages: documents, named reasons and crashes per kind; gold segments found in articles.

``python bench/recordings.py [FOLDER]``; the recordings are not part of the project.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path

from core.errors import SourceError
from core.settings import ROOT
from crawlers.drafts import Draft
from crawlers.extract import article, decode
from crawlers.funding import campaign
from crawlers.spiders.feed import parse_feed
from crawlers.spiders.mastodon_tag import parse_statuses

URL = "https://recording.example/page"


def parse(kind: str, path: Path) -> tuple[int, Counter[str], str]:
    """Documents, reasons and text of one recording."""
    body = path.read_bytes()
    if kind == "rss_atom":
        entries = parse_feed(body, url=URL)
        return sum(bool(entry.url) for entry in entries), Counter("no_link" for entry in entries if not entry.url), ""
    if kind == "mastodon" or path.name.startswith("mastodon"):
        found = parse_statuses(body, url=URL)
        return sum(isinstance(one, Draft) for one in found), Counter(one for one in found if isinstance(one, str)), ""
    if kind == "crowdfunding":
        return 1, Counter(), campaign(body, url=URL, content_type=None, headers={}).text
    return 1, Counter(), article(decode(body), url=URL, headers={}).text


def letters(text: str) -> str:
    """Letters and digits alone, for comparing across white space and typography."""
    return re.sub(r"[\W_]+", "", text.lower())


def gold(path: Path, text: str) -> tuple[int, int, int, int]:
    """Wanted segments found and all, unwanted found and all."""
    expected = path.with_name(path.name.removesuffix(path.suffix if path.suffix in (".html", ".json", ".xml") else "") + ".gold.json")
    data = json.loads(expected.read_text()) if expected.exists() else {}
    wanted = data.get("with") or []
    unwanted = data.get("without") or []
    have = letters(text)
    return sum(letters(one) in have for one in wanted), len(wanted), sum(letters(one) in have for one in unwanted), len(unwanted)


def main(folder: Path) -> None:
    """Print one line a kind."""
    for kind in ("rss_atom", "mastodon", "crowdfunding", "article_fr", "ugly"):
        tally: Counter[str] = Counter()
        reasons: Counter[str] = Counter()
        segments = defaultdict(int)
        for path in sorted((folder / kind).iterdir()):
            if path.name.endswith(".gold.json"):
                continue
            tally["files"] += 1
            try:
                documents, why, text = parse(kind, path)
                tally["with documents" if documents else "with a reason"] += 1
                tally["documents"] += documents
                reasons += why
                for name, count in zip(("wanted found", "wanted", "unwanted found", "unwanted"), gold(path, text), strict=True):
                    segments[name] += count
            except SourceError as error:
                tally["with a reason"] += 1
                reasons[error.reason] += 1
            except Exception as error:
                tally["CRASHES"] += 1
                print(f"  crash: {path.name}: {type(error).__name__}: {error}")
        print(f"{kind:<13} {dict(tally)} reasons {dict(reasons)} {dict(segments) if segments.get('wanted') else ''}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared" / "recordings")
