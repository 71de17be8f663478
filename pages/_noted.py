"""Entries of the audit as rows of a table."""

from __future__ import annotations

from typing import Any

import msgspec

from components.format import zone
from locales import known, translate

COLUMNS = ("at", "who", "roles", "address", "act", "object", "result", "before", "after")


def row(noted: Any, lang: str) -> dict[str, Any]:
    """An entry in words; what has none is shown as it is kept."""
    entry = noted.entry
    code, result = f"audit.what.{entry.what}", f"audit.result.{entry.result}"
    place = f"audit.from.{entry.address}"
    return {
        "key": str(noted.seq),
        "at": f"{noted.at.astimezone(zone()):%Y-%m-%d %H:%M:%S}",
        "who": entry.who,
        "roles": translate(lang, "export.join").join(translate(lang, f"role.{role}") for role in entry.roles),
        "address": translate(lang, place) if known(place) else entry.address,
        "act": translate(lang, code) if known(code) else entry.what,
        "object": entry.object,
        "result": translate(lang, result) if known(result) else entry.result,
        "before": _words(entry.before),
        "after": _words(entry.after),
    }


def _words(value: Any) -> str:
    return "" if value is None else msgspec.json.encode(value).decode()
