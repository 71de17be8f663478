"""Two enterprises at every topic, view, route, moment, file and page: neither learns that the other is there."""

from __future__ import annotations

import re
from pathlib import Path

import httpx2 as httpx
import pytest

from access.paths import PATHS
from tests.access.two_enterprises import ROUTES, everything, house, past, streamed
from tests.store.conftest import NewUrl

UNLIKE = ("x-request-id", "date", "content-length")


@pytest.mark.slow
def test_what_an_enterprise_is_told_does_not_depend_on_what_others_have(new_url: NewUrl, tmp_path: Path) -> None:
    with house(new_url(), tmp_path / "alone", ["AAA"]) as built:
        alone = everything(built, "A")
    with house(new_url(), tmp_path / "all", ["AAA", "BBB", "PPP"]) as built:
        port = streamed(built, "port")
        among = everything(built, "A")
        other = everything(built, "B")
        _unknown_and_foreign_are_one(built.client("A"))
    assert among.keys() == alone.keys()
    for asked, said in among.items():
        assert "BBB" not in said.replace("q=BBB", "").replace('"q":"BBB"', ""), asked
        assert "PPP" not in said.replace('"q":"PPP"', ""), asked
        assert said == alone[asked], asked
    for asked, said in other.items():
        assert "AAA" not in said.replace('"q":"AAA"', ""), asked
    own = [asked for asked, said in among.items() if "AAA" in said.replace('"q":"AAA"', "")]
    assert {"live queue", "live vehicles", "live inspections", "topic view:inspections-rows@en"} <= set(own)
    assert any("BBB" in said and "PPP" in said for said in port.values()), "the port sees all of them"


def _unknown_and_foreign_are_one(client: httpx.Client) -> None:
    with client:
        for query in ({}, {"at": past(1)}, {"at": past(1), "known": "then"}):
            foreign = client.get("/api/v1/inspections/BBBD1", params=query)
            unknown = client.get("/api/v1/inspections/NOBODYS", params=query)
            assert (foreign.status_code, foreign.content) == (404, unknown.content)
            assert [kept for kept in foreign.headers.items() if kept[0] not in UNLIKE] == [
                kept for kept in unknown.headers.items() if kept[0] not in UNLIKE
            ]
            assert client.get("/api/v1/inspections/AAAD1", params=query).status_code == 200
            files = [client.get(f"/api/v1/inspections/{name}/file", params=query) for name in ("BBBD1", "NOBODYS")]
            assert [(file.status_code, file.content) for file in files] == [(404, unknown.content)] * 2
            assert client.get("/api/v1/inspections/AAAD1/file", params=query).status_code == 200


def test_every_route_that_reads_is_asked() -> None:
    reading = {path for methods, path, _ in PATHS if "GET" in methods and path.startswith("/api/v1/")}
    of_one = re.compile(r"(?<=/)(inspections|datasets|quarantine|alerts)/[^/]+(?=/file$|/orders$|$)")
    assert {path if path in reading else of_one.sub(r"\1/{}", path) for path in ROUTES} == reading
