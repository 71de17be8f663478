"""The documents of the open interface: whole, true of what is answered and sent, for those who may, read offline."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import dash
import jsonschema_rs
import msgspec
import pytest
from fastapi.testclient import TestClient
from websockets.sync.client import connect

from access.paths import PATHS
from api import asyncapi, schemas
from api.operations import OPERATIONS
from api.samples import picture
from domain.permissions import DATASET_PERMISSIONS, TOPIC_PERMISSIONS, Role
from domain.pictures import TOPICS
from live.requests import Limits
from live.topics import Topic
from store.reads.dataset_tables import DATASETS, fields_of
from tests.conftest import REPO
from tests.live.conftest import LiveServer
from tests.wall import hall

HERE = ("127.0.0.1", 50000)
SINCE = "2026-11-20T00:00:00Z"


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The whole application over pictures made by hand and an empty store."""
    built = hall.build(tmp_path_factory.mktemp("documents"))
    dash.get_app()
    with TestClient(built, "http://127.0.0.1", client=HERE) as client:
        yield client


@pytest.fixture(scope="module")
def document(asking: TestClient) -> Any:
    return asking.get("/api/openapi.json", params={"lang": "en"}).json()


def held(schema: Any, document: Any, body: Any) -> None:
    """A body is as the document says."""
    jsonschema_rs.validator_for({**schema, "components": document["components"]}).validate(body)


def test_the_document_tells_of_every_route_with_words_and_what_it_takes(document: Any) -> None:
    told = {
        (method.upper(), re.sub(r"{[^}]*}", "{}", path)) for path, one in document["paths"].items() for method in one
    }
    lines = {(method, path) for methods, path, _ in PATHS if path.startswith("/api/v1/") for method in methods
             if method != "HEAD" and path != "/api/v1/datasets/{}"}  # fmt: skip
    assert lines | {("GET", f"/api/v1/datasets/{name}") for name in DATASETS} == told
    for path, methods in document["paths"].items():
        for one in methods.values():
            words = [one["summary"], one["description"], *(given["description"] for given in one["parameters"])]
            assert all(words), path
            assert not any(word.startswith("api.") for word in words), (path, words)
            assert one["x-permission"]
            assert {"401", "403", "429"} <= set(one["responses"])
    names = [one["operationId"] for methods in document["paths"].values() for one in methods.values()]
    assert len(set(names)) == len(names)


def test_it_is_openapi_3_1_and_every_reference_leads_somewhere(document: Any) -> None:
    assert document["openapi"] == "3.1.0"
    named = set(re.findall(r"#/components/schemas/([\w.]+)", msgspec.json.encode(document).decode()))
    assert named <= set(document["components"]["schemas"])
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate({**schema, "$schema": "https://json-schema.org/draft/2020-12/schema"})


def test_pictures_are_as_the_document_says(asking: TestClient, document: Any) -> None:
    asked = {"/yard/hourly": {"since": SINCE, "until": "2026-11-20T05:00:00Z"}, "/search": {"q": "1"},
             "/moment": {"at": SINCE, "topics": "yard"}, "/topics": {"topics": "yard"},
             "/trends": {"metric": "gate_moves", "since": SINCE, "until": SINCE},
             "/moment/tracks": {"kind": "vehicles", "since": SINCE, "until": SINCE},
             "/simulation/made": {"since": SINCE}}  # fmt: skip
    seen = 0
    for (method, path), one in OPERATIONS.items():
        if method != "get" or "{" in path:
            continue
        answer = asking.get(f"/api/v1{path}", params=asked.get(path, {}))
        assert answer.status_code == 200, (path, answer.text)
        schema = document["paths"][f"/api/v1{path}"]["get"]["responses"]["200"]["content"][one.media]["schema"]
        held(schema, document, answer.json())
        seen += bool(answer.json().get("rows"))
    assert seen >= 8, "the hall has pictures"


def test_every_picture_that_has_a_past_takes_a_moment(document: Any) -> None:
    """Courses take a span instead; what is kept, said or done is of now."""
    past = {one["operationId"] for methods in document["paths"].values() for one in methods.values() if one["x-past"]}
    pictures = {one.name for one in OPERATIONS.values() if one.tag == "pictures"}
    assert past == pictures | {"moment", "search", "quarantine", "orders", "orders_of_all"} | {
        f"rows_{name}" for name in DATASETS
    }


def test_datasets_stand_with_their_fields_units_and_filters(document: Any) -> None:
    for name in DATASETS:
        told = document["paths"][f"/api/v1/datasets/{name}"]["get"]
        given = {one["name"] for one in told["parameters"]}
        assert set(fields_of(name)) <= given
        assert told["x-permission"] == DATASET_PERMISSIONS[name]
        row = document["components"]["schemas"][schemas.row_name(name)]
        assert set(row["properties"]) == set(fields_of(name))
    speed = document["components"]["schemas"]["VehiclePosition"]["properties"]["speed_kmh"]
    assert (speed["x-unit"], speed["anyOf"][0]["type"]) == ("km/h", "number")


def test_refusals_are_as_the_document_says(asking: TestClient, document: Any) -> None:
    for path in (
        "/api/v1/yard?at=x",
        "/api/v1/datasets/gate_move?x=1",
        "/api/v1/datasets/gate_move?at=2999-01-01T00:00Z",
    ):
        answer = asking.get(path)
        assert 400 <= answer.status_code <= 422
        held({"$ref": "#/components/schemas/Error"}, document, answer.json())


@pytest.fixture(scope="module")
def live(asking: TestClient) -> Any:
    return asking.get("/api/asyncapi.json", params={"lang": "en"}).json()


def test_every_topic_is_a_subscription_with_frames_the_live_code_made(live: Any) -> None:
    messages = live["components"]["messages"]
    assert {f"frame_{topic}" for topic in TOPICS} == {name for name in messages if name.startswith("frame_")}
    for topic in TOPICS:
        told = messages[f"frame_{topic}"]
        full, delta = (one["payload"] for one in told["examples"])
        assert (full["t"], "full" in full, delta["b"], delta["s"]) == (topic, True, full["s"], full["s"] + 1)
        assert [full, delta] == asyncapi.examples(topic)
        assert told["x-permission"] == live["operations"][f"send_{topic}"]["x-permission"] == TOPIC_PERMISSIONS[topic]
        for one in (full, delta):
            held(told["payload"], live, one)
    for name in ("hello", "beat", "subscribe", "unsubscribe"):
        held(messages[name]["payload"], live, messages[name]["examples"][0]["payload"])


def test_references_of_the_live_document_lead_somewhere(live: Any) -> None:
    for reference in re.findall(r'"\$ref":"#/([^"]+)"', msgspec.json.encode(live).decode()):
        found = live
        for part in reference.split("/"):
            found = found[part]


def test_frames_of_the_real_line_are_as_the_document_says(live: Any) -> None:
    server = LiveServer(Limits())
    try:
        day = hall.busy_day(datetime.now(UTC))
        for topic, picture_ in day.items():
            server.hub.publish(topic, picture_)
        with connect(server.url, origin=server.origin) as line:  # type: ignore[arg-type]
            held(live["components"]["messages"]["hello"]["payload"], live, json.loads(line.recv(30)))
            line.send(json.dumps({"op": "sub", "topics": dict.fromkeys([*day, "clock"])}))
            seen: set[str] = set()
            while not {*day, "clock"} <= seen:
                said = json.loads(line.recv(30))
                name = f"frame_{said['t']}" if "t" in said else said["op"]
                held(live["components"]["messages"][name]["payload"], live, said)
                seen.add(said.get("t", ""))
    finally:
        server.stop()


def test_an_example_is_a_whole_picture() -> None:
    for topic in TOPICS:
        if topic != "clock":
            made = Topic(topic)
            assert made.publish(picture(topic)), topic


class _Page(HTMLParser):
    """Collects what a page would fetch or run, and where its links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.tags.add(tag)
        self.fetched += [
            str(told[name]) for name in ("src", "href") if tag in ("link", "script", "img") and told.get(name)
        ]
        self.links += [str(told["href"])] if tag == "a" else []
        self.ids |= {str(told["id"])} if "id" in told else set()
        self.inline += [name for name in told if name.startswith("on") or name == "style"]


@pytest.mark.parametrize("lang", ["zh_CN", "en"])
def test_the_page_needs_no_script_and_nothing_from_elsewhere(asking: TestClient, lang: str) -> None:
    answer = asking.get("/api/docs", params={"lang": lang})
    page = _Page()
    page.feed(answer.text)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert not page.tags & {"script", "iframe", "object", "form"}
    assert page.inline == []
    assert all(one.startswith("/") and not one.startswith("//") for one in page.fetched)
    for address in page.fetched:
        assert asking.get(address).status_code == 200
    assert all(one.startswith(("/", "?", "#")) for one in page.links)
    assert {one[1:] for one in page.links if one.startswith("#")} <= page.ids
    assert {f"rows_{name}" for name in DATASETS} <= page.ids
    assert "api." not in re.sub(r"[\w/]*api\.json|asyncapi\.json|openapi\.json", "", answer.text)
    assert "script-src 'self'" in answer.headers["content-security-policy"]


def test_the_documents_are_for_those_who_may_enter_and_what_frameworks_open_stays_shut(asking: TestClient) -> None:
    for role in (Role.WALL, Role.AUDITOR):
        asking.cookies.set("cockpit_role", role)
        assert asking.get("/api/openapi.json").status_code == 200
    asking.cookies.clear()
    assert asking.get("/api/redoc").status_code == 404
    assert '"openapi"' not in asking.get("/openapi.json").text + asking.get("/docs").text


def test_every_address_in_the_guide_is_answered(asking: TestClient) -> None:
    guide = (REPO / "docs" / "open-services.md").read_text("utf-8")
    addresses = re.findall(r'\$HOST(/api/[^\s"]+)', guide)
    assert len(addresses) >= 8
    for address in addresses:
        answer = asking.get(address)
        assert answer.status_code == 200, (address, answer.text)
    names = re.findall(r"--dataset (\w+)", guide)
    assert set(names) - {"NAME"} <= set(DATASETS)
