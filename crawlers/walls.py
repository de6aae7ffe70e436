"""What stands in place of the content, and what a site does not want done with it. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# A wall is a page served in place of the content. Each mark is read on the first 20,000 characters of a page with little text.
WALLS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("bot_wall", re.compile(r"just a moment\.\.\.|cf[-_]chl|making sure you(&#39;|')re not a bot|anubis_challenge|are you a robot"
                            r"|pas un robot|verify you are human|captcha-delivery|/_incapsula_resource", re.IGNORECASE)),
    ("cookie_wall", re.compile(r"consent\.(google|youtube)\.|before you continue to (google|youtube)"
                               r"|avant d.acc[ée]der [àa] (google|youtube)", re.IGNORECASE)),
    ("login_required", re.compile(r"<title>[^<]{0,40}(log ?in|sign ?in|connexion|identifiez-vous)", re.IGNORECASE)),
)  # fmt: skip
SHELL = re.compile(r"\{\{[^}]{1,80}\}\}|ng-app|enable javascript|activer javascript|<div id=\"(root|app|__next)\""
                   r"|__NEXT_DATA__|ytInitialData|shreddit", re.IGNORECASE)  # fmt: skip
META = re.compile(r"<meta\b[^>]{0,500}>", re.IGNORECASE)
RESERVED = re.compile(r"content\s*=\s*[\"']?1\b", re.IGNORECASE)
NO_AI = re.compile(r"\bno(?:image)?ai\b", re.IGNORECASE)
WALL_TEXT = 1500  # a page with more visible text than this is content, whatever words it holds


def wall(html: str, *, headers: Mapping[str, str], visible: str) -> str | None:
    """The name of what stands in place of the content, or None. ``headers`` have lower-case names."""
    if headers.get("cf-mitigated") == "challenge":
        return "bot_wall"
    if len(visible) > WALL_TEXT:
        return None
    head = html[:20_000]
    for reason, mark in WALLS:
        if mark.search(head):
            return reason
    if len(visible) < 200 and SHELL.search(html[:200_000]):
        return "script_shell"
    return None


def reserved(html: str, *, headers: Mapping[str, str]) -> bool:
    """Whether a page opposes being read by programs: a TDM reservation in header or meta, or ``noai`` for robots."""
    if headers.get("tdm-reservation", "").strip() == "1" or NO_AI.search(headers.get("x-robots-tag", "")):
        return True
    tags = META.findall(html[:100_000])
    return any(RESERVED.search(tag) if "tdm-reservation" in tag.lower() else "robots" in tag.lower() and NO_AI.search(tag) for tag in tags)
