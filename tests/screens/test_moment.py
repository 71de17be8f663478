"""Screens of a past moment: the address says which, acts are locked, nothing live stands on them."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from components.alert_cards import alert_cards
from components.forecast import figure, forecast_tile
from components.yard import yard_tile
from domain.pictures import AlertsPicture, Picture, YardPicture
from layouts.hindsight import what_happened
from layouts.moment import LIVE, moment_in, moment_of
from layouts.shell import PAGES
from layouts.stage import stage
from live.views import Viewed, looking_at, registered
from tests.conftest import REPO
from tests.screens import pictures
from tests.screens.test_pages import lay_out
from tests.screens.trees import having, text

THEN = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
ADDRESS = "?at=2026-11-21T03:00:00Z&known=then"
SEEN = Viewed(at=THEN, known="corrected", oldest=THEN - timedelta(days=60))


def test_the_address_says_the_moment_and_whose_knowledge_of_it() -> None:
    moment = moment_of(None, ADDRESS)
    assert (moment.at, moment.known, moment.locked) == (THEN, "then", True)
    assert moment_of(None, "?at=2026-11-21T11:00:00%2B08:00").at == THEN
    assert moment_of(None, "?at=2026-11-21T11:00:00+08:00").at == THEN
    assert moment_of(None, ADDRESS.replace("then", "yesterday")).known == "corrected"
    assert moment_in({"since": "2026-11-21T03:00:00Z", "until": "2026-11-21T04:00:00Z"}).at == THEN


def test_what_the_page_was_told_wins_over_the_address() -> None:
    assert moment_of("", ADDRESS) == LIVE
    assert moment_of(ADDRESS, "").at == THEN
    assert moment_of(None, "") == moment_of(None, None) == LIVE


@pytest.mark.parametrize("said", ["yesterday", "2026-11-21T03:00:00", "9999-99-99", "\x00"])
def test_a_time_nobody_can_read_is_never_live(said: str) -> None:
    moment = moment_in({"at": said})
    assert moment.at is None
    assert moment.locked


@pytest.mark.parametrize("path", PAGES)
def test_no_page_of_the_past_is_laid_out_with_what_is_live(client: TestClient, path: str) -> None:
    places = having_views(lay_out(client, path, f"{ADDRESS}&lang=en"))
    assert places or path == "/tracks" or path.startswith("/admin/")
    for place in places:
        assert "Reading how it stood at 21 Nov 2026 11:00" in json.dumps(place)


def having_views(tree: Any) -> list[Any]:
    """All places of views in an encoded tree."""
    if isinstance(tree, list):
        return [found for one in tree for found in having_views(one)]
    if not isinstance(tree, dict):
        return []
    here = [tree] if "data-view" in tree else []
    return here + [found for one in tree.values() for found in having_views(one)]


def test_cards_of_alerts_say_why_nothing_can_be_done_in_the_past() -> None:
    assert not having(alert_cards(pictures.alerts(), "en"), "locked")
    with looking_at(SEEN):
        locked = having(alert_cards(pictures.alerts(), "en"), "locked")
    assert "21 Nov 2026 11:00, not live: nothing can be done here" in text(locked)


def test_the_shell_holds_the_time_control_and_every_word_it_needs(client: TestClient) -> None:
    shell = client.get("/_dash-layout", headers={"cookie": "cockpit_lang=en"}).text
    for name in ("live", "text", "known", "range", "step", "play", "speed", "share", "bar", "reason", "input", "open"):
        assert f'"data-time-{name}"' in shell
    assert "NOT LIVE" in shell
    texts = json.loads(re.search(r'\{\\"zone\\".*?\}\}', shell).group().replace('\\"', '"').replace("\\\\", "\\"))  # type: ignore[union-attr]
    assert texts["zone"] == "Asia/Shanghai"
    assert texts["zh_CN"].keys() == texts["en"].keys()
    used = set(re.findall(r'"(time\.[a-z_.]+)"', "".join(f.read_text("utf-8") for f in _scripts())))
    assert sorted(key for key in used if not key.endswith(".") and key not in texts["en"]) == []


def _scripts() -> list[Any]:
    return [*(REPO / "assets").glob("time*.js"), *(REPO / "assets").glob("screens*.js")]


def test_an_empty_place_of_the_past_says_where_history_begins() -> None:
    nothing = AlertsPicture(as_of=THEN)
    with looking_at(SEEN):
        assert "No alerts" in text(alert_cards(nothing, "en"))
        assert "Nothing of this kind" in text(yard_tile(YardPicture(), "en", {}, 0.85))
    with looking_at(Viewed(at=THEN, oldest=THEN + timedelta(hours=1))):
        assert "No data before 21 Nov 2026 12:00" in text(yard_tile(YardPicture(), "en", {}, 0.85))
        assert "No data before 21 Nov 2026 12:00" in text(alert_cards(nothing, "en"))
    with looking_at(Viewed(at=THEN, oldest=None)):
        assert "no history" in text(yard_tile(None, "en", {}, 0.85))


def test_before_all_history_no_false_zero_is_drawn() -> None:
    with looking_at(Viewed(at=THEN, oldest=THEN + timedelta(hours=1))):
        tile = text(yard_tile(pictures.yard(), "en", {}, 0.85))
    assert "No data before" in tile
    assert "%" not in tile


def test_a_moment_without_states_of_feeds_still_says_that_data_are_simulated(client: TestClient) -> None:
    band = registered()["shell-band"]
    assert "Simulated" not in text(band.render({"feeds": Picture()}, "en"))
    with looking_at(SEEN):
        said = text(band.render({"feeds": Picture()}, "en"))
    assert "Simulated data: Feed yard" in said
    assert "2013" not in said, "the recording's time of now is not that of then"


def test_a_forecast_of_then_shows_the_moment_and_what_came() -> None:
    row = pictures.forecasts().rows[0]
    happened = [(row.times[hour], 0.66) for hour in range(5)]
    seen = Viewed(at=row.times[0] + timedelta(hours=2), known="corrected", oldest=THEN)
    with looking_at(seen):
        tile = forecast_tile(row, row.key, "en", graph="g", happened=happened)
        drawn = figure(row, "en", happened=happened)
        assert "what really came" in text(tile)
    assert [note.text for note in drawn.layout.annotations if "moment" in note.text] == ["moment 16:00"]
    actual = [trace for trace in drawn.data if trace.name == "what came"]
    assert list(actual[0].y) == [66.0] * 5
    assert not [note for note in figure(row, "en").layout.annotations if "moment" in note.text]


def test_as_known_then_nothing_later_is_drawn_beside_a_forecast(client: TestClient) -> None:
    row = pictures.forecasts().rows[0]
    asked: list[tuple[datetime, datetime]] = []

    def series(_: Any, metric: str, subject: str, since: datetime, until: datetime) -> Any:
        asked.append((since, until))
        return [since], [0.5]

    stage.reads.series = series  # type: ignore[method-assign]
    assert what_happened(row) == ()
    two_hours_on = row.times[0] + timedelta(hours=2)
    with looking_at(Viewed(at=two_hours_on, known="then", oldest=THEN)):
        assert len(what_happened(row)) == 1
    with looking_at(Viewed(at=two_hours_on, known="corrected", oldest=THEN)):
        what_happened(row)
    with looking_at(Viewed(at=row.times[0] - timedelta(hours=1), known="then", oldest=THEN)):
        assert what_happened(row) == ()
    assert asked == [(row.times[0], two_hours_on), (row.times[0], row.times[-1] + timedelta(hours=1))]


def test_no_view_reads_the_wall_clock() -> None:
    found = []
    for room in ("components", "pages", "layouts"):
        for file in (REPO / room).rglob("*.py"):
            if re.search(r"datetime\.now|time\.time\(|utcnow|date\.today", file.read_text("utf-8")):
                found.append(f"{room}/{file.name}")
    assert found == ["layouts/moment.py"], "only what is asked live ends at the present"
