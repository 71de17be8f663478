"""The alerts the rules work on: kept in memory between evaluations, read again where somebody else changed them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from msgspec.structs import replace

from domain.alert_flow import Merged, Where, merge
from domain.alert_identity import alert_key
from domain.alert_parents import Ways, settled
from domain.alert_pictures import AlertRow
from domain.rules.base import Judged
from domain.viewer import SYSTEM
from store.engine import Store


class AlertMemory:
    """Standing alerts by key. Not thread-safe: one evaluation at a time.

    Attributes:
        up: which instances may hide behind which, see ``domain.alert_parents``.
    """

    def __init__(self, store: Store) -> None:
        """Nothing is known before the first evaluation."""
        self._store = store
        self._rows: dict[str, AlertRow] = {}
        self._seq = -1
        self.up: Ways = {}
        self._settled: tuple[int, Ways] = (-1, {})

    def standing(self) -> Mapping[str, AlertRow]:
        """Alerts not closed; nothing is decoded anew unless somebody wrote.

        Raises:
            StoreUnavailableError: they cannot be read.
        """
        seq = self._store.reads.changes().get("alert", 0)
        if seq != self._seq:
            before, self._rows = self._rows, self._store.reads.standing_alerts(SYSTEM, self._rows)
            for key, row in self._rows.items():  # somebody acted: since when the condition is absent is known here only
                if row.condition == "firing" and key in before and row.absent_since is None:
                    row.absent_since = before[key].absent_since
            self._seq = seq
        return self._rows

    def judge(self, judged: Sequence[Judged], now: datetime, where: Where | None = None) -> bool:
        """Bring what the rules said into the alerts and save what came of it.

        Args:
            judged: what each rule instance said.
            now: aware UTC.
            where: the place of a finding on the map; None: what it tells itself.

        Returns:
            Whether anything was saved.

        Raises:
            StoreUnavailableError: nothing was saved, and the same may be tried again.
        """
        known = {**self.standing(), **self._closed(judged)}
        policy = self._store.alerts.policy
        made = merge(known, judged, now, policy, where=where)
        if made.changed or self._settled != (self._seq, self.up):
            made, self._settled = settled(made, known, self.up, now), (self._seq, self.up)
        worth = [row for row in made.changed if _worth(row, known.get(row.key))]
        stood: dict[str, AlertRow] = {}
        if worth:

            def again(rows: Mapping[str, AlertRow], moved: frozenset[str]) -> Merged:
                """The same for alerts that are not as they were known, as they stand now."""
                return merge(rows, judged, now, policy, only=moved, where=where)

            stood = {
                row.key: row for row in self._store.alerts.save(Merged(changed=worth, steps=made.steps), known, again)
            }
        self._keep(stood.get(row.key, row) for row in made.changed)
        return bool(worth)

    def _keep(self, rows: Iterable[AlertRow]) -> None:
        """What was saved, and what is not worth saving: since when a condition is absent."""
        for row in rows:
            if row.state == "closed":
                self._rows.pop(row.key, None)
            else:
                self._rows[row.key] = row

    def _closed(self, judged: Sequence[Judged]) -> dict[str, AlertRow]:
        """The closed ones that are found again: they go on, not anew."""
        found = {alert_key(finding.rule, finding.subject) for one in judged for finding in one.findings}
        gone = sorted(found - self._rows.keys())
        return self._store.reads.alerts_by_key(SYSTEM, gone) if gone else {}


def _worth(row: AlertRow, before: AlertRow | None) -> bool:
    """Whether more changed than the time since when the condition is absent."""
    return before is None or replace(row, absent_since=before.absent_since) != before
