"""Will it make the ship? How long an export still takes, from how long others of its kind took, against its cut-off.

What is left is taken apart as the port works: papers and transfer run by the clock, the inspection itself only while
its area is open (``domain.rota``), the way out by the clock again. Each finished declaration of the same kind that
had stood at least as long at the same node lends its three parts; put behind one another from now on they give one
possible end, and all of them its distribution. Nothing is fitted and nothing assumed but that the weeks behind look
like the hours ahead.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec
import numpy as np
import numpy.typing as npt

from domain.open_hours import Floats, OpenHours
from domain.records import Node

NODES = tuple(node.value for node in Node)
ASSIGNED, INSPECTED = NODES.index(Node.ASSIGNED), NODES.index(Node.INSPECTED)
FEWEST = 30  # declarations a distribution is made of, or it is said to be unknown
SAFE, LOST = 0.9, 0.1  # probability from which on it is safe, and below which it will miss
# What comparing goes by, the closest first: the first one with enough declarations is taken, and said.
KINDS = (("direction", "farm", "mode", "area"), ("direction", "farm", "mode"), ("direction", "mode"), ("direction",))
HOUR = 3600.0
Masks = npt.NDArray[np.bool_]


class Finished(msgspec.Struct, frozen=True):
    """Declarations that have left the inspection area, one entry each.

    Attributes:
        words: ``direction``, ``farm`` ("1" or ""), ``mode``, ``area`` and ``platform``, arrays of texts.
        nodes: when each reached its seven nodes, epoch seconds, NaN unknown; one row each.
        ended: when the goods were out and released, epoch seconds.
    """

    words: Mapping[str, npt.NDArray[np.object_]]
    nodes: Floats
    ended: Floats


class Standing(msgspec.Struct, frozen=True):
    """Where a declaration stands.

    Attributes:
        words: as in ``Finished``.
        stage: the last node it reached; empty before the first, as if it were appointed when ``begins``.
        since: when it reached it, epoch seconds; None unknown, then nothing is said of the time it stood there.
        begins: from when on it goes on, epoch seconds: now, or the time it is appointed for.
    """

    words: Mapping[str, str]
    stage: str
    since: float | None
    begins: float


class Outlook(msgspec.Struct, frozen=True):
    """When it may be through.

    Attributes:
        ends: possible ends, epoch seconds, ascending.
        kind: what the declarations it was compared with have in common with it, names of ``KINDS``.
    """

    ends: Floats
    kind: tuple[str, ...]

    def quantile(self, share: float) -> datetime | None:
        """The moment by which it is through with this probability; None when that is beyond what was looked at."""
        at = self.ends[min(int(share * len(self.ends)), len(self.ends) - 1)]
        return datetime.fromtimestamp(round(float(at)), UTC) if np.isfinite(at) else None

    def by(self, deadline: datetime) -> float:
        """The probability that it is through by a moment: never quite 0 or 1, as n cases cannot say so."""
        made = int(np.searchsorted(self.ends, deadline.timestamp(), side="right"))
        return (made + 0.5) / (len(self.ends) + 1)


class Baseline:
    """What finished declarations lend to those under way. Made once, asked for each."""

    def __init__(self, finished: Finished, hours: Mapping[str, OpenHours]) -> None:
        """Take them apart.

        Args:
            finished: the declarations compared with.
            hours: open hours by area, over the time of these declarations and the weeks ahead.
        """
        self.finished, self._hours = finished, hours
        nodes = finished.nodes
        self._work = np.empty(len(nodes))
        for area in set(finished.words["area"]):
            mine = np.flatnonzero(finished.words["area"] == area)
            clock = self._clock(area)
            self._work[mine] = clock.worked(nodes[mine, INSPECTED]) - clock.worked(nodes[mine, ASSIGNED])
        with np.errstate(invalid="ignore"):
            ordered = [nodes[:, ASSIGNED] <= nodes[:, INSPECTED], nodes[:, INSPECTED] <= finished.ended]
        self._whole = np.logical_and(*ordered)  # contradictory or missing times lend nothing
        self._masks: dict[tuple[str, ...], Masks] = {}
        self._stays: dict[int, Floats] = {}

    def work(self, area: str) -> Floats:
        """Open seconds inspections of an area took, once assigned."""
        found: Floats = self._work[self._whole & (self.finished.words["area"] == area)]
        return found

    def outlook(self, standing: Standing) -> Outlook | str:
        """When a declaration may be through; else why nobody can say: ``little_history``, ``stuck``."""
        begun = NODES.index(standing.stage) if standing.stage else 0
        clock = self._clock(standing.words["area"])
        if begun not in self._stays:
            self._stays[begun] = self._stood(begun)
        stood = self._stays[begun]
        spent = self._spent(standing, begun, clock)
        enough = False
        for kind in KINDS:
            alike = self._alike(kind, standing.words) & np.isfinite(stood)
            enough = enough or int(alike.sum()) >= FEWEST
            chosen = np.flatnonzero(alike & (stood > spent)) if spent > 0 else np.flatnonzero(alike)
            if len(chosen) >= FEWEST:
                return Outlook(np.sort(self._ends(chosen, standing, begun, spent, clock)), kind)
        return "stuck" if enough else "little_history"

    def from_assigned(self, words: Mapping[str, str], begins: float) -> Outlook | None:
        """When it would be through were it assigned at a moment; None when nobody can say."""
        found = self.outlook(Standing(words, Node.ASSIGNED.value, None, begins))
        return found if isinstance(found, Outlook) else None

    def _clock(self, area: str) -> OpenHours:
        return self._hours.get(area) or self._hours[""]

    def _next(self, begun: int) -> Floats:
        """When the node after one was reached; the end after the last."""
        later = [*self.finished.nodes.T[begun + 1 :], self.finished.ended]
        found: Floats = later[0]
        for one in later[1:]:
            found = np.where(np.isnan(found), one, found)
        return found

    def _stood(self, begun: int) -> Floats:
        """Seconds each stood at a node, open ones where only those count; NaN where its times do not tell."""
        at = self.finished.nodes[:, begun]
        stood = np.where(self._whole, self._work if begun == ASSIGNED else self._next(begun) - at, np.nan)
        with np.errstate(invalid="ignore"):
            known = stood >= 0
            if begun < ASSIGNED:
                known &= self.finished.nodes[:, ASSIGNED] >= at
            return np.where(known, stood, np.nan)

    @staticmethod
    def _spent(standing: Standing, begun: int, clock: OpenHours) -> float:
        if standing.since is None or not standing.stage or standing.since >= standing.begins:
            return 0.0
        if begun == ASSIGNED:
            return float(clock.worked(standing.begins) - clock.worked(standing.since))
        return standing.begins - standing.since

    def _ends(
        self, chosen: npt.NDArray[np.intp], standing: Standing, begun: int, spent: float, clock: OpenHours
    ) -> Floats:
        nodes, ended = self.finished.nodes[chosen], self.finished.ended[chosen]
        if begun >= INSPECTED:
            return standing.begins + (ended - nodes[:, begun]) - spent
        work = self._work[chosen]
        if begun == ASSIGNED:
            assigned: float | Floats = standing.begins
            work = work - spent
        else:
            assigned = standing.begins + (nodes[:, ASSIGNED] - nodes[:, begun]) - spent
        return clock.after(assigned, work) + (ended - nodes[:, INSPECTED])

    def _alike(self, kind: tuple[str, ...], words: Mapping[str, str]) -> Masks:
        """Of the declarations those that have these words in common."""
        key = tuple(f"{name}={words[name]}" for name in kind)
        if key not in self._masks:
            columns = [self.finished.words[name] == words[name] for name in kind]
            self._masks[key] = np.logical_and.reduce(columns)
        return self._masks[key]


def state_of(probability: float | None, deadline: datetime | None, now: datetime) -> str:
    """``safe``, ``at_risk``, ``will_miss``, ``missed`` (the deadline has passed) or ``unknown``."""
    if deadline is None:
        return "unknown"
    if deadline <= now:
        return "missed"
    if probability is None:
        return "unknown"
    return "safe" if probability >= SAFE else "at_risk" if probability >= LOST else "will_miss"
