"""Notices that stand in place of a page, in a few words: a domain for sale, a site that is closed, a consent, a page that is gone. Pure."""

from __future__ import annotations

import re
from functools import cache
from html import unescape
from pathlib import Path

import yaml

MOST = 700  # characters: what says more is content, whatever words it holds
NEXT_TO_NONE = 300
HEAD = 20_000
# each loop is possessive: a hostile page is read once
UNSEEN = re.compile(r"<(script|style|noscript|template|title)\b[^<]*+(?:<(?!/\1)[^<]*+)*+(?:</\1[^<>]*+>?)?", re.IGNORECASE)
TAG = re.compile(r"<[^<>]*+>?")
# scripts of bot walls that a page with a form may carry too: marks only where there are next to no words
SCRIPTS = re.compile(
    r"challenges\.cloudflare\.com|cf-turnstile|bm-verify|sec-if-cpt|\bKPSDK\b|_pxAppId|\.awswaf\.com|g-recaptcha|h-captcha", re.IGNORECASE
)
COOKIES = re.compile(r"\bcookies?\b", re.IGNORECASE)


@cache
def _placards() -> dict[str, re.Pattern[str]]:
    table: dict[str, list[str]] = yaml.safe_load(Path(__file__).with_name("placards.yml").read_text(encoding="utf-8"))
    return {reason: re.compile("|".join(patterns), re.IGNORECASE) for reason, patterns in table.items()}


def placard(html: str, *, visible: str) -> str | None:
    """The name of the notice that a page consists of, or None. ``visible``: its words where they are known, else all that the page shows."""
    said = " ".join(visible.split()) if visible else seen(html[:HEAD])
    if len(said) > MOST:
        return None
    if max(len(said), len(visible)) < NEXT_TO_NONE and SCRIPTS.search(html[:HEAD]):
        return "bot_wall"
    found = (reason for reason, mark in _placards().items() if mark.search(said))
    return next((reason for reason in found if reason != "cookie_wall" or COOKIES.search(said)), None)


def seen(html: str) -> str:
    """The words that a page shows, roughly, on one line."""
    return " ".join(unescape(TAG.sub(" ", UNSEEN.sub(" ", html))).split())
