"""Mastodon's JSON, from the instance's accounts and statuses: pure functions."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from collections.abc import Mapping

    from demo.content import Account, Card, Instance, Status

TOKEN = re.compile(r"\{(?P<site>\w+)\}(?P<path>/\S+)|#(?P<tag>\w+)|@(?P<name>\w+)")
SHOWN_OF_LINK = 30  # characters of an address that Mastodon leaves visible


def tags_of(text: str) -> list[str]:
    """The hashtags of a text, in order."""
    return [match["tag"] for match in TOKEN.finditer(text) if match["tag"]]


def content_html(text: str, *, base: str, urls: Mapping[str, str]) -> str:
    """Paragraphs with breaks, links, hashtags and mentions, as Mastodon writes them."""
    paragraphs = (paragraph.strip() for paragraph in text.split("\n\n"))
    return "".join(f"<p>{'<br />'.join(_line(line, base, urls) for line in each.splitlines())}</p>" for each in paragraphs if each)


def _line(line: str, base: str, urls: Mapping[str, str]) -> str:
    parts, end = [], 0
    for match in TOKEN.finditer(line):
        parts += [str(escape(line[end : match.start()])), _token(match, base, urls)]
        end = match.end()
    return "".join([*parts, str(escape(line[end:]))])


def _token(match: re.Match[str], base: str, urls: Mapping[str, str]) -> str:
    if tag := match["tag"]:
        return Markup('<a href="{}/tags/{}" class="mention hashtag" rel="tag">#<span>{}</span></a>').format(base, tag.lower(), tag)
    if name := match["name"]:
        link = Markup('<a href="{}/@{}" class="u-url mention">@<span>{}</span></a>').format(base, name, name)
        return Markup('<span class="h-card" translate="no">{}</span>').format(link)
    address = (urls[match["site"]] + match["path"]).removeprefix("http://")
    return Markup(
        '<a href="http://{}" target="_blank" rel="nofollow noopener" translate="no"><span class="invisible">http://</span>'
        '<span class="ellipsis">{}</span><span class="invisible">{}</span></a>'
    ).format(address, address[:SHOWN_OF_LINK], address[SHOWN_OF_LINK:])


def iso(moment: datetime) -> str:
    """``2026-11-18T06:42:11.000Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def account_id(instance: Instance, username: str) -> str:
    """A server-local id, as a string."""
    return str(109_000_000_000_000_000 + 1 + [account.username for account in instance.accounts].index(username))


def account_json(instance: Instance, account: Account, *, base: str, urls: Mapping[str, str]) -> dict[str, Any]:
    """An account as every status carries it."""
    own = [status for status in instance.statuses if status.by == account.username]
    image = f"{base}/avatars/{account.username}.svg"
    return {
        "id": account_id(instance, account.username), "username": account.username, "acct": account.username, "display_name": account.name,
        "locked": False, "bot": False, "discoverable": not account.noindex, "indexable": not account.noindex, "group": False,
        "created_at": _day(account.created), "note": content_html(account.note, base=base, urls=urls), "url": f"{base}/@{account.username}",
        "uri": f"{base}/users/{account.username}", "avatar": image, "avatar_static": image, "header": image, "header_static": image,
        "followers_count": account.followers, "following_count": account.following, "statuses_count": len(own),
        "last_status_at": max((status.at for status in own), default=datetime(2026, 1, 1, tzinfo=UTC)).date().isoformat(),
        "hide_collections": False, "noindex": account.noindex, "emojis": [], "roles": [], "fields": [],
    }  # fmt: skip


def _day(day: date) -> str:
    return f"{day.isoformat()}T00:00:00.000Z"


def status_json(instance: Instance, status: Status, *, base: str, urls: Mapping[str, str]) -> dict[str, Any]:
    """A status as the API answers it; a boost is empty around the message that it repeats."""
    boosted = next((each for each in instance.statuses if each.at == status.boost_of), None)
    author = next(account for account in instance.accounts if account.username == status.by)
    uri = f"{base}/users/{status.by}/statuses/{status.id}"
    return {
        "id": status.id, "created_at": iso(status.at), "in_reply_to_id": _replied(instance, status), "in_reply_to_account_id":
        account_id(instance, status.reply_to) if status.reply_to else None, "sensitive": bool(status.spoiler), "spoiler_text": status.spoiler,
        "visibility": status.visibility, "language": "fr", "uri": f"{uri}/activity" if boosted else uri,
        "url": None if boosted else base + status.path, "replies_count": status.counts.replies, "reblogs_count": status.counts.reblogs,
        "favourites_count": status.counts.favourites, "quotes_count": 0, "edited_at": iso(status.edited) if status.edited else None,
        "content": content_html(status.text, base=base, urls=urls), "filtered": [],
        "reblog": status_json(instance, boosted, base=base, urls=urls) if boosted else None, "application": None,
        "account": account_json(instance, author, base=base, urls=urls), "media_attachments": _media(status, base),
        "mentions": _mentions(instance, status, base), "tags": [{"name": t.lower(), "url": f"{base}/tags/{t.lower()}"} for t in tags_of(status.text)],
        "emojis": [], "quote": None, "card": _card(status.card, urls) if status.card else None, "poll": None,
    }  # fmt: skip


def _replied(instance: Instance, status: Status) -> str | None:
    """The last message that its addressee wrote before."""
    if not status.reply_to:
        return None
    return next((each.id for each in instance.statuses if each.by == status.reply_to and each.at < status.at), None)


def _media(status: Status, base: str) -> list[dict[str, Any]]:
    if not status.media:
        return []
    image = f"{base}/media/{status.id}.svg"
    return [{"id": status.id, "type": "image", "url": image, "preview_url": image, "remote_url": None, "meta": {}, "description": status.media}]


def _mentions(instance: Instance, status: Status, base: str) -> list[dict[str, str]]:
    names = [match["name"] for match in TOKEN.finditer(status.text) if match["name"]]
    return [{"id": account_id(instance, name), "username": name, "url": f"{base}/@{name}", "acct": name} for name in names]


def _card(card: Card, urls: Mapping[str, str]) -> dict[str, Any]:
    return {
        "url": urls[card.site] + card.path, "title": card.title, "description": "", "language": "fr", "type": "link", "author_name": "",
        "provider_name": "", "provider_url": urls[card.site], "html": "", "width": 0, "height": 0, "image": None, "embed_url": "",
    }  # fmt: skip
