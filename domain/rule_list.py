"""Rules as a list and as a history: what runs, what waits as a draft, and what each save changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from domain.rule_instances import RuleChangesError, default
from domain.rule_versions import RuleState, RuleVersion, in_force, with_changes
from domain.rules import rule_of
from domain.rules.base import RuleInstance

PLAIN = (
    "enabled", "hold_on_seconds", "hold_off_seconds", "count", "window_seconds", "dead_band", "active_hours",
    "no_data", "agency", "action", "plan", "parents",
)  # fmt: skip
"""Keys of an instance beside ``params.*`` and ``levels.*``."""
Difference = tuple[str, Any, Any]
"""Key, what stood there, what stands there."""


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the list.

    Attributes:
        instance: as it runs; of one that only exists as a draft, as it would.
        doing: ``ok``, ``no_data``, ``error``, ``off``, ``draft`` (it is nothing but that), ``unfit`` (what was
            published no longer fits the rule, and is passed over) or empty: not said yet.
        detail: what is wrong.
        standing: alerts of it that stand now.
        since: of its published version; None: it stands as configured.
        draft: the newest version, where it is a draft.
    """

    instance: RuleInstance
    doing: str = ""
    detail: str = ""
    standing: int = 0
    since: datetime | None = None
    draft: RuleVersion | None = None


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One version; ``changed`` is what it says otherwise than what was in force before, None: it no longer fits."""

    version: RuleVersion
    changed: list[Difference] | None


class Book(msgspec.Struct, frozen=True, kw_only=True):
    """What the configuration says and what people set, up to a moment.

    Attributes:
        configured: instances by name.
        limits: ``settings.Limits`` by key.
        versions: of all instances, in any order.
    """

    configured: Mapping[str, RuleInstance]
    limits: Mapping[str, float]
    versions: Sequence[RuleVersion] = ()

    def of(self, name: str) -> list[RuleVersion]:
        """The versions of one instance, newest first."""
        return sorted((one for one in self.versions if one.name == name), key=lambda one: -one.version)

    def last(self, name: str) -> RuleVersion | None:
        """The newest version, whatever its state."""
        return next(iter(self.of(name)), None)

    def base(self, name: str) -> RuleInstance | None:
        """The instance when nobody published anything; None: no rule is called so."""
        rule = rule_of(name)
        found = self.configured.get(name)
        return found or (default(rule, self.limits, name) if rule is not None else None)

    def with_(self, version: RuleVersion | None, name: str) -> RuleInstance | None:
        """The instance as a version has it, as configured without one; None: it does not fit the rule."""
        if version is None or version.state == "retired":
            return self.base(name)
        try:
            return with_changes(self.configured, name, version.changes, self.limits, version.version)
        except RuleChangesError:
            return None

    def newest(self) -> dict[str, RuleVersion]:
        """The newest version of each instance that has any, whatever its state."""
        found: dict[str, RuleVersion] = {}
        for one in self.versions:
            if one.name not in found or found[one.name].version < one.version:
                found[one.name] = one
        return found

    def names(self) -> list[str]:
        """Of every instance that runs, is switched off, or is a draft."""
        drafts = {name for name, one in self.newest().items() if one.state == "draft"}
        return sorted(self.configured.keys() | in_force(self.versions).keys() | drafts)

    def listed(self, states: Mapping[str, RuleState], standing: Mapping[str, int]) -> list[Listed]:
        """Every instance, by name.

        Args:
            states: how instances are doing, by name.
            standing: alerts that stand, by name.
        """
        published, newest = in_force(self.versions), self.newest()
        found = []
        for name in self.names():
            last, state = newest.get(name), states.get(name)
            draft = last if last is not None and last.state == "draft" else None
            one = self._line(name, published.get(name), draft, state)
            if one is not None:
                found.append(msgspec.structs.replace(one, standing=standing.get(name, 0)))
        return found

    def _line(
        self, name: str, published: RuleVersion | None, draft: RuleVersion | None, state: RuleState | None
    ) -> Listed | None:  # fmt: skip
        base = self.base(name)
        if base is None:
            return None
        runs = published is not None or name in self.configured
        instance = self.with_(published if runs else draft, name)
        doing, detail = (state.state, state.detail) if state is not None else ("", "")
        if instance is None:
            doing, instance = "unfit", base
        elif not runs:
            doing = "draft"
        elif not instance.enabled:
            doing, detail = "off", ""
        since = published.at if published is not None else None
        return Listed(instance=instance, doing=doing, detail=detail, since=since, draft=draft)

    def history(self, name: str) -> list[Told]:
        """The versions of an instance, newest first, each with what it changes of what was in force before it."""
        found: list[Told] = []
        before = self.base(name)
        for version in reversed(self.of(name)):
            after = self.with_(version, name)
            changed = None if after is None or before is None else differences(before, after)
            found.append(Told(version=version, changed=changed))
            if version.state != "draft":
                before = after or self.base(name)
        return found[::-1]


def value_of(instance: RuleInstance, key: str) -> Any:
    """What stands at a key: ``params.minutes``, ``levels.beyond``, or one of PLAIN."""
    part, _, name = key.partition(".")
    if part == "params":
        return getattr(instance.params, name)
    return instance.levels[name] if part == "levels" else getattr(instance, key)


def keys_of(instance: RuleInstance) -> list[str]:
    """All keys of an instance a person may set, as a form shows them."""
    params = [f"params.{field}" for field in instance.params.__struct_fields__]
    return [*params, *(f"levels.{grade}" for grade in instance.levels), *PLAIN]


def differences(before: RuleInstance, after: RuleInstance) -> list[Difference]:
    """What one instance has otherwise than another of the same rule."""
    return [
        (key, was, is_) for key in keys_of(after) if (was := value_of(before, key)) != (is_ := value_of(after, key))
    ]  # fmt: skip
