"""One declaration's file: every part of it, as of now and as of a moment, by today's knowledge and as known then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from domain.declaration_file import DeclarationFile
from domain.permissions import Role
from domain.pictures import AlertRow
from domain.records import CheckResult, InspectionPhoto, LabSample, MachineScan, Node, Record
from domain.viewer import Viewer
from store.engine import Store
from tests.store.samples import NOW, PORT, ago, common, step, task, truck

NO, BOX = "425820260000100001", "CSQU3054383"
AUDITOR = Viewer(name="auditor", roles=frozenset({Role.AUDITOR, Role.SUPERVISOR}))
WATCH = Viewer(name="watch", roles=frozenset({Role.WATCH_OFFICER}))


def nodes(number: str, hours: float, every: float = 1.0, last: int = 7, **more: Any) -> list[Record]:
    """Its first nodes, one every so many hours, the first so long ago."""
    return [
        step(number, node, ago(hours=hours - place * every), **more) for place, node in enumerate(list(Node)[:last])
    ]


def facts(**mine: Any) -> list[Record]:
    told = {"area": "north", "containers": (BOX,), "truck": "T1", "released_at": ago(minutes=30)}
    return [
        task(NO, ago(hours=12), accepted_at=ago(hours=11), **told, **mine),
        *nodes(NO, 10, last=4, **mine),
        MachineScan(declaration_no=NO, container_no=BOX, scanned_at=ago(hours=6), reviewed_at=ago(hours=5),
                    released_directly=True, **common(ago(hours=5), **mine)),
        CheckResult(check_id="1", declaration_no=NO, container_no=BOX, seal_no="M/1", result="seal_mismatch",
                    **common(ago(hours=6), **mine)),
        CheckResult(check_id="2", container_no=BOX, result="container_mismatch", **common(ago(hours=4), **mine)),
        InspectionPhoto(photo_id="1", declaration_no=NO, container_no="TCKU6471776", part="seal", place="a/1.jpg",
                        **common(ago(hours=6), **mine)),
        LabSample(declaration_no=NO, sent_at=ago(hours=5), completed_at=ago(hours=1), **common(ago(hours=1), **mine)),
        *(truck("T1", ago(hours=hours), lon=120.0 + hours / 100, **mine) for hours in (12, 8.5, 8, 7.5)),
    ]  # fmt: skip


def read(store: Store, *moment: Any, viewer: Viewer = PORT) -> DeclarationFile:
    file = store.reads.declaration_file(viewer, NO, *moment)
    assert file is not None
    return file


def test_every_part_of_a_declaration_is_in_its_file(store: Store) -> None:
    store.ingest("test", facts())
    file = read(store)
    assert file.task is not None
    assert (file.row.stage, file.task.released_at) == ("assigned", ago(minutes=30))
    (first, second) = file.boxes
    assert (first.container_no, first.scanned_at, first.reviewed_at, first.released_directly) == (
        BOX, ago(hours=6), ago(hours=5), True,
    )  # fmt: skip
    assert [check.result for check in first.checks] == ["seal_mismatch", "container_mismatch"]
    assert (second.container_no, [photo.place for photo in second.photos]) == ("TCKU6471776", ["a/1.jpg"])
    assert [(one.sent_at, one.completed_at) for one in file.samples] == [(ago(hours=5), ago(hours=1))]
    assert (file.truck, [fix.at for fix in file.way]) == ("T1", [ago(hours=8.5), ago(hours=8), ago(hours=7.5)])
    assert store.reads.declaration_file(PORT, "nobody's") is None


@pytest.mark.parametrize("known", ["corrected", "then"])
def test_nothing_later_than_the_moment_is_in_it(store: Store, known: str) -> None:
    store.ingest("test", [record for record in facts() if record.event_time <= ago(hours=6)], received_at=ago(hours=6))
    store.ingest("test", facts(), received_at=NOW)
    file = read(store, ago(hours=5.5), known)
    assert file.task is not None
    assert (file.task.accepted_at, file.task.released_at) == (ago(hours=11), None)
    assert file.samples == []
    assert [check.result for box in file.boxes for check in box.checks] == ["seal_mismatch"]
    scanned = {box.container_no: (box.scanned_at, box.reviewed_at) for box in file.boxes}[BOX]
    assert scanned == ((ago(hours=6), None) if known == "corrected" else (None, None))
    assert max(segment.reached for segment in file.segments if segment.reached) <= ago(hours=5.5)


def finished(n: int, **more: Any) -> list[Record]:
    """Declarations that took an hour a node and left the area one after the other."""
    names = [f"F{place:03d}" for place in range(n)]
    tasks = [task(name, ago(hours=30), area="north", accepted_at=ago(hours=41), **more) for name in names]
    return [*tasks, *(one for place, name in enumerate(names) for one in nodes(name, 40 - place / 60))]


def test_it_is_held_against_those_of_its_kind_that_were_finished_before(store: Store) -> None:
    store.ingest("test", [*facts(), *finished(40), task("M", ago(hours=30), mode="machine")])
    by_code = {segment.code: segment for segment in read(store).segments}
    assert by_code["confirmed"].among is not None
    assert (by_code["confirmed"].among.n, by_code["confirmed"].among.share) == (40, 0.5)
    assert by_code["inspected"].stuck_hours == pytest.approx(6)  # waits for 7 h where all took one
    assert by_code["whole"].among is not None
    assert by_code["whole"].among.kind == ("farm", "mode", "area")
    of_a_day = read(store, None, "corrected", 1).segments
    assert [segment.among for segment in of_a_day] == [None] * 9


def test_as_of_a_moment_the_kind_is_the_same_whatever_came_since(new_store: Callable[[], Store]) -> None:
    """Stored progress says more than was so then: told again from the steps."""
    moment = ago(hours=6)
    plain, later = new_store(), new_store()
    for store in (plain, later):
        store.ingest("test", [*facts(), *finished(40)])
    again = [step(f"F{place:03d}", Node.BILLED, ago(hours=1)) for place in range(10)]
    later.ingest("test", again)
    told, same = read(plain, moment).segments, read(later, moment).segments
    assert [segment.among and segment.among.n for segment in told[1:]] == [
        segment.among and segment.among.n for segment in same[1:]
    ]


def test_an_enterprise_is_held_against_its_own_and_sees_no_others(store: Store) -> None:
    store.ingest("test", [*facts(scope="E1"), *finished(40)])
    mine = Viewer(name="mine", scope=frozenset({"E1"}))
    assert [segment.among for segment in read(store, viewer=mine).segments] == [None] * 9
    assert store.reads.declaration_file(Viewer(name="other", scope=frozenset({"E2"})), NO) is None


def alert(**more: Any) -> AlertRow:
    told = {"state": "new", "condition": "firing", **more}
    return AlertRow(
        key=f"co_inspection_mismatch:{BOX}", rule="co_inspection_mismatch", level=2, subject_kind="container",
        subject=BOX, opened_at=ago(hours=6), last_at=ago(hours=6), count=1, **told,
    )  # fmt: skip


def test_alerts_about_it_and_its_boxes_come_with_every_act_on_them(store: Store) -> None:
    store.ingest("test", facts())
    (row,) = [alert()]
    store.save_alerts([row])
    row = store.act_on_alert(WATCH, row.key, "acknowledge", NOW, row.version)
    store.act_on_alert(WATCH, row.key, "close", NOW, row.version)
    file = read(store, viewer=AUDITOR)
    assert [(one.subject, one.state) for one in file.alerts] == [(BOX, "closed")]
    assert [(act.what, act.who) for act in file.acts] == [("acknowledge", "watch"), ("close", "watch")]
    assert [(act.what, act.who) for act in read(store, viewer=WATCH).acts] == [("acknowledge", "watch"), ("close", "")]
    assert read(store, ago(hours=7)).alerts == []


def test_while_it_waits_its_place_in_the_queue_is_told(store: Store) -> None:
    store.ingest("test", [task(NO, ago(hours=2), platform="P"), *nodes(NO, 1, last=1), task("B", platform="P")])
    queue = read(store).queue
    assert queue is not None
    assert (queue.rank, queue.platform) == (1, "P")
    store.ingest("test", [task(NO, ago(minutes=5), platform="P", hold="suspended")])
    assert read(store).queue is None
