"""What stands in place of the content, and what a site does not want done with it. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crawlers.reading.placards import placard

if TYPE_CHECKING:
    from collections.abc import Mapping

# A wall is a page served in place of the content. Each mark is read on the first 20,000 characters of a page with little text: on what no
# article carries (a title, the address of a form) where there is some text, on words and scripts that an article's page may carry too
# (a comment form asks "êtes-vous un robot ?") only where there is next to none.
WALLS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("bot_wall", re.compile(r"<title[^>]*>\s*(?:just a moment|un instant|attention required|access denied|acc[èe]s refus[ée]|are you a robot"
                            r"|robot check|captcha|making sure you(?:&#39;|')re not a bot|please wait|ddos-guard|checking your browser"
                            r"|verify(?:ing)? you|v[ée]rification de s[ée]curit[ée]|[êe]tes-vous un (?:robot|humain)|security check"
                            r"|human verification|pardon our interruption)|just a moment\.\.\.|anubis_challenge", re.IGNORECASE)),
    ("cookie_wall", re.compile(r"consent\.(google|youtube|yahoo)\.|before you continue to (google|youtube)"
                               r"|avant d.acc[ée]der [àa] (google|youtube)", re.IGNORECASE)),
    ("login_required", re.compile(r"<title[^>]*>\s*(?:log ?in|sign ?in|connexion|connectez-vous|se connecter|identification|identifiez-vous)"
                                  r"\s*(?:[|<:·•–—-])|<title[^>]*>[^<]{0,80}[|:·•–—-]\s*(?:log ?in|sign ?in|connexion|identification)\s*<",
                                  re.IGNORECASE)),
)  # fmt: skip
FAINT = re.compile(r"cf[-_]chl|pas un robot|are you a robot|not a robot|verify you are human|que vous [êe]tes humain|captcha-delivery"
                   r"|px-captcha|/_incapsula_resource|awswafcookie|ddos-guard", re.IGNORECASE)  # fmt: skip
SHELL = re.compile(r"\{\{[^}]{1,80}\}\}|ng-app|enable javascript|activer javascript|<div id=[\"']?(?:root|app|__next|__nuxt)[\"' >]|<app-root"
                   r"|__NEXT_DATA__|ytInitialData|shreddit", re.IGNORECASE)  # fmt: skip
PLACEHOLDER = re.compile(r"\{\{[^}]{1,500}\}\}")  # where a script would put the text
META = re.compile(r"<meta\b[^>]{0,500}>", re.IGNORECASE)
RESERVED = re.compile(r"content\s*=\s*[\"']?1\b", re.IGNORECASE)
NO_AI = re.compile(r"\bno(?:image)?ai\b", re.IGNORECASE)
FAINT_TEXT = 300
HEAD = 1_000_000  # characters in which a page's head ends
WALL_TEXT = 1500  # a page with more visible text than this is content, whatever words it holds


def wall(html: str, *, headers: Mapping[str, str], visible: str) -> str | None:
    """The name of what stands in place of the content, or None. ``headers`` have lower-case names."""
    if any(headers.get(name, "").lower() in ("challenge", "captcha") for name in ("cf-mitigated", "x-vercel-mitigated", "x-amzn-waf-action")):
        return "bot_wall"
    visible = PLACEHOLDER.sub("", visible[: 3 * WALL_TEXT]) if "{{" in visible[:WALL_TEXT] else visible
    if len(visible) > WALL_TEXT:
        return None
    head = html[:20_000]
    for reason, mark in WALLS:
        if mark.search(head):
            return reason
    if len(visible) < FAINT_TEXT and FAINT.search(head):
        return "bot_wall"
    if len(visible) < 200 and SHELL.search(html[:200_000]):
        return "script_shell"
    return placard(html, visible=visible)


def reserved(html: str, *, headers: Mapping[str, str]) -> bool:
    """Whether a page opposes being read by programs: a TDM reservation in header or meta, or ``noai`` for robots."""
    if any(one.strip(' "') == "1" for one in headers.get("tdm-reservation", "").split(",")) or NO_AI.search(headers.get("x-robots-tag", "")):
        return True
    end = html.find("<body", 0, HEAD)  # a head may hold long styles before it
    tags = META.findall(html[: end if end > 0 else HEAD])
    return any(RESERVED.search(tag) if "tdm-reservation" in tag.lower() else "robots" in tag.lower() and NO_AI.search(tag) for tag in tags)
