"""The application: ``create_app(settings)``. Nothing is opened before the server starts it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from web import errors, routers
from web.console import open_console
from web.pages import FOLDER
from web.security import Secured

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from core.settings import Settings


def create_app(settings: Settings) -> FastAPI:
    """The console and the API of these settings."""

    @asynccontextmanager
    async def running(app: FastAPI) -> AsyncIterator[None]:
        app.state.console = open_console(settings)
        try:
            yield
        finally:
            app.state.console.close()

    app = FastAPI(title="Vigie", version="1", lifespan=running, docs_url=None, redoc_url=None, openapi_url=None)
    for module in iter_modules(routers.__path__):
        app.include_router(import_module(f"web.routers.{module.name}").router)
    app.mount("/statique", StaticFiles(directory=FOLDER / "static"), name="static")
    errors.install(app)
    app.add_middleware(Secured, settings=settings)
    return app
