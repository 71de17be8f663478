"""What a tab reports is what the server takes: the script runs in a real browser, half a minute in no time."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from api.browser_report import BrowserReports
from tests.browser.time_steps import until

REPO = Path(__file__).resolve().parents[2]
ADDRESS = "http://127.0.0.1/"
# The face of the live client the script uses: states by topic, the server's clock, the connection.
COCKPIT = """
window.cockpit = {
  states: {}, connection: "live", time: { mode: "live" },
  now: () => Date.now(),
  state: (topic) => window.cockpit.states[topic] || null,
};
window.paint = (seq, late, more) => {
  window.cockpit.states.vehicles = { seq, full: false, published: Date.now() / 1000 - late, ...more };
  window.cockpit.drawn("vehicles", seq);
};
"""


@pytest.mark.browser
def test_a_tab_reports_its_draws_and_only_true_ones(browser):
    page = browser.new_page()
    sent = []
    page.route(f"{ADDRESS}**", lambda route: route.fulfill(body="<!doctype html>", content_type="text/html"))
    page.route(
        f"{ADDRESS}api/v1/metrics/browser",
        lambda route: (sent.append(route.request.post_data_buffer), route.fulfill(status=204)),
    )
    page.clock.install()
    page.goto(ADDRESS)
    page.add_script_tag(content=COCKPIT)
    for name in ("acts.js", "metrics.js"):
        page.add_script_tag(content=(REPO / "assets" / name).read_text("utf-8"))
    for seq, late in ((1, 0.05), (2, 0.07), (3, 0.07), (4, 3.0), (5, -0.2)):
        page.evaluate("([seq, late]) => paint(seq, late)", [seq, late])
    page.evaluate("() => { paint(5, 9); paint(6, 60, { full: true }); }")  # painted twice; a snapshot
    page.evaluate("() => { cockpit.time.mode = 'moment'; paint(7, 5); cockpit.time.mode = 'live'; }")
    page.clock.run_for(41_000)
    until(page, lambda: len(sent) == 1, "the first report")
    page.clock.run_for(41_000)  # nothing drawn since: nothing to say
    page.evaluate("() => paint(8, 0.5)")
    page.clock.run_for(41_000)
    until(page, lambda: len(sent) >= 2, "the second report")
    page.close()

    assert len(sent) == 2
    first = msgspec.json.decode(sent[0])["draws"]["vehicles"]
    assert sum(first["counts"]) == 5
    assert first["total"] == pytest.approx(0.05 + 0.07 + 0.07 + 3.0, abs=0.2)
    reports = BrowserReports()
    assert reports.take(sent[0]) == "accepted"
    assert reports.drawn.of("vehicles").read().count == 5
    assert reports.take(sent[1]) == "too_soon", "the same tab, by the server's clock"
