"""Hostile texts in notices and dossiers: in every field that people fill, in what a provider answered, and in the contents themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from cases import duties, informing
from cases.dossiers import Dossier
from cases.masking import identifying
from cases.notices import Notice
from cases.profiles import set_profile
from tests.e2e.conftest import Live
from tests.e2e.seeds import entry_of
from tests.e2e.working import actor_of, decided, drafted, referred, sent

PASSAGE = "Ma méthode remplace tous les médicaments."
EACH = 36  # texts in one notice


def plant_notices(live: Live, texts: Sequence[str]) -> tuple[list[Notice], list[Dossier]]:
    """Drafts that hold these texts in all their fields, one that was sent and contested; a dossier. ``live.people["tout"]`` works in all."""
    live.add("relit", "analyse", "sante")
    live.people["sante"] = live.people["relit"]
    lines = [text.replace("\0", "")[:1500] for text in texts if not identifying(text)]
    said = [" ".join(text.split())[:180] for text in lines]
    profile = {
        name: said[place] for place, name in enumerate(("legal_form", "address", "representative", "governance", "conflicts", "contest_channel"))
    }
    set_profile(live.database, live.own.id, {**profile, "email": "contact@hostile.example"}, actor=actor_of(live, "tout"))
    groups = [lines[start : start + EACH] for start in range(0, len(lines), EACH)]
    made = []
    for number, group in enumerate(groups):
        name = _content(live, number, group)
        recipient = {"provider": said[number], "country": "FR", "email": "", "form_url": f"https://hostile.example/{number}"}
        texts_of = {"says": "\n".join(group[:8]), "why": "\n".join(group[8:16])}
        fields = {"explanation": "\n".join(group)[:1900], "summary_en": "\n".join(group[16:])[:1900], "recipient": recipient}
        made.append(drafted(live, [name], f"hostile-{number}", by="tout", **texts_of, **fields))
    for notice, line in zip(made[1:], lines[8:], strict=False):
        informing.choose(
            live.database, "notice", notice.id, choice="exception_14_5_b", reason=line, actor=actor_of(live, "tout"), act=f"hostile-{notice.id}"
        )
    for one, line in zip(duties.unanswered(live.database, actor=actor_of(live, "tout"))[::2], lines[16:], strict=False):
        duties.answer(live.database, one.id, said="pas_de_devoir", reason=line, informed_at=None, actor=actor_of(live, "tout"))
    done = sent(live, made[0], by="tout", words="\n".join(lines[:6])[:1500])
    fields = {
        name: text[:280]
        for name, text in zip(("lien", "sujet", "alias", "appreciation", "vulnerabilite", "prejudices", "attente"), said[20:], strict=False)
    }
    return [done, *made[1:]], [referred(live, made[0].items[0].document_id or "", "hostile", by="tout", **fields)]


def _content(live: Live, number: int, group: Sequence[str]) -> str:
    text = f"{PASSAGE}\n" + "\n".join(group)
    item = {"url": f"https://hostile.example/n/{number}?a=<b>&c='\"", "kind": "post", "platform": "hostile.example", "title": group[0][:200], "text": text,
            "scores": {"abandon_soins": 0.9, "gourou": 0.1, "complotisme": 0.1}, "quotes": [["abandon_soins", "A4", PASSAGE, 0.9]], "flags": [["T7", PASSAGE, None]]}  # fmt: skip
    entry = entry_of(item, at=datetime.now(UTC) - timedelta(days=number + 1))
    assert live.index.write([entry]).failed == ()
    return decided(live, entry["id"], "A4", PASSAGE, readers=("tout", "relit"))
