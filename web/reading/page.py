"""All that the page of one item shows. Blind: what others made of it is left out for who is still to read it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

from cases import accounts, golden, notices, reported, reviews
from cases.deciding import text_of
from cases.policy import load_policy
from cases.viewing import viewed
from core.errors import NotFound
from core.taxonomy import load_taxonomy
from web.access import PERMISSIONS
from web.blindness import blind, untimed
from web.pages import environment, render
from web.passages import Mark, cut, shown, warnings
from web.reading import words
from web.reading.again import refilled, taken_back
from web.reading.campaign import campaign_counted
from web.reading.checklist import checklist, options
from web.reading.context import context_of
from web.reading.form import blank
from web.reading.keys import ITEM_KEYS
from web.reading.pause import care_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from cases.decisions import Decided
    from cases.people import Actor
    from cases.viewing import Viewed
    from index.documents import Entry
    from web.console import Console
    from web.reading.form import Entered, Problem

QUALIFICATIONS = tuple((value, name, f"{told} (touche {value[0]})") for value, name, told in words.CHOICES)
LEGEND = tuple({"key": marker.id, "name": marker.name} for marker in load_taxonomy().markers)
TOLD = {
    "decide": "Lecture écrite, et décision prise.",
    "attente": "Lecture écrite. La décision viendra après une autre lecture.",
    "repere": "Lecture écrite.",
    "annule": "Votre lecture est annulée. Ce que vous aviez écrit est remis dans le formulaire, si le contenu est de nouveau à vous.",
    "pris": "Ce contenu est réservé pour vous.",
    "commente": "Commentaire ajouté.",
}


class Done(NamedTuple):
    """What a person has just written, for the banner. ``undo``: whether it may still be taken back; ``act``: for doing so."""

    id: str
    words: str
    golden: str
    undo: bool
    act: str


def entry_of(console: Console, identifier: str) -> Entry:
    """An entry of the index. Raises NotFound."""
    entry = console.index.get(identifier)
    if entry is None:
        raise NotFound(f"document {identifier[:80]!r} is not in the index; it was erased, or the address is wrong")
    return entry


def item_page(
    request: Request,
    console: Console,
    actor: Actor,
    entry: Entry,
    *,
    entered: Entered | None = None,
    problems: Sequence[Problem] = (),
    status: int = 200,
) -> Response:
    """The page. ``entered``: what a form brought that could not be written down, with its ``problems``."""
    can_review, asked = actor.has("analyse", "valide"), request.query_params
    seen = viewed(console.database, entry["id"], actor=actor, text=text_of(entry))
    entry = blind(entry) if seen.hidden else untimed(entry)
    preferences = accounts.preferences_of(console.database, actor.id)
    again = None if entered or asked.get("vide") else taken_back(seen.reviews, actor, text=text_of(entry))
    entered = entered or blank(entry, filtered=asked.get("file", ""), campaign=asked.get("campagne") == "1")
    entered = refilled(entered, again) if again else entered
    form_open = can_review and (seen.claim is not None or bool(problems))
    return render(
        request, "lecture/contenu.html", status=status, entry=entry, entered=entered, problems=problems, preferences=preferences, place=seen,
        claim=seen.claim, can_review=can_review, form_open=form_open, closed_words=_closed(entry, seen, can_review=can_review), keys=ITEM_KEYS,
        campaign=campaign_counted(console.index, entry["campaign"]) if entry["campaign"] else None, open_ones=seen.open_urgencies,
        care=care_of(console.database, actor, preferences), done=done_of(console, actor, request),
        told=TOLD.get(asked.get("dit", "")), again=again, **_text(entry, reported=seen.submissions > 0),
        **_form(entry, entered, preferences.hints, form_open=form_open),
        **_work(actor, entry, seen), **_beyond(console, actor, entry), **context_of(console, entry),
    )  # fmt: skip


def _text(entry: Entry, *, reported: bool) -> dict[str, Any]:
    """The text, cut where its passages begin and end."""
    names = words.value_names()
    marks = [Mark(one["start"], one["end"], one["marker"], ", ".join(one["submarkers"])) for one in entry["evidence"]]
    marks += [Mark(one["start"], one["end"], "signe", names["flags"].get(one["id"], one["id"])) for one in entry["passages"]]
    evidence = [
        {
            **{name: one[name] for name in ("marker", "start", "end")},
            "name": words.value_name("markers", one["marker"]),
            "text": shown(one["text"]),
            "signs": ", ".join(words.value_name("submarkers", name) for name in one["submarkers"]),
        }
        for one in entry["evidence"]
    ]
    return {
        "heading": words.heading(entry), "title": shown(entry["title"] or ""), "pieces": cut(shown(entry["text"]), marks), "evidence": evidence,
        "warnings": warnings(f"{entry['title'] or ''}{entry['text']}"), "images": [shown(one) for one in entry["images"]],
        "language": entry["language"] or "fr", "scores": words.scores(entry), "why": words.why(entry, reported=reported), "legend": LEGEND,
        "flags": [words.value_name("flags", name) for name in entry["flags"]],
    }  # fmt: skip


def _form(entry: Entry, entered: Entered, hints: str, *, form_open: bool) -> dict[str, Any]:
    if not form_open:
        return {}
    cited = [{"value": one.value, "submarker": one.submarker, "text": shown(entry["text"][one.start : one.end])} for one in entered.cited]
    return {
        "checklist": checklist(entry, entered, hints=hints), "cited": cited, "submarkers": options(),
        "qualifications": QUALIFICATIONS, "undo_minutes": load_policy().undo_minutes, "must_exclude": "T13" in entry["flags"],
    }  # fmt: skip


def _work(actor: Actor, entry: Entry, seen: Viewed) -> dict[str, Any]:
    """What people did with it."""
    text, name = text_of(entry), words.QUALIFICATIONS.get(entry["qualification"] or "", "")
    sent = f"{words.counted(seen.submissions, 'signalement')}, de {words.counted(seen.houses, 'organisation')}"
    return {
        "readings": [_reading(one, actor) for one in seen.reviews],
        "decisions": [_decision(one, text) for one in seen.history],
        "comments": seen.comments,
        "comments_shown": not seen.silent,
        "comment_act": uuid4().hex,
        "urgencies": seen.urgencies,
        "submissions": sent if seen.submissions else "aucun",
        "standing": _standing(actor, seen) if seen.hidden or entry["status"] != "decide" else f"Décidé : {name}",
        "other_reader": seen.reader,
    }


def _standing(actor: Actor, seen: Viewed) -> str:
    """What is told of an item that is not decided, or not for this person: never whether somebody else has read it."""
    mine = any(one.person_id == actor.id and not one.withdrawn_at for one in seen.reviews)
    return "Pas encore décidé" if mine or not actor.has("analyse", "valide") else "Pas encore lu par vous"


def _beyond(console: Console, actor: Actor, entry: Entry) -> dict[str, Any]:
    """What was said of it before anybody read it, and what may be asked of it once it is decided, as far as this person may know that."""
    decided = entry["status"] == "decide"
    open_case = decided and entry["qualification"] in ("illicite_presume", "urgence")
    return {
        "notes": [shown(one) for one in reported.notes(console.database, entry["id"])],
        "may_identify": open_case and actor.has(*PERMISSIONS["identify"].roles),
        "may_set_golden": decided and actor.has(*PERMISSIONS["adjudicate"].roles),
        "may_notify": open_case and actor.has(*PERMISSIONS["notify"].roles),
        "may_refer": decided and entry["qualification"] != "hors_champ" and actor.has(*PERMISSIONS["refer"].roles),
        "notices": _notices(console, actor, entry["id"]) if open_case else [],
    }


def _notices(console: Console, actor: Actor, name: str) -> list[tuple[str, str, bool]]:
    """The notices of one's own organisation that name it: id, how each stands, and whether it is still open; the open ones first."""
    found = notices.listed(console.database, actor=actor, document_id=name, size=5)
    told = [(one.id, words.value_name("notice_state", one.state).lower(), one.state != "close") for one in found]
    return sorted(told, key=lambda one: not one[2])


def _decision(one: Decided, text: str) -> dict[str, Any]:
    return {
        "undoes": one.undoes, "qualification": words.QUALIFICATIONS.get(one.qualification or "", ""), "by": one.decided_by, "at": one.decided_at,
        "markers": [words.value_name("markers", name) for name in one.markers], "campaign": one.campaign, "reason": shown(one.reason),
        "exclusions": [words.value_name("exclusions", name) for name in one.exclusions], "other_text": one.text_sha256 != text,
    }  # fmt: skip


def _reading(one: reviews.Review, actor: Actor) -> dict[str, Any]:
    answers = {"present": "présent", "absent": "absent", "incertain": "incertain"}
    recent = datetime.now(UTC) - one.at <= timedelta(minutes=load_policy().undo_minutes)
    may = one.person_id == actor.id and recent and not one.withdrawn_at and one.seat != "repere"
    return {
        "qualification": words.QUALIFICATIONS[one.qualification], "by": "vous" if one.person_id == actor.id else one.by, "at": one.at,
        "withdrawn": one.withdrawn_at, "signs": [(words.value_name("submarkers", name), answers[said]) for name, said in one.submarkers.items()],
        "exclusions": [words.value_name("exclusions", name) for name in one.exclusions], "reason": shown(one.reason),
        "quotes": [{"submarker": quote.submarker, "text": shown(quote.text)} for quote in one.quotes], "undo": uuid4().hex if may else "",
    }  # fmt: skip


def _closed(entry: Entry, place: Viewed, *, can_review: bool) -> str:
    """Why there is no form."""
    if not can_review:
        return "Vous pouvez lire ce contenu ; seules les personnes qui analysent ou valident écrivent une lecture."
    if place.can_take:
        return "Pour écrire une lecture, réservez d'abord ce contenu : personne d'autre ne le lira en même temps."
    if entry["status"] == "decide":
        return "Ce contenu est décidé."
    return "Ce contenu est lu par quelqu'un d'autre, ou vous l'avez déjà lu."


def done_of(console: Console, actor: Actor, request: Request) -> Done | None:
    """The banner of what was just written, as the address names it: only what this person wrote, a short while ago."""
    name, state = request.query_params.get("fait", ""), request.query_params.get("etat", "")
    return done_on(console, actor, name, state) if name and state in TOLD else None


def done_on(console: Console, actor: Actor, name: str, state: str) -> Done | None:
    """The banner of this person's own reading of an item."""
    own = [one for one in reviews.seen_by(console.database, name, actor=actor) if one.person_id == actor.id and not one.withdrawn_at]
    if not own or datetime.now(UTC) - own[-1].at > timedelta(minutes=load_policy().undo_minutes):
        return None
    if own[-1].seat == "repere":
        with console.database.reading() as session:
            return Done(name, TOLD["repere"], golden.note_of(session, name) or "", undo=False, act="")
    return Done(name, TOLD[state], "", undo=True, act=uuid4().hex)


def banner(console: Console, actor: Actor, name: str, state: str, *, csrf: str) -> str:
    """The same as a fragment, for a page that was fetched beforehand."""
    return environment().get_template("lecture/fait.html").render(done=done_on(console, actor, name, state), csrf=csrf, told=None)
