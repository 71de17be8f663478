"""Any number of alerts as at most ten lines, none of them lost: what the strip and the walls show.

Few alerts have a line each. More are grouped, no further than is needed: by rule and place, by rule, by level, and at
last everything below level I in one line. The level with the most lines gives way first, the mildest of equals before
the others; level I only when everything else is one line already. A rule that raises more than it may in a minute gives
its surplus in a line of its own (a token bucket, so a steady trickle never does), level I excepted.

Counts of the lines together are the alerts that are not hidden, whatever came. The same alerts give the same lines, in
whatever order they are handed in.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Sequence
from math import floor
from operator import attrgetter

from domain.alert_pictures import MOST_BANNERS, AlertRow, Banner

OWN, PLACE, RULE, LEVEL, REST = "", "place", "rule", "level", "rest"
MORE = "more"  # what a rule raised beyond its rate
PER_RULE_MINUTE = 20
CELL_DEGREES = 0.01  # of a road cell, about a kilometre; it is named by its corner
_FINE_TO_COARSE = (OWN, PLACE, RULE, LEVEL)
_PLACES = frozenset({"feed", "platform", "block", "gate", "fence", "vessel", "berth"})  # kinds of subject that are one
_NAMED = ("platform", "block", "gate", "fence", "berth", "vessel_name")  # parameters that name one
_NOWHERE = ("", "—")
_ORDER = (OWN, PLACE, RULE, MORE, LEVEL, REST)
_Key = tuple[str, ...]
_Groups = dict[_Key, list[AlertRow]]


def place_of(row: AlertRow) -> tuple[str, str]:
    """Kind and name of the place an alert is about: what it names, else the road cell; empty: it says none."""
    if row.subject_kind in _PLACES:
        return row.subject_kind, row.subject
    for kind in _NAMED if row.params else ():
        named = row.params.get(kind)
        if isinstance(named, str) and named not in _NOWHERE:
            return kind.removesuffix("_name"), named
    if row.lon is not None and row.lat is not None:
        return "cell", f"{floor(row.lat / CELL_DEGREES) / 100:.2f} {floor(row.lon / CELL_DEGREES) / 100:.2f}"
    return "", ""


def surplus(rows: Iterable[AlertRow], per_minute: int = PER_RULE_MINUTE) -> frozenset[str]:
    """Keys of the alerts a rule raised beyond so many a minute: its bucket of as many tokens was empty.

    Args:
        rows: oldest first.
        per_minute: tokens of a full bucket, and how many it gets back in a minute.
    """
    of_rule: dict[str, list[AlertRow]] = defaultdict(list)
    for row in rows:
        if row.level != 1:
            of_rule[row.rule].append(row)
    many = (raised for raised in of_rule.values() if len(raised) > per_minute)
    return frozenset(key for raised in many for key in _beyond(raised, per_minute))


def _beyond(raised: Sequence[AlertRow], per_minute: int) -> Iterable[str]:
    tokens, at, refill = float(per_minute), raised[0].opened_at, per_minute / 60
    for row in raised:
        if row.opened_at != at:
            tokens, at = min(per_minute, tokens + (row.opened_at - at).total_seconds() * refill), row.opened_at
        if tokens >= 1:
            tokens -= 1
        else:
            yield row.key


def banners(
    rows: Iterable[AlertRow],
    most: int = MOST_BANNERS,
    per_minute: int = PER_RULE_MINUTE,
    chattering: Container[str] = (),
) -> list[Banner]:
    """The lines, worst first, then those with alerts nobody has seen, then the newest.

    Args:
        rows: standing alerts, hidden ones too: they are in no line, and counted at the alert that hides them.
        most: so many lines at most, 2 to 10.
        per_minute: of one rule; what comes beyond has one line.
        chattering: numbers of alerts that come and go: below level I they stand behind others of their level.
    """
    rows = list(rows)
    shown = sorted((row for row in rows if not row.hidden), key=attrgetter("opened_at", "key"))
    hides = Counter(row.suppressed_by for row in rows if row.suppressed_by)
    groups = _grouped(shown, max(2, most), surplus(shown, per_minute))
    restless = {group[-1].key for group in groups.values() if group[-1].level != 1 and group[-1].id in chattering}
    return sorted(
        (_banner(key, group, hides) for key, group in groups.items()),
        key=lambda line: (
            line.level, not line.unacknowledged, line.key in restless, -line.newest_at.timestamp(), line.key,
        ),
    )  # fmt: skip


def line_of(row: AlertRow, lines: Iterable[Banner]) -> Banner | None:
    """The line an alert is in: the finest that fits; None when it is in none.

    Args:
        row: a standing alert that is not hidden.
        lines: as ``banners`` gave them.
    """
    fitting = [line for line in lines if _fits(row, line)]
    return min(fitting, key=lambda line: _ORDER.index(line.grouped), default=None)


def _fits(row: AlertRow, line: Banner) -> bool:
    if line.grouped == OWN:
        return line.key == row.key
    if line.since is not None and not line.since <= row.opened_at <= line.newest_at:
        return False
    if line.grouped == REST:
        return row.level != 1
    same = line.level == row.level and (line.grouped == LEVEL or line.rule == row.rule)
    return same and (line.grouped != PLACE or place_of(row) == (line.subject_kind, line.where))


def _grouped(rows: Sequence[AlertRow], most: int, beyond: Container[str]) -> _Groups:
    """No finer than there is room; each group oldest first, as the rows are."""
    of_level: dict[int, list[AlertRow]] = defaultdict(list)
    for row in rows:
        of_level[row.level].append(row)
    parts = {level: _split(level, of_level[level], 0, beyond) for level in sorted(of_level)}
    grain = dict.fromkeys(parts, 0)
    while sum(map(len, parts.values())) > most:
        level = max((one for one in parts if one != 1 and len(parts[one]) > 1), key=lambda one: (len(parts[one]), one),
                    default=0)  # fmt: skip
        if not level and sum(one != 1 for one in parts) > 1:
            rest = [row for row in rows if row.level != 1]
            parts = {one: groups for one, groups in parts.items() if one == 1} | {2: {(REST,): rest}}
            continue
        level = level or 1
        grain[level] += 1
        parts[level] = _split(level, of_level[level], grain[level], beyond)
    return {key: group for groups in parts.values() for key, group in groups.items()}


def _split(level: int, rows: Iterable[AlertRow], grain: int, beyond: Container[str]) -> _Groups:
    name, mark = _FINE_TO_COARSE[grain], str(level)
    if name == LEVEL:
        return {(LEVEL, mark): list(rows)}
    found: _Groups = defaultdict(list)
    for row in rows:
        if name == RULE:
            key: _Key = (RULE, mark, row.rule)
        elif row.key in beyond:
            key = (MORE, mark, row.rule)
        else:
            key = (PLACE, mark, row.rule, *place_of(row)) if name == PLACE else (OWN, row.key)
        found[key].append(row)
    return found


def _banner(key: _Key, rows: Sequence[AlertRow], hides: Counter[str]) -> Banner:
    newest = rows[-1]
    grouped = key[0] if len(rows) > 1 else OWN
    kind, where = (newest.subject_kind, newest.subject) if grouped == OWN else ("", "")
    if grouped == PLACE:
        kind, where = key[3], key[4]
        grouped = PLACE if where else RULE
    return Banner(
        key=newest.key if grouped == OWN else " ".join(key), level=min(row.level for row in rows), rule=newest.rule,
        params=newest.params, count=len(rows), unacknowledged=sum(row.state == "new" for row in rows),
        newest_at=newest.opened_at, subject_kind=kind, where=where, lon=newest.lon, lat=newest.lat, grouped=grouped,
        since=rows[0].opened_at, hides=sum(hides[row.key] for row in rows) if hides else 0,
    )  # fmt: skip
