"""The open interface under thousands of made-up requests: it answers all of them, and none with a fault of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import dash
import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from datasources.mapping import DATASETS
from tests.wall import hall

EXAMPLES = 200 if os.environ.get("COCKPIT_FULL") else 12
HERE = ("127.0.0.1", 50000)
LEAKS = ("Traceback", 'File "', "sqlalchemy", "sqlite3", "psycopg", "site-packages")


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The whole application over pictures made by hand and an empty store."""
    built = hall.build(tmp_path_factory.mktemp("interface"))
    server = dash.get_app().server
    with TestClient(built, "http://127.0.0.1", client=HERE, raise_server_exceptions=False) as client:
        client.described = server.openapi()  # type: ignore[attr-defined]
        client.told = client.get("/api/openapi.json").json()  # type: ignore[attr-defined]
        yield client


def test_no_route_breaks(asking: TestClient) -> None:
    schema = schemathesis.openapi.from_dict(asking.described)  # type: ignore[attr-defined]
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 25
    for operation in operations:
        _tried(asking, operation)


def test_no_route_breaks_when_it_is_asked_as_the_document_says(asking: TestClient) -> None:
    """Every dataset with its own filters, types and words, and bodies as they should be."""
    schema = schemathesis.openapi.from_dict(asking.told)  # type: ignore[attr-defined]
    operations = [found.ok() for found in schema.get_all_operations()]
    assert sum("/datasets/" in operation.path for operation in operations) == len(DATASETS)
    for operation in operations:
        _tried(asking, operation)


def _tried(asking: TestClient, operation: Any) -> None:
    """Requests made up from what the route says it takes, and from what it says it does not."""

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(operation.as_strategy() | operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    def tried(case: Any) -> None:
        told = case.as_transport_kwargs(base_url="http://127.0.0.1")
        headers = {k: v for k, v in dict(told.get("headers") or {}).items() if k.lower() != "host"}
        answer = asking.request(told["method"], told["url"], params=told.get("params"), headers=headers)
        assert answer.status_code < 500 or operation.path == "/readyz", (told, answer.text)
        assert not any(word in answer.text for word in LEAKS), (told, answer.text[:300])

    tried()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
WORDS = st.sampled_from(["act", "changes", "version", "columns", "rows", "name", "kind", "topics", "tab", "draws"])
ACTS = st.sampled_from(["", "/api/v1/export", "/api/v1/kept", "/api/v1/feeds/yard/acts", "/api/v1/screens/x/acts",
                        "/api/v1/screens/x/report", "/api/v1/metrics/browser", "/_dash-update-component"])  # fmt: skip


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(ACTS.filter(bool), st.one_of(JSON, st.dictionaries(WORDS, JSON, max_size=5)), st.sampled_from(["POST", "PUT"]))
def test_no_body_breaks_a_route(asking: TestClient, path: str, body: Any, method: str) -> None:
    import json

    answer = asking.request(method, path, content=json.dumps(body), headers={"content-type": "application/json"})
    assert answer.status_code != 500, (path, body, answer.text)
    assert not any(word in answer.text for word in LEAKS), answer.text[:300]


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(ACTS.filter(bool), st.binary(max_size=200), st.sampled_from(["POST", "PUT", "DELETE", "PATCH"]))
def test_no_bytes_break_a_route(asking: TestClient, path: str, body: bytes, method: str) -> None:
    answer = asking.request(method, path, content=body)
    assert answer.status_code != 500, (path, body, answer.text)
    assert not any(word in answer.text for word in LEAKS), answer.text[:300]
