"""Co-inspection check that did not agree (协检异常, seed 000 功能③; HS/T 82-2024 8.1.5 d).

A container or a seal that is not the declared one may mean a swapped box: orange. A missing seal
is first of all a fault in the papers or the sealing: yellow, like words of a source we do not know.
"""

from __future__ import annotations

from domain.records import CheckResult
from domain.rules.base import Facts, Finding, Rule

NAME = "co_inspection_mismatch"
_LEVELS = {"container_mismatch": 2, "seal_mismatch": 2, "seal_missing": 3}
_OTHER_LEVEL = 3


def evaluate(facts: Facts) -> list[Finding]:
    """Find every new check that did not agree."""
    return [_finding(check) for check in facts.new.get(CheckResult, ())]


def _finding(check: CheckResult) -> Finding:
    known = check.result in _LEVELS
    return Finding(
        rule=NAME,
        subject_kind="container" if check.container_no else "declaration",
        subject=check.container_no or check.declaration_no or check.check_id,
        level=_LEVELS.get(check.result, _OTHER_LEVEL),
        event_time=check.event_time,
        params={
            "container_no": check.container_no or "—",
            "declaration_no": check.declaration_no or "—",
            "seal_no": check.seal_no or "—",
            "result_key": f"check.{check.result}" if known else "check.other",
            "word": "" if known else check.result.removeprefix("other:"),
        },
        origin=check.origin.value,
        recorded_time=check.recorded_time,
        feed=check.feed,
    )


RULE = Rule(name=NAME, kind="event", evaluate=evaluate, reads=frozenset({CheckResult}))
