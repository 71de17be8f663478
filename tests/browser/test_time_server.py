"""The live client over a long time: a server that dies and comes back, tables that keep their place, nothing grows."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import CDPSession, Page

from tests.browser.conftest import Cockpit
from tests.browser.time_steps import ago, arrived, is_live, opened, set_moment, until

pytestmark = pytest.mark.browser

ROUNDS = 5
SERIES = 4
PICK = """() => { const api = dash_ag_grid.getApi('tracks-grid'); let picked = null;
  api.forEachNode((node) => { picked = picked || (node.data.key.startsWith('vehicles') ? node : null); });
  cockpitDesk.selection.set({ kind: 'vehicle', id: picked.data.key.split('|')[1] });
  window.node = picked; window.seen = picked.data.seen;
  window.whole = 0; const set = api.setGridOption;
  api.setGridOption = (name, value) => { window.whole += name === 'rowData'; return set.call(api, name, value); }; }"""
KEPT = """() => { const api = dash_ag_grid.getApi('tracks-grid'), node = api.getRowNode(window.node.id);
  return [node === window.node, node.isSelected(), node.data.seen !== window.seen]; }"""


@pytest.fixture
def mortal(cockpit: Cockpit) -> Iterator[Cockpit]:
    """The cockpit, to be killed; it serves again afterwards."""
    yield cockpit
    cockpit.start()


def test_a_server_that_comes_back_finds_the_page_where_it_was(mortal: Cockpit, page: Page) -> None:
    opened(page, mortal.url)
    at = ago(page, 900)
    set_moment(page, at)
    page.evaluate("() => { window.sameDocument = true; }")
    mortal.kill()
    page.wait_for_selector("body:not([data-connection=live])")
    page.evaluate("(at) => cockpit.time.set(at)", at - 60_000)
    until(page, lambda: page.evaluate("() => cockpit.time.error") == "network", "the reason")
    assert page.evaluate("() => cockpit.state('yard').at") == at, "the last picture stays"
    mortal.start()
    arrived(page, at - 60_000)
    page.keyboard.press("l")
    until(page, lambda: is_live(page), "live states of the new server")
    assert page.evaluate("() => window.sameDocument"), "the same version needs no reload"


def test_a_table_follows_by_transactions(cockpit: Cockpit, page: Page) -> None:
    opened(page, cockpit.url + "/tracks")
    until(
        page,
        lambda: page.evaluate("() => !!window.dash_ag_grid && !!document.querySelector('#tracks-grid .ag-row')"),
        "rows",
    )
    page.evaluate(PICK)
    until(page, lambda: page.evaluate(KEPT)[2], "a row's news")
    assert page.evaluate(KEPT) == [True, True, True], "the row object and its selection are kept"
    assert page.evaluate("() => window.whole") == 0, "rows never go in as a whole"


def test_nothing_grows_while_time_moves(cockpit: Cockpit, page: Page) -> None:
    """Data grows now and then, by a forecast or a tile's first alert; a leak grows in every series."""
    opened(page, cockpit.url)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    at = ago(page, 3600)
    _rounds(page, at, ROUNDS)
    told = [_measured(page, session)]
    for _ in range(SERIES):
        _rounds(page, at, ROUNDS)
        told.append(_measured(page, session))
        if not any(_grown(told[-2], told[-1])):
            return
    raise AssertionError(f"bytes of heap, DOM nodes, event listeners grow in every series: {told}")


def _grown(before: tuple[float, float, float], after: tuple[float, float, float]) -> tuple[bool, bool, bool]:
    """Which of heap, nodes and listeners a series left more of than chance does."""
    heap, nodes, listeners = before
    return after[0] >= heap * 1.1 + 2e6, after[1] >= nodes * 1.1 + 100, after[2] >= listeners * 1.1 + 50


def _rounds(page: Page, at: int, rounds: int) -> None:
    """Each round brings every topic of the page once, at another moment; then some playing, then live."""
    for round_ in range(rounds):
        set_moment(page, at + 60_000 * (round_ % 5))
    page.evaluate("(at) => cockpit.time.play({ since: at, until: at + 600000, speed: 60 })", at)
    page.wait_for_timeout(1500)
    page.evaluate("() => cockpit.time.live()")
    until(page, lambda: is_live(page), "live")


def _measured(page: Page, session: CDPSession) -> tuple[float, float, float]:
    """Bytes of JS heap, nodes and listeners after a garbage collection."""
    for _ in range(2):
        session.send("HeapProfiler.collectGarbage")
        time.sleep(0.2)
    told = {metric["name"]: metric["value"] for metric in session.send("Performance.getMetrics")["metrics"]}
    return told["JSHeapUsedSize"], told["Nodes"], told["JSEventListeners"]
