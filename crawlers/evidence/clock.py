"""Time from a checked clock: evidence is dated by this machine, so what the kernel and the sites say of the time is kept beside it.

A clock that is off by minutes lets any opponent doubt when a page was seen. Each answer's Date header is a witness; the median over hosts
means that no single site's wrong clock counts.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

FAR = 30.0  # seconds: more than any network delay
MAX_HOSTS = 10_000
RESOLUTION = 1.0  # second: a Date header's
UNSYNCHRONISED, ERROR = 0x40, 5  # STA_UNSYNC and TIME_ERROR of <sys/timex.h>


@dataclass(frozen=True)
class ClockState:
    """What is known of this machine's clock. ``offset_seconds``: how far it is ahead of the sites' clocks; None where none could say."""

    synchronised: bool | None  # the kernel's word; None where it cannot be read
    offset_seconds: float | None
    hosts: int

    @property
    def word(self) -> str:
        """The kernel's word, as evidence writes it."""
        return {True: "synchronised", False: "not synchronised", None: "unknown"}[self.synchronised]

    @property
    def alarm(self) -> str | None:
        """What a person should look at, in one French line; None where the clock can be trusted."""
        if self.offset_seconds is not None and abs(self.offset_seconds) > FAR:
            way = "en avance" if self.offset_seconds > 0 else "en retard"
            return f"l'horloge est {way} de {abs(self.offset_seconds):.0f} s sur {self.hosts} site(s) : réglez-la (chrony), elle date les preuves"
        if self.synchronised is False and self.offset_seconds is None:
            return "l'horloge n'est pas synchronisée et aucun site lu n'a donné l'heure : réglez-la (chrony), elle date les preuves"
        return None


class Clock:
    """Collects what the hosts of one run say of the time."""

    def __init__(self) -> None:
        self._offsets: dict[str, float] = {}

    def note(self, host: str, headers: Mapping[str, str], at: datetime) -> None:
        """Take an answer's Date as a witness, unless a cache held it. ``headers`` have lower-case names."""
        found = offset(headers.get("date"), at, headers.get("age"))
        if found is None or (host not in self._offsets and len(self._offsets) >= MAX_HOSTS):
            return
        # an answer that waited in a cache looks older, never younger: the least offset is the freshest witness
        self._offsets[host] = min(found, self._offsets.get(host, found))

    def state(self) -> ClockState:
        """What the kernel and the hosts say, so far."""
        found = round(median(self._offsets.values()), 3) if self._offsets else None
        return ClockState(synchronised(), found, len(self._offsets))


def offset(date_header: str | None, received_at: datetime, age_header: str | None) -> float | None:
    """The least error of our clock, in seconds, that explains an answer's Date; positive when our clock is ahead.

    None without a readable Date, and where a cache gave the answer (Age).
    """
    if not date_header or len(date_header) > 64 or (age_header or "0").strip() not in ("", "0"):
        return None
    try:
        date = parsedate_to_datetime(date_header)
        ahead = (received_at - (date if date.tzinfo else date.replace(tzinfo=UTC))).total_seconds()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return ahead if ahead < 0 else max(0.0, ahead - RESOLUTION)  # a Date says when its second began


class _Timex(ctypes.Structure):
    """The beginning of Linux's struct timex; the rest is room."""

    _fields_ = (
        ("modes", ctypes.c_uint), ("offset", ctypes.c_long), ("freq", ctypes.c_long), ("maxerror", ctypes.c_long), ("esterror", ctypes.c_long),
        ("status", ctypes.c_int), ("room", ctypes.c_byte * 512),
    )  # fmt: skip


def synchronised() -> bool | None:
    """Whether the kernel says that a time service keeps this clock; None where it cannot be asked."""
    try:
        call = ctypes.CDLL(None, use_errno=True).adjtimex
        timex = _Timex()
        state = call(ctypes.byref(timex))  # modes = 0: read only, which needs no right
    except (OSError, AttributeError, ValueError):
        return None
    return None if state < 0 else state != ERROR and not timex.status & UNSYNCHRONISED
