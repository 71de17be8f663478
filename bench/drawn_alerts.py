"""A browser with the desk of alerts open: when each vehicle off its route was first drawn, in list and strip."""

from __future__ import annotations

import shutil
from types import TracebackType

from playwright.sync_api import Page, sync_playwright

CHROMIUM = ["--no-sandbox", "--disable-gpu"]
PLACES = {"list": "#alerts-standing-grid .ag-center-cols-container", "strip": "#shell-strip"}
LONGEST_WAIT_MS = 120_000
# A change is looked at in the frame after it, and counts once that frame is painted: what follows a message that is
# posted while it is made comes after it. Times are of the clock all processes of the machine have.
WATCH = """(places) => {
  window.drawn = {};
  window.frames = 0;
  for (const [name, place] of Object.entries(places)) {
    const seen = (window.drawn[name] = {});
    let asked = false;
    const painted = new MessageChannel();
    let found = [];
    painted.port1.onmessage = () => {
      const at = performance.timeOrigin + performance.now();
      for (const one of found) seen[one] ??= at;
    };
    const look = () => {
      asked = false;
      window.frames += 1;
      const text = document.querySelector(place)?.textContent ?? "";
      found = (text.match(/OFF\\d{4}/g) ?? []).filter((one) => !(one in seen));
      if (found.length) painted.port2.postMessage(0);
    };
    const changed = () => {
      if (!asked) { asked = true; requestAnimationFrame(look); }
    };
    new MutationObserver(changed).observe(document.body, { childList: true, subtree: true, characterData: true });
  }
}"""


class Desk:
    """The page ``/alerts`` in Chromium; use it as a context manager."""

    def __init__(self, port: int) -> None:
        """``port``: where the cockpit answers on this machine."""
        self._address = f"http://127.0.0.1:{port}/alerts?lang=en"
        self._playwright = sync_playwright()

    def __enter__(self) -> Desk:
        """Open it and wait until list and strip stand."""
        playwright = self._playwright.__enter__()
        path = shutil.which("chromium") or shutil.which("google-chrome") or playwright.chromium.executable_path
        self._browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM)
        self.page: Page = self._browser.new_page(viewport={"width": 1920, "height": 1080})
        self.page.set_default_timeout(LONGEST_WAIT_MS)
        self.page.goto(self._address)
        for place in PLACES.values():
            self.page.wait_for_selector(place, state="attached")
        self.page.evaluate(WATCH, PLACES)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._browser.close()
        self._playwright.__exit__(kind, error, trace)

    def drawn(self) -> dict[str, dict[str, float]]:
        """Of list and strip: the vehicles that were drawn, and when, in seconds since 1970."""
        told = self.page.evaluate("window.drawn")
        return {place: {one: at / 1e3 for one, at in seen.items()} for place, seen in told.items()}
