"""The real pages on the real hub, asked as Dash asks them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from layouts.shell import PAGES
from live.views import registered
from tests.screens import gallery

CHINESE = "\u67e5\u9a8c"


def lay_out(client: TestClient, path: str, query: str = "", cookie: str = "") -> Any:
    """What the router callback answers for a page."""
    body = {
        "output": ".._pages_content.children..._pages_store.data..",
        "outputs": [{"id": "_pages_content", "property": "children"}, {"id": "_pages_store", "property": "data"}],
        "inputs": [
            {"id": "_pages_location", "property": "pathname", "value": path},
            {"id": "_pages_location", "property": "search", "value": query},
        ],
        "changedPropIds": ["_pages_location.pathname"],
    }
    headers = {"cookie": f"cockpit_lang={cookie}"} if cookie else {}
    answer = client.post("/_dash-update-component", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()["response"]


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_laid_out_in_both_languages(client: TestClient, path: str) -> None:
    zh = json.dumps(lay_out(client, path), ensure_ascii=False)
    en = json.dumps(lay_out(client, path, "?lang=en"), ensure_ascii=False)
    assert '"lang": "zh-CN"' in zh
    assert '"lang": "en"' in en
    assert zh != en


def test_the_cookie_chooses_the_language_and_the_address_wins(client: TestClient) -> None:
    assert lay_out(client, "/yard", cookie="en")["_pages_content"]["children"]["props"]["lang"] == "en"
    assert lay_out(client, "/yard", "?lang=zh", cookie="en")["_pages_content"]["children"]["props"]["lang"] == "zh-CN"
    assert lay_out(client, "/yard", cookie="klingon")["_pages_content"]["children"]["props"]["lang"] == "zh-CN"


def test_the_tab_is_named_in_the_visitors_language(client: TestClient) -> None:
    assert lay_out(client, "/yard", cookie="en")["_pages_store"]["data"]["title"] == "Yard · Qingdao Qianwan"


def test_the_shell_follows_the_cookie_and_says_simulated(client: TestClient) -> None:
    en = client.get("/_dash-layout", headers={"cookie": "cockpit_lang=en"}).text
    zh = client.get("/_dash-layout").text
    assert "Simulated data" in en
    assert "模拟数据" in json.dumps(json.loads(zh), ensure_ascii=False)


def test_every_view_is_drawn_with_and_without_data() -> None:
    for filled in (True, False):
        built, hub = gallery.build(filled=filled)
        undrawn = [n for n in registered() for lang in ("zh_CN", "en") if hub.draw(n, lang) is None and n in _ours()]
        hub.close()
        assert undrawn == []
        assert built.server is not None


def _ours() -> set[str]:
    return {
        name for name in registered() if name.split("-")[0] in {"shell", *(p.strip("/") or "overview" for p in PAGES)}
    }


def test_every_place_of_a_view_names_a_registered_view(client: TestClient) -> None:
    for path in PAGES:
        tree = json.dumps(lay_out(client, path))
        for name in [part.split('"')[0] for part in tree.split('"data-view": "')[1:]]:
            assert name in registered()
