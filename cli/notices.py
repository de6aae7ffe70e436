"""``vigie notices``: draft, sign, send and follow notices (DSA art. 16) from a terminal, by the same rules as in the console.

Whoever changes something says who they are with --by and gives their password: it is never an argument, and no option skips it. Signing and sending
ask for a person's yes besides, at a terminal.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from cli.context import identifier_of
from cli.notice_desk import BY, STATES, by_or_piped, desk, moment_of, new_act
from cli.passwords import refuse_both

if TYPE_CHECKING:
    from cases.notice_records import Notice

CHOICES = ("informe", "differe", "exception_14_5_b")  # those of cases.informing; the same test
CHANNELS = ("formulaire", "api_mastodon", "api_bluesky", "courriel")  # those of cases.platforms, which needs pydantic; a test holds them together
GATE = click.option("--gate", "gates", multiple=True, type=click.Choice(("sante", "droit")), help="A look that you answer for; needs the role.")


@click.group()
def notices() -> None:
    """Notices to platforms: draft, sign, send, follow."""


@notices.command(name="list")
@BY
@click.option("--state", type=click.Choice(list(STATES)), help="Only those in this state.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def list_(ctx: click.Context, *, login: str, state: str | None, as_json: bool) -> int:
    """The notices of your organisation, the newest first."""
    from cases.notices import listed
    from core.times import paris

    with desk(ctx, login, acting=False) as at:
        found = listed(at.database, actor=at.actor, state=state, size=200)
    for one in found:
        line = f"{one.id}  {STATES[one.state]:<10}  {one.platform:<14}  {len(one.items)} contenu(s)  créée le {paris(one.created_at, day=True)}"
        click.echo(json.dumps(_short(one), ensure_ascii=False) if as_json else line)
    return 0


def _short(one: Notice) -> dict[str, Any]:
    return one.model_dump(mode="json", exclude={"content", "signatures", "complaints"})


@notices.command(name="show")
@click.argument("identifier", metavar="NOTICE")
@BY
@click.option("--json", "as_json", is_flag=True, help="All of it as one JSON object; its content is what change --from takes.")
@click.pass_context
def show_(ctx: click.Context, identifier: str, *, login: str, as_json: bool) -> int:
    """One notice: what is missing, who signed, what is due, what happened."""
    from datetime import UTC, datetime

    from cases import informing
    from cases.notice_events import events
    from cases.notice_sending import sendings
    from cases.notice_signing import readiness
    from cases.notice_timers import timers
    from cases.notices import problems
    from core.times import paris

    with desk(ctx, login, acting=False) as at:
        one = at.find(identifier)
        missing, ready = problems(at.database, one), readiness(at.database, one.id, actor=at.actor, secret=at.secret)
        happened, leaving = events(at.database, one.id, actor=at.actor), sendings(at.database, one.id, actor=at.actor)
        told, untold = informing.informations(at.database, "notice", one.id, actor=at.actor), informing.missing(at.database, "notice", one.id)
    if as_json:
        said = {**one.model_dump(mode="json"), "problems": [found.model_dump() for found in missing]}
        click.echo(json.dumps(said, ensure_ascii=False, indent=1))
        return 0
    click.echo(f"Notification {one.id} : {STATES[one.state]}, version {one.version}, service {one.platform}")
    for number, item in enumerate(one.content.items if one.content else (), 1):
        click.echo(f"  {number}. {item.url}")
    for sending in leaving:
        click.echo(f"  envoi du contenu {sending.position} : {sending.state}{f' ({sending.reason})' if sending.reason else ''}")
    for found in missing:
        click.echo(f"  manque : {found.says}  [{found.field}]")
    for signature in one.signed:
        click.echo(f"  signée par {signature.by}{' (' + ', '.join(signature.gates) + ')' if signature.gates else ''} le {paris(signature.at)}")
    click.echo(f"  signatures qui manquent : {ready.missing} ; regards sans réponse : {', '.join(ready.open_gates) or 'aucun'}")
    for choice in told[:1]:
        click.echo(f"  information des personnes : {informing.texts()['choices'][choice.choice]['name']}, choix du {paris(choice.at)}")
    for lack in untold:
        click.echo(f"  manque avant l'envoi : {lack.says}")
    for caution in ready.cautions:
        click.echo(f"  attention : {caution}")
    for timer in timers(one, datetime.now(UTC)):
        click.echo(f"  {'EN RETARD' if timer.late else 'échéance'} {paris(timer.due_at, day=True)} : {timer.says}")
    for event in happened:
        click.echo(f"  {paris(event.at)}  {event.kind}  {event.by}")
    return 0


@notices.command()
@click.argument("documents", nargs=-1, required=True, metavar="DOCUMENT...")
@by_or_piped
@click.option("--platform", help="Id of the service; by default that of the addresses.")
@click.pass_context
def draft(ctx: click.Context, documents: tuple[str, ...], *, login: str, platform: str | None) -> int:
    """Draft a notice on DOCUMENTs, identifiers or addresses, that two people read as unlawful; its reasons are yours to write."""
    from cases import notices as core
    from cases.deciding import entries_named

    with desk(ctx, login) as at:
        with at.index() as index:
            entries = entries_named(index, [identifier_of(name) for name in documents])
        return at.tell(core.draft(at.database, entries, platform=platform, actor=at.actor, act=new_act()))


@notices.command()
@click.argument("identifier", metavar="NOTICE")
@by_or_piped
@click.option("--from", "source", required=True, type=click.File(encoding="utf-8"), help="JSON of the fields to write anew; - for standard input.")
@click.option("--version", required=True, type=int, help="The version that you read; another one stands: nothing is changed.")
@click.pass_context
def change(ctx: click.Context, identifier: str, *, login: str, source: Any, version: int) -> int:
    """Write fields of a draft anew; items are the ids of all its documents: one may leave, one may enter. Signatures under what was there fall."""
    from cases import notices as core
    from cases.deciding import entries_named
    from core.errors import Invalid

    refuse_both(ctx, "--from", source)
    try:
        fields = json.load(source)
    except ValueError as error:
        raise Invalid(f'--from is no JSON ({error}); expected an object such as {{"explanation": "..."}}') from error
    if not isinstance(fields, dict):
        raise Invalid('--from: expected an object such as {"explanation": "..."}')
    with desk(ctx, login) as at:
        held, wanted = {one.document_id for one in at.find(identifier).items}, fields.get("items")
        if not isinstance(wanted, list | None) or not all(isinstance(name, str) for name in wanted or ()):
            raise Invalid('--from: items: expected a list of ids of documents, such as ["..."]')
        with at.index() as index:
            entries = entries_named(index, [name for name in wanted or () if name not in held])
        return at.tell(core.change(at.database, identifier, fields, version=version, actor=at.actor, act=new_act(), entries=entries))


@notices.command()
@click.argument("identifier", metavar="NOTICE")
@BY
@GATE
@click.option("--interests", required=True, help="Your interests in the matter; aucun where you have none.")
@click.pass_context
def sign(ctx: click.Context, identifier: str, *, login: str, gates: tuple[str, ...], interests: str) -> int:
    """Sign what stands now. The good-faith statement is shown, and you say yes to it; no option says it for you."""
    from cases import signing
    from cli.context import agree

    with desk(ctx, login) as at:
        one = at.find(identifier)
        click.echo(f"Vous signez la version {one.version}, empreinte {one.digest[:16]} (vigie notices show {one.id}).\n{signing.STATEMENT}")
        agree("Signer ?", yes=None)
        said: dict[str, Any] = {"digest": one.digest, "statement": signing.STATEMENT, "interests": interests, "gates": gates}
        signing.sign(at.database, "notice", one.id, **said, actor=at.actor, act=new_act(), secret=at.secret)
        return at.tell(at.find(identifier))


@notices.command()
@click.argument("identifier", metavar="NOTICE")
@by_or_piped
@click.pass_context
def unsign(ctx: click.Context, identifier: str, *, login: str) -> int:
    """Take your own signature back, as long as the notice has not left."""
    from cases import signing

    with desk(ctx, login) as at:
        signing.withdraw(at.database, "notice", identifier, actor=at.actor, act=new_act(), secret=at.secret)
        return at.tell(at.find(identifier))


@notices.command()
@click.argument("identifier", metavar="NOTICE")
@by_or_piped
@click.option("--choice", required=True, type=click.Choice(CHOICES), help="They were told, later, or the exception of art. 14(5)(b).")
@click.option("--reason", required=True, help="Why, or how they were told; no name.")
@click.option("--at", "moment", help="Of informe: when, as 2026-11-22T14:05+01:00. Of differe: until when.")
@click.pass_context
def inform(ctx: click.Context, identifier: str, *, login: str, choice: str, reason: str, moment: str | None) -> int:
    """Choose how the people concerned are informed (GDPR art. 14); no notice leaves before. The last choice counts."""
    from cases.informing import choose

    with desk(ctx, login) as at:
        day = moment_of(moment)
        dated: dict[str, Any] = {"due_at": day if choice == "differe" else None, "informed_at": day if choice == "informe" else None}
        choose(at.database, "notice", identifier, choice=choice, reason=reason, **dated, actor=at.actor, act=new_act().id)
        return at.tell(at.find(identifier))


@notices.command()
@click.argument("identifier", metavar="NOTICE")
@by_or_piped
@click.option("--channel", required=True, type=click.Choice(CHANNELS), help="By which way you sent it.")
@click.option("--reference", help="That the provider gave.")
@click.option("--at", "moment", help="When, as 2026-11-22T14:05+01:00; by default now.")
@click.pass_context
def sent(ctx: click.Context, identifier: str, *, login: str, channel: str, reference: str | None, moment: str | None) -> int:
    """Say that you sent a signed notice yourself. Vigie sends nothing by this."""
    from cases.notice_sending import mark_sent

    with desk(ctx, login) as at:
        one = at.find(identifier)
        options: dict[str, Any] = {"channel": channel, "reference": reference, "sent_at": moment_of(moment), "digest": one.digest}
        return at.tell(mark_sent(at.database, one.id, **options, actor=at.actor, act=new_act(), secret=at.secret))


@notices.command()
@click.argument("identifier", metavar="NOTICE")
@BY
@click.pass_context
def send(ctx: click.Context, identifier: str, *, login: str) -> int:
    """Confirm that a signed notice leaves through its provider's interface; vigie submissions serve carries it out."""
    from cases.notice_sending import confirm_sending
    from cases.platforms import load_platforms
    from cli.context import agree

    with desk(ctx, login) as at:
        one = at.find(identifier)
        channel = load_platforms().platform(one.platform).channel
        agree(f"Envoyer {len(one.items)} contenu(s) à {one.platform} par {channel} ?", yes=None)
        confirm_sending(at.database, one.id, channel=channel, digest=one.digest, actor=at.actor, act=new_act(), secret=at.secret)
        return at.tell(at.find(identifier))


@notices.command()
@click.argument("identifier", metavar="NOTICE")
@by_or_piped
@click.option("--item", "position", required=True, type=click.IntRange(1), help="Number of the item, as show prints it.")
@click.option("--arrived/--not-arrived", "left", required=True, help="What you found with the provider; where it did not, send may be said again.")
@click.option("--reference", help="That the provider gave.")
@click.pass_context
def settle(ctx: click.Context, identifier: str, *, login: str, position: int, left: bool, reference: str | None) -> int:
    """Say whether an item arrived of which Vigie does not know it (incertaine)."""
    from cases import notice_sending
    from core.errors import Conflict

    with desk(ctx, login) as at:
        found = [one for one in notice_sending.sendings(at.database, identifier, actor=at.actor) if one.position == position]
        one = next((one for one in found if one.state == "incertaine"), None)
        if one is None:
            state = found[-1].state if found else "not on its way"
            raise Conflict(f"item {position} is {state}; expected one that is incertaine: see vigie notices show")
        notice_sending.settle(at.database, identifier, one.id, left=left, reference=reference, actor=at.actor, act=new_act())
        return at.tell(at.find(identifier))


from cli import notice_answers  # noqa: E402, F401 - adds its commands to the group
