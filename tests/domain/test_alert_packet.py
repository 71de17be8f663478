"""What belongs to an alert, and what may be done with it: never another thing than what would be done."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.alert import Asked, IllegalStepError, act
from domain.alert_packet import MOST, refusals, related, thinned
from domain.alert_pictures import CONDITIONS, HANDLING
from domain.alert_steps import ACTS, KINDS
from domain.alerting import Alerting
from pages._alert_sample import row

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


@given(
    st.sampled_from(ACTS), st.sampled_from(HANDLING), st.sampled_from(CONDITIONS), st.sampled_from(KINDS),
    st.integers(1, 4), st.booleans(), st.booleans(), st.sampled_from(("", "me", "other")),
    st.sampled_from(("", "me", "other")), st.sampled_from(((), (1,), (1, 2))),
)  # fmt: skip
def test_what_is_offered_is_what_would_be_done(
    name: str, state: str, condition: str, kind: str, level: int, shelved: bool, out: bool, confirmed: str,
    assignee: str, two: tuple[int, ...],
) -> None:  # fmt: skip
    here = row(
        NOW, state=state, condition=condition, kind=kind, level=level, shelved_until=NOW if shelved else None,
        out_of_service="broken" if out else "", confirmed_by=confirmed, assignee=assignee,
    )  # fmt: skip
    policy, refused = Alerting(two_person_levels=two), ""
    try:
        act(here, Asked(act=name, note="said", to="somebody", minutes=30, n=2), "me", NOW, policy)
    except IllegalStepError as error:
        refused = error.reason
    assert refusals(here, "me", policy).get(name, "") == refused


def test_related_alerts_say_what_they_have_in_common_and_the_closest_come_first() -> None:
    here = row(NOW)
    hour = timedelta(hours=1)
    others = [
        row(NOW, key="a", rule="wind", opened_at=NOW - 9 * hour),  # the subject only
        row(NOW, key="b", rule="wind", subject="gs2", opened_at=here.opened_at + hour / 2),  # the place only
        row(NOW, key="c", subject="gs2", lon=None, opened_at=here.opened_at + hour / 2),  # the cause only
        row(NOW, key="d", rule="wind", subject="gs2", lon=120.3, opened_at=here.opened_at),  # nothing
        row(NOW, key="e", rule="wind", subject="gs2", opened_at=here.opened_at - 2 * hour),  # too long ago
        row(NOW, key="f", opened_at=here.opened_at - hour / 3),
    ]  # fmt: skip
    found = related(here, [here, *others])
    assert [one.row.key for one in found] == ["f", "b", "c", "a"]
    assert [one.why for one in found] == [("subject", "place", "cause"), ("place",), ("cause",), ("subject",)]
    assert len(related(here, [row(NOW, key=str(n)) for n in range(50)])) == MOST


@given(st.integers(0, 5000))
def test_a_course_is_thinned_and_keeps_its_ends(n: int) -> None:
    times = [NOW + timedelta(seconds=i) for i in range(n)]
    kept, values = thinned(times, [float(i) for i in range(n)])
    assert len(kept) == len(values) <= 601
    assert (kept[:1], kept[-1:]) == (times[:1], times[-1:])
