"""The styleguide's part about notifications: targets in every state, stages, the log in every outcome."""

from __future__ import annotations

from datetime import datetime, timedelta

from dash import html
from dash.development.base_component import Component

from components.notifications import Told, sent_table, stages_table, targets_table
from domain.deliveries import Doing
from domain.escalation import Escalation, Target
from domain.sent import SentRow

URL = "${secret:sample}"
TARGETS = {
    "duty": Target(URL, "值班群", "Duty group", stages=(0, 1)),
    "chief": Target(URL, "值班领导", "Duty officer", levels=(1,), stages=(1, 2), hours=("08:00-20:00", "22:00-02:00")),
    "customs": Target(URL, "查验科", "Inspection desk", agencies=("customs", "port"), language="en"),
    "ops": Target(URL, "运维", "Operations", levels=(1, 2, 3, 4)),
    "old": Target(URL, "旧网关", "Old gateway", enabled=False),
}


def notifications(lang: str, now: datetime) -> list[Component]:
    """With and without a button to try them, with nothing configured and nothing sent."""
    told, sent = states(now), log(now)
    return [
        html.Div(targets_table(told, lang, now, tests=True)), html.Div(targets_table(told[:1], lang, now, tests=False)),
        html.Div(stages_table(Escalation(), TARGETS, lang)), html.Div(sent_table(sent, TARGETS, lang, now, links=True)),
        html.Div(targets_table([], lang, now, tests=True)), html.Div(sent_table([], {}, lang, now, links=False)),
    ]  # fmt: skip


def states(now: datetime) -> list[Told]:
    """A target in each state."""
    since, until = now - timedelta(minutes=7), now + timedelta(minutes=2)
    states = (
        Doing("ok", since, "sent"), Doing("failing", since, "timeout", 2), Doing("resting", since, "refused", 5, until),
        Doing(), Doing("ok", since, "sent"),
    )  # fmt: skip
    return [
        Told(name, target, doing, waiting=7 if doing.failures else 0)
        for (name, target), doing in zip(TARGETS.items(), states, strict=True)
    ]


def log(now: datetime) -> list[SentRow]:
    """One of each outcome."""
    outcomes = (
        ("urgent", "duty", "pending", ""), ("escalate", "", "done", "sent"), ("urgent", "chief", "pending", "timeout"),
        ("notify", "customs", "done", "sent"), ("notify", "customs", "skipped", "skipped"),
        ("notify", "ops", "dead", "refused"), ("notify", "duty", "cancelled", ""),
    )  # fmt: skip
    rows = [
        SentRow(
            key=number, at=now, due_at=now - timedelta(minutes=number), kind=kind, target=target, state=state,
            attempts=int(bool(result)), tried_at=now - timedelta(minutes=number) if result else None, result=result,
            detail="errcode 310000: token is not exist" if result == "refused" else "", alert_id="0123456789abcdef",
            rule="gate_queue", level=1 if kind == "urgent" else 2, stage=number % 3, subject="G1",
        )
        for number, (kind, target, state, result) in enumerate(outcomes)
    ]  # fmt: skip
    tried = SentRow(
        key=90, at=now, due_at=now - timedelta(hours=1), kind="test", target="duty", state="done", attempts=1,
        tried_at=now - timedelta(hours=1), result="sent",
    )  # fmt: skip
    return [*rows, tried]
