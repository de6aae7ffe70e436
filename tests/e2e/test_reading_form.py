"""The form of a reading in a browser: what it ticks by itself, where its words appear, and where an error leads."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.e2e.conftest import Live, Visit
from tests.e2e.test_reading import take

SELECT = """wanted => { const walker = document.createTreeWalker(document.querySelector('#texte'), NodeFilter.SHOW_TEXT); let node;
    while ((node = walker.nextNode())) { const at = node.data.indexOf(wanted);
      if (at >= 0) { getSelection().setBaseAndExtent(node, at, node, at + wanted.length); return; } } throw new Error('not there'); }"""


def test_the_first_present_sign_ticks_its_marker_and_says_so(live: Live, visit: Visit) -> None:
    page = visit(live, "analyse")
    take(page, live, "arret_traitement")
    page.evaluate("document.querySelectorAll('.groupe').forEach(one => { one.open = true; })")
    box = page.locator("#c-abandon_soins")
    page.locator("input[name='s.A1'][value=absent]").check()
    expect(box).not_to_be_checked()
    page.locator("input[name='s.A2'][value=present]").check()
    expect(box).to_be_checked()
    expect(page.locator("#s-A2 .dit")).to_contain_text("coché")
    page.locator("input[name='s.A2'][value=absent]").check()
    expect(box).not_to_be_checked()
    page.locator("input[name='s.A2'][value=present]").check()
    box.uncheck()
    page.locator("input[name='s.A1'][value=present]").check()
    expect(box).not_to_be_checked()  # what a person unticked stays so


def test_a_quote_by_key_keeps_the_place_and_is_confirmed_beside_its_sign(live: Live, visit: Visit) -> None:
    page = visit(live, "analyse")
    take(page, live, "arret_traitement")
    page.keyboard.press("v")
    page.keyboard.press("j")  # to the first sign
    sign = page.evaluate("document.activeElement.closest('.signe').dataset.signe")
    page.evaluate(SELECT, "six séances")
    page.wait_for_function("document.querySelector('#choix-citation').textContent.includes('six séances')")
    before = page.evaluate("scrollY")
    page.keyboard.press("c")
    expect(page.locator(f"#s-{sign} .dit")).to_contain_text(f"Passage cité pour {sign}, marqué présent.")
    expect(page.locator(f"#s-{sign} .dit")).to_contain_text("coché")
    expect(page.locator("#citations")).to_contain_text("six séances")
    assert abs(page.evaluate("scrollY") - before) < 80
    assert page.evaluate("document.activeElement.id") != "citer-bouton"


def test_an_error_leads_to_the_very_box_and_nothing_is_lost(live: Live, visit: Visit) -> None:
    page = visit(live, "analyse")
    take(page, live, "arret_traitement")
    page.evaluate("document.querySelectorAll('.groupe').forEach(one => { one.open = true; })")
    page.locator("input[name='s.A2'][value=present]").check()
    page.locator("#c-abandon_soins").uncheck()
    page.locator("#q-illicite_presume").check()
    page.locator("#f-motif").fill("Motif gardé.")
    page.get_by_role("button", name="Écrire et rester ici").click()
    link = page.get_by_role("link", name="n'est pas confirmé")
    expect(link).to_be_visible()
    expect(page.locator("#texte")).to_be_visible()
    link.click()
    expect(page.locator("#c-abandon_soins")).to_be_focused()
    expect(page.locator("#f-motif")).to_have_value("Motif gardé.")
    expect(page.locator("#erreurs")).to_be_visible()
