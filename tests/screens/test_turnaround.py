"""The page of turnaround: it follows the moment, the filters and the day, and says what it cannot tell."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from domain.segments import Segments
from layouts.stage import stage
from tests.screens.test_pages import lay_out

AT = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
INPUTS = ("kind", "mode", "area", "direction", "day")


class Shelf:
    """A month of inspections as of whenever it is asked for; remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []

    def segments(self, viewer: Any, since: datetime, at: datetime | None = None, known: str = "") -> Segments:
        from pages._turnaround_sample import inspections

        self.asked.append((since, at, known))
        return inspections(at or AT)

    def oldest(self, viewer: Any) -> datetime:
        return AT - timedelta(days=90)


@pytest.fixture
def shelf(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    made = Shelf()
    monkeypatch.setattr(stage, "reads", made)
    return made


def show(client: TestClient, search: str = f"?at={AT:%Y-%m-%dT%H:%M:%SZ}", pick: str = "", **values: str) -> str:
    """What stands on the page then."""
    told = [(f"turnaround-{name}", "value", values.get(name, "")) for name in INPUTS]
    told += [("turnaround-pick", "data", {"value": pick} if pick else None), ("turnaround-tick", "n_intervals", 0)]
    told += [("shell-moment", "data", None)]
    body = {
        "output": "turnaround-shown.children", "outputs": {"id": "turnaround-shown", "property": "children"},
        "inputs": [{"id": name, "property": kind, "value": value} for name, kind, value in told],
        "state": [{"id": "_pages_location", "property": "search", "value": search},
                  {"id": "turnaround-lang", "property": "data", "value": "en"}],
        "changedPropIds": ["turnaround-kind.value"],
    }  # fmt: skip
    answer = client.post("/_dash-update-component", json=body)
    assert answer.status_code == 200, answer.text
    return json.dumps(answer.json(), ensure_ascii=False)


def test_it_is_reached_by_the_tabs_and_takes_filters_from_the_address(client: TestClient) -> None:
    assert '"/inspections/turnaround"' in json.dumps(lay_out(client, "/inspections"))
    laid = json.dumps(lay_out(client, "/inspections/turnaround", "?kind=farm&day=2026-11-10&mode=odd"))
    assert '"value": "farm"' in laid
    assert '"value": "2026-11-10"' in laid
    assert '"value": "odd"' not in laid


def test_it_follows_the_moment_and_says_by_which_definition(client: TestClient, shelf: Shelf) -> None:
    days = stage.settings.inspections.baseline_days
    shown = show(client, f"?at={AT:%Y-%m-%dT%H:%M:%SZ}&known=then")
    assert shelf.asked == [(AT - timedelta(days=days), AT, "then")]
    assert "240 from commission to release" in shown
    assert "For 12 more" in shown
    assert "40 did not tell it" in shown


def test_filters_narrow_down_and_are_answered_from_what_was_read(client: TestClient, shelf: Shelf) -> None:
    assert "240 from commission" in show(client)
    narrow = show(client, kind="farm")
    assert "240 from commission" not in narrow
    assert "Bottleneck" in narrow
    assert len(shelf.asked) == 1
    assert "loosen the filters" in show(client, area="north")


@pytest.mark.parametrize(
    ("day", "said"),
    [("", "Enter a day above"), ("last week", "That is no date"), ("2019-01-01", "not within the days"),
     ("2026-11-14", "It has taken longer since"), ("2026-11-19", "it cannot be told")],
)  # fmt: skip
def test_a_day_is_compared_or_refused_in_words(client: TestClient, shelf: Shelf, day: str, said: str) -> None:
    assert said in show(client, day=day)


def test_a_stretch_is_picked_for_its_distribution(client: TestClient, shelf: Shelf) -> None:
    assert "Distribution (h): Commission" in show(client)
    assert "Distribution (min): Inspected" in show(client, pick="billed")
    assert "Distribution (h): Commission" in show(client, pick="<script>")
