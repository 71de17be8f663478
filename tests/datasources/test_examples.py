"""Every file of the shared data read by configuration alone, held to its counts through the gate into a store.

Of the two longest files the first 20,000 rows are read; the whole of them with COCKPIT_FULL=1.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.errors import FeedError
from domain.records import Measurement, VesselCall, VesselPosition, WeatherObservation
from domain.viewer import PORT_OPERATOR as VIEWER
from tests.datasources.example_counts import EXPECTED, Counts
from tests.datasources.recorded import REPO, START, Played, Player

FULL = bool(os.environ.get("COCKPIT_FULL"))
README = (REPO / "examples" / "README.md").read_text("utf-8")
READ = ("messages", "events", "reports", "rows")
CASES = [pytest.param(e, n, c, id=f"{e}/{n}") for e, feeds in EXPECTED.items() for n, c in feeds.items()]
Make = Callable[[str], Player]


@pytest.fixture
def make(shared_data: Path, tmp_path: Path) -> Iterator[Make]:
    made: list[Player] = []

    def one(example: str) -> Player:
        made.append(Player(shared_data, tmp_path, f"{example}.toml"))
        return made[-1]

    yield one
    for player in made:
        player.store.close()


@pytest.mark.parametrize(("example", "name", "counts"), CASES)
def test_what_becomes_of_each_file(make: Make, example: str, name: str, counts: Counts) -> None:
    player = make(example)
    if name == "piraeus_points":  # the same positions as the table they were taken from
        player.play("piraeus", step_seconds=0)
    if counts.error:
        with pytest.raises(FeedError) as caught:
            player.play(name, step_seconds=0)
        assert caught.value.code == counts.error
        return
    part = counts.part if not FULL else None
    wanted = part or counts
    played = player.play(name, step_seconds=0, polls=1 if part else 1_000)
    assert next(played.counts[word] for word in READ if word in played.counts) == wanted.read
    assert (played.summary, played.reasons, played.flags) == (wanted.summary, wanted.reasons, wanted.flags)
    assert {reject.raw != "" for reject in played.rejects} <= {True}
    if part is None:
        again = player.play(name, step_seconds=0, cursor=player.store.cursor(name))
        assert (again.records, again.rejects) == ([], [])


def test_the_readme_says_what_is_so() -> None:
    told = {}
    for line in README.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 8 and cells[0].startswith("`") and not line.startswith("| `ais` |"):
            told[cells[0].strip("`")] = cells
    for example, feeds in EXPECTED.items():
        assert f"### {example}.toml" in README
        for name, counts in feeds.items():
            cells = told[name]
            if counts.error:
                assert cells[4:] == ["0", "0", f"the file: `{counts.error}`", "0"], name
                continue
            accepted, duplicate, quarantined, flagged = counts.summary
            why = ", ".join(f"{n:,} `{code}`" for code, n in counts.reasons.items()) if quarantined else "0"
            odd = ", ".join(f"{n:,} `{code}`" for code, n in counts.flags.items()) if flagged else "0"
            assert cells[4:] == [f"{accepted:,}", f"{duplicate:,}", why, odd], name
            assert re.match(rf"{counts.read:,}\b", cells[3]), name


def test_every_file_is_accounted_for(shared_data: Path) -> None:
    missing = []
    for folder in ("ais", "vehicles", "terminal", "queues", "weather"):
        for path in (shared_data / folder).rglob("*"):
            name = path.relative_to(shared_data).as_posix()
            if path.is_file() and path.name != "README.md" and name not in README:
                missing.append(name)
    assert missing == []


def calls(played: Played) -> dict[str, VesselCall]:
    return {r.call_id: r for r in played.records if isinstance(r, VesselCall)}


def test_ships_whose_carrier_has_a_comma_are_where_they_are(make: Make) -> None:
    found = calls(make("terminal").play("savannah", step_seconds=0))
    assert len(found) == 143
    shifted = found["HMAM 011E"]  # "HMM AMERICA SHIPPING AGENCY, INC", of class "C, D" or the like
    assert (shifted.vessel_name, shifted.imo, shifted.berth, shifted.voyage) == (
        "HMM AMETHYST", 9944467, "CB07", "011E/011W",
    )  # fmt: skip
    assert shifted.eta == datetime(2026, 8, 21, 11, tzinfo=UTC)  # 07:00 in New York
    assert shifted.etd == datetime(2026, 8, 23, 10, tzinfo=UTC)
    assert {call.imo is not None and call.eta is not None and call.etd is not None for call in found.values()} == {True}
    assert sum(call.ata is not None for call in found.values()) == 6
    assert sum(call.atd is not None for call in found.values()) == 2


def test_an_hour_without_ais_is_no_cleared_queue(make: Make) -> None:
    played = make("queues").play("anchorage", step_seconds=0)
    waiting = {
        r.event_time: r.value for r in played.records if isinstance(r, Measurement) and r.measure == "vessels_waiting"
    }
    assert min(waiting.values()) > 20
    assert datetime(2021, 10, 1, 11, tzinfo=UTC) not in waiting
    assert {reject.detail for reject in played.rejects} >= {"total_pings: '8' is not at least 100"}


def test_no_departures_is_not_no_days(make: Make) -> None:
    played = make("queues").play("los_angeles", step_seconds=0)
    days = [r.value for r in played.records if isinstance(r, Measurement) and r.measure == "days_at_berth"]
    assert (len(days), min(days) > 0) == (230, True)


@pytest.mark.skipif(not FULL, reason="COCKPIT_FULL=1 reads the whole file")
def test_what_is_not_known_at_the_border_is_not_zero(make: Make) -> None:
    played = make("queues").play("border", step_seconds=0)
    waits = [r for r in played.records if isinstance(r, Measurement) and r.measure == "wait"]
    assert (len(waits), len({r.subject for r in waits})) == (189_768, 13)
    assert max(r.value for r in waits) == 1_792
    times = sorted({r.event_time for r in waits})
    assert max((b - a).days for a, b in itertools.pairwise(times)) == 137


def test_the_weather_of_qingdao(make: Make) -> None:
    player = make("weather")
    night = player.play("nights", step_seconds=0).records[0]
    day = player.play("days", step_seconds=0).records[0]
    assert isinstance(day, WeatherObservation)
    assert isinstance(night, WeatherObservation)
    assert (day.weather, day.temperature_celsius, day.wind_beaufort, day.wind_from_degrees) == ("晴", 4.0, 4, 225.0)
    assert (night.weather, night.temperature_celsius) == ("多云", -1.0)
    reports = player.play("airports", step_seconds=0).records
    here = [r for r in reports if isinstance(r, WeatherObservation) and r.station == "ZSQD"]
    assert [(r.event_time.day, r.wind_metres_per_second, r.pressure_hpa) for r in here] == [
        (5, 3.0, 1031.0), (8, 7.0, 1040.0), (14, 2.0, 1037.0),
    ]  # fmt: skip
    assert {(r.lon, r.visibility_metres) for r in here} == {(120.374, 10_000.0)}
    newark = [r for r in player.play("newark", step_seconds=0).records if isinstance(r, WeatherObservation)]
    [odd] = [r for r in newark if r.flags]
    assert (odd.wind_metres_per_second, odd.wind_from_degrees) == (None, 260.0)
    assert sum(r.gust_metres_per_second is None for r in newark) == 6_901
    assert round(newark[0].temperature_celsius or 0.0, 2) == 3.9  # 39.02 degrees Fahrenheit


def test_a_last_position_of_last_year_is_not_now(make: Make) -> None:
    player = make("ais")
    played = player.play("baltic", step_seconds=0)
    ages = [(START - r.event_time).total_seconds() for r in played.records]
    assert sum(age > 30 * 86_400 for age in ages) == 676 - sum(
        1 for r in played.rejects
    )  # those refused say 102.2 knots, and are old
    shown = player.store.reads.vessels(VIEWER)
    assert 300 < len(shown.ids) < 1_138


def test_tenths_and_ten_thousandths(make: Make) -> None:
    tankers = [r for r in make("ais").play("tankers", step_seconds=0).records if isinstance(r, VesselPosition)]
    first = tankers[0]
    assert (round(first.lon, 6), round(first.lat, 6), first.speed_knots, first.course_degrees) == (
        103.77717, 1.139412, 9.0, 46.0,
    )  # fmt: skip
    assert all(95 < r.lon < 180 for r in tankers)
