"""The web app manifest: name, colours and icons under which a phone installs the cockpit."""

from __future__ import annotations

import json

ICONS = (
    ("icon-192.png", "192x192", "any"),
    ("icon-512.png", "512x512", "any"),
    ("icon-maskable-512.png", "512x512", "maskable"),
)
GROUND = "#0f1518"  # of the palette dusk, behind the first picture and around the installed window


def manifest(name: str, name_en: str, language: str = "zh-CN") -> bytes:
    """The manifest (W3C Web Application Manifest) as JSON.

    Args:
        name: of the port, shown when installing and under the icon.
        name_en: the same in English, its description.
        language: of the name, BCP 47.
    """
    icons = [
        {"src": f"/assets/icons/{file}", "sizes": sizes, "type": "image/png", "purpose": purpose}
        for file, sizes, purpose in ICONS
    ]
    said = {
        "id": "/m", "name": name, "short_name": name, "description": name_en, "lang": language,
        "start_url": "/m", "scope": "/",
        "display": "standalone", "orientation": "any", "background_color": GROUND, "theme_color": GROUND,
        "icons": icons,
    }  # fmt: skip
    return json.dumps(said, ensure_ascii=False).encode()
