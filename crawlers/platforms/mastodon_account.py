"""What the instances that share Mastodon's REST API answer about themselves and their accounts. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urljoin

from core.errors import SourceError
from crawlers.reading.markup import html_to_text
from crawlers.reading.walls import wall

if TYPE_CHECKING:
    from crawlers.reading.page import Page

# what people write in their profiles; signs that nobody sees are taken out first
NO_BOT = re.compile(
    r"[#＃]no[-_ ]?(?:ro)?(?:bots?|index(?:ing|ation)?|search|archiv(?:e|ing)|scrap(?:e|er|ers|ing)|crawl(?:er|ers|ing)?|ai|ia|tdm)\b", re.IGNORECASE
)
UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")
YES, NO = (True, 1, "true", "True", "1"), (False, 0, "false", "False", "0")  # some servers write words
CLOSED = re.compile(r"authenti|authori[sz]|token|log ?in", re.IGNORECASE)  # "requires an authenticated user", "Unauthorized: token not supplied"
ID = re.compile(r"[\w-]{1,64}")


def parse_account(page: Page) -> str:
    """The id of an account that was looked up.

    Raises SourceError: opted_out, account_locked, account_moved, account_suspended, no_such_account, not_an_account, and those of any answer.
    """
    account = answer_of(page, missing="no_such_account")
    found = account.get("id", "") if isinstance(account, dict) and ("acct" in account or "username" in account) else ""
    if not isinstance(found, str | int) or not ID.fullmatch(str(found)):
        raise SourceError("not_an_account", f"{page.url}: found {named(account)} where an account was expected; look at the instance in a browser")
    closed = (
        ("opted_out", opted_out(account), "its author asks programs not to read it; take it out of the sources"),
        ("account_suspended", account.get("suspended") is True, "the instance suspended it"),
        ("account_moved", isinstance(account.get("moved"), dict), "it moved; name its new address in the source's file"),
        ("account_locked", account.get("locked") is True, "it chooses who follows it, so it is not read as a whole"),
    )
    for reason, is_so, why in closed:
        if is_so:
            raise SourceError(reason, f"{page.url}: {why}")
    return str(found)


def lookup_address(account: str, *, base: str) -> str:
    """Where an instance tells the id of an account (``user`` or ``user@host``)."""
    return urljoin(base, f"/api/v1/accounts/lookup?acct={quote(account.removeprefix('@'))}")


def posts_address(account_id: str, *, base: str, with_replies: bool = False) -> str:
    """The first page of an account's posts."""
    answers = "" if with_replies else "&exclude_replies=true"
    return urljoin(base, f"/api/v1/accounts/{quote(account_id)}/statuses?exclude_reblogs=true{answers}&limit=40")


def opted_out(account: dict[str, Any]) -> bool:
    """Whether an author asks not to be read by programs: noindex, indexable false, or #nobot, #noindex or the like in the profile."""
    if account.get("noindex") in YES or account.get("indexable") in NO:
        return True
    found = account.get("fields")
    fields = [field for field in found if isinstance(field, dict)] if isinstance(found, list) else []
    parts = [account.get("display_name"), account.get("note"), *(field.get(key) for field in fields for key in ("name", "value"))]
    profile = "<br>".join(part for part in parts if isinstance(part, str))
    return bool(re.search("[#＃]|&#", profile)) and bool(NO_BOT.search(UNSEEN.sub("", html_to_text(profile))))


def answer_of(page: Page, *, missing: str | None = None) -> Any:
    """The value of an answer that is no complaint. ``missing``: the reason where the instance knows nothing of it."""
    try:
        answer = page.json
    except SourceError as error:
        reason = wall(page.text, headers=page.headers, visible="") or (f"http_{page.status}" if page.status >= 400 else error.reason)
        raise SourceError(reason, f"{page.url}: no JSON was found ({reason}); look at the instance in a browser") from error
    complaint = (answer.get("error") or answer.get("message")) if isinstance(answer, dict) and "content" not in answer else None
    if complaint or page.status >= 400:
        said = " ".join(str(complaint or f"status {page.status}").split())[:200]
        raise SourceError(_reason(said, page.status, missing=missing), f"{page.url}: the instance answered {said!r}")
    return answer


def _reason(said: str, status: int, *, missing: str | None) -> str:
    if status == 401 or CLOSED.search(said):
        return "login_required"
    if missing and (status in {404, 410} or "not found" in said.lower()):
        return missing
    return f"http_{status}" if status in {404, 410} else "api_error"


def named(answer: object) -> str:
    """What was found instead, for a message."""
    return f"{type(answer).__name__} with {', '.join(sorted(map(str, answer))[:5])[:200]}" if isinstance(answer, dict) else type(answer).__name__
