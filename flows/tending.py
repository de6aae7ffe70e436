"""What the console leaves for a process that may take its time: wishes not to be read, urgencies nobody closed, old answers, confirmed sendings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cases import answers, urgencies
from core.errors import Unavailable
from core.logs import get_logger
from flows.optouts import handle_opt_outs
from flows.reappearing import look
from flows.rights import handle_requests
from flows.sealing import make_bundles
from flows.sending import drain_sendings

if TYPE_CHECKING:
    from cases.database import Database
    from core.settings import Settings

log = get_logger(__name__)


def tend(settings: Settings, database: Database) -> None:
    """Do what waits; a look at three tables where nothing does. What an outside system holds up is done the next time. Raises ConfigError."""
    try:
        urgencies.warn_open(database)
        handle_opt_outs(settings)
        handle_requests(settings, database)
        answers.expire(database)
        drain_sendings(settings, database)
        make_bundles(settings, database)
        look(settings, database)
    except Unavailable as error:
        log.warning("tending_waits", error=str(error))
