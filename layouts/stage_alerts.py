"""What pages about alerts stand on beside the desk of alerts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from domain.alarm_metrics import Report
from domain.backtest import BackTest
from domain.fences import Fence, Ground
from domain.rule_instances import Changes
from domain.rule_versions import RuleState, RuleVersion, VersionState
from domain.rules.base import RuleInstance
from domain.shift import Handover, Shift
from domain.shift_brief import Brief
from domain.viewer import Viewer


class AlarmReports(Protocol):
    """The alarm system's report on itself; blocks for a second or two."""

    def reports(self, viewer: Viewer, at: datetime | None = None, known: str = "corrected") -> Mapping[str, Report]:
        """By span, ending at a moment."""


class ShiftDesk(Protocol):
    """The one way to the handover of shifts; blocks."""

    def due(self, viewer: Viewer, now: datetime) -> Shift:
        """The shift whose handover is next."""

    def named(self, shift_id: str) -> Shift:
        """The shift of a name; ShiftError."""

    def handover(self, viewer: Viewer, of: Shift) -> Handover:
        """The handover of a shift as it stands."""

    def past(self, viewer: Viewer, until: datetime) -> list[Handover]:
        """Handovers of the last thirty days, newest first."""

    def brief(self, viewer: Viewer, of: Shift, at: datetime | None = None, known: str = "corrected") -> Brief:
        """What is to be handed over."""

    def sign_out(self, viewer: Viewer, shift_id: str, version: int, note: str) -> Handover:
        """Sign as the one who goes; ShiftError, NotAllowedError."""

    def take_over(self, viewer: Viewer, shift_id: str, version: int) -> Handover:
        """Sign as the one who takes over; ShiftError, NotAllowedError."""


class RuleReads(Protocol):
    """What people set of rules, and how these are doing; empty for an enterprise."""

    def rule_versions(self, viewer: Viewer, name: str = "", at: datetime | None = None) -> list[RuleVersion]:
        """Versions of one instance, or of all, newest first."""

    def rule_states(self, viewer: Viewer) -> dict[str, RuleState]:
        """How each instance is doing now, by name."""


class RuleDesk(Protocol):
    """The one way to change rules; blocks."""

    @property
    def limits(self) -> Mapping[str, float]:
        """``settings.Limits`` by key."""

    @property
    def configured(self) -> Mapping[str, RuleInstance]:
        """Instances by name, as the configuration has them."""

    def save(
        self, viewer: Viewer, name: str, changes: Changes, state: VersionState, note: str, version: int
    ) -> RuleVersion:
        """Keep a version; NotAllowedError, RuleChangesError, RuleEditError."""


class BackTests(Protocol):
    """Plays rules over the past; one of each person at a time."""

    def run(self, viewer: Viewer, name: str, changes: Changes | None, days: int) -> BackTest:
        """Play, half a minute at most; NotAllowedError."""

    def cancel(self, viewer: Viewer) -> bool:
        """End what this person has running."""


class FenceDesk(Protocol):
    """The one way to draw fences; blocks. Each act raises NotAllowedError, or FenceError with why it cannot be."""

    ground: Ground

    def save(self, viewer: Viewer, feature: Any, fence_id: str = "", version: int = 0) -> Fence:
        """Keep a fence as drawn."""

    def retire(self, viewer: Viewer, fence_id: str, version: int) -> Fence:
        """Take it out of force."""
