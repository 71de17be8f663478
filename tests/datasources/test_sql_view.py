"""Views of other people's databases: new rows alone, nothing written, nothing lost, and no way to elsewhere."""

from __future__ import annotations

import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasources.contract import Batch
from datasources.sql_view import Options, SqlView, create
from domain.errors import FeedError
from domain.outbound import Outbound
from domain.records import GateMove, InspectionTask
from tests.contract.rig import Clock, context
from tests.contract.sql_view_rig import MAPPING, move
from tools.postgres import Server

TABLE = "(id int, gate text, way int, passed_at timestamptz, plate text, box text, more jsonb, n numeric, boxes text[])"


@pytest.fixture(scope="module")
def tos() -> Iterator[Server]:
    """A terminal's PostgreSQL, reached over TCP as one would be."""
    running = Server(port=_free_port())
    yield running
    running.remove()


def _free_port() -> int:
    with closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture
def base(tos: Server) -> Iterator[psycopg.Connection[Any]]:
    name = tos.database()
    with psycopg.connect(tos.address(name), autocommit=True) as connection:
        connection.execute(f"create table moves {TABLE}")
        connection.execute("create role reader login password 'r'")
        connection.execute("grant select on moves to reader")
        yield connection
        connection.execute("drop owned by reader; drop role reader")


def adapter(base: psycopg.Connection[Any], cursor: Any = None, rules: Outbound | None = None, **more: Any) -> SqlView:
    info = base.info
    url = more.pop("url", f"postgresql+psycopg://reader:r@localhost:{info.port}/{info.dbname}")
    given = {"url": url, "view": "public.moves", "dataset": "gate_move", "mapping": MAPPING, **more}
    allowed = rules or Outbound(allow=("127.0.0.0/8", "::1"))
    told = msgspec.structs.replace(context(Path(), Clock(), cursor), outbound=allowed, timeout_seconds=5.0)
    return create(msgspec.convert(given, Options), told)


def insert(base: psycopg.Connection[Any], *numbers: int, at: str = "2031-05-04 10:{:02}:00+08") -> None:
    for number in numbers:
        base.execute(
            "insert into moves (id, gate, way, passed_at, plate) values (%s, 'G1', 1, %s, '鲁B1')",
            (number, at.format(number)),
        )


def ids(batch: Batch) -> list[str]:
    return [record.move_id for record in batch.records if isinstance(record, GateMove)]


def kept(batch: Batch) -> Any:
    return msgspec.json.decode(msgspec.json.encode(batch.cursor))


def test_new_rows_alone_also_after_a_restart_and_with_one_watermark(base: psycopg.Connection[Any]) -> None:
    insert(base, 1, 2, 3)
    with closing(adapter(base, watermark="passed_at")) as first:
        one = first.poll()
        assert ids(one) == ["1", "2", "3"]
        assert one.records[0].event_time.isoformat() == "2031-05-04T02:01:00+00:00"
        assert first.poll().counts == {"rows": 0}
        insert(base, 4, at="2031-05-04 10:03:00+08")  # the newest one's time, committed later
        two = first.poll()
        assert ids(two) == ["4"]
    with closing(adapter(base, kept(two), watermark="passed_at")) as again:
        assert not again.poll().records
        insert(base, 5)
        assert ids(again.poll()) == ["5"]


def test_rows_committed_late(base: psycopg.Connection[Any]) -> None:
    insert(base, 10)
    with closing(adapter(base, watermark="passed_at", overlap_seconds=300)) as reading:
        assert ids(reading.poll()) == ["10"]
        insert(base, 6)
        assert ids(reading.poll()) == ["6"]
        insert(base, 4)  # later than was said
        assert ids(reading.poll()) == []


def test_many_rows_of_one_moment(base: psycopg.Connection[Any]) -> None:
    base.execute(
        "insert into moves (id, gate, way, passed_at)"
        " select n, 'G', 1, '2031-05-04 10:00Z' from generate_series(1, 950) n"
    )
    with closing(adapter(base, watermark="passed_at", chunk_rows=100)) as reading:
        seen: list[str] = []
        for _ in range(20):
            batch = reading.poll()
            seen += ids(batch)
            if not batch.more:
                break
    assert sorted(map(int, seen)) == list(range(1, 951))


def test_types_of_a_database(base: psycopg.Connection[Any]) -> None:
    base.execute("""insert into moves values (1, 'G', 1, now(), 'x', 'y', '{"no": "420120310000000001"}', 7.50,
                    array['CSQU3054383', 'MSKU1234565'])""")
    mapping = {"declaration_no": "more.no", "containers": "boxes", "source_rank": "id", "applied_at": "passed_at"}
    with closing(adapter(base, dataset="inspection_task", mapping=mapping)) as reading:
        (task,) = reading.poll().records
        assert not reading.poll().records  # as it was
    assert isinstance(task, InspectionTask)
    assert (task.declaration_no, task.source_rank) == ("420120310000000001", 1)
    assert task.containers == ("CSQU3054383", "MSKU1234565")
    with closing(adapter(base, mapping={**MAPPING, "vehicle_id": "more"})) as reading:
        batch = reading.poll()
    assert (len(batch.records), len(batch.rejects)) == (0, 1)


def test_nothing_can_be_written(base: psycopg.Connection[Any]) -> None:
    """Also by an owner's login: a view may call what writes."""
    insert(base, 1)
    base.execute("create function grow() returns int language sql as 'insert into moves values (99) returning 1'")
    base.execute("create view sly as select grow() as id, gate, way, passed_at, plate, box from moves")
    info = base.info
    owner = f"postgresql+psycopg://{info.user}@localhost:{info.port}/{info.dbname}"
    with closing(adapter(base, url=owner, view="sly")) as reading, pytest.raises(FeedError, match="read-only"):
        reading.poll()
    assert base.execute("select count(*) from moves").fetchone() == (1,)


def test_names_are_names(base: psycopg.Connection[Any]) -> None:
    for view in ('moves"; drop table moves; --', "moves; drop table moves", "no.moves", "(select 1)"):
        with closing(adapter(base, view=view)) as reading, pytest.raises(FeedError) as caught:
            reading.poll()
        assert caught.value.code in ("no_rows", "query_failed")
    hostile = {**MAPPING, "vehicle_id": "plate from moves; drop table moves; --"}
    with closing(adapter(base, mapping=hostile)) as reading, pytest.raises(FeedError, match="no column"):
        reading.poll()
    assert base.execute("select count(*) from moves").fetchone() == (0,)


def test_a_wrong_password_is_sent_once(tos: Server, base: psycopg.Connection[Any]) -> None:
    (tos.folder / "data" / "pg_hba.conf").write_text("local all all trust\nhost all all all scram-sha-256\n")
    base.execute("select pg_reload_conf()")
    info = base.info
    try:
        with closing(adapter(base)) as right:
            right.poll()
        wrong = f"postgresql+psycopg://reader:wrong-word@localhost:{info.port}/{info.dbname}"
        with closing(adapter(base, url=wrong)) as reading, pytest.raises(FeedError) as caught:
            reading.poll()
        assert (caught.value.code, caught.value.halts) == ("unauthorised", True)
        assert "wrong-word" not in str(caught.value)
    finally:
        (tos.folder / "data" / "pg_hba.conf").write_text("local all all trust\nhost all all all trust\n")
        base.execute("select pg_reload_conf()")


def test_a_server_that_goes_and_comes(tos: Server, base: psycopg.Connection[Any]) -> None:
    insert(base, 1)
    with closing(adapter(base, watermark="passed_at")) as reading:
        assert ids(reading.poll()) == ["1"]
        base.execute("alter table moves rename column plate to licence")
        with pytest.raises(FeedError, match="plate") as caught:
            reading.poll()
        assert caught.value.code == "query_failed"
        with pytest.raises(FeedError, match=r"columns present.*licence") as caught:
            reading.poll()
        assert caught.value.code == "missing_column"
        base.execute("alter table moves rename column licence to plate")
        insert(base, 2)
        assert ids(reading.poll()) == ["2"]


def test_a_view_that_takes_too_long(base: psycopg.Connection[Any]) -> None:
    base.execute(
        "create view slow as select pg_sleep(60)::text as id, 'G' gate, 1 way, now() passed_at, '' plate, '' box"
    )
    base.execute("grant select on slow to reader")
    with closing(adapter(base, view="slow")) as reading, pytest.raises(FeedError) as caught:
        reading.poll()
    assert caught.value.code == "timeout"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "2130706433", "169.254.169.254"])
def test_no_way_to_this_machine_unless_it_is_allowed(base: psycopg.Connection[Any], host: str) -> None:
    url = f"postgresql+psycopg://reader:r@{host}:{base.info.port}/x"
    with closing(adapter(base, url=url, rules=Outbound())) as reading, pytest.raises(FeedError) as caught:
        reading.poll()
    assert caught.value.code == "address_refused"


def test_nor_by_a_socket_or_a_parameter(tos: Server, base: psycopg.Connection[Any]) -> None:
    socket_url = f"postgresql+psycopg://reader@/x?host={tos.folder}"
    for url in (socket_url, "postgresql+psycopg:///x"):
        with (
            closing(adapter(base, url=url, rules=Outbound())) as reading,
            pytest.raises(FeedError, match="this machine"),
        ):
            reading.poll()
    for more in ("hostaddr=127.0.0.1", "service=x", "passfile=/etc/passwd", "sslkey=/etc/shadow", "options=-c%20x"):
        with pytest.raises(msgspec.ValidationError, match="may not stand behind"):
            adapter(base, url=f"postgresql+psycopg://reader@db/x?{more}")


@pytest.mark.parametrize(("change", "says"), [
    ({"url": "nothing"}, "url"), ({"url": "dbase://h/x"}, "kind of database"), ({"view": ""}, "view"),
    ({"view": "a.b.c"}, "view"), ({"chunk_rows": 0}, "chunk_rows"), ({"overlap_seconds": 5}, "watermark"),
    ({"url": "postgresql+psycopg://u:${NOT_SET}@h/x"}, "NOT_SET"), ({"mapping": {"gate_id": "g"}}, "needed"),
])  # fmt: skip
def test_options_that_cannot_work(change: dict[str, Any], says: str) -> None:
    given = {"url": "sqlite:///x.db", "view": "moves", "dataset": "gate_move", "mapping": MAPPING, **change}
    with pytest.raises(msgspec.ValidationError, match=says):
        msgspec.convert(given, Options)


@given(st.lists(st.lists(st.integers(0, 9), max_size=6), max_size=8), st.integers(1, 4))
def test_every_row_comes_once_however_it_is_written(
    tmp_path_factory: Any, written: list[list[int]], chunk: int
) -> None:
    """Rows that come between polls, with watermarks that never fall, in chunks of any size, with restarts."""
    folder = tmp_path_factory.mktemp("tos")
    with closing(sqlite3.connect(folder / "tos.db", isolation_level=None)) as base:
        base.execute("create table moves (id, gate, way, passed_at, plate, box)")
        number, last, cursor, seen = 0, 0, None, list[str]()
        for steps in written:
            for step in steps:
                number, last = number + 1, last + step // 4
                row = move(number, passed_at=f"2031-05-04 {last // 60:02}:{last % 60:02}:00")
                base.execute("insert into moves values (?,?,?,?,?,?)", row)
            options = {"url": "sqlite:///tos.db", "view": "moves", "dataset": "gate_move", "mapping": MAPPING,
                       "watermark": "passed_at", "chunk_rows": chunk}  # fmt: skip
            with closing(create(msgspec.convert(options, Options), context(folder, Clock(), cursor))) as reading:
                for _ in range(50):
                    batch = reading.poll()
                    seen += ids(batch)
                    cursor = kept(batch) or cursor
                    if not batch.more:
                        break
    assert sorted(map(int, seen)) == list(range(1, number + 1))
