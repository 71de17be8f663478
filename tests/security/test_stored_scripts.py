"""Whatever a feed writes into a field is text on the screen: no script of it runs, with the policy and without."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
import pytest
import uvicorn
from playwright.sync_api import Browser, Page, Route

from live.wire import server_options
from tests.browser.time_steps import until
from tests.wall import hall

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SAYS = "window.stored=(window.stored||0)+1"
ATTACKS = (
    f'<img src=x onerror="{SAYS}">', f"<script>{SAYS}</script>", f"[x](javascript:{SAYS})",
    f"</script><svg onload={SAYS}>",
    f"'\"><iframe srcdoc='<script>parent.{SAYS}</script>'></iframe>", f"javascript:{SAYS}",
)  # fmt: skip
KEPT = {
    "condition",
    "handling",
    "state",
    "level",
    "unit",
    "stage",
    "area",
    "kind",
    "channel",
    "origin",
    "rule",
    "status",
}
SILENT = ("/forecasts", "/m")  # show figures only
PAGES = ("/", "/yard", "/inspections", "/tracks", "/alerts", "/forecasts", "/kpis", "/feeds", "/m", "/wall/overview")


def poisoned(value: Any, field: str = "", place: int = 0) -> Any:
    """The same picture with an attack behind every free text."""
    if isinstance(value, str):
        return value if field in KEPT or field.endswith(("_id", "ids")) else f"{value}{ATTACKS[place % len(ATTACKS)]}"
    if isinstance(value, msgspec.Struct):
        changed = {
            name: poisoned(getattr(value, name), name, place + n) for n, name in enumerate(value.__struct_fields__)
        }
        return msgspec.structs.replace(value, **changed)
    if isinstance(value, list):
        return [poisoned(one, field, place + n) for n, one in enumerate(value)]
    if isinstance(value, dict):
        return {key: poisoned(one, str(key), place + n) for n, (key, one) in enumerate(value.items())}
    if isinstance(value, np.ndarray) and value.dtype.kind in "UO":
        return np.asarray([poisoned(str(one), field, place + n) for n, one in enumerate(value)])
    return value


@pytest.fixture(scope="module")
def poisoned_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    real = hall.busy_day
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hall, "busy_day", lambda now: {t: poisoned(p) for t, p in real(now).items()})
        built = hall.build(tmp_path_factory.mktemp("poisoned"))
        listener = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(built, log_level="error", lifespan="on", **server_options())
        running = uvicorn.Server(config)
        thread = threading.Thread(target=running.run, args=([listener],), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        running.should_exit = True
        thread.join(20)


def without_policy(page: Page) -> None:
    """The same pages in a browser that knows no content security policy."""

    def passed(route: Route) -> None:
        answer = route.fetch()
        headers = {name: text for name, text in answer.headers.items() if name != "content-security-policy"}
        route.fulfill(response=answer, headers=headers)

    page.route(lambda url: "/static/" not in url and "/api/" not in url, passed)


@pytest.mark.parametrize("policy", [True, False])
def test_no_feed_s_text_runs_as_a_script(browser: Browser, poisoned_port: str, policy: bool) -> None:
    context = browser.new_context(viewport={"width": 1920, "height": 1080})
    page = context.new_page()
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    if not policy:
        without_policy(page)
    for path in PAGES:
        page.goto(poisoned_port + path)
        until(page, lambda: page.locator("main").count() > 0, path)
        if path not in SILENT:
            until(page, lambda: "window.stored=" in page.content(), f"{path} shows what the feeds say")
        for target in page.locator("[data-row], .ag-row, canvas").all()[:5]:
            target.hover(force=True, timeout=2000)
        assert page.evaluate("window.stored") is None, path
        assert page.locator("img[src='x'], iframe[srcdoc], svg[onload], a[href^='javascript:']").count() == 0, path
    assert dialogs == []
    context.close()
