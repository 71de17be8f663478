"""Write assets/screens-0-figures.css: the glyphs figures are written with, so that they look alike on every machine.

Words are set in the system's own Chinese font; its digits differ from one system to the next, and are not of one width
everywhere. Digits and the signs beside them come from Noto Sans (SIL Open Font License 1.1, no reserved font name),
cut down to those few glyphs, a few kilobytes inside the style sheet.

    pip install fonttools==4.68.0 brotli    # build time only
    npm pack @fontsource/noto-sans@5.3.0 && tar xzf fontsource-noto-sans-5.3.0.tgz
    python tools/build_figures.py package/files
"""

from __future__ import annotations

import base64
import subprocess
import sys
import tempfile
from pathlib import Path

SIGNS = "0123456789+-−.,:%/±×°"
WEIGHTS = (400, 600)
OUT = Path(__file__).resolve().parent.parent / "assets" / "screens-0-figures.css"
HEAD = """/* Written by tools/build_figures.py. Glyphs of Noto Sans, Copyright 2022 The Noto Project Authors
 * (https://github.com/notofonts/latin-greek-cyrillic), SIL Open Font License 1.1 (https://openfontlicense.org). */
"""
FACE = """@font-face {{
  font-family: "Cockpit Figures"; font-weight: {weights}; font-display: block; unicode-range: {signs};
  src: url(data:font/woff2;base64,{body}) format("woff2"); }}
"""


def main(folder: Path) -> None:
    """Cut the font down and write the style sheet; ``folder`` holds ``noto-sans-latin-<weight>-normal.woff2``."""
    signs = ", ".join(f"U+{ord(sign):X}" for sign in sorted(SIGNS))
    faces = []
    for weight in WEIGHTS:
        with tempfile.NamedTemporaryFile(suffix=".woff2") as cut:
            source = folder / f"noto-sans-latin-{weight}-normal.woff2"
            command = [
                "pyftsubset", str(source), f"--text={SIGNS}", "--flavor=woff2", f"--output-file={cut.name}",
                "--layout-features=kern", "--no-hinting", "--desubroutinize", "--name-IDs=0,13,14",
            ]  # fmt: skip
            subprocess.run(command, check=True)  # noqa: S603 - our own words
            body = base64.b64encode(Path(cut.name).read_bytes()).decode()
        weights = "100 500" if weight == WEIGHTS[0] else "501 900"
        faces.append(FACE.format(weights=weights, signs=signs, body=body))
    OUT.write_text(HEAD + "".join(faces), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
