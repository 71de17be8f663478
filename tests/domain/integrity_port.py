"""A small port whose confirmations keep the published order, but where a test has them break it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np

from domain.cycles import Cycles
from domain.integrity import Case, History, Report, Said
from domain.integrity_report import report_of
from domain.queue_order import key
from domain.records import Direction, EnterpriseClass

MINUTELY = Cycles(1.0)
START = datetime(2026, 9, 1, 1, 0, tzinfo=UTC)  # 09:00 at the port
CYCLE, CYCLES, EACH = 1_200, 24, 2  # a platform confirms the best two every twenty minutes
CLASSES = tuple(EnterpriseClass)
Pick = Callable[[np.random.Generator, Sequence[Case]], Case | None]


class Made(msgspec.Struct):
    """What was made, and what was made to be found."""

    cases: list[Case]
    jumped: set[str]
    end: datetime

    def report(self, days: int = 60, **changes: object) -> Report:
        cases = [msgspec.structs.replace(case, **changes) for case in self.cases]
        return report_of(History(cases=cases), self.end, days, 60, MINUTELY)


def made(seed: int, days: int = 20, platforms: int = 2, agents: int = 30, jump: Pick | None = None) -> Made:
    """Days of declarations, each platform's confirmed in its fair order.

    Args:
        seed: of all chance.
        days: of them.
        platforms: how many.
        agents: how many, some with far more to do than others.
        jump: picks, once a day and platform, of those that wait one that is confirmed out of turn; None: nobody is.
    """
    rng = np.random.default_rng(seed)
    found: list[Case] = []
    jumped: set[str] = set()
    for day in range(days):
        start = (START + timedelta(days=day)).timestamp()
        for platform in range(platforms):
            todays = [_case(rng, day, platform, number, start, agents) for number in range(EACH * CYCLES - 4)]
            waiting, out_of_turn = todays, int(rng.integers(5, CYCLES - 6))
            for cycle in range(1, CYCLES + 40):
                at = start + cycle * CYCLE
                here = sorted((case for case in waiting if _since(case) <= at - 60), key=_key)
                served = here[:EACH]
                if jump is not None and cycle >= out_of_turn and len(here) > EACH + 6:
                    one = jump(rng, here[EACH:])
                    if one is not None:
                        served, out_of_turn = [*served, one], CYCLES * 9
                        jumped.add(one.declaration_no)
                found += [_served(rng, case, at) for case in served]
                done = {case.declaration_no for case in served}
                waiting = [case for case in waiting if case.declaration_no not in done]
    return Made(found, jumped, START + timedelta(days=days))


def _since(case: Case) -> float:
    return case.nodes[0] or 0.0


def _key(case: Case) -> object:
    return key(case.said[0].waiting(case.declaration_no, datetime.fromtimestamp(_since(case), UTC)))


def _case(rng: np.random.Generator, day: int, platform: int, number: int, start: float, agents: int) -> Case:
    appointed = start + float(rng.integers(0, CYCLES * CYCLE * 6 // 10))
    export, sails = bool(rng.random() < 0.6), appointed + float(rng.integers(1, 6)) * 43_200
    said = Said(
        since=appointed, platform=f"P{platform}", direction=Direction.EXPORT if export else Direction.IMPORT,
        enterprise_class=CLASSES[int(rng.choice(4, p=(0.12, 0.2, 0.62, 0.06)))], fresh=bool(rng.random() < 0.05),
        vessel_departure_at=datetime.fromtimestamp(sails, UTC) if export else None,
        applied_at=datetime.fromtimestamp(appointed - 1_800, UTC),
    )  # fmt: skip
    return Case(
        declaration_no=f"{day:03d}{platform}{number:04d}", nodes=(appointed, *(None,) * 6), area="north",
        platform=said.platform, agent=f"A{int(rng.random() ** 2 * agents):03d}", said=(said,),
        mode="machine" if rng.random() < 0.4 else "manual",
    )  # fmt: skip


def _served(rng: np.random.Generator, case: Case, at: float) -> Case:
    steps = np.cumsum(rng.gamma(2.0, 1_800, 5)) + at
    officer = f"O{int(rng.integers(6))}"
    return msgspec.structs.replace(case, nodes=(case.nodes[0], at, *map(float, steps)), left_queue=at, officer=officer)
