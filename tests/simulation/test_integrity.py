"""The integrity watch over the simulated port: the pair and the jumps that were written into it rank first."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from datasources.simulation import identity
from datasources.simulation.chance import local_day
from datasources.simulation.inspection_facts import REASONS
from datasources.simulation.world import Scale, World
from domain.cycles import Cycles
from domain.integrity import Case, History, Said
from domain.integrity_pairs import pairs_of
from domain.integrity_report import report_of
from domain.records import Direction
from tests.simulation.port import GEO

FAVOURED = datetime(2026, 12, 14, 2, 0, tzinfo=UTC)  # behind weeks in which one officer has one agent's
FAIR = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)  # behind weeks in which nobody has


def history(world: World, end: datetime, days: int) -> tuple[list[Case], set[str], set[str]]:
    """Declarations as the platform will have told them in the end; those made to jump, without and with a reason."""
    cases: list[Case] = []
    jumped: tuple[set[str], set[str]] = (set(), set())
    for day in range(local_day(end.timestamp()) - days, local_day(end.timestamp()) - 2):
        tasks, facts = world.tasks(day), world.facts(day)
        sails = world.timetable.departures(tasks.call[tasks.call >= 0])
        for place, number in enumerate(tasks.declaration):
            platform = world.geography.platforms[int(tasks.platform[place])]
            nodes = tuple(float(at[place]) for at in (
                tasks.appointed, tasks.confirmed, tasks.transferred, tasks.assigned, tasks.inspected, tasks.billed,
                tasks.departed))  # fmt: skip
            if tasks.jumps[place]:
                jumped[int(tasks.jumps[place]) - 1].add(number)
            left = sails.get(int(tasks.call[place]))
            said = Said(
                since=nodes[0], platform=platform.name, enterprise_class=tasks.enterprise_class(place),
                direction=Direction.IMPORT if tasks.call[place] < 0 else Direction.EXPORT,
                fresh=bool(tasks.fresh[place]), applied_at=datetime.fromtimestamp(float(tasks.applied[place]), UTC),
                vessel_departure_at=None if left is None else datetime.fromtimestamp(float(left), UTC),
            )  # fmt: skip
            cases.append(Case(
                declaration_no=number, nodes=nodes, left_queue=nodes[1], officer=facts.officer[place],
                agent=identity.agent(int(tasks.agent[place]) + 1), area=platform.area, platform=platform.name,
                reason=REASONS[int(facts.reason[place])] if facts.reason[place] >= 0 else "", said=(said,),
            ))  # fmt: skip
    return cases, *jumped


def test_what_was_written_into_the_history_is_found_and_nothing_else() -> None:
    cases, jumped, reasoned = history(World(Scale(82, 400, 50, GEO)), FAVOURED, 32)
    report = report_of(History(cases=cases), FAVOURED, 30, 30, Cycles())
    assert [(one.agent, one.officer) for one in report.pairs.rows if one.found] == [(identity.agent(6), "N08")]
    assert [one.name for facet in report.facets.values() for one in facet.cells if one.found] == []  # it was by chance
    unexplained = [one.declaration_no for one in report.jumps if not one.reason]
    assert set(unexplained[:3]) <= jumped, "the greatest of them are those that were made"
    assert len(jumped & set(unexplained)) >= 0.7 * len(jumped), "a few stood near the front and passed hardly anybody"
    assert not reasoned & set(unexplained)
    assert {one.declaration_no for one in report.jumps if one.reason} <= reasoned


def test_weeks_in_which_officers_are_dealt_by_chance_show_no_pair_but_for_the_stated_share() -> None:
    found = 0
    for seed in (82, 7, 2031, 100):
        cases, _, _ = history(World(Scale(seed, 400, 50, GEO)), FAIR, 21)
        pairs = pairs_of(cases, 0.0, FAIR.timestamp(), ZoneInfo("Asia/Shanghai"))
        assert pairs.tested > 500
        found += any(one.found for one in pairs.rows)
    assert found <= 1, "one history in twenty may show one"
