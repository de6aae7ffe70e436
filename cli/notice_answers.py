"""The commands of ``vigie notices`` for what providers answer: receipt, decision, complaints, deadlines, rates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli.context import start
from cli.notice_desk import BY, by_or_piped, desk, moment_of, new_act
from cli.notices import notices
from cli.passwords import refuse_both

if TYPE_CHECKING:
    from cases.notice_following import ItemOutcome

OUTCOMES = ("confirmee", "partiellement_revisee", "revisee", "omise")  # those of cases.notice, which needs pydantic; a test holds them together
NOTICE = click.argument("identifier", metavar="NOTICE")
AT = click.option("--at", "moment", help="When, as 2026-11-22T14:05+01:00; by default now.")
WORDS = click.option("--words", required=True, help="What, and why.")
OUTCOME = click.option(
    "--item",
    "items",
    multiple=True,
    metavar="NUMBER=ACTION[:GROUND[:SCOPE]]",
    help="What was done about an item, such as 1=retire:loi:FR; may repeat.",
)


def outcomes_of(items: tuple[str, ...]) -> list[ItemOutcome]:
    """The outcomes that were typed. Raises Invalid."""
    from pydantic import ValidationError

    from cases.notice_following import ItemOutcome
    from core.errors import Invalid

    found = []
    for item in items:
        number, _, said = item.partition("=")
        action, ground, scope, *rest = [*said.split(":"), "", ""][: max(3, said.count(":") + 1)]
        try:
            found.append(ItemOutcome.model_validate({"position": number, "action": action, "ground": ground or None, "scope": scope or None}))
        except ValidationError as error:
            raise Invalid(f"--item {item[:60]!r}: {error.errors()[0]['msg']}") from error
        if rest:
            raise Invalid(f"--item {item[:60]!r}: expected NUMBER=ACTION:GROUND:SCOPE")
    return found


@notices.command()
@NOTICE
@by_or_piped
@AT
@click.option("--reference", help="That the provider gave.")
@click.pass_context
def acknowledge(ctx: click.Context, identifier: str, *, login: str, moment: str | None, reference: str | None) -> int:
    """The provider confirmed receipt."""
    from cases import notice_following as following

    with desk(ctx, login) as at:
        options: dict[str, Any] = {"at": moment_of(moment), "reference": reference}
        return at.tell(following.acknowledge(at.database, identifier, **options, actor=at.actor, act=new_act()))


@notices.command()
@NOTICE
@by_or_piped
@AT
@OUTCOME
@click.option("--redress/--no-redress", default=None, help="Whether it said how to complain.")
@click.option("--automated/--not-automated", default=None, help="Whether it says that it decided by automated means.")
@click.pass_context
def answer(
    ctx: click.Context, identifier: str, *, login: str, moment: str | None, items: tuple[str, ...], redress: bool | None, automated: bool | None
) -> int:
    """The provider's decision, item by item."""
    from cases import notice_following as following

    with desk(ctx, login) as at:
        options: dict[str, Any] = {"decided_at": moment_of(moment), "redress_given": redress, "automated": automated}
        return at.tell(following.answer(at.database, identifier, outcomes=outcomes_of(items), **options, actor=at.actor, act=new_act()))


@notices.command()
@NOTICE
@by_or_piped
@AT
@click.option("--text", "source", required=True, type=click.File(encoding="utf-8"), help="The complaint as you filed it; - for standard input.")
@click.option("--body", help="A certified body, for a complaint out of court.")
@click.pass_context
def complain(ctx: click.Context, identifier: str, *, login: str, moment: str | None, source: Any, body: str | None) -> int:
    """You filed a complaint: with the provider, or with --body out of court."""
    from cases import notice_following as following

    refuse_both(ctx, "--text", source)
    text = str(source.read())
    with desk(ctx, login) as at:
        options: dict[str, Any] = {"kind": "hors_tribunal" if body else "interne", "body": body, "filed_at": moment_of(moment)}
        return at.tell(following.complain(at.database, identifier, text=text, **options, actor=at.actor, act=new_act()))


@notices.command()
@click.argument("complaint", metavar="COMPLAINT")
@click.argument("outcome", type=click.Choice(OUTCOMES))
@by_or_piped
@AT
@OUTCOME
@click.pass_context
def outcome(ctx: click.Context, complaint: str, outcome: Any, *, login: str, moment: str | None, items: tuple[str, ...]) -> int:
    """What came of a complaint; --item where the provider does something else from now on."""
    from cases import notice_following as following

    with desk(ctx, login) as at:
        options: dict[str, Any] = {"outcome": outcome, "decided_at": moment_of(moment), "outcomes": outcomes_of(items)}
        return at.tell(following.complaint_decided(at.database, complaint, **options, actor=at.actor, act=new_act()))


@notices.command()
@NOTICE
@by_or_piped
@AT
@click.pass_context
def reinstated(ctx: click.Context, identifier: str, *, login: str, moment: str | None) -> int:
    """The author complained and was right: the measure was taken back."""
    from cases import notice_following as following

    with desk(ctx, login) as at:
        return at.tell(following.author_reinstated(at.database, identifier, at=moment_of(moment), actor=at.actor, act=new_act()))


@notices.command()
@NOTICE
@by_or_piped
@WORDS
@click.pass_context
def correct(ctx: click.Context, identifier: str, *, login: str, words: str) -> int:
    """You told the provider that something in the notice was wrong."""
    from cases import notice_following as following

    with desk(ctx, login) as at:
        return at.tell(following.correct(at.database, identifier, words=words, actor=at.actor, act=new_act()))


@notices.command()
@NOTICE
@by_or_piped
@WORDS
@click.pass_context
def withdraw(ctx: click.Context, identifier: str, *, login: str, words: str) -> int:
    """You told the provider that the notice is withdrawn; it is closed by that."""
    from cases import notice_following as following

    with desk(ctx, login) as at:
        return at.tell(following.withdraw_notice(at.database, identifier, words=words, actor=at.actor, act=new_act()))


@notices.command()
@NOTICE
@by_or_piped
@click.pass_context
def close(ctx: click.Context, identifier: str, *, login: str) -> int:
    """Nothing more is expected, or a draft is given up; its retention period begins."""
    from cases import notice_following as following

    with desk(ctx, login) as at:
        return at.tell(following.close(at.database, identifier, actor=at.actor, act=new_act()))


@notices.command()
@BY
@click.option("--days", default=30, show_default=True, type=click.IntRange(0, 400), help="Also what is due within so many days.")
@click.pass_context
def due(ctx: click.Context, *, login: str, days: int) -> int:
    """What is late, and what is due soon."""
    from datetime import UTC, datetime, timedelta

    from cases.notice_timers import due as found_due
    from core.times import paris

    with desk(ctx, login, acting=False) as at:
        found = found_due(at.database, datetime.now(UTC), organisation_id=at.actor.organisation_id, within=timedelta(days=days))
    for one in found:
        click.echo(f"{'EN RETARD' if one.late else 'échéance'} {paris(one.due_at, day=True)}  {one.notice_id}  {one.says}")
    if not found:
        click.echo("Rien n'est dû.")
    return 0


@notices.command()
@BY
@click.option("--since", required=True, type=click.DateTime(["%Y-%m-%d"]), help="First day.")
@click.option("--until", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Last day.")
@click.pass_context
def rates(ctx: click.Context, *, login: str, since: Any, until: Any) -> int:
    """How often notices were refused or overturned, by platform, category and signer, with warnings."""
    from cases import notice_rates

    with desk(ctx, login, acting=False) as at:
        found = notice_rates.rates(at.database, organisation_id=at.actor.organisation_id, since=since.date(), until=until.date())
    for one in found:
        refused, back = one.refused, one.overturned
        name = (one.name or one.key)[:50]
        click.echo(f"{one.by:<11} {name:<50} refusés {refused.hits}/{refused.of}  rétablis {back.hits}/{back.of}  corrigées {one.corrected}")
    for warning in notice_rates.warnings_of(found):
        click.echo(f"ATTENTION ({warning.article}) {warning.says}")
    return 0


@notices.command()
@click.pass_context
def verify(ctx: click.Context) -> int:
    """Prove that each notice that counts as sent was signed by two people; exit code 0 if so, 2 where one was not."""
    from contextlib import closing

    from cases.database import open_database
    from cases.register_proof import prove
    from cases.signing import signing_secret

    settings = start(ctx)
    with closing(open_database(settings)) as database:
        found = prove(database, secret=signing_secret(settings))
    for name, people, sound in found.wrong:
        why = f"{people} signature(s) valable(s), il en faut deux" if sound else "son contenu n'est pas celui qui a été signé"
        click.echo(f"ANOMALIE notification {name} : {why}. Gardez une copie de la base sans y toucher.")
    click.echo(f"{found.sent} notification(s) envoyée(s), {len(found.wrong)} anomalie(s).")
    return 2 if found.wrong else 0
