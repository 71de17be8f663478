"""A rule instance at work in the past: looks where something changes, and keeps what would have been raised.

Between two changes it looks where a moment has come (a delay is over, a subject is due) and, while something is found,
every ``BEAT``: a finding can end because it grows old. What is raised and cleared follows ``domain.alert_flow``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import msgspec

from domain.alert_identity import alert_key
from domain.backtest import Episode
from domain.errors import CockpitError
from domain.records import Record
from domain.rules.base import Facts, Finding, Judged, Rule, RuleInstance
from domain.rules.watching import Watching, Woken
from pipeline.fact_book import FactBook

BEAT = timedelta(seconds=60)
BEAT_FOR = 50  # so many found; for more of them it is longer in proportion
SECOND = timedelta(seconds=1)  # as often rules look when the cockpit is live
TIDY = timedelta(hours=6)


class RuleThrewError(CockpitError):
    """The rule threw; the text says what."""


class News(msgspec.Struct):
    """What changes at one moment.

    Attributes:
        at: aware UTC.
        records: that came.
        facts: pictures in the place of others.
        look: whether rules that judge everything at once look now.
    """

    at: datetime
    records: Sequence[Record] = ()
    facts: Mapping[str, Any] = {}
    look: bool = True


class Replay:
    """Instances of one rule played over the same past; not thread-safe."""

    def __init__(self, rule: Rule, instances: Iterable[RuleInstance], zone: tzinfo, facts: Mapping[str, Any]) -> None:
        """Nothing has happened yet.

        Args:
            rule: of all the instances.
            instances: to play.
            zone: the port's.
            facts: what does not change, as fences.
        """
        self._book = FactBook()
        known = {**self._book.facts, **facts}
        self.players = [Player(rule, one, Facts(now=_NEVER, zone=zone, **known)) for one in instances]
        self._tidied: datetime | None = None

    def take(self, news: News) -> None:
        """Go on to a moment, and look at what is new then."""
        for player in self.players:
            player.go_to(news.at)
        self._book.add(news.records, news.at)
        if self._tidied is None or news.at - self._tidied >= TIDY:
            self._tidied = news.at
            self._book.tidy(news.at)
        changed = self._book.take()
        for player in self.players:
            player.take(news, changed)

    def end(self, until: datetime) -> None:
        """Go on to the end."""
        for player in self.players:
            player.go_to(until)


class Player:
    """One instance.

    Attributes:
        episodes: what was raised and has cleared; of an event rule all.
        unjudged: most subjects at once that could not be judged.
        event: the rule latches.
    """

    def __init__(self, rule: Rule, instance: RuleInstance, facts: Facts) -> None:
        """Nothing was seen yet."""
        self._rule, self._instance, self._facts = rule, instance, facts
        self._watching = Watching(rule, instance)
        self._next: datetime | None = None
        self._looked = facts.now  # when it last looked at everything that is found
        self._open: dict[str, Episode] = {}
        self._absent: dict[str, datetime] = {}
        self._seen: set[tuple[str, datetime]] = set()
        self._done: list[Episode] = []
        self.unjudged, self.event = 0, rule.kind == "event"

    @property
    def episodes(self) -> list[Episode]:
        """What was raised so far."""
        return [*self._done, *self._open.values()]

    def go_to(self, moment: datetime) -> None:
        """Everything that comes of itself before a moment."""
        while (due := self._due()) is not None and (due := max(due, self._facts.now + SECOND)) < moment:
            self._facts.now, self._facts.new = due, {}
            one = self._watching
            self._heard(one.look(self._facts, ()) if self._rule.judge is not None else one.again(self._facts))

    def take(self, news: News, changed: Mapping[str, Collection[Any]]) -> None:
        """Look at what is new."""
        facts, rule = self._facts, self._rule
        facts.now, facts.new = news.at, _by_kind(news.records) if rule.kind == "event" else {}
        for name, value in news.facts.items():
            setattr(facts, name, value)
        if rule.judge is None:
            if news.look and (rule.kind == "condition" or facts.new):
                self._heard(self._watching.look(facts))
            return
        keys, due = Woken(facts, changed).of(rule), self._due()
        if not self._watching.looked:
            self._heard(self._watching.look(facts))
        elif due is not None and due <= news.at:  # where something is new every second, no moment lies in between
            self._heard(self._watching.look(facts, keys))
        elif keys:
            judged = self._watching.glance(facts, keys)
            if judged is None and not self._watching.looked:
                judged = self._watching.look(facts)  # it threw: this says what
            if judged is not None:
                self._heard(judged, whole=False)

    def _due(self) -> datetime | None:
        due = self._watching.due()
        return due if self._next is None or (due is not None and due < self._next) else self._next

    def _heard(self, judged: Judged, whole: bool = True) -> None:
        """What was said of everything that is found, or only of what is new."""
        if whole:
            self._looked = self._facts.now
        if judged.state == "error":
            raise RuleThrewError(judged.detail)
        self._watching.keep()
        now = self._facts.now
        self.unjudged = max(self.unjudged, len(judged.unjudged), self._watching.unjudged)
        if judged.kind == "event":
            self._happened(judged.findings)
            return
        if judged.state == "ok":
            self._stands(judged, now)
        self._next = min(self._moments(judged, now), default=None)

    def _happened(self, findings: Iterable[Finding]) -> None:
        for one in findings:
            if (one.subject, one.event_time) not in self._seen:
                self._seen.add((one.subject, one.event_time))
                self._done.append(self._episode(one, one.event_time, one.event_time))

    def _stands(self, judged: Judged, now: datetime) -> None:
        """What fires, what fires no more and has been gone long enough."""
        firing = {one.subject: one for one in judged.findings}
        before = len(self._open)
        for subject, one in firing.items():
            known = self._open.get(subject)
            if known is None:
                self._open[subject] = self._episode(one, now, None)
            elif one.level < known.level:
                self._open[subject] = msgspec.structs.replace(known, level=one.level)
            self._absent.pop(subject, None)
        changed = len(self._open) != before
        held = {one.subject for one in judged.pending}
        for subject in self._open.keys() - firing.keys():
            if subject in judged.unjudged or subject in held:
                self._absent.pop(subject, None)
            elif (now - self._absent.setdefault(subject, now)).total_seconds() >= judged.clear_after_seconds:
                self._done.append(msgspec.structs.replace(self._open.pop(subject), until=now))
                del self._absent[subject]
                changed = True
        if changed:
            self._facts.firing = frozenset(one.key for one in self._open.values())

    def _moments(self, judged: Judged, now: datetime) -> list[datetime]:
        """When it has to look again although nothing changes."""
        found = [self._watching.found, len(self._open)]
        beat = self._looked + BEAT * max(1.0, max(found) / BEAT_FOR)
        moments = [max(beat, now + SECOND)] if any(found) else []
        hold = timedelta(seconds=self._instance.hold_on_seconds)
        moments += [one.event_time + hold for one in judged.pending]
        off = timedelta(seconds=judged.clear_after_seconds)
        moments += [since + off for since in self._absent.values()]
        return [moment for moment in moments if moment > now]

    def _episode(self, finding: Finding, since: datetime, until: datetime | None) -> Episode:
        return Episode(
            subject=finding.subject, subject_kind=finding.subject_kind, level=finding.level, since=since, until=until,
            key=alert_key(finding.rule, finding.subject),
        )  # fmt: skip


_NEVER = datetime.min.replace(tzinfo=UTC)


def _by_kind(records: Sequence[Record]) -> dict[type[Record], list[Any]]:
    kinds: dict[type[Record], list[Any]] = {}
    for record in records:
        kinds.setdefault(type(record), []).append(record)
    return kinds
