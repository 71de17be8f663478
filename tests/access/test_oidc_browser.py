"""Login by an OpenID provider in a real browser, on another site than the cockpit; and without the provider."""

from __future__ import annotations

from collections.abc import Iterator

import pyotp
import pytest
from playwright.sync_api import Page, expect

from domain.permissions import Role
from tests.access import provider as rig
from tests.access.house import ADMIN, House, opened
from tests.access.test_passkeys import PASSWORD
from tests.access.test_passkeys_browser import page, welcomed  # noqa: F401 - a fixture

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def vouching() -> Iterator[rig.Provider]:
    with rig.opened() as started:
        yield started


@pytest.fixture(scope="module")
def house(vouching: rig.Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    told = (
        f'[access.oidc]\nissuer = "{vouching.issuer}"\nclient_id = "cockpit"\nclient_secret = "s"\nname_en = "Port ID"'
    )
    with opened(tmp_path_factory.mktemp("house"), told) as started:
        started.url = started.url.replace("localhost", "127.0.0.1")
        account, _ = started.desk.add(ADMIN, "ren", "", [Role.SUPERVISOR])
        started.desk.change(ADMIN, account.account_id, account.version, subject=f"{vouching.issuer}|ren-1")
        vouching.knows("ren-1", amr=["pwd", "mfa"])
        yield started


def at_the_provider(page: Page, house: House, sub: str, onwards: str = "/") -> None:  # noqa: F811
    """Go there and say who one is."""
    page.goto(f"{house.url}/login?lang=en&next={onwards}")
    page.click("text=Log in with Port ID")
    page.fill("[name=sub]", sub)
    page.click("button:has-text('Authorize')")


def said(page: Page) -> str:  # noqa: F811
    """What the login page says went wrong."""
    page.wait_for_url("**/login?failed=**")
    return page.inner_text("main > [role=alert]")


def test_the_provider_opens_the_page_that_was_asked_for(house: House, page: Page) -> None:  # noqa: F811
    at_the_provider(page, house, "ren-1", "/yard%3Fblock%3D1")
    page.wait_for_url(f"{house.url}/yard?block=1")
    expect(page.locator(".whoami")).to_contain_text("ren")
    assert house.noted("login")[0].entry.after == {"by": "oidc+vouched"}
    assert {one["name"] for one in page.context.cookies(house.url)} & {"cockpit_openid"} == set()


def test_somebody_without_an_account_is_told_so(house: House, page: Page) -> None:  # noqa: F811
    at_the_provider(page, house, "stranger")
    assert "no account here is yours" in said(page)
    assert house.noted("login")[0].entry.result == "oidc.unknown"


def test_the_address_one_came_back_to_opens_nothing_again(house: House, page: Page) -> None:  # noqa: F811
    back: list[str] = []
    page.on("request", lambda request: back.append(request.url) if "/login/oidc/back" in request.url else None)
    at_the_provider(page, house, "ren-1")
    expect(page.locator(".whoami")).to_contain_text("ren")
    page.context.clear_cookies()
    page.goto(f"{back[0]}&lang=en")
    page.goto(page.url + "&lang=en")
    assert "not begun here" in said(page)


@pytest.mark.parametrize("onwards", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_nobody_is_sent_to_another_site_afterwards(house: House, page: Page, onwards: str) -> None:  # noqa: F811
    at_the_provider(page, house, "ren-1", onwards)
    page.wait_for_url(f"{house.url}/")


def test_whom_the_provider_asked_for_one_factor_sets_up_ours(
    house: House, page: Page, vouching: rig.Provider  # noqa: F811
) -> None:  # fmt: skip
    account, _ = house.desk.add(ADMIN, "wu", "", [Role.SUPERVISOR])
    house.desk.change(ADMIN, account.account_id, account.version, subject=f"{vouching.issuer}|wu-1")
    vouching.knows("wu-1", amr=["pwd"])
    at_the_provider(page, house, "wu-1", "/yard")
    page.wait_for_url("**/login/enrol?next=**")
    page.fill("[name=code]", pyotp.TOTP(page.inner_text(".door-secret").replace(" ", "")).now())
    page.click("form[action='/login/enrol'] button")
    page.click("text=Go on")
    page.wait_for_url(f"{house.url}/yard")
    assert house.noted("login")[0].entry.after == {"by": "oidc+totp"}


def test_logging_out_leads_to_the_provider_and_back_to_the_login(
    house: House, page: Page, vouching: rig.Provider  # noqa: F811
) -> None:  # fmt: skip
    at_the_provider(page, house, "ren-1", "/account")
    expect(page.locator("#account-sessions tbody")).to_contain_text("identity provider, its second factor")
    expect(page.locator("#account-ways")).to_have_text("Set up an authenticator or passkey")  # and no password
    page.click("text=Log out")
    page.wait_for_url(f"{vouching.issuer}/oauth2/end_session?**")
    page.click("button:has-text('End session')")
    page.wait_for_url(f"{house.url}/login?out=both")
    assert "You are logged out, here and at Port ID." in page.inner_text("main")
    assert {one["name"] for one in page.context.cookies(house.url)} & {"cockpit_session", "cockpit_openid"} == set()
    page.goto(f"{house.url}/account")
    expect(page.locator("[name=password]")).to_be_visible()
    page.goto(f"{house.url}/login/oidc/out?state=x&next=https://evil.example/")
    page.wait_for_url(f"{house.url}/login")


def test_without_the_provider_a_local_account_opens_and_is_on_record(
    house: House, page: Page, vouching: rig.Provider  # noqa: F811
) -> None:  # fmt: skip
    """The last test here: it stops the provider."""
    welcomed(page, house.account("glass"))
    code = pyotp.TOTP(page.inner_text(".door-secret").replace(" ", "")).now()
    page.fill("[name=code]", code)
    page.click("form[action='/login/enrol'] button")
    recovery = page.locator(".door-codes li").first.inner_text()
    page.context.clear_cookies()
    at_the_provider(page, house, "ren-1", "/account")
    expect(page.locator("#account-sessions tbody")).to_contain_text("identity provider")
    vouching.stop()
    page.click("text=Log out")
    page.wait_for_url("**/login?out=here")
    assert "may still be logged in there" in page.inner_text("main")
    page.goto(f"{house.url}/login?lang=en")
    page.click("text=Log in with Port ID")
    assert "cannot be reached" in said(page)
    assert house.noted("login")[0].entry.result == "oidc.down"
    page.fill("[name=name]", "glass")
    page.fill("[name=password]", PASSWORD)
    page.click("form button")
    page.wait_for_url("**/login/second**")
    page.fill("[name=code]", recovery)
    page.click("form[action='/login/second'] button")
    expect(page.locator(".whoami")).to_contain_text("glass")
    assert house.noted("login")[0].entry.after == {"by": "password+recovery"}
