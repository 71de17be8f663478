"""Situations of the adapter traccar: a server that answers as Traccar's API is written down, and liars."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.contract.rig import Case, Expected
from tests.datasources.liar import Behaviour, Liar, answer, breaks_off, hangs, http
from tests.datasources.tracker import Tracker, device, position

_OPEN = contextlib.ExitStack()  # closed by ``close_all`` after each test


def close_all() -> None:
    """Stop the servers."""
    _OPEN.close()


def options(url: str, **more: Any) -> dict[str, Any]:
    return {"url": url, "user": "cockpit@port.example", "password": "right", **more}


def held(*positions: Any, **more: Any) -> Callable[[Path], dict[str, Any]]:
    """A server with trucks 1 and 2, and what it tells when somebody connects."""

    def lay_out(folder: Path) -> dict[str, Any]:
        return options(_OPEN.enter_context(Tracker([device(1), device(2)], list(positions))).url, **more)

    return lay_out


def _lying(behaviour: Behaviour) -> Callable[[Path], dict[str, Any]]:
    return lambda folder: options(_OPEN.enter_context(Liar(behaviour)).url)


def steady(folder: Path) -> dict[str, Any]:
    """Trucks with a past: a cockpit that knows nothing yet gets the last of it, and it once."""
    return held(*[position(n, 1 + n % 2, f"02:{n:02}") for n in range(1, 10)])(folder)


CASES = [
    Case(name="good", lay_out=held(position(1, 1, "02:00"), position(2, 2, "02:01")), expected=Expected(records=2)),
    Case(name="empty: no positions", lay_out=held(), expected=Expected()),
    Case(
        name="malformed positions",
        lay_out=held(position(1, 1, "02:00", latitude="north"), "x", position(3, 2, "02:00", course={})),
        expected=Expected(rejects=3),
    ),
    Case(name="malformed: another kind of server", lay_out=_lying(http(answer("<html>Wartung</html>"))),
         expected=Expected(problem="not_json", says=("trial", "<html>"))),
    Case(name="truncated answer", lay_out=_lying(breaks_off(answer("0123456789")[:-4])),
         expected=Expected(problem="truncated")),
    Case(name="hang", lay_out=_lying(hangs()), expected=Expected(problem="timeout")),
    Case(name="duplicate", lay_out=held(position(1, 1, "02:00"), position(1, 2, "02:00")),
         expected=Expected(records=2)),
    Case(name="out of order", lay_out=held(position(9, 1, "02:09"), position(1, 2, "02:01")),
         expected=Expected(records=2)),
    Case(name="stale: a fix of years ago", lay_out=held(position(1, 1, "02:00", fixTime="2019-08-24T14:15:22Z")),
         expected=Expected(records=1)),
    Case(name="true zero", lay_out=held(position(1, 1, "02:00", speed=0.0, course=0.0)), expected=Expected(records=1)),
    Case(name="no valid fix", lay_out=held(position(1, 1, "02:00", valid=False)), expected=Expected(rejects=1)),
    Case(name="no time", lay_out=held(position(1, 1, "02:00", fixTime=None)), expected=Expected(rejects=1)),
    Case(name="a device nobody listed", lay_out=held(position(1, 7, "02:00")), expected=Expected(rejects=1)),
    Case(name="wrong file: no such server", lay_out=_lying(http(answer("", status="500 Internal Server Error"))),
         expected=Expected(problem="http_status", says=("500", "/api/session"))),
    Case(name="wrong password", lay_out=held(password="wrong"),
         expected=Expected(problem="unauthorised", says=("401",))),
]  # fmt: skip
