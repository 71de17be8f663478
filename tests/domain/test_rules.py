"""The rules: each fires on its case, and stays quiet beside it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from components.format import sentence
from domain import rules
from domain.pictures import (
    BlockRow,
    FeedRow,
    FeedState,
    GateRow,
    GatesPicture,
    QueuePicture,
    QueueRow,
    YardPicture,
)
from domain.records import CheckResult, DoorEvent, InspectionStep, Node, VehiclePosition
from domain.rule_instances import default
from domain.rules import all_rules, is_event, rule_of
from domain.rules.base import Facts, Rule, Silent, SubjectError
from domain.rules.watching import Watching
from domain.sailing_pictures import SailingRow, SailingsPicture, WarningRow, WarningsPicture
from tests.domain.rule_timeline import found, instance, play
from tests.domain.samples import NOW, good

RULES = {rule.name: rule for rule in all_rules()}
FIGURES = {"queue_jump": {"params": {"places": 2}}}


def findings(name, **facts):
    return found(name, facts, **FIGURES.get(name, {}))


def summary(found):
    return [(finding.subject, finding.level) for finding in found]


def test_every_rule_is_found_under_its_own_name():
    files = Path(rules.__file__).parent.glob("*.py")
    assert set(RULES) == {file.stem for file in files if "\nRULE = " in file.read_text("utf-8")}
    assert len(RULES) >= 13
    assert {rule.kind for rule in RULES.values()} == {"event", "condition"}
    assert is_event("door_opened")
    assert not is_event("gate_queue")
    assert is_event("a_rule_that_is_gone")
    assert rule_of("gate_queue_at_night") is RULES["gate_queue"]
    assert rule_of("gate_queues") is None


def test_how_old_what_a_rule_looks_at_may_be_is_said_of_every_rule():
    told = Path(rules.__file__).parents[2] / "docs" / "rules.md"
    table = told.read_text("utf-8").partition("## When rules look")[2].partition("##")[0]
    assert [name for name in RULES if f"`{name}`" not in table] == []


@pytest.mark.parametrize("name", sorted(RULES))
def test_no_facts_no_findings(name):
    assert findings(name) == []


@pytest.mark.parametrize(
    ("result", "level", "word"),
    [
        ("container_mismatch", 2, "check.container_mismatch"),
        ("seal_mismatch", 2, "check.seal_mismatch"),
        ("seal_missing", 3, "check.seal_missing"),
        ("other:箱体破损", 3, "check.other"),
    ],
)
def test_checks_that_did_not_agree(result, level, word):
    check = replace(good(CheckResult), result=result)
    (found,) = findings("co_inspection_mismatch", new={CheckResult: [check]})
    assert (found.subject, found.level, found.params["result_key"]) == (check.container_no, level, word)
    assert found.params["word"] == result.removeprefix("other:") * (word == "check.other")
    assert (found.event_time, found.feed, found.origin) == (check.event_time, "test", "live")


def test_a_check_without_container_stands_for_its_declaration():
    check = replace(good(CheckResult), container_no="")
    (found,) = findings("co_inspection_mismatch", new={CheckResult: [check]})
    assert (found.subject_kind, found.subject) == ("declaration", check.declaration_no)


def test_an_opened_door_is_red_and_on_the_map():
    event = good(DoorEvent)
    (found,) = findings("door_opened", new={DoorEvent: [event]})
    assert (found.subject, found.level, found.lon, found.lat) == (event.container_no, 1, 120.2, 36.0)


def driven(ago, metres):
    fix = replace(good(VehiclePosition), event_time=NOW + timedelta(seconds=ago), off_route_metres=metres)
    return (ago, {"vehicles": {fix.vehicle_id: fix}})


def test_a_vehicle_off_its_route_for_two_fixes_in_a_row_or_half_a_minute():
    plate = "鲁B12345"
    twice = [driven(0, 300.0), driven(10, 100.0), driven(15, 300.0), driven(25, 250.0)]
    assert play("route_deviation", twice) == [(0, "pending", plate), (10, "dropped", plate), (15, "pending", plate),
                                              (25, "level 2", plate)]  # fmt: skip
    silent = play("route_deviation", [driven(0, 300.0)], until=2000)
    assert silent == [(0, "pending", plate), (30, "level 2", plate), (1861, "clear", plate)]
    assert play("route_deviation", [driven(0, None), driven(9, 200.0)], until=60) == []


def yard(*occupancies, port=0.5):
    rows = [
        BlockRow(
            key=f"B{n}",
            name="",
            terminal="T",
            kind="standard",
            capacity_teu=100,
            boxes=1,
            teu=100 * (value or 0),
            occupancy=value,
        )
        for n, value in enumerate(occupancies)
    ]
    return YardPicture(rows=rows, occupancy=port, teu=50, capacity_teu=100, origins=["simulated"], feeds=["yard"])


def test_backlog_of_blocks_and_of_the_port():
    found = findings("yard_backlog", yard=yard(0.84, 0.85, 1.01, None, port=0.9))
    assert summary(found) == [("B1", 3), ("B2", 2), ("port", 2)]
    assert found[0].params["percent"] == 85
    assert (found[0].origin, found[0].feed) == ("simulated", "yard")


def test_the_dead_band_of_the_backlog():
    firing = frozenset({"yard_backlog:B0", "yard_backlog:port"})
    assert summary(findings("yard_backlog", yard=yard(0.80, port=0.81), firing=firing)) == [("B0", 3), ("port", 2)]
    assert findings("yard_backlog", yard=yard(0.79, port=0.79), firing=firing) == []
    assert findings("yard_backlog", yard=yard(0.84, port=0.84)) == []


def gates(minutes):
    row = GateRow(key="G1", name="一号闸", trucks_waiting=9, wait_minutes=minutes, limit_minutes=30.0, lanes_open=2)
    return GatesPicture(rows=[row])


def test_gate_queue_with_its_dead_band():
    assert findings("gate_queue", gates=gates(30.0)) == []
    assert summary(findings("gate_queue", gates=gates(30.5))) == [("G1", 3)]
    assert summary(findings("gate_queue", gates=gates(61.0))) == [("G1", 2)]
    firing = frozenset({"gate_queue:G1"})
    assert summary(findings("gate_queue", gates=gates(24.5), firing=firing)) == [("G1", 3)]
    assert findings("gate_queue", gates=gates(24.0), firing=firing) == []


def waiting(number, rank=1, platform="北1", **more):
    fields = {
        "bill_of_lading": "",
        "area": "north",
        "direction": "import",
        "enterprise_class": "general",
        "fresh": False,
        "mode": "manual",
        "country": "",
        "entry_state": "",
        "origin": "live",
        "limit_minutes": 240.0,
    }
    return QueueRow(**{**fields, "key": number, "rank": rank, "platform": platform, **more})


def queue(*rows):
    return QueuePicture(rows=list(rows))


def test_overdue_declarations_give_one_alert_per_platform():
    rows = [
        waiting("1", waited_minutes=241.0),
        waiting("2", waited_minutes=481.0),
        waiting("3", waited_minutes=240.0),
        waiting("4", waited_minutes=None),
        waiting("5", waited_minutes=300.0, platform="南1"),
    ]
    found = findings("overdue_confirmation", queue=queue(*rows))
    assert summary(found) == [("北1", 2), ("南1", 3)]
    assert found[0].params | {"platform": ""} == {
        "platform": "",
        "count": 2,
        "declaration_no": "2",
        "hours": 8.0,
        "limit_hours": 4.0,
    }
    assert found[1].event_time == NOW - timedelta(minutes=60)


def confirm(*numbers):
    step = good(InspectionStep)
    return {InspectionStep: [replace(step, declaration_no=number, node=Node.CONFIRMED) for number in numbers]}


def test_a_confirmation_past_others_is_a_queue_jump():
    rows = [waiting(str(n), rank=n) for n in range(1, 6)] + [waiting("9", rank=1, platform="南1")]
    before, after = queue(*rows), queue(*(row for row in rows if row.key != "4"))
    (found,) = findings("queue_jump", queue=after, queue_before=before, new=confirm("4"))
    assert (found.subject, found.level) == ("4", 2)
    assert (found.params["count"], found.params["passed_first"], found.params["rank"]) == (3, "1", 4)


def test_confirmations_in_turn_are_no_queue_jump():
    rows = [waiting(str(n), rank=n) for n in range(1, 6)]
    before = queue(*rows)
    together = queue(*rows[3:])
    assert findings("queue_jump", queue=together, queue_before=before, new=confirm("3", "1", "2")) == []
    assert findings("queue_jump", queue=before, queue_before=before, new=confirm("3", "1", "2")) == []
    newcomer = queue(waiting("0", rank=1), waiting("00", rank=2), *rows[1:])
    assert findings("queue_jump", queue=newcomer, queue_before=before, new=confirm("1")) == []
    one_passed = queue(rows[0], *rows[2:])
    assert findings("queue_jump", queue=one_passed, queue_before=before, new=confirm("2")) == []
    assert findings("queue_jump", queue=together, queue_before=before, new=confirm("unknown")) == []


def test_only_confirmation_can_jump_the_queue():
    rows = [waiting(str(n), rank=n) for n in range(1, 6)]
    step = replace(good(InspectionStep), declaration_no="5", node=Node.TRANSFERRED)
    assert findings("queue_jump", queue=queue(*rows), queue_before=queue(*rows), new={InspectionStep: [step]}) == []


def feed(state, **more):
    return FeedRow(
        key="ais",
        title="船舶",
        adapter="nmea_ais",
        origin="live",
        state=state,
        every_seconds=1,
        expected_seconds=10,
        **more,
    )


@pytest.mark.parametrize(
    ("state", "level"), [(state, {FeedState.DOWN: 2, FeedState.LATE: 3}.get(state)) for state in FeedState]
)
def test_feeds_that_do_not_deliver(state, level):
    found = findings("feed_down", feeds=[feed(state, message_code="timeout")])
    assert summary(found) == ([("ais", level)] if level else [])
    if level:
        assert found[0].params["cause_key"] == "feed.error.timeout"


def test_a_feed_whose_source_changed_but_not_one_that_set_rows_aside():
    gone = feed(FeedState.DEGRADED, message_code="missing_column", message="list: no lat; there are lon, latitude")
    found = findings("feed_degraded", feeds=[gone])
    assert summary(found) == [("ais", 4)]
    said = {lang: sentence(lang, "alert.feed_degraded.text", found[0].params) for lang in ("zh_CN", "en")}
    assert said["en"] == "船舶: Column missing: list: no lat; there are lon, latitude"
    assert "no lat" in said["zh_CN"]
    for state, code in [(FeedState.DEGRADED, "rows_quarantined"), (FeedState.DEGRADED, ""), (FeedState.DOWN, "x")]:
        assert findings("feed_degraded", feeds=[feed(state, message_code=code, message="a.csv:7")]) == []


def sailing(number, hours, state="at_risk", vessel="EVER", **more):
    """An export that closes in so many hours."""
    due = None if hours is None else NOW + timedelta(hours=hours)
    known = {"bill_of_lading": "", "platform": "P1", "area": "north", "stage": "confirmed", **more}
    return SailingRow(key=number, vessel_name=vessel, deadline=due, state=state, **known)


def sailing_summary(*rows):
    return summary(findings("sailing_at_risk", sailings=SailingsPicture(rows=list(rows))))


def test_exports_that_may_miss_their_ship_call_once_for_each_vessel():
    rows = [
        sailing("1", 9.0), sailing("2", 20.0), sailing("3", 3.0, vessel="NEAR"), sailing("4", 9.0, "safe", "SAFE"),
        sailing("5", 9.0, "will_miss", "LOST"), sailing("6", 24.1, vessel="LATER"), sailing("7", None, vessel="NONE"),
        sailing("8", -1.0, "missed", "GONE"),
    ]  # fmt: skip
    assert sailing_summary(*rows) == [("EVER", 3), ("NEAR", 2), ("LOST", 2)]
    assert findings("sailing_at_risk", sailings=SailingsPicture(rows=rows))[0].params["count"] == 2


def test_without_history_what_still_waits_for_confirmation_counts_by_the_hours_left():
    unjudged = [
        sailing("1", 5.0, "unknown", "QUEUED", stage="appointed"), sailing("2", 5.0, "unknown", "FURTHER"),
        sailing("3", 7.0, "unknown", "LATER", stage="appointed"),
        sailing("4", 2.0, "unknown", "URGENT", stage=""),
    ]  # fmt: skip
    assert sailing_summary(*unjudged) == [("QUEUED", 3), ("URGENT", 2)]


OF_LIST = {
    "overdue_appointment": "unappointed", "rejected_not_rebooked": "rejected", "suspended_too_long": "suspended",
}  # fmt: skip


@pytest.mark.parametrize("rule", OF_LIST)
def test_what_stands_still_for_too_long_calls_once_for_each_platform(rule):
    def row(number, hours, platform="P1", kind=OF_LIST[rule]):
        return WarningRow(key=f"{kind}:{number}", kind=kind, declaration_no=number, platform=platform,
                          since=NOW - timedelta(hours=hours), hours=hours, limit_hours=24.0)  # fmt: skip

    rows = [row("1", 25.0), row("2", 30.0), row("3", 49.0, "P2"), row("4", 26.0, ""), row("5", 90.0, kind="check")]
    found = findings(rule, warnings=WarningsPicture(rows=rows))
    assert summary(found) == [("P1", 3), ("P2", 2), ("—", 3)]
    assert found[0].params == {
        "platform": "P1", "count": 2, "declaration_no": "2", "hours": 30.0, "limit_hours": 24.0,
    }  # fmt: skip
    assert found[0].event_time == NOW - timedelta(hours=6)  # when the limit was passed
    for lang in ("zh_CN", "en"):
        assert "30" in sentence(lang, f"alert.{rule}.text", found[0].params)


def test_an_overdue_hold_calls_until_it_is_lifted_and_not_before_its_limit():
    def rows(*hours):
        kind = "suspended"
        return {"warnings": WarningsPicture(rows=[
            WarningRow(key=kind, kind=kind, declaration_no="1", platform="P1", since=NOW, hours=hour, limit_hours=24.0)
            for hour in hours
        ])}  # fmt: skip

    # Below the limit it stands in no list; then overdue, twice the limit, lifted, and gone for long enough.
    table = [(0, rows()), (60, rows(24.1)), (120, rows(48.1)), (180, rows())]
    steps = play("suspended_too_long", table, until=300)
    assert steps == [(60, "level 3", "P1"), (120, "level 2", "P1"), (240, "clear", "P1")]
    patient = play("suspended_too_long", table, until=300, params={"hours": 48})
    assert patient == [(120, "level 3", "P1"), (240, "clear", "P1")]


def test_a_rule_that_throws_says_so_and_clears_nothing():
    faulty = [True]

    def broken(facts, instance):
        if faulty:
            raise ZeroDivisionError("no lanes")
        return []

    rule = Rule(name="bad", kind="condition", evaluate=broken)
    watching = Watching(rule, default(rule, {}))
    judged = watching.look(Facts(now=NOW))
    assert (judged.state, judged.detail, judged.findings) == ("error", "ZeroDivisionError: no lanes", [])
    faulty.clear()
    assert watching.look(Facts(now=NOW)).state == "ok"


def test_one_subject_that_cannot_be_judged_stops_no_other():
    broken = gates(float("nan"))
    broken.rows.append(replace(gates(45.0).rows[0], key="G2"))
    said = RULES["gate_queue"].found(Facts(now=NOW, gates=broken), instance("gate_queue"))
    assert [type(one) is SubjectError for one in said] == [True, False]
    watching = Watching(RULES["gate_queue"], instance("gate_queue"))
    judged = watching.look(Facts(now=NOW, gates=broken))
    assert (judged.state, judged.unjudged) == ("ok", {"G1"})
    assert [one.subject for one in judged.findings] == ["G2"]
    assert "wait_minutes is nan" in judged.detail


def test_a_rule_that_cannot_judge_is_told_of_after_a_minute():
    silent = {"gate_queue": Silent("gate_queue", "error", "KeyError: 'lanes'")}
    steps = play("rule_unjudged", [(0, {"silent": silent}), (90, {"silent": {}})], until=130)
    assert steps == [(0, "pending", "gate_queue"), (60, "level 3", "gate_queue"), (120, "clear", "gate_queue")]
    (said,) = findings("rule_unjudged", silent=silent)
    assert sentence("en", "alert.rule_unjudged.text", said.params) == "Gate queue: in error: KeyError: 'lanes'"


def test_what_stands_still_is_no_data_and_not_all_clear():
    fresh = replace(gates(45.0), as_of=NOW, expected_seconds=15.0)
    table = [(0, {}), (5, {"gates": fresh})]
    steps = play("gate_queue", table, until=60)
    assert steps == [(0, "no_data", "gates"), (5, "ok", ""), (5, "level 3", "G1"),
                     (46, "no_data", "gates stands still")]  # fmt: skip
    cleared = play("gate_queue", table, until=300, no_data="clear")
    assert cleared == [(5, "level 3", "G1"), (166, "clear", "G1")]
