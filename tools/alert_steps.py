"""The table of what may be done with an alert, as docs/alerts.md shows it; a test holds the page to it.

python -m tools.alert_steps          writes it into docs/alerts.md
"""

from __future__ import annotations

from pathlib import Path

from domain.alert_pictures import HANDLING
from domain.alert_steps import CONDITIONS_REFUSED, STAYS, STEPS

PAGE = Path(__file__).parents[1] / "docs" / "alerts.md"
BEGINS, ENDS = "<!-- steps: written by tools.alert_steps -->", "<!-- end of steps -->"


def table() -> str:
    """Acts by state, in Markdown: the state after, a dot where it stays, the refusal in brackets."""
    head = f"| act | {' | '.join(HANDLING)} |"
    rows = [f"| {act} | {' | '.join(map(_cell, cells))} |" for act, cells in STEPS.items()]
    notes = [
        f"`{act}` of a condition wants it to be over: "
        + ", ".join(f"{condition} → `{code}`" for condition, code in refused.items())
        + "."
        for act, refused in CONDITIONS_REFUSED.items()
    ]
    return "\n".join([head, "|---" * (len(HANDLING) + 1) + "|", *rows, "", *notes])


def written(page: str) -> str:
    """The page with the table as it is now."""
    before, _, rest = page.partition(BEGINS)
    _, _, after = rest.partition(ENDS)
    return f"{before}{BEGINS}\n{table()}\n{ENDS}{after}"


def _cell(cell: str) -> str:
    return "·" if cell == STAYS else f"({cell[1:]})" if cell.startswith("!") else f"**{cell}**"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")
