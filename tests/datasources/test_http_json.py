"""JSON over HTTP: pages, marks, answers that did not change, sources that changed, numbers that are none."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasources.contract import Batch
from datasources.documents import decoded
from datasources.http_json import HttpJson, Options
from domain.errors import FeedError
from domain.records import InspectionTask, VehiclePosition
from tests.contract.http_json_rig import MAPPING, truck
from tests.contract.rig import Clock, context
from tests.datasources.liar import Liar, Request, answer, http


@contextmanager
def polled(reply: bytes | Callable[[Request], bytes], **more: Any) -> Iterator[tuple[HttpJson, Liar]]:
    cursor = more.pop("cursor", None)
    with Liar(http(reply)) as liar:
        given = {"dataset": "vehicle_position", "mapping": MAPPING, "rows": "$.trucks[*]", **more}
        options = msgspec.convert({"url": f"{liar.url}/trucks", **given}, Options)
        with closing(HttpJson(options, context(Path(), Clock(), cursor))) as adapter:
            yield adapter, liar


def query(request: Request) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(request.target).query).items()}


def body(*rows: Any, **more: Any) -> str:
    return json.dumps({"trucks": rows, **more})


def numbers(batch: Batch) -> list[int]:
    return [int(record.vehicle_id[2:]) for record in batch.records if isinstance(record, VehiclePosition)]


TRUCKS = [truck(number) for number in range(1, 8)]


def paged(kind: str) -> Callable[[Request], bytes]:
    """Seven trucks, three to a page, handed out in one of the usual ways."""

    def reply(request: Request) -> bytes:
        asked = query(request)
        assert asked["port"] == "CNTAO"
        if kind == "page":
            assert asked["limit"] == "3"
            start = 3 * (int(asked["page"]) - 1)
        elif kind == "offset":
            start = int(asked["offset"])
        else:
            start = int(asked.get("from", 0))
        rows, end = TRUCKS[start : start + 3], start + 3 >= len(TRUCKS)
        if kind == "link" and not end:
            return answer(body(*rows), link=f'</trucks?port=CNTAO&from={start + 3}>; rel="next", </>; rel="first"')
        if kind == "address" and not end:
            return answer(body(*rows, next=f"/trucks?port=CNTAO&from={start + 3}"))
        return answer(body(*rows, next=None if end else start + 3))

    return reply


@pytest.mark.parametrize(("kind", "paging"), [
    ("page", {"kind": "page", "parameter": "page", "size": 3, "size_parameter": "limit"}),
    ("offset", {"kind": "offset", "parameter": "offset", "size": 3}),
    ("mark", {"kind": "next", "next": "$.next", "parameter": "from"}),
    ("address", {"kind": "next", "next": "$.next"}),
    ("link", {"kind": "link"}),
])  # fmt: skip
def test_pages(kind: str, paging: dict[str, Any]) -> None:
    with polled(paged(kind), paging=paging, params={"port": "CNTAO"}) as (adapter, liar):
        batch = adapter.poll()
        assert numbers(batch) == [1, 2, 3, 4, 5, 6, 7]
        assert batch.counts == {"rows": 7, "answers": 3}
        assert len(liar.requests) == 3
        assert len({record.ref for record in batch.records}) == 7


def test_more_pages_than_are_wanted_is_said() -> None:
    with polled(paged("offset"), paging={"kind": "offset", "parameter": "offset", "size": 3, "most": 2},
                params={"port": "CNTAO"}) as (adapter, _):  # fmt: skip
        batch = adapter.poll()
    assert numbers(batch) == [1, 2, 3, 4, 5, 6]
    assert [problem.code for problem in batch.problems] == ["cut_off"]


def test_a_next_page_on_another_host_is_not_fetched() -> None:
    for target in ("http://127.0.0.2:1/x", "//127.0.0.2/x", "file:///etc/passwd"):
        with polled(answer(body(TRUCKS[0], next=target)), paging={"kind": "next", "next": "$.next"}) as (adapter, liar):
            with pytest.raises(FeedError, match="next page is on"):
                adapter.poll()
            assert len(liar.requests) == 1


def test_an_unchanged_answer_is_not_read_again() -> None:
    def marked(request: Request) -> bytes:
        if request.headers.get("if-none-match") == '"7"':
            return answer(b"", status="304 Not Modified")
        return answer(body(*TRUCKS), etag='"7"')

    for reply in (marked, lambda request: answer(body(*TRUCKS))):
        with polled(reply) as (adapter, _):
            first = adapter.poll()
            assert len(first.records) == 7
            assert adapter.poll().counts == {"unchanged": 1}
            cursor = msgspec.json.decode(msgspec.json.encode(first.cursor))
        with polled(reply, cursor=cursor) as (adapter, _):
            assert not adapter.poll().records


def test_only_what_is_new_is_asked_for() -> None:
    asked: list[str] = []

    def newer(request: Request) -> bytes:
        asked.append(query(request).get("since", ""))
        return answer(body(*[row for row in TRUCKS if row["seen_at"] > asked[-1]][:3]))

    since = {"parameter": "since", "path": "$.trucks[*].seen_at", "begin": "2031"}
    with polled(newer, since=since) as (adapter, _):
        seen = [number for _ in range(4) for number in numbers(adapter.poll())]
    assert seen == [1, 2, 3, 4, 5, 6, 7]
    assert asked == ["2031", "2031-05-04T02:03:00Z", "2031-05-04T02:06:00Z", "2031-05-04T02:07:00Z"]


def test_whole_numbers_are_marks_by_their_value() -> None:
    asked: list[str] = []

    def newer(request: Request) -> bytes:
        asked.append(query(request).get("after", ""))
        return answer(body(*({**TRUCKS[0], "id": n} for n in (9, 10, 8))))

    with polled(newer, since={"parameter": "after", "path": "$.trucks[*].id"}) as (adapter, _):
        adapter.poll()
        adapter.poll()
    assert asked == ["", "10"]


def test_a_column_that_was_always_there_and_is_gone() -> None:
    """A renamed column is no quiet hole in the data, also when it is one a record can do without."""
    rows = [list(TRUCKS), [{name: value for name, value in row.items() if name != "speed"} for row in TRUCKS]]
    with polled(lambda request: answer(body(*rows[0]))) as (adapter, _):
        first = adapter.poll()
        assert not first.problems
        rows.pop(0)
        for _ in range(2):  # as long as it lasts
            changed = adapter.poll()
            assert [problem.code for problem in changed.problems] == ["missing_column"]
            assert "speed" in changed.problems[0].detail
            assert len(changed.records) == 7


ODD = ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 5000, '"' + "9" * 5000 + '"', '{"a": 1}', "[1]", "true"]


@pytest.mark.parametrize("odd", ODD)
def test_a_number_that_is_none_costs_its_row_and_no_other(odd: str) -> None:
    rows = body(*TRUCKS[:2], {**TRUCKS[2], "speed": "ODD"}).replace('"ODD"', odd)
    with polled(answer(rows)) as (adapter, _):
        batch = adapter.poll()
    assert numbers(batch) == [1, 2]
    assert len(batch.rejects) == 1
    assert "speed" in batch.rejects[0].detail
    assert batch.rejects[0].raw


def test_json_nested_without_end() -> None:
    with polled(answer(b"[" * 100_000)) as (adapter, _), pytest.raises(FeedError, match="nested"):
        adapter.poll()


def test_other_encodings_of_json() -> None:
    for encoding in ("utf-8-sig", "utf-16", "utf-32"):
        with polled(answer(json.dumps({"trucks": [truck(1, plate="鲁B00001")]}).encode(encoding))) as (adapter, _):
            assert numbers(adapter.poll()) == [1]


def test_lists_paths_and_chinese_maps() -> None:
    mapping = {
        "declaration_no": "$.papers[?@.kind == 'declaration'].no",
        "containers": "boxes",
        "applied_at": {"column": "times.0", "format": "%Y%m%d%H%M"},
    }
    row = {
        "papers": [{"kind": "bill", "no": "B1"}, {"kind": "declaration", "no": "420120310000000001"}],
        "boxes": ["CSQU3054383", "MSKU1234565"],
        "times": ["203105041000"],
    }
    reply = answer(json.dumps([row, {**row, "boxes": [{"no": 1}]}]))
    with polled(reply, dataset="inspection_task", mapping=mapping, rows="$[*]") as (adapter, _):
        batch = adapter.poll()
    (task,) = batch.records
    assert isinstance(task, InspectionTask)
    assert task.declaration_no == "420120310000000001"
    assert task.containers == ("CSQU3054383", "MSKU1234565")
    assert task.applied_at is not None
    assert task.applied_at.isoformat() == "2031-05-04T02:00:00+00:00"
    assert len(batch.rejects) == 1
    with polled(answer(body(TRUCKS[0])), coordinates="gcj02") as (adapter, _):
        (position,) = adapter.poll().records
    assert isinstance(position, VehiclePosition)
    assert 100 < abs(position.lon - 120.21) * 90_000 + abs(position.lat - 36.01) * 111_000 < 1500


@pytest.mark.parametrize(("change", "says"), [
    ({"rows": "trucks["}, "JSONPath"), ({"mapping": {**MAPPING, "speed_kmh": "$.["}}, "speed_kmh"),
    ({"paging": {"kind": "page"}}, "parameter"), ({"paging": {"kind": "offset", "parameter": "o"}}, "size"),
    ({"paging": {"kind": "next"}}, "next"), ({"dataset": "boats"}, "unknown"), ({"url": "ftp://h/"}, "url"),
    ({"since": {"parameter": "s", "path": "$$"}}, "JSONPath"), ({"dataset": "lab_sample", "coordinates": "gcj02",
      "mapping": {"declaration_no": "a", "sent_at": "b"}}, "coordinates"),
    ({"headers": {"Authorization": "Bearer ${NO_SUCH}"}}, "NO_SUCH"), ({"timezone": "Mars"}, "Mars"),
])  # fmt: skip
def test_options_that_cannot_work(change: dict[str, Any], says: str) -> None:
    given = {"url": "http://h/", "dataset": "vehicle_position", "mapping": MAPPING, **change}
    with pytest.raises(msgspec.ValidationError, match=says):
        msgspec.convert(given, Options)


@given(st.binary(max_size=300) | st.text(alphabet='[]{}",:0123456789eE.+-naltrufs\\u \n', max_size=60).map(str.encode))
def test_any_bytes_are_a_document_or_a_clear_refusal(data: bytes) -> None:
    with contextlib.suppress(FeedError):
        decoded(data, "x")
