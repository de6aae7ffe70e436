"""What names or reaches a person is found in texts that people write, and in what a report prints: 500 reports with planted data leak none."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from cases.papers.text import paper_text
from cases.profiles import Notifier, Profile
from cases.register import RegisterRow
from cases.reporting.checking import findings_in, refuse
from cases.reporting.counting import tally
from cases.reporting.entity import entity_of
from cases.reporting.figures import Yearly
from cases.reporting.kinds import drawn, sort_of
from cases.reporting.providers import Providers
from cases.reporting.tables import yearly_csv
from cases.reporting.yearly import accepted_in, cuts_of, hidden
from cases.scanning import MAYBE, NAMED, personal_data
from core.errors import Invalid

SENT = datetime(2025, 3, 3, 9, tzinfo=UTC)
FIRST = ("Zoé", "Jean-Marc", "Fatou", "Léa", "Brahim", "Anne", "Loïc", "Ève", "Gaël", "Inès")
LAST = ("Dupont", "Le Goff", "N'Diaye", "Martin-Ruiz", "Benali", "Œuvrard", "Ó Briain", "Petit", "Da Silva", "Nguyen")


@pytest.mark.parametrize(("text", "kind"), [
    ("Écrire à jean.dupont@exemple.fr.", "adresse électronique"), ("jean (at) exemple (point) fr", "adresse électronique"),
    ("jean arobase exemple point fr", "adresse électronique"), ("ｊｅａｎ＠ｅｘｅｍｐｌｅ．ｆｒ", "adresse électronique"),
    ("Appeler le 06 12 34 56 78", "numéro de téléphone"), ("au 06.12.34.56.78.", "numéro de téléphone"), ("+33 (0)6 12 34 56 78", "numéro de téléphone"),
    ("0612345678", "numéro de téléphone"), ("Voir @gourou_x", "compte"), ("@anne@mastodon.example", "compte"), ("sur u/gourou42", "compte"),
    ("did:plc:abcdef123456", "compte"), ("p-0123456789abcdef01234567", "compte"), ("https://t.me/gourou", "adresse d'un compte"),
    ("t.me/gourou", "adresse d'un compte"), ("https://forum.example/u/anne", "adresse d'un compte"), ("facebook.com/jean.dupont", "adresse d'un compte"),
    ("12 rue des Lilas", "adresse postale"), ("12 bis, avenue Foch", "adresse postale"), ("75011 Paris", "adresse postale"),
    ("FR76 3000 6000 0112 3456 7890 189", "numéro de compte bancaire"), ("FR7630006000011234567890189", "numéro de compte bancaire"),
    ("1 85 05 78 006 084 42", "numéro de sécurité sociale"), ("Mme Zoé Martin", "personne nommée"), ("le Dr Petit", "personne nommée"),
    ("présidée par Zoé Martin", MAYBE), ("présidée par Zoé MARTIN-RUIZ", MAYBE), ("présidée par J. Durand", MAYBE), ("Fatou N’Diaye préside", MAYBE),
    ("relu par anne LEROY", NAMED), ("relu par Anne  Leroy", NAMED), ("a.leroy@maison.example", "adresse électronique"),
])  # fmt: skip
def test_what_reaches_a_person_is_found(text: str, kind: str) -> None:
    found = personal_data(text, names=["Anne Leroy", "a.leroy@maison.example", "droit"])
    assert kind in {one.kind for one in found}, found
    assert all(one.sure is (one.kind != MAYBE) for one in found)


@pytest.mark.parametrize("text", [
    "Le conseil compte 8 membres, élus pour 3 ans.", "La Fondation de France donne 20 % des ressources.", "Dons : 12 000 euros en 2025 (40 %).",
    "Règlement (UE) 2022/2065, art. 22, paragraphe 3.", "Formulaire : https://maison.example/contester", "Du 01/01/2025 au 31/12/2025, 1 234,5 h.",
    "Le droit et l'analyse se lisent à deux.", "",
])  # fmt: skip
def test_words_of_an_entity_are_none(text: str) -> None:
    assert personal_data(text, names=["droit", "analyse"], sites=["maison.example"]) == ()


def test_only_what_looks_like_a_name_can_be_accepted() -> None:
    assert [one.kind for one in personal_data("Abbé Pierre et 0612345678", allowed=["Abbé Pierre", "0612345678"])] == ["numéro de téléphone"]


def planted(rng: random.Random) -> list[str]:
    """A name, a handle, an e-mail address, telephone numbers, addresses, a bank account: of one invented person."""
    first, last, number = rng.choice(FIRST), rng.choice(LAST), rng.randrange(10**8)
    plain = f"{first}.{last}".lower().replace(" ", "").replace("'", "")
    phone = f"06{number:08d}"
    return [
        f"{first} {last}", f"@{plain}", f"{plain}@courriel.example", phone, " ".join(phone[place : place + 2] for place in range(0, 10, 2)),
        f"{rng.randrange(1, 99)} rue des Lilas", f"{rng.randrange(1000, 95000):05d} Ville", f"https://reseau.example/@{plain}", f"u/{plain}",
        f"FR76 3000 6000 0112 {rng.randrange(10**4):04d} 7890 189",
    ]  # fmt: skip


def row(rng: random.Random, seeds: list[str], number: int) -> RegisterRow:
    """A row of the register whose every text holds what was planted, as if other parts had let it through."""
    return RegisterRow(
        notice_id=f"n{number}", organisation_id=rng.choice(seeds), position=1, platform=rng.choice([*seeds, "bluesky", "autre"]), category=rng.choice([*seeds, None]),
        keyword=rng.choice([*seeds, "KEYWORD_OTHER"]), markers=(rng.choice([*seeds, "gourou"]),), bases=(rng.choice(seeds),), items=1,
        source_type=rng.choice([*seeds, "SOURCE_ARTICLE_16"]), channel=rng.choice(seeds), state="close", created_at=SENT, created_by=rng.choice(seeds),
        sent_at=SENT + timedelta(hours=number), acknowledged_at=SENT + timedelta(hours=number + 2), decided_at=SENT + timedelta(days=9), acted_at=None,
        action=rng.choice([*seeds, "retire"]), ground=rng.choice([*seeds, "loi"]), scope=rng.choice([*seeds, "FR"]), until=None, redress_given=True,
        automated=None, complaints=(), overturned=False, withdrawn=False, corrected=False, closed_at=None,
        provider=rng.choice(seeds),
    )  # fmt: skip


def report_of(rng: random.Random, seeds: list[str], profile: Profile) -> Yearly:
    counted = tally(
        [row(rng, seeds, number) for number in range(4)], as_of=SENT + timedelta(days=90), providers=Providers(("autre", one) for one in seeds)
    )
    entity = entity_of(Notifier(organisation_id="o", name="Association A", capacity="aucune", registration=None, profile=profile))
    return Yearly(
        since=date(2025, 1, 1), until=date(2025, 12, 31), as_of=counted.as_of, entity=entity, notices=counted.notices, items=counted.items,
        cuts=cuts_of(counted), totals=counted.summed(), durations=counted.durations(), quality=counted.quality(duplicates=0),
        markers=hidden(counted.markers), accepted=accepted_in(entity, seeds[:1]),
    )  # fmt: skip


def printed(report: Yearly, names: list[str]) -> str:
    """All that leaves: the paper and the tables. Raises Invalid."""
    refuse(findings_in("annuel_22_3", report.model_dump(mode="json"), names=names))
    paper = drawn(sort_of("annuel"), report, "Association A", names=names)
    return paper_text(paper) + "".join(content.decode() for content in yearly_csv(report).values())


TEXTS = ("governance", "conflicts", "platform_resources", "contest_channel", "training")
SENTENCES = ("L'équipe est suivie par {}, chaque mois.", "{}", "Contact : {} (bureau).", "Deux jours de formation ; {} ; un bilan par an.")


def test_five_hundred_reports_leak_nobody() -> None:
    """Half have planted data in the rows and outside of what is printed: they print, and hold none. Half in a text: they are refused."""
    rng, refused, clean = random.Random(20), 0, 0
    for number in range(500):
        seeds = planted(rng)
        said: dict[str, Any] = {
            "representative": seeds[0], "phone": seeds[3], "address": f"{seeds[5]}\n{seeds[6]}", "email": seeds[2], "website": seeds[7], "mandate": seeds[0],
            "languages": ("fr", seeds[0]), "governance": "Un conseil élu.",
        }  # fmt: skip
        seed = rng.choice(seeds)
        if number % 2:
            where = rng.choice([*TEXTS, "funding"])
            sentence = rng.choice(SENTENCES).format(seed)
            said |= {"funding": [{"source": sentence, "share": 1}]} if where == "funding" else {where: sentence}
        report = report_of(rng, [] if False else seeds, Profile.model_validate(said)).model_copy(update={"accepted": ()})
        if number % 2:
            with pytest.raises(Invalid, match="could name somebody") as caught:
                printed(report, [])
            refused += 1
            assert not [one for one in seeds if one in str(caught.value)], "errors are logged"
        else:
            leaving = printed(report, []) + report.model_dump_json()
            assert not [one for one in seeds if one in leaving]
            clean += 1
    assert (refused, clean) == (250, 250)


def test_a_name_of_somebody_with_an_account_is_refused_even_among_our_words() -> None:
    report = report_of(random.Random(1), ["x"], Profile(governance="Un conseil élu.", training="avec benoit kessler"))
    assert printed(report, [])
    with pytest.raises(Invalid, match=NAMED):
        printed(report, ["Benoit Kessler"])


def test_a_word_that_no_list_knows_is_refused() -> None:
    """Even where nothing in it has the form of personal data."""
    report = report_of(random.Random(1), ["x"], Profile())
    cut = report.cuts[0].model_copy(update={"keyword": "le voisin du dessus"})
    with pytest.raises(Invalid, match="mot inattendu"):
        printed(report.model_copy(update={"cuts": (cut,)}), [])


def test_an_accepted_word_is_printed_and_only_that_one() -> None:
    profile = Profile(governance="Le prix Abbé Pierre finance une étude.", training="Avec Zoé Martin.")
    report = report_of(random.Random(1), ["x"], profile)
    kept = report.model_copy(update={"accepted": accepted_in(report.entity, ["Abbé Pierre", "Jean Inventé"])})
    assert kept.accepted == ("Abbé Pierre",)
    assert [one.found for one in findings_in("annuel_22_3", kept.model_dump(mode="json"), names=[])] == ["Avec Zoé Martin"]
