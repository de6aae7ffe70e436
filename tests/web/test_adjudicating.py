"""What the page of an adjudication puts before the third person, and what it fills in beforehand."""

from __future__ import annotations

import re

from cases.checking import Reading
from cases.reviews import reviews
from tests.cases.reading_room import TEXT, saying, thing
from tests.web.conftest import House
from tests.web.test_quality import Fill, differ  # noqa: F401 - a fixture
from tests.web.test_quality import _digest as digest
from tests.web.test_quality import _read as write
from web.adjudicating import agreed, agreements
from web.reading.form import Entered


def page_of(house: House, name: str) -> str:
    valide = house.browser("valide")
    assert valide.post(f"/arbitrages/{name}/prendre").status_code == 303
    return valide.get(f"/arbitrages/{name}").text


def checked(page: str) -> list[str]:
    return [one for one in re.findall(r"<input[^>]* checked[^>]*>", page.split('id="decider"')[1]) if 'value=""' not in one]


def twice(house: House, fill: Fill, first: Reading, second: Reading) -> str:
    (name,) = fill({"number": 1, "text": TEXT, "p": 0.9})
    house.add("lecteur", "analyse")
    item = thing(name, text_sha256=digest(house, name))
    write(house, "analyse", item, first)
    write(house, "lecteur", item, second)
    return name


def test_the_text_comes_before_what_others_made_of_it(house: House, differ: str) -> None:  # noqa: F811
    page = page_of(house, differ)
    assert page.index('id="texte-titre"') < page.index('id="comparer"') < page.index("Premier motif.") < page.index('id="decider"')


def test_the_qualifications_are_explained_as_in_the_reading_form(house: House, differ: str) -> None:  # noqa: F811
    page = page_of(house, differ).replace("&#39;", "'")
    assert "des signes sont là, rien d'illicite n'est établi" in page
    assert "une loi paraît enfreinte" in page
    assert "touche i" not in page, "there are no keys here"


def test_what_they_differ_in_is_chosen_by_nobody(house: House, differ: str) -> None:  # noqa: F811
    page = page_of(house, differ)
    assert checked(page) == []
    assert 'id="accord"' not in page


def test_what_they_say_alike_is_filled_in_and_told(house: House, fill: Fill) -> None:
    first = saying("licite_preoccupant", "B2", "A1", markers=("gourou", "abandon_soins"), reason="Premier.")
    name = twice(house, fill, first, saying("illicite_presume", "B2", markers=("gourou",), reason="Second."))
    page = page_of(house, name)
    told = re.search(r'id="accord">(.*?)</div>', page, re.DOTALL)
    assert told
    assert "Marqueur" in told[1]
    assert "B2" in told[1]
    assert "A1" not in told[1]
    on = " ".join(checked(page))
    assert 'value="gourou"' in on
    assert 'name="s.B2" value="present"' in on
    assert 'value="abandon_soins"' not in on
    assert 'name="s.A1"' not in on
    assert 'name="qualification"' not in on
    assert "Premier." not in page.split('id="decider"')[1], "the reason is the third person's own"


def test_one_reading_alone_fills_nothing_in(house: House, differ: str) -> None:  # noqa: F811
    (one, _) = reviews(house.database, differ)
    blank = Entered("a", "b")
    assert agreed(blank, (one,)) == blank
    assert agreed(blank, ()) == blank
    assert agreements((one,)) == ()
    assert agreed(blank, (one, one)).submarkers == one.submarkers
