"""Writes docs/openapi.json from the routes of the API; a test holds the two equal."""

from __future__ import annotations

import json

from core.settings import ROOT
from web.api.openapi import document

PAGE = ROOT / "docs/openapi.json"


def page() -> str:
    """The whole document, in a spelling that shows changes line by line."""
    return json.dumps(document(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
