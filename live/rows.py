"""Pictures with keyed rows, and plain values: snapshot, and deltas of only what changed."""

from __future__ import annotations

from typing import Any, Protocol

import msgspec
import numpy as np

from domain.pictures import UNSENT
from live.hashing import state_hash

RESET = b""  # what update() answers when no delta leads to the new state, only a snapshot


def _plain(value: Any) -> Any:
    """Numpy values inside rows become plain ones; anything else is a mistake of the publisher."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    raise NotImplementedError(f"{type(value).__name__} cannot be published")


_encoder = msgspec.json.Encoder(enc_hook=_plain)


def to_json(value: Any) -> bytes:
    """JSON of structs and plain values; NaN and infinity become null."""
    return _encoder.encode(value)


class Encoder(Protocol):
    """Turns the successive pictures of one topic into deltas."""

    kind: str

    def update(self, picture: Any) -> bytes | None:
        """Delta as JSON, None when nothing changed, RESET when only a snapshot will do."""

    def snapshot(self) -> bytes:
        """The whole state as JSON."""

    def hash(self) -> str:
        """State hash, the same in the browser."""


class RowsEncoder:
    """Rows by key: {head, set, patch, del, order}."""

    kind = "rows"

    def __init__(self) -> None:
        self._rows: dict[str, tuple[Any, bytes]] = {}
        self._head: dict[str, bytes] = {}
        self._started = False

    def update(self, picture: Any) -> bytes | None:
        """Take the new picture (a domain.pictures.Picture; its rows have unique keys)."""
        fields = [name for name in picture.__struct_fields__ if name not in ("rows", UNSENT)]
        head = {name: to_json(getattr(picture, name)) for name in fields}
        return self._step(head, {row.key: (row, to_json(row)) for row in picture.rows})

    def _step(self, head: dict[str, bytes], rows: dict[str, tuple[Any, bytes]]) -> bytes | None:
        delta = self._delta(head, rows)
        first, self._started = not self._started, True
        self._head, self._rows = head, rows
        return RESET if first else (to_json(delta) if delta else None)

    def snapshot(self) -> bytes:
        """Head and rows in order."""
        return to_json({"head": _raw(self._head), "rows": [msgspec.Raw(body) for _, body in self._rows.values()]})

    def hash(self) -> str:
        """State hash over [head, rows in order]."""
        state = msgspec.json.decode(self.snapshot())
        return state_hash([state["head"], state["rows"]])

    def _delta(self, head: dict[str, bytes], rows: dict[str, tuple[Any, bytes]]) -> dict[str, Any]:
        delta: dict[str, Any] = {}
        changed = {name: body for name, body in head.items() if self._head.get(name) != body}
        if changed:
            delta["head"] = _raw(changed)
        sets, patches = [], {}
        for key, (row, body) in rows.items():
            before = self._rows.get(key)
            if before is not None and before[1] == body:
                continue
            patch = _patch(before[0], row) if before is not None else None
            if patch:
                patches[key] = patch
            else:
                sets.append(msgspec.Raw(body))
        gone = [key for key in self._rows if key not in rows]
        if sets:
            delta["set"] = sets
        if patches:
            delta["patch"] = patches
        if gone:
            delta["del"] = gone
        kept = [key for key in self._rows if key in rows] + [key for key in rows if key not in self._rows]
        if kept != list(rows):
            delta["order"] = list(rows)
        return delta


def _patch(before: Any, after: Any) -> dict[str, Any] | None:
    """Changed fields of a row, or None when the rows cannot be compared field by field.

    A publisher that changed the very row object it published before leaves nothing to compare
    with; then the row is sent whole.
    """
    if before is after or type(before) is not type(after):
        return None
    if isinstance(after, msgspec.Struct):
        fields, old, new = after.__struct_fields__, before, after
        changed = {name: value for name in fields if getattr(old, name) != (value := getattr(new, name))}
    elif isinstance(after, dict) and before.keys() == after.keys():
        fields = tuple(after)
        changed = {name: value for name, value in after.items() if before[name] != value}
    else:
        return None
    return changed if len(changed) * 2 <= len(fields) else None


def _raw(fields: dict[str, bytes]) -> dict[str, msgspec.Raw]:
    return {name: msgspec.Raw(body) for name, body in fields.items()}


class Drawn(msgspec.Struct, frozen=True):
    """A drawn view, already encoded; ``error`` says that this is the last good one.

    ``rows``: those of a view that is a table, in place of a body; plain mappings, each with a ``key`` of its own.
    """

    body: bytes = b"null"
    error: str = ""
    rows: list[dict[str, Any]] | None = None


class TableEncoder(RowsEncoder):
    """Rows of a view that is a table: only what changed goes out, and rows stay where they are.

    A table puts its rows in order itself, so their order here is that of their coming: thousands of rows are not
    told anew because one came first. The head says whether the drawing failed.
    """

    def update(self, picture: Any) -> bytes | None:
        """Take what was drawn."""
        drawn = picture if isinstance(picture, Drawn) else Drawn()
        told = {row["key"]: (row, to_json(row)) for row in drawn.rows or ()}
        rows = {key: told[key] for key in self._rows if key in told}
        rows |= told
        return self._step({"error": to_json(drawn.error)}, rows)


class ValueEncoder:
    """A value that is always sent whole: drawn views, and whatever is neither rows nor columns."""

    kind = "value"

    def __init__(self) -> None:
        self._body: bytes | None = None
        self._error = ""

    def update(self, picture: Any) -> bytes | None:
        """Take the new value; a Drawn is taken as it is, anything else is encoded."""
        drawn = picture if isinstance(picture, Drawn) else Drawn(body=to_json(picture))
        first = self._body is None
        changed: dict[str, Any] = {}
        if drawn.body != self._body:
            changed["value"] = msgspec.Raw(drawn.body)
        if drawn.error != self._error:
            changed["error"] = drawn.error
        self._body, self._error = drawn.body, drawn.error
        return RESET if first else (to_json(changed) if changed else None)

    def snapshot(self) -> bytes:
        """Value and error."""
        return to_json({"value": msgspec.Raw(self._body or b"null"), "error": self._error})

    def hash(self) -> str:
        """State hash over [value, error]."""
        state = msgspec.json.decode(self.snapshot())
        return state_hash([state["value"], state["error"]])
