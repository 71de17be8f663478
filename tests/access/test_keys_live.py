"""The websocket of a program ends with its key, also in a demo: under the real server, from another process."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

import entering
from access.desk import AccountDesk
from access.visitors import NEWS_SECONDS
from domain.accounts import ApiKey
from domain.permissions import Role
from live.endpoint import ENDED, WATCH_SECONDS
from settings import load
from store.engine import open_store
from tests.access.conftest import ADMIN
from tests.access.house import answers
from tests.conftest import REPO
from tests.ports import free_port


class Demo(msgspec.Struct):
    """A running demo, and its accounts as the command line reaches them."""

    origin: str
    desk: AccountDesk

    def live(self, text: str = "") -> Any:
        """A connection with a key, or of whoever sits here."""
        bearer = {"authorization": f"Bearer {text}"} if text else {}
        return connect(f"{self.origin.replace('http', 'ws')}/live", origin=self.origin, additional_headers=bearer)  # type: ignore[arg-type]

    def key(self, name: str) -> tuple[ApiKey, str]:
        return self.desk.add_key(ADMIN, name, [Role.LEADER])


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    home, port = tmp_path_factory.mktemp("demo"), free_port()
    told = load(environ={"COCKPIT_HOME": str(home)})
    assert told.access.mode == "demo"
    store = open_store(told.database_url)
    process = subprocess.Popen([sys.executable, "-m", "tests.wall.hall", str(port), str(home)], cwd=REPO)
    try:
        answers(f"http://127.0.0.1:{port}/livez", process)
        yield Demo(f"http://127.0.0.1:{port}", entering.desk_of(told, store))
    finally:
        process.terminate()
        process.wait(60)
        store.close()


async def op(connection: ClientConnection) -> str:
    return json.loads(await asyncio.wait_for(connection.recv(), 60))["op"]


async def beats(connection: ClientConnection, times: int) -> None:
    """It lives so long, at least."""
    for _ in range(times):
        assert await op(connection) == "beat"


async def test_a_revoked_key_ends_its_websocket_and_no_other(demo: Demo) -> None:
    key, text = demo.key("erp")
    async with demo.live(text) as its, demo.live(demo.key("bridge")[1]) as bridge, demo.live() as mine:
        for one in (its, bridge, mine):
            assert await op(one) == "hello"
        demo.desk.revoke_key(ADMIN, key.key_id)
        with pytest.raises(ConnectionClosed):
            await beats(its, 2)
        assert its.close_code == ENDED
        for one in (bridge, mine):
            await beats(one, 1)
    assert NEWS_SECONDS + WATCH_SECONDS < 5, "so it is within five seconds"
    with pytest.raises(InvalidStatus):
        async with demo.live(text):
            pass
