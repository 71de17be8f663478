"""One file per rule. Each module offers ``RULE: Rule``; found by name, no list to keep."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache

import msgspec

from domain.rules.base import Facts, Finding, Rule


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """What one evaluation of the rules gave.

    Attributes:
        findings: everything found.
        evaluated: the rules that could judge; only their alerts may clear.
        failed: rules that raised, with the error's text.
    """

    findings: list[Finding]
    evaluated: list[Rule]
    failed: dict[str, str]


@lru_cache(maxsize=1)
def all_rules() -> tuple[Rule, ...]:
    """Every rule of this folder, by name."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name != "base")
    return tuple(importlib.import_module(f"{__name__}.{name}").RULE for name in names)


def is_event(rule_name: str) -> bool:
    """Tell whether a rule latches; one that no longer exists counts as latching, so it can be closed."""
    return all(rule.kind == "event" for rule in all_rules() if rule.name == rule_name)


def evaluate(
    facts: Facts,
    rules: Iterable[Rule] | None = None,
    timed: Callable[[str], AbstractContextManager[object]] = nullcontext,
) -> Evaluation:
    """Let every rule look at the facts; one that fails does not touch the others.

    Args:
        facts: what is known now.
        rules: the rules to use; default all.
        timed: entered with a rule's name around its evaluation.
    """
    outcome = Evaluation(findings=[], evaluated=[], failed={})
    for rule in all_rules() if rules is None else rules:
        if any(getattr(facts, need) is None for need in rule.needs):
            continue
        try:
            with timed(rule.name):
                outcome.findings.extend(rule.evaluate(facts))
        except Exception as error:  # a rule is a plug-in: whatever it does, the others go on
            outcome.failed[rule.name] = f"{type(error).__name__}: {error}"
        else:
            outcome.evaluated.append(rule)
    return outcome
