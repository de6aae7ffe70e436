"""What a person confirmed leaves once, and nothing else does: played providers, lost answers, kills at each step, two workers, both databases."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import re
import signal
import threading
import uuid
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from pydantic import SecretStr
from structlog.testing import capture_logs

from cases import accounts, changing, informing, notice_sending, notice_signing, platforms, profiles, sending_queue, signing
from cases.database import Database, open_database
from cases.decisions import Act
from cases.notice import Content, Item, digest_of
from cases.notices import find
from cases.people import Actor, Role
from cases.platforms import Platforms, load_platforms
from cases.sending_queue import held_up
from cases.tables_notices import NoticeItemRow, NoticeRow, SendingRow
from core import logs
from core.errors import Conflict, Forbidden, Invalid
from core.logs import get_logger
from core.settings import ROOT, Settings
from flows import sending
from flows.sending import PAUSES, REASONS, drain_sendings, prepared
from flows.tending import tend
from tests.cases import noticing
from tests.cases.conftest import (  # noqa: F401 - fixtures
    case_settings,
    database,
    embedded,
    postgres_copy,
    postgres_server,
    postgres_template,
    postgres_url,
    sqlite_template,
)
from tests.flows.provider import PASSWORD, TOKEN, URI, Provider, provider, status

SECRET = b"s" * 40
ROLES: tuple[Role, ...] = ("analyse", "valide", "sante", "droit")


@pytest.fixture(scope="module")
def server() -> Iterator[Provider]:
    with provider() as played:
        yield played


@pytest.fixture
def played(server: Provider) -> Provider:
    """As new."""
    fresh = Provider()
    for name in ("spoil", "before", "statuses", "posts", "reports", "asked", "headers"):
        setattr(server, name, getattr(fresh, name))
    return server


class Scene:
    """A house with three people, and settings that lead to the played provider."""

    def __init__(self, settings: Settings, database: Database, played: Provider) -> None:  # noqa: F811
        self.database, self.played = database, played
        self.settings = settings.model_copy(
            update={
                "submission_places": played.place,
                "mastodon_tokens": SecretStr(f"ailleurs.example=autre,{played.place}={TOKEN}"),
                "bluesky_handle": "veille.exemple.test",
                "bluesky_app_password": SecretStr(PASSWORD),
                "console_secret": SecretStr(SECRET.decode()),
            }
        )
        self.house = accounts.add_organisation(database, name="Maison Exemple", capacity="agrement_2_17", by="test").id
        self.anne, self.paul, self.zoe = (self.person(name) for name in ("Anne", "Paul", "Zoé"))
        profiles.set_profile(database, self.house, {"email": "contact@maison.example"}, actor=self.anne)

    def person(self, name: str) -> Actor:
        made = accounts.add_person(
            self.database, organisation_id=self.house, login=f"{uuid.uuid4().hex[:8]}@maison.example", name=name, roles=ROLES, by="test"
        )
        return Actor(id=made.id, organisation_id=self.house, name=name, roles=ROLES)

    def notice(self, *urls: str, platform: str = "mastodon", uris: tuple[str | None, ...] = (), **fields: Any) -> str:
        """A signed notice on these addresses; its id."""
        items = tuple(_item(url, uri) for url, uri in zip(urls, uris or [None] * len(urls), strict=True))
        said = {
            "platform": platform,
            "bases": ("cconso-l121-4-16",),
            "explanation": "Le contenu affirme que ce produit guérit, ce qui est faux. " * 3,
        }
        content = Content.model_validate({**said, "items": items, **fields})
        name = uuid.uuid4().hex
        with self.database.writing() as session:
            session.add(
                NoticeRow(
                    id=name, organisation_id=self.house, created_by=self.anne.id, created_at=_now(), state="brouillon", version=1,
                    content=content.model_dump(mode="json"), digest=digest_of(content), platform=platform, items=len(items), category=None,
                    keyword=None, markers=["abandon_soins"], bases=list(content.bases), source_type="SOURCE_ARTICLE_16",
                )
            )  # fmt: skip
            session.flush()
            session.add_all([NoticeItemRow(notice_id=name, position=n, document_id=item.document_id) for n, item in enumerate(items, 1)])
        for who in (self.anne, self.paul):
            signing.sign(
                self.database, "notice", name, digest=digest_of(content), statement=signing.STATEMENT, interests="aucun", gates=(), actor=who,
                act=_act(), secret=SECRET,
            )  # fmt: skip
        informing.choose(self.database, "notice", name, choice="exception_14_5_b", reason="Non.", actor=self.anne, act=_act().id)
        return name

    def confirm(self, name: str, *, channel: str = "api_mastodon", by: Actor | None = None) -> None:
        digest = find(self.database, name, actor=self.anne).digest
        notice_sending.confirm_sending(self.database, name, channel=channel, digest=digest, actor=by or self.zoe, act=_act(), secret=SECRET)

    def drain(self, **options: Any) -> int:
        return drain_sendings(self.settings, self.database, bluesky=self.played.base, **options)

    def ways(self, name: str) -> list[tuple[str, str | None, str | None]]:
        return [(one.state, one.reference, one.reason) for one in notice_sending.sendings(self.database, name, actor=self.anne)]

    def wait_is_over(self) -> None:
        """As if all pauses and leases had passed."""
        with self.database.writing() as session:
            for row in session.query(SendingRow).all():
                row.taken_until = _now() - timedelta(seconds=1) if row.taken_until else None


def _now() -> datetime:
    return datetime.now(UTC)


def _act() -> Act:
    return Act(id=uuid.uuid4().hex, at=_now())


def _item(url: str, uri: str | None) -> Item:
    digest = hashlib.sha256(url.encode()).hexdigest()
    return Item.model_validate(
        {
            "document_id": digest[:32], "url": url, "platform": "mastodon.social", "platform_id": uri, "kind": "post", "access_mode": "open",
            "collected_at": _now(), "content_sha256": digest, "text_sha256": digest, "qualification": "illicite_presume", "decision_id": "d" * 32,
            "decided_at": _now(), "markers": ("abandon_soins",), "submarkers": ("A5",),
        }
    )  # fmt: skip


@pytest.fixture
def signed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rules on what a notice must say have tests of their own: here only signatures are asked for."""
    monkeypatch.setattr(notice_signing, "refuse_unfit", lambda session, row, setting: notice_signing.content_in(row))


@pytest.fixture
def scene(tmp_path: Path, embedded: Database, played: Provider, signed: None) -> Scene:  # noqa: F811
    return Scene(Settings(data_dir=tmp_path / "embedded"), embedded, played)


@pytest.fixture
def both(case_settings: Settings, database: Database, played: Provider, signed: None) -> Scene:  # noqa: F811
    """On SQLite and on PostgreSQL, for what depends on the database."""
    return Scene(case_settings, database, played)


def test_what_was_confirmed_leaves_once_by_the_hand_of_who_confirmed_it(both: Scene) -> None:
    name = both.notice(both.played.add("1"), both.played.add("2"))
    both.confirm(name)
    assert both.drain() == 2
    assert both.drain() == 0
    assert [report["status_ids[]"] for report in both.played.reports] == ["1", "2"]
    assert both.ways(name) == [("partie", "48901", None), ("partie", "48902", None)]
    sent = find(both.database, name, actor=both.anne)
    assert (sent.state, sent.sent_by, sent.channel, sent.reference) == ("envoyee", both.zoe.id, "api_mastodon", "48901, 48902")


def test_the_report_says_all_that_article_16_asks_for(scene: Scene) -> None:
    name = scene.notice(scene.played.add("7"))
    scene.confirm(name)
    scene.drain()
    said = scene.played.reports[0]["comment"]
    for needed in (f"{scene.played.base}/@verveine/7", "L. 121-4, 16°", "à vérifier par un juriste", "Maison Exemple", "contact@maison.example",
                   signing.STATEMENT, "ce qui est faux"):  # fmt: skip
        assert needed in said
    assert len(said) <= 1000


def test_bluesky_takes_a_report_too(scene: Scene) -> None:
    name = scene.notice("https://bsky.app/profile/did:plc:abcdefghijklmnop/post/3kabcdefghi2j", platform="bluesky", uris=(URI,))
    scene.confirm(name, channel="api_bluesky")
    assert scene.drain() == 1
    assert scene.played.reports[0]["subject"]["uri"] == URI
    assert find(scene.database, name, actor=scene.anne).state == "envoyee"


def test_nothing_leaves_without_a_person(scene: Scene) -> None:
    name = scene.notice(scene.played.add())
    assert scene.drain() == 0
    tend(scene.settings, scene.database)
    assert scene.played.asked == []
    with pytest.raises(Invalid, match="takes notices by"):
        scene.confirm(name, channel="api_bluesky")
    with pytest.raises(Forbidden):
        scene.confirm(name, by=scene.zoe.model_copy(update={"id": "personne"}))
    assert scene.drain() == 0


def test_the_doctor_names_what_waits_although_somebody_confirmed_it(scene: Scene) -> None:
    scene.confirm(scene.notice(scene.played.add()))
    assert held_up(scene.database, now=_now() + timedelta(minutes=59)) == (0, 0)
    assert held_up(scene.database, now=_now() + timedelta(minutes=61)) == (0, 1)
    assert scene.drain() == 1
    assert held_up(scene.database, now=_now() + timedelta(minutes=61)) == (0, 0)


def test_a_row_that_was_written_past_the_product_is_not_sent(scene: Scene) -> None:
    """With a person, under two signatures, but for other words; and with seals that the console's secret does not know."""
    name = scene.notice(scene.played.add())
    with scene.database.writing() as session:
        session.add(
            SendingRow(
                id=notice_sending.sending_id(name, "0" * 64, "api_mastodon", 1), notice_id=name, position=1, channel="api_mastodon",
                confirmed_by=scene.zoe.id, confirmed_at=_now(), state="attend", tries=0, updated_at=_now(),
            )
        )  # fmt: skip
    assert scene.drain() == 0
    assert scene.ways(name)[0][0] == "refusee"
    scene.confirm(name)
    other = scene.settings.model_copy(update={"console_secret": SecretStr("t" * 40)})
    assert drain_sendings(other, scene.database) == 0
    assert [state for state, _, _ in scene.ways(name)] == ["refusee", "refusee"]
    assert scene.played.asked == []


@pytest.mark.parametrize("fall", ["signature", "account"])
def test_what_falls_before_it_leaves_stops_it(scene: Scene, fall: str) -> None:
    name = scene.notice(scene.played.add())
    scene.confirm(name)
    if fall == "signature":
        notice_signing.withdraw_signature(scene.database, name, actor=scene.paul, act=_act(), secret=SECRET)
    else:
        changing.disable(scene.database, scene.paul.id, by="test")
    assert scene.drain() == 0
    assert scene.played.asked == []
    assert scene.ways(name)[0][0] == "refusee"


def test_a_lost_answer_is_asked_of_a_person_and_never_repeated(scene: Scene) -> None:
    name = scene.notice(scene.played.add())
    scene.played.spoil = lambda handler: handler.connection.close() or True
    scene.confirm(name)
    assert scene.drain() == 1
    assert scene.ways(name) == [("incertaine", None, REASONS["answer_lost"])]
    assert held_up(scene.database, now=_now()) == (1, 0)
    scene.played.spoil = None
    scene.wait_is_over()
    assert scene.drain() == 0
    scene.confirm(name)
    assert scene.drain() == 0  # confirming again does not touch it either
    assert scene.played.asked.count("POST /api/v1/reports") == 1
    one = notice_sending.sendings(scene.database, name, actor=scene.anne)[0]
    notice_sending.settle(scene.database, one.notice_id, one.id, left=True, actor=scene.zoe, act=_act(), reference="48900")
    assert find(scene.database, name, actor=scene.anne).state == "envoyee"


def test_what_did_not_arrive_can_be_confirmed_again(scene: Scene) -> None:
    name = scene.notice(scene.played.add())
    scene.played.spoil = status(502)
    scene.confirm(name)
    scene.drain()
    one = notice_sending.sendings(scene.database, name, actor=scene.anne)[0]
    notice_sending.settle(scene.database, one.notice_id, one.id, left=False, actor=scene.zoe, act=_act())
    scene.played.spoil = None
    assert scene.drain() == 0
    scene.confirm(name)
    assert scene.drain() == 1
    assert len(scene.played.reports) == 1


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (status(401), "login_required"),
        (status(403), "login_required"),
        (status(422), "not_accepted"),
        (status(302, Location="https://a.example/"), "redirected"),
    ],
)
def test_a_refusal_is_told_and_may_be_confirmed_again(scene: Scene, spoil: Any, reason: str) -> None:
    name = scene.notice(scene.played.add())
    scene.confirm(name)
    scene.played.spoil = spoil
    assert scene.drain() == 1
    assert scene.ways(name) == [("refusee", None, REASONS[reason])]
    assert find(scene.database, name, actor=scene.anne).state == "signee"
    scene.played.spoil = None
    assert scene.drain() == 0
    scene.confirm(name)
    assert scene.drain() == 1
    assert scene.ways(name)[0][0] == "partie"


def test_who_asks_to_wait_is_waited_for(both: Scene) -> None:
    name = both.notice(both.played.add())
    both.confirm(name)
    both.played.spoil = status(429, Retry_After="600")
    assert both.drain() == 0
    waiting = notice_sending.sendings(both.database, name, actor=both.anne)[0]
    assert (waiting.state, waiting.reason) == ("attend", REASONS["rate_limited"])
    assert waiting.taken_until is not None
    assert timedelta(seconds=590) < waiting.taken_until - _now() < timedelta(seconds=601)
    both.played.spoil = None
    assert both.drain() == 0
    both.wait_is_over()
    assert both.drain() == 1


def test_a_service_that_is_down_is_tried_again_with_longer_pauses_then_given_back(scene: Scene) -> None:
    name = scene.notice(scene.played.add())
    scene.confirm(name)
    scene.played.before = lambda handler, _path: not handler.give(503, {})
    for pause in PAUSES:
        assert scene.drain() == 0
        waiting = notice_sending.sendings(scene.database, name, actor=scene.anne)[0]
        assert waiting.taken_until is not None
        assert abs(waiting.taken_until - _now() - pause) < timedelta(seconds=5)
        scene.wait_is_over()
    assert scene.drain() == 1
    assert scene.ways(name) == [("refusee", None, REASONS["tried_often"])]
    assert scene.played.reports == []
    scene.played.before = None
    scene.confirm(name)
    assert scene.drain() == 1


def test_one_item_that_cannot_leave_does_not_hold_up_the_others(scene: Scene) -> None:
    name = scene.notice(f"{scene.played.base}/@verveine/404", scene.played.add("5"), f"{scene.played.base}/notes/x")
    scene.confirm(name)
    assert scene.drain() == 3
    assert [state for state, _, _ in scene.ways(name)] == ["refusee", "partie", "refusee"]
    assert [reason for _, _, reason in scene.ways(name)] == [REASONS["no_such_post"], None, REASONS["no_post_id"]]
    assert find(scene.database, name, actor=scene.anne).state == "signee"  # it counts as sent once all of it has left


def test_a_private_address_is_never_reached(scene: Scene) -> None:
    scene.settings = scene.settings.model_copy(
        update={"submission_places": "", "mastodon_tokens": SecretStr(f"10.1.2.3={TOKEN},{scene.played.place}={TOKEN}")}
    )
    name = scene.notice("https://10.1.2.3/@a/1", scene.played.add(), "https://inconnue.example/@a/1")
    scene.confirm(name)
    assert scene.drain() == 3
    assert [reason for _, _, reason in scene.ways(name)] == [REASONS["private_address"], REASONS["no_tls"], REASONS["no_account"]]
    assert scene.played.asked == []


def test_words_that_do_not_fit_are_not_sent_in_part(scene: Scene) -> None:
    name = scene.notice(scene.played.add(user="a" * 900))
    scene.confirm(name)
    assert scene.drain() == 1
    assert scene.ways(name) == [("refusee", None, REASONS["too_long"])]
    assert scene.played.reports == []


def test_an_account_that_is_not_set_is_said_so(scene: Scene) -> None:
    scene.settings = scene.settings.model_copy(update={"bluesky_app_password": None, "mastodon_tokens": None})
    one, two = scene.notice(scene.played.add()), scene.notice("https://bsky.app/x", platform="bluesky", uris=(URI,))
    scene.confirm(one)
    scene.confirm(two, channel="api_bluesky")
    assert scene.drain() == 2
    assert scene.ways(one) == scene.ways(two) == [("refusee", None, REASONS["no_account"])]


def test_two_workers_send_each_item_once(both: Scene) -> None:
    names = [both.notice(both.played.add(str(number))) for number in range(10, 16)]
    for name in names:
        both.confirm(name)
    done: list[int] = []
    workers = [threading.Thread(target=lambda: done.append(both.drain(most=20))) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(done) == 6
    assert sorted(report["status_ids[]"] for report in both.played.reports) == [str(number) for number in range(10, 16)]


def test_by_all_the_rules_from_two_readings_to_the_report(
    tmp_path: Path,
    embedded: Database,  # noqa: F811
    played: Provider,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing is left out here: what people read, the draft, its reasons, two signatures with the health look, the confirmation."""
    known = load_platforms()
    here = known.platform("mastodon").model_copy(update={"hosts": ("127.0.0.1",)})
    shown = Platforms(all=tuple(here if one.id == "mastodon" else one for one in known.all))
    for module in (platforms, sending_queue):
        monkeypatch.setattr(module, "load_platforms", lambda: shown)
    team = noticing.house(embedded)
    entry = noticing.entry("d1", url=played.add("9"), platform="127.0.0.1")
    notice = noticing.signed(embedded, team, *noticing.decided(embedded, team, entry))
    settings = Settings(
        data_dir=tmp_path / "embedded", submission_places=played.place, mastodon_tokens=SecretStr(f"{played.place}={TOKEN}"),
        console_secret=SecretStr(noticing.SECRET.decode()),
    )  # fmt: skip
    assert drain_sendings(settings, embedded) == 0
    notice_sending.confirm_sending(
        embedded, notice.id, channel="api_mastodon", digest=notice.digest, actor=team.val, act=_act(), secret=noticing.SECRET
    )
    assert drain_sendings(settings, embedded) == 1
    assert played.reports[0]["status_ids[]"] == "9"
    assert noticing.WORDS[:60] in played.reports[0]["comment"]
    assert find(embedded, notice.id, actor=team.val).state == "envoyee"


def test_neither_text_nor_secret_is_logged(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    structlog.reset_defaults()  # another test of this process may have asked for errors only
    monkeypatch.setattr(sending, "log", get_logger("flows.sending"))
    name = scene.notice(scene.played.add())
    scene.confirm(name)
    scene.played.spoil = status(401)
    logs.configure(level="INFO")  # another test may have asked for errors alone
    with capture_logs() as said:
        scene.drain()
    assert [one["reason"] for one in said if one["event"] == "notice_item_ended"] == ["login_required"]
    for secret in (TOKEN, "verveine", "guérit", scene.played.place):
        assert secret not in str(said)


def test_what_is_prepared_is_what_the_page_shows(scene: Scene) -> None:
    name = scene.notice(scene.played.add())
    scene.confirm(name)
    taken = notice_sending.take(scene.database, now=_now(), lease=timedelta(minutes=5), secret=SECRET)
    assert taken is not None
    words = sending_queue.words_of(scene.database, taken.sending)
    ready = prepared(taken, scene.settings, scene.database)
    assert ready.url == f"{scene.played.base}/api/v1/reports"
    assert "guérit" in words
    assert scene.played.reports == []


def test_every_reason_has_its_sentence() -> None:
    given = {path: (ROOT / path).read_text(encoding="utf-8") for path in ("crawlers/reporting.py", "flows/sending.py")}
    named = {name for text in given.values() for name in re.findall(r'(?:SourceError\(|reason=|pause, |wait\), |reason = )"([a-z_]+)"', text)}
    named |= set(re.findall(r'\d{3}: "([a-z_]+)"', given["crawlers/reporting.py"]))
    assert len(named) > 12
    assert named <= set(REASONS)


def _die_at(step: str, data: dict[str, Any], url: str) -> None:
    """A worker that is killed at this step, in a process of its own."""
    notice_signing.refuse_unfit = lambda session, row, setting: notice_signing.content_in(row)  # type: ignore[assignment]
    settings, killed = Settings(**data), lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
    if step == "before":
        sending.deliver = killed  # type: ignore[assignment]
    elif step == "between":
        really = sending.deliver

        def deliver(*given: Any, **options: Any) -> Any:
            really(*given, **options)
            killed()

        sending.deliver = deliver
    else:
        sending.prepare_mastodon = killed  # type: ignore[assignment]
    with closing(open_database(settings)) as opened:
        drain_sendings(settings, opened)


@pytest.mark.parametrize(("step", "arrived"), [("looking", 0), ("before", 0), ("between", 1)])
def test_a_kill_at_any_step_leaves_it_uncertain_and_sends_nothing_twice(scene: Scene, step: str, arrived: int) -> None:
    name = scene.notice(scene.played.add("1"), scene.played.add("2"))
    scene.confirm(name)
    data = {field: getattr(scene.settings, field) for field in scene.settings.model_fields_set}
    worker = multiprocessing.get_context("fork").Process(target=_die_at, args=(step, data, scene.played.base))
    worker.start()
    worker.join(30)
    assert worker.exitcode == -signal.SIGKILL
    assert len(scene.played.reports) == arrived
    assert [state for state, _, _ in scene.ways(name)] == ["en_cours", "attend"]
    assert scene.drain() == 1  # the other item goes on; this one's lease is not over
    scene.wait_is_over()
    scene.drain()
    assert [state for state, _, _ in scene.ways(name)] == ["incertaine", "partie"]
    scene.wait_is_over()
    scene.drain()
    assert len(scene.played.reports) == arrived + 1
    with pytest.raises(Conflict, match="only one that is incertaine"):
        one = notice_sending.sendings(scene.database, name, actor=scene.anne)[1]
        notice_sending.settle(scene.database, one.notice_id, one.id, left=False, actor=scene.zoe, act=_act())
