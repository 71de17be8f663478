"""What the integrity watch reads: times and every word told while a declaration waited, as of any moment."""

from __future__ import annotations

from datetime import timedelta

from domain.cycles import Cycles
from domain.integrity_report import report_of
from domain.records import Direction, EnterpriseClass, Node
from store.engine import Store
from tests.store.samples import NOW, PORT, ago, step, task

SAID = {"platform": "P", "direction": Direction.EXPORT, "enterprise_class": EnterpriseClass.GENERAL, "agent": "A"}


def _fill(store: Store) -> None:
    """WAITS is passed by LATE, whose reason is told when it is confirmed; HELD is held meanwhile."""
    sails = NOW + timedelta(days=2)
    store.ingest("test", [
        task("WAITS", ago(hours=9), vessel_departure_at=sails, **SAID),
        task("HELD", ago(hours=9), vessel_departure_at=sails, **SAID),
        task("HELD", ago(hours=7), vessel_departure_at=sails, hold="suspended", **SAID),
        task("HELD", ago(hours=3), vessel_departure_at=sails, **SAID),
        task("LATE", ago(hours=8), vessel_departure_at=sails + timedelta(days=1), **SAID),
        *(step(name, Node.APPOINTED, ago(hours=9 if name != "LATE" else 8)) for name in ("WAITS", "HELD", "LATE")),
    ], received_at=ago(hours=6))  # fmt: skip
    store.ingest("test", [step("LATE", Node.CONFIRMED, ago(hours=5))], received_at=ago(hours=5))
    store.ingest("test", [step("WAITS", Node.CONFIRMED, ago(hours=4))], received_at=ago(hours=4))
    reasoned = task("LATE", ago(hours=8), vessel_departure_at=sails, order_reason="sails sooner", **SAID)
    store.ingest("test", [reasoned], received_at=ago(hours=2))


def test_order_is_judged_by_the_words_of_that_moment_and_knowledge(store: Store) -> None:
    _fill(store)

    def jumps(hours: float, known: str) -> list[tuple[str, list[str], str]]:
        at = ago(hours=hours)
        history = store.reads.integrity(PORT, ago(days=7), at, known)
        assert history.origins == ["simulated"]
        found = report_of(history, at, 7, 60, Cycles(1.0), known).jumps
        return [(one.declaration_no, one.passed, one.reason) for one in found]

    assert jumps(4.5, "then") == jumps(3.5, "then") == [("LATE", ["WAITS"], "")], "held ones were not passed"
    assert jumps(1, "corrected") == jumps(4.5, "corrected") == []  # corrected since: its vessel sails as soon as theirs
    assert jumps(3, "then") == [("LATE", ["WAITS"], "")], "the correction had not come yet"
    assert jumps(1, "then") == []
    assert jumps(5.5, "corrected") == []
    (late,) = [one for one in store.reads.integrity(PORT, ago(days=7)).cases if one.declaration_no == "LATE"]
    assert (late.reason, late.agent, late.left_queue) == ("sails sooner", "A", ago(hours=5).timestamp())


def test_finished_before_the_span_is_no_matter_and_open_ones_are(store: Store) -> None:
    store.ingest("test", [
        task("OLD", ago(days=9)), step("OLD", Node.APPOINTED, ago(days=9)), step("OLD", Node.DEPARTED, ago(days=8)),
    ], received_at=ago(days=8))  # fmt: skip
    store.ingest("test", [
        task("OPEN", ago(days=9)), step("OPEN", Node.APPOINTED, ago(days=9)),
        step("STEPS", Node.CONFIRMED, ago(days=1)),
    ])  # fmt: skip
    for moment in ((), (NOW, "corrected"), (NOW, "then")):
        found = store.reads.integrity(PORT, ago(days=7), *moment).cases
        assert {one.declaration_no for one in found} == {"OPEN", "STEPS"}
