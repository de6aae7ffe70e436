"""Alerts by e-mail: plain text in French, which names markers, reasons and ids, and quotes nothing."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING

from core.errors import ConfigError, Unavailable
from flows.delivery_payload import details, headline
from index.saved import MAIL, is_loopback

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from core.settings import Settings
    from flows.delivery_payload import Item

TIMEOUT = 20.0  # seconds
TLS_PORT = 465
SHOWN = 20  # items told one by one: more is read where it can be sorted
WHY = (
    "Ce message ne cite aucun contenu : il pourrait heurter, ou nommer quelqu'un. Un score porte sur un contenu, jamais sur une personne ; "
    "une personne décide."
)


def compose(
    title: str, items: Sequence[Item], *, search: str, to: str, delivery: str, settings: Settings, now: datetime, test: bool = False
) -> EmailMessage:
    """The message of a parcel; its Message-ID is the parcel's, the same at every try. Raises ConfigError."""
    if not settings.smtp_host:
        raise ConfigError("VIGIE_SMTP_HOST is not set: no mail can be sent; set it, with VIGIE_SMTP_FROM, or deliver by feed or webhook")
    if not MAIL.fullmatch(settings.smtp_from) or not MAIL.fullmatch(to):
        raise ConfigError(f"VIGIE_SMTP_FROM {settings.smtp_from!r} or a recipient is no mail address; expected one such as vigie@maison.example")
    message = EmailMessage()
    one_line = " ".join("".join(sign if sign.isprintable() else " " for sign in title).split())
    message["Subject"] = f"{'[essai] ' if test else ''}Vigie : {len(items)} {'contenu' if len(items) < 2 else 'contenus'} pour « {one_line} »"
    message["From"], message["To"] = settings.smtp_from, to
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{delivery}@{settings.smtp_from.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # no holiday answer comes back
    message.set_content("\n".join(_lines(one_line, items, search=search, test=test)), cte="quoted-printable")
    return message


def _lines(title: str, items: Sequence[Item], *, search: str, test: bool) -> list[str]:
    lines = [f"Alerte « {title} » ({search})", ""]
    lines += ["Ceci est un essai : rien n'a été trouvé.", ""] if test else []
    for number, item in enumerate(items[:SHOWN], 1):
        lines += [f"{number}. {headline(item)}", *(f"   {line}" for line in details(item)), ""]
    if len(items) > SHOWN:
        lines += [f"et {len(items) - SHOWN} autres : vigie queue", ""]
    return [*lines, WHY]


def send(message: EmailMessage, *, settings: Settings) -> None:
    """Hand a message over to the mail server, over TLS unless it is this machine. Raises Unavailable, ConfigError."""
    try:
        with _connect(settings) as server:
            if settings.smtp_username:
                server.login(settings.smtp_username, settings.smtp_password.get_secret_value() if settings.smtp_password else "")
            server.send_message(message)
    except smtplib.SMTPResponseException as error:
        raise Unavailable(f"mail server {settings.smtp_host} refuses ({type(error).__name__}, code {error.smtp_code})") from error
    except (smtplib.SMTPException, OSError, UnicodeError) as error:
        raise Unavailable(f"mail server {settings.smtp_host}:{settings.smtp_port} did not take it ({type(error).__name__})") from error


def _connect(settings: Settings) -> smtplib.SMTP:
    host, port, context = settings.smtp_host, settings.smtp_port, ssl.create_default_context()
    if port == TLS_PORT:
        return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT, context=context)
    server = smtplib.SMTP(host, port, timeout=TIMEOUT)
    server.ehlo()
    if server.has_extn("starttls"):
        server.starttls(context=context)
        server.ehlo()
    elif not is_loopback(host):
        server.close()
        raise ConfigError(f"mail server {host}:{port} offers no TLS: alerts are not sent in clear; use port 465, or another server")
    return server
