"""Places on the web that nobody may read without being let in: their addresses are known, so nobody has to wait for a page that cannot be read."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import unquote, urlsplit


class _Closed(NamedTuple):
    """Hosts, each with all names under it, and how the paths of what is closed there begin; ("/",): all of it."""

    hosts: tuple[str, ...]
    paths: tuple[str, ...] = ("/",)


CLOSED = (
    _Closed(("facebook.com", "fb.com"), ("/groups/", "/messages/")),
    _Closed(("messenger.com", "m.me")),
    _Closed(("t.me", "telegram.me", "telegram.dog"), ("/+", "/joinchat/", "/c/")),
    _Closed(("web.telegram.org", "chat.whatsapp.com", "web.whatsapp.com", "wa.me", "signal.group", "discord.gg")),
    _Closed(("discord.com", "discordapp.com"), ("/invite/", "/channels/")),
)


def is_closed(url: str) -> bool:
    """Whether a canonical address names a closed group, a conversation or an invitation to one."""
    parts = urlsplit(url)
    host, path = parts.hostname or "", f"{unquote(parts.path).lower().rstrip('/')}/"
    return any(_under(host, one.hosts) and path.startswith(one.paths) for one in CLOSED)


def _under(host: str, hosts: tuple[str, ...]) -> bool:
    return any(host == one or host.endswith(f".{one}") for one in hosts)
