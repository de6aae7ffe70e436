"""A notice as an e-mail that a person opens in a mail program and sends: nothing here sends anything."""

from __future__ import annotations

from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import TYPE_CHECKING

from cases.papers.notice_letter import addressed, content_of, notice_paper
from cases.papers.pdf import paper_pdf
from cases.papers.text import paper_text
from cases.papers.visible import visible
from cases.signing import NEEDED
from core.errors import Conflict, Invalid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cases.legal import Legal
    from cases.notices import Notice
    from cases.platforms import Platform
    from cases.profiles import Notifier
    from cases.signing import Signature


def notice_eml(notice: Notice, notifier: Notifier, legal: Legal, platform: Platform, *, signatures: Sequence[Signature] | None = None) -> bytes:
    """The letter as plain text with its PDF attached, as a draft (.eml): the same data give the same bytes.

    Without a known address of the provider it is addressed to nobody. Raises Conflict without two signatures, or once its content was erased;
    Invalid for an address that is none; NotFound.
    """
    if len(notice.signed if signatures is None else signatures) < NEEDED:
        raise Conflict(f"notice {notice.id} is not signed by {NEEDED} people; a mail that is ready to leave is made once it is")
    paper = notice_paper(notice, notifier, legal, platform, signatures=signatures)
    to = addressed(content_of(notice), platform).email
    message = EmailMessage(policy=SMTP)
    message["Subject"] = line(f"{paper.title} {notice.id}")
    message["From"] = address(notifier.profile.email, name=notifier.name)
    if to is not None:
        message["To"] = address(str(to.value))
    message["Date"] = format_datetime(notice.sent_at or notice.created_at)
    message["X-Unsent"] = "1"  # mail programs open it as a draft
    message.set_content(paper_text(paper), cte="quoted-printable")
    message.add_attachment(paper_pdf(paper), maintype="application", subtype="pdf", filename=f"notification-{notice.id}.pdf")
    message.set_boundary(f"=_{notice.digest[:48]}")
    return message.as_bytes()


def line(text: str) -> str:
    """One line without controls: what stands in a header can't begin another one."""
    return " ".join(visible(text).split())


def address(email: str, *, name: str = "") -> Address:
    """An address for a header. Raises Invalid."""
    try:
        return Address(line(name), addr_spec=email)
    except (MessageError, ValueError, IndexError) as error:
        raise Invalid(f"{email[:60]!r} is no e-mail address; expected name@host: correct it in the profile or in the notice") from error
