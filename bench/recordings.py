"""How the parsers fare on recorded pages: a document or one named reason for each, and what agrees with their gold files.

``python bench/recordings.py [FOLDER]`` prints one line a kind, then one line for each field that a gold file gives; ``--files`` names what
disagrees. The recordings are not part of the project.
"""

from __future__ import annotations

import argparse
import csv
import html
import json
import re
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import SourceError
from core.settings import ROOT
from crawlers.platforms import bluesky, crowdfunding, discourse, feed, helloasso, jetstream, mastodon, telegram, ulule
from crawlers.reading.drafts import Draft
from crawlers.reading.extract import article
from crawlers.reading.page import Found, Page
from crawlers.reading.times import parse_time
from crawlers.recognise import read_any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

READERS: dict[str, Callable[[Page], Found]] = {
    "article_fr": lambda page: Found(items=(article(page),)),
    "rss_atom": feed.parse_feed,
    "mastodon": mastodon.parse_statuses,
    "bluesky": bluesky.parse,
    "telegram": telegram.parse,
    "crowdfunding": crowdfunding.parse_campaign,
    "forum": read_any,
    "ugly": read_any,
}
BY_NAME: dict[str, Callable[[Page], Found]] = {
    "jetstream": jetstream.parse, "web_": bluesky.parse, "discourse_t": discourse.parse, "discourse_posts.json": discourse.parse,
    "perceval": discourse.parse,
    "ulule": ulule.parse_project, "helloasso": helloasso.read_saved,
}  # fmt: skip
FUNDING = {  # names of gold files, and ours
    "amount_raised": "raised", "current_amount": "raised", "goal": "goal", "goal_amount": "goal", "supporters": "donors", "donation_count": "donors",
}  # fmt: skip


def reader(kind: str, name: str) -> Callable[[Page], Found]:
    """Who reads a recorded file."""
    return next((found for start, found in BY_NAME.items() if name.startswith(start)), READERS[kind])


def letters(text: object) -> str:
    """Letters and digits alone, for comparing across white space and typography."""
    return re.sub(r"[\W_]+", "", html.unescape(str(text)).lower())


def agreement(gold: dict[str, Any], drafts: list[Draft], text: str) -> Iterator[tuple[str, bool]]:
    """Each field that a gold file gives, with whether it was read so."""
    first, have, metadata = drafts[0], letters(text), gold.get("metadata") or {}
    yield from (("segments wanted", letters(one) in have) for one in gold.get("with") or [])
    yield from (("segments unwanted", letters(one) in have) for one in gold.get("without") or [])
    if title := gold.get("title") or metadata.get("title"):
        yield "title", letters(title) in letters(first.title) or letters(first.title or "-") in letters(title)
    authors = gold.get("authors") or gold.get("author") or gold.get("creator") or metadata.get("byline")
    if authors:
        names = authors if isinstance(authors, list) else [authors]
        known = [letters(draft.account or draft.organiser or "") for draft in drafts]
        yield "author", any(letters(name) in one or (one and one in letters(name)) for name in names for one in known)
    when = gold.get("date") or gold.get("publishing_date") or gold.get("date_published") or gold.get("publish_date") or metadata.get("publishedTime")
    if when and (expected := parse_time(when)):
        yield "date", any(one.published_at is not None and abs((one.published_at - expected).total_seconds()) < 93_600 for one in drafts)
    for field, name in FUNDING.items():
        if isinstance(gold.get(field), int | float) and first.funding:
            yield f"funding.{name}", getattr(first.funding, name) == gold[field]
    yield from messages(gold.get("messages") or [], drafts)


def messages(expected: list[dict[str, Any]], drafts: list[Draft]) -> Iterator[tuple[str, bool]]:
    """Telegram's gold: each message's text, date and views."""
    found = {(draft.platform_id or "").rpartition("/")[2]: draft for draft in drafts}
    for message in expected:
        draft = found.get(str(message["msg_id"]))
        yield "message", draft is not None
        if draft:
            yield "message text", letters(message.get("text") or "") in letters(draft.text)
            yield "message date", draft.published_at == parse_time(message["date"])
            yield "message views", draft.views == message.get("views")


def gold_of(path: Path) -> dict[str, Any]:
    """The gold file beside a recording."""
    found = [path.with_name(path.stem + ".gold.json"), path.with_name(path.name + ".gold.json")]
    return next((json.loads(one.read_text()) for one in found if one.exists()), {})


def examine(folder: Path, kind: str, addresses: dict[str, str], *, tell: bool) -> None:
    """One kind."""
    tally, reasons, fields, slowest = Counter[str](), Counter[str](), defaultdict[str, list[bool]](list), 0.0
    for path in sorted(one for one in (folder / kind).iterdir() if not one.name.endswith(".gold.json")):
        tally["files"] += 1
        page = Page(url=addresses.get(f"{kind}/{path.name}") or "https://recording.example/page", body=path.read_bytes())
        start = time.perf_counter()
        try:
            items = reader(kind, path.name)(page).items
        except SourceError as error:
            tally["one reason"] += 1
            reasons[error.reason] += 1
            continue
        except Exception as error:
            tally["CRASHES"] += 1
            print(f"  crash: {path.name}: {type(error).__name__}: {error}")
            continue
        finally:
            slowest = max(slowest, time.perf_counter() - start)
        drafts = [item for item in items if isinstance(item, Draft)]
        tally["with documents" if drafts else "left out"] += 1
        tally["documents"] += len(drafts)
        text = "\n".join(f"{draft.title or ''}\n{draft.text}" for draft in drafts)
        for field, agrees in agreement(gold_of(path), drafts, text) if drafts else ():
            fields[field].append(agrees)
            if tell and agrees == (field == "segments unwanted"):
                print(f"  {field}: {path.name}")
    print(f"{kind}: {dict(tally)}; reasons {dict(reasons)}; slowest {slowest:.2f} s")
    for field, agrees in fields.items():
        print(f"    {field:<18} {sum(agrees):>4} of {len(agrees):>4}  {sum(agrees) / len(agrees):.1%}")


def main() -> None:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT.parent / "shared" / "recordings")
    parser.add_argument("--files", action="store_true", help="name the files that disagree")
    options = parser.parse_args()
    with (options.folder / "INDEX.tsv").open(encoding="utf-8") as lines:
        addresses = {row["file"]: row["original_url"] for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)}
    for kind in READERS:
        examine(options.folder, kind, addresses, tell=options.files)


if __name__ == "__main__":
    main()
