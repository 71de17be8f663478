"""The progress of a declaration: what its steps, in whatever order they came, add up to."""

from __future__ import annotations

from typing import Any

from domain.records import Node
from store.moments import FOREVER

NODES = tuple(node.value for node in Node)
COLUMNS = (
    "declaration_no", *NODES, "left_queue_at", "finished_at", "last_at", "feed", "origin", "recorded_time", "scope",
)  # fmt: skip
Progress = dict[str, Any]  # COLUMNS without the first


def empty() -> Progress:
    """A declaration of which no step is known."""
    none: Progress = dict.fromkeys(COLUMNS[1:])
    return {**none, "left_queue_at": FOREVER, "finished_at": FOREVER, "feed": "", "origin": ""}


def advance(
    progress: Progress, node: str, reached: int, feed: str, origin: str, recorded_time: int | None, scope: str | None
) -> None:
    """Bring one step in; the result does not depend on the order of steps.

    The newest time of a node counts (a second inspection); the confirmation queue is left for good
    with the first step beyond it.
    """
    progress[node] = max(progress[node] or reached, reached)
    if node != Node.APPOINTED:
        progress["left_queue_at"] = min(progress["left_queue_at"], reached)
    if node == Node.DEPARTED:
        progress["finished_at"] = progress[node]
    stamp = (reached, feed, origin, recorded_time or 0, scope or "")
    if progress["last_at"] is None or stamp > _stamp(progress):
        progress["last_at"], progress["feed"], progress["origin"] = reached, feed, origin
        progress["recorded_time"], progress["scope"] = recorded_time, scope


def _stamp(progress: Progress) -> tuple[Any, ...]:
    recorded, scope = progress["recorded_time"] or 0, progress["scope"] or ""
    return (progress["last_at"], progress["feed"], progress["origin"], recorded, scope)
