"""Which alert is only the consequence of another, and stands behind it until that is over.

A rule instance names the rules it may be a consequence of (``RuleInstance.parents``). An alert hides behind a standing
one of such a rule when both are about the same subject, when the parent is the place of the child (a platform of its
declarations, a block of its boxes), or when the parent is the feed the child rests on and the child came up when that
fell silent. It never hides behind a milder one, and level I never hides. Rules that are each other's parents hide
nothing: whatever is hidden leads to an alert that is not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from domain.alert_banners import place_of
from domain.alert_flow import Merged, suppress, unsuppress
from domain.alert_pictures import AlertRow, LogStep

BEFORE = timedelta(minutes=15)  # a feed's silence shows in what rests on it, perhaps before the feed counts as down
_STANDS = frozenset({"firing", "no_data", "error"})
PORT = ("port", "")  # what is said of the whole port is above every place of it
Ways = Mapping[str, frozenset[str]]
_Index = Mapping[tuple[str, str], Sequence[AlertRow]]


class Instance(Protocol):
    """What of a rule instance matters here."""

    @property
    def name(self) -> str:
        """Of the instance."""

    @property
    def kind(self) -> str:
        """Name of its rule."""

    @property
    def parents(self) -> Sequence[str]:
        """Rules or instances it may be a consequence of."""


def ways(instances: Iterable[Instance]) -> Ways:
    """Names of the instances each instance may hide behind; circles are left out.

    Args:
        instances: those that run.
    """
    every = list(instances)
    named: dict[str, set[str]] = defaultdict(set)
    for one in every:
        named[one.kind].add(one.name)
        named[one.name].add(one.name)
    direct = {one.name: frozenset().union(*(named[parent] for parent in one.parents)) - {one.name} for one in every}
    above = {name: _above(name, direct) for name in direct}
    clean = {name: frozenset(one for one in direct[name] if name not in above[one]) for name in direct}
    return {name: parents for name, parents in clean.items() if parents}


def _above(name: str, direct: Ways) -> set[str]:
    found: set[str] = set()
    left = [*direct[name]]
    while left:
        one = left.pop()
        if one not in found:
            found.add(one)
            left += direct.get(one, ())
    return found


def suppressed_by(rows: Iterable[AlertRow], up: Ways) -> dict[str, str]:
    """Keys of the alerts that are a consequence, and of the alert at the root of it.

    Args:
        rows: standing alerts, in any order.
        up: as ``ways`` gives them.
    """
    rows = [row for row in rows if row.state != "closed"]
    parents = frozenset().union(*up.values())
    standing: dict[tuple[str, str], list[AlertRow]] = defaultdict(list)
    for row in rows:
        if row.rule in parents and row.condition in _STANDS:
            standing[_about(row)].append(row)
    if not standing:
        return {}
    for candidates in standing.values():
        candidates.sort(key=lambda row: (row.level, row.opened_at, row.key))
    found = {}
    for row in rows:
        if row.level != 1 and row.rule in up and (parent := _parent(row, up[row.rule], standing)) is not None:
            found[row.key] = parent.key
    return {key: _root(key, found) for key in found}


def _parent(row: AlertRow, rules: frozenset[str], standing: _Index) -> AlertRow | None:
    """The alert it is a consequence of: of its feed before one of its subject, that before one of its place."""
    about = _about(row)
    for where in (("feed", row.feed), about, place_of(row), PORT):
        for other in standing.get(where, ()):
            silent = where[0] == "feed" and about != where and row.opened_at < other.opened_at - BEFORE
            if other.rule in rules and other.level <= row.level and other.key != row.key and not silent:
                return other
    return None


def _about(row: AlertRow) -> tuple[str, str]:
    return PORT if row.subject_kind == "port" else (row.subject_kind, row.subject)


def _root(key: str, found: Mapping[str, str]) -> str:
    while key in found:
        key = found[key]
    return key


def settled(
    merged: Merged, standing: Mapping[str, AlertRow], up: Ways, now: datetime, only: Container[str] | None = None
) -> Merged:  # fmt: skip
    """The same with everything hidden that is a consequence now, and shown again what no longer is.

    Args:
        merged: what an evaluation changed.
        standing: the alerts it was made from.
        up: as ``ways`` gives them.
        now: aware UTC.
        only: keys to look at; None: all.
    """
    changed = {row.key: row for row in merged.changed}
    every = {**standing, **changed}
    behind = suppressed_by(every.values(), up)
    steps: list[LogStep] = []
    for key, row in every.items():
        by = behind.get(key, "")
        mine = only is None or key in only
        if mine and row.state != "closed" and row.suppressed_by != by:
            changed[key], taken = suppress(row, by, now) if by else unsuppress(row, now)
            steps.append(taken)
    return Merged(changed=list(changed.values()), steps=[*merged.steps, *steps]) if steps else merged
