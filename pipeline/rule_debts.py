"""Records a rule threw on: the others are judged without them, and they are tried again until the rule can judge them.

A rule is a plug-in, and one that judges records as they come sees each of them once. What it threw on is therefore kept
here: all of it when the rule fails whatever it is given, else the records that make it fail.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

import structlog
from msgspec.structs import replace

from domain.records import Record
from domain.rules.base import Facts, Judged
from domain.rules.watching import Watching

MOST = 10_000  # kept of one instance; older ones are judged after a restart, by the mark of the rules
TRIED = 100  # of those kept, tried one by one in one look
log = structlog.get_logger(__name__)


class RuleDebts:
    """What is owed, by instance; not thread-safe."""

    def __init__(self) -> None:
        """Nothing is owed."""
        self._owed: dict[str, list[Record]] = {}
        self._next: dict[str, list[Record]] = {}

    def __bool__(self) -> bool:
        """Whether anything is owed."""
        return any(self._owed.values())

    def of(self, name: str) -> bool:
        """Whether an instance owes anything."""
        return bool(self._owed.get(name))

    def keep(self, names: Collection[str]) -> None:
        """What these said last is saved; until then the same records come again."""
        for name in self._next.keys() & set(names):
            self._owed[name] = self._next.pop(name)

    def forget(self, names: Collection[str]) -> None:
        """Only these instances run."""
        self._owed = {name: owed for name, owed in self._owed.items() if name in names}

    def look(self, one: Watching, facts: Facts) -> Judged:
        """Judge what is new and what is owed by an instance that judges records as they come.

        Returns:
            What it says: in error and yet with findings when it threw on some of the records only.
        """
        name, owed = one.instance.name, self._owed.get(one.instance.name, [])
        new = [record for kind in one.rule.reads for record in facts.new.get(kind, ())]
        judged = one.look(_with(facts, [*owed, *new]) if owed else facts)
        self._next[name] = []
        if one.state != "error":
            return judged
        tried = [*owed[:TRIED], *new]
        bad = [_throws(one, facts, record) for record in tried]
        good = [record for record, threw in zip(tried, bad, strict=True) if not threw]
        left = [*owed[TRIED:], *(record for record, threw in zip(tried, bad, strict=True) if threw)]
        if good:
            found = one.look(_with(facts, good))
            left = left if one.state == "ok" else [*owed, *new]
            one.state, one.detail = judged.state, judged.detail
            judged = replace(found, state=judged.state, detail=judged.detail)
        if len(left) > MOST:
            log.warning("rule_owes_too_much", rule=name, dropped=len(left) - MOST)
        self._next[name] = left[-MOST:]
        return judged


def _with(facts: Facts, records: Sequence[Record]) -> Facts:
    new: dict[type[Record], list[Record]] = defaultdict(list)
    for record in records:
        new[type(record)].append(record)
    return replace(facts, new=new)


def _throws(one: Watching, facts: Facts, record: Record) -> bool:
    try:
        one.rule.found(_with(facts, [record]), one.instance)
    except Exception:  # whatever a plug-in does
        return True
    return False
