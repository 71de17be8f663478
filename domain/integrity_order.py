"""Who was confirmed before whom: every confirmation held against the fair order as it was known at that moment.

All that is confirmed at a platform within a minute is one cycle's sweep, and no jump of each other; who came in after
the cycle's cut, or in the minute before, was not on its list. Held declarations wait in no queue and are passed by
nobody.

Where one went before another, one of the two is out of order: the one that jumped, or the one that was left lying.
It is the one that is out of order with more others: a declaration that went past twenty jumped, and one that thirty
went past was left lying, though each of the thirty went past it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import msgspec
import numpy as np

from domain.cycles import Cycles
from domain.integrity import Case, Said
from domain.integrity_chance import Floats, Ints
from domain.queue_order import Waiting, key
from domain.records import Direction, EnterpriseClass

SWEEP = 60.0  # seconds
SETTLING = 120.0  # a sweep so young may not have been told in full
_BLOCK = 200  # sweeps looked at together, which bounds memory
LONGEST = 14 * 86_400.0  # who waits longer is a long-stayer and no measure of others
_APPOINTED, _CONFIRMED = 0, 1
_NOBODY: Ints = np.zeros(0, np.int64)


class Served(msgspec.Struct):
    """Confirmations, one entry each. ``case`` and ``passed`` are places in the list of cases.

    Attributes:
        platform: as told when it was confirmed.
        at: when its sweep began, epoch seconds.
        left: all that waited on after the sweep.
        place: where it stood among all that waited together, from 1; ``together`` how many these were.
        passed: whom it jumped, best placed first.
        lying: whom it went past as others did.
        rivals: who waited together in the same class of the order, itself and others confirmed with it among them;
            only where it jumped.
        doubts: what of the keys was not known, its own or the best placed one's.
    """

    case: int
    platform: str
    at: float
    left: int = 0
    place: int = 1
    together: int = 1
    passed: Ints = _NOBODY
    lying: Ints = _NOBODY
    rivals: Ints = _NOBODY
    doubts: list[str] = []

    @property
    def places(self) -> int:
        """How many it jumped."""
        return len(self.passed)


class _Word(msgspec.Struct, frozen=True):
    """A declaration as the order saw it from one moment until the next: a wait, or the word it was served by."""

    case: int
    platform: str
    key: tuple[object, ...]
    doubts: tuple[str, ...]
    since: float
    until: float
    appointed: float


class _Platform(msgspec.Struct):
    served: list[tuple[_Word, float]] = []
    waits: list[_Word] = []


def served(cases: Sequence[Case], now: float, cycles: Cycles) -> tuple[list[Served], int]:
    """Every confirmation before ``now``, and how many could not be judged.

    Args:
        cases: in any order; the result does not depend on it.
        now: epoch seconds; what happened later is no matter.
        cycles: when the lists of who is to be confirmed are cut.

    Returns:
        Confirmations by platform and time, and the number of those whose appointment is not known or contradicts it.
    """
    platforms: dict[str, _Platform] = {}
    unusable = 0
    for place, case in enumerate(cases):
        left = case.left_queue if case.left_queue is not None and case.left_queue <= now else None
        confirmed = left is not None and case.nodes[_CONFIRMED] is not None
        appointed = _appointed(case)
        if appointed is None or (left is not None and appointed > left) or not case.said:
            unusable += confirmed
            continue
        end = min(left if left is not None else np.inf, appointed + LONGEST)
        words = list(_words(place, case, appointed, end))
        for word in words:
            if word.since < word.until:
                platforms.setdefault(word.platform, _Platform([], [])).waits.append(word)
        if confirmed and left is not None:
            last = _word(place, case, _standing(case.said, left), appointed, left, left)
            platforms.setdefault(last.platform, _Platform([], [])).served.append((last, left))
    found: list[Served] = []
    for _, one in sorted(platforms.items()):
        found += _of_platform(one, now, cycles)
    _part(found, len(cases))
    return found, unusable


def _part(found: Sequence[Served], count: int) -> None:
    """Tell jumping from passing what was left lying."""
    passed_by = np.bincount(np.concatenate([_NOBODY, *(one.passed for one in found)]), minlength=count)
    for one in found:
        own = passed_by[one.passed] <= len(one.passed)
        one.passed, one.lying = one.passed[own], one.passed[~own]


def _appointed(case: Case) -> float | None:
    """When its waiting began: its appointment, or the first word of it when no step is known at all."""
    if case.nodes[_APPOINTED] is not None:
        return case.nodes[_APPOINTED]
    return case.said[0].since if case.said and not any(case.nodes) else None


def _standing(said: Sequence[Said], at: float) -> Said:
    """The word that stood at a moment; before the first, the first."""
    return next((one for one in reversed(said) if one.since <= at), said[0])


def _words(place: int, case: Case, appointed: float, until: float) -> Iterator[_Word]:
    ends = [*(one.since for one in case.said[1:]), np.inf]
    for number, (one, end) in enumerate(zip(case.said, ends, strict=True)):
        if not one.hold:
            since = appointed if number == 0 else max(appointed, one.since)
            yield _word(place, case, one, appointed, since, min(end, until))


def _word(place: int, case: Case, said: Said, appointed: float, since: float, until: float) -> _Word:
    told = case.nodes[_APPOINTED]
    item = said.waiting(case.declaration_no, datetime.fromtimestamp(told, UTC) if told is not None else None)
    return _Word(place, said.platform, key(item), _doubts(item), since, until, appointed)


def _doubts(item: Waiting) -> tuple[str, ...]:
    """What the order would have to know and does not."""
    deciding = item.vessel_departure_at if item.direction is Direction.EXPORT else item.appointed_at
    unknown = "sailing_unknown" if item.direction is Direction.EXPORT else "appointment_unknown"
    found = ["direction_unknown"] if item.direction is None else [unknown] if deciding is None else []
    if item.enterprise_class is EnterpriseClass.UNKNOWN and not item.fresh:
        found.append("class_unknown")
    return tuple(found)


def _of_platform(platform: _Platform, now: float, cycles: Cycles) -> list[Served]:
    confirmed = sorted(platform.served, key=lambda one: (one[1], one[0].key))
    if not confirmed:
        return []
    starts, own = _sweeps([at for _, at in confirmed])
    words = [*platform.waits, *(word for word, _ in confirmed)]
    order = sorted(range(len(words)), key=lambda i: words[i].key)
    rank = np.empty(len(words), np.int64)
    rank[order] = np.arange(len(words))
    lane = np.array([int(word.key[1]) * 4 + int(word.key[2]) for word in words])  # type: ignore[call-overload]
    first, last = _present(platform.waits, confirmed, starts, own, now)
    first = np.maximum(first, _listed(platform.waits, starts, cycles))
    found: list[Served] = []
    for begin in range(0, len(starts), _BLOCK):
        end = min(begin + _BLOCK, len(starts)) - 1
        who, sweep = _expanded(np.maximum(first, begin), np.minimum(last, end))
        block = _Block(words, rank, lane, who, sweep)
        a, b = np.searchsorted(own, [begin, end + 1])
        found += block.judge(confirmed, len(platform.waits), own, starts, range(int(a), int(b)))
    return [one for one in found if one.at + SETTLING <= now]


def _sweeps(times: Sequence[float]) -> tuple[Floats, Ints]:
    """When each sweep begins, and the sweep of each of the sorted times."""
    starts: list[float] = []
    own = []
    for at in times:
        if not starts or at - starts[-1] >= SWEEP:
            starts.append(at)
        own.append(len(starts) - 1)
    return np.array(starts), np.array(own, np.int64)


def _present(
    waits: Sequence[_Word], confirmed: Sequence[tuple[_Word, float]], starts: Floats, own: Ints, now: float
) -> tuple[Ints, Ints]:
    """First and last sweep in which each waits and is not confirmed itself."""
    out = {word.case: int(sweep) for (word, _), sweep in zip(confirmed, own, strict=True)}
    since = np.array([word.since for word in waits])
    until = np.array([min(word.until, now) for word in waits])
    first = np.searchsorted(starts, since, side="left")
    stays = np.searchsorted(starts, until, side="left") - 1  # a word ends as the next one begins
    gone = np.searchsorted(starts, until - SWEEP, side="right") - 1  # left otherwise within the sweep: not passed
    last = np.array([out.get(word.case, len(starts)) - 1 for word in waits], np.int64)
    elsewhere = np.array([word.case not in out for word in waits], np.bool_)
    return first, np.minimum(np.where(elsewhere, gone, stays), last)


def _listed(waits: Sequence[_Word], starts: Floats, cycles: Cycles) -> Ints:
    """The first sweep on whose list each was."""
    cuts = np.array([cycles.before(datetime.fromtimestamp(at, UTC)).timestamp() for at in starts.tolist()])
    appointed = np.array([word.appointed for word in waits])
    return np.searchsorted(np.minimum(cuts, starts - SWEEP), appointed, side="left")


def _expanded(first: Ints, last: Ints) -> tuple[Ints, Ints]:
    """One entry for each wait and sweep from first to last."""
    counts = np.maximum(last - first + 1, 0)
    who = np.repeat(np.arange(len(counts)), counts)
    return who, first[who] + np.arange(len(who)) - np.repeat(np.cumsum(counts) - counts, counts)


class _Block:
    """Everybody who waits on in some sweeps, in the fair order of each."""

    def __init__(self, words: Sequence[_Word], rank: Ints, lane: Ints, who: Ints, sweep: Ints) -> None:
        self._words, self._rank, self._lane, self._width = words, rank, lane, len(words)
        self._case = np.array([word.case for word in words], np.int64)
        code = sweep * self._width + rank[who]
        order = np.argsort(code, kind="stable")
        self._code, self._who = code[order], who[order]

    def judge(
        self, confirmed: Sequence[tuple[_Word, float]], offset: int, own: Ints, starts: Floats, these: range
    ) -> list[Served]:
        sweeps = own[these.start : these.stop]
        ranks = self._rank[offset + these.start : offset + these.stop]
        begin = np.searchsorted(self._code, sweeps * self._width)
        at = np.searchsorted(self._code, sweeps * self._width + ranks)
        end = np.searchsorted(self._code, (sweeps + 1) * self._width)
        size = np.bincount(sweeps - sweeps[0]) if len(sweeps) else sweeps
        found = []
        for i, number in enumerate(these):
            word, sweep = confirmed[number][0], int(sweeps[i])
            places, left = int(at[i] - begin[i]), int(end[i] - begin[i])
            mates = offset + np.arange(*np.searchsorted(own, [sweep, sweep + 1]))
            one = Served(case=word.case, platform=word.platform, at=float(starts[sweep]), left=left)
            one.together = left + int(size[sweep - sweeps[0]])
            if places:
                self._tell(one, word, self._who[begin[i] : end[i]], places, mates)
                one.place = 1 + places + int((self._rank[mates] < ranks[i]).sum())
            found.append(one)
        return found

    def _tell(self, one: Served, word: _Word, waiting: Ints, places: int, mates: Ints) -> None:
        """Whom it went past, and among whom it might have been another."""
        mine = self._lane[next(mate for mate in mates.tolist() if self._words[mate].case == one.case)]
        rivals = np.concatenate([waiting[self._lane[waiting] == mine], mates[self._lane[mates] == mine]])
        one.passed, one.rivals = self._case[waiting[:places]], self._case[rivals]
        one.doubts = list(dict.fromkeys((*word.doubts, *self._words[waiting[0]].doubts)))
