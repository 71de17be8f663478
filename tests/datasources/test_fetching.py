"""Fetching over HTTP from servers that fail, lie and flood, and from places that must not be reached."""

from __future__ import annotations

import gzip
import os
import socket
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bench.process import memory_bytes
from datasources import outbound
from datasources.contract import Context
from datasources.fetching import Fetcher, Web
from domain.errors import FeedError
from domain.outbound import Outbound
from domain.records import Origin
from tests.datasources.liar import Liar, Request, answer, breaks_off, drips, floods, hangs, http

HOME = Outbound(allow=("127.0.0.0/8",))


@contextmanager
def fetcher(url: str = "http://127.0.0.1/", rules: Outbound = HOME, seconds: float = 2.0, **more: Any) -> Iterator[Any]:
    context = Context(
        feed="trial", origin=Origin.LIVE, now=lambda: datetime.now(UTC), home=Path(), base=Path(),
        outbound=rules, timeout_seconds=seconds,
    )  # fmt: skip
    with closing(Fetcher(Web(url=url, **more), context)) as made:
        yield made


def refused(url: str, rules: Outbound = HOME, seconds: float = 2.0, **more: Any) -> FeedError:
    with fetcher(url, rules, seconds, **more) as made, pytest.raises(FeedError) as caught:
        made.get(url)
    return caught.value


def test_body_headers_and_credentials() -> None:
    seen: list[Request] = []

    def reply(request: Request) -> bytes:
        seen.append(request)
        return answer(b"[1]", etag='"v1"', link='</next?page=2>; rel="next"')

    with Liar(http(reply)) as liar, fetcher(headers={"X-Key": "k"}, user="port", password="pä") as made:
        got = made.get(f"{liar.url}/a?secret=s", {"b": "c d"})
    assert (got.body, got.etag, got.unchanged, got.kind) == (b"[1]", '"v1"', False, "application/json")
    assert got.links == {"next": f"{liar.url}/next?page=2"}
    assert got.where == f"{liar.url}/a"  # what stands behind the ? may be a secret
    assert seen[0].headers["x-key"] == "k"
    assert seen[0].headers["authorization"].startswith("Basic ")
    assert "b=c" in seen[0].target


def test_an_unchanged_answer_is_told_by_its_mark() -> None:
    def reply(request: Request) -> bytes:
        known = request.headers.get("if-none-match") == '"v1"'
        return answer(b"", status="304 Not Modified") if known else answer(b"[]", etag='"v1"')

    with Liar(http(reply)) as liar, fetcher() as made:
        assert made.get(liar.url).etag == '"v1"'
        assert made.get(liar.url, etag='"v1"').unchanged


@pytest.mark.parametrize(("status", "code", "halts"), [
    ("401 Unauthorized", "unauthorised", True), ("403 Forbidden", "unauthorised", True),
    ("500 Internal Server Error", "http_status", False), ("404 Not Found", "http_status", False),
    ("204 No Content", "http_status", False), ("429 Too Many Requests", "http_status", False),
])  # fmt: skip
def test_refusals(status: str, code: str, halts: bool) -> None:
    with Liar(http(answer(b"no", status=status))) as liar:
        error = refused(f"{liar.url}/x?key=hidden")
    assert (error.code, error.halts) == (code, halts)
    assert status in str(error)
    assert "hidden" not in str(error)


@pytest.mark.parametrize(("status", "said", "seconds"), [
    ("429 Too Many Requests", "7", 7), ("503 Service Unavailable", "120", 120), ("429 Busy", "99999999999", 86_400),
])  # fmt: skip
def test_a_server_that_asks_for_patience(status: str, said: str, seconds: float) -> None:
    with Liar(http(answer(b"", status=status, retry_after=said))) as liar:
        error = refused(liar.url)
    assert (error.code, error.wait_seconds) == ("asked_to_wait", seconds)


def test_patience_until_a_time() -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=50), usegmt=True)
    with Liar(http(answer(b"", status="429 Busy", retry_after=until))) as liar:
        error = refused(liar.url)
    assert error.wait_seconds == pytest.approx(50, abs=3)
    with Liar(http(answer(b"", status="429 Busy", retry_after="soon"))) as liar:
        assert refused(liar.url).code == "http_status"


def test_one_that_never_answers_or_never_ends() -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n"
    for behaviour in (hangs(), drips(head, b" ", 0.05), drips(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n", 0.05)):
        with Liar(behaviour) as liar:
            assert refused(liar.url, seconds=0.6).code in ("timeout", "truncated")


def test_one_that_breaks_off() -> None:
    for parts in ([b""], [b"HTTP/1.1 200"], [answer(b"0123456789")[:-4]], [b"\0\xff" * 40 + b"\r\n\r\n"]):
        with Liar(breaks_off(*parts)) as liar:
            assert refused(liar.url).code in ("truncated", "not_connected")


@pytest.mark.parametrize("packed", [False, True])
def test_an_endless_body_is_cut_at_the_limit(packed: bool) -> None:
    """Also one that is small on the wire: 1 MB of packed zeros is 1 GB."""
    head = b"HTTP/1.1 200 OK\r\n" + (b"content-encoding: gzip\r\n" if packed else b"") + b"\r\n"
    press = zlib.compressobj(9, zlib.DEFLATED, 31)
    chunk = press.compress(bytes(200_000_000)) if packed else bytes(1 << 16)
    with Liar(floods(head + (chunk[:10] if packed else b""), chunk[10:] if packed else chunk)) as liar:
        before = memory_bytes(os.getpid())
        error = refused(liar.url, seconds=20, max_megabytes=2)
        grown = memory_bytes(os.getpid()) - before
    assert error.code == "too_large"
    assert "2 MB" in error.detail
    assert grown < 50_000_000


def test_packed_answers() -> None:
    for encoding, body in (("gzip", gzip.compress(b"[1, 2]")), ("deflate", zlib.compress(b"[1, 2]"))):
        with Liar(http(answer(body, content_encoding=encoding))) as liar, fetcher() as made:
            assert made.get(liar.url).body == b"[1, 2]"
    with Liar(http(answer(b"not packed", content_encoding="gzip"))) as liar:
        assert refused(liar.url).code == "truncated"
    with Liar(http(answer(b"x", content_encoding="br"))) as liar:
        assert refused(liar.url).code == "encoding"


def test_redirects_stay_on_the_host() -> None:
    def reply(request: Request) -> bytes:
        return answer(b"[]") if request.target == "/b" else answer(b"", status="302 Found", location="/b")

    with Liar(http(reply)) as liar, fetcher() as made:
        assert made.get(f"{liar.url}/a").body == b"[]"
        assert liar.targets == ["/a", "/b"]
    with Liar(http(answer(b"", status="307 Temporary Redirect", location="/again"))) as liar:
        assert refused(liar.url).code == "redirected"
        assert len(liar.requests) == 6


# --- server-side request forgery: where a feed's address must not lead ---

METADATA = ["http://169.254.169.254/latest/meta-data/", "http://[fd00:ec2::254]/", "http://100.100.100.200/"]
HERE = ["http://localhost:{}/", "http://127.0.0.1:{}/", "http://[::1]:{}/", "http://2130706433:{}/", "http://0x7f.1:{}/",
        "http://0177.0.0.1:{}/", "http://0:{}/", "http://127.1:{}/", "http://[::ffff:127.0.0.1]:{}/"]  # fmt: skip


@pytest.mark.parametrize("url", METADATA)
def test_no_feed_reaches_a_metadata_service(url: str) -> None:
    assert refused(url, Outbound(), seconds=1).code == "address_refused"


@pytest.mark.parametrize("url", HERE)
def test_no_feed_reaches_this_machine(url: str) -> None:
    with Liar(http(answer(b"[]"))) as liar:
        assert refused(url.format(liar.port), Outbound(), seconds=1).code in ("address_refused", "not_connected")
        assert not liar.requests


@pytest.mark.parametrize(
    "target", ["http://169.254.169.254/", "file:///etc/passwd", "http://localhost:1/", "//evil/x", "gopher://x/"]
)
def test_no_redirect_leads_there(target: str) -> None:
    with Liar(http(answer(b"", status="302 Found", location=target))) as liar:
        assert refused(liar.url).code == "redirected"


def test_a_name_that_changes_its_address_is_judged_as_connected(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: the second answer would lead home, and is not asked for."""
    with Liar(http(answer(b"[]"))) as liar:
        asked: list[str] = []
        true = socket.getaddrinfo

        def resolve(host: str, port: int, *more: Any, **named: Any) -> list[Any]:
            if host != "rebind.example":
                return true(host, port, *more, **named)
            asked.append(host)
            address = "127.0.0.2" if len(asked) == 1 else "127.0.0.1"
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

        monkeypatch.setattr(outbound.socket, "getaddrinfo", resolve)
        rules = Outbound(allow=("127.0.0.2",))
        error = refused(f"http://rebind.example:{liar.port}/", rules, seconds=1)
        assert error.code == "not_connected"  # nobody listens at 127.0.0.2
        assert not liar.requests
        assert refused(f"http://rebind.example:{liar.port}/", rules, seconds=1).code == "address_refused"


@pytest.mark.parametrize("url", [
    "file:///etc/passwd", "ftp://a/", "http://", "http:///x", "https://u:p@host/", "gopher://h/", "http://h:0/",
    "http://h:99999/", "javascript:alert(1)", "http://[::1", "${UNSET}/x", "",
])  # fmt: skip
def test_what_is_no_address_is_refused_when_the_configuration_is_read(url: str) -> None:
    with pytest.raises(ValueError, match="url") as caught:
        Web(url=url).check()
    assert ":p@" not in str(caught.value)


def test_headers_that_would_split_a_request() -> None:
    for name, value in (("X-A", "1\r\nX-B: 2"), ("X A", "1"), ("X\n", "1"), ("X-Key", "${NOT_SET}")):
        with pytest.raises(ValueError, match="headers"):
            Web(url="http://h/", headers={name: value}).check()


def test_an_authority_of_the_intranet_that_is_not_there(tmp_path: Path) -> None:
    context = Context(feed="t", origin=Origin.LIVE, now=lambda: datetime.now(UTC), home=tmp_path, base=tmp_path)
    (tmp_path / "empty.pem").write_text("nothing")
    for name in ("gone.pem", "empty.pem"):
        with pytest.raises(FeedError, match=name):
            Fetcher(msgspec.convert({"url": "https://h/", "ca_file": name}, Web), context)
