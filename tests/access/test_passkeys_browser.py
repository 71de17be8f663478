"""A passkey in a real browser, with the authenticator Chromium can play by itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.access.house import House, opened
from tests.access.test_passkeys import PASSWORD

PATIENCE_MS = 90_000
DRAWN = """() => {
    const svg = document.querySelector('.door-qr svg'), frame = svg.getBoundingClientRect();
    const code = svg.lastElementChild.getBoundingClientRect();
    return [code.width / frame.width, code.height / frame.height];
}"""
LOGOUT = """document.body.append(Object.assign(document.createElement('form'), {method: 'post', action: '/logout'}));
    document.querySelector('form[action="/logout"]').submit()"""
pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with opened(tmp_path_factory.mktemp("house")) as started:
        yield started


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A tab in English that fails on any script error."""
    context = browser.new_context(locale="en", extra_http_headers={"accept-language": "en"})
    context.set_default_timeout(PATIENCE_MS)
    tab, errors = context.new_page(), []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    yield tab
    context.close()
    assert not errors, errors


def authenticator(page: Page) -> str:
    """Give the tab an authenticator whose owner always says yes."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    made = session.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": {"protocol": "ctap2", "transport": "usb", "hasUserVerification": True, "isUserVerified": True,
                     "automaticPresenceSimulation": True}},
    )  # fmt: skip
    return str(made["authenticatorId"])


def welcomed(page: Page, address: str) -> None:
    """Set the first password."""
    page.goto(f"{address}?lang=en")
    page.fill("[name=new]", PASSWORD)
    page.fill("[name=again]", PASSWORD)
    page.click("form button")
    page.wait_for_url("**/login/enrol**")


def test_a_passkey_is_made_at_enrolment_and_used_at_the_next_login(house: House, page: Page) -> None:
    authenticator(page)
    welcomed(page, house.account("ren"))
    page.click("form[data-passkey=make] button")
    expect(page.locator(".door-codes li")).to_have_count(10)
    page.click("text=I have kept them")
    expect(page.locator(".whoami")).to_contain_text("ren")

    page.evaluate(LOGOUT)
    page.wait_for_url("**/login")
    page.fill("[name=name]", "ren")
    page.fill("[name=password]", PASSWORD)
    page.click("form button")
    page.wait_for_url("**/login/second**")
    page.click("form[data-passkey=use] button")
    expect(page.locator(".whoami")).to_contain_text("ren")
    assert house.noted("login")[0].entry.after == {"by": "password+passkey"}


def test_a_browser_whose_owner_says_no_stays_at_the_codes(house: House, page: Page) -> None:
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    welcomed(page, house.account("sun"))
    page.evaluate(
        "void (navigator.credentials.create = () => Promise.reject(new DOMException('no', 'NotAllowedError')))"
    )
    page.click("form[data-passkey=make] button")
    expect(page.locator("form[data-passkey] [role=alert]")).to_contain_text("Try again, or use a code")
    expect(page.locator("form[data-passkey] button")).to_be_enabled()


def test_a_wrong_answer_comes_back_to_the_page_in_words(house: House, page: Page) -> None:
    authenticator(page)
    welcomed(page, house.account("tao"))
    page.evaluate("document.querySelector('form[data-passkey]').elements.answer.value = '{}'")
    page.evaluate("document.querySelector('form[data-passkey]').submit()")
    expect(page.locator("main > [role=alert]")).to_contain_text("could not be used")
    assert "/login/passkey" in page.url
    page.click("footer a")
    page.wait_for_url("**/login/enrol**")  # in the other language


def test_by_the_number_of_its_address_no_passkey_is_offered(house: House, page: Page) -> None:
    welcomed(page, house.account("wu").replace("localhost", "127.0.0.1"))
    expect(page.locator("main")).to_contain_text("open the cockpit by its host name")
    expect(page.locator("form[data-passkey]")).to_have_count(0)
    drawn = page.evaluate(DRAWN)
    assert all(0.5 < share <= 1 for share in drawn), "the authenticator's code is whole"
