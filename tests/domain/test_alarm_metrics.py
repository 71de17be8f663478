"""The alarm system measured: held against counting by hand, whatever the order, and what rules are told to do."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.alarm_load import ANNOUNCED, LINES, Step, Stood, by_tens, floods, inside, log_of, most
from domain.alarm_metrics import ALERTS, Figure, Report, judged, limits_of
from domain.alarm_metrics import report as report_of
from domain.alarm_rules import RuleLoad
from domain.alerting import Alerting

BEGIN = datetime(2026, 11, 23, tzinfo=UTC)
END = BEGIN + timedelta(days=1)


def at(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


def step(seconds: float, what: str = "opened", alert: str = "a", **more: object) -> Step:
    states = {"opened": ("", "new"), "repeated": ("new", "new"), "acknowledge": ("new", "acknowledged"),
              "closed": ("acknowledged", "closed"), "reopened": ("closed", "new")}  # fmt: skip
    before, after = states.get(what, ("new", "new"))
    told = {"from_state": before, "to_state": after, "rule": "gate_queue", "subject": alert, **more}
    return Step(alert_id=alert, at=at(seconds), what=what, **told)  # type: ignore[arg-type]


def figures(told: Report) -> dict[str, Figure]:
    return {figure.code: figure for figure in told.figures}


def report(steps: list[Step], since: datetime, until: datetime, before: Iterable[Stood] = (), **more: Any) -> Report:
    return report_of(log_of(steps, before), since, until, **more)


def rule(told: Report, name: str) -> RuleLoad:
    return next(one for one in told.rules if one.rule == name)


SECONDS = st.lists(st.integers(0, 3000), max_size=80)
STEPS = st.lists(
    st.builds(
        step, st.integers(-3000, 9000),
        st.sampled_from(("opened", "repeated", "cleared", "acknowledge", "closed", "reopened", "shelve", "unshelve",
                         "escalated", "suppressed", "unsuppressed", "error")),
        st.sampled_from("abcdef"), level=st.integers(1, 4), seq=st.integers(0, 10**9),
        rule=st.sampled_from(("gate_queue", "feed_down", "")), opened_at=st.just(BEGIN),
    ), max_size=60,
)  # fmt: skip


@given(SECONDS, st.sampled_from((60, 600, 3600)))
def test_the_most_within_a_span_is_that_of_every_second_looked_at(seconds: list[int], span: int) -> None:
    by_hand = max((sum(1 for s in seconds if t - span < s <= t) for t in range(3001)), default=0)
    assert most(map(at, seconds), timedelta(seconds=span)) == by_hand


@given(SECONDS, st.integers(1, 3))
def test_floods_are_those_of_every_second_looked_at(seconds: list[int], operators: int) -> None:
    flooded: set[int] = set()
    within = False
    for t in range(3000 + 601):
        count = sum(1 for s in seconds if t - 600 < s <= t)
        within = count >= LINES.ends * operators if within else count > LINES.begins * operators
        flooded |= {t} if within else set()
    found = floods(map(at, seconds), operators)
    assert {t for t in range(3601) if any(one.begins <= at(t) < one.ends for one in found)} == flooded
    assert inside(found, at(0), at(3601)) == timedelta(seconds=len(flooded))


@given(SECONDS, st.integers(1, 4000))
def test_every_annunciation_of_the_span_is_in_one_of_its_ten_minutes(seconds: list[int], until: int) -> None:
    starts, counts = by_tens(map(at, seconds), at(0), at(until))
    assert sum(counts) == sum(1 for s in seconds if s < until)
    assert starts[-1] < at(until) <= starts[-1] + timedelta(minutes=10)


@given(STEPS, st.randoms(use_true_random=False))
def test_a_report_is_the_same_whatever_order_the_log_comes_in(steps: list[Step], chance: random.Random) -> None:
    steps = list({(one.at, one.alert_id, one.seq): one for one in steps}.values())
    mixed = chance.sample(steps, len(steps))
    asked = (BEGIN, at(6000))
    told = report(steps, *asked)
    assert report(mixed, *asked) == told
    within = [one for one in steps if BEGIN <= one.at < at(6000)]
    said = figures(told)
    log = log_of(steps)
    assert len(log.loud) + len(log.silent) == sum(1 for one in steps if one.what in ANNOUNCED)  # none lost, none twice
    assert sum(one.announced for one in told.rules) == told.announced == sum(told.counts)
    assert said["escalated"].value == sum(1 for one in within if one.what == "escalated")
    assert said["reopened"].value == sum(1 for one in within if one.what == "reopened")
    for name in ("flood_share", "mix_low", "mix_medium", "mix_high"):
        assert said[name].value is None or 0 <= (said[name].value or 0) <= 1


def test_an_empty_log_is_quiet_and_says_what_it_cannot_say() -> None:
    told = report([], BEGIN, END)
    said = figures(told)
    assert set(limits_of(ALERTS)) <= set(said)
    assert {said[name].verdict for name in ("rate_ten", "rate_day", "peak_hour", "flood_share", "stale")} == {"ok"}
    assert {said[name].value for name in ("mix_low", "top_share", "mtta_1", "mttr_4")} == {None}
    assert told.rules == []
    assert {one.value for one in report([], BEGIN, BEGIN).figures if one.code.startswith("rate")} == {None}


@pytest.mark.parametrize(
    ("code", "value", "verdict"),
    [("rate_day", 150, "ok"), ("rate_day", 151, "over"), ("rate_day", 301, "must"), ("rate_hour", 6, "ok"),
     ("peak_minute", 2, "ok"), ("peak_minute", 3, "over"), ("peak_hour", 16, "over"), ("flood_share", 0.011, "over"),
     ("mix_low", 0.79, "over"), ("mix_low", 0.8, "ok"), ("mix_high", 0.06, "over"), ("chattering", 1, "over"),
     ("stale", 1, "over"), ("stale", 4, "over"), ("stale", 5, "must"), ("top_share", 0.2, "over"),
     ("top_share", 0.3, "must"), ("mtta_1", 31, "over"), ("mtta_2", 31, ""), ("shelved", 9, "")],
)  # fmt: skip
def test_limits_are_those_of_the_field(code: str, value: float, verdict: str) -> None:
    assert judged(Figure(code=code, value=float(value)), limits_of(ALERTS)).verdict == verdict


def test_the_load_is_shared_by_the_positions_manned() -> None:
    steps = [step(100 * i, alert=f"a{i}", level=4) for i in range(300)]
    alone, two = (figures(report(steps, BEGIN, END, alerts=Alerting(operators=n))) for n in (1, 2))
    assert (alone["rate_day"].value, two["rate_day"].value) == (300, 150)
    assert (alone["rate_day"].verdict, two["rate_day"].verdict) == ("over", "ok")
    assert alone["top_share"].value == pytest.approx(10 / 300)


def test_a_span_that_begins_in_a_flood_is_flooded_from_its_beginning() -> None:
    steps = [step(-30 * i, alert=f"a{i}") for i in range(1, 13)]
    told = report(steps, BEGIN, END)
    assert told.announced == 0
    assert figures(told)["flood_share"].n == 1
    assert told.floods[0].begins < BEGIN < told.floods[0].ends


def test_what_is_hidden_is_heard_by_nobody_but_red_always_is() -> None:
    hidden = [Stood(alert_id=name, rule="gate_queue", level=3, since=BEGIN, hidden="shelved") for name in "ab"]
    steps = [
        step(10, "repeated", "a", level=3), step(20, "repeated", "b", level=1),
        step(30, "shelve_ended", "a", to_state="handling"), step(40, "repeated", "a", level=3),
        step(50, "suppressed", "c"), step(60, "repeated", "c", level=4),
        step(61, "unsuppressed", "c", to_state="handling"),
    ]  # fmt: skip
    told = report(steps, BEGIN, END, before=hidden, standing=hidden[:1])
    assert (told.announced, figures(told)["unheard"].value) == (2, 2)
    assert (figures(told)["suppressed"].value, figures(told)["shelved"].n) == (1, 1)


def test_what_is_hidden_at_its_birth_is_no_load_until_it_is_shown_unseen() -> None:
    born = [step(10, "opened", name, level=3, seq=1) for name in "abcd"]
    born += [step(10, "suppressed", name, level=3, seq=2) for name in "abc"]
    shown = [step(900, "unsuppressed", name, level=3) for name in "ab"]
    seen = [step(60, "acknowledge", "b", level=3), step(60, "level_raised", "c", level=1)]
    for steps, heard, unheard in ((born, 1, 3), (born + shown, 3, 1), (born + seen + shown, 3, 1)):
        told = report(steps, BEGIN, END)
        assert (told.announced, figures(told)["unheard"].value) == (heard, unheard)
    assert report(born + shown, BEGIN, at(600)).announced == 1


@given(STEPS, st.sets(st.sampled_from("abcdef")))
def test_hiding_alerts_from_the_beginning_leaves_the_load_of_the_others_and_red(
    steps: list[Step], hidden: set[str]
) -> None:
    """Suppressed in the moment they open, never shown again: as if only the others and red had been announced."""
    plain = [one for one in steps if one.what not in ("shelve", "unshelve", "suppressed", "unsuppressed")]
    plain = list({(one.at, one.alert_id, one.seq): one for one in plain}.values())
    first = {name: min((one.at for one in plain if one.alert_id == name), default=BEGIN) for name in hidden}
    hides = [replace(step(0, "suppressed", name, seq=10**9 + 1), at=first[name]) for name in hidden]
    log, asks = log_of(plain + hides), [one for one in plain if one.what in ANNOUNCED]
    heard = [one for one in log.loud if one.what in ANNOUNCED]
    assert sorted(map(_place, heard)) == sorted(
        _place(one) for one in asks if one.alert_id not in hidden or one.level == 1
    )
    assert len(log.loud) + len(log.silent) == len(asks)


def _place(one: Step) -> tuple[datetime, str, int]:
    return one.at, one.alert_id, one.seq


def test_time_to_answer_and_to_end_are_measured_by_level() -> None:
    steps = [
        step(0, "opened", "a", level=1), step(20, "acknowledge", "a", level=1, who="li"),
        step(300, "closed", "a", level=1, opened_at=at(0)),
        step(1000, "reopened", "a", level=1), step(1060, "acknowledge", "a", level=1, who="li"),
        step(50, "opened", "b", level=3), step(60, "closed", "b", level=3, from_state="new", opened_at=at(50)),
        step(-4000, "opened", "c", level=2), step(8, "acknowledge", "c", level=2, opened_at=at(-4000)),
    ]  # fmt: skip
    said = figures(report(steps, BEGIN, END))
    assert (said["mtta_1"].value, said["mtta_1"].n, said["mtta_1"].verdict) == (40, 2, "over")
    assert (said["mtta_3"].value, said["mttr_3"].value, said["mttr_1"].value) == (None, 10, 300)
    assert said["mtta_2"].value == 4008  # from before anything that is looked at


def test_chattering_fleeting_and_stale() -> None:
    chatter = [step(5 * i, "opened" if i % 2 == 0 else "cleared", "loose") for i in range(6)]
    slow = [step(90 * i, "opened" if i % 2 == 0 else "cleared", "slow") for i in range(20, 40)]
    gone = [step(5000, "opened", "gone"), step(5010, "cleared", "gone")]
    old = Stood(alert_id="old", rule="feed_down", level=2, since=BEGIN - timedelta(hours=1))
    others = [Stood(alert_id=f"o{i}", rule="feed_down", level=2, since=BEGIN - timedelta(hours=1), **more)
              for i, more in enumerate(({"firing": False}, {"hidden": "out"}))]  # type: ignore[arg-type]  # fmt: skip
    told = report([*chatter, *slow, *gone], BEGIN, END, standing=[old, *others])
    said = figures(told)
    assert (said["chattering"].value, said["fleeting"].value, said["stale"].value) == (1, 1, 1)
    assert rule(told, "gate_queue").advice[0].code == "raise_dead_band"
    assert [one.code for one in rule(told, "feed_down").advice] == ["rationalize"]


def test_worst_rules_come_first_and_are_told_what_to_do() -> None:
    loose = [step(700 * i, alert="G2", rule="gate_queue") for i in range(30)] + [step(9, alert="G1", rule="gate_queue")]
    burst = [step(40_000 + i, alert=f"f{i}", rule="feed_down", level=2) for i in range(20)]
    unanswered = [
        step(50_000 + 900 * i, what, f"w{i}", rule="wind", from_state="new", opened_at=at(0), to_state=to)
        for i in range(6) for what, to in (("opened", "new"), ("closed", "closed"))
    ]  # fmt: skip
    broken = [step(100, "error", "x", rule="vgm")]
    told = report([*loose, *burst, *unanswered, *broken], BEGIN, END)
    assert [one.rule for one in told.rules] == ["gate_queue", "feed_down", "wind", "vgm"]
    advice = {one.rule: {a.code: a.n for a in one.advice} for one in told.rules}
    assert advice["gate_queue"] == {"fix_subject": 97, "raise_limit": 54}
    assert rule(told, "gate_queue").worst_subject == "G2"
    assert advice["feed_down"] == {"group": 20, "raise_limit": 35}
    assert advice["wind"] == {"no_alarm": 100}
    assert advice["vgm"] == {"fix_source": 1}
