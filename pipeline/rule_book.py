"""Which rule instances run: those of the configuration, changed by what people published."""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from domain.rule_instances import Changes, configured
from domain.rule_versions import in_force, running
from domain.rules.base import RuleInstance
from pipeline.notices import NoticeBoard
from store.engine import Store
from store.rules import NEWS

log = structlog.get_logger(__name__)


class RuleBook:
    """Asked at every evaluation: looks into the store only when something was changed there; not thread-safe."""

    def __init__(
        self, store: Store, rules: Mapping[str, Changes], limits: Mapping[str, float], notices: NoticeBoard
    ) -> None:
        """Prepare.

        Args:
            store: where versions are kept.
            rules: ``[alerts.rules.*]``, checked.
            limits: ``settings.Limits`` by key.
            notices: where versions that no longer fit are named.
        """
        self._store, self._limits, self._notices = store, limits, notices
        self._configured = self._running = configured(rules, limits)
        self._seen: int | None = None
        self._unfit: frozenset[str] = frozenset()

    @property
    def running(self) -> dict[str, RuleInstance]:
        """The instances that run, as of the last ``renew``."""
        return self._running

    def renew(self) -> None:
        """Take over what people set since.

        Raises:
            StoreUnavailableError: everything stays as it was.
        """
        count = self._store.reads.changes().get(NEWS, 0)
        if count != self._seen:
            self._take_over()
        self._seen = count

    def _take_over(self) -> None:
        published = in_force(self._store.rules.versions())
        self._running, wrong = running(self._configured, published, self._limits)
        for error in wrong:
            log.warning("rule_unfit", rule=error.name, error=str(error))
            self._notices.post(f"rule.unfit.{error.name}", "rule_unfit", "warning", rule=error.name, error=str(error))
        unfit = frozenset(error.name for error in wrong)
        for name in self._unfit - unfit:
            self._notices.take_down(f"rule.unfit.{name}")
        self._unfit = unfit
