"""All that a notice is printed as: letter, JSON, form texts, e-mail, complaint."""

from __future__ import annotations

import email
import email.policy
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from cases.legal import load_legal
from cases.notices import NoticeItem
from cases.papers.complaint import complaint_paper
from cases.papers.cutting import MARK, cut
from cases.papers.notice import complaint_text, notice_eml, notice_fields, notice_json, notice_paper, notice_text
from cases.papers.notice_data import MOST
from cases.papers.notice_form import Part, fitted
from cases.papers.notice_mail import address
from cases.papers.pdf import paper_pdf
from cases.papers.text import paper_text
from cases.platforms import Fact, FormField, load_platforms
from core.errors import Conflict, Invalid
from core.settings import ROOT
from tests.cases import paper_samples as sample
from tests.cases.test_papers import words

SCHEMA = json.loads((ROOT / "tests" / "schemas" / "notice.json").read_text(encoding="utf-8"))
OVERRIDE = "\u202e"


def letter(**changes: Any) -> str:
    given = {"notice": sample.notice(), "notifier": sample.notifier(), "legal": load_legal(), "platform": sample.platform()} | changes
    return paper_text(notice_paper(given["notice"], given["notifier"], given["legal"], given["platform"]))


def data(**changes: Any) -> dict[str, Any]:
    given = {"notice": sample.notice(), "notifier": sample.notifier(), "legal": load_legal(), "platform": sample.platform()} | changes
    return notice_json(given["notice"], given["notifier"], given["legal"], given["platform"])


def flat(text: str) -> str:
    return " ".join(text.split())


def test_the_letter_says_all_that_article_16_asks_for() -> None:
    read = flat(letter())
    for wanted in (
        "https://video.example/watch?v=abc1", "https://video.example/watch?v=abc2", "contact@clairiere.example", "Association Clairière",
        "Je déclare de bonne foi", "Arrêtez votre chimiothérapie", "caractères 120 à 170", "Code pénal, art. 223-1-2, al. 1", "2 avril 2026",
        "à vérifier par un juriste", "KEYWORD_RISK_PUBLIC_HEALTH", "le retrait du contenu", "Alix Brun", "Noor Valette", "adhérente de l'association",
        "signaleur de confiance", "Arcom", "Aucune information sur les risques", "Un outil automatique a attiré l'attention", f"{1:064x}", f"{201:064x}",
        "Volonté libre et éclairée", "art. 17, par. 3, point b", "art. 18", "01/10/2026 à 20:04 (Paris), 2026-10-01 18:04 UTC",
    ):  # fmt: skip
        assert wanted in read, wanted


def test_law_that_nobody_read_is_printed_as_such_and_never_its_text() -> None:
    unread = next(basis for basis in load_legal().bases if basis.status == "non_verifie")
    read = flat(letter(notice=sample.notice(sample.content(bases=(sample.LAW, unread.id)))))
    assert f"{unread.article} (non vérifié" in read
    assert data(notice=sample.notice(sample.content(bases=(unread.id,))))["legal_grounds"][0]["text"] is None


def test_a_text_of_law_that_slipped_in_unread_is_still_not_printed() -> None:
    read = load_legal().basis(sample.LAW)
    unread = read.model_copy(update={"status": "non_verifie", "in_force_on": None, "source": None})
    legal = load_legal().model_copy(update={"bases": (unread,)})
    assert "au moyen de pressions" not in flat(letter(legal=legal))
    assert data(legal=legal)["legal_grounds"][0]["text"] is None


def test_facts_about_a_provider_that_nobody_checked_say_so() -> None:
    read = letter()
    assert "Tubes Video Ltd (non vérifié)" not in read
    assert "IE (non vérifié)" in read
    assert data()["service"]["country"] == {"value": "IE", "verified": False, "source": None}


@pytest.mark.parametrize("number", [0, 1])
def test_a_letter_without_two_signatures_is_a_draft(number: int) -> None:
    signed = tuple(sample.signature(f"p{one}") for one in range(number))
    assert f"Projet. {number} signature sur 2" in flat(letter(notice=sample.notice(signatures=signed))).replace("signatures sur", "signature sur")
    assert "Projet." not in letter()


def test_a_signature_under_another_version_is_not_printed() -> None:
    old = sample.signature("Ancienne Signataire", current=False)
    assert "Ancienne Signataire" not in letter(notice=sample.notice(signatures=(old, *sample.notice().signatures)))


def test_an_erased_notice_prints_nothing() -> None:
    gone = sample.notice().model_copy(update={"content": None})
    for make in (notice_paper, notice_json, notice_text, notice_eml):
        with pytest.raises(Conflict, match="erased"):
            make(gone, sample.notifier(), load_legal(), sample.platform())


def test_the_json_is_what_the_schema_says() -> None:
    problems = list(Draft202012Validator(SCHEMA, format_checker=FormatChecker()).iter_errors(data()))
    assert not problems, problems[0]
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("measure", ["retrait", "blocage_fr", "restriction_age", "declassement", "etiquetage", "demonetisation", "mesure_compte"])
def test_each_measure_has_the_words_of_the_database(measure: str) -> None:
    made = data(notice=sample.notice(sample.content(measure=measure)))
    Draft202012Validator(SCHEMA).validate(made)
    asked = made["requested_measure"]
    assert bool(asked["decision_visibility"]) + bool(asked["decision_monetary"]) + bool(asked["decision_account"]) == 1
    assert (asked["territorial_scope"] == ["FR"]) == (measure == "blocage_fr")


def test_long_texts_fit_the_database_and_are_named() -> None:
    long = sample.content(
        explanation="mot " * 499, keyword="KEYWORD_OTHER", keyword_other="abus de faiblesse",
        elements=tuple(one.model_copy(update={"says": "raison " * 250}) for one in sample.content().elements),
    )  # fmt: skip
    made = data(notice=sample.notice(long))
    Draft202012Validator(SCHEMA).validate(made)
    assert made["shortened"] == ["decision_facts"]
    assert len(made["decision_facts"]) <= MOST["decision_facts"]
    assert made["decision_facts"].endswith(f"raison{MARK}")
    assert all(len(made[name]) <= most for name, most in MOST.items())


def test_the_schema_refuses_what_may_not_be_sent() -> None:
    wrong = [
        {"signatures": data()["signatures"][:1]}, {"category": "STATEMENT_CATEGORY_NOT_SPECIFIED_NOTICE"}, {"items": []}, {"bona_fide_statement": ""},
        {"illegal_content_explanation": "x" * 2001}, {"notifier": data()["notifier"] | {"email": ""}}, {"content_url": "https://x.example/a"},
        {"category_specification": ["KEYWORD_OTHER"]}, {"items": [data()["items"][0] | {"url": "https://video.example/"}]},
        {"legal_grounds": [data()["legal_grounds"][0] | {"caution": None}]},
    ]  # fmt: skip
    for change in wrong:
        assert list(Draft202012Validator(SCHEMA).iter_errors(data() | change)), change


@pytest.mark.parametrize(
    ("text", "most", "expected"),
    [
        ("court", None, "court"), ("court", 5, "court"), ("un deux trois quatre", 12, f"un deux{MARK}"), ("un deux, trois quatre", 13, f"un deux{MARK}"),
        ("x" * 50, 20, "x" * 16 + MARK), ("abcdef", 3, "abc"), ("  un  ", 10, "un"), ("", 4, ""),
    ],
)  # fmt: skip
def test_cutting(text: str, most: int | None, expected: str) -> None:
    assert cut(text, most) == expected
    assert most is None or len(cut(text, most)) <= most


@pytest.mark.parametrize("most", [*range(1, 60), 250, 500, 600, 800, 1000, 1233, 2000, 5000])
def test_a_form_gets_no_more_than_it_takes(most: int) -> None:
    form = sample.platform(fields=(FormField(name="comment", label="Commentaire", most=most), FormField(name="subject", label="Objet", most=most)))
    for one in notice_fields(sample.notice(), sample.notifier(), load_legal(), form):
        assert len(one.text) <= most
        assert (one.cut_from is None) == (not one.left_out)
        assert one.cut_from is None or one.cut_from > most


def test_what_must_stay_stays_and_what_was_cut_is_said() -> None:
    form = sample.platform(fields=(FormField(name="comment", label="Commentaire", most=1000),))
    (one,) = notice_fields(sample.notice(), sample.notifier(), load_legal(), form, position=2)
    for wanted in ("Je déclare de bonne foi", "art. 223-1-2", "watch?v=abc2", "contact@clairiere.example"):
        assert wanted in one.text, wanted
    assert "watch?v=abc1" not in one.text, "one item at a time"
    assert "les extraits" in one.left_out
    read = notice_text(sample.notice(), sample.notifier(), load_legal(), form, position=2)
    assert f"[Coupé : le texte entier fait {one.cut_from} caractères. Il manque : " in read


def test_after_a_part_that_is_cut_nothing_smaller_slips_in() -> None:
    parts = [Part("", "un", "a" * 50, stays=True), Part("", "deux", f"{'m' * 150} " * 9, stays=False), Part("", "trois", "b" * 20, stays=False)]
    text, missing = fitted(parts, 400)
    assert missing == ("deux", "trois")
    assert text.startswith("a" * 50 + "\n\nmmm")
    assert text.endswith(MARK)
    assert len(text) < 400 - 22, "there is room for the third"


def test_what_has_a_field_of_its_own_is_not_said_twice() -> None:
    fields = {one.name: one.text for one in notice_fields(sample.notice(), sample.notifier(), load_legal(), sample.platform())}
    assert fields["url"].splitlines() == ["https://video.example/watch?v=abc1", "https://video.example/watch?v=abc2"]
    assert "https://" not in fields["reason"]
    assert fields["email"] == "contact@clairiere.example"
    assert fields["captcha"] == ""


def test_every_known_platform_gets_its_texts() -> None:
    for platform in load_platforms().all:
        for one in notice_fields(sample.notice(), sample.notifier(), load_legal(), platform, position=1):
            assert one.most is None or len(one.text) <= one.most, (platform.id, one.name)


def test_an_unsigned_notice_is_pasted_as_a_draft_and_never_mailed() -> None:
    unsigned = sample.notice(signatures=sample.notice().signatures[:1])
    assert notice_text(unsigned, sample.notifier(), load_legal(), sample.platform()).startswith("PROJET NON SIGNÉ")
    with pytest.raises(Conflict, match="not signed"):
        notice_eml(unsigned, sample.notifier(), load_legal(), sample.platform())


def mail(**changes: Any) -> email.message.EmailMessage:
    given = {"notice": sample.notice(), "notifier": sample.notifier(), "platform": sample.platform()} | changes
    made = notice_eml(given["notice"], given["notifier"], load_legal(), given["platform"])
    assert made == notice_eml(given["notice"], given["notifier"], load_legal(), given["platform"]), "the same data give the same bytes"
    return email.message_from_bytes(made, policy=email.policy.default)


def test_the_mail_is_a_draft_with_text_and_pdf() -> None:
    message = mail()
    assert (message["To"], message["X-Unsent"]) == ("notices@tubes.example", "1")
    assert message["From"].addresses[0].addr_spec == "contact@clairiere.example"
    assert message["Subject"] == f"Notification de contenu illicite {sample.notice().id}"
    body, pdf = message.get_body(), next(message.iter_attachments())
    assert body is not None
    assert "https://video.example/watch?v=abc1" in body.get_content()
    assert (pdf.get_content_type(), pdf.get_filename()) == ("application/pdf", f"notification-{sample.notice().id}.pdf")
    assert "Jedéclaredebonnefoi" in words(pdf.get_content())


def test_nothing_gets_into_the_headers_of_a_mail() -> None:
    message = mail(notifier=sample.notifier(f"Clairière\r\nBcc: x@mal.example\r\n\r\nCorps {OVERRIDE}"))
    assert message["Bcc"] is None
    assert set(message.keys()) == {"Subject", "From", "To", "Date", "X-Unsent", "MIME-Version", "Content-Type"}
    assert len(message["From"].addresses) == 1
    for bad in ("a@b.example\r\nBcc: x@mal.example", "a@b.example, c@d.example", "sans arobase"):
        with pytest.raises(Invalid):
            mail(platform=sample.platform(email=Fact(value=bad)))
    with pytest.raises(Invalid):
        address("a@b.example\n")


def test_a_provider_without_an_address_gets_a_draft_to_nobody() -> None:
    assert mail(platform=sample.platform(email=None))["To"] is None


def test_hostile_content_stays_content_in_every_form() -> None:
    bad = f'#panic("x") {OVERRIDE}*gras* <script>alert(1)</script> =CMD() \x00 {"y" * 300}'
    made = sample.notice(
        sample.content(
            items=(sample.item(1, title=bad, url="https://video.example/a#panic()" + "z" * 400), sample.item(2)), keyword_other="#panic()",
            explanation=bad * 3, elements=(sample.content().elements[0].model_copy(update={"quotes": (sample.quoted(1, bad),)}),),
        )
    )  # fmt: skip
    read = words(paper_pdf(notice_paper(made, sample.notifier(), load_legal(), sample.platform())))
    assert '#panic("x")[RIGHT-TO-LEFTOVERRIDE]*gras*<script>alert(1)</script>=CMD()[U+0000]' in read
    for text in (letter(notice=made), notice_text(made, sample.notifier(), load_legal(), sample.platform())):
        assert OVERRIDE not in text
        assert "\x00" not in text
    Draft202012Validator(SCHEMA).validate(json.loads(json.dumps(data(notice=made))))


def test_a_notice_of_fifty_items_prints() -> None:
    items = tuple(sample.item(number, published_at=sample.NOW - timedelta(days=number)) for number in range(1, 51))
    assert "Contenu50" in words(
        paper_pdf(notice_paper(sample.notice(sample.content(items=items)), sample.notifier(), load_legal(), sample.platform()))
    )


def answered(**changes: Any) -> Any:
    items = (
        NoticeItem(position=1, document_id=None, campaign=None, action="aucune_licite", ground="cgu"),
        NoticeItem(position=2, document_id=None, campaign=None, action="retire", ground="loi"),
    )
    said = {"items": items, "sent_at": sample.NOW, "sent_by": "p1", "decided_at": sample.NOW, "redress_given": False, "reference": "TUB-12"}
    return sample.notice(**(said | changes))


def test_a_complaint_says_what_was_decided_and_on_what_it_rests() -> None:
    read = complaint_text(answered(), sample.notifier(), sample.platform())
    for wanted in ("TUB-12", "20/11/2026 à 10:30", "Contenu 1 : aucune mesure : jugé licite", "Contenu 2 : retiré", "art. 20", "six mois",
                   "n'indiquait pas les voies de recours", "à vérifier par un juriste", "contact@clairiere.example"):  # fmt: skip
        assert wanted in read, wanted
    outside = complaint_text(answered(), sample.notifier(), sample.platform(), kind="hors_tribunal", body="Médiation des réseaux")
    for wanted in ("art. 21", "90 jours", "180 jours", "Médiation des réseaux", "à vérifier par un juriste"):
        assert wanted in outside, wanted
    assert "Aucune décision ne nous est parvenue" in complaint_text(sample.notice(), sample.notifier(), sample.platform())


def test_a_complaint_is_printed_as_it_was_written() -> None:
    paper = complaint_paper("Bonjour,\n\n#panic()\r\n\r\nFin.", answered(), sample.notifier(), sample.platform(), date="le 1er décembre 2026")
    assert "Bonjour,#panic()Fin." in words(paper_pdf(paper))


def test_no_paper_names_an_account_of_an_author() -> None:
    """What an author is called here, even as a pseudonym, goes to nobody."""
    made = json.dumps(data()) + letter() + notice_text(sample.notice(), sample.notifier(), load_legal(), sample.platform())
    assert "p" * 16 not in made


def test_what_papers_cite_of_the_regulation_names_the_copy() -> None:
    for path in sorted((Path(ROOT) / "cases" / "papers").glob("*.py")):
        source = path.read_text(encoding="utf-8")
        if re.search(r"dsa\(", source) and path.name not in ("words.py", "notice_form.py", "notice_data.py"):
            assert "CITED" in source, f"{path.name} cites an article: it says with CITED which copy was read"
