"""When a rule looks: at the moment it asked for, at what changed, and at everything once all is known."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from domain.integrity_signs import Signs
from domain.pictures import ForecastsPicture, GatesPicture, KpisPicture, QueuePicture, YardPicture
from domain.records import VehiclePosition
from domain.rule_instances import default
from domain.rules import all_rules
from domain.rules.base import Facts, Rule
from domain.rules.watching import Watching
from domain.sailing_pictures import SailingsPicture, WarningsPicture
from tests.domain.rule_timeline import LIMITS
from tests.domain.samples import NOW, good


def test_a_judge_looks_again_when_its_moment_comes_and_at_what_changed():
    looked = []

    def judge(fix, facts, instance):
        looked.append(fix.vehicle_id)
        due = fix.event_time + timedelta(seconds=10)
        return due if facts.now < due else None

    rule = Rule(name="late", kind="condition", judge=judge, over="vehicles")
    watching = Watching(rule, default(rule, {}))
    fixes = {name: replace(good(VehiclePosition), vehicle_id=name) for name in "ab"}
    for seconds, changed in [(0, ()), (1, ("b",)), (2, ()), (10, ()), (20, ("gone",))]:
        watching.look(Facts(now=NOW + timedelta(seconds=seconds), vehicles=fixes), changed)
        watching.keep()
    assert looked == ["a", "b", "b", *looked[3:]]
    assert sorted(looked[3:]) == ["a", "b"]


def test_every_rule_can_judge_when_all_is_known():
    facts = Facts(now=NOW, yard=YardPicture(), queue=QueuePicture(), gates=GatesPicture(),
                  sailings=SailingsPicture(), warnings=WarningsPicture(), forecasts=ForecastsPicture(),
                  kpis=KpisPicture(), integrity=Signs())  # fmt: skip
    for rule in all_rules():
        judged = Watching(rule, default(rule, LIMITS)).look(facts)
        if rule.needs or not rule.over:
            assert (judged.state, judged.findings, judged.pending) == ("ok", [], []), rule.name
