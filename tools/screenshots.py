"""Takes the README's pictures: starts a fresh cockpit, waits for its history, shoots every page.

make screenshots            # or: python -m tools.screenshots [folder]
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from bench.process import cockpit

REPO = Path(__file__).resolve().parent.parent
PAGES = ("yard", "inspections", "tracks", "alerts", "kpis", "feeds", "forecasts", "")  # the slowest forecasts come last
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


def main() -> int:
    """Shoot every page at 1920x1080, and the overview at the other sizes, into the given folder."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else REPO / "docs" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, cockpit(home) as (_, port):
        _shoot(f"http://127.0.0.1:{port}", folder)
    return 0


def _shoot(url: str, folder: Path) -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    _wait_for_history(url)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1920, "height": 1080}, locale="zh-CN")
        for name in PAGES:
            _picture(page, f"{url}/{name}", folder / f"{name or 'overview'}.png")
        _picture(page, f"{url}/alerts/{_first_alert(url)}", folder / "alert.png")
        then = time.strftime("%Y-%m-%dT%H:%M:00Z", time.gmtime(time.time() - 1200))
        _picture(page, f"{url}/?at={then}", folder / "overview-past.png")
        _picture(page, f"{url}/?lang=en", folder / "overview-en.png")
        for width, height in ((3840, 2160), (1366, 768), (390, 844)):
            page.set_viewport_size({"width": width, "height": height})
            _picture(page, f"{url}/?lang=zh_CN", folder / f"overview-{width}x{height}.png")
        browser.close()


def _wait_for_history(url: str) -> None:
    """Wait until a forecast stands: then history is there and every tile has something to show."""
    end = time.monotonic() + 180
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(url + "/api/v1/forecasts", timeout=5) as answer:  # noqa: S310
                if b'"model"' in answer.read():
                    return
        except OSError:
            pass
        time.sleep(1)


def _first_alert(url: str) -> str:
    """The number of an alert with a level to show: the gravest that stands, the newest of those."""
    with urllib.request.urlopen(url + "/api/v1/alerts", timeout=30) as answer:  # noqa: S310
        rows = json.load(answer)["rows"]
    worst = min(row["level"] for row in rows)
    return str(max((row for row in rows if row["level"] == worst), key=lambda row: row["opened_at"])["id"])


def _picture(page: Page, url: str, file: Path) -> None:
    page.goto(url)
    page.wait_for_timeout(6000)
    page.screenshot(path=str(file))
    print(file)


if __name__ == "__main__":
    sys.exit(main())
