"""The form of a reading: what comes back into it, what it proposes, and how it says what the model found."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from cases import urgencies
from cases.reviews import Review
from core.numbers import french
from tests.web.conftest import Browser, House
from tests.web.test_items import QUOTE, TEXT, Fill, console, gourou, item, rows, send, take  # noqa: F401 - a fixture
from tests.web.test_queue import actor
from web.reading.again import exclusions_of, refilled, taken_back
from web.reading.form import Entered, proposed_by

START = TEXT.index(QUOTE)


def undone(browser: Browser, name: str) -> str:
    """The page that follows a reading that was taken back."""
    answer = browser.post(f"/contenus/{name}/annuler", {"acte": "a" * 32})
    assert answer.status_code == 303
    return browser.get(answer.headers["location"]).text


def words_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).replace("&#39;", "'").split())


def is_on(page: str, field: str) -> bool:
    found = re.search(rf"<input[^>]*{re.escape(field)}[^>]*>", page)
    assert found, field
    return " checked" in found[0]


def test_a_reading_that_is_taken_back_is_in_the_form_again(house: House, item: str) -> None:  # noqa: F811
    ana = house.browser("analyse")
    take(ana, item)
    assert send(ana, item, **gourou(motif="Il dit de quitter ses proches.", **{"s.B5": "incertain"})).status_code == 303
    page = undone(ana, item)
    for field in ('name="marqueur" id="c-gourou"', 'name="s.B3" value="present"', 'name="s.B5" value="incertain"', 'id="q-licite_preoccupant"'):
        assert is_on(page, field), field
    assert not is_on(page, 'name="s.B1" value="present"')
    assert f'name="citation" value="{START}-{START + len(QUOTE)}-B3" checked' in page
    assert '<textarea id="f-motif" name="motif" rows="4" maxlength="2000">Il dit de quitter ses proches.</textarea>' in page
    acts = re.findall(r'name="acte" value="([0-9a-f]{32})"', page)
    assert rows(house)[0].act not in acts, "sent again, it is a reading of its own"
    assert 'id="remise"' in page
    empty = ana.get(f"/contenus/{item}?vide=1").text
    assert 'id="remise"' not in empty
    assert not is_on(empty, 'name="s.B3" value="present"')
    assert send(ana, item, **gourou(motif="Mieux dit.")).status_code == 303
    assert [(row.reason, row.withdrawn_at is None) for row in rows(house)] == [("Il dit de quitter ses proches.", False), ("Mieux dit.", True)]


def test_nobody_else_finds_it_in_their_form(house: House, item: str) -> None:  # noqa: F811
    ana = house.browser("analyse")
    take(ana, item)
    assert send(ana, item, **gourou(motif="Secret.")).status_code == 303
    undone(ana, item)
    assert ana.post(f"/contenus/{item}/relacher").status_code == 303
    house.add("autre", "analyse")
    bob = house.browser("autre")
    take(bob, item)
    page = bob.get(f"/contenus/{item}").text
    assert 'id="lecture"' in page
    assert "Secret." not in page
    assert 'id="remise"' not in page


def test_the_reason_that_exclusions_gave_follows_them(house: House, item: str) -> None:  # noqa: F811
    ana = house.browser("analyse")
    take(ana, item)
    assert send(ana, item, motif="", **{"x.gourou": "testimony_victim"}).status_code == 303
    page = undone(ana, item)
    assert re.search(r'value="testimony_victim" checked', page)
    assert re.search(r'<textarea id="f-motif"[^>]*></textarea>', page)


def test_what_is_kept_of_a_reading_comes_back_whole(house: House, item: str) -> None:  # noqa: F811
    ana = house.browser("analyse")
    take(ana, item)
    send(ana, item, **gourou())
    undone(ana, item)
    (row,) = rows(house)
    review = Review.model_validate({"by": "x", **{name: getattr(row, name) for name in Review.model_fields if name != "by"}})
    again = refilled(Entered("neuf", review.text_sha256), review)
    assert (again.act, again.markers, again.submarkers, again.reason) == ("neuf", frozenset({"gourou"}), {"B3": "present"}, review.reason)
    ana_herself, other = actor(house, "analyse"), actor(house, "valide")
    assert taken_back([review], ana_herself, text=review.text_sha256) == review
    assert taken_back([review], other, text=review.text_sha256) is None
    assert taken_back([review], ana_herself, text="0" * 64) is None, "of another text"
    standing = review.model_copy(update={"withdrawn_at": None})
    assert taken_back([review, standing], ana_herself, text=review.text_sha256) is None, "read anew since"
    assert exclusions_of(["press"], markers=["abandon_soins"]) <= {("gourou", "press"), ("complotisme", "press")}
    assert len(exclusions_of(["press"], markers=[])) == 1


def test_a_sign_that_is_present_leads_to_its_marker(house: House, item: str) -> None:  # noqa: F811
    ana = house.browser("analyse")
    take(ana, item)
    answer = send(ana, item, **gourou(marqueur="", qualification="illicite_presume"))
    assert answer.status_code == 422
    assert 'href="#c-gourou"' in answer.text
    assert re.search(r'<input type="checkbox" name="marqueur" id="c-gourou"', answer.text), "the very box"
    assert 'href="#grille"' not in answer.text
    assert re.search(r'<details class="voile" id="voile" open>', answer.text), "the text stays in view"
    group = re.search(r'<details class="groupe" id="g-gourou"( open)?>', answer.text)
    assert group
    assert group[1], "and the box is not folded away"
    assert proposed_by({"B3": "present", "C1": "incertain", "A1": "absent"}) == ("gourou",)


def test_a_level_is_told_in_words_and_its_probability_apart(house: House, fill: Fill) -> None:
    (name,) = fill({"number": 1, "p": 0.9})
    ana = house.browser("analyse")
    entry = console(house).index.get(name)
    assert entry
    page = ana.get(f"/contenus/{name}").text
    signs = re.search(r'<ul class="signes">(.*?)</ul>', page, re.DOTALL)
    assert signs
    assert "%" not in signs[1]
    assert "sous le seuil" in signs[1]
    assert "alerte" in signs[1] or "à lire" in signs[1]
    assert f"{french(entry['score_gourou'] * 100, digits=0)} %" in words_of(page)
    assert "propre seuil" in page
    card = re.search(
        rf'<li class="ligne" id="l-{name}">.*?<ul class="signes">(.*?)</ul>\s*<p class="hint">(.*?)</p>', ana.get("/file").text, re.DOTALL
    )
    assert card
    assert "%" not in card[1]
    assert "%" in card[2]
    assert "propre seuil" in card[2]


def test_what_is_not_read_is_said_so_to_each(house: House, item: str) -> None:  # noqa: F811
    assert '<span class="tag">Pas encore lu par vous</span>' in house.browser("analyse").get(f"/contenus/{item}").text
    assert '<span class="tag">Pas encore décidé</span>' in house.browser("sante").get(f"/contenus/{item}").text


def test_an_unanswered_sign_says_so_and_the_evidence_is_folded(house: House, item: str) -> None:  # noqa: F811
    ana = house.browser("analyse")
    take(ana, item)
    page = ana.get(f"/contenus/{item}").text
    empty = re.search(r'<label class="vide">(.*?)</label>', page)
    assert empty
    assert words_of(empty[1]) == "sans réponse"
    assert "visually-hidden" not in empty[1]
    if "SHA-256" in page:
        assert re.search(r"<details><summary>Fichier et empreintes</summary>.*?SHA-256", page, re.DOTALL)


def test_an_urgency_says_where_and_when_and_keeps_its_reason_from_blind_readers(house: House, fill: Fill) -> None:
    (name,) = fill({"number": 7, "p": 0.9, "text": TEXT})
    ana = house.browser("analyse")
    take(ana, name)
    assert send(ana, name, qualification="urgence", motif="Elle parle de mourir ce soir.").status_code == 303
    assert len(urgencies.open_ones(house.database)) == 1
    own = ana.get("/urgences").text
    assert f"Contenu {name[:8]}" not in own
    entry = console(house).index.get(name)
    assert entry
    assert entry["platform"] in own
    assert re.search(r"<h3[^>]*><a [^>]*>[^<]* (publié|collecté) le [^<]*\d{4}", own)
    assert re.search(r'<details class="voile"><summary>Motif masqué[^<]*</summary><p class="crawled">Elle parle de mourir ce soir\.</p>', own)
    house.add("seconde", "analyse")
    other = house.browser("seconde").get("/urgences").text
    assert "mourir" not in other
    assert "Le motif ne se montre pas encore" in other
    assert re.search(r'<details class="voile"><summary>Texte masqué', other)
    assert datetime.now(UTC).strftime("%Y") in other
