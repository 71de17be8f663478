"""Rules as people set them: saved by compare-and-set, each save a version of its own and on record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec
from sqlalchemy import Connection, delete, insert

from domain.audit import Sealer, by
from domain.permissions import Permission
from domain.records import Record
from domain.rule_instances import Changes
from domain.rule_versions import RuleEditError, RuleState, RuleVersion, VersionState
from domain.viewer import Viewer
from store import sql
from store.database import Database
from store.moments import micros
from store.reads import newest
from store.reads import rules as reads
from store.schema_alerts import rule_state, rule_version
from store.writes import audit, changes

Clock = Callable[[], datetime]
NEWS = "rule"  # the name under which changes here are counted


class Rules:
    """Versions and states of rule instances. Thread-safe; errors as for every write of the store."""

    def __init__(self, database: Database, clock: Clock, sealer: Sealer) -> None:
        """Made by the store, on its own database."""
        self._database, self._clock, self._sealer = database, clock, sealer

    def save(
        self, viewer: Viewer, name: str, said: Changes, state: VersionState, note: str, expected_version: int
    ) -> RuleVersion:
        """Save changes of an instance, on record.

        Args:
            viewer: who.
            name: of the instance.
            said: all its changes; checked by ``domain.rule_instances.problems`` before.
            state: ``draft``, ``published``, or ``retired`` (the configuration holds again).
            note: why; what is published or retired needs one.
            expected_version: number of the newest version the person saw, 0: there was none.

        Raises:
            NotAllowedError: the viewer may not change rules.
            RuleEditError: ``changed`` by somebody else meanwhile, ``no_note``, ``nothing_there`` to retire.
        """
        viewer.require(Permission.RULES)
        if state != "draft" and not note.strip():
            raise RuleEditError("no_note", name)
        with self._database.writing(durable=True) as connection:
            known = reads.versions(connection, name)
            last = max(known, key=lambda one: one.version, default=None)
            if (last.version if last else 0) != expected_version:
                raise RuleEditError("changed", name, last)
            if state == "retired" and last is None:
                raise RuleEditError("nothing_there", name)
            at = self._clock()
            new = RuleVersion(
                name=name, version=expected_version + 1, at=max(at, last.at) if last else at, state=state,
                who=viewer.name, note=note.strip(), changes=said,
            )  # fmt: skip
            _put(connection, new)
            changes.bump(connection, [NEWS], at)
            entry = by(viewer, f"rule.{state}", name, _told(last), _told(new))
            audit.append(connection, self._sealer, entry, at)
        return new

    def versions(self) -> list[RuleVersion]:
        """All versions of all instances, newest first, for the cockpit's own business."""
        with self._database.reading() as connection:
            return reads.versions(connection)

    def newest(self) -> list[Record]:
        """The newest of everything rules look at, oldest first, for the cockpit's own business."""
        with self._database.reading() as connection:
            return newest.newest(connection, micros(self._clock()))

    def keep_states(self, states: Mapping[str, tuple[str, str]]) -> None:
        """Keep how instances are doing, (state, detail) by name; those that are not named run no more."""
        now = micros(self._clock())
        with self._database.writing() as connection:
            before = reads.states(connection)
            rows = [
                (name, state, _since(before.get(name), state, now), detail) for name, (state, detail) in states.items()
            ]  # fmt: skip
            connection.execute(delete(rule_state).where(rule_state.c.name.not_in(sorted(states))))
            names = ("name", "state", "since", "detail")
            sql.insert(connection, "rule_state", names, rows, names[:1], names[1:])
            changes.bump(connection, ["rule_state"], self._clock())


def _since(before: RuleState | None, state: str, now: int) -> int:
    return micros(before.since) if before is not None and before.state == state else now


def _put(connection: Connection, new: RuleVersion) -> None:
    body = msgspec.json.encode(new.changes).decode()
    connection.execute(insert(rule_version).values(
        name=new.name, version=new.version, valid_from=micros(new.at), state=new.state, who=new.who, note=new.note,
        body=body,
    ))  # fmt: skip


def _told(version: RuleVersion | None) -> dict[str, object] | None:
    if version is None:
        return None
    return {"version": version.version, "state": version.state, "note": version.note,
            "changes": msgspec.to_builtins(version.changes)}  # fmt: skip
