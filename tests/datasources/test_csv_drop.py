"""Dropped files: read once, whole, in chunks, and never in each other's way."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import msgspec
import pytest
import xlsxwriter

from datasources.csv_drop import Options
from tests.contract.rig import read
from tests.datasources.drop import HEADER, Drop, step


def numbers(outcome: object) -> list[int]:
    return [int(r.declaration_no[8:]) for r in outcome.records]  # type: ignore[attr-defined]


def test_a_file_is_read_once(tmp_path: Path) -> None:
    drop = Drop(tmp_path)
    drop.put("a.csv", HEADER + step(1) + step(2, node="海关确认"))
    first = drop.read(ticks=4)
    assert numbers(first) == [1, 2]
    assert first.counts == {"files": 1, "rows": 2}
    assert first.records[1].ref == "a.csv:3"
    assert drop.read(first.cursor).polls == 2
    assert drop.read(first.cursor).records == []


def test_a_changed_file_is_read_anew_and_a_touched_one_is_not(tmp_path: Path) -> None:
    drop = Drop(tmp_path)
    drop.put("a.csv", HEADER + step(1))
    cursor = drop.read().cursor
    drop.put("a.csv", HEADER + step(1), age_seconds=20)
    touched = drop.read(cursor)
    assert touched.records == []
    assert touched.counts == {}
    drop.put("a.csv", HEADER + step(1) + step(2), age_seconds=20)
    assert numbers(drop.read(touched.cursor)) == [1, 2]


def test_a_file_still_growing_is_read_once_and_whole(tmp_path: Path) -> None:
    drop = Drop(tmp_path, settle_seconds=2.0)
    adapter = drop.adapter()
    total = []
    for rows in range(1, 6):
        drop.put("a.csv", HEADER + "".join(step(i) for i in range(rows)), age_seconds=0)
        total += read(adapter, drop.clock, ticks=1, step_seconds=1.0).records
    assert total == []
    total += read(adapter, drop.clock, ticks=4, step_seconds=1.0).records
    assert len(total) == 5
    adapter.close()


def test_a_file_with_a_time_ahead_of_ours_is_read_when_it_rests(tmp_path: Path) -> None:
    drop = Drop(tmp_path)
    drop.put("a.csv", HEADER + step(1), age_seconds=-3600)
    assert numbers(drop.read(ticks=3)) == [1]


def test_a_large_file_comes_in_chunks_and_goes_on_after_a_restart(tmp_path: Path) -> None:
    drop = Drop(tmp_path, chunk_rows=10)
    drop.put("a.csv", HEADER + "".join(step(i) for i in range(35)) + "x,y\n")
    adapter = drop.adapter()
    batches = [adapter.poll() for _ in range(2)]
    assert [len(b.records) for b in batches] == [10, 10]
    assert all(b.more for b in batches)
    adapter.close()
    cursor = msgspec.json.decode(msgspec.json.encode(batches[-1].cursor))
    rest = drop.read(cursor)
    assert numbers(rest) == list(range(20, 35))
    assert len(rest.rejects) == 1


def test_a_file_that_changed_between_chunks_starts_again(tmp_path: Path) -> None:
    drop = Drop(tmp_path, chunk_rows=10)
    drop.put("a.csv", HEADER + "".join(step(i) for i in range(30)))
    adapter = drop.adapter()
    cursor = adapter.poll().cursor
    adapter.close()
    drop.put("a.csv", HEADER + "".join(step(100 + i) for i in range(3)))
    assert numbers(drop.read(cursor)) == [100, 101, 102]


def test_a_broken_file_holds_nothing_up_and_is_read_when_mended(tmp_path: Path) -> None:
    drop = Drop(tmp_path)
    drop.put("a.csv", b"\xff\xff\xff", age_seconds=90)
    drop.put("b.csv", "别的,列\n1,2\n", age_seconds=80)
    drop.put("c.csv", HEADER + step(3))
    adapter = drop.adapter()
    outcome = read(adapter, drop.clock, ticks=3)
    assert numbers(outcome) == [3]
    last = adapter.poll()
    assert {p.code for p in last.problems} == {"encoding", "missing_column"}  # it stays degraded
    drop.put("a.csv", HEADER + step(1))
    drop.put("b.csv", HEADER + step(2))
    mended = read(adapter, drop.clock, ticks=2)
    assert sorted(numbers(mended)) == [1, 2]
    assert adapter.poll().problems == []
    adapter.close()


def test_folders_patterns_and_unfinished_names(tmp_path: Path) -> None:
    drop = Drop(tmp_path, glob="**/*.csv")
    drop.put("north/a.csv", HEADER + step(1))
    drop.put("b.csv", HEADER + step(2))
    drop.put("c.txt", HEADER + step(3))
    drop.put(".d.csv", HEADER + step(4))
    outside = tmp_path / "outside.csv"
    outside.write_text(HEADER + step(5), "utf-8")
    (drop.folder / "link.csv").symlink_to(outside)
    assert sorted(numbers(drop.read())) == [1, 2]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.tsv", (HEADER + step(1)).replace(",", "\t")),
        ("a.csv", (HEADER + step(1)).replace(",", ";")),
        ("a.csv", "\ufeff" + HEADER.replace("节点", '" 节点 "') + "\n\n" + step(1)),
        ("a.csv", HEADER.strip() + ",备注,\n" + step(1).strip() + ',"多行\n备注",\n'),
        ("a.csv", (HEADER + step(1)).replace("\n", "\r\n").rstrip()),
    ],
)
def test_shapes_of_text(tmp_path: Path, name: str, content: str) -> None:
    drop = Drop(tmp_path)
    drop.put(name, content)
    assert numbers(drop.read()) == [1]


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "utf-8-sig"])
def test_chinese_headers_in_other_encodings(tmp_path: Path, encoding: str) -> None:
    drop = Drop(tmp_path)
    drop.put("a.csv", HEADER + step(1), encoding)
    assert numbers(drop.read()) == [1]


def test_a_spreadsheet(tmp_path: Path) -> None:
    drop = Drop(tmp_path)
    book = xlsxwriter.Workbook(tmp_path / "new.xlsx")
    sheet = book.add_worksheet("节点")
    for column, name in enumerate(("报关单号", "节点", "时间")):
        sheet.write(0, column, name)
    clock = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    sheet.write_row(1, 0, ["425820210000000001", "预约查验"])
    sheet.write_datetime(1, 2, datetime(2031, 5, 4, 10, 0), clock)
    sheet.write_row(2, 0, [425820210000000002, "预约查验", "2031-05-04 10:00"])
    sheet.write_row(3, 0, ["425820210000000003", "预约查验", "neulich"])
    book.close()
    drop.put("a.xlsx", (tmp_path / "new.xlsx").read_bytes())
    outcome = drop.read()
    assert outcome.records[0].declaration_no == "425820210000000001"
    assert outcome.records[0].event_time.isoformat() == "2031-05-04T02:00:00+00:00"
    assert outcome.records[1].flags == ("digits_lost",)
    assert [(r.reason, r.ref) for r in outcome.rejects] == [("not_a_time", "a.xlsx:4")]


def test_a_sheet_with_one_cell_in_its_last_corner_is_refused(tmp_path: Path) -> None:
    drop = Drop(tmp_path)
    book = xlsxwriter.Workbook(tmp_path / "new.xlsx")
    sheet = book.add_worksheet()
    sheet.write(0, 0, "报关单号")
    sheet.write(1_048_575, 16_383, "far out")  # XFD1048576: seventeen billion cells when laid out
    book.close()
    drop.put("a.xlsx", (tmp_path / "new.xlsx").read_bytes())
    drop.put("b.csv", HEADER + step(2))
    outcome = drop.read()
    assert set(outcome.problems) == {"too_large"}
    assert numbers(outcome) == [2]


def test_rows_that_do_not_fit_their_header_are_refused_with_all_they_held(tmp_path: Path) -> None:
    drop = Drop(tmp_path)
    drop.put("a.csv", HEADER + "1,预约查验\n" + "1,预约查验,2031-05-04 10:00,MAERSK LINE, LIMITED\n" + step(1))
    outcome = drop.read()
    assert [(r.reason, r.ref) for r in outcome.rejects] == [("too_few_cells", "a.csv:2"), ("too_many_cells", "a.csv:3")]
    raw = msgspec.json.decode(outcome.rejects[1].raw)
    assert raw == {
        "报关单号": "1",
        "节点": "预约查验",
        "时间": "2031-05-04 10:00",
        "#4": "MAERSK LINE",
        "#5": " LIMITED",
    }
    assert numbers(outcome) == [1]


def test_rows_without_a_time_take_the_files_or_the_configured_one(tmp_path: Path) -> None:
    drop = Drop(tmp_path, dataset="check_result", mapping={"check_id": "号", "result": "果"}, blank=("无",))
    path = drop.put("a.csv", "号,果\n1,x\n无,x\n")
    outcome = drop.read()
    assert outcome.records[0].event_time.timestamp() == pytest.approx(os.stat(path).st_mtime)
    assert outcome.rejects[0].reason == "missing_value"
    drop.options["at"] = "2022-08-01 08:00"
    assert drop.read().records[0].event_time.isoformat() == "2022-08-01T00:00:00+00:00"


def test_an_announced_arrival_happened_when_it_was_read(tmp_path: Path) -> None:
    drop = Drop(tmp_path, dataset="container_stay", mapping={"stay_id": "id", "arrived_at": "in"})
    drop.put("a.csv", "id,in\n1,2031-05-01 10:00\n2,2031-06-01 10:00\n")
    read_at = drop.clock.now
    past, announced = drop.read().records
    assert past.event_time == past.arrived_at
    assert announced.event_time == read_at < announced.arrived_at


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"path": "${COCKPIT_DATA}/a.csv"}, "environment variable COCKPIT_DATA is not set"),
        ({"path": " "}, "names no file"),
        ({"timezone": "Asia/Qingdao"}, "unknown time zone"),
        ({"encoding": "big5"}, "encoding 'big5' is unknown"),
        ({"glob": "../*.csv"}, "glob"),
        ({"replay": {"speed": 0}}, "speed must be"),
        ({"replay": {"recorded_now": "noon"}}, "recorded_now"),
        ({"mapping": {"declaration_no": "a"}}, "mapping.node"),
        ({"mapping": {"declaration_no": {"colum": "a"}}}, "colum"),
    ],
)
def test_options_that_cannot_work_are_refused(tmp_path: Path, change: dict[str, object], says: str) -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert({**Drop(tmp_path).options, **change}, Options)
    assert says in str(caught.value)
