"""What rules over the integrity watch have in common: they look when it was made anew, and customs acts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from domain.integrity_signs import Signs
from domain.rules.base import NEVER, Facts, Finding, Found, Params, Rule, RuleInstance, each


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What such a rule says of one row: as in ``Finding``; ``since`` is when it began, None: when it was found."""

    subject_kind: str
    subject: str
    grade: str
    params: dict[str, Any]
    seen: dict[str, Any]
    since: datetime | None = None


def integrity_rule(
    name: str, params: type[Params], levels: Mapping[str, int], plan: tuple[str, ...],
    rows: Callable[[Signs, Any], Iterable[Any]], say: Callable[[Any, Signs, Any], Told], hold_off_seconds: float = 60.0,
) -> Rule:  # fmt: skip
    """The rule.

    Args:
        name: of the rule.
        params: type of its figures.
        levels: by grade.
        plan: steps to take.
        rows: what is beyond the figures.
        say: what is said of one of them.
        hold_off_seconds: a condition must be absent this long before it counts as clear.
    """

    def evaluate(facts: Facts, instance: RuleInstance) -> Found:
        signs = facts.integrity
        if signs is None:
            return ()
        figures = instance.params
        return each(
            rows(signs, figures), _named, lambda row: _finding(say(row, signs, figures), signs, facts, instance)
        )

    return Rule(
        name=name, kind="condition", evaluate=evaluate, params=params, levels=levels, agency="customs", plan=plan,
        hold_off_seconds=hold_off_seconds, needs=("integrity",), every_seconds=NEVER, unplayable="integrity",
    )  # fmt: skip


def _named(row: Any) -> str:
    return str(getattr(row, "code", "") or getattr(row, "declaration_no", ""))


def _finding(told: Told, signs: Signs, facts: Facts, instance: RuleInstance) -> Finding:
    return Finding(
        rule=instance.name, subject_kind=told.subject_kind, subject=told.subject, level=instance.levels[told.grade],
        event_time=told.since or signs.as_of or facts.now, params=told.params, seen=told.seen,
        origin=signs.origins[0] if len(signs.origins) == 1 else "",
    )  # fmt: skip
