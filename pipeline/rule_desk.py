"""The one way for people to change rules."""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from domain.permissions import Permission
from domain.rule_instances import Changes, RuleChangesError, configured, problems
from domain.rule_versions import RuleVersion, VersionState
from domain.viewer import Viewer
from store.engine import Store

log = structlog.get_logger(__name__)


class RuleDesk:
    """Checks what people set and keeps it; the collector follows by itself."""

    def __init__(self, store: Store, rules: Mapping[str, Changes], limits: Mapping[str, float]) -> None:
        """Prepare.

        Args:
            store: where versions are kept.
            rules: ``[alerts.rules.*]``, checked.
            limits: ``settings.Limits`` by key.
        """
        self._store, self.limits = store, limits
        self.configured = configured(rules, limits)

    def save(
        self, viewer: Viewer, name: str, changes: Changes, state: VersionState, note: str, version: int
    ) -> RuleVersion:
        """Keep a version of an instance.

        Args:
            viewer: who.
            name: of the instance.
            changes: everything it has otherwise than the configuration says.
            state: ``draft``, ``published`` or ``retired``.
            note: why.
            version: number of the newest version they saw; 0: there was none.

        Raises:
            NotAllowedError: the viewer may not.
            RuleChangesError: a value that cannot be.
            RuleEditError: see ``store.rules.Rules.save``.
            StoreUnavailableError: try again.
        """
        viewer.require(Permission.RULES)
        wrong = list(problems(name, changes, self.limits, self.configured.get(name)))
        if wrong:
            raise RuleChangesError(name, wrong)
        kept = self._store.rules.save(viewer, name, changes, state, note, version)
        log.info("rule_set", rule=name, version=kept.version, state=kept.state, by=viewer.name)
        return kept
