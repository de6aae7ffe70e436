"""``python -m tests.e2e.pictures [folder]``: the pictures of the console in docs/, on the contents of items.yml."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from core.settings import ROOT, Settings
from tests.e2e.conftest import CHROMIUM, FLAGS, NARROW, TAKE, WIDE, Live, live_console


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
        browser.close()


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
