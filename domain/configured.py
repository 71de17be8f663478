"""Settings as people are shown them: flat, each with where it comes from, and without any secret."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec

Origin = Literal["default", "file", "environment"]


class Shown(msgspec.Struct, frozen=True, array_like=True):
    """One setting.

    Attributes:
        value: plain JSON; a text filled from the environment or from a secret is its placeholder.
        origin: what said so.
    """

    value: Any
    origin: Origin = "default"


class Stood(msgspec.Struct, frozen=True):
    """All settings that were in force from a moment on.

    Attributes:
        at: aware UTC.
        who: the operating system's user who started the collector with them.
        settings: by dotted key.
    """

    at: datetime
    who: str
    settings: dict[str, Shown]


class Secret(msgspec.Struct, frozen=True, kw_only=True):
    """A secret without its value.

    Attributes:
        name: as feeds ask for it.
        algorithm: it is sealed with.
        key: id of the key it is sealed with.
        updated_at: when it was set or sealed anew.
        updated_by: by whom.
    """

    name: str
    algorithm: str
    key: str
    updated_at: datetime
    updated_by: str


def changes(before: Mapping[str, Shown], after: Mapping[str, Shown]) -> dict[str, tuple[Any, Any]]:
    """Keys whose value is another, with what it was and is; None where there was or is no such key."""
    found = {}
    for key in sorted({*before, *after}):
        was, now = (side[key].value if key in side else None for side in (before, after))
        if was != now:
            found[key] = (was, now)
    return found
