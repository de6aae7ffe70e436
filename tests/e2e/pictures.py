"""``python -m tests.e2e.pictures [folder]``: the pictures of the console in docs/, on the contents of items.yml."""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

import pypdfium2
from playwright.sync_api import Browser, Page, sync_playwright

from bench import register
from cases import notices
from cases.accounts import organisations
from core.settings import ROOT, Settings
from tests.e2e.conftest import CHROMIUM, FLAGS, NARROW, TAKE, WIDE, Live, live_console
from tests.e2e.working import actor_of, at_work


def main() -> None:
    """Write them."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs"
    with tempfile.TemporaryDirectory() as data, live_console(Settings(data_dir=Path(data))) as live, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS.split())
        page = opened(browser, live, "soumet", WIDE)
        page.goto("/soumissions/nouvelle")
        page.get_by_label("Adresse de la page").fill("https://sante-vraie.example/articles/jeter-les-boites")
        shot(page, folder / "console-soumission.png")
        page = opened(browser, live, "analyse", WIDE)
        page.goto("/file")
        shot(page, folder / "console-file.png")
        reading(page, live)
        page.keyboard.press("j")
        page.keyboard.press("1")
        page.evaluate("scrollTo(0, document.querySelector('.plan').offsetTop - 20)")
        shot(page, folder / "console-contenu.png")
        page = opened(browser, live, "analyse2", NARROW)
        reading(page, live, key="formation")
        page.evaluate("scrollTo(0, document.querySelector('#texte').getBoundingClientRect().top - 120)")
        shot(page, folder / "console-telephone.png")
        notice_and_report(browser, live, folder)
        browser.close()


def notice_and_report(browser: Browser, live: Live, folder: Path) -> None:
    """A notice that was answered, the first page of its PDF, the yearly report of a house that notified 400 times."""
    at_work(live)
    actor = actor_of(live, "valide")
    done = notices.listed(live.database, actor=actor, state="contestee")[0]
    page = opened(browser, live, "valide", WIDE)
    page.goto(f"/notifications/{done.id}")
    page.screenshot(path=folder / "notification.png", clip={"x": 0, "y": 0, "width": WIDE["width"], "height": 1500}, full_page=True)
    made = page.request.get(f"/notifications/{done.id}/document.pdf").body()
    pypdfium2.PdfDocument(io.BytesIO(made))[0].render(scale=1.4).to_pil().save(folder / "notification-pdf.png", optimize=True)
    house = register.fill(live.database, notices=400)
    live.add("bilan", "droit", organisation=next(one for one in organisations(live.database) if one.id == house))
    page = opened(browser, live, "bilan", WIDE)
    page.goto("/rapports/nouveau/annuel?du=2025-01-01&au=2025-12-31")
    page.screenshot(path=folder / "rapport.png", clip={"x": 0, "y": 0, "width": WIDE["width"], "height": 1700}, full_page=True)


def opened(browser: Browser, live: Live, name: str, size: dict[str, int]) -> Page:
    """A page in which this person is signed in."""
    context = browser.new_context(base_url=live.url, viewport=size, locale="fr-FR", timezone_id="Europe/Paris")  # type: ignore[arg-type]
    context.add_cookies([live.cookie(name)])  # type: ignore[list-item]
    return context.new_page()


def reading(page: Page, live: Live, *, key: str = "arret_traitement") -> None:
    """An item that is being read."""
    page.goto(f"/contenus/{live.items[key]}")
    page.locator(TAKE).click()
    page.locator("#lecture").wait_for()
    page.locator("#voile summary").first.click()


def shot(page: Page, path: Path) -> None:
    """What the screen shows."""
    page.wait_for_load_state("networkidle")
    page.screenshot(path=path)
    print(path, path.stat().st_size)


if __name__ == "__main__":
    main()
