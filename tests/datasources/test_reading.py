"""Cells to values: what is understood, what is refused, what is flagged."""

from __future__ import annotations

import contextlib
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasources.mapping import Column, check_mapping, field_types
from datasources.reading import UnusableError, reader

STAY, TASK = field_types("container_stay"), field_types("inspection_task")


def read(field: str, cell: Any, dataset: str = "container_stay", zone: str = "Asia/Shanghai", **how: Any) -> Any:
    flags: list[str] = []
    value = reader(field, Column(column="c", **how), field_types(dataset)[field], zone)(cell, flags)
    return (value, flags) if flags else value


ARRIVED = datetime(2021, 7, 11, 11, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cell", "how"),
    [
        ("2021-07-11 19:00:00", {}),
        ("2021-07-11T19:00", {}),
        ("2021/7/11 19:00", {}),
        ("2021.07.11 19:00:00", {}),
        ("2021-07-11T11:00:00Z", {}),
        ("2021-07-11T13:00:00+02:00", {}),
        ("11.07.21 13:00", {"format": "%d.%m.%y %H:%M", "timezone": "Europe/Berlin"}),
        ("1626001200000", {"format": "epoch_ms"}),
        (1626001200.0, {"format": "epoch_s"}),
        (datetime(2021, 7, 11, 19, 0), {}),
    ],
)
def test_one_instant_in_many_spellings(cell: Any, how: dict[str, str]) -> None:
    assert read("arrived_at", cell, **how) == ARRIVED


def test_a_day_begins_at_midnight_of_its_zone() -> None:
    assert read("arrived_at", date(2021, 7, 11)) == datetime(2021, 7, 10, 16, 0, tzinfo=UTC)
    assert read("arrived_at", "2021/7/11") == datetime(2021, 7, 10, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "cell", ["", "19:00", "20210711", "44388.79", 44388.79, "2021-13-01 00:00", "yesterday", "9" * 5000, True]
)
def test_what_is_no_time_is_refused(cell: Any) -> None:
    with pytest.raises(UnusableError) as caught:
        read("arrived_at", cell)
    assert caught.value.reason == "not_a_time"
    assert caught.value.detail.startswith("arrived_at: ")
    assert len(caught.value.detail) < 100


def test_hours_that_exist_twice_or_never_are_flagged() -> None:
    autumn = read("arrived_at", "2021-11-07 01:30:00", zone="America/New_York")
    assert autumn == (datetime(2021, 11, 7, 5, 30, tzinfo=UTC), ["time_ambiguous"])
    assert read("arrived_at", "2021-03-14 02:30:00", zone="America/New_York")[1] == ["time_ambiguous"]
    assert read("arrived_at", "2021-03-14 03:30:00", zone="America/New_York") == datetime(
        2021, 3, 14, 7, 30, tzinfo=UTC
    )


def test_numbers() -> None:
    assert read("weight_tonnes", "24000", factor=0.001) == 24.0
    assert read("weight_tonnes", "0") == 0.0
    assert read("weight_tonnes", "-1.5e1") == -15.0
    assert read("length_ft", "40.0") == 40
    assert read("length_ft", 40.0) == 40


@pytest.mark.parametrize(
    "cell", ["nan", "inf", "-Infinity", "1e999", "1_000", "0x10", "12,5", "9" * 5_000, "四十", True, float("nan")]
)
def test_what_is_no_number_is_refused(cell: Any) -> None:
    for field in ("weight_tonnes", "length_ft"):
        with pytest.raises(UnusableError) as caught:
            read(field, cell)
        assert caught.value.reason == "not_a_number"


def test_half_a_foot_is_no_whole_number() -> None:
    with pytest.raises(UnusableError):
        read("length_ft", "40.5")


def test_words_are_looked_up() -> None:
    words = {"出口": "export", "进口": "import"}
    assert read("direction", " 出口 ", "inspection_task", values=words) == "export"
    assert read("direction", "过境", "inspection_task", values=words) == (None, ["unknown_direction"])
    assert read("kind", "reefer") == "reefer"
    assert read("area", "前湾港北港查验区1号平台", "inspection_task", contains={"北港": "north"}) == "north"
    assert read("area", "董家口", "inspection_task", contains={"北港": "north"}, otherwise="{}") == "董家口"
    assert (
        read("result", "别的", "check_result", values={"箱号不一致": "container_mismatch"}, otherwise="other:{}")
        == "other:别的"
    )


def test_a_word_the_record_cannot_do_without_is_refused() -> None:
    with pytest.raises(UnusableError) as caught:
        read("node", "吃饭", "inspection_step", values={"预约查验": "appointed"})
    assert caught.value.reason == "unknown_value"


def test_lists_prefixes_and_truth() -> None:
    assert read("containers", "TEMU0190890 ; NSSU7110863;", "inspection_task", split=";") == (
        "TEMU0190890",
        "NSSU7110863",
    )
    assert read("stay_id", "17", prefix="CTA-") == "CTA-17"
    assert read("fresh", "是", "inspection_task") is True
    assert read("fresh", "普通货物", "inspection_task", values={"普通货物": False}) is False


def test_a_long_number_of_a_spreadsheet_has_lost_digits() -> None:
    assert read("declaration_no", 425820210000443873.0, "inspection_task")[1] == ["digits_lost"]
    assert read("declaration_no", 12345.0, "inspection_task") == "12345"


@pytest.mark.parametrize(
    ("dataset", "mapping", "says"),
    [
        ("containers", {}, "dataset 'containers' is unknown"),
        ("container_stay", {"stay_id": "a"}, "mapping.arrived_at: is needed"),
        ("container_stay", {"stay_id": "a", "arrived_at": "b", "box": "c"}, "mapping.box: no field"),
        ("vehicle_position", {"vehicle_id": "a", "lon": "b", "lat": "c"}, "mapping.event_time: is needed"),
        (
            "inspection_task",
            {"declaration_no": "a", "direction": Column(column="b", values={"出": "out"})},
            "may be export, import",
        ),
        (
            "inspection_task",
            {"declaration_no": "a", "fresh": Column(column="b", values={"鲜": "yes"})},
            "not true or false",
        ),
        ("inspection_task", {"declaration_no": "a", "direction": Column(column="b", otherwise="{}")}, "may be export"),
    ],
)
def test_a_mapping_that_cannot_work_is_refused(dataset: str, mapping: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=r"mapping|dataset") as caught:
        check_mapping(dataset, mapping, has_time=False)
    assert says in str(caught.value)


@pytest.mark.parametrize("how", [{}, {"column": "a", "constant": 1}, {"column": "a", "timezone": "Mars/Olympus"}])
def test_a_column_that_cannot_be_meant_is_refused(how: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        Column(**how)


@given(st.text(max_size=80) | st.floats() | st.booleans() | st.integers().map(str))
def test_any_cell_is_a_value_or_unusable(cell: Any) -> None:
    for field in ("arrived_at", "length_ft", "weight_tonnes", "stay_id"):
        with contextlib.suppress(UnusableError):
            read(field, cell)
    for field in ("direction", "fresh", "agent", "containers"):
        with contextlib.suppress(UnusableError):
            read(field, cell, "inspection_task")
