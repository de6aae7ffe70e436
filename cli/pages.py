"""An assessment and a queue as people read them in a terminal, in French."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.padding import Padding
from rich.text import Text

from cli.tables import counted, safe
from core.numbers import french
from core.records import MARKERS
from core.taxonomy import load_taxonomy
from index.harm import Reason, explain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import RenderableType

    from core.records import Assessment, Flag, Marker
    from index.queue import QueuePage

NAMES: dict[str, str] = {"gourou": "gourou 2.0", "complotisme": "complotisme", "abandon_soins": "abandon de soins"}
WORDS = {"alerte": "ALERTE", "a_lire": "à lire", "rien": "rien"}
STYLES = {"alerte": "bold red", "a_lire": "yellow", "rien": "dim"}
STANCES = {"assert": "affirme ou incite", "quote": "cite", "denounce": "dénonce", "testify": "témoigne", "ask": "demande", "joke": "plaisante",
           "inform": "informe"}  # fmt: skip
NOTICE = "Un score porte sur un contenu, jamais sur une personne ; une croyance, même étrange, n'est pas un marqueur. Une personne décide."


def score_line(marker: str, probability: float, decision: str) -> Text:
    """One marker: its name, a bar, its probability, what it means."""
    filled = round(probability * 20)
    bar = "█" * filled + "·" * (20 - filled)
    return Text.assemble(
        f"{NAMES[marker]:<17}", (bar, STYLES[decision]), f" {french(probability * 100, digits=1):>5} %  ", (WORDS[decision], STYLES[decision])
    )


def assessment_page(answer: Assessment, text: str, *, name: str) -> RenderableType:
    """Scores, then the sentences that justify them."""
    head = Text(f"{name} · {len(text)} caractères", style="bold")
    scores = [score_line(marker, answer.scores[marker], answer.decision[marker]) for marker in MARKERS]
    quotes = [quote_line(found.marker, found.text, found.submarkers) for found in answer.evidence]
    return Group(head, *scores, *quotes, *_signs(answer.stance if answer.evidence else None, answer.flags), Text(NOTICE, style="dim"), Text(""))


def quote_line(marker: Marker | str, text: str, submarkers: Sequence[str] = ()) -> RenderableType:
    """A justifying sentence, under its marker's name and what it shows of it."""
    shown = ", ".join(f"{name} {submarker_name(name)}" for name in submarkers)
    return Padding(
        Text.assemble((f"{NAMES[marker]} : ", "bold"), f"« {safe(text)} »", (f"  signes possibles : {shown}" if shown else "", "cyan")), (0, 0, 0, 2)
    )


def submarker_name(name: str) -> str:
    """The French name of a sub-marker; nothing for one that this version of the taxonomy does not have."""
    return {submarker.id: submarker.name for submarker in load_taxonomy().submarkers()}.get(name, "")


def _signs(stance: str | None, flags: Sequence[Flag]) -> list[RenderableType]:
    """How the text speaks, and the transversal flags with their words."""
    lines: list[RenderableType] = []
    if stance:
        lines.append(Text(f"  posture probable : {STANCES[stance]}", style="dim"))
    said: dict[str, list[str]] = {}
    for flag in flags:
        said.setdefault(flag.id, []).append(safe(flag.text))
    taxonomy = load_taxonomy()
    for name, words in said.items():
        lines.append(Padding(Text.assemble((f"{taxonomy.flag(name).name} : ", "magenta"), ", ".join(f"« {word} »" for word in words)), (0, 0, 0, 2)))
    return lines


def queue_page(page: QueuePage) -> RenderableType:
    """What to read first, each item with why it stands there, its scores and the sentences that justify them."""
    drawn = sum(item.entry["lane"] == "sondage" for item in page.items)
    flagged = f"{counted(len(page.items) - drawn, 'contenu')} sur {counted(page.total, 'signalé')} à examiner"
    head = f"À lire d'abord : {flagged}" + (f", et {counted(drawn, 'tiré')} au sort" if drawn else "")
    parts: list[RenderableType] = [Text(head, style="bold"), Text("")]
    for number, item in enumerate(page.items, 1):
        parts += [*entry_lines(item.entry, number=number, copies=item.copies), Text("")]
    return Group(*parts, Text(NOTICE, style="dim"))


def entry_lines(entry: Mapping[str, Any], *, number: int, copies: int = 0) -> list[RenderableType]:
    """One item in a list: what it is, where it stands, why it is read so early, its scores and their sentences."""
    title = safe(entry["title"] or entry["text"])[:100]
    lane = Text("SONDAGE ", "cyan") if entry["lane"] == "sondage" else Text(f"{WORDS[entry['decision']]} ", STYLES[entry["decision"]])
    head = Text.assemble(f"{number:>3}. ", lane, (title, "bold"))
    where = " · ".join(part for part in (_kind(entry), entry["platform"], (entry["published_at"] or "")[:10], _money(entry), _reach(entry)) if part)
    address = Text(f"{safe(entry['url'])}", style="dim", no_wrap=True, overflow="fold")
    place = Text(f"{where} · {entry['id']}", style="dim")
    lines: list[RenderableType] = [head, *(Padding(line, (0, 0, 0, 5)) for line in (place, address, *_why(entry, copies)))]
    for marker in entry["markers"]:
        decision = "alerte" if marker in entry["alerts"] else "a_lire"
        lines.append(Padding(score_line(marker, entry[f"score_{marker}"], decision), (0, 0, 0, 5)))
        quotes = [found for found in entry["evidence"] if found["marker"] == marker and says_something(found)]
        lines += [
            Padding(quote_line(marker, found["text"], found["submarkers"]), (0, 0, 0, 5))
            for found in sorted(quotes, key=lambda found: -found["score"])[:2]
        ]
    return lines


def says_something(passage: Mapping[str, Any]) -> bool:
    """Whether a passage has words: an emoji alone convinces nobody."""
    return sum(map(str.isalpha, passage["text"])) > 1


def _why(entry: Mapping[str, Any], copies: int) -> list[Text]:
    """Why it stands where it stands, and what else one decision would serve."""
    found = []
    if entry["lane"] == "sondage":
        found.append(Text("tiré au sort parmi les contenus non signalés : le lire sert à estimer ce que Vigie manque", style="cyan"))
    elif entry["lane"] and entry["reasons"]:
        found.append(Text(explain([Reason.model_validate(reason) for reason in entry["reasons"]], age=_age(entry)), style="green"))
    if copies:
        rest = f"et {counted(copies, 'copie')} à examiner, campagne {entry['campaign']} : une décision peut servir pour toutes"
        found.append(Text(rest, style="green"))
    return found


def _age(entry: Mapping[str, Any]) -> timedelta:
    """How long ago it was last made public, as its rank counts it."""
    said = max((entry[name] for name in ("published_at", "edited_at") if entry[name]), default=entry["collected_at"], key=datetime.fromisoformat)
    return datetime.now(UTC) - min(datetime.fromisoformat(said), datetime.fromisoformat(entry["collected_at"]))


def _kind(entry: Mapping[str, Any]) -> str:
    return {"post": "publication", "article": "article", "crowdfunding": "cagnotte"}[entry["kind"]]


def _money(entry: Mapping[str, Any]) -> str:
    if entry["funding_raised"] is None:
        return ""
    goal = f" sur {entry['funding_goal']:,.0f}" if entry["funding_goal"] else ""
    return f"{entry['funding_raised']:,.0f}{goal} {entry['funding_currency'] or ''}".replace(",", " ").strip()


def _reach(entry: Mapping[str, Any]) -> str:
    return f"vu ou suivi par {entry['reach']:,}".replace(",", " ") if entry["reach"] else ""
