"""Gate and vessel reports to stays and gate moves: what is read, what is refused, and what it says then."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasources.document_drop import Document
from datasources.edifact import EdifactReader, Options
from datasources.edifact_syntax import Interchange, Message, Refused, decode, messages
from datasources.edifact_values import gross_tonnes, moment
from datasources.reading import UnusableError
from datasources.size_types import size_type
from domain.errors import FeedError
from domain.records import ContainerStay, GateMove, StayKind
from tests.contract.edifact_rig import BOXES, box, good, interchange, message, steady, write
from tests.contract.rig import NOW, Clock, Outcome, context, create, read

UTC_PLUS_8 = ZoneInfo("Asia/Shanghai")


def drop(folder: Path, *texts: str | bytes, **options: Any) -> Outcome:
    """Read files dropped one after the other."""
    clock, outcome = Clock(), Outcome()
    for number, text in enumerate(texts):
        made = {**write(text, f"{number}.edi")(folder), **options}
    adapter = create("edifact", made, folder, clock)
    outcome = read(adapter, clock)
    adapter.close()
    return outcome


def stays(outcome: Outcome) -> list[ContainerStay]:
    return [r for r in outcome.records if isinstance(r, ContainerStay)]


def moves(outcome: Outcome) -> list[GateMove]:
    return [r for r in outcome.records if isinstance(r, GateMove)]


def vessel(code: str, number: str = BOXES[0], at: str = "203105041000", more: str = "", **made: Any) -> str:
    body = f"EQD+CN+{number}+45R1:102:5++3+5'DTM+203:{at}:203'LOC+147+0100406::5'MEA+AAE+VGM+KGM:16733,08'{more}"
    return interchange([message(body, kind="COARRI", code=code)], **made)


def test_a_truck_brings_a_box(tmp_path: Path) -> None:
    stay, move = drop(tmp_path, interchange([message(box())])).records
    assert isinstance(stay, ContainerStay)
    assert isinstance(move, GateMove)
    when = datetime(2031, 5, 4, 2, 0, tzinfo=UTC)
    assert (stay.container_no, stay.length_ft, stay.kind, stay.weight_tonnes) == (
        BOXES[0],
        20,
        StayKind.STANDARD,
        21.43,
    )
    assert (stay.arrived_at, stay.departed_at, stay.arrived_by, stay.flags) == (when, None, "truck", ())
    assert (move.event_time, move.gate_id, move.direction, move.vehicle_id) == (when, "QQCT", "in", "CXL590")
    assert "CXL590" not in move.move_id  # plates are replaced by aliases in fields that name vehicles, nowhere else
    assert stay.ref == "0.edi:1#1"


def test_a_vessel_takes_it(tmp_path: Path) -> None:
    outcome = drop(tmp_path, interchange([message(box())]), vessel("46", at="203105041055"))
    last = stays(outcome)[-1]
    assert (last.departed_by, last.departed_at) == ("vessel MAGNAVIA 055N", datetime(2031, 5, 4, 2, 55, tzinfo=UTC))
    assert (last.arrived_by, last.weight_tonnes, last.length_ft) == ("truck", 16.73308, 20)
    assert len({s.stay_id for s in stays(outcome)}) == 1
    assert len(moves(outcome)) == 1


@pytest.mark.parametrize("code", ["44", "98", "119"])
def test_codes_of_discharge(tmp_path: Path, code: str) -> None:
    [stay] = stays(drop(tmp_path, vessel(code)))
    assert (stay.arrived_by, stay.kind, stay.length_ft) == ("vessel MAGNAVIA 055N", StayKind.REEFER, 45 - 5)


def test_codes_are_the_ports(tmp_path: Path) -> None:
    [stay] = stays(drop(tmp_path, vessel("119"), load=["119"], discharge=["98"]))
    assert stay.flags == ("arrival_unknown",)
    with pytest.raises(ValueError, match="119"):
        drop(tmp_path, vessel("119"), load=["119"])


def test_kinds(tmp_path: Path) -> None:
    body = (
        box(BOXES[0]).replace("++2+5", "++2+4")
        + box(BOXES[1], more="DGS+IMD+3+1203'")
        + box(BOXES[2]).replace("22G1", "4532")
        + box(BOXES[3]).replace("22G1", "0000")
    )
    found = {s.container_no: s for s in stays(drop(tmp_path, interchange([message(body)])))}
    assert [found[b].kind for b in BOXES] == ["empty", "dangerous", "reefer", "standard"]
    assert found[BOXES[3]].length_ft is None
    assert found[BOXES[3]].flags == ("size_type_unknown",)


def test_what_is_told_of_the_goods(tmp_path: Path) -> None:
    """Verified gross mass, class of dangerous goods and set temperature; a gross mass is no verified one."""
    cold = box(BOXES[0], more="DGS+IMD+5.1+1942'TMP+2+-18,5:CEL'")
    body = cold + box(BOXES[1], more="TMP+2+68:FAH'") + box(BOXES[2], more="TMP+2+cold:CEL'")
    found = {s.container_no: s for s in stays(drop(tmp_path, interchange([message(body)]), vessel("46", BOXES[3])))}
    told = [(found[b].vgm_tonnes, found[b].imdg_class, found[b].set_celsius) for b in BOXES[:3]]
    assert told == [(None, "5.1", -18.5), (None, "", 20.0), (None, "", None)]
    assert found[BOXES[2]].flags == ("temperature_unreadable",)
    assert (found[BOXES[3]].vgm_tonnes, found[BOXES[3]].weight_tonnes) == (16.73308, 16.73308)


def test_two_short_boxes_on_one_truck_are_one_passage(tmp_path: Path) -> None:
    outcome = drop(tmp_path, interchange([message(box(BOXES[0]) + box(BOXES[1]))]))
    assert len(stays(outcome)) == 2
    assert len(moves(outcome)) == 1
    assert outcome.counts["same_truck"] == 1


def test_a_train_passes_no_gate(tmp_path: Path) -> None:
    outcome = drop(tmp_path, interchange([message(box().replace("TDT+1++3", "TDT+1++2"))]))
    assert stays(outcome)[0].arrived_by == "train"
    assert moves(outcome) == []


def test_a_report_sent_again_counts_by_its_newer_content_in_either_order(tmp_path: Path) -> None:
    old, new = vessel("98", prepared="310504:1010"), vessel("98", prepared="310504:1030").replace("16733,08", "17000")
    for number, order in enumerate(((old, new), (new, old))):
        (tmp_path / str(number)).mkdir()
        outcome = drop(tmp_path / str(number), *order)
        assert len({s.stay_id for s in stays(outcome)}) == 1
        assert (stays(outcome)[-1].weight_tonnes, stays(outcome)[-1].flags) == (17.0, ("told_again",))
        assert outcome.counts["told_again"] == 1


def test_a_cancellation_takes_a_report_back_or_says_that_it_cannot(tmp_path: Path) -> None:
    taken_back = interchange([message(box(), function="1")])
    outcome = drop(tmp_path, interchange([message(box())]), taken_back, taken_back)
    assert (stays(outcome)[-1].flags, stays(outcome)[-1].departed_at) == (
        ("report_cancelled",),
        stays(outcome)[-1].arrived_at,
    )
    [reject] = outcome.rejects
    assert (reject.reason, reject.ref) == ("nothing_to_cancel", "2.edi:1#1")


def test_a_wrong_number_of_segments_is_flagged_and_kept(tmp_path: Path) -> None:
    text = good().replace("UNT+14+", "UNT+99+")
    assert {s.flags for s in stays(drop(tmp_path, text))} == {("segment_count_wrong",)}


def test_a_wrong_number_of_containers_is_flagged_and_kept(tmp_path: Path) -> None:
    outcome = drop(tmp_path, interchange([message(box() + "CNT+16:7'")]))
    assert stays(outcome)[0].flags == ("container_count_wrong",)


def test_what_is_refused_names_file_segment_and_message(tmp_path: Path) -> None:
    broken = interchange([message(box().replace("LOC+165", "L+165"), "M1")])
    [reject] = drop(tmp_path, broken).rejects
    assert reject.ref == "0.edi:segment 10"
    assert reject.reason == "segment_broken"
    assert "message M1 (CODECO) from segment 2: segment 7 is none: 'L+165" in reject.detail


def test_a_bay_plan_gives_no_stay_and_is_counted(tmp_path: Path) -> None:
    plan = "LOC+147+0100406::5'EQD+CN+OTPU6302502+45R1++2+5'"
    outcome = drop(tmp_path, interchange([message(plan, kind="BAPLIE", code="")]))
    assert outcome.records == []
    assert outcome.counts["bay_plan_containers"] == 1
    assert "aboard a ship, not what stands in the yard" in outcome.rejects[0].detail


def test_what_did_not_move_is_counted(tmp_path: Path) -> None:
    body = box().replace("++2+5", "++4+5") + "EQD+CH+CHAS123456+++2'"
    outcome = drop(tmp_path, interchange([message(body)]))
    assert outcome.records == []
    assert (outcome.counts["remains_on_board"], outcome.counts["other_equipment"]) == (1, 1)


def test_a_test_interchange_is_not_read(tmp_path: Path) -> None:
    text = interchange([message(box())]).replace("+77'UNH", "+77++++++1'UNH")
    [reject] = drop(tmp_path, text).rejects
    assert reject.reason == "message_not_used"
    assert "test" in reject.detail


def test_other_terminals_are_elsewhere(tmp_path: Path) -> None:
    outcome = drop(tmp_path, good(), terminals=["XQCT"])
    assert (outcome.records, outcome.counts["elsewhere"]) == ([], 2)
    assert len(drop(tmp_path, good(), terminals=["cntao"]).records) == 4


def test_other_separators_line_ends_and_wrapped_lines(tmp_path: Path) -> None:
    expected = [(s.container_no, s.arrived_at, s.arrived_by) for s in stays(drop(tmp_path, good()))]
    other = "UNA|*.!_~" + good().translate(str.maketrans("+:'", "*|~"))
    wrapped = "\r\n".join(good()[i : i + 80] for i in range(0, len(good()), 80))
    lines = good().replace("'", "'\n")
    by_line = "UNA:+.? \n" + good().replace("'", "\n")
    for number, text in enumerate((other, wrapped, lines, by_line, "UNA:+.? '" + good(), "UNA:+,  '" + good())):
        (tmp_path / str(number)).mkdir()
        found = stays(drop(tmp_path / str(number), text))
        assert [(s.container_no, s.arrived_at, s.arrived_by) for s in found] == expected


def test_released_characters_are_text(tmp_path: Path) -> None:
    text = vessel("98").replace("MAGNAVIA", "MAGNA?'VIA?+?:??")
    assert stays(drop(tmp_path, text))[0].arrived_by == "vessel MAGNA'VIA+:? 055N"


@pytest.mark.parametrize(("charset", "codec"), [("UNOC", "latin-1"), ("UNOD", "iso8859-2"), ("UNOY", "utf-8")])
def test_character_sets(tmp_path: Path, charset: str, codec: str) -> None:
    text = vessel("98", charset=charset).replace("MAGNAVIA", "MÜNCHEN")
    assert stays(drop(tmp_path, text.encode(codec)))[0].arrived_by == "vessel MÜNCHEN 055N"


def test_a_character_set_may_be_configured(tmp_path: Path) -> None:
    text = vessel("98").replace("MAGNAVIA", "海旺星").encode("gb18030")
    assert stays(drop(tmp_path, text, encoding="gb18030"))[0].arrived_by == "vessel 海旺星 055N"


def test_una_without_usable_separators_is_refused(tmp_path: Path) -> None:
    assert set(drop(tmp_path, "UNA++.? '" + good()).problems) == {"not_edifact"}


@pytest.mark.parametrize(
    ("digits", "layout", "expected"),
    [
        ("250223", "101", "2025-02-22T16:00"),
        ("20250223", "102", "2025-02-22T16:00"),
        ("2502230421", "201", "2025-02-22T20:21"),
        ("9902230421", "201", "1999-02-22T20:21"),
        ("202502230421", "203", "2025-02-22T20:21"),
        ("20250223042159", "204", "2025-02-22T20:21:59"),
        ("202502230421Z", "303", "2025-02-23T04:21"),
        ("202502230421+0200", "303", "2025-02-23T02:21"),
    ],
)
def test_layouts_of_times(digits: str, layout: str, expected: str) -> None:
    flags: list[str] = []
    assert moment(digits, layout, UTC_PLUS_8, flags) == datetime.fromisoformat(expected).replace(tzinfo=UTC)
    assert flags == (["time_date_only"] if layout in ("101", "102") else [])


def test_an_hour_that_exists_twice_is_flagged() -> None:
    flags: list[str] = []
    moment("202510260230", "203", ZoneInfo("Europe/Berlin"), flags)
    assert flags == ["time_ambiguous"]


@given(st.text(max_size=20), st.sampled_from(["101", "102", "201", "202", "203", "204", "303", "", "999"]))
def test_a_time_is_read_as_written_or_refused(digits: str, layout: str) -> None:
    try:
        told: datetime | str = moment(digits, layout, UTC_PLUS_8, [])
    except UnusableError as error:
        told = error.reason
    assert told == "not_a_time" or (isinstance(told, datetime) and told.tzinfo is UTC)


def test_weights() -> None:
    def weight(*values: str) -> float | None:
        return gross_tonnes(
            [["MEA", "AAE", name, value.split(":")] for name, value in zip(["G", "VGM", "T"], values, strict=False)],
            flags,
        )

    flags: list[str] = []
    assert weight("KGM:20000", "KGM:21000.5") == 21.0005  # the verified gross mass counts
    assert weight("KGM:20000", "KGM") == 20.0
    assert weight("TNE:20,5") == 20.5
    assert weight("LBR:1000") == pytest.approx(0.453592)
    assert weight("KGM:0") == 0.0
    assert flags == []
    assert weight("KGM:1.234,56") is None
    assert weight("STN:20") is None
    assert flags == ["weight_unreadable", "weight_unreadable"]


def test_size_types() -> None:
    told = {code: size_type(code) for code in ("22G1", "45R1", "L5G1", "4532", "2210", "0000", "", "22", "X2G1")}
    assert {c: (t.length_ft, t.reefer) for c, t in told.items() if t} == {
        "22G1": (20, False), "45R1": (40, True), "L5G1": (45, False), "4532": (40, True), "2210": (20, False),
    }  # fmt: skip


def test_a_trial_is_shown_the_segments_of_each_container(tmp_path: Path) -> None:
    told: dict[str, str] = {}
    trial = msgspec.structs.replace(context(tmp_path, Clock()), tap=told.__setitem__)
    [*_] = EdifactReader(Options(path="x"), trial).read(Document("x.edi", good().encode(), NOW))
    assert list(told) == ["x.edi:1#1", "x.edi:1#2"]
    assert told["x.edi:1#1"].startswith(f"EQD+CN+{BOXES[0]}+22G1")


def test_a_restart_between_any_two_polls_loses_and_doubles_no_stay(tmp_path: Path) -> None:
    options, clock = {**steady(tmp_path), "settle_seconds": 0.0, "chunk_records": 100}, Clock()
    whole = read(create("edifact", options, tmp_path, clock), clock)
    broken = Outcome()
    for _ in range(60):
        adapter = create("edifact", options, tmp_path, clock, broken.cursor)
        broken.add(adapter.poll())
        adapter.close()
    assert [(s.stay_id, s.departed_at) for s in stays(broken)] == [(s.stay_id, s.departed_at) for s in stays(whole)]


def test_a_stop_in_a_large_file_delivers_it_again_the_same(tmp_path: Path) -> None:
    text = interchange([message(box(b), str(n)) for n, b in enumerate(BOXES)])
    options, clock = {**write(text)(tmp_path), "chunk_records": 3}, Clock()
    adapter = create("edifact", options, tmp_path, clock)
    first = adapter.poll()
    assert (first.more, first.cursor) == (True, None)
    assert first.records == create("edifact", options, tmp_path, clock).poll().records


_WORDS = st.sampled_from(
    ["UNB", "UNH", "UNT", "UNZ", "EQD", "CN", "DTM", "7", "+", ":", "'", "?", "CODECO", BOXES[0], "\n"]
)


_BENT = st.tuples(st.integers(0, len(good())), _WORDS).map(
    lambda at: (good()[: at[0]] + at[1] + good()[at[0] :]).encode()
)
_NOISE = st.binary(max_size=300) | st.lists(_WORDS, max_size=60).map(lambda w: "".join(w).encode()) | _BENT


@given(_NOISE)
def test_any_bytes_are_messages_or_refused(data: bytes) -> None:
    with contextlib.suppress(FeedError):
        found = list(messages(decode(data, "auto", "x"), "x"))
        assert all(isinstance(item, Message | Refused | Interchange) for item in found)
        assert all(item.raw and item.detail for item in found if isinstance(item, Refused))


@given(_NOISE)
def test_no_bytes_bring_a_poll_down(data: bytes) -> None:
    reader = EdifactReader(Options(path="x"), context(Path("x"), Clock()))
    with contextlib.suppress(FeedError):
        for batch in reader.read(Document("x.edi", data, NOW)):
            assert all(reject.detail and reject.raw for reject in batch.rejects)
            assert all(record.ref for record in batch.records)


@given(st.integers(0, len(good())), st.integers(0, len(good())))
def test_of_a_cut_file_only_whole_messages_are_read(start: int, end: int) -> None:
    cut = good()[start:end]
    try:
        found = list(messages(decode(cut.encode(), "auto", "x"), "x"))
    except FeedError:
        return
    whole = [item for item in found if isinstance(item, Message)]
    assert all((m.counted, m.stated) == (14, "14") for m in whole)
