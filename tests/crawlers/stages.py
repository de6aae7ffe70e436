"""The platforms, played from invented posts in their own markup: listings of several pages, newest first, whose posts a test adds, edits and deletes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qs

from tests.crawlers.play import WORDS, XML, Answer, article, as_json

if TYPE_CHECKING:
    from core.settings import Settings
    from tests.crawlers.play import Asked, Web

SIZE = 3  # posts of a page
SECRET = "Une phrase que son auteur ne veut pas voir lue par des programmes"
DAY = "2026-10-{:02d}"


@dataclass
class Post:
    """One item. ``fixed``: corrected by its author."""

    n: int
    fixed: bool = False
    gone: bool = False

    @property
    def text(self) -> str:
        return f"{WORDS[self.n % len(WORDS)]} Note {self.n}.{' Corrigé depuis.' if self.fixed else ''}"

    @property
    def day(self) -> str:
        return DAY.format((self.n - 1) % 28 + 1)


class Stage:
    """One platform. ``full``: what the record of the newest post at the start holds, beside what every record has."""

    kind: ClassVar[str]
    people: ClassVar[tuple[str, ...]] = ()  # names of accounts: in no document, but in addresses that the platform makes of them
    knows_deleted: ClassVar[bool] = False
    fewer: ClassVar[bool] = True  # whether a second run can do with fewer pages
    extra: ClassVar[dict[str, int]] = {}  # counts of the first run beside the posts kept
    secrets: ClassVar[tuple[str, ...]] = (SECRET,)  # what must be in no file

    def __init__(self, web: Web, *, elsewhere: str = "http://127.0.0.3:9") -> None:
        self.web, self.base, self.elsewhere = web, web.base, elsewhere
        self.posts = [Post(n) for n in range(7, 0, -1)]
        web.players.append(self.answer)

    @property
    def options(self) -> dict[str, Any]:
        """The keys of the source's file."""
        return {"url": f"{self.base}/"}

    @property
    def full(self) -> dict[str, Any]:
        raise NotImplementedError

    def answer(self, asked: Asked) -> Answer | None:
        raise NotImplementedError

    def url(self, post: Post) -> str:
        raise NotImplementedError

    def urls(self) -> set[str]:
        return {self.url(post) for post in self.posts}

    def add(self) -> str:
        self.posts.insert(0, Post(self.posts[0].n + 1))
        return self.url(self.posts[0])

    def edit(self) -> str:
        """Correct the second newest post: it stands on the first page."""
        self.posts[1].fixed = True
        return self.url(self.posts[1])

    def delete(self) -> str:
        """Take away the third newest, which stands on the first page too."""
        self.posts[2].gone = True
        return self.url(self.posts[2])

    def shown(self) -> list[Post]:
        return [post for post in self.posts if not post.gone]

    def settings(self, settings: Settings) -> Settings:
        """With what the kind needs to sign in."""
        return settings


def page_of(posts: list[Post], number: int) -> tuple[list[Post], bool]:
    """One page, from 1, and whether another follows."""
    return posts[(number - 1) * SIZE : number * SIZE], len(posts) > number * SIZE


class Feed(Stage):
    """A paged Atom feed whose articles are on the site; one behind a redirect, one on a host that nobody named."""

    kind = "feed"
    people = ("Odile Invente",)
    knows_deleted = True
    extra: ClassVar[dict[str, int]] = {"set_aside": 1}

    @property
    def options(self) -> dict[str, Any]:
        return {"url": f"{self.base}/flux"}

    def url(self, post: Post) -> str:
        return f"{self.base}/billets/{post.n}"

    def answer(self, asked: Asked) -> Answer | None:
        if asked.place == "/flux":
            return self.listing(int(asked.said("page", "1")))
        if asked.place.startswith("/court/"):
            return Answer(status=302, headers=[("Location", f"/billets/{asked.place[7:]}")])
        post = next((one for one in self.posts if asked.place == f"/billets/{one.n}"), None)
        if post is None:
            return None
        if post.gone:
            return Answer("<p>Parti", status=410)
        return Answer(article(f"Billet {post.n}", post.text, *WORDS, head=f"<link rel=canonical href='/billets/{post.n}'>"), marked=True)

    def listing(self, number: int) -> Answer:
        shown, further = page_of(self.posts, number)
        after = f"<link rel='next' href='/flux?page={number + 1}'/>" if further else ""
        entries = "".join(map(self.entry, shown)) + (
            f"<entry><id>ailleurs</id><title>Ailleurs</title><link href='{self.elsewhere}/ailleurs'/></entry>" if number == 1 else ""
        )
        body = f"<feed xmlns='http://www.w3.org/2005/Atom' xmlns:slash='http://purl.org/rss/1.0/modules/slash/' xml:lang='fr'><title>Carnet</title>{after}{entries}</feed>"
        return Answer(body, kind=XML, marked=True)

    def entry(self, post: Post) -> str:
        link = f"/court/{post.n}" if post.n == 6 else f"/billets/{post.n}"
        changed = f"{post.day}T1{'5' if post.gone else '4' if post.fixed else '0'}:00:00+02:00"
        return (
            f"<entry><id>tag:carnet,{post.n}</id><title>Billet {post.n}</title><link href='{link}'/><published>{post.day}T10:00:00+02:00</published>"
            f"<updated>{changed}</updated><author><name>Odile Invente</name></author><summary>Un résumé</summary><slash:comments>4</slash:comments></entry>"
        )

    @property
    def full(self) -> dict[str, Any]:
        return {
            "kind": "article", "platform": "127.0.0.1", "platform_id": "tag:carnet,7", "title": "Billet 7", "text": "\n".join([self.posts[0].text, *WORDS]),
            "published_at": "2026-10-07T10:00:00+02:00", "replies": 4,
        }  # fmt: skip


class Site(Stage):
    """An index of two sitemaps and the articles that they name; one lies on another site."""

    kind = "site"
    people = ("Odile Invente",)
    knows_deleted = True

    @property
    def options(self) -> dict[str, Any]:
        return {"url": f"{self.base}/", "sitemap": f"{self.base}/sitemap.xml"}

    def url(self, post: Post) -> str:
        return f"{self.base}/articles/{post.n}"

    def answer(self, asked: Asked) -> Answer | None:
        named = "xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'"
        if asked.place == "/sitemap.xml":
            maps = "".join(f"<sitemap><loc>{self.base}/carte-{number}.xml</loc></sitemap>" for number in (1, 2))
            return Answer(f"<sitemapindex {named}>{maps}</sitemapindex>", kind=XML, marked=True)
        if asked.place.startswith("/carte-"):
            here = self.posts[:SIZE] if asked.place == "/carte-1.xml" else self.posts[SIZE:]
            rows = "".join(map(self.row, here)) + f"<url><loc>{self.elsewhere}/ailleurs</loc></url>"
            return Answer(f"<urlset {named}>{rows}</urlset>", kind=XML, marked=True)
        post = next((one for one in self.posts if asked.place == f"/articles/{one.n}"), None)
        head = f"<meta property='article:published_time' content='{post.day}T10:00:00+02:00'>" if post else ""
        return (
            Answer(article(f"Article {post.n}", post.text, *WORDS, head=head, author="Odile Invente"), marked=True)
            if post and not post.gone
            else None
        )

    def row(self, post: Post) -> str:
        changed = f"{post.day}T1{'5' if post.gone else '4' if post.fixed else '0'}:00:00+02:00"
        return f"<url><loc>{self.url(post)}</loc><lastmod>{changed}</lastmod></url>"

    @property
    def full(self) -> dict[str, Any]:
        return {
            "kind": "article", "platform": "127.0.0.1", "title": "Article 7", "text": "\n".join([self.posts[0].text, *WORDS]),
            "published_at": "2026-10-07T10:00:00+02:00",
        }  # fmt: skip


class Mastodon(Stage):
    """A hashtag's timeline: among the posts a boost, and one whose author keeps programs away."""

    kind = "mastodon_tag"
    people = ("Odile Affichée", "odile_invente", "discret_invente")
    knows_deleted = True
    extra: ClassVar[dict[str, int]] = {"dropped": 1, "duplicate": 1}
    listing = "/api/v1/timelines/tag/jardin"

    @property
    def options(self) -> dict[str, Any]:
        return {"url": f"{self.base}/", "tag": "jardin"}

    def url(self, post: Post) -> str:
        return f"{self.base}/@odile_invente/10900{post.n}"

    def answer(self, asked: Asked) -> Answer | None:
        if asked.place.startswith("/api/v1/statuses/"):
            found = [post for post in self.shown() if asked.place.endswith(f"/10900{post.n}")]
            return as_json(self.status(found[0])) if found else as_json({"error": "Record not found"}, status=404)
        if asked.place != self.listing:
            return None
        number = int(asked.said("max_id", "1"))
        shown, further = page_of(self.shown(), number)
        rows = [self.status(post) for post in shown]
        if not further:
            hidden = {**self.status(Post(9)), "id": "1090001", "content": f"<p>{SECRET}</p>"}
            hidden["account"] = {**self.account(), "acct": "discret_invente", "noindex": True}
            rows += [{**self.status(Post(9)), "id": "1090002", "content": "", "reblog": self.status(Post(9))}, hidden]
        link = f'<{self.base}{self.listing}?limit=40&max_id={number + 1}>; rel="next", <{self.base}{self.listing}?min_id=9>; rel="prev"'
        return as_json(rows, headers=[("Link", link)] if further else (), marked=True)

    def account(self) -> dict[str, Any]:
        return {"id": "7", "acct": "odile_invente", "username": "odile_invente", "display_name": "Odile Affichée", "url": f"{self.base}/@odile_invente",
                "note": "<p>Jardin</p>", "followers_count": 42, "fields": [], "noindex": False, "indexable": True, "locked": False}  # fmt: skip

    def status(self, post: Post) -> dict[str, Any]:
        link = '<a href="https://graines.example/liste" rel="nofollow"><span class="invisible">https://</span><span>graines.example/liste</span></a>'
        media = [{"id": "1", "type": "image", "description": "Un rang de poireaux"}, {"id": "2", "type": "video", "description": None}]
        return {
            "id": f"10900{post.n}", "url": self.url(post), "uri": f"{self.base}/users/odile_invente/statuses/10900{post.n}", "visibility": "public",
            "created_at": f"{post.day}T08:00:00.000Z", "edited_at": f"{post.day}T09:00:00.000Z" if post.fixed or post.n == 7 else None, "language": "fr",
            "spoiler_text": "Au jardin" if post.n == 7 else "", "content": f"<p>{post.text}</p>" + (f"<p>{link}</p>" if post.n == 7 else ""),
            "in_reply_to_id": "109006" if post.n == 7 else None, "reblog": None, "account": self.account(), "mentions": [], "tags": [], "emojis": [],
            "media_attachments": media if post.n == 7 else [], "card": None, "poll": None, "favourites_count": 5, "reblogs_count": 3, "replies_count": 2,
        }  # fmt: skip

    @property
    def full(self) -> dict[str, Any]:
        return {
            "kind": "post", "platform": "127.0.0.1", "platform_id": "109007", "content_type": ["TEXT", "IMAGE", "VIDEO"], "title": "Au jardin",
            "thread_root": f"{self.base}/@odile_invente/109006", "thread_parent": f"{self.base}/@odile_invente/109006",
            "text": f"{self.posts[0].text}\n\ngraines.example/liste\n\n[image : Un rang de poireaux]", "images": ["Un rang de poireaux"],
            "published_at": "2026-10-07T08:00:00Z", "edited_at": "2026-10-07T09:00:00Z", "links": ["https://graines.example/liste"],
            "link_hosts": ["graines.example"], "likes": 5, "reposts": 3, "replies": 2, "followers": 42,
        }  # fmt: skip


class MastodonAccount(Mastodon):
    """An account's posts, after it was looked up."""

    kind = "mastodon_account"
    listing = "/api/v1/accounts/7/statuses"

    @property
    def options(self) -> dict[str, Any]:
        return {"url": f"{self.base}/", "account": "@odile_invente"}

    def answer(self, asked: Asked) -> Answer | None:
        return as_json(self.account()) if asked.place == "/api/v1/accounts/lookup" else super().answer(asked)


class Bluesky(Stage):
    """An author's posts: among them a repost, and the post of somebody shown to signed-in people only."""

    kind = "bluesky_author"
    people = ("odile.invente.example", "Odile Affichée", "discret.invente.example")
    extra: ClassVar[dict[str, int]] = {"dropped": 1, "duplicate": 1}
    did = "did:plc:odileinvente000000000aa"
    other = "did:plc:discretinvente00000000"

    @property
    def options(self) -> dict[str, Any]:
        return {"url": f"{self.base}/", "actor": "odile.invente.example"}

    def url(self, post: Post) -> str:
        return f"https://bsky.app/profile/{self.did}/post/3aaa{post.n}"

    def answer(self, asked: Asked) -> Answer | None:
        if asked.place != "/xrpc/app.bsky.feed.getAuthorFeed":
            return None
        number = int(asked.said("cursor", "1"))
        shown, further = page_of(self.shown(), number)
        rows: list[dict[str, Any]] = [{"post": self.view(post)} for post in shown]
        if not further:
            rows.append({"post": self.view(Post(9), did=self.other), "reason": {"$type": "app.bsky.feed.defs#reasonRepost"}})
            rows[0]["reply"] = {"root": self.hidden(), "parent": self.hidden()}
        return as_json({"feed": rows, **({"cursor": str(number + 1)} if further else {})})

    def hidden(self) -> dict[str, Any]:
        hidden = self.view(Post(8), did="did:plc:horsligne000000000000000")
        hidden["author"] |= {"handle": "discret.invente.example", "labels": [{"src": hidden["author"]["did"], "val": "!no-unauthenticated"}]}
        hidden["record"]["text"] = SECRET
        return hidden

    def view(self, post: Post, *, did: str = "") -> dict[str, Any]:
        did = did or self.did
        text = post.text
        record: dict[str, Any] = {"$type": "app.bsky.feed.post", "createdAt": f"{post.day}T08:00:00.000Z", "langs": ["fr"], "text": text}
        if post.n == 7:
            root, parent = (f"at://{did}/app.bsky.feed.post/3aaa{n}" for n in (5, 6))
            record["reply"] = {"root": {"uri": root}, "parent": {"uri": parent}}
            record["embed"] = {"$type": "app.bsky.embed.images", "images": [{"alt": "Un rang de poireaux", "image": {}}]}
            feature = {"$type": "app.bsky.richtext.facet#link", "uri": "https://graines.example/liste"}
            record["facets"] = [{"index": {"byteStart": 0, "byteEnd": 10}, "features": [feature]}]
        return {
            "uri": f"at://{did}/app.bsky.feed.post/3aaa{post.n}", "cid": f"bafy{post.n}", "record": record, "labels": [], "indexedAt": f"{post.day}T08:00:01.000Z",
            "author": {"did": did, "handle": "odile.invente.example", "displayName": "Odile Affichée", "labels": []}, "replyCount": 2, "repostCount": 3, "likeCount": 5,
        }  # fmt: skip

    @property
    def full(self) -> dict[str, Any]:
        return {
            "kind": "post", "platform": "bsky.app", "platform_id": f"at://{self.did}/app.bsky.feed.post/3aaa7", "content_type": ["TEXT", "IMAGE"],
            "thread_root": f"https://bsky.app/profile/{self.did}/post/3aaa5", "thread_parent": f"https://bsky.app/profile/{self.did}/post/3aaa6",
            "text": f"{self.posts[0].text}\n[image : Un rang de poireaux]", "images": ["Un rang de poireaux"], "published_at": "2026-10-07T08:00:00Z",
            "links": ["https://graines.example/liste"], "link_hosts": ["graines.example"], "likes": 5, "reposts": 3, "replies": 2,
        }  # fmt: skip


class BlueskySearch(Bluesky):
    """A search, which only those signed in may make."""

    kind = "bluesky_search"
    extra: ClassVar[dict[str, int]] = {"dropped": 1}
    password, token = "mot-de-passe-invente", "eyJqZXRvbiI6ImludmVudGUifQ.signature-inventee"
    secrets = (SECRET, password, token)

    @property
    def options(self) -> dict[str, Any]:
        return {"url": f"{self.base}/", "words": "jardins partagés", "since": 30}

    def settings(self, settings: Settings) -> Settings:
        return with_secrets(settings, bluesky_handle="veille.invente.example", bluesky_app_password=self.password)

    def answer(self, asked: Asked) -> Answer | None:
        if asked.place == "/xrpc/com.atproto.server.createSession":
            good = json.loads(asked.body) == {"identifier": "veille.invente.example", "password": self.password}
            return (
                as_json({"accessJwt": self.token, "refreshJwt": self.token, "did": self.did}, headers=[("Set-Cookie", f"jeton={self.token}")])
                if good
                else None
            )
        if asked.place != "/xrpc/app.bsky.feed.searchPosts" or asked.headers.get("authorization") != f"Bearer {self.token}":
            return None
        number = int(asked.said("cursor", "1"))
        shown, further = page_of(self.shown(), number)
        rows = [self.view(post) for post in shown] + ([] if further else [self.hidden()])
        return as_json({"posts": rows, **({"cursor": str(number + 1)} if further else {})})


class Telegram(Stage):
    """A channel's preview, and the widget of each message."""

    kind = "telegram_channel"
    people = ("Le jardin affiché",)
    knows_deleted = True
    extra: ClassVar[dict[str, int]] = {"dropped": 1}  # what Telegram itself says
    secrets = ()

    @property
    def options(self) -> dict[str, Any]:
        return {"url": f"{self.base}/", "channel": "jardin_invente"}

    def url(self, post: Post) -> str:
        return f"https://t.me/jardin_invente/{post.n}"

    def answer(self, asked: Asked) -> Answer | None:
        if asked.place == "/s/jardin_invente":
            return self.preview(int(asked.said("before", "99")))
        if asked.said("embed"):
            found = [post for post in self.shown() if asked.place == f"/jardin_invente/{post.n}"]
            shown = (
                self.message(found[0])
                if found
                else "<div class='tgme_widget_message'><div class='tgme_widget_message_error'>Post not found</div></div>"
            )
            return Answer(f"<!DOCTYPE html><html><head><title>Telegram Widget</title></head><body class='tgme_widget'>{shown}</body></html>")
        return None

    def preview(self, before: int) -> Answer:
        below = [post for post in self.shown() if post.n < before]
        shown = below[:SIZE]
        older = (
            f"<a href='/s/jardin_invente?before={shown[-1].n}' class='tme_messages_more js-messages_more' data-before='{shown[-1].n}'></a>"
            if len(below) > SIZE
            else ""
        )
        told = "<div class='tgme_widget_message_wrap'><div class='tgme_widget_message service_message' data-post='jardin_invente/99'><div class='tgme_widget_message_text'>épinglé</div></div></div>"
        messages = "".join(f"<div class='tgme_widget_message_wrap'>{self.message(post)}</div>" for post in reversed(shown)) + (
            told if before == 99 else ""
        )
        return Answer(
            f"<!DOCTYPE html><html><head><meta charset='utf-8'><title>Le jardin affiché – Telegram</title></head><body><div class='tgme_channel_info'><div class='tgme_channel_info_counters'>"
            f"<div class='tgme_channel_info_counter'><span class='counter_value'>12.4K</span> <span class='counter_type'>subscribers</span></div></div></div>"
            f"<section class='tgme_channel_history js-message_history'>{older}{messages}</section></body></html>"
        )

    def message(self, post: Post) -> str:
        reply = "<a class='tgme_widget_message_reply' href='https://t.me/jardin_invente/5'><div class='tgme_widget_message_text'>Avant</div></a>"
        forward = "<div class='tgme_widget_message_forwarded_from'>Forwarded from <a class='tgme_widget_message_forwarded_from_name' href='https://t.me/potager_invente/812'>Potager</a></div>"
        photo, link = (
            "<a class='tgme_widget_message_photo_wrap' href='https://t.me/jardin_invente/7'></a>",
            "<a href='https://graines.example/liste'>la liste</a>",
        )
        more = (forward + reply + photo, f"<br/>{link}") if post.n == 7 else ("", "")
        return (
            f"<div class='tgme_widget_message js-widget_message' data-post='jardin_invente/{post.n}'><div class='tgme_widget_message_bubble'><div class='tgme_widget_message_author'>"
            f"<a class='tgme_widget_message_owner_name' href='https://t.me/jardin_invente'><span>Le jardin affiché</span></a></div>{more[0]}"
            f"<div class='tgme_widget_message_text js-message_text' dir='auto'>{post.text}{more[1]}</div><div class='tgme_widget_message_reactions'><span class='tgme_reaction'><i class='emoji'><b>👍</b></i>1.2K</span></div>"
            f"<div class='tgme_widget_message_footer'><span class='tgme_widget_message_views'>12 345</span><span class='tgme_widget_message_meta'><a class='tgme_widget_message_date' href='https://t.me/jardin_invente/{post.n}'>"
            f"<time datetime='{post.day}T08:15:00+00:00' class='time'>08:15</time></a></span></div></div></div>"
        )

    @property
    def full(self) -> dict[str, Any]:
        return {
            "kind": "post", "platform": "t.me", "platform_id": "jardin_invente/7", "content_type": ["TEXT", "IMAGE"], "thread_root": "https://t.me/potager_invente/812",
            "thread_parent": "https://t.me/jardin_invente/5", "text": f"[message transféré]\n\n{self.posts[0].text}\nla liste", "published_at": "2026-10-07T08:15:00Z",
            "links": ["https://graines.example/liste"], "link_hosts": ["graines.example"], "views": 12345, "likes": 1200, "followers": 12400,
        }  # fmt: skip


class Discourse(Stage):
    """A forum's latest posts: among them a closed topic's notice and a whisper."""

    kind = "discourse"
    people = ("odile_invente", "Odile Affichée")
    knows_deleted = True
    extra: ClassVar[dict[str, int]] = {"dropped": 2}

    def url(self, post: Post) -> str:
        return f"{self.base}/t/potager/77/{post.n}"

    def answer(self, asked: Asked) -> Answer | None:
        if asked.place != "/posts.json":
            return None
        before = int(asked.said("before", "999"))
        rows = [self.row(post) for post in [post for post in self.posts if 900 + post.n <= before][:SIZE]]
        if any(row["post_number"] == 1 for row in rows):
            rows += [{**self.row(Post(9)), "id": 990, "post_type": 4, "cooked": f"<p>{SECRET}</p>"}, {**self.row(Post(9)), "id": 991, "post_type": 3}]
        return as_json({"latest_posts": rows}, marked=True)

    def row(self, post: Post) -> dict[str, Any]:
        quote = '<aside class="quote no-group" data-username="x" data-post="3" data-topic="77"><blockquote><p>Que semer ?</p></blockquote></aside>'
        more = (
            f'{quote}<p><a href="https://graines.example/liste">la liste</a> <img src="/a.jpg" alt="Un rang de poireaux"></p>' if post.n == 7 else ""
        )
        known = {
            "id": 900 + post.n, "username": "odile_invente", "name": "Odile Affichée", "created_at": f"{post.day}T08:00:00.000Z", "updated_at": f"{post.day}T09:00:00.000Z",
            "cooked": f"<p>{post.text}</p>{more}", "post_number": post.n, "post_type": 1, "posts_count": 7, "reply_count": 2, "reply_to_post_number": None, "reads": 31,
            "topic_id": 77, "topic_slug": "potager", "topic_title": "Préparer un potager", "version": 2 if post.fixed or post.n == 7 else 1, "user_deleted": False,
            "actions_summary": [{"id": 2, "count": 5}], "hidden": False, "deleted_at": None,
        }  # fmt: skip
        return {**known, "user_deleted": True, "cooked": "<p>(message supprimé par son auteur)</p>"} if post.gone else known

    @property
    def full(self) -> dict[str, Any]:
        return {
            "kind": "post", "platform": "127.0.0.1", "platform_id": "907", "content_type": ["TEXT", "IMAGE"], "thread_root": f"{self.base}/t/potager/77",
            "thread_parent": f"{self.base}/t/potager/77/3", "title": "Préparer un potager", "text": f"{self.posts[0].text}\n\nla liste\n\n[image : Un rang de poireaux]",
            "images": ["Un rang de poireaux"], "published_at": "2026-10-07T08:00:00Z", "edited_at": "2026-10-07T09:00:00Z", "links": ["https://graines.example/liste"],
            "link_hosts": ["graines.example"], "views": 31, "likes": 5, "replies": 2,
        }  # fmt: skip


class DiscourseCategory(Discourse):
    """The topics of a category, each read to its end: the post numbers of the first topic are those of the posts."""

    extra: ClassVar[dict[str, int]] = {}
    knows_deleted = True
    secrets = ()

    @property
    def options(self) -> dict[str, Any]:
        return {"url": f"{self.base}/", "category": "entraide/12"}

    def answer(self, asked: Asked) -> Answer | None:
        posts = sorted(self.posts, key=lambda post: post.n)
        if asked.place == "/c/entraide/12.json":
            state = f"{posts[-1].day}T0{1 + sum(post.fixed + 2 * post.gone for post in posts)}:00:00.000Z"
            return as_json(
                {
                    "topic_list": {
                        "topics": [
                            {
                                "id": 77,
                                "slug": "potager",
                                "title": "Préparer un potager",
                                "highest_post_number": len(posts),
                                "bumped_at": state,
                                "last_posted_at": state,
                            }
                        ]
                    }
                }
            )
        if asked.place != "/t/potager/77.json":
            return None
        number = int(asked.said("page", "1"))
        shown, _ = page_of(posts, number)
        stream = {"posts": [self.row(post) for post in shown], "stream": [900 + post.n for post in posts]}
        return as_json({"post_stream": stream, "id": 77, "slug": "potager", "title": "Préparer un potager", "highest_post_number": len(posts)})

    def edit(self) -> str:
        """The first page of a topic and its last are read again."""
        self.posts[-1].fixed = True
        return self.url(self.posts[-1])

    def delete(self) -> str:
        self.posts[-2].gone = True
        return self.url(self.posts[-2])


class Forum(Stage):
    """A section of phpBB with two pages and three threads, the first of which has several pages; a thread lies on another site."""

    kind = "forum"
    people = ("Capucine Invente",)
    secrets = ()

    @property
    def options(self) -> dict[str, Any]:
        return {"url": f"{self.base}/viewforum.php?f=5"}

    def url(self, post: Post) -> str:
        return f"{self.base}/viewtopic.php?p={300 + post.n}"

    def thread(self, post: Post) -> int:
        return 42 if post.n > 3 else 40 + (post.n > 1)

    def posts_of(self, thread: int) -> list[Post]:
        return sorted((post for post in self.posts if self.thread(post) == thread), key=lambda post: post.n)

    def answer(self, asked: Asked) -> Answer | None:
        if asked.place == "/viewforum.php":
            return self.section(int(asked.said("start", "0")))
        if asked.place == "/viewtopic.php":
            return self.topic(int(asked.said("t")), int(asked.said("start", "0")))
        return None

    def section(self, start: int) -> Answer:
        rows = "".join(self.row(thread) for thread in ((42, 41) if start == 0 else (40,)))
        rows += (
            f"<li class='row bg1'><dl><dt><a href='{self.elsewhere}/viewtopic.php?t=1' class='topictitle'>Parti ailleurs</a></dt></dl></li>"
            if start == 0
            else ""
        )
        after = (
            "<li class='arrow next'><a class='button' href='./viewforum.php?f=5&amp;sid=0123456789abcdef0123456789abcdef&amp;start=2' rel='next'>Suivant</a></li>"
            if start == 0
            else ""
        )
        return self.board(
            "viewforum",
            f"<h2 class='forum-title'>Le verger</h2><div class='pagination'><ul>{after}</ul></div><div class='forumbg'><ul class='topiclist topics'>{rows}</ul></div>",
        )

    def row(self, thread: int) -> str:
        posts = self.posts_of(thread)
        state = f"{posts[-1].day}T1{sum(post.fixed for post in posts)}:00:00+00:00"
        return (
            f"<li class='row bg1'><dl class='row-item'><dt><div class='list-inner'><a href='./viewtopic.php?t={thread}&amp;sid=0123456789abcdef0123456789abcdef' class='topictitle'>Sujet {thread}</a></div></dt>"
            f"<dd class='posts'>{len(posts) - 1} <dfn>Réponses</dfn></dd><dd class='lastpost'><span>par <span class='username'>Capucine Invente</span><br/><time datetime='{state}'>{state}</time></span></dd></dl></li>"
        )

    def topic(self, thread: int, start: int) -> Answer:
        posts = self.posts_of(thread)
        shown = posts[start : start + SIZE]
        after = (
            f"<li class='arrow next'><a href='./viewtopic.php?t={thread}&amp;start={start + SIZE}' rel='next'>Suivant</a></li>"
            if len(posts) > start + SIZE
            else ""
        )
        before = f"<li class='arrow previous'><a href='./viewtopic.php?t={thread}' rel='prev'>Précédent</a></li>" if start else ""
        title = f"<h2 class='topic-title'><a href='./viewtopic.php?t={thread}'>Sujet {thread}</a></h2>"
        head = f"<link rel='canonical' href='{self.base}/viewtopic.php?t={thread}'>"
        return self.board(
            "viewtopic",
            f"{title}<div class='action-bar'><div class='pagination'>{len(posts)} messages<ul>{before}{after}</ul></div></div>{''.join(map(self.post, shown))}",
            head=head,
        )

    def post(self, post: Post) -> str:
        n = 300 + post.n
        quote = (
            "<blockquote cite='./viewtopic.php?p=306#p306'><div><cite><a href='./viewtopic.php?p=306#p306' data-post-id='306'>↑</a></cite>Avant</div></blockquote>"
            if post.n == 7
            else ""
        )
        more = (
            "<br><a href='https://graines.example/liste' class='postlink'>la liste</a><br><img src='https://photos.example/a.jpg' class='postimage' alt='Un rang de poireaux'>"
            if post.n == 7
            else ""
        )
        edited = (
            f"<div class='notice'>Dernière modification par <a class='username'>Capucine Invente</a> le {post.n} oct. 2026 12:02, modifié 1 fois.</div>"
            if post.fixed or post.n == 7
            else ""
        )
        return (
            f"<div id='p{n}' class='post has-profile bg2'><div class='inner'><dl class='postprofile' id='profile{n}'><dt><a href='./memberlist.php?mode=viewprofile&amp;u=7' class='username'>Capucine Invente</a></dt></dl>"
            f"<div class='postbody'><div id='post_content{n}'><h3><a href='./viewtopic.php?p={n}&amp;sid=0123456789abcdef0123456789abcdef#p{n}'>Sujet</a></h3>"
            f"<p class='author'><span class='responsive-hide'>par <strong><a href='./memberlist.php?mode=viewprofile&amp;u=7' class='username'>Capucine Invente</a></strong> &raquo; </span>"
            f"<time datetime='{post.day}T09:05:00+00:00'>{post.n} oct. 2026 11:05</time></p><div class='content'>{quote}{post.text}{more}</div>{edited}</div></div></div></div>"
        )

    def board(self, section: str, body: str, *, head: str = "") -> Answer:
        page = (
            f"<!DOCTYPE html><html dir='ltr' lang='fr'><head><meta charset='utf-8'><title>Les jardiniers</title>{head}</head><body id='phpbb' class='nojs section-{section} ltr'><div id='page-body'>{body}</div>"
            "<div id='page-footer'><ul id='nav-footer'><li class='rightside'>Le fuseau horaire est <span title='Europe/Paris'>UTC+01:00</span></li></ul><div class='copyright'>Développé par <a href='https://www.phpbb.com/'>phpBB</a></div></div></body></html>"
        )
        return Answer(page)

    @property
    def full(self) -> dict[str, Any]:
        return {
            "kind": "post", "platform": "127.0.0.1", "platform_id": "307", "content_type": ["TEXT", "IMAGE"], "thread_root": f"{self.base}/viewtopic.php?t=42",
            "thread_parent": f"{self.base}/viewtopic.php?p=306", "title": "Sujet 42", "text": f"{self.posts[0].text}\nla liste\n[image : Un rang de poireaux]",
            "images": ["Un rang de poireaux"], "published_at": "2026-10-07T09:05:00Z", "edited_at": "2026-10-07T12:02:00+02:00", "links": ["https://graines.example/liste"],
            "link_hosts": ["graines.example"],
        }  # fmt: skip

    def edit(self) -> str:
        """In the thread that the new post brings up."""
        self.posts[1].fixed = True
        return self.url(self.posts[1])


class Ulule(Stage):
    """A search of projects and the projects; one is hidden by its owner."""

    kind = "ulule"
    people = ("Camille Invente", "camille-invente")
    knows_deleted = True
    extra: ClassVar[dict[str, int]] = {"dropped": 1}

    @property
    def options(self) -> dict[str, Any]:
        return {"url": f"{self.base}/", "words": ["potager"]}

    def url(self, post: Post) -> str:
        return f"https://fr.ulule.test/potager-{post.n}/"

    def answer(self, asked: Asked) -> Answer | None:
        if asked.place == "/v1/search/projects":
            number = int(asked.said("offset", "0")) // SIZE + 1
            shown, further = page_of(self.posts, number)
            rows = [self.row(post) for post in shown] + (
                [{**self.row(Post(9)), "id": 999, "visible": False, "subtitle": {"fr": SECRET}}] if number == 1 else []
            )
            query = {name: values[-1] for name, values in parse_qs(asked.path.partition("?")[2]).items()}
            after = f"?lang=fr&limit={SIZE}&offset={number * SIZE}&q={query['q'].replace(' ', '+')}" if further else None
            return as_json({"meta": {"limit": SIZE, "next": after, "offset": 0, "total_count": len(self.posts)}, "projects": rows})
        post = next((one for one in self.posts if asked.place == f"/v1/projects/{9900 + one.n}" and not one.gone), None)
        return as_json(self.project(post), marked=True) if post else None

    def row(self, post: Post) -> dict[str, Any]:
        return {
            "absolute_url": self.url(post), "amount_raised": 500 + post.n + 100 * post.fixed + 1000 * post.gone, "currency": "EUR", "goal": 2000, "id": 9900 + post.n, "lang": "fr", "slug": f"potager-{post.n}",
            "date_start": f"{post.day}T00:00:00Z", "date_end": "2026-12-31T22:59:00Z", "name": {"fr": f"Le potager {post.n}"}, "subtitle": {"fr": "Semer"}, "type": "project",
        }  # fmt: skip

    def project(self, post: Post) -> dict[str, Any]:
        story = f"<p>{post.text}</p><p><img alt='Un rang de poireaux' src='https://images.test/1.jpg'/></p><p><a href='https://graines.example/liste'>la liste</a></p>"
        return {**self.row(post), "description": {"fr": story}, "supporters_count": 61, "comments_count": 12, "fans_count": 66, "status": "online", "visible": True,
                "owner": {"id": 5, "name": "Camille Invente", "screenname": "Camille Invente", "username": "camille-invente"}}  # fmt: skip

    @property
    def full(self) -> dict[str, Any]:
        return {
            "kind": "crowdfunding", "platform": "fr.ulule.test", "platform_id": "9907", "content_type": ["TEXT", "IMAGE"], "title": "Le potager 7",
            "text": f"Semer\n\n{self.posts[0].text}\n\nla liste\n\n[image : Un rang de poireaux]", "images": ["Un rang de poireaux"], "published_at": "2026-10-07T00:00:00Z",
            "links": ["https://graines.example/liste"], "link_hosts": ["graines.example"], "likes": 66, "replies": 12,
            "funding": {"raised": 507.0, "goal": 2000.0, "currency": "EUR", "donors": 61, "starts_at": "2026-10-07T00:00:00Z", "ends_at": "2026-12-31T22:59:00Z"},
        }  # fmt: skip


def campaign(post: Post, *, organiser: str = "") -> str:
    """The page of a campaign, by schema.org and in words."""
    known = {
        "@type": "Project", "name": f"Le potager {post.n}", "description": post.text, "fundingGoal": {"value": "2000", "currency": "EUR"},
        "amountRaised": {"value": str(500 + post.n + 100 * post.fixed), "currency": "EUR"}, "startDate": post.day, "endDate": "2026-12-31",
        "organizer": {"name": organiser}, "donorCount": 61,
    }  # fmt: skip
    story = f"<div class='campaign-story'><p>{post.text}</p><p><img alt='Un rang de poireaux' src='/1.jpg'></p><p><a href='https://graines.example/liste'>la liste</a></p></div>"
    return (
        f"<!doctype html><html lang=fr><head><meta charset=utf-8><meta property=og:title content='Le potager {post.n}'><script type='application/ld+json'>{json.dumps(known)}</script></head>"
        f"<body><h1>Le potager {post.n}</h1><p>{500 + post.n + 100 * post.fixed} € sur 2 000 €</p>{story}</body></html>"
    )


class HelloAsso(Stage):
    """An organisation's forms by the API, their amounts by their public pages."""

    kind = "helloasso"
    people = ("Les Amis du Potager",)
    knows_deleted = True
    fewer = True
    extra: ClassVar[dict[str, int]] = {"dropped": 1}
    password, token = "secret-client-invente", "jeton.helloasso.invente"
    secrets = (SECRET, password, token)

    @property
    def options(self) -> dict[str, Any]:
        return {"url": f"{self.base}/", "organisations": ["amis-du-potager"], "types": ["CrowdFunding"]}

    def settings(self, settings: Settings) -> Settings:
        return with_secrets(settings, helloasso_client_id="client-invente", helloasso_client_secret=self.password)

    def url(self, post: Post) -> str:
        return f"{self.base}/associations/amis-du-potager/collectes/potager-{post.n}"

    def answer(self, asked: Asked) -> Answer | None:
        if asked.place == "/oauth2/token":
            good = parse_qs(asked.body.decode()).get("client_secret") == [self.password]
            return as_json({"access_token": self.token, "refresh_token": self.token, "token_type": "bearer", "expires_in": 1799}) if good else None
        if asked.place == "/v5/organizations/amis-du-potager/forms":
            return (
                self.forms(int(asked.said("pageIndex", "1")))
                if asked.headers.get("authorization") == f"Bearer {self.token}"
                else as_json({}, status=401)
            )
        post = next((one for one in self.posts if asked.place == f"/associations/amis-du-potager/collectes/potager-{one.n}"), None)
        if post is None:
            return None
        return Answer("<p>Plus rien", status=404) if post.gone else Answer(campaign(post, organiser="Les Amis du Potager"), marked=True)

    def forms(self, number: int) -> Answer:
        shown, _ = page_of(self.posts, number)
        rows = [self.row(post) for post in shown] + (
            [{**self.row(Post(9)), "url": f"{self.base}/associations/x/collectes/privee", "state": "Private", "description": SECRET}]
            if number == 1
            else []
        )
        pages = -(-len(self.posts) // SIZE)
        return as_json({"data": rows, "pagination": {"pageSize": SIZE, "totalCount": len(self.posts), "pageIndex": number, "totalPages": pages}})

    def row(self, post: Post) -> dict[str, Any]:
        return {"currency": "EUR", "description": "Un potager.", "state": "Public", "title": f"Le potager {post.n}", "formSlug": f"potager-{post.n}", "formType": "CrowdFunding",
                "url": self.url(post), "organizationSlug": "amis-du-potager", "organizationName": "Les Amis du Potager", "startDate": f"{post.day}T00:00:00+02:00",
                "endDate": "2026-12-31T23:59:59+01:00", "meta": {"createdAt": f"{post.day}T08:00:00+02:00", "updatedAt": f"{post.day}T09:00:00+02:00"}}  # fmt: skip

    @property
    def full(self) -> dict[str, Any]:
        return {
            "kind": "crowdfunding", "platform": "127.0.0.1", "platform_id": self.url(self.posts[0]), "content_type": ["TEXT", "IMAGE"], "title": "Le potager 7",
            "text": f"{self.posts[0].text}\n\nla liste\n\n[image : Un rang de poireaux]", "images": ["Un rang de poireaux"], "published_at": "2026-10-07T08:00:00+02:00",
            "edited_at": "2026-10-07T09:00:00+02:00", "links": ["https://graines.example/liste"], "link_hosts": ["graines.example"],
            "funding": {"raised": 507.0, "goal": 2000.0, "currency": "EUR", "donors": 61, "starts_at": "2026-10-07T00:00:00+02:00", "ends_at": "2026-12-31T23:59:59+01:00"},
        }  # fmt: skip


class Crowdfunding(Stage):
    """Named pages of campaigns."""

    kind = "crowdfunding_page"
    people = ("Camille Invente",)
    knows_deleted = True
    secrets = ()

    @property
    def options(self) -> dict[str, Any]:
        return {"pages": [self.url(post) for post in self.posts]}

    def url(self, post: Post) -> str:
        return f"{self.base}/projets/potager-{post.n}"

    def answer(self, asked: Asked) -> Answer | None:
        post = next((one for one in self.posts if asked.place == f"/projets/potager-{one.n}"), None)
        return Answer(campaign(post, organiser="Camille Invente"), marked=True) if post and not post.gone else None

    @property
    def full(self) -> dict[str, Any]:
        return {
            "kind": "crowdfunding", "platform": "127.0.0.1", "content_type": ["TEXT", "IMAGE"], "title": "Le potager 7",
            "text": f"{self.posts[0].text}\n\nla liste\n\n[image : Un rang de poireaux]", "images": ["Un rang de poireaux"], "published_at": "2026-10-07T00:00:00Z",
            "links": ["https://graines.example/liste"], "link_hosts": ["graines.example"],
            "funding": {"raised": 507.0, "goal": 2000.0, "currency": "EUR", "donors": 61, "starts_at": "2026-10-07T00:00:00Z", "ends_at": "2026-12-31T00:00:00Z"},
        }  # fmt: skip


class Urls(Stage):
    """Submitted addresses, each of another platform: articles, a post of Mastodon, a campaign, a thread of phpBB, a feed."""

    kind = "urls"
    people = ("Odile Invente", "Odile Affichée")
    knows_deleted = True
    secrets = ()

    def __init__(self, web: Web, *, elsewhere: str = "http://127.0.0.3:9") -> None:
        super().__init__(web, elsewhere=elsewhere)
        self.mastodon, self.forum, self.feed = Mastodon(web), Forum(web), Feed(web, elsewhere=elsewhere)
        self.posts = self.posts[:3]

    @property
    def options(self) -> dict[str, Any]:
        known = (self.mastodon.url(Post(6)), f"{self.base}/viewtopic.php?t=40", f"{self.base}/flux")
        return {"pages": [*known, *map(self.url, self.posts)]}

    def url(self, post: Post) -> str:
        return f"{self.base}/articles/{post.n}"

    def urls(self) -> set[str]:
        feed = {self.feed.url(Post(7)), self.feed.url(Post(5)), f"{self.base}/court/6", f"{self.elsewhere}/ailleurs"}
        return super().urls() | {self.mastodon.url(Post(6)), self.forum.url(Post(1)), *feed}

    def answer(self, asked: Asked) -> Answer | None:
        post = next((one for one in self.posts if asked.place == f"/articles/{one.n}"), None)
        head = "<meta property='article:published_time' content='2026-10-07T10:00:00+02:00'>"
        return (
            Answer(article(f"Article {post.n}", post.text, *WORDS, head=head, author="Odile Invente"), marked=True)
            if post and not post.gone
            else None
        )

    @property
    def full(self) -> dict[str, Any]:
        return {
            "kind": "article",
            "platform": "127.0.0.1",
            "title": "Article 7",
            "text": "\n".join([self.posts[0].text, *WORDS]),
            "published_at": "2026-10-07T10:00:00+02:00",
        }


def with_secrets(settings: Settings, **secrets: str) -> Settings:
    """The settings of a machine that may sign in."""
    return type(settings).model_validate({name: getattr(settings, name) for name in settings.model_fields_set} | secrets)


STAGES: dict[str, type[Stage]] = {stage.__name__: stage for stage in (
    Feed, Site, Mastodon, MastodonAccount, Bluesky, BlueskySearch, Telegram, Discourse, DiscourseCategory, Forum, Ulule, HelloAsso, Crowdfunding, Urls,
)}  # fmt: skip
