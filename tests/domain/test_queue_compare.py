"""A source's own order against the rule: counted pair by pair, also on the real queue of the seed."""

from __future__ import annotations

import csv
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from domain.queue_compare import RULES, compare
from domain.queue_order import Waiting, has_priority, order
from domain.records import Direction, EnterpriseClass
from tests.domain.test_queue_order import queues


def decides(first, second):
    """The rule that puts one before the other, taken word for word; None where what is known does not tell."""
    if has_priority(first) != has_priority(second):
        return "priority"
    if first.direction != second.direction:
        return None if None in (first.direction, second.direction) else "direction"
    if first.direction is None:
        return None
    export = first.direction is Direction.EXPORT
    times = [one.vessel_departure_at if export else one.appointed_at for one in (first, second)]
    if None in times:
        return None
    if times[0] != times[1]:
        return "time"
    applied = (first.applied_at, second.applied_at)
    return "application" if None not in applied and applied[0] != applied[1] else None


@given(queues, st.data())
def test_pairs_are_counted_as_the_rule_reads(queue, data):
    number = st.none() | st.integers(1, 40)
    ranks = {item.declaration_no: data.draw(number) for item in queue}
    places = order(queue)
    found, broken = compare(places, ranks)
    for one in found:
        mine = [p.waiting for p in places if p.waiting.platform == one.platform]
        mine = [item for item in mine if ranks[item.declaration_no] is not None]
        told = [(decides(*pair), *pair) for pair in combinations(mine, 2)]
        turned = [
            (rule, a, b) for rule, a, b in told if rule and ranks[a.declaration_no] > ranks[b.declaration_no]
        ]  # fmt: skip
        assert one.decided == sum(rule is not None for rule, _, _ in told)
        assert one.decided + one.undecided == len(told)
        assert one.inverted == {
            rule: count for rule in RULES if (count := sum(each == rule for each, _, _ in turned))
        }  # fmt: skip
        for item in mine:
            rules = [rule for rule, a, b in turned if item in (a, b)]
            assert broken.get(item.declaration_no) == (min(rules, key=RULES.index) if rules else None)


def test_a_source_that_keeps_to_the_rule_agrees_wholly():
    queue = [Waiting(declaration_no=str(n), direction=d) for n, d in enumerate([Direction.EXPORT, Direction.IMPORT])]
    (one,), broken = compare(order(queue), {"0": 1, "1": 2})
    assert (one.tau, one.inverted, broken) == (1.0, {}, {})
    (one,), broken = compare(order(queue), {"0": 2, "1": 1})
    assert (one.tau, one.inverted, broken) == (-1.0, {"direction": 1}, {"0": "direction", "1": "direction"})
    assert compare(order(queue), {"0": 1}) == ([], {})


def test_the_real_queue_breaks_the_rule_seven_times(shared_data):
    """Row 2 (fresh import) before 3 (fresh export), and 19 (export) behind six imports; no times are told."""
    with (shared_data / "seeds" / "queue_confirmation_20.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    advanced = {"高级认证企业": EnterpriseClass.ADVANCED}
    queue = [
        Waiting(
            declaration_no=row["报关单号"], platform=row["查验地点"],
            direction=Direction.EXPORT if row["进出口"] == "出口" else Direction.IMPORT,
            enterprise_class=advanced.get(row["企业资质"], EnterpriseClass.UNKNOWN),
            fresh=row["特殊货物标识"] == "特殊货物",
        )
        for row in rows
    ]  # fmt: skip
    ranks = {row["报关单号"]: int(row["序号"]) for row in rows}
    (one,), broken = compare(order(queue), ranks)
    assert (one.rows, one.decided, one.undecided, one.inverted) == (20, 123, 67, {"direction": 7})
    assert one.tau == 0.886
    assert sorted(ranks[number] for number in broken) == [2, 3, 13, 14, 15, 16, 17, 18, 19]
