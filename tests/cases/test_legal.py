"""Legal bases: only what was read is quoted, nothing prints as checked before a lawyer checked it, and a mistake in a file is named."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from pydantic import ValidationError

from cases.legal import FOLDER, TO_CHECK, Basis, LegalElement, load_legal, printable
from core.errors import ConfigError, NotFound
from core.taxonomy import load_taxonomy

LEGAL = load_legal()
# word for word what the read copies say, as it is quoted with the project's rules; a change here needs the text at hand
QUOTED = {
    "cconso-l121-4-16": "affirmer faussement qu'un produit ou une prestation de services est de nature à guérir des maladies, des dysfonctionnements ou"
    " des malformations",
    "cp-223-1-2-al1": "la provocation, au moyen de pressions ou de manœuvres réitérées, de toute personne atteinte d'une pathologie à abandonner ou à"
    " s'abstenir de suivre un traitement médical thérapeutique ou prophylactique, lorsque cet abandon ou cette abstention est présenté comme bénéfique"
    " pour la santé … alors qu'il est, en l'état des connaissances médicales, manifestement susceptible d'entraîner …, compte tenu de la pathologie,"
    " des conséquences particulièrement graves",
    "cp-223-1-2-al2": "… pratiques présentées comme ayant une finalité thérapeutique ou prophylactique … risque immédiat de mort ou de blessures de"
    " nature à entraîner une mutilation ou une infirmité permanente",
    "cp-223-15-3": "placer ou maintenir une personne dans un état de sujétion psychologique ou physique résultant de l'exercice de pressions graves ou"
    " réitérées ou de techniques propres à altérer son jugement et ayant pour effet de causer une altération grave de sa santé physique ou mentale ou"
    " de conduire cette personne à un acte ou à une abstention gravement préjudiciables",
}


def test_only_the_words_that_were_read_are_quoted() -> None:
    assert {one.id: one.text for one in LEGAL.bases if one.text} == QUOTED


def test_every_article_of_the_taxonomy_has_its_basis_with_the_same_standing() -> None:
    """A1 to C11 cite articles; each is here, and what nobody read there was read by nobody here."""
    article, cited = re.compile(r"art\. (?:L\. )?(\d[\d-]*)"), 0
    for sign in load_taxonomy().submarkers():
        served = {(found[1], one.status) for one in LEGAL.serving([sign.id]) if (found := article.search(one.article))}
        for basis in sign.legal_basis:
            found = article.search(basis.text)
            if found and "peines complémentaires" not in basis.text:  # of an article that stands there otherwise
                assert (found[1], basis.status) in served, (sign.id, basis.text)
                cited += 1
    assert cited > 40


def test_a_basis_is_read_or_it_is_not() -> None:
    for basis in LEGAL.bases:
        if basis.status == "lu":
            code = basis.article.partition(",")[0]
            assert basis.source is not None
            assert basis.source.startswith(f"{code}, copie du ")
            assert basis.in_force_on is not None
            assert basis.in_force_on.isoformat() in {"2026-04-02", "2026-04-03"}
        else:
            assert basis.text is None
            assert not basis.standalone


def test_nothing_prints_as_checked() -> None:
    for basis in LEGAL.bases:
        assert basis.checked_by is None
        said = printable(basis)
        assert said.startswith(basis.article)
        assert TO_CHECK in said
        assert ("non vérifié" in said) == (basis.status == "non_verifie")
        assert basis.text is None or basis.text not in said
    assert printable(LEGAL.basis("cp-223-1-2-al1")) == "Code pénal, art. 223-1-2, al. 1 (copie du 2 avril 2026 ; à vérifier par un juriste)"
    read = LEGAL.basis("cp-223-1-2-al1").model_copy(update={"checked_by": "Me Exemple", "checked_on": LEGAL.basis("cp-223-15-3").in_force_on})
    assert printable(read) == "Code pénal, art. 223-1-2, al. 1 (copie du 2 avril 2026 ; vérifié le 2 avril 2026 par Me Exemple)"


def test_what_is_known_from_memory_says_so() -> None:
    """The list of what nobody read in the articles that were read: docs of the domain name the article and its penalty only."""
    names = {(basis.id, one.id): one.name for basis in LEGAL.bases for one in basis.elements}
    for key in (("cp-226-8", "non_signale"), ("cp-226-8", "consentement"), ("cp-313-1", "manoeuvres"), ("cp-313-1", "remise"),
                ("cp-222-17", "menace"), ("cp-222-33-2-2", "effet")):  # fmt: skip
        assert names[key].endswith("(non vérifié)"), key
    for basis in LEGAL.bases:
        if "131-35-1" in basis.note:
            assert "à revérifier sur Légifrance" in " ".join(basis.note.split()), basis.id


def test_subjection_is_never_enough_by_itself() -> None:
    for name in ("cp-223-15-3", "cp-223-15-2", "cp-313-1", "cconso-l132-2", "cp-227-17"):
        assert not LEGAL.basis(name).standalone
    assert LEGAL.basis("cconso-l121-4-16").standalone


def test_complotisme_alone_has_no_basis() -> None:
    assert LEGAL.serving(["C1", "C2", "C10"]) == ()


def test_health_and_law_have_their_say() -> None:
    for basis in LEGAL.bases:
        if basis.article.startswith("Code pénal, art. 223-1-2,"):
            assert "sante" in basis.gate
        if "223-15-" in basis.article:
            assert "droit" in basis.gate
    assert {one.id: one.min_items for one in LEGAL.basis("cp-223-1-2-al1").elements}["reiteration"] == 2
    assert len(LEGAL.basis("cp-223-1-2-al1").elements) == 8
    assert [one.id for one in LEGAL.basis("cp-223-1-2-al1").exclusions] == ["consentement", "lanceur_alerte"]


def test_what_is_enough_comes_first_and_what_nobody_read_last() -> None:
    found = LEGAL.serving(["A4", "B3"])
    ranks = [(one.status != "lu", not one.standalone) for one in found]
    assert ranks == sorted(ranks)
    assert found[0].standalone
    assert found[-1].status == "non_verifie"


def test_markers_follow_from_the_sub_markers() -> None:
    assert LEGAL.basis("cp-223-15-3").markers == ("abandon_soins", "gourou")
    assert LEGAL.basis("cp-225-4-13").markers == ()


def test_an_unknown_name_names_the_nearest() -> None:
    with pytest.raises(NotFound, match="did you mean 'cp-223-15-3'"):
        LEGAL.basis("cp-223-15-33")
    with pytest.raises(NotFound, match="element 'gravité' does not exist; did you mean 'gravite'"):
        LEGAL.basis("cp-223-1-2-al1").element("gravité")
    assert isinstance(LEGAL.basis("cp-223-1-2-al1").element("gravite"), LegalElement)


MISTAKES = [
    ("standalone: true", "standalon: true", r"code_penal.yml: bases.cp-223-1-2-al1.standalon: .*did you mean 'standalone'"),
    ("submarkers: [A6]", "submarkers: [A66]", "cp-223-1-2-al2.submarkers: unknown sub-marker 'A66'; did you mean 'A6'"),
    ("id: cp-223-15-2\n", "id: cp-223-15-3\n", "cp-223-15-3: this id stands twice"),
    ("status: lu", "status: non_verifie", "cp-223-1-2-al1: .*in_force_on and source are given exactly when status is lu"),
    ("in_force_on: 2026-04-02\n", "in_force_on: hier\n", "cp-223-1-2-al1.in_force_on: .*date"),
    ("keyword: KEYWORD_UNSAFE_PRODUCTS", "keyword: KEYWORD_UNSAVE", "cp-223-1-2-al2.codes: unknown code"),
    ("{id: pratique,", "{id: finalite,", "cp-223-1-2-al2.elements: an id stands twice"),
    ("    title: Menaces\n", "    title: Menaces\n    title: Menaces\n", "duplicate key 'title'"),
    ("bases:", "bases: [", "not readable as YAML"),
]


@pytest.mark.parametrize(("old", "new", "said"), MISTAKES)
def test_a_mistake_names_file_and_key(tmp_path: Path, old: str, new: str, said: str) -> None:
    shutil.copytree(FOLDER, tmp_path / "legal")
    file = tmp_path / "legal" / "code_penal.yml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=said):
        load_legal(tmp_path / "legal")


def test_an_empty_folder_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"holds no \.yml file"):
        load_legal(tmp_path)


@pytest.mark.parametrize(
    "fields",
    [
        {"text": "Des mots."},
        {"standalone": True},
        {"checked_by": "Me Exemple", "checked_on": "2026-05-01"},
        {"in_force_on": "2026-04-02"},
        {"source": "Une copie."},
    ],
)
def test_what_nobody_read_can_have_neither_words_nor_weight(fields: dict[str, object]) -> None:
    plain = {"id": "x", "article": "Code, art. 1", "title": "T", "status": "non_verifie", "note": "N"}
    elements = [{"id": "a", "name": "A", "asks": "A ?"}]
    Basis.model_validate(plain)
    with pytest.raises(ValidationError):
        Basis.model_validate({**plain, "elements": elements, **fields})


@pytest.mark.parametrize("fields", [{"checked_by": "Me Exemple"}, {"checked_by": "Me Exemple", "checked_on": "2026-05-01"}, {"standalone": True}])
def test_a_check_has_a_day_and_a_text_and_weight_has_elements(fields: dict[str, object]) -> None:
    plain = {"id": "x", "article": "Code, art. 1", "title": "T", "status": "lu", "in_force_on": "2026-04-02", "source": "S", "note": "N"}
    Basis.model_validate(plain)
    with pytest.raises(ValidationError):
        Basis.model_validate({**plain, **fields})
