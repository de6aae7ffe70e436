"""``vigie console``: the console and the API, served."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

import click

from cli.context import console as printer
from cli.context import start

if TYPE_CHECKING:
    from core.settings import Settings

MOST = 1000  # connections of one process; the next ones get 503 at once instead of waiting for long


@click.group()
def console() -> None:
    """Serve the console and the API."""


@console.command()
@click.option("--host", help="Address to listen on; else VIGIE_CONSOLE_HOST.")
@click.option("--port", type=click.IntRange(0, 65_535), help="Its port; else VIGIE_CONSOLE_PORT; 0: a free one.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes; they share secrets and limits.")
@click.option("--insecure", is_flag=True, help="Listen on a public address although VIGIE_CONSOLE_URL is no https address.")
@click.pass_context
def serve(ctx: click.Context, *, host: str | None, port: int | None, workers: int, insecure: bool) -> int:
    """Serve until interrupted. A proxy in front speaks TLS; what it says of addresses is believed only from VIGIE_CONSOLE_PROXIES."""
    settings = start(ctx)
    listening, number = host or settings.console_host, settings.console_port if port is None else port
    _check(settings, listening, insecure=insecure)
    _prepare(settings)
    return _serve(settings, host=listening, port=number, workers=workers)


def _check(settings: Settings, host: str, *, insecure: bool) -> None:
    """Raises ConfigError where passwords would cross a network in the clear, or anybody could choose the address that limits count."""
    from core.errors import ConfigError

    for proxy in _proxies(settings):
        try:
            ipaddress.ip_network(proxy)
        except ValueError as error:
            raise ConfigError(
                f"VIGIE_CONSOLE_PROXIES names {proxy[:80]!r}; expected addresses or networks such as 10.0.0.2 or 10.0.0.0/24"
            ) from error
    https = settings.console_url is not None and settings.console_url.scheme == "https"
    if not (https or insecure or _is_own_machine(host)):
        raise ConfigError(
            f"the console would listen on {host} without TLS: set VIGIE_CONSOLE_URL to its https address, behind a proxy that speaks TLS, "
            "or listen on 127.0.0.1, or add --insecure on a network that nobody else is on"
        )


def _proxies(settings: Settings) -> list[str]:
    return [name for word in settings.console_proxies.split(",") if (name := word.strip())]


def _is_own_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _prepare(settings: Settings) -> None:
    """Tables and secrets once, before several processes need them; what is wrong is said here. Raises ConfigError, Unavailable."""
    from contextlib import closing

    from web.console import open_console

    with closing(open_console(settings)):
        pass


def _serve(settings: Settings, *, host: str, port: int, workers: int) -> int:
    import uvicorn

    number = _free(host, port)
    printer().print(f"Console de Vigie : {settings.console_url or f'http://{host}:{number}/'}", soft_wrap=True)
    uvicorn.run(
        "web.serving:application", factory=True, host=host, port=number, workers=workers, limit_concurrency=MOST, timeout_keep_alive=20,
        timeout_graceful_shutdown=20, lifespan="on", ws="none", server_header=False, proxy_headers=True, forwarded_allow_ips=_proxies(settings),
        access_log=False, log_config=None,
    )  # fmt: skip
    return 0


def _free(host: str, port: int) -> int:
    """The port, or a free one for 0. Raises ConfigError where another program has it: uvicorn would only say a number."""
    import socket

    from core.errors import ConfigError

    try:
        with socket.socket(family=socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            found: int = probe.getsockname()[1]
    except OSError as error:
        raise ConfigError(f"cannot listen on {host}:{port} ({error.strerror}): another program has it; set --host and --port") from error
    return found
