"""Which rule instances run, and with what figures.

A rule's own defaults, ``[limits]``, ``[alerts.rules.*]`` of the configuration, and over all of that what people
published on the screen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import msgspec
from msgspec.structs import replace

from domain import rules as kinds
from domain.active_hours import HoursError, spans
from domain.errors import CockpitError
from domain.rules import rule_of
from domain.rules.base import AGENCIES, NoData, Rule, RuleInstance

_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_YEAR = 366 * 86_400
# Key of Changes: lowest and highest allowed.
RANGES = {
    "hold_on_seconds": (0.0, 30 * 86_400), "hold_off_seconds": (0.0, 30 * 86_400), "count": (1, 1000),
    "window_seconds": (0.0, _YEAR), "dead_band": (0.0, 0.9),
}  # fmt: skip


_SECONDS = {"seconds": 1.0, "minutes": 60.0, "hours": 3_600.0, "days": 86_400.0}


class Changes(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What an instance has otherwise than its rule declares; None: as declared. Meanings as in ``RuleInstance``."""

    kind: str = ""
    enabled: bool | None = None
    params: dict[str, float] = {}
    levels: dict[str, int] = {}
    hold_on_seconds: float | None = None
    hold_off_seconds: float | None = None
    count: int | None = None
    window_seconds: float | None = None
    dead_band: float | None = None
    active_hours: tuple[str, ...] | None = None
    no_data: NoData | None = None
    agency: str | None = None
    action: str | None = None
    plan: tuple[str, ...] | None = None
    parents: tuple[str, ...] | None = None


class RuleChangesError(CockpitError):
    """Changes that cannot be; ``problems`` says which keys, and why."""

    def __init__(self, name: str, problems: list[tuple[str, str]]) -> None:
        """Remember all of them."""
        super().__init__(f"{name}: " + "; ".join(f"{key}: {why}" for key, why in problems))
        self.name, self.problems = name, problems


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of a rule, for a form: catalogue ``rule.param.<name>``, ``unit.<unit>``."""

    name: str
    unit: str
    low: float
    high: float
    default: float
    whole: bool
    limit: str = ""
    floor: bool = False


def figures(rule: Rule) -> list[Figure]:
    """The figures a rule declares, in its order."""
    hints = get_type_hints(rule.params, include_extras=True)
    return [
        _figure(field.name, hints[field.name], field.default) for field in msgspec.structs.fields(rule.params)
    ]  # fmt: skip


def _figure(name: str, hint: Any, default: Any) -> Figure:
    if get_origin(hint) is not Annotated:
        raise TypeError(f"{name} has no bounds: Annotated[float, bounds(...)]")
    kind, meta = get_args(hint)[:2]
    return Figure(name=name, low=meta.ge, high=meta.le, default=default, whole=kind is int, **meta.extra)


def default(rule: Rule, limits: Mapping[str, float], name: str = "") -> RuleInstance:
    """The instance of a rule when nobody says otherwise.

    Args:
        rule: the rule.
        limits: ``settings.Limits`` by key.
        name: of the instance; default the rule's.
    """
    given = {one.name: limits[one.limit] for one in figures(rule) if one.limit in limits}
    band = rule.dead_band
    first = next((one for one in figures(rule) if one.limit in limits), None)
    if rule.dead_band_of in limits and first is not None and limits[first.limit]:
        band = max(0.0, 1 - limits[rule.dead_band_of] / limits[first.limit])
    same = {
        key: getattr(rule, key) for key in (
            "hold_on_seconds", "hold_off_seconds", "count", "window_seconds", "active_hours", "no_data", "agency",
            "plan", "parents",
        )
    }  # fmt: skip
    params = msgspec.convert(given, rule.params, strict=False)
    return RuleInstance(
        name=name or rule.name, kind=rule.name, params=params, levels=dict(rule.levels), dead_band=band, **same
    )


def changed(instance: RuleInstance, changes: Changes, limits: Mapping[str, float], version: int = 0) -> RuleInstance:
    """An instance with changes applied.

    Raises:
        RuleChangesError: they cannot be.
    """
    wrong = list(problems(instance.name, changes, limits, instance))
    if wrong:
        raise RuleChangesError(instance.name, wrong)
    rule = rule_of(instance.name)
    assert rule is not None  # noqa: S101 - problems() has looked
    said = {
        key: value for key, value in msgspec.structs.asdict(changes).items()
        if value is not None and key not in ("kind", "params", "levels")
    }  # fmt: skip
    params = msgspec.convert(msgspec.structs.asdict(instance.params) | changes.params, rule.params, strict=False)
    levels = {**instance.levels, **changes.levels}
    return replace(instance, **said, params=params, levels=levels, version=version or instance.version)


def configured(rules: Mapping[str, Changes], limits: Mapping[str, float]) -> dict[str, RuleInstance]:
    """Every instance the configuration makes run, by name: one of each rule, and those it adds.

    Raises:
        RuleChangesError: a table that cannot be.
    """
    found = {rule.name: default(rule, limits) for rule in kinds.all_rules()}
    for name, changes in rules.items():
        rule = rule_of(name)
        if rule is None:
            raise RuleChangesError(name, list(problems(name, changes, limits)))
        found[name] = changed(found.get(name) or default(rule, limits, name), changes, limits)
    return found


def problems(
    name: str, changes: Changes, limits: Mapping[str, float] = {}, base: RuleInstance | None = None
) -> Iterator[tuple[str, str]]:
    """Keys of changes that make no sense, and why; for the configuration and for the screen alike.

    Args:
        name: of the instance.
        changes: to judge.
        limits: ``settings.Limits`` by key.
        base: what they change; None: the rule's own instance.
    """
    rule = rule_of(name)
    if not _NAME.fullmatch(name):
        yield "", "a rule's name is lower-case letters, digits and _, at most 60"
        return
    if rule is None:
        known = ", ".join(one.name for one in kinds.all_rules())
        yield "", f"no rule is called so; a name is that of a rule, or begins with it and _: {known}"
        return
    if changes.kind not in ("", rule.name):
        yield "kind", f"{name!r} is a {rule.name}, not a {changes.kind!r}: the name begins with the kind"
    wrong = list(_figure_problems(rule, changes, limits))
    yield from wrong
    if not wrong:
        yield from _order_problems(rule, changes, limits, base)
    yield from _level_problems(rule, changes)
    for key, (low, high) in RANGES.items():
        value = getattr(changes, key)
        if value is not None and not low <= value <= high:
            yield key, f"must be {low:g} to {high:g}"
    count, window = changes.count or rule.count, changes.window_seconds
    if rule.kind == "event" and count > 1 and not (rule.window_seconds if window is None else window):
        yield "window_seconds", "must be above 0: within what time so many events count"
    yield from _word_problems(changes)


def _figure_problems(rule: Rule, changes: Changes, limits: Mapping[str, float]) -> Iterator[tuple[str, str]]:
    known = {one.name: one for one in figures(rule)}
    for key, value in changes.params.items():
        one = known.get(key)
        if one is None:
            yield f"params.{key}", f"unknown; {rule.name} has {', '.join(known) or 'none'}"
            continue
        low = max(one.low, limits.get(one.limit, one.low)) if one.floor else one.low
        if not low <= value <= one.high:  # NaN is neither
            why = f" (limits.{one.limit} is where the list it looks at begins)" if low > one.low else ""
            yield f"params.{key}", f"must be {low:g} to {one.high:g} {one.unit}{why}"
        elif one.whole and value != int(value):
            yield f"params.{key}", "must be a whole number"


def out_of_order(rule: Rule, params: Mapping[str, float]) -> list[tuple[Figure, Figure]]:
    """Figures that contradict each other, where the first ought to be below the second.

    Args:
        rule: of the figures.
        params: all of them by name.
    """
    known = {one.name: one for one in figures(rule)}
    pairs = [(known[low], known[high]) for low, high in rule.orders]
    return [(low, high) for low, high in pairs if _size(low, params) >= _size(high, params)]


def _size(one: Figure, params: Mapping[str, float]) -> float:
    return params[one.name] * _SECONDS.get(one.unit, 1.0)


def _order_problems(
    rule: Rule, changes: Changes, limits: Mapping[str, float], base: RuleInstance | None
) -> Iterator[tuple[str, str]]:
    params = msgspec.structs.asdict((base or default(rule, limits)).params) | changes.params
    for low, high in out_of_order(rule, params):
        told = [f"{one.name} ({params[one.name]:g} {one.unit})" for one in (low, high)]
        yield "params", f"{told[0]} must be below {told[1]}"


def _level_problems(rule: Rule, changes: Changes) -> Iterator[tuple[str, str]]:
    for key, level in changes.levels.items():
        if key not in rule.levels:
            yield f"levels.{key}", f"unknown; {rule.name} has {', '.join(rule.levels)}"
        elif level not in (1, 2, 3, 4):
            yield f"levels.{key}", "must be 1 (red) to 4 (blue)"


def _word_problems(changes: Changes) -> Iterator[tuple[str, str]]:
    for hours in changes.active_hours or ():
        try:
            spans(hours)
        except HoursError as error:
            yield "active_hours", str(error)
    if changes.agency is not None and changes.agency not in AGENCIES:
        yield "agency", f"must be of {', '.join(AGENCIES)}"
    for parent in changes.parents or ():
        if rule_of(parent) is None:
            yield "parents", f"no rule is called {parent!r}"
    for key, texts in (("action", (changes.action or "",)), ("plan", changes.plan or ())):
        if any(len(text) > 400 for text in texts) or len(texts) > 20:
            yield key, "at most 20 steps of 400 characters"
