"""The shape of the demonstration's texts, which ``demo.reading`` reads from ``demo/content``."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

ArticleTrouble = Literal["private", "gone", "transient", "redirect", "bot_wall", "canonical", "duplicate", "empty"]
StatusTrouble = Literal["nobot", "noindex", "boost", "unlisted"]
PageStyle = Literal["state", "data", "jsonld", "plain"]


class Part(BaseModel):
    """Base of the content: immutable, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Note(Part):
    """A block of the sidebar, unrelated to the article beside it."""

    title: str
    text: str


class Comment(Part):
    """A reader's word under an article."""

    author: str
    text: str


class Article(Part):
    """One page of a blog; ``body`` is paragraphs, ``## `` headings and ``- `` lists."""

    slug: str
    title: str
    at: AwareDatetime
    summary: str
    body: str
    author: str | None = None
    tags: tuple[str, ...] = ()
    trouble: ArticleTrouble | None = None

    @property
    def path(self) -> str:
        """The canonical path; robots.txt closes /prive/."""
        return f"/{'prive' if self.trouble == 'private' else 'articles'}/{self.slug}"


class Feed(Part):
    """Where a blog's feed is, and whether it carries whole texts."""

    path: str
    format: Literal["rss", "atom"]
    full: bool


class Blog(Part):
    """One blog with its articles, newest first."""

    name: str
    title: str
    tagline: str
    author: str
    feed: Feed
    charset: Literal["utf-8", "iso-8859-1"]
    layout: Literal["moderne", "ancien"]
    colour: str
    nav: tuple[str, ...]
    sidebar: tuple[Note, ...]
    footer: str
    comments: tuple[Comment, ...]
    articles: tuple[Article, ...]


class Account(Part):
    """An author of the Mastodon-like instance."""

    username: str
    name: str
    note: str
    created: date
    followers: int
    following: int
    noindex: bool = False


class Card(Part):
    """The preview of a page of another demonstration site."""

    site: str
    path: str
    title: str


class Counts(Part):
    """How often a status was answered, boosted and liked."""

    replies: int = 0
    reblogs: int = 0
    favourites: int = 0


class Status(Part):
    """One message; ``{site}/path`` in its text becomes a link, #tag and @name too."""

    at: AwareDatetime
    by: str
    text: str
    counts: Counts = Counts()
    spoiler: str = ""
    edited: AwareDatetime | None = None
    visibility: Literal["public", "unlisted"] = "public"
    card: Card | None = None
    media: str | None = None
    reply_to: str | None = None
    boost_of: AwareDatetime | None = None
    trouble: StatusTrouble | None = None

    @property
    def id(self) -> str:
        """Like Mastodon's: milliseconds shifted by 16 bits, so ids sort by time."""
        return str(int(self.at.timestamp() * 1000) << 16)

    @property
    def path(self) -> str:
        """The path of its page; a boost has none, so its ActivityPub address stands for it."""
        return f"/users/{self.by}/statuses/{self.id}/activity" if self.boost_of else f"/@{self.by}/{self.id}"


class Instance(Part):
    """The Mastodon-like site."""

    name: str
    title: str
    description: str
    accounts: tuple[Account, ...]
    statuses: tuple[Status, ...]


class Campaign(Part):
    """One crowdfunding page; amounts in euros."""

    slug: str
    style: PageStyle
    title: str
    organiser: str
    raised: float
    goal: float
    donors: int
    starts: date
    ends: date
    story: str
    currency: Literal["EUR"] = "EUR"

    @property
    def path(self) -> str:
        """The canonical path."""
        return f"/cagnotte/{self.slug}"


class Funding(Part):
    """The crowdfunding site."""

    name: str
    title: str
    tagline: str
    campaigns: tuple[Campaign, ...]
