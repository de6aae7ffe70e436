"""A crowdfunding page, or an API's answer about one campaign, to a draft: embedded state first, then the selectors of the site's profile, data
attributes, JSON-LD, <meta> and the words that people read. Which names mean what is data: crawlers/profiles.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from core.errors import SourceError
from core.records import Funding
from core.urls import host_of
from crawlers.platforms.crowdfunding_markup import (
    MAX_LINE,
    Story,
    cards,
    from_attributes,
    from_meta,
    from_selectors,
    from_words,
    render,
    story_of,
    visible_lines,
)
from crawlers.platforms.crowdfunding_profiles import profile_of
from crawlers.platforms.crowdfunding_state import candidates, loads, states
from crawlers.platforms.money import amount, count, currency
from crawlers.reading.drafts import Draft
from crawlers.reading.markup import absolute, html_to_text
from crawlers.reading.page import Found, Page
from crawlers.reading.times import parse_time
from crawlers.reading.walls import wall

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from lxml.html import HtmlElement

    from crawlers.platforms.crowdfunding_profiles import Profile

Fields = dict[str, Any]
GONE = (404, 410)
AMOUNTS = ("raised", "goal", "currency", "donors")
MONTHS = 12
SHORT = 4000  # characters of visible text; a page that says that a campaign is gone has fewer
SAVED = re.compile(r"<!-- saved from url=\(\d{1,6}\)(https?://[^\s<>]{1,500}) -->")
ENDED = {
    "campaign_gone": "the page says that the campaign is gone",
    "campaign_closed": "the page says that the campaign is closed, and tells no more",
}
SEVERAL = "expected the page of one campaign: name each page"


class Seen(NamedTuple):
    """What a page gives. ``told``: the story is the page's own, not just its summary for search engines; ``ended``: what the page says of the
    campaign; ``missing``: why selectors of the profile found nothing.
    """

    fields: Fields
    story: Story
    told: bool
    ended: str | None
    missing: dict[str, str]


def parse_campaign(page: Page) -> Found:
    """The one campaign of a page or of an API's answer.

    Raises SourceError: a wall's name, unreadable_json, several_campaigns, not_a_campaign, no_title, no_amount, empty_text, selector_none,
    selector_several, and campaign_gone or campaign_closed for one that is no longer told.
    """
    profile = profile_of(page.url)
    if page.status in GONE:
        raise SourceError("campaign_gone", f"{page.url}: the site answered {page.status}; the campaign is no longer there")
    if _is_json(page):
        return Found((_draft(_of_answer(page, profile), page, profile=profile, language=None),))
    tree = page.tree
    visible = "\n".join(line.text for line in visible_lines(tree))
    reason = wall(page.text, headers=page.headers, visible=visible)
    if reason and reason != "script_shell":  # a page that a script fills may still carry its state
        raise SourceError(reason, f"{page.url}: {reason} in place of the page; Vigie does not go around it")
    try:
        seen = _of_page(tree, page, profile=profile, room=len(visible))
        language = (tree.get("lang") or "")[:2].lower()
        return Found((_draft(seen, page, profile=profile, language=language if language.isalpha() else None),))
    except SourceError as error:
        if reason and error.reason not in ("several_campaigns", *ENDED):
            raise SourceError(reason, f"{page.url}: a script fills this page and its state holds no campaign ({error.reason})") from error
        raise


def read_saved(page: Page) -> Found:
    """A page from a file: where a browser noted the address when it saved the page, that is the address."""
    noted = SAVED.search(page.text[:2000])
    return parse_campaign(Page(noted[1], page.body, page.headers, page.status) if noted else page)


def public_address(url: str) -> str:
    """The address under which people see the campaign that an address stands for."""
    return profile_of(url).spell(url) or url


def address_to_ask(url: str) -> str:
    """The address that is asked for a campaign: the site's API where its profile names one, else the page in the site's one spelling."""
    return profile_of(url).ask(url)


def _is_json(page: Page) -> bool:
    return page.body[:100].removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")


def _of_answer(page: Page, profile: Profile) -> Seen:
    """The campaign of a JSON answer."""
    found = candidates([page.json], profile.state, cents=profile.cents, hidden=profile.amount_hidden, url=page.url)
    best = [one.fields for one in found if found[0].own == one.own and len(one.fields) == len(found[0].fields)]
    if len({str(one["title"]) for one in best}) > 1:
        raise SourceError("several_campaigns", f"{page.url}: {len(best)} campaigns in one answer; {SEVERAL}")
    fields = best[0] if best else {}
    story = render(str(fields.get("story") or ""), base=page.url)
    return Seen(fields, story, told=bool(story.text), ended=None, missing={})


def _of_page(tree: HtmlElement, page: Page, *, profile: Profile, room: int) -> Seen:
    """What each place of a page says, the first place winning. ``room``: characters of visible text."""
    meta = from_meta(tree, profile.meta)
    shown, node, why = story_of(tree, profile.selectors.get("story", ()), base=page.url)
    title = str(meta.get("title") or "")
    lines = visible_lines(tree, without=() if node is None else (node,), others=cards(tree, title=title))
    ended = _ended((line.text for line in lines), profile, room=room)
    if ended != "campaign_gone":
        _check_address(tree, page, profile=profile)
    words, pairs = from_words(lines)
    selected, missing = from_selectors(tree, profile.selectors)
    embedded = _embedded(tree, page, profile=profile, title=title, words=[{**words, **pair} for pair in pairs] or [words])
    linked_data = [one.fields for one in candidates(_json_ld(tree), profile.json_ld, title=title, url=page.url, loose=True)[:1]]
    structured = _merged([*embedded, selected, from_attributes(tree, profile.attributes), *linked_data, meta], words={})
    if len(pairs) > 1 and not structured.keys() & {"raised", "goal"}:
        raise SourceError("several_campaigns", f"{page.url}: {len(pairs)} different sums stand on this page, none is said to be its own; {SEVERAL}")
    same = (pair for test in (_agree, _agree_but_for_cents) for pair in pairs if test(pair, structured))
    fields = _merged([structured], words={**words, **next(same, {})})
    told = [render(str(place["story"]), base=page.url) for place in (*embedded[:3], *linked_data) if place.get("story")]
    story = max((shown, *told), key=lambda one: len(one.text))
    missing = missing if node is not None or not profile.hosts else {**missing, "story": why}
    return Seen(fields, story if story.text else render(str(fields.get("story") or ""), base=page.url), bool(story.text), ended, missing)


def _embedded(tree: HtmlElement, page: Page, *, profile: Profile, title: str, words: list[Fields]) -> list[Fields]:
    """The objects of the embedded state that are this page's campaign; a page may embed others too."""
    found = candidates(states(tree), profile.state, cents=profile.cents, hidden=profile.amount_hidden, title=title, url=page.url)
    own = [one.fields for one in found if one.own]
    if own:
        return own[:5]
    best = [one.fields for one in found if len(one.fields) == len(found[0].fields)]
    if len({str(one["title"]) for one in best}) > 1:
        raise SourceError("several_campaigns", f"{page.url}: {len(best)} campaigns in the page's state, none of them under its title; {SEVERAL}")
    return [one for one in best[:1] if any(_agree(one, said) or _agree_but_for_cents(one, said) for said in words)]


def _agree(one: Fields, other: Fields) -> bool:
    """Whether two places do not contradict each other's amounts."""
    return all(None in (first := (amount(one.get(name)), amount(other.get(name)))) or first[0] == first[1] for name in ("raised", "goal"))


def _agree_but_for_cents(one: Fields, other: Fields) -> bool:
    """Whether the amounts of one place are a hundred times, or a hundredth of, the other's: one of them counts cents."""
    pairs = [(amount(one.get(name)), amount(other.get(name))) for name in ("raised", "goal")]
    known = [(first, second) for first, second in pairs if first is not None and second is not None]
    return any(known) and (all(first == 100 * second for first, second in known) or all(100 * first == second for first, second in known))


def _json_ld(tree: HtmlElement) -> list[Any]:
    return [value for script in tree.xpath("//script[@type='application/ld+json']/text()") for value in loads(script)]


def _merged(places: Iterable[Fields], *, words: Fields) -> Fields:
    """The fields of all places, the first winning. Amounts of a place that contradicts an earlier one are another campaign's; where a state and the
    words differ by a factor of 100, cents were mistaken, and what people read is right.
    """
    fields: Fields = {}
    for place in (*places, words):
        agrees = _agree(place, fields)
        named = {"currency": currency(place.get("raised")) or currency(place.get("goal")), **place}
        for name, value in named.items():
            if value is not None and (agrees or name not in AMOUNTS):
                fields.setdefault(name, value)
    if not _agree(words, fields) and _agree_but_for_cents(words, fields):
        fields.update({name: words[name] for name in ("raised", "goal") if name in words and name in fields})
        fields.setdefault("currency", currency(words.get("raised")) or currency(words.get("goal")))
    return fields


def _ended(lines: Iterable[str], profile: Profile, *, room: int) -> str | None:
    """Whether short lines outside the story say that the campaign is gone (only a short page says so: it marks a document as deleted) or closed."""
    text = "\n".join(line.casefold() for line in lines if len(line) <= MAX_LINE)
    gone = room <= SHORT and any(words.casefold() in text for words in profile.gone)
    return "campaign_gone" if gone else "campaign_closed" if any(words.casefold() in text for words in profile.closed) else None


def _draft(seen: Seen, page: Page, *, profile: Profile, language: str | None) -> Draft:
    fields, story = seen.fields, seen.story
    title = html_to_text(str(fields.get("title") or ""))[:1000]
    _check(seen, page, profile=profile, title=title)
    starts, ends = _time(fields.get("starts_at")), _time(fields.get("ends_at"))
    funding = Funding(
        raised=amount(fields.get("raised")), goal=amount(fields.get("goal")), currency=currency(fields.get("currency")),
        donors=count(fields.get("donors")), starts_at=starts, ends_at=ends,
    )  # fmt: skip
    organiser = html_to_text(str(fields.get("organiser") or ""))[:200]
    return Draft(
        url=_address(fields, page, profile=profile),
        kind="crowdfunding",
        title=title,
        text="\n\n".join(part for part in (story.text or title, _recurring(funding, profile)) if part),
        organiser=organiser or None,
        platform_id=str(fields["id"]) if fields.get("id") else None,
        content_type=story.content_type,
        images=story.images,
        links=story.links,
        language=language,
        published_at=starts,
        replies=count(fields.get("replies")),
        funding=funding,
    )


def _recurring(funding: Funding, profile: Profile) -> str:
    """Amounts that recur are no sum that was reached: the text says so, as the page does."""
    if not profile.monthly or funding.raised is None:
        return ""
    return f"[montant récurrent, en général par mois : {funding.raised:g} {funding.currency or ''}".strip() + "]"


def _check(seen: Seen, page: Page, *, profile: Profile, title: str) -> None:
    """What is always there must be there: its absence is a change of the page, or no campaign. A campaign that has ended may show no amount."""
    fields = seen.fields
    amounts = {name: amount(fields.get(name)) for name in ("raised", "goal")}
    hidden = bool(fields.get("hidden"))
    lacks = {
        "title": "" if title else "no_title",
        "amount": "" if hidden or amounts["raised"] is not None or (amounts["goal"] is not None and fields.get("currency")) else "no_amount",
        "raised": "" if hidden or amounts["raised"] is not None else "no_amount",
        "goal": "" if hidden or amounts["goal"] is not None else "no_amount",
        "story": "" if seen.story.text else "empty_text",
        "donors": "" if count(fields.get("donors")) is not None else "no_donors",
        "organiser": "" if fields.get("organiser") else "no_organiser",
    }
    for field in profile.expected:
        if not lacks[field] or (seen.ended and seen.told and title and field not in ("title", "story")):
            continue
        reason = (None if seen.told else seen.ended) or seen.missing.get(field) or lacks[field]
        why = ENDED.get(reason) or f"no {field} was found where {profile.site} always shows one"
        raise SourceError(reason, f"{page.url}: {why} ({reason}); look at the page, it may be no campaign or have changed")


def _check_address(tree: HtmlElement, page: Page, *, profile: Profile) -> None:
    """A page of a known site that says itself that it is another page than a campaign is none."""
    declared = _declared(tree, page)
    if profile.campaign and declared and profile.spell(declared) is None and profile.spell(page.url) is None:
        raise SourceError("not_a_campaign", f"{page.url}: the page calls itself {declared[:200]}, which is no campaign of {profile.site}")


def _declared(tree: HtmlElement, page: Page) -> str:
    """The address that a page gives itself, if it is one of the same site."""
    for value in (*tree.xpath("//link[@rel='canonical']/@href"), *tree.xpath("//meta[@property='og:url']/@content")):
        link = absolute(page.url, str(value))
        if link.startswith(("http://", "https://")) and _same_site(link, page.url):
            return link
    return ""


def _same_site(one: str, other: str) -> bool:
    first, second = host_of(one).removeprefix("www."), host_of(other).removeprefix("www.")
    profile = profile_of(other)
    return bool(first) and (first == second or (profile.serves(first) and profile.serves(second)))


def _address(fields: Fields, page: Page, *, profile: Profile) -> str:
    """The campaign's public address: as the site spells it, else as the page does, else as it was asked for."""
    declared = "" if _is_json(page) else _declared(page.tree, page)
    given = str(fields.get("url") or "")
    links = [link for link in (declared, given) if link.startswith(("http://", "https://")) and _same_site(link, page.url)]
    for link in (*links, page.url):
        if spelt := profile.spell(link):
            return spelt
    return next((link for link in links if len(urlsplit(link).path) > 1), page.url)


def _time(value: Any) -> datetime | None:
    """A time that names a year: "in 5 days" would mean another day at each reading. 4/12/2026 is the fourth of December, as in French."""
    if not isinstance(value, str):
        return None if value is None else parse_time(value)
    if french := re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", value.strip()):
        day, month, year = (int(part) for part in french.groups())
        value = f"{year}-{month:02}-{day:02}" if month <= MONTHS else f"{year}-{day:02}-{month:02}"
    return parse_time(value) if re.search(r"\d{4}", value[:80]) else None
