"""The application of one server process, from its environment: ``uvicorn --factory web.serving:application``, which ``vigie console serve`` runs."""

from __future__ import annotations

from fastapi import FastAPI

from core import logs
from core.settings import load_settings
from web.app import create_app


def application() -> FastAPI:
    """Raises ConfigError."""
    settings = load_settings()
    logs.configure(level="INFO", json=settings.log_format == "json")
    return create_app(settings)
