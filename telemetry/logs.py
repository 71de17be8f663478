"""The log: configured once, one line per event, and every line says what it belongs to.

JSON lines for machines, coloured words for a person at a terminal. Both come from structlog, and
what libraries write through ``logging`` goes the same way. Whatever came from outside is made
harmless first: line breaks and terminal codes are written out, secrets are left out.

An id (``request``, ``connection``, ``poll``, ``act``) is bound where work begins and travels by
contextvars through awaits, tasks and ``asyncio.to_thread``; a thread that was there before gets the
ids with its work (``current_ids``) and goes on under them (``correlated``).
"""

from __future__ import annotations

import logging
import re
import secrets
import sys
import threading
from collections.abc import Mapping, MutableMapping
from contextlib import AbstractContextManager
from typing import Any, TextIO

import structlog
from structlog.contextvars import bound_contextvars, get_contextvars

from telemetry.conceal import concealed

FORMATS = ("auto", "json", "text")
LEVELS = ("debug", "info", "warning", "error")
IDS = ("request", "connection", "poll", "act")
LONGEST = 8_000  # characters of one value; a feed may send a megabyte where a word was expected

_SECRET_KEY = re.compile(r"passw|secret|token|authorization|cookie|api_?key|credential|private", re.IGNORECASE)
_SECRETS = (
    (re.compile(r"(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"), "***"),  # user:password in an address
    (re.compile(r"(?i)\b(password|passwd|pwd|secret|token|api_?key)(\s*[=:]\s*)[^\s,;&'\"]+"), r"\1\2***"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w+/=.~-]{8,}"), r"\1 ***"),
)
# Everything a terminal or a line reader could take for an order: C0, DEL, C1, line separators, direction marks.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]|[\ud800-\udfff]")
_NAMES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}

Event = MutableMapping[str, Any]


def configure(style: str = "auto", level: str = "info", stream: TextIO | None = None) -> None:
    """Set the log up; called by every command before anything else, again once settings are read.

    Args:
        style: ``json``, ``text`` or ``auto``: text at a terminal, else JSON.
        level: least level written.
        stream: where lines go; standard error, so that standard output stays free for results.
    """
    out = stream or sys.stderr
    as_json = style == "json" or (style == "auto" and not out.isatty())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        harmless,
    ]
    ending: list[Any] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    ending += [_in_order, structlog.processors.JSONRenderer(ensure_ascii=False)] if as_json else [_Lines(out.isatty())]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = _Handler(out)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processors=ending, foreign_pre_chain=shared))
    root = logging.getLogger()
    root.handlers[:] = [*(one for one in root.handlers if not isinstance(one, _Handler)), handler]
    root.setLevel(level.upper())
    _quieten()


def catch_all() -> None:
    """What nobody caught, in any thread, becomes one event of the log too; for the process's entry point."""
    log = structlog.get_logger("cockpit")
    logging.captureWarnings(True)

    def uncaught(kind: type[BaseException], error: BaseException, trace: Any) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
        else:
            log.critical("uncaught", error=kind.__name__, exc_info=(kind, error, trace))

    def died(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and not issubclass(args.exc_type, SystemExit):
            name = args.thread.name if args.thread else "?"
            log.critical("thread_died", thread=name, exc_info=(args.exc_type, args.exc_value, args.exc_traceback))

    sys.excepthook, threading.excepthook = uncaught, died


def _quieten() -> None:
    """Libraries that chat about every request or every job say only what is wrong."""
    for name in ("apscheduler", "alembic", "asyncio", "nats", "sqlalchemy", "websockets", "werkzeug"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers[:] = []
        logger.propagate = True
        logger.setLevel(logging.WARNING)


def _in_order(_logger: Any, _method: str, event: Event) -> Event:
    """Time, level and event first: what a person looks for in a line."""
    first = ("timestamp", "level", "event", "logger")
    return {name: event.pop(name) for name in first if name in event} | dict(event)


def new_id() -> str:
    """A fresh correlation id: 16 hex digits."""
    return secrets.token_hex(8)


def correlated(**ids: str) -> AbstractContextManager[None]:
    """Everything logged inside the block carries these ids, ``request`` or ``poll`` for instance."""
    return bound_contextvars(**ids)


def current_ids() -> dict[str, str]:
    """The ids bound here, to be handed to a thread of its own together with the work."""
    return {name: value for name, value in get_contextvars().items() if name in IDS}


def harmless(_logger: Any, _method: str, event: Event) -> Event:
    """Write out control characters and leave out secrets, however deep they lie."""
    for key in list(event):
        if not key.startswith("_"):
            event[key] = without_secrets(key, event[key])
    return event


def without_secrets(key: str, value: Any) -> Any:
    """A value as it may be shown under its name.

    A number is no secret, whatever it is called: fencing tokens are counted.
    """
    if _SECRET_KEY.search(key) and value is not None and not isinstance(value, int | float):
        return "***"
    return _clean(value, lines=key == "exception")


def _clean(value: Any, lines: bool = False) -> Any:
    if isinstance(value, bool | int | float) or value is None:
        return value
    if isinstance(value, Mapping):
        return {clean_text(str(key)): without_secrets(str(key), one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(one) for one in value]
    text = value if isinstance(value, str) else str(value)
    return "\n".join(clean_text(line) for line in text.split("\n")) if lines else clean_text(text)


def clean_text(text: str) -> str:
    """One line without control characters and secrets, cut when it is endless."""
    text = concealed(text)
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}... ({len(text)} characters)"
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return _CONTROL.sub(lambda found: _NAMES.get(found[0]) or f"\\x{ord(found[0]):02x}", text)


class _Handler(logging.StreamHandler[TextIO]):
    """Ours, so that configuring again replaces it and nobody else's."""


class _Lines:
    """For a person: time, level, event, details; a traceback follows indented, so it cannot pose as a line."""

    def __init__(self, colors: bool) -> None:
        self._render = structlog.dev.ConsoleRenderer(colors=colors, pad_event_to=28)

    def __call__(self, logger: Any, method: str, event: Event) -> str:
        trace = event.pop("exception", "")
        line = str(self._render(logger, method, event))
        return line if not trace else "\n    | ".join([line, *str(trace).split("\n")])
