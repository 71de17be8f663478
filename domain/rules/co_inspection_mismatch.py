"""Co-inspection check that did not agree (协检异常, seed 000 功能③; HS/T 82-2024 8.1.5 d).

A container or a seal that is not the declared one may mean a swapped box: orange. A missing seal
is first of all a fault in the papers or the sealing: yellow, like words of a source we do not know.
"""

from __future__ import annotations

from domain.records import CheckResult
from domain.rules._said import told_by
from domain.rules.base import Facts, Finding, Found, Rule, RuleInstance, each

NAME = "co_inspection_mismatch"
_GRADES = {"container_mismatch": "mismatch", "seal_mismatch": "mismatch", "seal_missing": "missing"}


def evaluate(facts: Facts, instance: RuleInstance) -> Found:
    """Find every new check that did not agree."""
    return each(facts.new.get(CheckResult, ()), _subject, lambda check: _finding(check, instance))


def _subject(check: CheckResult) -> str:
    return check.container_no or check.declaration_no or check.check_id


def _finding(check: CheckResult, instance: RuleInstance) -> Finding:
    known = check.result in _GRADES
    return Finding(
        rule=instance.name,
        subject_kind="container" if check.container_no else "declaration",
        subject=_subject(check),
        level=instance.levels[_GRADES.get(check.result, "other")],
        event_time=check.event_time,
        params={
            "container_no": check.container_no or "—",
            "declaration_no": check.declaration_no or "—",
            "seal_no": check.seal_no or "—",
            "result_key": f"check.{check.result}" if known else "check.other",
            "word": "" if known else check.result.removeprefix("other:"),
        },
        seen={"result": {"value": check.result}},
        **told_by(check),
    )


RULE = Rule(
    name=NAME,
    kind="event",
    evaluate=evaluate,
    levels={"mismatch": 2, "missing": 3, "other": 3},
    agency="customs",
    plan=("hold_box", "photograph_seal", "compare_declaration", "tell_customs"),
    reads=frozenset({CheckResult}),
)
