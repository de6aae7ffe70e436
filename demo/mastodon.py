"""The Mastodon-like instance: tag timelines in pages, rate limits, and a page for each status."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from demo.exchange import Request, Response, json_response, redirect
from demo.render import common, page
from demo.statuses import iso, status_json, tags_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from demo.content import Instance, Status

PAGE_SIZE = 5  # real servers give up to 40; fewer here, so that a small timeline has several pages
WINDOW, ALLOWED = 300, 300  # seconds, requests: what a default instance grants
TIMELINE = "/api/v1/timelines/tag/"
PRIVATE = "/prive/journal"


class RateLimit:
    """Counts requests per window, as real instances do."""

    def __init__(self) -> None:
        self._lock, self._until, self._left = Lock(), 0.0, ALLOWED

    def take(self) -> tuple[bool, dict[str, str]]:
        """Whether one more request is granted, and the headers that say how many remain."""
        with self._lock:
            if time.time() >= self._until:
                self._until, self._left = time.time() + WINDOW, ALLOWED
            granted, self._left = self._left > 0, max(0, self._left - 1)
            reset = iso(datetime.fromtimestamp(self._until, UTC))
            return granted, {"X-RateLimit-Limit": str(ALLOWED), "X-RateLimit-Remaining": str(self._left), "X-RateLimit-Reset": reset}


class MastodonSite:
    """Answers for the instance."""

    def __init__(self, instance: Instance, urls: Mapping[str, str]) -> None:
        self.instance, self.urls, self.base = instance, urls, urls[instance.name]
        self._limit = RateLimit()
        self._pages = {status.path: status for status in instance.statuses if not status.boost_of}

    def answer(self, request: Request) -> Response:
        """The response to any path: JSON under /api/, pages elsewhere."""
        if not request.path.startswith("/api/"):
            return common(request) or self._html(request)
        granted, headers = self._limit.take()
        answer = self._api(request) if granted else json_response({"error": "Too many requests"}, status=429)
        return replace(answer, headers={**answer.headers, **headers})

    def _api(self, request: Request) -> Response:
        if request.path.startswith(TIMELINE):
            return self._timeline(request, request.path.removeprefix(TIMELINE).lower())
        if request.path.startswith("/api/v1/statuses/"):
            wanted = request.path.rsplit("/", 1)[1]
            return next((json_response(self._json(s)) for s in self.instance.statuses if s.id == wanted), _not_found())
        if request.path == "/api/v1/timelines/public":
            return json_response({"error": "This method requires an authenticated user"}, status=422)
        return json_response(self._about()) if request.path == "/api/v2/instance" else _not_found()

    def _timeline(self, request: Request, tag: str) -> Response:
        try:
            limit = min(max(int(request.query.get("limit", PAGE_SIZE)), 1), PAGE_SIZE)
            below = int(request.query["max_id"]) if "max_id" in request.query else None
            above = max(int(request.query.get(name, 0)) for name in ("min_id", "since_id"))
        except ValueError:
            return json_response({"error": "Validation failed"}, status=422)
        tagged = [s for s in self._tagged(tag) if int(s.id) > above and (below is None or int(s.id) < below)]
        shown = tagged[-limit:] if "min_id" in request.query else tagged[:limit]
        return json_response([self._json(status) for status in shown], headers=self._links(tag, shown, limit))

    def _links(self, tag: str, shown: Sequence[Status], limit: int) -> dict[str, str]:
        """A full page announces a next one, which may be empty: so do real instances."""
        if not shown:
            return {}
        where = f"{self.base}{TIMELINE}{quote(tag)}?"
        links = [f'<{where}{urlencode({"limit": limit, "min_id": shown[0].id})}>; rel="prev"']
        if len(shown) == limit:
            links.insert(0, f'<{where}{urlencode({"limit": limit, "max_id": shown[-1].id})}>; rel="next"')
        return {"Link": ", ".join(links)}

    def _tagged(self, tag: str) -> list[Status]:
        return [s for s in self.instance.statuses if tag in [each.lower() for each in tags_of(self._source(s).text)]]

    def _source(self, status: Status) -> Status:
        """The message itself, or the one that a boost repeats."""
        return next((each for each in self.instance.statuses if each.at == status.boost_of), status)

    def _json(self, status: Status) -> dict[str, Any]:
        return status_json(self.instance, status, base=self.base, urls=self.urls)

    def _about(self) -> dict[str, Any]:
        access = {feed: {"local": "public", "remote": "public"} for feed in ("hashtag_feeds", "trending_link_feeds")}
        return {
            "domain": self.base.removeprefix("http://"), "title": self.instance.title, "version": "4.5.0", "source_url": f"{self.base}/about",
            "description": self.instance.description, "usage": {"users": {"active_month": len(self.instance.accounts)}}, "languages": ["fr"],
            "configuration": {
                "statuses": {"max_characters": 500, "max_media_attachments": 4, "characters_reserved_per_url": 23},
                "timelines_access": {"live_feeds": {"local": "disabled", "remote": "disabled"}, **access},
            },
            "registrations": {"enabled": False, "approval_required": False, "message": None}, "api_versions": {"mastodon": 7}, "rules": [],
        }  # fmt: skip

    def _html(self, request: Request) -> Response:
        if (status := self._pages.get(request.path)) is not None:
            return self._page("mastodon_status.html", status=self._json(status))
        if request.path == PRIVATE:
            return self._page("prive.html")
        if request.path.startswith("/users/"):
            return self._activity(request.path)
        listed = self._listed(request.path)
        if listed is None:
            return self._page("introuvable.html", code=404)
        return self._page("mastodon_list.html", heading=listed[0], statuses=[self._json(s) for s in listed[1]], private=PRIVATE)

    def _listed(self, path: str) -> tuple[str, list[Status]] | None:
        """The heading and statuses of a list page: all, a tag's or an account's."""
        messages = [status for status in self._pages.values() if status.visibility == "public"]
        if path in ("/", "/about"):
            return self.instance.title, messages
        if path.startswith("/tags/"):
            tag = path.removeprefix("/tags/")
            return f"#{tag}", [status for status in messages if status in self._tagged(tag)]
        author = next((account for account in self.instance.accounts if path == f"/@{account.username}"), None)
        return (author.name, [status for status in messages if status.by == author.username]) if author else None

    def _activity(self, path: str) -> Response:
        """ActivityPub addresses lead to the page of what they are about."""
        for status in self.instance.statuses:
            if path in (f"/users/{status.by}/statuses/{status.id}", status.path):
                return redirect(self.base + self._source(status).path, status=302)
        known = [account.username for account in self.instance.accounts if path == f"/users/{account.username}"]
        return redirect(f"{self.base}/@{known[0]}", status=302) if known else self._page("introuvable.html", code=404)

    def _page(self, template: str, *, code: int = 200, **values: Any) -> Response:
        return page(template, code=code, base=self.base, site=self.instance, **values)


def _not_found() -> Response:
    return json_response({"error": "Record not found"}, status=404)
