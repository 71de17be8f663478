"""What a page does when its surroundings fail: no websocket, a wrong clock, sleep, a small window."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, WebSocketRoute, expect

from tests.browser.conftest import PATIENCE_MS, Cockpit
from tests.browser.time_steps import until


def _wire(page: Page) -> Callable[[bool], None]:
    """A switch for the page's websockets: cut them and let none through, or let them through again."""
    through: list[bool] = [True]
    open_now: list[WebSocketRoute] = []

    def route(socket: WebSocketRoute) -> None:
        if through[0]:
            socket.connect_to_server()
            open_now.append(socket)
        else:
            socket.close()

    def switch(on: bool) -> None:
        through[0] = on
        if not on:
            for socket in open_now:
                socket.close()
            open_now.clear()

    page.route_web_socket(re.compile("/live"), route)
    return switch


def _connection(page: Page, state: str) -> None:
    expect(page.locator("body")).to_have_attribute("data-connection", state)


def test_without_a_websocket_pictures_come_by_asking_until_one_comes_through(cockpit: Cockpit, page: Page) -> None:
    switch = _wire(page)
    switch(False)
    page.goto(cockpit.url + "/kpis")
    _connection(page, "polling")
    expect(page.locator("#connection")).to_contain_text("查询")
    expect(page.locator(".kpi .figure").first).to_be_visible()
    seen = "(cockpit.state('view:shell-lamps@zh_CN') || {}).seq"  # the figures came with the page, this by asking
    before = until(page, lambda: page.evaluate(seen), "the lamps")
    end = time.monotonic() + PATIENCE_MS / 1000
    while page.evaluate("cockpit.state('view:shell-lamps@zh_CN').seq") == before and time.monotonic() < end:
        page.wait_for_timeout(200)
    assert page.evaluate("cockpit.state('view:shell-lamps@zh_CN').seq") > before
    switch(True)
    _connection(page, "live")


def test_a_cut_connection_is_named_on_the_tiles_and_values_stay(cockpit: Cockpit, page: Page) -> None:
    switch = _wire(page)
    page.goto(cockpit.url + "/kpis")
    _connection(page, "live")
    expect(page.locator(".kpi .figure").first).to_be_visible()
    figures = page.locator(".kpi .figure").count()
    page.route(re.compile("/api/v1/topics"), lambda route: route.abort())
    switch(False)
    _connection(page, "lost")
    expect(page.locator(".kpi .cause").first).to_contain_text("中断")
    assert page.locator(".kpi .figure").count() == figures


def test_a_pc_whose_clock_is_an_hour_fast_shows_right_ages_and_says_so(cockpit: Cockpit, page: Page) -> None:
    page.add_init_script("{ const now = Date.now; Date.now = () => now() + 3600e3; }")
    page.goto(cockpit.url + "/kpis")
    _connection(page, "live")
    expect(page.locator("#connection")).to_contain_text("快 60 分钟")
    assert abs(page.evaluate("cockpit.serverNow()") / 1000 - time.time()) < 60
    assert "小时前" not in "".join(page.locator(".lamps .age").all_inner_texts())


def test_a_screen_that_slept_a_day_connects_anew_at_once_and_is_never_too_young(cockpit: Cockpit, page: Page) -> None:
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    page.goto(cockpit.url + "/kpis")
    _connection(page, "live")
    before = len(sockets)
    # The clock of the page stands still in sleep on many systems; the PC's clock goes on.
    page.evaluate("{ const now = Date.now; Date.now = () => now() + 86400e3; }")
    end = time.monotonic() + PATIENCE_MS / 1000
    while len(sockets) <= before and time.monotonic() < end:
        page.wait_for_timeout(100)
    assert len(sockets) > before
    _connection(page, "live")
    expect(page.locator("#connection")).to_contain_text("快 1440 分钟")  # this PC did not sleep: its clock is wrong now
    assert abs(page.evaluate("cockpit.serverNow()") / 1000 - time.time()) < 60


@pytest.mark.parametrize(("path", "width", "height"), [("/m", 300, 600), ("/", 300, 600), ("/", 683, 384)])
def test_a_window_of_300_pixels_or_twice_the_size_needs_no_sideways_scrolling(
    cockpit: Cockpit, browser: Browser, path: str, width: int, height: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
    context.set_default_timeout(PATIENCE_MS)
    try:
        page = context.new_page()
        page.goto(cockpit.url + path)
        expect(page.locator(".kpi .figure").first).to_be_visible()
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 1
    finally:
        context.close()
