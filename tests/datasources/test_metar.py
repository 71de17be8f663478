"""Weather reports: dated, whole, in SI units, and nothing else read as one."""

from __future__ import annotations

import contextlib
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasources.metar_report import decoded
from datasources.reading import UnusableError
from tests.contract.metar_rig import lay, report
from tests.contract.rig import Clock, Outcome, create, read

NEAR = datetime(2018, 12, 5, 12, tzinfo=UTC)


def told(text: str, near: datetime = NEAR) -> dict[str, Any]:
    return decoded(text, near)[0]


def refused(text: str, near: datetime = NEAR) -> str:
    with pytest.raises(UnusableError) as caught:
        decoded(text, near)
    return caught.value.reason


def taken(folder: Path, *reports: str, name: str = "metar.txt", **options: Any) -> Outcome:
    clock = Clock()
    return read(create("metar", {**lay(*reports, name=name)(folder), **options}, folder, clock), clock)


def test_units_are_ours_whatever_the_country_writes() -> None:
    china = told("METAR ZSQD 050200Z 32007G12MPS 290V360 1300 -SN BR OVC020 M03/M12 Q1040 NOSIG")
    assert (china["wind_metres_per_second"], china["gust_metres_per_second"], china["wind_from_degrees"]) == (
        7,
        12,
        320,
    )
    assert (china["visibility_metres"], china["temperature_celsius"], china["pressure_hpa"]) == (1300, -3, 1040)
    assert china["weather"] == "-SN BR"
    newark = told("METAR KEWR 050251Z AUTO 08010KT 1/2SM FG OVC001 10/09 A2992 RMK AO2 P0010")
    assert (newark["wind_metres_per_second"], newark["visibility_metres"]) == (5.14, 804.67)
    assert (newark["pressure_hpa"], newark["precipitation_millimetres"]) == (1013.21, 2.54)


def test_what_is_not_told_is_not_zero() -> None:
    calm = told("METAR ZSQD 050200Z 00000MPS CAVOK 00/M00 Q1031")
    assert (calm["wind_metres_per_second"], calm["temperature_celsius"]) == (0, 0)
    assert (calm["visibility_metres"], calm["weather"]) == (10_000, "CAVOK")
    assert "gust_metres_per_second" not in calm
    variable = told("METAR ZSQD 050200Z VRB01MPS 9999 03/M06 Q1031")
    assert "wind_from_degrees" not in variable
    assert "precipitation_millimetres" not in variable


@pytest.mark.parametrize(
    ("group", "near", "at"),
    [
        ("050230", NEAR, datetime(2018, 12, 5, 2, 30, tzinfo=UTC)),
        ("302330", datetime(2018, 12, 1, 0, 5, tzinfo=UTC), datetime(2018, 11, 30, 23, 30, tzinfo=UTC)),
        ("010000", datetime(2018, 12, 31, 23, 50, tzinfo=UTC), datetime(2019, 1, 1, tzinfo=UTC)),
        ("311200", datetime(2019, 2, 10, tzinfo=UTC), datetime(2019, 1, 31, 12, tzinfo=UTC)),
        ("290000", datetime(2020, 2, 20, tzinfo=UTC), datetime(2020, 2, 29, tzinfo=UTC)),
    ],
)
def test_a_day_of_the_month_is_that_nearest_to_the_date_told(group: str, near: datetime, at: datetime) -> None:
    assert decoded(f"METAR ZSQD {group}Z 32007MPS CAVOK M03/M12 Q1040", near)[1] == at


def test_the_date_is_told_by_option_by_name_or_by_the_file(tmp_path: Path) -> None:
    def year(name: str, **options: Any) -> int:
        (tmp_path / name).mkdir()
        [record] = taken(tmp_path / name, report(0, "040200"), name=name, **options).records
        return record.event_time.year

    assert year("metar_2018-12-05T02Z.txt") == 2018
    assert year("m20171205.txt") == 2017
    assert year("metar.txt") == 2031
    assert year("metar_2018-12-06.txt", at="2016-03-02") == 2016


def test_dates_above_each_report_count(tmp_path: Path) -> None:
    outcome = taken(tmp_path, "2019/04/04 02:00", report(0), "2020/04/04 02:00", report(0))
    assert [r.event_time.year for r in outcome.records] == [2019, 2020]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("METAR ZJHK 141300Z 05003MPS 5000", "report_cut_off"),
        ("SPECI RCSS 141300Z 10014KT 9999", "report_cut_off"),
        ("METAR ZSQD 050200Z NIL", "missing_value"),
        ("METAR ZSQD 322500Z 32007MPS CAVOK M03/M12 Q1040", "not_a_time"),
        ("METAR ZSQD 052500Z 32007MPS CAVOK M03/M12 Q1040", "not_a_time"),
        ("TAF ZSQD 050200Z 0503/0512 32007MPS CAVOK", "not_a_report"),
        ("", "not_a_report"),
    ],
)
def test_what_is_no_whole_report_is_refused(text: str, reason: str) -> None:
    assert refused(text) == reason


def test_what_is_not_understood_in_part_is_flagged() -> None:
    values, _, flags = decoded("METAR EGLL 050230Z 18005KT 9999 XYZ123 10/08 Q1000", NEAR)
    assert (values["temperature_celsius"], flags) == (10, ["report_incomplete"])
    values, _, flags = decoded("METAR EGLL 050230Z AUTO 18005KT 9999 10/08", NEAR)
    assert ("pressure_hpa" not in values, flags) == (True, ["report_incomplete"])


_WORDS = st.sampled_from(
    ["METAR", "ZSQD", "050200Z", "32007MPS", "32007G99KT", "/////", "CAVOK", "9999", "M03/M12", "//", "Q1040", "Q////",
     "A2992", "RMK", "BECMG", "R28/0500V0750", "+SN", "VV///", "1/2SM", "=", "\n", "P0010", "\x00", "WS", "鲁"]
)  # fmt: skip


@given(
    st.one_of(
        st.text(), st.lists(_WORDS).map(" ".join), st.lists(_WORDS).map(lambda w: f"METAR ZSQD 050200Z {' '.join(w)}")
    )
)
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(UnusableError):
        values, at, _ = decoded(text, NEAR)
        assert abs((at - NEAR).days) <= 31
        assert values["station"] in text
        assert all(math.isfinite(v) for n, v in values.items() if n not in ("station", "weather"))


@given(st.binary(max_size=300))
def test_any_bytes_are_no_report_unless_they_begin_one(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.mktemp("metar")
    clock = Clock()
    outcome = read(create("metar", lay(data)(folder), folder, clock), clock)
    assert outcome.records == []
    assert outcome.rejects or outcome.problems
