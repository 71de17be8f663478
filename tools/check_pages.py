"""Can everybody read every page? axe-core and Lighthouse over all pages, languages and palettes.

A development tool: nothing of it is there at run time. ``make check-pages`` brings axe-core and Lighthouse, in the
versions named here, through npm into ``.venv/check-pages`` and looks at a cockpit of its own (or at ``--url``).
The exit code is 0 when axe found no violation anywhere and Lighthouse gave every page 95 or more for accessibility.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from bench.process import cockpit
from domain.wall import PALETTES

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".venv" / "check-pages"
AXE, LIGHTHOUSE = "4.14.1", "12.8.2"  # Lighthouse 13 asks for a newer node than distributions bring
PAGES = (
    "/", "/yard", "/inspections", "/inspections/0", "/inspections/sailings", "/inspections/warnings",
    "/inspections/turnaround", "/inspections/integrity",
    "/tracks", "/alerts", "/alerts/0", "/alerts/rules", "/alerts/rules?rule=door_opened", "/alerts/fences",
    "/alerts/orders", "/alerts/report", "/alerts/shifts", "/alerts/notifications",
    "/forecasts", "/kpis", "/feeds",
    "/feeds/quarantine", "/feeds/datasets", "/m", "/screens",
    "/admin/audit", "/admin/privacy", "/admin/accounts", "/admin/keys", "/admin/settings", "/account", "/wall/overview",
    "/styleguide",
)  # fmt: skip
FIRST = {"/alerts/0": "id", "/inspections/0": "key"}  # pages of one: the first there is, by this field of its row
LANGUAGES = ("zh_CN", "en")
LEAST = 95
SIZES = {"desk": (1920, 1080), "phone": (390, 844)}
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
RUN_AXE = """async (rules) => {
  const found = await axe.run(document, { resultTypes: ['violations'], runOnly: rules });
  return found.violations.map((v) => ({ id: v.id, impact: v.impact, help: v.help,
    nodes: v.nodes.map((n) => ({ target: n.target.join(' '),
      why: (n.any[0] || n.all[0] || n.none[0] || {}).message || '' })) }));
}"""
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOUR_RULES = ["color-contrast", "link-in-text-block"]  # all that a palette can change


@dataclass
class Found:
    """What was found on one page.

    Attributes:
        axe: violations by the places they were seen in (language, palette and size).
        scores: Lighthouse's accessibility by language, 0 to 100; empty where it did not run.
        weak: audits Lighthouse did not pass.
    """

    axe: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    scores: dict[str, int] = field(default_factory=dict)
    weak: set[str] = field(default_factory=set)

    @property
    def well(self) -> bool:
        """No violation, and no score below the least."""
        return not any(self.axe.values()) and all(score >= LEAST for score in self.scores.values())


def main() -> int:
    """Look, print the table, say with the exit code whether all is well."""
    told = _arguments()
    _install()
    pages = told.pages or list(PAGES)
    with _cockpit(told.url) as url:
        pages = [_real(url, path) for path in pages]
        found = {path: Found() for path in pages}
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=_chromium(), args=["--no-sandbox", "--disable-gpu"])
            for path in pages:
                _axe_page(browser, url, path, found[path])
            browser.close()
        if not told.no_lighthouse:
            for path in pages:
                _lighthouse_page(url, path, found[path])
    _print(found)
    return 0 if all(one.well for one in found.values()) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--url", default="", help="a running cockpit; without one a cockpit is started")
    parser.add_argument("--pages", nargs="*", help="paths; without them all")
    parser.add_argument("--no-lighthouse", action="store_true", help="axe-core alone")
    return parser.parse_args()


def _install() -> None:
    """Bring axe-core and Lighthouse in the pinned versions, once.

    Raises:
        SystemExit: there is no node or npm on this machine.
    """
    stamp = FOLDER / f"axe-{AXE}-lighthouse-{LIGHTHOUSE}"
    if stamp.exists():
        return
    if not (shutil.which("node") and shutil.which("npm")):
        raise SystemExit("check-pages needs node (18 or newer) and npm to bring axe-core and Lighthouse")
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = [f"axe-core@{AXE}", f"lighthouse@{LIGHTHOUSE}"]
    command = ["npm", "install", "--prefix", str(FOLDER), "--no-save", "--no-audit", "--no-fund", "--ignore-scripts"]
    subprocess.run([*command, *wanted], check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own words
    stamp.touch()


def _chromium() -> str | None:
    """The machine's own Chromium; None for playwright's."""
    return next((found for name in CHROMIUM if (found := shutil.which(name))), None)


@contextlib.contextmanager
def _cockpit(url: str) -> Iterator[str]:
    """The address of a cockpit; one is started and ended when none is named."""
    if url:
        yield url.rstrip("/")
        return
    with tempfile.TemporaryDirectory() as home, cockpit(home) as (_, port):
        _ready(f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"


def _ready(url: str, seconds: float = 180.0) -> None:
    """Wait until the cockpit has drawn something of everything.

    Raises:
        SystemExit: it ended, or took too long.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/readyz", timeout=10):  # noqa: S310
            time.sleep(10)  # the first rounds of every feed
            return
        time.sleep(0.5)
    raise SystemExit("the cockpit did not get ready")


def _real(url: str, path: str) -> str:
    """The page of the first there is of its kind; the path itself where there is none, or it is of nothing."""
    if path not in FIRST:
        return path
    folder = path.rsplit("/", 1)[0]
    with urllib.request.urlopen(f"{url}/api/v1{folder}", timeout=60) as answer:  # noqa: S310
        rows = json.load(answer)["rows"]
    return f"{folder}/{rows[0][FIRST[path]]}" if rows else path


def _in(path: str, lang: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}lang={lang}"


def _axe_page(browser: Browser, url: str, path: str, found: Found) -> None:
    """Every language at desk size in every palette, and once on a phone.

    All rules run in the first palette; in the others those that look at colour, which is all a palette changes.
    """
    for lang in LANGUAGES:
        for size, (width, height) in SIZES.items():
            context = browser.new_context(
                viewport={"width": width, "height": height}, bypass_csp=True, reduced_motion="reduce"
            )
            tab = context.new_page()
            _open(tab, url + _in(path, lang))
            for place, palette in enumerate(PALETTES if size == "desk" else PALETTES[1:2]):
                tab.evaluate("name => window.cockpit.palette.set(name)", palette)
                rules = RULES if place == 0 else COLOUR_RULES
                found.axe[f"{lang} {palette} {size}"] = tab.evaluate(RUN_AXE, rules)
            context.close()
    bad = sum(len(one) for one in found.axe.values())
    print(f"axe {path}: {len(found.axe)} views, {bad} violations", flush=True)


def _open(tab: Page, address: str) -> None:
    tab.goto(address, wait_until="load", timeout=120_000)
    tab.wait_for_selector("main.page", state="attached", timeout=240_000)
    tab.wait_for_timeout(2500)  # charts and tables draw themselves after the page is there
    tab.add_script_tag(path=str(FOLDER / "node_modules/axe-core/axe.min.js"))


def _lighthouse_page(url: str, path: str, found: Found) -> None:
    for lang in LANGUAGES:
        command = [
            str(FOLDER / "node_modules/.bin/lighthouse"), url + _in(path, lang), "--quiet", "--output=json",
            "--output-path=stdout", "--only-categories=accessibility", "--preset=desktop",
            "--chrome-flags=--headless=new --no-sandbox --disable-gpu", "--max-wait-for-load=90000",
        ]  # fmt: skip
        environ = {**os.environ, "CHROME_PATH": _chromium() or ""}
        done = subprocess.run(command, capture_output=True, env=environ, timeout=300, check=False)  # noqa: S603
        try:
            told = json.loads(done.stdout)
            score = told["categories"]["accessibility"]["score"]
            found.scores[lang] = round(100 * score)
        except (ValueError, KeyError, TypeError):
            found.scores[lang] = 0
            found.weak.add("lighthouse did not finish: " + done.stderr.decode(errors="replace").strip()[-200:])
            continue
        found.weak |= {name for name, audit in told["audits"].items() if audit.get("score") == 0}
        print(f"lighthouse {path} {lang}: {found.scores[lang]}", flush=True)


def _print(found: dict[str, Found]) -> None:
    """The table, then every violation once with where it was seen."""
    print(f"\n{'page':<16}{'views':>7}{'axe violations':>16}{'lighthouse':>14}   verdict")
    for path, one in found.items():
        bad = sum(len(seen) for seen in one.axe.values())
        scores = " ".join(str(score) for score in one.scores.values()) or "-"
        print(f"{path:<16}{len(one.axe):>7}{bad:>16}{scores:>14}   {'well' if one.well else 'TO MEND'}")
    for path, one in found.items():
        for words, places in _violations(one).items():
            print(f"\n{path}  {words}\n    seen in: {', '.join(places)}")
        if one.weak:
            print(f"\n{path}  lighthouse: {', '.join(sorted(one.weak))}")


def _violations(found: Found) -> dict[str, list[str]]:
    """Violations in words by where they were seen."""
    seen: dict[str, list[str]] = {}
    for place, violations in found.axe.items():
        for violation in violations:
            nodes = [f"{node['target']} ({node['why']})" for node in violation["nodes"][:4]]
            words = f"{violation['id']} [{violation['impact']}] {violation['help']}\n    " + "\n    ".join(nodes)
            seen.setdefault(words, []).append(place)
    return seen


if __name__ == "__main__":
    sys.exit(main())
