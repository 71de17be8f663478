"""People and programs come and go, in browsers and over HTTP, on a hall in which everybody logs in."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import REPO
from tests.wall.conftest import HallProcess

pytestmark = pytest.mark.browser
PATIENCE_MS = 90_000


class Port(HallProcess):
    """A hall with accounts."""

    def link(self) -> str:
        """What the console prints when nobody gets in."""
        told = {**os.environ, "COCKPIT_CONFIG": str(self.config), "COCKPIT_HOME": str(self.config.parent)}
        command = [sys.executable, "app.py", "admin-link"]
        said = subprocess.run(command, cwd=REPO, env=told, capture_output=True, text=True, check=True).stdout
        return str(re.findall(r"/welcome/[\w-]+", said)[-1])

    def kpis(self, key: str) -> int:
        """How the figures answer a program."""
        headers = {"authorization": f"Bearer {key}"}
        try:
            asked = urllib.request.Request(f"{self.url}/api/v1/kpis", headers=headers)
            return int(urllib.request.urlopen(asked, timeout=30).status)
        except urllib.error.HTTPError as error:
            return error.code


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Port]:
    started = Port(tmp_path_factory.mktemp("port"), mode="accounts")
    yield started
    started.stop()


@pytest.fixture(scope="module")
def someone(browser: Browser, port: Port) -> Iterator[Callable[[], Page]]:
    """A browser that nobody has used yet; called again, another one."""
    opened: list[Any] = []

    def new() -> Page:
        opened.append(browser.new_context(viewport={"width": 1600, "height": 900}, locale="en", base_url=port.url))
        opened[-1].add_cookies([{"name": "cockpit_lang", "value": "en", "url": port.url}])
        page = opened[-1].new_page()
        page.set_default_timeout(PATIENCE_MS)
        return page  # type: ignore[no-any-return]

    expect.set_options(timeout=PATIENCE_MS)
    yield new
    for context in opened:
        context.close()


class Person:
    """Somebody with an account, a password and an authenticator."""

    def __init__(self, name: str, password: str) -> None:
        self.name, self.password, self._totp = name, password, pyotp.TOTP("A" * 32)
        self._last = ""

    def begin(self, page: Page, link: str, named: bool = False) -> None:
        """Open the link, set the password and the authenticator."""
        page.goto(link)
        if named:
            page.fill("[name=name]", self.name)
        page.fill("[name=new]", self.password)
        page.fill("[name=again]", self.password)
        page.click("button[type=submit]")
        self._totp = pyotp.TOTP(page.inner_text(".door-secret").replace(" ", ""))
        self._code(page)
        expect(page.locator(".door-codes li")).to_have_count(10)
        page.click("main a")

    def log_in(self, page: Page) -> None:
        """Name, password, code."""
        page.goto("/login")
        page.fill("[name=name]", self.name)
        page.fill("[name=password]", self.password)
        page.click("button[type=submit]")
        self._code(page)

    def _code(self, page: Page) -> None:
        # A code counts once, and that of the next half minute is taken, too.
        code = next(
            one for ahead in (0, 30) if (one := self._totp.at(int(time.time()) + ahead)) > "" and one != self._last
        )
        self._last = code
        page.fill("[name=code]", code)
        page.click("button[type=submit]")


@pytest.fixture(scope="module")
def admin(port: Port, someone: Callable[[], Page]) -> Page:
    """The first administrator, logged in. One for all tests: ten steps of logins a minute are taken from an address."""
    page = someone()
    Person("anna", "Kran 7 am Kai-9").begin(page, port.link(), named=True)
    expect(page.locator("main.page-refused a", has_text="Accounts")).to_be_visible()  # no dead end
    return page


def roles(page: Page, *wanted: str) -> None:
    """Set exactly these roles in a form."""
    for label in page.locator(".segments label").all():
        if label.locator("input").is_checked() is not (label.inner_text().strip() in wanted):
            label.click()


def picked(page: Page, name: str) -> None:
    """Pick an account and wait for its form."""
    page.locator(".screen-pick", has_text=name).click()
    expect(page.locator("#accounts-form h2")).to_have_text(name)


def sure(page: Page, words: str) -> None:
    """Open an act that asks once more, and do it."""
    page.locator("summary", has_text=words).first.click()
    page.locator(".sure[open] button").click()


def test_a_supervisor_comes_loses_a_right_and_is_shown_out(
    port: Port, admin: Page, someone: Callable[[], Page]
) -> None:
    admin.locator("main.page-refused a", has_text="Accounts").click()
    admin.fill("#accounts-name", "lihua")
    roles(admin, "Supervisor", "Auditor", "System admin")
    admin.click("#accounts-add")
    expect(admin.locator(".refusal")).to_contain_text("duties of different people")
    roles(admin, "Supervisor")
    admin.click("#accounts-add")
    link = admin.locator(".once-text").inner_text()
    assert link.startswith(port.url + "/welcome/")
    expect(admin.locator("#accounts-table")).to_contain_text("no password set yet")

    lihua, desk = Person("lihua", "Leitstand 3 oben!"), someone()
    lihua.begin(desk, link)
    expect(desk.locator("main.page-overview")).to_be_visible()
    desk.goto("/screens")
    expect(desk.locator("#connection")).to_have_attribute("data-state", "live")

    admin.reload()
    picked(admin, "lihua")
    roles(admin, "Watch officer")
    admin.click("#accounts-set")
    expect(admin.locator("#accounts-answer")).to_contain_text("Saved")
    expect(desk.locator("main.page-refused")).to_be_visible()  # it loaded anew by itself
    expect(desk.locator("nav a", has_text="Screens")).to_have_count(0)

    picked(admin, "anna")
    roles(admin, "Watch officer")
    admin.click("#accounts-set")
    expect(admin.locator(".refusal")).to_contain_text("nobody changes their own roles")

    elsewhere = someone()
    lihua.log_in(elsewhere)
    expect(elsewhere.locator("main.page-overview")).to_be_visible()
    elsewhere.goto("/account")
    expect(elsewhere.locator("#account-sessions tbody tr")).to_have_count(2)
    expect(elsewhere.locator("#account-sessions tbody")).to_contain_text("Chrome · Linux")
    sure(elsewhere, "End all others")
    expect(elsewhere.locator("#account-answer")).to_contain_text("Others ended: 1")
    desk.wait_for_url(re.compile(r"/login\?next=/screens$"))
    elsewhere.click("text=Log out")
    elsewhere.wait_for_url("**/login")
    elsewhere.goto("/account")
    expect(elsewhere.locator("[name=password]")).to_be_visible()


def test_a_program_comes_in_with_a_key_until_it_is_revoked(port: Port, admin: Page) -> None:
    admin.goto("/admin/keys")
    admin.fill("#keys-name", "bridge")
    roles(admin, "Leader")
    admin.click("#keys-add")
    key = admin.locator(".once-text").inner_text()
    assert port.kpis(key) == 200
    assert port.kpis(key + "x") == 401
    sure(admin, "Revoke")
    expect(admin.locator("#keys-answer")).to_contain_text("Revoked")
    expect(admin.locator("#keys-table")).to_contain_text("revoked")
    port.until(lambda: port.kpis(key) == 401, "the key is refused")


def test_a_screen_is_bound_shows_itself_and_is_unbound(admin: Page, someone: Callable[[], Page]) -> None:
    admin.goto("/admin/accounts")
    admin.fill("#accounts-name", "otto")
    roles(admin, "System admin")
    admin.click("#accounts-add")
    otto, keeper = Person("otto", "Wartung 4 heute!"), someone()
    otto.begin(keeper, admin.locator(".once-text").inner_text())
    keeper.goto("/screens")
    keeper.fill("#screens-new", "north-1")
    keeper.keyboard.press("Enter")
    keeper.click("#screens-bind")
    link = keeper.locator(".once-text").inner_text()

    wall = someone()
    wall.goto(link)
    wall.click("button[type=submit]")
    wall.wait_for_url("**/wall?screen=north-1")
    wall.goto("/wall/yard?part=1of2&screen=south-2")
    wall.wait_for_url("**/wall/yard?part=1of2&screen=north-1")
    expect(wall.locator("main.page-wall")).to_be_visible()
    expect(keeper.locator(".screen-table")).to_contain_text("north-1")

    keeper.locator(".screen-pick", has_text="north-1").click()
    expect(keeper.locator(".screen-binding")).to_contain_text("Bound: Chrome · Linux")
    sure(keeper, "Unbind")
    expect(keeper.locator("#screens-answer")).to_contain_text("Unbound")
    wall.wait_for_url(re.compile(r"/unbound\?next="))
