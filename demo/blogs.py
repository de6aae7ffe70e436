"""A blog: articles, an index, a feed, and the troubles that real blogs give."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any

from demo.exchange import Request, Response, redirect
from demo.render import common, page

if TYPE_CHECKING:
    from demo.content import Article, Blog

WAS_MOVED = "/ancien/"
UTM = "?utm_source=flux&utm_medium=rss"
SHARED = "?utm_campaign=partage&fbclid=IwDemo0001"


class BlogSite:
    """Answers for one blog. State: which transient errors were already given since the start."""

    def __init__(self, blog: Blog, base: str) -> None:
        self.blog, self.base = blog, base
        self._pages = {article.path: article for article in blog.articles}
        self._moved = {f"{WAS_MOVED}{a.slug}": a.path for a in blog.articles if a.trouble == "redirect"}
        self._failed: set[str] = set()
        self._lock = Lock()

    def answer(self, request: Request) -> Response:
        """The response to any path of the blog."""
        if (shared := common(request)) is not None:
            return shared
        if request.path == "/":
            return self._page("blog_index.html", articles=self.blog.articles)
        if request.path == self.blog.feed.path:
            return self._feed()
        if request.path in self._moved:
            return redirect(self.base + self._moved[request.path])
        article = self._pages.get(request.path)
        return self._page("missing.html", code=404) if article is None else self._article(article)

    def _article(self, article: Article) -> Response:
        if article.trouble == "gone":
            return self._page("missing.html", code=404)
        if article.trouble == "bot_wall":
            return page("wall.html", code=403)
        if article.trouble == "transient" and self._fails_now(article.path):
            return page("trouble.html", code=500)
        template = "blog_article_ancien.html" if self.blog.layout == "ancien" else "blog_article.html"
        return self._page(template, article=article, related=self._related(article))

    def _fails_now(self, path: str) -> bool:
        """True the first time only: one retry is enough, at every start alike."""
        with self._lock:
            first = path not in self._failed
            self._failed.add(path)
        return first

    def _related(self, article: Article) -> tuple[Article, ...]:
        others = [other for other in self.blog.articles if other is not article and other.trouble in (None, "canonical", "duplicate")]
        return tuple(others[:3])

    def _feed(self) -> Response:
        entries = [(article, self.base + link) for article in self.blog.articles for link in feed_links(article)]
        feed = self.blog.feed
        template, kind = ("atom.xml", "application/atom+xml") if feed.format == "atom" else ("rss.xml", "application/rss+xml")
        return self._page(template, kind=kind, entries=entries)

    def _page(self, template: str, *, code: int = 200, kind: str = "text/html", **values: Any) -> Response:
        return page(template, code=code, kind=kind, charset=self.blog.charset, blog=self.blog, base=self.base, **values)


def feed_links(article: Article) -> tuple[str, ...]:
    """The paths under which a feed announces an article."""
    if article.trouble == "redirect":
        return (f"{WAS_MOVED}{article.slug}",)
    if article.trouble == "canonical":
        return (article.path + UTM,)
    if article.trouble == "duplicate":
        return (article.path, article.path + SHARED)
    return (article.path,)
