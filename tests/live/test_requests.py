"""What a browser may say: strict reading, rate, and where it comes from."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from live.requests import Bucket, Limits, Refused, Subscribe, Unsubscribe, parse, same_origin

LIMITS = Limits()


def test_good_requests():
    assert parse('{"op":"sub","topics":{"yard":null,"queue":["e1",7]}}', LIMITS) == Subscribe(
        {"yard": None, "queue": ("e1", 7)}
    )
    assert parse(b'{"op":"unsub","topics":["yard"]}', LIMITS) == Unsubscribe(["yard"])


@pytest.mark.parametrize(
    "message",
    ["", "hello", "[]", "{}", '{"op":"publish","topics":{}}', '{"op":"sub"}', '{"op":"sub","topics":["yard"]}',
     '{"op":"sub","topics":{"yard":7}}', '{"op":"sub","topics":{"yard":["e",1.5]}}', '{"op":"sub","topics":{},"x":1}',
     '{"op":"sub","topics":{"yard":["e",1,2]}}', '{"op":"sub","topics":{"yard":["e",1e999]}}', "\ud800",
     b"\xff\xfe", "[" * 50_000],
)  # fmt: skip
def test_malformed_requests_are_refused(message):
    with pytest.raises(Refused) as refused:
        parse(message, LIMITS)
    assert (refused.value.code, refused.value.kind) == (4400, "malformed")


def test_a_large_message_is_refused_unread():
    with pytest.raises(Refused) as refused:
        parse('{"op":"unsub","topics":["' + "x" * 70_000 + '"]}', LIMITS)
    assert refused.value.code == 1009


@given(st.one_of(st.text(), st.binary()))
def test_any_input_is_read_or_refused(message):
    with contextlib.suppress(Refused):
        assert isinstance(parse(message, LIMITS), Subscribe | Unsubscribe)


def test_reason_fits_a_close_frame_whole_letters_only():
    reason = Refused(4403, "unknown_topic", "鲁" * 100).reason
    assert set(reason) == {"鲁"}
    assert len(reason.encode()) <= 123


def test_the_bucket_allows_a_burst_and_then_the_rate():
    now = [0.0]
    bucket = Bucket(Limits(burst=3, per_second=1), clock=lambda: now[0])
    for _ in range(3):
        bucket.take()
    with pytest.raises(Refused) as refused:
        bucket.take()
    assert refused.value.code == 4429
    now[0] = 1.1
    bucket.take()
    with pytest.raises(Refused):
        bucket.take()


HOST = "cockpit.port.cn:8050"


@pytest.mark.parametrize("origin", [f"http://{HOST}", f"https://{HOST}", "http://COCKPIT.port.cn:8050"])
def test_own_pages_may_connect(origin):
    assert same_origin(origin, HOST)


@pytest.mark.parametrize(
    "origin",
    [None, "", "null", "http://evil.example", f"http://evil.{HOST}", f"http://{HOST}.evil.example", f"http://{HOST}@evil.example",
     f"http://user@{HOST}", "http://cockpit.port.cn", "http://cockpit.port.cn:80500", f"ftp://{HOST}", f"file://{HOST}",
     f"http://{HOST}/path", f"http://{HOST}?q", HOST, "http://[broken", "http://cockpit.port.cn.:8050"],
)  # fmt: skip
def test_all_others_may_not(origin):
    assert not same_origin(origin, HOST)


def test_allowed_origins_are_compared_whole():
    allowed = frozenset({"https://wall.port.cn"})
    assert same_origin("https://wall.port.cn", "internal:8050", allowed)
    assert not same_origin("https://wall.port.cn.evil.example", "internal:8050", allowed)
