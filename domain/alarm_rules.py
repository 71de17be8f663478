"""Which rules make the load, worst first, and what to do about each: the bad actors of ISA-18.2.

An advice is a code (catalogue ``metrics.advice.<code>``) with the count that speaks for it. The thresholds here are
the house's own: standards say that bad actors are to be found and treated, not where treatment begins.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from statistics import median

import msgspec

from domain.alarm_load import LINES, TEN, Cycle, Flood, Step, Stood, chatters, cycles, fleeting
from domain.alerting import Flood as Lines

FEW = 5  # of fewer annunciations nothing is said but what is wrong with a single one
MANY = 0.20  # share of the load from which the limit itself is in question
MOSTLY = 0.5
UNANSWERED = 0.8  # share closed with nobody having acted


class Advice(msgspec.Struct, frozen=True):
    """What to do: code, and the count or percentage that speaks for it."""

    code: str
    n: int


class RuleLoad(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule gave a duty room to hear.

    Attributes:
        rule: its name; empty: of alerts that are not kept any more.
        announced: annunciations heard.
        share: of all.
        alerts: different subjects.
        chattering: alerts that chattered.
        fleeting: annunciations that went by themselves within seconds.
        stale: alerts that stand for more than a day.
        unanswered: closings before which nobody acted.
        closed: closings.
        answer_seconds: median from opening to the first act; None when nobody acted.
        worst_subject, worst_count: which was announced most often.
        advice: most urgent first; empty: nothing to be done.
    """

    rule: str
    announced: int = 0
    share: float = 0.0
    alerts: int = 0
    chattering: int = 0
    fleeting: int = 0
    stale: int = 0
    unanswered: int = 0
    closed: int = 0
    answer_seconds: float | None = None
    worst_subject: str = ""
    worst_count: int = 0
    advice: tuple[Advice, ...] = ()


def worst_rules(
    within: Sequence[Step],
    announced: Sequence[Step],
    stale: Collection[Stood],
    flooded: Sequence[Flood],
    lines: Lines = LINES,
) -> list[RuleLoad]:
    """Every rule with a step in the span or a stale alert, the one with most annunciations first.

    Args:
        within: steps of the span, in order.
        announced: those of them that were heard.
        stale: alerts that stand for more than a day.
        flooded: floods that touch the span.
        lines: what chatters, what is fleeting.
    """
    steps, loud, old = _by_rule(within), _by_rule(announced), Counter(one.rule for one in stale)
    in_flood = _in_flood(announced, flooded)
    found = [
        _load(rule, steps.get(rule, []), loud.get(rule, []), len(announced), old[rule], in_flood[rule], lines)
        for rule in {*steps, *old}
    ]
    return sorted(found, key=lambda one: (-one.announced, -one.chattering, -one.stale, one.rule))


def _by_rule(steps: Iterable[Step]) -> dict[str, list[Step]]:
    found: dict[str, list[Step]] = defaultdict(list)
    for step in steps:
        found[step.rule].append(step)
    return found


def _in_flood(announced: Sequence[Step], flooded: Sequence[Flood]) -> Counter[str]:
    """Annunciations that made floods, by rule: of their ten minutes before, too. One look, as both are in order."""
    found: Counter[str] = Counter()
    place = 0
    for step in announced:
        while place < len(flooded) and flooded[place].ends <= step.at:
            place += 1
        if place < len(flooded) and flooded[place].begins - TEN <= step.at:
            found[step.rule] += 1
    return found


def _load(
    rule: str, steps: Sequence[Step], loud: Sequence[Step], all_: int, stale: int, in_flood: int, lines: Lines
) -> RuleLoad:
    of_alerts: Collection[list[Cycle]] = cycles(steps).values()
    subjects = Counter(step.subject or step.alert_id for step in loud)
    worst = min(subjects.items(), key=lambda item: (-item[1], item[0]), default=("", 0))
    closings = [step for step in steps if step.to_state == "closed" and step.from_state != "closed"]
    took = [
        (step.at - step.opened_at).total_seconds()
        for step in steps
        if step.from_state == "new" and step.to_state not in ("new", "closed", "") and step.opened_at is not None
    ]
    load = RuleLoad(
        rule=rule, announced=len(loud), share=len(loud) / all_ if all_ else 0.0, alerts=len(subjects),
        chattering=sum(chatters(one, lines) for one in of_alerts),
        fleeting=sum(fleeting(one, lines) for one in of_alerts), stale=stale,
        unanswered=sum(1 for step in closings if step.from_state == "new" and not step.who), closed=len(closings),
        answer_seconds=median(took) if took else None, worst_subject=worst[0], worst_count=worst[1],
    )  # fmt: skip
    done = Counter(step.what for step in steps)
    return msgspec.structs.replace(load, advice=tuple(_advice(load, done, in_flood)))


def _advice(load: RuleLoad, done: Counter[str], in_flood: int) -> list[Advice]:
    """Most urgent first: what is broken, what is mistuned, what should not be an alarm."""
    n, many = load.announced, load.announced >= FEW
    said = [
        ("fix_source", done["error"] + done["no_data"], done["error"] + done["no_data"] > 0),
        ("raise_dead_band", load.chattering, load.chattering > 0),
        ("rationalize", load.stale, load.stale > 0),
        ("fix_subject", _percent(load.worst_count, n), many and load.alerts > 1 and load.worst_count > MOSTLY * n),
        ("lengthen_hold_on", load.fleeting, many and load.fleeting > MOSTLY * n),
        ("group", in_flood, many and in_flood > MOSTLY * n),
        ("suppress_by_design", done["shelve"], done["shelve"] >= FEW),
        ("no_alarm", _percent(load.unanswered, load.closed),
         load.closed >= FEW and load.unanswered >= UNANSWERED * load.closed),
        ("raise_limit", _percent(load.share, 1.0), many and load.share > MANY),
    ]  # fmt: skip
    return [Advice(code, count) for code, count, speaks in said if speaks]


def _percent(part: float, whole: float) -> int:
    return round(100 * part / whole) if whole else 0
