"""Files: packed, named by content, kept for ever; nothing a page does not use."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import time
from pathlib import Path
from typing import Any

import brotli
import pytest
from plotly.offline import get_plotlyjs_version

from delivery.bundles import Bundles, bundle_of
from delivery.libraries import sort_scripts
from delivery.packing import Packer
from delivery.serving import CHARTS, VENDOR, Delivered
from tests.conftest import REPO

SUITE = b"console.log('a component');" * 200


async def _application(scope: Any, _: Any, send: Any) -> None:
    """Stands for Dash: one library script, one page, nothing else."""
    found = {"/_dash-component-suites/dash/x.js": (b"text/javascript", SUITE), "/": (b"text/html", b"<p>" * 2000)}
    kind, body = found.get(scope["path"], (b"text/plain", b"not here"))
    status = 200 if scope["path"] in found else 404
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", kind)]})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
def assets(tmp_path: Path) -> Path:
    folder = tmp_path / "assets"
    folder.mkdir()
    for name, text in {
        "b.js": "two();", "a.js": "one();", "map-x.js": "map();", "palette.js": "first();", "s.css": "p{}",
    }.items():  # fmt: skip
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def layer(tmp_path: Path, assets: Path) -> Delivered:
    return Delivered(_application, Packer(tmp_path / "packed"), assets, {"/x.json": (b'{"a":1}', "application/json")})


def ask(layer: Delivered, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """One GET through the layer."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    given = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    asyncio.run(layer({"type": "http", "method": "GET", "path": path, "headers": given}, receive, send))
    said = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], said, b"".join(part.get("body", b"") for part in sent[1:])


def packed(layer: Delivered, path: str, encoding: str) -> tuple[dict[str, str], bytes]:
    """The answer once it is packed."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        _, headers, body = ask(layer, path, accept_encoding=f"deflate, {encoding}")
        if headers.get("content-encoding") == encoding:
            return headers, body
        time.sleep(0.05)
    raise AssertionError(f"{path} was never packed with {encoding}")


def test_own_scripts_are_one_file_in_order_of_names_and_styles_another(layer: Delivered) -> None:
    bundles = layer.addresses().bundles
    _, headers, body = ask(layer, bundles["core"])
    assert body.index(b"one();") < body.index(b"two();")
    assert b"map();" not in body
    assert b"first();" not in body
    assert headers["cache-control"] == "public, max-age=31536000, immutable"
    assert ask(layer, bundles["style"])[1]["content-type"].startswith("text/css")


def test_a_changed_script_gets_another_address(layer: Delivered, assets: Path) -> None:
    before = layer.addresses().bundles
    time.sleep(0.02)
    (assets / "a.js").write_text("other();")
    after = layer.addresses().bundles
    assert after["core"] != before["core"]
    assert after["style"] == before["style"]
    assert b"other();" in ask(layer, after["core"])[2]


@pytest.mark.parametrize(("encoding", "unpack"), [("br", brotli.decompress), ("gzip", gzip.decompress)])
def test_library_scripts_are_packed_once_and_unpack_to_what_dash_sent(layer: Delivered, encoding, unpack) -> None:
    headers, body = packed(layer, "/static/0123456789abcdef/dash/x.js", encoding)
    assert unpack(body) == SUITE
    assert len(body) < len(SUITE) / 10
    assert "immutable" in headers["cache-control"]
    assert "accept-encoding" in headers["vary"]


def test_a_browser_that_takes_no_packing_gets_the_file_as_it_is(layer: Delivered) -> None:
    assert ask(layer, "/static/0123456789abcdef/dash/x.js")[2] == SUITE


def test_a_file_with_a_plain_name_is_asked_for_again_and_not_sent_again(layer: Delivered) -> None:
    _, headers, body = ask(layer, "/x.json")
    assert headers["cache-control"] == "no-cache"
    assert body
    status, _, body = ask(layer, "/x.json", if_none_match=headers["etag"])
    assert (status, body) == (304, b"")


@pytest.mark.parametrize("path", ["/static/0123456789abcdef/dash/none.js", "/static/x", "/static/../app.py"])
def test_what_dash_does_not_know_is_not_there(layer: Delivered, path: str) -> None:
    assert ask(layer, path)[0] == 404


def test_the_page_itself_is_packed_and_never_kept(layer: Delivered) -> None:
    _, headers, body = ask(layer, "/", accept_encoding="gzip")
    assert headers["content-encoding"] == "gzip"
    assert gzip.decompress(body).startswith(b"<p>")
    assert headers["cache-control"] == "no-store"


def test_packed_files_are_kept_for_the_next_start(tmp_path: Path) -> None:
    first = Packer(tmp_path / "packed").file(SUITE, "text/css")
    end = time.monotonic() + 20
    while "br" not in first.packed and time.monotonic() < end:
        time.sleep(0.02)
    kept = tmp_path / "packed" / f"{first.digest}.br"
    assert brotli.decompress(kept.read_bytes()) == SUITE


def test_every_script_of_ours_belongs_to_a_bundle_and_fails_alone() -> None:
    files = sorted(file.name for file in (REPO / "assets").glob("*.js"))
    made = Bundles(REPO / "assets").current()
    assert {bundle_of(name) for name in files} | {"style"} == set(made)
    assert made["core"].decode().count("reportError(error)") == sum(bundle_of(name) == "core" for name in files)


def test_lazy_libraries_and_unused_scripts_are_not_in_the_page() -> None:
    suites = ["dash/deps/react@18.v4m1.3.min.js", "dash_ag_grid/dash_ag_grid.v3m1.min.js", "dash/dcc/dcc.v4m1.js",
              "dash_leaflet/dash_leaflet.v1m1.js", "dash/dash_table/bundle.v7m1.js"]  # fmt: skip
    tags = "\n".join(f'<script src="/_dash-component-suites/{suite}"></script>' for suite in suites)
    found = sort_scripts(tags + "\n<script>var x;</script>", "/static/")
    assert re.fullmatch(r"/static/[0-9a-f]{16}/dash/deps/react@18\.3\.min\.js", found.before[0])
    assert [address.rpartition("/")[2] for address in found.after] == ["dcc.js"]
    assert found.inline == "<script>var x;</script>"


def test_the_chart_library_is_the_version_plotly_was_made_for() -> None:
    assert f"plotly-basic-{get_plotlyjs_version()}.min.js" == CHARTS
    assert (VENDOR / CHARTS).read_bytes().startswith(b"/**\n* plotly.js (basic - minified)")


def test_the_manifest_installs_the_phone_page() -> None:
    from delivery.manifest import manifest

    said = json.loads(manifest("港", "Port"))
    assert said["start_url"] == "/m"
    assert said["display"] == "standalone"
    for icon in said["icons"]:
        assert (REPO / icon["src"].lstrip("/")).read_bytes().startswith(b"\x89PNG")
