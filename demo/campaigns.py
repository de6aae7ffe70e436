"""The crowdfunding site: the same facts written in the four ways that platforms write them."""

from __future__ import annotations

from datetime import UTC
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from demo.render import common, html_of, midnight, page

if TYPE_CHECKING:
    from collections.abc import Callable

    from demo.content import Campaign, Funding, PageStyle
    from demo.exchange import Request, Response

PRIVATE = "/prive/cagnotte-en-preparation"


class FundingSite:
    """Answers for the crowdfunding site."""

    def __init__(self, funding: Funding, base: str) -> None:
        self.funding, self.base = funding, base
        self._pages = {campaign.path: campaign for campaign in funding.campaigns}

    def answer(self, request: Request) -> Response:
        """The response to any path of the site."""
        if (shared := common(request)) is not None:
            return shared
        if request.path in ("/", "/cagnottes"):
            return self._page("cagnottes.html", campaigns=self.funding.campaigns, private=PRIVATE)
        if request.path == PRIVATE:
            return self._page("prive.html")
        campaign = self._pages.get(request.path)
        if campaign is None:
            return self._page("introuvable.html", code=404)
        return self._page(f"cagnotte_{campaign.style}.html", campaign=campaign, facts=FACTS[campaign.style](campaign))

    def _page(self, template: str, *, code: int = 200, **values: Any) -> Response:
        return page(template, code=code, site=self.funding, base=self.base, **values)


def state_facts(campaign: Campaign) -> dict[str, Any]:
    """The part of a page's embedded state that is about the campaign."""
    return {
        "fund_name": campaign.title, "fund_description": str(html_of(campaign.story)), "current_amount": campaign.raised,
        "goal_amount": campaign.goal, "currencycode": campaign.currency, "donation_count": campaign.donors,
        "user_full_name": campaign.organiser, "launch_date": midnight(campaign.starts).isoformat(),
        "end_date": midnight(campaign.ends).isoformat(), "url": campaign.slug, "country": "FR", "state": "active",
    }  # fmt: skip


def data_facts(campaign: Campaign) -> dict[str, Any]:
    """Attributes of the figures' element, times in RFC 1123."""
    starts, ends = (format_datetime(midnight(day).astimezone(UTC), usegmt=True) for day in (campaign.starts, campaign.ends))
    return {
        "data-pledged": f"{campaign.raised:.1f}", "data-goal": f"{campaign.goal:.1f}", "data-currency": campaign.currency,
        "data-backers-count": str(campaign.donors), "data-percent-raised": f"{campaign.raised / campaign.goal:.4f}",
        "data-start_time": starts, "data-end_time": ends,
    }  # fmt: skip


def jsonld_facts(campaign: Campaign) -> dict[str, Any]:
    """A schema.org DonateAction, with the two amounts that the vocabulary has no name for."""
    return {
        "@context": "https://schema.org", "@type": "DonateAction", "name": campaign.title, "description": campaign.story.strip(),
        "recipient": {"@type": "Organization", "name": campaign.organiser},
        "startTime": midnight(campaign.starts).isoformat(), "endTime": midnight(campaign.ends).isoformat(),
        "fundingGoal": {"@type": "MonetaryAmount", "value": campaign.goal, "currency": campaign.currency},
        "amountRaised": {"@type": "MonetaryAmount", "value": campaign.raised, "currency": campaign.currency},
        "interactionStatistic": {
            "@type": "InteractionCounter", "interactionType": "https://schema.org/DonateAction", "userInteractionCount": campaign.donors,
        },
    }  # fmt: skip


def plain_facts(campaign: Campaign) -> dict[str, Any]:
    """Nothing for machines: the visible text is all there is."""
    return {}


FACTS: dict[PageStyle, Callable[[Campaign], dict[str, Any]]] = {
    "state": state_facts,
    "data": data_facts,
    "jsonld": jsonld_facts,
    "plain": plain_facts,
}
