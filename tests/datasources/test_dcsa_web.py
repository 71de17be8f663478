"""DCSA events fetched page by page: nothing is left out, and no server leads round in a circle."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
import pytest

from datasources.contract import Adapter
from datasources.dcsa_events import Options
from domain.errors import FeedError
from domain.records import ContainerStay
from tests.contract.dcsa_events_rig import PLACE, move, page
from tests.contract.rig import Clock, create
from tests.datasources.liar import Liar, Request, answer, http

IN, OUT = move(), move("LOAD", "2031-05-04T10:00:00+08:00")
LATER = move("GTIN", "2031-05-04T10:20:00+08:00", "MSKU0308961")


@pytest.fixture
def liar() -> Iterator[Liar]:
    with Liar(http(page())) as serving:
        yield serving


def connect(liar: Liar, folder: Path, cursor: dict[str, Any] | None = None, **more: Any) -> Adapter:
    return create("dcsa_events", {"url": f"{liar.url}/v2/events", "places": [PLACE], **more}, folder, Clock(), cursor)


def queries(liar: Liar) -> list[dict[str, str]]:
    return [dict(parse_qsl(urlsplit(target).query)) for target in liar.targets]


def test_pages_by_a_mark_keep_the_question_and_only_the_last_moves_what_is_asked_for(
    liar: Liar, tmp_path: Path
) -> None:
    liar.behaviour = http(page(OUT, next_page_cursor="b=2"), page(IN), page(LATER), page())
    adapter = connect(liar, tmp_path, since="eventUpdatedDateTimeMin", params={"limit": "1"})
    batches = [adapter.poll() for _ in range(4)]
    assert [batch.more for batch in batches] == [True, False, False, False]
    newest, then = "2031-05-04T02:00:00.000Z", "2031-05-04T02:20:00.000Z"
    assert queries(liar) == [
        {"limit": "1"}, {"limit": "1", "cursor": "b=2"}, {"limit": "1", "eventUpdatedDateTimeMin": newest},
        {"limit": "1", "eventUpdatedDateTimeMin": then},
    ]  # fmt: skip
    stay = next(one for one in reversed(batches[1].records) if isinstance(one, ContainerStay))
    assert (stay.arrived_by, stay.flags) == ("truck", ())
    adapter.close()


def test_pages_by_an_address_and_a_restart_between_them(liar: Liar, tmp_path: Path) -> None:
    liar.behaviour = http(page(IN, next_page="/v2/events?cursor=fE9&limit=1"), page(OUT))
    first = connect(liar, tmp_path)
    batch = first.poll()
    first.close()
    cursor = msgspec.json.decode(msgspec.json.encode(batch.cursor))
    second = connect(liar, tmp_path, cursor)
    records = [*batch.records, *second.poll().records]
    second.close()
    assert liar.targets == ["/v2/events", "/v2/events?cursor=fE9&limit=1"]
    assert len({one.stay_id for one in records if isinstance(one, ContainerStay)}) == 1


def test_a_page_that_cannot_be_had_begins_the_round_again(liar: Liar, tmp_path: Path) -> None:
    gone = answer("{}", "400 Bad Request")
    liar.behaviour = http(page(IN, next_page_cursor="used"), gone, page(IN, next_page_cursor="new"), page(OUT))
    adapter = connect(liar, tmp_path, since="eventUpdatedDateTimeMin")
    adapter.poll()
    with pytest.raises(FeedError, match="400"):
        adapter.poll()
    last = [adapter.poll(), adapter.poll()][-1]
    assert queries(liar) == [{}, {"cursor": "used"}, {}, {"cursor": "new"}]  # nothing is skipped by a mark of the half
    assert len(last.records) == 1
    adapter.close()


def test_pages_without_an_end_are_told(liar: Liar, tmp_path: Path) -> None:
    liar.behaviour = http(page(IN, next_page_cursor="same"))
    adapter = connect(liar, tmp_path)
    first, second = adapter.poll(), adapter.poll()
    assert (first.more, first.problems) == (True, [])
    assert (second.more, [one.code for one in second.problems]) == (False, ["cut_off"])
    adapter.close()


def test_what_has_not_changed_is_not_read_again(liar: Liar, tmp_path: Path) -> None:
    def marked(request: Request) -> bytes:
        known = request.headers.get("if-none-match") == "x1"
        return answer(b"", "304 Not Modified", etag="x1") if known else page(IN, etag="x1")

    liar.behaviour = http(marked)
    adapter = connect(liar, tmp_path)
    assert len(adapter.poll().records) == 2
    assert adapter.poll().counts == {"unchanged": 1}
    adapter.close()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({}, "either url"), ({"url": "http://x", "path": "x"}, "either url"), ({"path": "x", "since": "y"}, "with url"),
        ({"url": "ftp://x"}, "must begin"), ({"url": "http://x", "places": ()}, "places"),
    ],
)  # fmt: skip
def test_options_that_cannot_work_are_refused(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Options(**{"places": (PLACE,), **wrong})
