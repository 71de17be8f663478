"""The tables of alerts: the alerts, every step they took, what rules saw, rules and fences, orders, shifts, messages.

Times are microseconds and enumerations are their words, as in `store.schema`. None of these tables but ``alert`` says
whose a row is: what stands here is the port's own, and scoped reads do not get at it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, Table, text

from store.building import column, metadata, texts, texts_later, times, versions, where_current
from store.columns import TEXT


def _numbers(*names: str) -> list[Column[Any]]:
    return [column(name, BigInteger) for name in names]


alert = versions(
    "alert", texts("key"),
    *texts("rule"), column("level", Integer), *texts("subject", "state", "condition"),
    column("opened_at", BigInteger), column("version", Integer), *texts("body"),
    *texts_later("id", "assignee", "agency", "group_key"), *times("shelved_until"), known=False,
)  # fmt: skip
Index("alert_standing", alert.c.state, **where_current())
Index("alert_subject", alert.c.subject, **where_current())
Index("alert_id", alert.c.id, **where_current())

# Every step of every alert, of people and of the machine: rows are added, never changed (a trigger refuses it), and
# go with the alert when retention takes it. ``seq`` counts the steps of one alert; ``version`` is the alert's after it.
alert_log = Table(
    "alert_log", metadata, column("alert_id", TEXT, key=True), column("seq", BigInteger, key=True),
    *_numbers("at", "opened_at"), *texts("what", "who", "from_state", "to_state"),
    *(column(name, Integer) for name in ("level", "version")), *texts("note", "request_key", "body"),
    sqlite_with_rowid=False,
)  # fmt: skip
Index("alert_log_at", alert_log.c.at)
_asked = text("request_key <> ''")
Index(
    "alert_log_request", alert_log.c.alert_id, alert_log.c.request_key, unique=True,
    sqlite_where=_asked, postgresql_where=_asked,
)  # fmt: skip
# What the rule saw when an alert opened and when its level rose: values against limits (JSON).
alert_evidence = Table(
    "alert_evidence", metadata, column("alert_id", TEXT, key=True), column("opened_at", BigInteger, key=True),
    column("seq", BigInteger, key=True), *texts("body"), sqlite_with_rowid=False,
)  # fmt: skip

# What people set of rules, each save a version of its own (draft | published | retired): of two conflicting edits the
# second finds its version taken.
rule_version = Table(
    "rule_version", metadata, column("name", TEXT, key=True), column("version", BigInteger, key=True),
    column("valid_from", BigInteger), *texts("state", "who", "note", "body"), sqlite_with_rowid=False,
)  # fmt: skip
# Whether each rule instance can judge: ok | no_data | error.
rule_state = Table(
    "rule_state", metadata, column("name", TEXT, key=True), *texts("state"), *_numbers("since"), *texts("detail"),
    sqlite_with_rowid=False,
)  # fmt: skip
# Fences drawn on the map (GeoJSON), every save a version.
fence = Table(
    "fence", metadata, column("fence_id", TEXT, key=True), column("version", BigInteger, key=True),
    column("valid_from", BigInteger), *texts("kind", "who", "body"), sqlite_with_rowid=False,
)  # fmt: skip

# What is to be sent, written in the transaction of the step it tells of; ``dedup`` keeps a step from being told twice.
outbox = Table(
    "outbox", metadata, Column("id", Integer, primary_key=True, autoincrement=True), *_numbers("at", "due_at"),
    *texts("kind", "dedup", "target", "state"), column("attempts", Integer), *texts("claimed_by"),
    *times("claim_until"), *texts("body"),
)  # fmt: skip
Index("outbox_once", outbox.c.dedup, unique=True)
Index("outbox_due", outbox.c.state, outbox.c.due_at)
delivery = Table(
    "delivery", metadata, column("outbox_id", Integer, key=True), column("attempt", Integer, key=True),
    *_numbers("at"), *texts("result", "detail"), sqlite_with_rowid=False,
)  # fmt: skip
Index("delivery_at", delivery.c.at)
# Orders to agencies (customs | border | maritime | port): ``body`` says what was asked and done, and when.
dispatch = Table(
    "dispatch", metadata, column("order_id", TEXT, key=True), *texts("alert_id", "agency", "state"),
    *_numbers("version"), *texts("body"), sqlite_with_rowid=False,
)  # fmt: skip
Index("dispatch_alert", dispatch.c.alert_id)
shift = Table(
    "shift", metadata, column("shift_id", TEXT, key=True), *_numbers("begins"), *times("ends"),
    *texts("out_by", "in_by"), *_numbers("version"), *texts("body"), sqlite_with_rowid=False,
)  # fmt: skip
Index("shift_begins", shift.c.begins)
