"""A shift is handed over in a browser: one signs with a note, another takes over; the report tells the same log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from domain.permissions import Role
from tests.access.house import House, opened
from tests.access.test_passkeys_browser import authenticator, welcomed
from tests.browser.conftest import PATIENCE_MS
from tests.store.alert_log_rows import step, write
from tests.store.test_alerts import row

pytestmark = pytest.mark.browser
Enter = Callable[[str], Page]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with opened(tmp_path_factory.mktemp("house")) as started:
        yield started


@pytest.fixture
def enter(house: House, browser: Browser) -> Iterator[Enter]:
    """A browser of somebody's own, logged in."""
    contexts, errors = [], []

    def entered(name: str) -> Page:
        context = browser.new_context(viewport={"width": 1920, "height": 1080}, locale="en")
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        tab = context.new_page()
        tab.on("pageerror", lambda error: errors.append(str(error)))
        authenticator(tab)
        welcomed(tab, house.account(name, Role.WATCH_OFFICER))
        tab.click("form[data-passkey=make] button")
        tab.click("text=I have kept them")
        expect(tab.locator(".whoami")).to_contain_text(name)
        return tab

    yield entered
    for context in contexts:
        context.close()
    assert not errors, errors


def test_one_hands_over_and_another_takes_over(house: House, enter: Enter) -> None:
    now = datetime.now(UTC)
    opened_at = now - timedelta(minutes=4)
    told = row("gate_queue:gn1", rule="gate_queue", subject="gn1", subject_kind="gate", opened_at=opened_at,
               params={"name": "gn1", "minutes": 42, "limit_minutes": 30, "trucks": 17, "lanes_open": 5})  # fmt: skip
    house.store.save_alerts([told])
    write(house.store, [step("gate_queue:gn1", 9, now - timedelta(seconds=2), level=2)])

    goes = enter("li")
    goes.goto(f"{house.url}/alerts?lang=en")
    goes.locator('.tabs a[href="/alerts/shifts"]').click()
    expect(goes.locator(".shift-open .shift-lines li")).to_contain_text(["Gate queue"])
    expect(goes.locator(".shift-changed")).to_contain_text("came 1 ×")
    goes.locator("#shift-note").fill("QC 7: boom latch slow")
    goes.locator("#shift-sign").click()
    expect(goes.locator("#shift-answer")).to_have_text("Signed by li. Now who comes signs.")
    expect(goes.locator("#shift-take")).to_be_hidden()
    expect(goes.locator(".shift-why")).to_contain_text("Somebody else must take over")

    comes = enter("wang")
    comes.goto(f"{house.url}/alerts/shifts?lang=en")
    expect(comes.locator(".shift-said")).to_have_text("QC 7: boom latch slow")
    expect(comes.locator("#shift-sign")).to_be_hidden()
    comes.locator("#shift-take").click()
    expect(comes.locator("#shift-answer")).to_have_text("Taken over by wang.")
    done = comes.locator(".shift-past tbody tr").first
    expect(done).to_contain_text("li")
    expect(done).to_contain_text("wang")
    done.locator("a").click()
    expect(comes.locator(".shift-why")).to_have_text("Handed over: both have signed.")
    assert [house.noted(f"shift.{act}")[0].entry.who for act in ("sign_out", "take_over")] == ["li", "wang"]

    comes.locator('.tabs a[href="/alerts/report"]').click()
    expect(comes.locator(".metrics-rules-table tbody tr")).to_contain_text(["Gate queue"])
    expect(comes.locator(".metrics-table")).to_contain_text("EEMUA 191, ISA-18.2")
