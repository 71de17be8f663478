"""The integrity watch finds what was made to be found, finds nothing in a fair history, and owes nothing to order."""

from __future__ import annotations

import math
from datetime import timedelta

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.cycles import Cycles
from domain.integrity import FDR, Case, History, Report, Said
from domain.integrity_chance import bounded, ratio_interval, upper_quantile
from domain.integrity_order import served
from domain.integrity_report import report_of
from domain.records import Direction, EnterpriseClass
from tests.domain.integrity_port import MINUTELY, START, made

T0 = START.timestamp()


def case(number: str, appointed: float, confirmed: float | None, rank: int, **more: object) -> Case:
    """A declaration with times in minutes; a smaller rank sails earlier."""
    said = Said(
        since=T0 + appointed * 60, platform="P", direction=Direction.EXPORT, enterprise_class=EnterpriseClass.GENERAL,
        vessel_departure_at=START + timedelta(days=1, hours=rank),
    )  # fmt: skip
    at = None if confirmed is None else T0 + confirmed * 60
    words = more.pop("said", (said,))
    return Case(
        declaration_no=number, nodes=(T0 + appointed * 60, at, *(None,) * 5), left_queue=at, platform="P", area="north",
        said=words, **{"agent": f"A-{number}", **more},
    )  # fmt: skip


def judged(*cases: Case, minutes: float = 600) -> Report:
    return report_of(History(cases=list(cases)), START + timedelta(minutes=minutes), 7, 60, MINUTELY)


def test_a_jump_says_whom_it_passed_by_how_much_and_whether_a_reason_is_recorded() -> None:
    waiting = [case(f"W{n}", n, 60 + n, n) for n in range(5)]
    report = judged(*waiting, case("LATE", 10, 30, 9))
    (jump,) = report.jumps
    assert (jump.declaration_no, jump.places, jump.place, jump.together) == ("LATE", 5, 6, 6)
    assert jump.passed == ["W0", "W1", "W2", "W3", "W4"]
    assert (jump.minutes, jump.waits, jump.reason) == (30, False, "")
    assert (report.without, report.with_reason) == (1, 0)
    with_reason = judged(*waiting, case("LATE", 10, 30, 9, reason="cooling failed"))
    assert (with_reason.without, with_reason.with_reason) == (0, 1)
    assert with_reason.jumps[0].reason == "cooling failed"
    assert with_reason.jumps[0].places == 5
    assert all(facet.permutations == 0 for facet in with_reason.facets.values()), "shown, and counted in no index"
    assert all(cell.places == 0 for facet in with_reason.facets.values() for cell in facet.cells)


@pytest.mark.parametrize(("waits_since", "confirmed", "jumps"), [
    (0, 30.5, 0),  # the same minute's sweep
    (29.5, 60, 0),  # appointed as the sweep was made up
    (31, 60, 0),  # appointed after it
    (0, 60, 1),
    (0, None, 1),  # waits still
])  # fmt: skip
def test_only_who_waited_on_was_passed(waits_since: float, confirmed: float | None, jumps: int) -> None:
    assert len(judged(case("EARLY", waits_since, confirmed, 1), case("LATE", 5, 30, 9)).jumps) == jumps


def test_what_was_held_then_was_not_passed_and_keys_count_as_they_were_known_then() -> None:
    free = case("X", 0, 120, 1).said[0]
    held = msgspec.structs.replace(free, since=T0 + 20 * 60, hold="suspended")
    again = msgspec.structs.replace(free, since=T0 + 90 * 60)
    late = case("LATE", 5, 30, 9)
    assert judged(case("X", 0, 120, 1, said=(free, held, again)), late).jumps == []
    sails_sooner = msgspec.structs.replace(free, since=T0 + 90 * 60)
    sailed_last = msgspec.structs.replace(free, vessel_departure_at=START + timedelta(days=9))
    assert judged(case("X", 0, 120, 1, said=(sailed_last, sails_sooner)), late).jumps == [], "it became urgent later"
    elsewhere = msgspec.structs.replace(free, platform="Q")
    assert judged(case("X", 0, 120, 1, said=(elsewhere,)), late).jumps == []


def test_of_one_that_many_passed_it_is_said_that_it_was_left_lying_and_of_none_that_they_jumped() -> None:
    report = judged(case("LYING", 0, 300, 0), *(case(f"N{n}", n, 60 + 20 * n, n + 1) for n in range(8)))
    assert report.jumps == []
    (lying,) = report.lying
    assert (lying.declaration_no, lying.passed_by, lying.minutes) == ("LYING", 8, 240)


def test_times_that_contradict_themselves_are_counted_and_judged_nowhere() -> None:
    odd = msgspec.structs.replace(case("ODD", 50, 20, 1))
    report = judged(odd, case("STEPS", 0, 30, 1, said=()), case("GOOD", 5, 30, 9))
    assert (report.confirmed, report.judged, report.jumps) == (3, 1, [])


def test_what_no_feed_tells_is_said() -> None:
    assert judged().lacks == ["nothing"]
    nameless = [case(f"N{n}", n, 60, n, agent="") for n in range(3)]
    assert judged(*nameless).lacks == ["agents", "reasons"]
    stepped = [msgspec.structs.replace(one, nodes=(*one.nodes[:4], T0 + 4_000.0, None, None)) for one in nameless]
    assert judged(*stepped).lacks == ["agents", "officers", "reasons"]
    assert all(not facet.cells or facet.cells[0].name for facet in judged(*nameless).facets.values())


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 3), st.randoms(use_true_random=False))
def test_a_fair_history_has_no_jump_and_the_order_of_rows_changes_nothing(seed: int, platforms: int, shuffle) -> None:
    port = made(seed, days=2, platforms=platforms)
    report = port.report()
    assert (report.jumps, report.lying) == ([], [])
    assert report.judged == report.confirmed == len(port.cases)
    broken = made(seed, days=2, platforms=platforms, jump=lambda rng, here: here[-1])
    before = broken.report()
    shuffle.shuffle(broken.cases)
    assert broken.report() == before
    assert {jump.declaration_no for jump in before.jumps} == broken.jumped


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 300), st.integers(0, 5)), min_size=1, max_size=14))
def test_every_pair_out_of_order_is_counted_once_as_a_plain_count_would(rows: list[tuple[int, int, int]]) -> None:
    """Against a count over all pairs, one by one."""
    cases = [case(f"{n:02d}", at, at + waits, rank) for n, (at, waits, rank) in enumerate(rows)]
    found, _ = served(cases, T0 + 1_000 * 60, MINUTELY)
    counted = {cases[one.case].declaration_no: len(one.passed) + len(one.lying) for one in found}
    times = sorted(one.left_queue for one in cases if one.left_queue)
    sweep = {}
    for at in times:
        began = next((start for start in sweep.values() if 0 <= at - start < 60), at)
        sweep[at] = began
    for one in cases:
        at = sweep[one.left_queue]
        ahead = [
            other for other in cases
            if other.said[0].vessel_departure_at is not None
            and (other.said[0].vessel_departure_at, other.declaration_no) < (
                one.said[0].vessel_departure_at, one.declaration_no)
            and other.nodes[0] + 60 <= at and sweep[other.left_queue] > at
        ]  # fmt: skip
        assert counted[one.declaration_no] == len(ahead)


def favoured(port, share: float = 0.6):
    """An officer inspects most of one agent's declarations at one platform."""
    rng = np.random.default_rng(1)
    return [
        msgspec.structs.replace(one, officer="O2") if one.agent == "A001" and rng.random() < share else one
        for one in port.cases
    ]


def test_the_pair_and_the_agent_that_were_made_remarkable_rank_first_and_alone() -> None:
    def mostly_one(rng: np.random.Generator, here: list[Case]) -> Case | None:
        mine = [one for one in here[6:] if one.agent == "A003"]
        return mine[-1] if mine else here[-1] if rng.random() < 0.3 else None

    port = made(7, days=25, jump=mostly_one)
    port.cases = favoured(port)
    report = port.report()
    best = report.facets["agent"].cells[0]
    assert (best.name, best.found) == ("A003", True)
    assert best.high < best.places, "more than chance gave in 95 of 100 tries"
    assert report.facets["agent"].permutations >= 999
    assert set(best.declarations) <= port.jumped
    pair = report.pairs.rows[0]
    assert (pair.agent, pair.officer, pair.found) == ("A001", "O2", True)
    assert pair.low > 1
    assert [one for one in report.pairs.rows[1:] if one.found and one.agent != "A001"] == []
    assert {jump.declaration_no for jump in report.jumps} <= port.jumped


@pytest.mark.parametrize("seed", range(4))
def test_chance_alone_is_not_called_more(seed: int) -> None:
    """Officers dealt by chance, and jumps by whoever it falls on: nothing is found beyond chance."""
    port = made(seed, days=15, jump=lambda rng, here: here[int(rng.integers(len(here)))])
    report = port.report()
    assert report.without > 5
    assert [one.name for facet in report.facets.values() for one in facet.cells if one.found] == []
    assert [one for one in report.pairs.rows if one.found] == []
    assert all(one.q > FDR for one in report.pairs.rows)


def test_long_stays_are_held_against_their_own_kind_open_ones_first() -> None:
    port = made(3, days=25)
    cases = sorted(port.cases, key=lambda one: one.declaration_no)
    stuck, slow = cases[-3], cases[-9]
    open_ = msgspec.structs.replace(stuck, nodes=(*stuck.nodes[:4], None, None, None), hold="suspended")
    far = slow.nodes[3] + 9 * 3_600
    ended = msgspec.structs.replace(slow, nodes=(*slow.nodes[:4], far, far + 600, far + 900))
    rest = [one for one in cases if one not in (stuck, slow)]
    stays = report_of(History(cases=[*rest, open_, ended]), port.end + timedelta(hours=12), 7, 60, MINUTELY).stays
    first = stays.rows[0]
    assert (first.declaration_no, first.stage, first.until, first.hold, first.sure) == (
        stuck.declaration_no, "assigned", None, "suspended", True)  # fmt: skip
    closed = next(one for one in stays.rows if one.until is not None)
    assert (closed.declaration_no, closed.stage, closed.sure) == (slow.declaration_no, "assigned", True)
    assert closed.ratio > 1
    assert stays.beyond <= stays.ended
    assert stays.expected == pytest.approx(stays.ended * 0.01)
    few = judged(case("A", 0, 30, 1), case("B", 0, 30, 2)).stays
    assert (few.rows, few.uncompared) == ([], 4), "too few of their kind to say anything"


def test_the_arithmetic_of_chance_is_the_textbooks() -> None:
    assert bounded(np.array([0.01, 0.02, 0.03, 0.5])).tolist() == pytest.approx([0.04, 0.04, 0.04, 0.5])
    low, high = ratio_interval(10, 5.0)
    assert (low, high) == pytest.approx((4.795 / 5, 18.39 / 5), abs=0.001)  # Garwood, tables of 10
    limit, upper = upper_quantile(np.arange(1_000.0), 0.99)
    assert limit == pytest.approx(989, abs=1)
    assert 993 <= upper <= 999
    assert math.isinf(upper_quantile(np.arange(50.0), 0.99)[1]), "too few for an upper end"


def test_who_came_in_after_the_cut_stands_in_the_next_cycle_and_was_not_passed() -> None:
    late, came = case("LATE", 5, 30, 9), case("CAME", 25, 60, 1)
    end = START + timedelta(hours=9)
    for minutes, jumps in ((20.0, 0), (5.0, 1)):  # cut at 9:20, or at 9:30 as well
        assert len(report_of(History(cases=[late, came]), end, 7, 60, Cycles(minutes)).jumps) == jumps
