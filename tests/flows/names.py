"""Names and addresses as a crawl meets them where whoever owns a name is hostile: what ``sitecustomize`` puts under Python's sockets.

Nothing leaves this machine: a connection to a public address is led to a server of the test, or refused, and each one is written down.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

PUBLIC = "93.184.215.14"
CODE = """
import errno, json, os, socket

TABLE = json.load(open({table!r}))
LOG = {log!r}
asked = {{}}
real_connect, real_connect_ex = socket.socket.connect, socket.socket.connect_ex


def note(kind, what):
    with open(LOG, "a") as out:
        out.write(json.dumps([kind, *what]) + "\\n")


def gethostbyname(name):
    try:
        return socket.inet_ntoa(socket.inet_aton(name))  # as the system does with numbers
    except OSError:
        pass
    answers = TABLE["names"].get(name)
    number = asked[name] = asked.get(name, 0) + 1
    note("resolved", (name, number))
    if not answers:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")
    return answers[min(number, len(answers)) - 1]


def led(address):
    note("connected", address[:2])
    return tuple(TABLE["led"]["%s:%s" % address[:2]]) if "%s:%s" % address[:2] in TABLE["led"] else address


def own(address):
    return address[0].startswith("127.") or address[0] == "::1"


def connect_ex(self, address):
    if not isinstance(address, tuple):
        return real_connect_ex(self, address)
    address = led(address)
    return real_connect_ex(self, address) if own(address) else errno.ECONNREFUSED


def connect(self, address):
    if isinstance(address, tuple):
        address = led(address)
        if not own(address):
            raise ConnectionRefusedError(errno.ECONNREFUSED, "refused")
    return real_connect(self, address)


def getaddrinfo(host, port, *rest, **more):
    host = host.decode() if isinstance(host, bytes) else host
    found = gethostbyname(host)
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (found, int(port or 0)))]


socket.gethostbyname, socket.getaddrinfo = gethostbyname, getaddrinfo
socket.socket.connect, socket.socket.connect_ex = connect, connect_ex
"""


class Names(NamedTuple):
    """A folder for PYTHONPATH, and what was written down."""

    folder: Path
    log: Path

    def noted(self, kind: str) -> list[tuple[str, int]]:
        """(name, how often so far) of what was ``resolved``, or (address, port) of what was ``connected``."""
        lines = self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []
        return [(what, number) for one, what, number in map(json.loads, lines) if one == kind]


def write_names(folder: Path, *, names: dict[str, list[str]], led: dict[str, tuple[str, int]]) -> Names:
    """``names``: what each answers at its first, second, ... question. ``led``: where connections to ``address:port`` go instead."""
    folder.mkdir()
    found = Names(folder, folder / "log.jsonl")
    (folder / "table.json").write_text(json.dumps({"names": names, "led": led}), encoding="utf-8")
    (folder / "sitecustomize.py").write_text(CODE.format(table=str(folder / "table.json"), log=str(found.log)), encoding="utf-8")
    return found
