"""The integrity watch: what it looks at, and what it says (seed 000: 防范浑水摸鱼、挑人查验、久拖不决).

It accuses nobody. It ranks what deserves a look, says how sure it is and what chance alone would give. How the
figures are made stands in ``docs/integrity.md``; the arithmetic is in the ``integrity_*`` files beside this one.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from domain.queue_order import Waiting
from domain.records import Direction, EnterpriseClass

SPANS = (7, 30, 60)
"""Days that can be looked at."""
FDR = 0.05
"""Of what is called beyond chance, at most this share is expected to be chance after all (Benjamini-Hochberg)."""
LISTED = 100
"""Rows of each list; how many there are is said beside it."""
SHOWN = 12
"""Declarations named behind one row."""


class Said(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What was told of a declaration from one moment (epoch seconds) until the next word; times aware UTC."""

    since: float
    platform: str = ""
    direction: Direction | None = None
    enterprise_class: EnterpriseClass = EnterpriseClass.UNKNOWN
    fresh: bool = False
    vessel_departure_at: datetime | None = None
    applied_at: datetime | None = None
    appointed_for: datetime | None = None
    hold: str = ""

    def waiting(self, declaration_no: str, appointed_at: datetime | None) -> Waiting:
        """What the fair order may look at."""
        return Waiting(
            declaration_no=declaration_no, platform=self.platform, direction=self.direction,
            enterprise_class=self.enterprise_class, fresh=self.fresh, vessel_departure_at=self.vessel_departure_at,
            appointed_at=appointed_at or self.appointed_for, applied_at=self.applied_at,
        )  # fmt: skip


class Case(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One declaration as it is known at the moment looked at. Times: epoch seconds.

    Attributes:
        nodes: when each of the seven nodes was reached, in their order; None not yet, or never told.
        left_queue: the first step beyond the appointment; None while it waits.
        reason: recorded for being served out of the fair order.
        said: every word of it that may matter while it waited, oldest first; empty when only steps are known.
    """

    declaration_no: str
    nodes: tuple[float | None, ...]
    left_queue: float | None = None
    agent: str = ""
    officer: str = ""
    reason: str = ""
    area: str = ""
    platform: str = ""
    farm: bool = False
    mode: str = "unknown"
    hold: str = ""
    said: tuple[Said, ...] = ()


class Jump(msgspec.Struct, frozen=True, kw_only=True):
    """A confirmation that went past better placed declarations of its platform which waited on.

    Attributes:
        place: where it stood among all that waited together, from 1.
        together: how many waited together, those confirmed in the same cycle among them.
        places: how many better placed ones it went past.
        passed: the best placed of them, at most ``SHOWN``.
        minutes: how long the best placed one waited on, until the moment looked at if it waits still.
        waits: it does.
        reason: recorded for it; empty: none is.
        doubts: what of the order's keys was not known then, ``integrity.doubt.<code>``.
    """

    declaration_no: str
    agent: str
    platform: str
    at: datetime
    place: int
    together: int
    places: int
    passed: list[str]
    minutes: float
    waits: bool = False
    reason: str = ""
    doubts: list[str] = []


class Lying(msgspec.Struct, frozen=True, kw_only=True):
    """A declaration that was left lying: many went past it that were no jumpers themselves, and nothing held it.

    Attributes:
        since: when the first did.
        passed_by: how many.
        minutes: how long it waited on, until the moment looked at if it waits still.
        waits: it does.
    """

    declaration_no: str
    agent: str
    platform: str
    since: datetime
    passed_by: int
    minutes: float
    waits: bool = False


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """The queue-jump index of an agent, a day or a platform; jumps with a recorded reason count nowhere in it.

    Attributes:
        name: the agent, the local day (ISO) or the platform.
        confirmations: in the span.
        jumps: of these past better placed ones, without a recorded reason.
        places: jumped by them together.
        could: places there were to jump. A lottery would jump half of them.
        index: places / could.
        expected: places chance alone would give, on average; ``low`` to ``high`` in 95 of 100 cases.
        p: how often chance gives as many; ``q``: the same, held against the number of questions asked.
        found: beyond chance at the bound.
        declarations: those jumps, at most ``SHOWN``.
    """

    name: str
    confirmations: int
    jumps: int
    places: int
    could: int
    index: float | None
    expected: float
    low: float
    high: float
    p: float
    q: float
    found: bool
    declarations: list[str]


class Facet(msgspec.Struct, frozen=True, kw_only=True):
    """Cells of one kind, those that deserve a look first.

    Attributes:
        tested: how many could have been found, and so count in the bound.
        permutations: how often chance was tried.
    """

    tested: int
    permutations: int
    cells: list[Cell]


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """How often an officer inspected for an agent, against chance within the same platform and day.

    Attributes:
        met: declarations of the agent this officer inspected.
        of_agent, of_officer: all of either in the span.
        expected: by chance.
        ratio: met / expected, with its 95 % interval ``low`` to ``high``.
        declarations: the newest of them, at most ``SHOWN``.
    """

    agent: str
    officer: str
    met: int
    of_agent: int
    of_officer: int
    expected: float
    ratio: float
    low: float
    high: float
    p: float
    q: float
    found: bool
    declarations: list[str]


class Pairs(msgspec.Struct, frozen=True, kw_only=True):
    """Pairs of agents and officers.

    Attributes:
        declarations: with an agent, an officer and the time of assignment.
        tested: pairs that could have been found, and so count in the bound.
        untold: pairs that could have met, but too seldom for anything to be said.
    """

    declarations: int
    tested: int
    untold: int
    rows: list[Pair]


class Stay(msgspec.Struct, frozen=True, kw_only=True):
    """A declaration that stood longer at a node than nearly all of its kind.

    Attributes:
        stage: node it stands or stood at.
        since: when it reached it; ``until`` when the next, None while it stands there.
        minutes: between these.
        usual: median of its kind; ``limit`` its high quantile, both minutes.
        ratio: minutes / limit.
        kind: what it is compared with, ``integrity.kind.<code>``; ``compared`` with how many.
        sure: longer even than the upper end of the limit's 95 % interval.
        hold: why it is held, if it is.
    """

    declaration_no: str
    stage: str
    platform: str
    since: datetime
    until: datetime | None
    minutes: float
    usual: float
    limit: float
    ratio: float
    kind: str
    compared: int
    sure: bool
    hold: str = ""


class Stays(msgspec.Struct, frozen=True, kw_only=True):
    """Long-stayers.

    Attributes:
        quantile: they are beyond this share of their kind.
        ended: stays that ended in the span and could be compared; of these ``beyond`` were long, and by the
            definition alone about ``expected`` would be.
        standing: open stays that could be compared; ``beyond_open`` of these are long.
        uncompared: stays with too few of their kind to compare with.
    """

    quantile: float
    ended: int
    beyond: int
    expected: float
    standing: int
    beyond_open: int
    uncompared: int
    rows: list[Stay]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What the watch says of a span.

    Attributes:
        at: the moment looked at; ``since`` where the span begins.
        known: ``corrected`` or ``then``.
        confirmed: confirmations in the span; ``judged`` of them whose waiting could be put in order.
        with_reason: jumps with a recorded reason; ``without`` one.
        left_lying: how many were.
        officers, agents, reasons: declarations of the span of which one is told.
        lacks: what the feeds do not tell, ``integrity.lack.<code>``.
        facets: by ``agent``, ``day``, ``platform``.
    """

    at: datetime
    since: datetime
    days: int
    known: str
    baseline_days: int
    confirmed: int
    judged: int
    with_reason: int
    without: int
    agents: int
    officers: int
    reasons: int
    lacks: list[str]
    jumps: list[Jump]
    lying: list[Lying]
    left_lying: int
    facets: dict[str, Facet]
    pairs: Pairs
    stays: Stays
    fdr: float = FDR
    origins: list[str] = []


class History(msgspec.Struct, frozen=True, kw_only=True):
    """What the watch looks at.

    Attributes:
        cases: declarations alive at some time of the span and of what it is compared with.
        origins: where they come from.
    """

    cases: list[Case] = []
    origins: list[str] = []


def plain(report: Report) -> dict[str, Any]:
    """The report as plain data for JSON."""
    return dict(msgspec.to_builtins(report))
