"""Orders to agencies: whatever is tried, only what the table allows happens, and it can be told as of then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.dispatch import (
    ACTS,
    AGENCIES,
    OVER,
    REFUSALS,
    SAYS,
    STATES,
    STEPS,
    Order,
    OrderRefusedError,
    offered,
    place,
    refusal,
    stood,
    take,
)
from domain.dispatch_board import VIEWS, Dispatched, arranged, counted, late

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
WHOLE_WAY = ("receive", "accept", "arrive", "finish", "feedback")


def order(agency: str = "customs") -> Order:
    return place("a1", NOW, agency, "officer", NOW, "check the box")


@given(
    st.lists(st.tuples(st.sampled_from(ACTS), st.sampled_from(("", "said")), st.sampled_from(("", "k1", "k2")),
                       st.integers(-1, 1)), max_size=12)
)  # fmt: skip
def test_whatever_is_tried_only_what_the_table_allows_happens(tried: list[tuple[str, str, str, int]]) -> None:
    now, seen = order(), [order()]
    after: Order | None
    for i, (act, note, key, off) in enumerate(tried):
        at = NOW + timedelta(minutes=i + 1)
        told = [step for step in now.steps if key and step.request_key == key]
        try:
            after = take(now, act, "agency", at, now.version + off, note, key)
        except OrderRefusedError as error:
            refused = error
            after = None
        if after is None:
            assert (refused.reason in REFUSALS, refused.order) == (True, now)
            assert off or told or act not in offered(now) or (act in SAYS and not note)
            continue
        if told:
            assert after is now
            assert told[0].act == act
            continue
        assert not off
        assert after.state == STEPS[act][now.state]
        assert after.version == now.version + 1
        assert after.steps[-1].note == note
        assert len(after.steps) == after.version
        now = after
        seen.append(now)
    assert [step.to for step in now.steps] == [one.state for one in seen]
    for one in seen:
        assert stood(now, one.steps[-1].at) == one
    assert stood(now, NOW - timedelta(seconds=1)) is None


@pytest.mark.parametrize("agency", AGENCIES)
def test_the_whole_way_and_nothing_after_it(agency: str) -> None:
    now = order(agency)
    for act in WHOLE_WAY:
        assert act in offered(now)
        now = take(now, act, "agency", NOW, note="done so")
    assert now.state == "reported"
    assert {refusal(now, act) for act in ACTS} == {"over"}
    assert offered(now) == ()


def test_every_question_has_an_answer_and_the_reason_says_which_way_it_is_wrong() -> None:
    for state in STATES:
        at = Order(id="", alert_id="", opened_at=NOW, agency="port", state=state, version=1, steps=order().steps)
        for act in ACTS:
            assert (refusal(at, act) == "") == (state in STEPS[act])
            assert refusal(at, act) in ("", *REFUSALS)
        assert (offered(at) == ()) == (state in OVER)
    received = take(order(), "receive", "agency", NOW)
    assert refusal(received, "receive") == "already"
    assert refusal(received, "finish") == "too_early"
    done = take(take(received, "accept", "agency", NOW), "finish", "agency", NOW)
    assert refusal(done, "cancel") == "too_late"


def test_an_order_names_an_agency_and_somebody_and_the_same_request_makes_the_same() -> None:
    with pytest.raises(OrderRefusedError, match="no_agency"):
        place("a1", NOW, "police", "officer", NOW)
    with pytest.raises(OrderRefusedError, match="nobody_named"):
        place("a1", NOW, "port", " ", NOW)
    later = NOW + timedelta(minutes=1)
    same = [place("a1", NOW, "port", "officer", at, request_key="k").id for at in (NOW, later)]
    assert same[0] == same[1] != place("a1", NOW, "port", "officer", later).id


@given(
    st.lists(st.tuples(st.sampled_from(AGENCIES), st.integers(0, 5), st.integers(0, 120)), max_size=12),
    st.sampled_from(("", *AGENCIES)), st.sampled_from(("", *VIEWS)),
)  # fmt: skip
def test_the_board_shows_each_order_asked_for_once_and_the_late_ones_first(
    made: list[tuple[str, int, int]], agency: str, view: str
) -> None:
    now, minutes = NOW + timedelta(hours=2), dict.fromkeys(AGENCIES, 5.0)
    every = []
    for n, (of, steps, at) in enumerate(made):
        begun = NOW + timedelta(minutes=at)
        one = place("a1", begun, of, "officer", begun, request_key=str(n), due_at=begun + timedelta(minutes=30))
        for act in WHOLE_WAY[:steps]:
            one = take(one, act, of, begun, note="said")
        every.append(Dispatched(order=one))
    shown = [one.order for one in arranged(every, minutes, now, agency, view)]
    wanted = [one.order for one in every if not agency or one.order.agency == agency]
    behind = [late(one, minutes, now) for one in shown]
    assert behind == sorted(behind, reverse=True)
    parts = {name: [one.order for one in arranged(every, minutes, now, agency, name)] for name in ("open", "over")}
    assert sorted(map(str, shown)) == sorted(map(str, {"": wanted, "late": [o for o in wanted if late(o, minutes, now)],
                                                       **parts}[view]))  # fmt: skip
    assert sorted(map(str, parts["open"] + parts["over"])) == sorted(map(str, wanted))
    counts = counted(every, minutes, now)
    assert sum(opened for opened, _ in counts.values()) == sum(one.order.state not in OVER for one in every)
    assert not any(late(one.order, minutes, now) for one in every if one.order.state in {*OVER, "done", "arrived"})
