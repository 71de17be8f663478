"""One file per rule. Each module that offers ``RULE: Rule`` is found by name, no list to keep."""

from __future__ import annotations

import importlib
import pkgutil
from functools import lru_cache

from domain.rules.base import Rule


@lru_cache(maxsize=1)
def all_rules() -> tuple[Rule, ...]:
    """Every rule of this folder, by name."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    modules = (importlib.import_module(f"{__name__}.{name}") for name in names)
    return tuple(module.RULE for module in modules if hasattr(module, "RULE"))


def rule_of(name: str) -> Rule | None:
    """The rule an instance of this name is of: the longest whose name it is, or begins with before a ``_``."""
    of = [rule for rule in all_rules() if name == rule.name or name.startswith(f"{rule.name}_")]
    return max(of, key=lambda rule: len(rule.name), default=None)


def is_event(rule_name: str) -> bool:
    """Tell whether a rule latches; one that no longer exists counts as latching, so it can be closed."""
    rule = rule_of(rule_name)
    return rule is None or rule.kind == "event"
