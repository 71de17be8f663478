"""A reader of the live protocol in Python, written from docs/live-protocol.md: the tests' measure."""

from __future__ import annotations

import base64
import json
from itertools import accumulate

import numpy as np

from live.columns import COLUMNS
from live.hashing import state_hash

UNSIGNED = {"b": "<u1", "w": "<u2", "l": "<u4"}


class Reader:
    """State of one topic as a client holds it."""

    def __init__(self):
        self.seq, self.kind, self.state = None, None, None

    def take(self, frame):
        """Apply a Frame of the hub or its text; a delta must follow exactly what we have."""
        message = json.loads(getattr(frame, "text", frame))
        if "full" in message:
            self.kind = message["k"]
            self.state = {"columns": _columns, "rows": _rows, "value": dict}[self.kind](message["full"])
        else:
            assert message["b"] == self.seq, "a delta that does not follow"
            for delta in message["d"]:
                {"columns": _step_columns, "rows": _step_rows, "value": dict.update}[self.kind](self.state, delta)
        self.seq = message["s"]
        return self

    def hash(self):
        state = self.state
        if self.kind == "columns":
            raw = [state[name].astype("<i4").tobytes() for name in COLUMNS]
            return state_hash([state["head"], state["ids"], state["labels"]], *raw)
        if self.kind == "rows":
            return state_hash([state["head"], list(state["rows"].values())])
        return state_hash([state["value"], state["error"]])


def _columns(full):
    state = {"head": full["head"], "ids": list(full["ids"]), "labels": list(full["labels"])}
    for name in COLUMNS:
        packed = full[name]
        if isinstance(packed, int):
            state[name] = np.full(len(full["ids"]), packed, np.int64)
            continue
        width = next(w for w in UNSIGNED if w in packed)
        state[name] = np.frombuffer(base64.b64decode(packed[width]), UNSIGNED[width]).astype(np.int64) + packed["o"]
    return state


def _step_columns(state, delta):
    state["head"] = delta.get("head", state["head"])
    for slot in delta.get("free", ()):
        _put(state, slot, "", "", [0] * len(COLUMNS))
    for slot, id_, label, *values in delta.get("new", ()):
        while slot >= len(state["ids"]):
            state["ids"].append("")
            state["labels"].append("")
            for name in COLUMNS:
                state[name] = np.append(state[name], 0)
        _put(state, slot, id_, label, values)
    for slot, label in delta.get("labels", ()):
        state["labels"][slot] = label
    slots = list(accumulate(delta["rows"])) if "rows" in delta else list(range(len(state["ids"])))
    for name in COLUMNS:
        if name in delta:
            state[name][slots] += _steps(delta[name], len(slots))


def _steps(packed, count):
    if isinstance(packed, int):
        return np.full(count, packed)
    if "a" in packed:
        wide = iter(packed.get("x", ()))
        alphabet = [chr(code) for code in range(ord("#"), 127) if chr(code) != "\\"]
        return np.array([next(wide) if c == "#" else alphabet.index(c) - 46 for c in packed["a"]])
    if "b" in packed:
        steps = np.frombuffer(base64.b64decode(packed["b"]), np.int8).astype(np.int64)
        steps[steps == -128] = packed.get("x", [])
        return steps
    steps = np.zeros(count, np.int64)
    steps[list(accumulate(packed["i"]))] = packed["d"]
    return steps


def _put(state, slot, id_, label, values):
    state["ids"][slot], state["labels"][slot] = id_, label
    for name, value in zip(COLUMNS, values, strict=True):
        state[name][slot] = value


def _rows(full):
    return {"head": full["head"], "rows": {row["key"]: row for row in full["rows"]}}


def _step_rows(state, delta):
    state["head"] = {**state["head"], **delta.get("head", {})}
    rows = state["rows"]
    for key in delta.get("del", ()):
        del rows[key]
    rows.update({row["key"]: row for row in delta.get("set", ())})
    for key, patch in delta.get("patch", {}).items():
        rows[key] = {**rows[key], **patch}
    if "order" in delta:
        state["rows"] = {key: rows[key] for key in delta["order"]}
