"""What stands in place of the content, for each kind of source and each step of its reading: always a named reason, told, never an empty success.

The spiders run here without Scrapy or network: a request is answered at once, by the played platform or by what keeps readers out.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime
from importlib import import_module
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from core.errors import SourceError
from core.records import SourceReport
from core.settings import Settings
from crawlers.catalog import kinds, load_source
from crawlers.coverage import coverage
from crawlers.cursor import Cursor
from crawlers.expect import alarms, is_blind, known_reasons, meaning
from crawlers.fetching.missed import reason_of
from crawlers.platforms.jetstream import parse as parse_jetstream
from crawlers.reading.drafts import Left, to_document
from crawlers.reading.page import Page
from flows.publishing import PublishReport
from flows.report import RunReport, markdown
from flows.scoring import ScoreReport
from tests.crawlers.play import JSON, XML, Answer, Asked, Web, article, write_source
from tests.crawlers.stages import STAGES

if TYPE_CHECKING:
    from pathlib import Path

    from crawlers.catalog import Source
    from tests.crawlers.stages import Stage


def page(title: str, words: str, *, status: int = 200, more: str = "", **headers: str) -> Answer:
    """A short page in place of another one."""
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return Answer(f"<!doctype html><html><head><title>{title}</title></head><body>{more}<p>{words}</p></body></html>", status=status, headers=named)


HUMAN = "Please wait while we make sure that you are a person and not a program; this takes a few seconds and happens once a day on this site."
ANUBIS = "You are seeing this because the administrator of this website has set up Anubis to protect the server against the scourge of companies."
COOKIES = (
    "Avec votre accord, nos 842 partenaires et nous utilisons des cookies pour stocker et lire des informations sur votre visite, à tout moment."
)
LOGIN = "Vous devez être connecté pour voir cette page. Si vous n'avez pas encore de compte, inscrivez-vous : cela ne prend que quelques minutes."
GEO = "You are attempting to access this website from a country belonging to the European Economic Area; access cannot be granted at this time."
GEO_FR = "Désolé, ce contenu n'est pas disponible dans votre pays ou votre région, pour des raisons de droits ; merci de votre compréhension."
SALE = "This domain is for sale. The owner of this domain has parked it with a service; related searches: health, blog, garden, books and more."
SALE_FR = "Le nom de domaine carnet.example est à vendre. Faites une offre à son propriétaire, il vous répondra dans les plus brefs délais."
CLOSED = "Notre site est actuellement en maintenance, nous revenons très bientôt. Merci de votre patience, toute l'équipe travaille pour vous."
NGINX = "If you see this page, the nginx web server is successfully installed and working. Further configuration is required by its owner now."
SUSPENDED = "This Account has been suspended. Contact your hosting provider for more information about it and how to get this account back online."
LOST = "Oups, la page que vous cherchez n'existe pas. Essayez peut-être une recherche dans le champ ci-dessous, ou revenez à l'accueil du site."
BOT = "bot_wall"
ANY = ""  # whatever the kind says of an answer that is not its own
ANSWERS: dict[str, tuple[Answer, str]] = {
    "cloudflare": (page("Just a moment...", "", status=403, cf_mitigated="challenge"), BOT),
    "cloudflare, status 503": (page("Just a moment...", HUMAN, status=503), BOT),
    "cloudflare, status 429": (page("x", "", status=429, cf_mitigated="challenge"), BOT),
    "cloudflare, in French": (page("Un instant…", "Vérifiez que vous êtes humain en effectuant l'action ci-dessous."), BOT),
    "turnstile": (page("Le carnet", HUMAN, more="<script src='https://challenges.cloudflare.com/turnstile/v0/api.js'></script>"), BOT),
    "datadome": (page("Le carnet", "", status=403, more="<script src='https://ct.captcha-delivery.com/c.js'></script>", x_datadome="protected"), BOT),
    "anubis": (page("Making sure you&#39;re not a bot!", ANUBIS), BOT),
    "akamai": (page("Access Denied", "You don't have permission to access this page on this server. Reference #18.2d", status=403), BOT),
    "akamai, status 200": (page("&nbsp;", "", more="<div id='sec-if-cpt-container'></div><script src='/x?bm-verify=A'></script>"), BOT),
    "perimeterx": (page("Access to this page has been denied", "", status=403, more="<div id='px-captcha'></div>"), BOT),
    "imperva": (page("", "", more="<iframe src='/_Incapsula_Resource?SWUDNSAI=31'>Request unsuccessful.</iframe>"), BOT),
    "aws": (page("", "", status=202, x_amzn_waf_action="challenge"), BOT),
    "vercel": (page("Vercel Security Checkpoint", "", status=429, x_vercel_mitigated="challenge"), BOT),
    "kasada": (page("", "", status=429, more="<script>window.KPSDK={};</script>"), BOT),
    "cookies, Google": (page("Avant d'accéder à Google", "", more="<form action='https://consent.google.com/save'></form>"), "cookie_wall"),
    "cookies, press": (page("Le Journal", COOKIES), "cookie_wall"),
    "cookies, in English": (page("News", COOKIES.replace("nos 842 partenaires et nous", "we and our partners")), "cookie_wall"),
    "shell": (page("App", "", more="<noscript>You need to enable JavaScript to run this app.</noscript><div id=root></div>"), "script_shell"),
    "shell, Vue": (page("Forum", "", more="<div id='app'></div><script type=module src=/i.js></script>"), "script_shell"),
    "shell, Angular": (page("{{ titre }}", "", more="<app-root></app-root>"), "script_shell"),
    "login": (page("Connexion - Le forum", "", more="<form><input type=password></form>"), "login_required"),
    "login, in words": (page("Le forum", LOGIN), "login_required"),
    "country": (page("Unavailable", GEO), "geo_blocked"),
    "country, in French": (page("Indisponible", GEO_FR), "geo_blocked"),
    "for sale": (page("carnet.example", SALE), "parked_domain"),
    "for sale, in French": (page("carnet.example", SALE_FR), "parked_domain"),
    "maintenance": (page("Un moment", CLOSED), "out_of_service"),
    "new server": (page("Bienvenue", NGINX), "out_of_service"),
    "suspended": (page("Account Suspended", SUSPENDED), "out_of_service"),
    "lost, status 200": (page("Le carnet", LOST), "no_such_post"),
    **{
        str(status): (page("Non", "Non.", status=status), f"http_{status}") for status in (401, 402, 403, 404, 410, 418, 429, 451, 500, 502, 503, 520)
    },
    "403 in JSON": (Answer('{"message": "no"}', kind=JSON, status=403), "http_403|api_error|not_discourse"),
    "nothing": (Answer(b""), ANY),
    "blanks": (Answer(" \n "), ANY),
    "no words": (page("", ""), ANY),
    "another page": (page("Accueil", "Nous sommes là."), ANY),
    "empty list": (Answer("[]", kind=JSON), ANY),
    "empty object": (Answer("{}", kind=JSON), ANY),
    "null": (Answer("null", kind=JSON), ANY),
    "error with status 200": (Answer('{"error": "oops"}', kind=JSON), ANY),
    "errors with status 200": (Answer('{"errors": [{"code": 500, "message": "oops"}]}', kind=JSON), ANY),
    "feed without entries": (Answer("<rss version='2.0'><channel><title>Vide</title></channel></rss>", kind=XML), ANY),
    "cut": (Answer("<html><head><title>Un"), ANY),
    "PDF": (Answer(b"%PDF-1.4\n" + b"x" * 2000, kind="application/pdf"), ANY),
    "bytes": (Answer(bytes(range(256)) * 20, kind="application/octet-stream"), ANY),
}
# what platforms say in their own words
OWN: dict[tuple[str, str], set[str]] = {
    ("BlueskySearch", "results"): {"search_closed"},
    ("HelloAsso", "signed_in"): {"login_required", "unreadable_json"},
    ("HelloAsso", "forms"): {"login_required", "unreadable_json"},
    ("Ulule", "first"): {"unreadable_json"},
    ("Ulule", "project"): {"unreadable_json"},
    ("HelloAsso", "amounts"): {"no_amounts", "campaign_gone"},
    ("Crowdfunding", "first"): {"campaign_gone"},
    ("Urls", "planned"): {"http_404"},  # an interface that refuses: the page itself is asked for
    ("Forum", "first"): {"no_such_thread"},
    ("Forum", "thread"): {"no_such_thread"},
    ("Telegram", "first"): {"not_telegram_channel"},
    ("Discourse", "first"): {"not_discourse", "login_required", "no_such_thread"},
    ("DiscourseCategory", "first"): {"not_discourse", "login_required", "no_such_thread"},
    ("DiscourseCategory", "topic"): {"not_discourse", "login_required", "no_such_thread"},
}


class Counting:
    """A keeper that counts what would be written down."""

    error: BaseException | None = None
    sated = False

    def __init__(self, source: Source) -> None:
        self.source, self.counts, self.reasons = source, Counter[str](), Counter[str]()

    def take(self, items: Any, **_: Any) -> list[Any]:
        for item in items:
            if isinstance(item, Left):
                self._count(item.status, item.reason)
            else:
                try:
                    to_document(item, source=self.source, key=b"k" * 32, now=datetime.now(UTC), max_chars=10**6)
                except SourceError as error:
                    self._count("set_aside", error.reason)
                else:
                    self.counts["kept"] += 1
        return []

    def _count(self, status: str, reason: str) -> None:
        self.counts[status] += 1
        self.reasons[reason] += 1

    def set_aside(self, url: str, reason: str, detail: str, **_: Any) -> None:
        assert detail
        self._count("set_aside", reason)

    def fail(self, reason: str) -> None:
        self._count("failed", reason)

    def drop(self, reason: str) -> None:
        self._count("dropped", reason)

    def duplicate(self) -> None:
        self.counts["duplicate"] += 1

    def note(self, reason: str) -> None:
        self.reasons[reason] += 1

    def gone(self, url: str, **_: Any) -> bool:
        return False

    def broken(self, error: BaseException) -> None:
        raise error

    def report(self) -> SourceReport:
        counts = {name: self.counts[name] for name in ("kept", "duplicate", "dropped", "set_aside", "failed")}
        return SourceReport(source=self.source.name, seen=sum(counts.values()), reasons=dict(self.reasons), **counts)


class House:
    """A source of one kind, the platform that it reads, and how it is read."""

    def __init__(self, kind: type[Stage], web: Web, folder: Path) -> None:
        web.players.clear()
        stage = kind(web)
        self.web, self.settings = web, stage.settings(Settings(data_dir=folder / "data", sources_dir=folder / "sources"))
        write_source(self.settings, stage.kind, **stage.options)
        self.source = load_source(self.settings.sources_dir / "essai.yml")
        self.spider = import_module(f"crawlers.spiders.{stage.kind}").Spider

    def read(self, *, step: str = "", answer: Answer | None = None) -> tuple[SourceReport, set[str]]:
        """One run in which every request of a step gets this answer: what came of it, and the steps that were made."""
        keeper = Counting(self.source)
        spider = self.spider(source=self.source, keeper=keeper, cursor=Cursor(self.settings.data_dir / "cursor.json"), house=self.settings)

        async def begun() -> list[Any]:
            return [request async for request in spider.start()]

        waiting, steps = asyncio.run(begun()), set()
        while waiting:
            request = waiting.pop(0)
            name = request.cb_kwargs["step"]
            steps.add(name)
            headers = {key.decode().lower(): b",".join(values).decode() for key, values in request.headers.items()}
            asked = Asked(request.method, request.url.removeprefix(self.web.base), headers, request.body, 0.0)
            given = answer if answer and name == step else self.web.answer(asked)
            response = Response(
                request.url, status=given.status, headers={"Content-Type": given.kind, **dict(given.headers)}, body=given.data, request=request
            )
            if 200 <= given.status < 300 or given.status in spider.handle_httpstatus_list:
                waiting += spider.read(response, **request.cb_kwargs)
            else:
                failure: Any = Failure(HttpError(response))
                failure.request = request
                waiting += request.errback(failure)
        return keeper.report(), steps


def shown(source: Source, report: SourceReport) -> list[str]:
    """What is wrong with how a run is told: in the artifact and in ``vigie sources coverage``."""
    run = SimpleNamespace(at=datetime.now(UTC), report=report.model_copy(update={"alarms": alarms(source, report)}))
    history: Any = SimpleNamespace(runs=lambda name: [run])
    known = coverage([source], history)[0]
    told = markdown(RunReport(sources=(run.report,), broken={}, score=ScoreReport(), publish=PublishReport()))
    wrong = [] if known.state in ("blind", "partial") else [f"coverage says {known.state}"]
    wrong += [] if run.report.alarms or report.failed else ["no alarm"]
    return wrong + [f"{reason} is not told" for reason in report.reasons if meaning(reason) not in told or meaning(reason) == reason]


@pytest.fixture(scope="module")
def web() -> Any:
    with Web() as played:
        yield played


@pytest.mark.parametrize("name", STAGES)
def test_whatever_stands_in_the_way_is_named_and_told(name: str, web: Web, tmp_path: Path) -> None:
    house = House(STAGES[name], web, tmp_path)
    good, steps = house.read()
    assert good.kept > 5
    wrong = []
    for step in sorted(steps):
        for blind, (answer, expected) in ANSWERS.items():
            report, _ = house.read(step=step, answer=answer)
            new = {one for one, count in report.reasons.items() if count > good.reasons.get(one, 0) or (is_blind(one) and not report.kept)}
            right = set(expected.split("|") if expected else known_reasons()) | OWN.get((name, step), set())
            wrong += [] if new and new <= right else [(step, blind, sorted(new))]
            wrong += [(step, blind, said) for said in shown(house.source, report)]
    assert wrong == []


def test_every_kind_that_asks_by_http_is_in_the_table() -> None:
    assert {stage.kind for stage in STAGES.values()} | {"bluesky_jetstream"} == set(kinds())


@pytest.mark.parametrize(("blind", "answer"), [(name, answer) for name, (answer, _) in ANSWERS.items()], ids=ANSWERS)
def test_a_stream_that_is_none_is_named(blind: str, answer: Answer) -> None:
    with pytest.raises(SourceError) as raised:
        parse_jetstream(Page(url="https://flux.example/", body=answer.data, status=answer.status))
    assert is_blind(raised.value.reason), blind


@pytest.mark.parametrize(
    "text",
    [
        "Nos partenaires de la mairie ont offert des pommiers, et les enfants de l'école viennent les arroser chaque matin avant la classe.",
        "La Cnil explique les cookies aux collégiens : un atelier se tiendra samedi à la médiathèque, l'entrée est libre et gratuite pour tous.",
        "La maison du meunier est à vendre depuis ce matin. Le conseil municipal souhaite l'acheter pour y loger la bibliothèque du village.",
        "Le médicament n'est plus disponible en pharmacie depuis mars, et les patients du canton s'inquiètent ; le fabricant promet un retour.",
        "La page d'histoire que vous lirez samedi raconte la maintenance du moulin, fermé pour travaux de 1931 à 1934 par le conseil.",
        "Connectez-vous à la nature : la balade du dimanche part de la gare à dix heures, pensez à prendre de l'eau et de bonnes chaussures.",
    ],
)
def test_a_short_article_is_no_wall(text: str) -> None:
    from crawlers.reading.extract import article as read

    assert text in read(Page(url="https://carnet.example/a", body=article("Brèves du village", text).encode())).text


@pytest.mark.parametrize(("reason", "told"), [("other_host", "hosts"), ("private_address", "privée"), ("robots_txt", "robots.txt")])
def test_a_redirect_to_a_consent_page_and_what_a_rule_refuses_have_their_reasons(reason: str, told: str) -> None:
    from scrapy.exceptions import IgnoreRequest

    from crawlers.fetching.guard import Refused

    error = IgnoreRequest("Forbidden by robots.txt") if reason == "robots_txt" else Refused(reason)
    why = reason_of(error, url="https://consent.example/", silent=())
    assert why is not None
    assert (why.reason, is_blind(why.reason)) == (reason, True)
    assert told in meaning(reason)
