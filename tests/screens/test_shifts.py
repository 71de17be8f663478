"""The report of the alarm system on itself, and the handover: what they say of a moment and whom they refuse."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi.testclient import TestClient

from domain.shift import Handover, Shift, ShiftError
from domain.shift_brief import Brief, Order, brief
from layouts.stage import stage
from pages._shift_sample import reports
from tests.screens import pictures
from tests.screens.test_pages import lay_out

AT = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
SHIFT = Shift("2026-11-20T08:00", AT - timedelta(hours=4), AT + timedelta(hours=8))
PAST = f"?at={AT:%Y-%m-%dT%H:%M:%SZ}"
PARTS = ("open", "changed", "shelved", "out", "promised", "feeds")


class Desk:
    """One shift, whose handover the test sets; refuses what it is told to; remembers what it was asked."""

    def __init__(self) -> None:
        self.stands = Handover(shift_id=SHIFT.shift_id, begins=SHIFT.begins, ends=SHIFT.ends)
        self.refuses, self.asked, self.signed = "", [], []  # type: ignore[var-annotated]

    def due(self, viewer: Any, now: datetime) -> Shift:
        return SHIFT

    def named(self, shift_id: str) -> Shift:
        if shift_id != SHIFT.shift_id:
            raise ShiftError("unknown", shift_id)
        return SHIFT

    def handover(self, viewer: Any, of: Shift) -> Handover:
        return self.stands

    def past(self, viewer: Any, until: datetime) -> list[Handover]:
        return [self.stands] if self.stands.version else []

    def brief(self, viewer: Any, of: Shift, at: datetime | None = None, known: str = "") -> Brief:
        self.asked.append(at)
        return brief(
            of.begins, at or AT, [], [pictures.alert(1, 5), pictures.alert(3, 9, "acknowledged", acknowledged_by="li")]
        )

    def sign_out(self, *given: Any) -> Any:
        if self.refuses:
            raise ShiftError(self.refuses, "")
        self.signed.append(given[1:])


@pytest.fixture
def desk(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> Desk:
    made = Desk()
    monkeypatch.setattr(stage, "shifts", made, raising=False)
    return made


def ask(client: TestClient, outputs: list[tuple[str, str]], inputs: Any, state: Any, changed: str) -> Any:
    """What a callback answers."""
    several = len(outputs) > 1
    names = [{"id": name, "property": kind} for name, kind in outputs]
    said = "...".join(f"{name}.{kind}" for name, kind in outputs)
    body = {
        "output": f"..{said}.." if several else said, "outputs": names if several else names[0],
        "inputs": [{"id": name, "property": kind, "value": value} for name, kind, value in inputs],
        "state": [{"id": name, "property": kind, "value": value} for name, kind, value in state],
        "changedPropIds": [changed],
    }  # fmt: skip
    answer = client.post("/_dash-update-component", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["response"]


def show(client: TestClient, search: str = "", shift: str = "") -> Any:
    """The handover's page."""
    outputs = [("shift-head", "children"), *((f"shift-{part}", "children") for part in PARTS),
               ("shift-signed", "children"), ("shift-past", "children"), ("shift-noting", "hidden"),
               ("shift-sign", "hidden"), ("shift-take", "hidden"), ("shift-why", "children"),
               ("shift-seen", "data")]  # fmt: skip
    inputs = [("shift-tick", "n_intervals", 1), ("shift-answer", "children", ""), ("shell-moment", "data", None)]
    state = [("_pages_location", "search", search), ("shift-asked", "data", shift), ("shift-lang", "data", "en")]
    return ask(client, outputs, inputs, state, "shift-tick.n_intervals")


def sign(client: TestClient, search: str = "") -> str:
    """Press the button of who goes."""
    inputs = [("shift-sign", "n_clicks", 1), ("shift-take", "n_clicks", 0)]
    state = [("shift-note", "value", "QC 7"), ("shift-seen", "data", {"shift": SHIFT.shift_id, "version": 0}),
             ("shell-moment", "data", None), ("_pages_location", "search", search),
             ("shift-lang", "data", "en")]  # fmt: skip
    found = ask(client, [("shift-answer", "children")], inputs, state, "shift-sign.n_clicks")
    return str(found["shift-answer"]["children"])


def hidden(told: Any) -> tuple[bool, bool]:
    return told["shift-sign"]["hidden"], told["shift-take"]["hidden"]


def test_who_goes_signs_first_then_another(client: TestClient, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    told = show(client)
    said = json.dumps(told)
    assert "Gate queue" in said
    assert "acknowledged by li" in said
    assert "nobody has it" in said
    assert hidden(told) == (False, True)
    assert told["shift-seen"]["data"] == {"shift": SHIFT.shift_id, "version": 0}
    now = datetime.now(UTC)
    desk.stands = Handover(shift_id=SHIFT.shift_id, begins=SHIFT.begins, ends=SHIFT.ends, version=1, out_by="li",
                           out_at=now, note="<b>QC 7</b> slow")  # fmt: skip
    told = show(client)
    assert hidden(told) == (True, False)
    assert "<b>QC 7</b> slow" in json.dumps(told)  # a text, never an element


def test_paper_carries_every_line_both_sign(client: TestClient, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [pictures.alert(2, n) for n in range(320)]
    orders = [Order(order_id="1", agency="customs", state="ordered", rule="gate_queue", subject="g1")]
    monkeypatch.setattr(desk, "brief", lambda viewer, of, *when: brief(of.begins, AT, [], rows, orders))
    shown = show(client)
    told = json.dumps(shown["shift-open"])
    assert '"Customs"' in json.dumps(shown["shift-promised"])
    screen, paper = "and 306 more", "and 20 more"
    assert (told.count('"className": "on-paper"'), screen in told, paper in told) == (286, True, True)


def test_of_a_past_moment_nothing_is_signed(client: TestClient, desk: Desk) -> None:
    assert hidden(show(client, PAST)) == (True, True)
    assert desk.asked == [AT]
    assert sign(client, PAST)
    assert desk.signed == []
    assert sign(client)
    assert desk.signed == [(SHIFT.shift_id, 0, "QC 7")]


@pytest.mark.parametrize("code", ["changed", "same_person", "taken", "other_signed"])
def test_a_refusal_is_said_in_words(client: TestClient, desk: Desk, code: str) -> None:
    desk.refuses = code
    assert sign(client).startswith("Not done: ")
    assert "There is no shift of that name" in json.dumps(show(client, shift="yesterday"))


def figures(client: TestClient, search: str = "", span: str = "day") -> str:
    """The report's page."""
    outputs = [(f"metrics-{name}", "children") for name in ("figures", "rate", "rules")]
    inputs = [("metrics-span", "value", span), ("metrics-tick", "n_intervals", 1), ("shell-moment", "data", None)]
    state = [("_pages_location", "search", search), ("metrics-lang", "data", "en")]
    return json.dumps(ask(client, outputs, inputs, state, "metrics-span.value"), ensure_ascii=False)


def test_figures_stand_beside_their_limits_and_the_worst_rule_is_told_what_to_do(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    made = SimpleNamespace(reports=lambda viewer, *moment: asked.append(moment) or reports(moment[0] or AT))
    monkeypatch.setattr(stage, "alarm", made, raising=False)
    told = figures(client, PAST)
    assert asked == [(AT, "corrected")]
    for part in ("EEMUA 191, ISA-18.2", "IMO MSC.302(87)", "≤ 150", "≥ 80 %", "is-must", "flood above 10",
                 "Group them by cause", "Raise the dead-band"):  # fmt: skip
        assert part in told, part
    assert told.index("Sailing at risk") > told.index("Gate queue")
    page = json.dumps(lay_out(client, "/alerts/report", "?lang=en&span=week"))
    assert '"value": "week"' in page
    for address in ("/alerts", "/alerts/shifts", "/alerts/report"):
        assert f'"{address}"' in page
