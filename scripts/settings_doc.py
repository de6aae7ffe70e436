"""Write docs/settings.md from core/settings.py: ``python scripts/settings_doc.py``; a test holds the two together."""

from __future__ import annotations

from core.files import write_text
from core.settings import PREFIX, ROOT, Settings

PAGE = ROOT / "docs" / "settings.md"


def page() -> str:
    """The page as Markdown."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = str(field.default).removeprefix(f"{ROOT}/") if field.default not in (None, "") else ""
        rows.append(f"| `{PREFIX}{name.upper()}` | {f'`{default}`' if default else ''} | {field.description or ''} |")
    return "\n".join(
        [
            "# Settings",
            "",
            "All settings are environment variables, read once at the start by `core/settings.py`. A misspelt name is refused with the nearest one.",
            "Secrets are never written in a file of the project, never logged, never shown.",
            "",
            "| variable | default | what it is |",
            "| --- | --- | --- |",
            *rows,
            "",
        ]
    )


if __name__ == "__main__":
    write_text(PAGE, page())
