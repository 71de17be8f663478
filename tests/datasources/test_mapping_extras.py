"""What a mapping can do with odd tables: texts cut out, columns joined, several figures a row, rows too long."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasources.csv_drop import Options
from datasources.mapping import Column, field_types
from datasources.reading import UnusableError, reader
from domain.records import Measurement, VesselCall
from tests.contract.rig import Outcome
from tests.datasources.drop import Drop

FIGURE = {"measure": {"constant": "wait"}, "subject": "gate", "event_time": "at", "value": "minutes"}
CALL = {"call_id": "id", "vessel_name": "name", "eta": {"columns": ["day", "clock"], "format": "%d.%m.%Y %H:%M"}}


def read(field: str, cell: Any, dataset: str = "measurement", **how: Any) -> Any:
    flags: list[str] = []
    value = reader(field, Column(column="c", **how), field_types(dataset)[field], "Asia/Shanghai")(cell, flags)
    return (value, flags) if flags else value


def taken(folder: Path, text: str, dataset: str = "measurement", **options: Any) -> Outcome:
    drop = Drop(folder, dataset=dataset, **options)
    drop.put("a.csv", text)
    return drop.read()


def why(outcome: Outcome) -> list[tuple[str, str]]:
    return [(reject.reason, reject.detail) for reject in outcome.rejects]


# --- texts ------------------------------------------------------------------------------------------
def test_a_part_of_a_text_is_read() -> None:
    assert read("value", "26 minutos", match=r"^(\d+) minutos$") == 26.0
    assert read("value", "-3℃/7℃", match=r"/(-?\d+)℃") == 7.0
    assert read("wind_beaufort", "南风3-4级", "weather_observation", match=r"(\d+)级$") == 4
    assert read("subject", " msku 1234565", match=r"[a-z]{4}", upper=True) == "MSKU"
    south = {"match": "^([东南西北]+)风", "values": {"南": 180}}
    assert read("wind_from_degrees", "南风3-4级", "weather_observation", **south) == 180.0


def test_a_text_of_another_form_is_refused_or_flagged_never_guessed() -> None:
    with pytest.raises(UnusableError) as caught:
        read("value", "2:17 horas", match=r"^(\d+) minutos$")
    assert (caught.value.reason, "2:17 horas" in caught.value.detail) == ("unknown_value", True)
    odd = read("wind_beaufort", "微风", "weather_observation", match=r"(\d+)级")
    assert odd == (None, ["unknown_wind_beaufort"])


def test_fahrenheit_becomes_celsius() -> None:
    how = {"factor": 5 / 9, "offset": -160 / 9}
    assert read("temperature_celsius", "212", "weather_observation", **how) == pytest.approx(100)
    assert read("temperature_celsius", -40.0, "weather_observation", **how) == pytest.approx(-40)
    assert read("trucks_waiting", "7", "gate_state", offset=-2) == 5


@given(st.text(), st.sampled_from([r"(\d+)", r"^(.*)$", r"(a)|b", "x?"]))
def test_any_text_is_found_or_refused(cell: str, pattern: str) -> None:
    with contextlib.suppress(UnusableError):
        assert isinstance(read("value", cell, match=pattern), float)


@given(st.text(max_size=30))
def test_capitals_are_those_of_the_text(cell: str) -> None:
    assert read("subject", cell, upper=True) == cell.strip().upper()


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ({"column": "a", "columns": ["b"]}, "either column or columns or constant"),
        ({}, "either column or columns or constant"),
        ({"column": "a", "match": "("}, "no regular expression"),
        ({"column": "a", "offset": float("nan")}, "offset must be a number"),
    ],
)
def test_a_column_that_cannot_be_meant_is_refused(spec: dict[str, Any], says: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=says):
        msgspec.convert(spec, Column)


# --- columns ----------------------------------------------------------------------------------------
def test_a_date_and_a_time_of_day_are_one_time(tmp_path: Path) -> None:
    text = "id,name,day,clock\n1,A, 04.05.2031 ,07:00\n2,B,,07:00\n3,C,04.05.2031,\n4,D,04.05.2031,soon\n"
    outcome = taken(tmp_path, text, "vessel_call", mapping=CALL)
    etas = [r.eta for r in outcome.records if isinstance(r, VesselCall)]
    assert etas == [datetime(2031, 5, 3, 23, tzinfo=UTC), None, None]
    assert why(outcome) == [("not_a_time", "eta: '04.05.2031 soon'")]


def test_a_name_of_several_columns_is_blank_as_soon_as_one_is(tmp_path: Path) -> None:
    mapping = {**FIGURE, "subject": {"columns": ["gate", "lane"], "separator": " / "}}
    text = "gate,lane,at,minutes\nG1,fast,2031-05-04 10:00,3\nG1,,2031-05-04 10:00,9\n"
    outcome = taken(tmp_path, text, mapping=mapping)
    assert [r.subject for r in outcome.records if isinstance(r, Measurement)] == ["G1 / fast"]
    assert why(outcome) == [("missing_value", "subject: blank")]


def test_a_word_means_no_value_in_one_column_alone(tmp_path: Path) -> None:
    mapping = {**FIGURE, "value": {"column": "minutes", "blank": ["0"]}, "unit": "n"}
    outcome = taken(tmp_path, "gate,at,minutes,n\nG1,2031-05-04 10:00,0,0\nG2,2031-05-04 10:00,1,0\n", mapping=mapping)
    assert [(r.value, r.unit) for r in outcome.records if isinstance(r, Measurement)] == [(1.0, "0")]


def test_a_table_without_a_header(tmp_path: Path) -> None:
    outcome = taken(
        tmp_path, "G1;2031-05-04 10:00;3\n", mapping=FIGURE, header=["gate", "at", "minutes"], delimiter=";"
    )
    assert [(r.ref, r.value) for r in outcome.records if isinstance(r, Measurement)] == [("a.csv:1", 3.0)]


# --- several records of one row -----------------------------------------------------------------------
EACH = [
    {"measure": {"constant": "wait"}, "value": "minutes"},
    {"measure": {"constant": "lanes"}, "value": "lanes"},
]
COMMON = {"subject": "gate", "event_time": "at"}


def test_each_figure_of_a_row_is_a_record_and_a_blank_tells_nothing(tmp_path: Path) -> None:
    text = "gate,at,minutes,lanes\nG1,2031-05-04 10:00,3,2\nG2,2031-05-04 10:00,,1\nG3,2031-05-04 10:00,,\n"
    outcome = taken(tmp_path, text, mapping=COMMON, each=EACH)
    found = [(r.subject, r.measure, r.value) for r in outcome.records if isinstance(r, Measurement)]
    assert found == [("G1", "wait", 3.0), ("G1", "lanes", 2.0), ("G2", "lanes", 1.0)]
    assert (outcome.counts["rows"], outcome.rejects) == (3, [])


def test_a_row_is_refused_once_for_one_reason(tmp_path: Path) -> None:
    text = "gate,at,minutes,lanes\nG1,soon,3,2\nG2,2031-05-04 10:00,many,2\n"
    outcome = taken(tmp_path, text, mapping=COMMON, each=EACH)
    assert why(outcome) == [("not_a_time", "event_time: 'soon'"), ("not_a_number", "value: 'many'")]
    assert [(r.subject, r.measure) for r in outcome.records if isinstance(r, Measurement)] == [("G2", "lanes")]


def test_a_restart_loses_no_figure_of_a_row(tmp_path: Path) -> None:
    rows = "".join(f"G{n},2031-05-04 10:00,{n},{n}\n" for n in range(9))
    drop = Drop(tmp_path, dataset="measurement", mapping=COMMON, each=EACH, chunk_rows=2)
    drop.put("a.csv", "gate,at,minutes,lanes\n" + rows)
    found, cursor = [], None
    for _ in range(8):
        adapter = drop.adapter(cursor)
        batch = adapter.poll()
        adapter.close()
        found += batch.records
        cursor = batch.cursor or cursor
    assert len(found) == len({(r.subject, r.measure) for r in found if isinstance(r, Measurement)}) == 18


def test_a_mapping_of_one_of_several_is_checked_with_the_configuration() -> None:
    with pytest.raises(msgspec.ValidationError, match=r"mapping\.value"):
        msgspec.convert(
            {
                "dataset": "measurement",
                "path": "x",
                "mapping": COMMON,
                "each": [*EACH[:1], {"measure": EACH[1]["measure"]}],
            },
            Options,
        )


# --- rows not to be believed --------------------------------------------------------------------------
def test_a_row_that_rests_on_nothing_is_not_believed(tmp_path: Path) -> None:
    text = "gate,at,minutes,heard\n" + "".join(
        f"G{n},2031-05-04 10:00,1,{heard}\n" for n, heard in enumerate(("1700", "100", "99", "", "few", "nan"))
    )
    outcome = taken(tmp_path, text, mapping=FIGURE, valid={"heard": {"least": 100}})
    assert [r.subject for r in outcome.records if isinstance(r, Measurement)] == ["G0", "G1"]
    assert why(outcome) == [("not_credible", f"heard: {w!r} is not at least 100") for w in ("99", "", "few", "nan")]


# --- rows too long --------------------------------------------------------------------------------------
LOOSE = {"mapping": CALL, "loose": ["line", "agent"], "dataset": "vessel_call"}
LONG = "id,line,name,day,clock,agent,note\n"


def test_a_comma_in_a_name_is_put_back_where_only_one_way_is_possible(tmp_path: Path) -> None:
    text = LONG + "1,MSC,A,04.05.2031,07:00,X,n\n2,HMM, INC,B,04.05.2031,08:00,X,n\n3,MSC,C,04.05.2031,09:00,X, LTD,n\n"
    outcome = taken(tmp_path, text + "4,A, B,D,04.05.2031,10:00,X, Y,\n", **LOOSE)
    found = [
        (r.call_id, r.vessel_name, r.eta.hour, r.flags) for r in outcome.records if isinstance(r, VesselCall) and r.eta
    ]
    joined = ("cells_joined",)
    assert found == [("1", "A", 23, ()), ("2", "B", 0, joined), ("3", "C", 1, joined), ("4", "D", 2, joined)]
    assert outcome.rejects == []


def test_a_row_that_could_be_read_in_two_ways_is_refused(tmp_path: Path) -> None:
    mapping = {"call_id": "id", "vessel_name": "name"}
    outcome = taken(
        tmp_path, "id,line,name,agent\n1,A, B,C,D\n", "vessel_call", mapping=mapping, loose=["line", "agent"]
    )
    assert outcome.records == []
    assert why(outcome) == [("too_many_cells", "5 cells, header has 4; they could be read in 2 ways")]


def test_a_row_that_cannot_be_read_at_all_is_refused(tmp_path: Path) -> None:
    outcome = taken(tmp_path, LONG + "1,A,B,C,soon,never,X,n\n2,a,b,c,d,e,f,g,h,i,j,k,l\n", **LOOSE)
    assert {reason for reason, _ in why(outcome)} == {"too_many_cells"}
    assert len(outcome.rejects) == 2


@given(st.lists(st.sampled_from(["1", "A", "04.05.2031", "07:00", "", " INC", "x"]), min_size=1, max_size=11))
def test_no_row_is_read_as_another(tmp_path_factory: pytest.TempPathFactory, cells: list[str]) -> None:
    outcome = taken(tmp_path_factory.mktemp("loose"), LONG + ",".join(cells) + "\n", **LOOSE)
    for record in outcome.records:
        assert isinstance(record, VesselCall)
        assert record.call_id == cells[0].strip()
        if record.eta is not None:
            assert "04.05.2031,07:00" in ",".join(cells)
