"""What is said of a waiting declaration, in words: why it stands there, what is expected, what would move it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from components.format import clock, number, sentence
from domain.pictures import QueueRow, Reason, SourceOrder, Span
from locales import translate


def why(row: QueueRow, lang: str, now: datetime | None) -> str:
    """Why it stands here, as one sentence."""
    return _joined("reason", row.reason, lang, now)


def moves(row: QueueRow, lang: str, now: datetime | None) -> str:
    """What would move it, as one sentence; nothing when nothing would."""
    return _joined("move", row.moves, lang, now)


def expected(row: QueueRow, lang: str, now: datetime | None) -> str:
    """When it is expected to be confirmed, begun and done, with the interval; or why that is not known."""
    if row.expected is None:
        return translate(lang, f"queue.expected.{row.expected_unknown or 'few_days'}")
    parts = [translate(lang, "queue.expected.confirmed", span=span(row.expected.confirmed, lang, now))]
    for name, one in (("start", row.expected.start), ("finish", row.expected.finish)):
        if one is not None:
            parts.append(translate(lang, f"queue.expected.{name}", span=span(one, lang, now)))
    if row.expected.start is None:
        parts.append(translate(lang, "queue.expected.few_alike"))
    parts.append(translate(lang, "queue.expected.basis", days=row.expected.days))
    return translate(lang, "queue.join").join(parts)


def span(one: Span, lang: str, now: datetime | None) -> str:
    """The middle and the interval."""
    if one.since == one.until:
        return clock(one.at, lang, now)
    return translate(
        lang, "queue.span", at=clock(one.at, lang, now), since=clock(one.since, lang, one.at),
        until=clock(one.until, lang, one.since),
    )  # fmt: skip


def differs(row: QueueRow, lang: str) -> str:
    """Where the source has it and where the rule has it, and by which rule; nothing when they agree."""
    if not row.source_differs or row.source_rank is None:
        return ""
    rule = translate(lang, f"queue.rule.{row.source_differs}")
    return translate(lang, "queue.source_differs", source=row.source_rank, rank=row.rank, rule=rule)


def told(row: QueueRow, lang: str, now: datetime | None) -> str:
    """All of it, a line for each."""
    moved = moves(row, lang, now)
    lines = [
        translate(lang, "queue.reason_of", no=f"…{row.key[-6:]}", why=why(row, lang, now)),
        expected(row, lang, now),
        translate(lang, "queue.moved_by", moves=moved) if moved else "",
        differs(row, lang),
    ]
    return "\n".join(filter(None, lines))


def against(sources: Sequence[SourceOrder], lang: str) -> tuple[str, str]:
    """How the source's order agrees with the rule: in short, and in full. Empty where no source gives one."""
    decided = sum(one.decided for one in sources)
    if not decided:
        return "", ""
    counts: dict[str, int] = {}
    for one in sources:
        for rule, count in one.inverted.items():
            counts[rule] = counts.get(rule, 0) + count
    turned = sum(counts.values())
    short = translate(lang, "queue.source_short", n=number(turned, lang), pairs=number(decided, lang))
    parts = [f"{translate(lang, f'queue.rule.{rule}')}: {number(count, lang)}" for rule, count in counts.items()]
    parts.append(translate(lang, "queue.source_tau", tau=number(1 - 2 * turned / decided, lang, 2)))
    parts.append(translate(lang, "queue.source_open", n=number(sum(one.undecided for one in sources), lang)))
    return short, translate(lang, "queue.join").join(parts)


def _joined(kind: str, reasons: Iterable[Reason], lang: str, now: datetime | None) -> str:
    words = [sentence(lang, f"queue.{kind}.{reason.code}", reason.params, now) for reason in reasons]
    return translate(lang, "queue.join").join(words)
