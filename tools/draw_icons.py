"""Draw the icons of the installed cockpit from their one drawing: ``python tools/draw_icons.py``.

Writes assets/icons/. A gantry crane over a quay with one box on its hook; needs a Chromium.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

FOLDER = Path(__file__).resolve().parent.parent / "assets" / "icons"
GROUND, STEEL, BOX, WATER = "#0f1518", "#dfe7eb", "#8fb3c9", "#3b566a"


def drawing(radius: int, scale: float) -> str:
    """The icon as SVG, 512 units wide; ``scale`` leaves a margin that round masks may cut."""
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 512 512">
<rect width="512" height="512" rx="{radius}" fill="{GROUND}"/>
<g transform="translate(256 256) scale({scale}) translate(-256 -256)">
<path d="M64 176 H448 M168 176 V400 M304 176 V400 M168 288 H304 M168 176 L236 96 L304 176" fill="none" stroke="{STEEL}"
 stroke-width="22" stroke-linecap="round" stroke-linejoin="round"/>
<path d="M400 176 V256" stroke="{STEEL}" stroke-width="12"/>
<rect x="348" y="256" width="104" height="64" rx="6" fill="{BOX}"/>
<path d="M48 424 H464" stroke="{WATER}" stroke-width="22" stroke-linecap="round"/>
</g></svg>"""


def main() -> None:
    """Write the SVG and the PNGs phones ask for."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "icon.svg").write_text(drawing(96, 1.0), encoding="utf-8")
    wanted = {"icon-192": (192, 96, 1.0), "icon-512": (512, 96, 1.0), "icon-180": (180, 0, 0.86)}
    wanted["icon-maskable-512"] = (512, 0, 0.72)
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or playwright.chromium.executable_path
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        for name, (size, radius, scale) in wanted.items():
            page = browser.new_page(viewport={"width": size, "height": size})
            page.set_content(
                f"<style>html,body,svg{{margin:0;display:block;width:100%}}</style>{drawing(radius, scale)}"
            )
            page.screenshot(path=str(FOLDER / f"{name}.png"), omit_background=True)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
