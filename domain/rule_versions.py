"""What people set of rules, version by version, and how each rule instance is doing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal

import msgspec

from domain.errors import CockpitError
from domain.rule_instances import Changes, RuleChangesError, changed, default
from domain.rules import rule_of
from domain.rules.base import RuleInstance

VersionState = Literal["draft", "published", "retired"]
"""Written and not in force; in force; taken back: what the configuration says holds again."""


class RuleVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One save of an instance's changes; each has the next number, whatever its state."""

    name: str
    version: int
    at: datetime
    state: VersionState
    who: str
    note: str
    changes: Changes


class RuleState(msgspec.Struct, frozen=True, kw_only=True):
    """How an instance is doing: ok, no_data or error, since when, and what is wrong in words safe to show."""

    name: str
    state: str
    since: datetime
    detail: str = ""


class RuleEditError(CockpitError):
    """An edit that was not taken; ``code`` is ``changed`` (by ``last``), ``no_note`` or ``nothing_there``."""

    def __init__(self, code: str, name: str, last: RuleVersion | None = None) -> None:
        """Remember the code (catalogue ``rule.error.<code>``) and what stands in the way."""
        said = f": version {last.version} by {last.who}" if last else ""
        super().__init__(f"{name}: {code}{said}")
        self.code, self.name, self.last = code, name, last


def in_force(versions: Iterable[RuleVersion]) -> dict[str, RuleVersion]:
    """Of each name the newest version that is no draft, where it is published."""
    newest: dict[str, RuleVersion] = {}
    for one in versions:
        if one.state != "draft" and (one.name not in newest or newest[one.name].version < one.version):
            newest[one.name] = one
    return {name: one for name, one in newest.items() if one.state == "published"}


def running(
    configured: Mapping[str, RuleInstance], published: Mapping[str, RuleVersion], limits: Mapping[str, float]
) -> tuple[dict[str, RuleInstance], list[RuleChangesError]]:
    """The instances that run, and the published versions that no longer fit their rule: those are passed over."""
    found, wrong = dict(configured), []
    for name, version in published.items():
        try:
            found[name] = with_changes(configured, name, version.changes, limits, version.version)
        except RuleChangesError as error:
            wrong.append(error)
    return found, wrong


def with_changes(
    configured: Mapping[str, RuleInstance], name: str, changes: Changes, limits: Mapping[str, float], version: int = 0
) -> RuleInstance:
    """The instance as it would run with these changes; of a name the configuration does not have, one is added.

    Raises:
        RuleChangesError: it cannot be.
    """
    rule = rule_of(name)
    base = configured.get(name) or (default(rule, limits, name) if rule is not None else None)
    if base is None:
        raise RuleChangesError(name, [("", "no rule is called so")])
    return changed(base, changes, limits, version)
