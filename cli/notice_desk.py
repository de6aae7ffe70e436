"""What the commands of ``vigie notices`` work with: who acts, whose password was asked, and the database and index they act on."""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import click

from cli.context import console, start
from cli.passwords import PIPED, secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cases.database import Database
    from cases.decisions import Act
    from cases.notice_records import Notice
    from cases.people import Actor
    from core.settings import Settings
    from index.protocol import Index

STATES = {
    "brouillon": "brouillon", "signee": "signée", "envoyee": "envoyée", "accusee": "reçue", "repondue": "répondue", "contestee": "contestée",
    "close": "close",
}  # fmt: skip
BY = click.option("--by", "login", required=True, metavar="LOGIN", help="Your account, an e-mail address.")  # asks for the password where it acts


def by_or_piped(command: Any) -> Any:
    """--by, and --password-stdin for it."""
    return BY(PIPED(command))


class Desk:
    """What a command works with: who acts is known, and may do it."""

    def __init__(self, settings: Settings, database: Database, actor: Actor) -> None:
        self.settings, self.database, self.actor = settings, database, actor

    @property
    def secret(self) -> bytes:
        """That seals signatures."""
        from cases.signing import signing_secret

        return signing_secret(self.settings)

    def find(self, identifier: str) -> Notice:
        """A notice of the own organisation. Raises NotFound."""
        from cases.notices import find

        return find(self.database, identifier, actor=self.actor)

    def tell(self, made: Notice) -> int:
        """Say how a notice stands now, and let the index show it."""
        from cases.deciding import show

        with self.index() as index:
            shown = show(index, self.database, [item.document_id for item in made.items if item.document_id])
        console().print(f"Notification {made.id} : {STATES[made.state]}, version {made.version}", markup=False)
        if not shown:
            console(stderr=True).print("L'index ne répond pas : il le montrera à la prochaine publication.", markup=False)
        return 0

    @contextmanager
    def index(self) -> Iterator[Index]:
        """The index that the settings name."""
        from index.open import open_index

        with closing(open_index(self.settings)) as index:
            yield index


@contextmanager
def desk(ctx: click.Context, login: str, *, acting: bool = True) -> Iterator[Desk]:
    """Open the case database for this account; ``acting``: its password is asked, and its one-time code where it has one. Raises Forbidden."""
    from cases import accounts
    from cases.database import open_database
    from cases.people import Actor
    from core.errors import Forbidden

    settings = start(ctx)
    with closing(open_database(settings)) as database:
        person = accounts.find_person(database, identifier=login)
        if acting:
            password = secret(ctx, f"Mot de passe de {person.login}")
            if accounts.check_password(database, login=person.login, password=password) is None:
                raise Forbidden(f"this is not the password of {person.login}, or the account is disabled; nothing was changed")
            _code(ctx, settings, database, person.id)
        actor = Actor(id=person.id, organisation_id=person.organisation_id, name=person.name, roles=person.roles)
        yield Desk(settings, database, actor)


def _code(ctx: click.Context, settings: Settings, database: Database, person_id: str) -> None:
    from cases import totp
    from cases.signing import signing_secret
    from core.errors import Forbidden

    if totp.is_on(database, person_id):
        code = secret(ctx, "Code à usage unique")
        if not totp.take(database, person_id, code.strip(), secret=signing_secret(settings)):
            raise Forbidden("this one-time code is wrong, or was used; nothing was changed")


def new_act() -> Act:
    """One call of a command is one act."""
    import uuid

    from cases.decisions import Act

    return Act(id=uuid.uuid4().hex)


def moment_of(given: str | None) -> Any:
    """A moment that was typed. Raises Invalid."""
    from datetime import datetime

    from core.errors import Invalid

    if given is None:
        return None
    try:
        found = datetime.fromisoformat(given)
    except ValueError as error:
        raise Invalid(f"{given[:40]!r} is no moment; expected one such as 2026-11-22T14:05+01:00") from error
    if found.tzinfo is None:
        raise Invalid(f"{given[:40]!r} has no zone; expected one such as 2026-11-22T14:05+01:00")
    return found
