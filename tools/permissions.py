"""Write ``docs/permissions.md`` anew from the code: ``python -m tools.permissions``.

A test holds the file against ``document()``, so that it cannot go stale.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from unittest.mock import Mock

from dash._callback import GLOBAL_CALLBACK_MAP

import composition
import settings as configuration
from access.paths import PAGES, PATHS
from domain.permissions import DATASET_PERMISSIONS, MATRIX, TOPIC_PERMISSIONS, Permission, Role
from pages._visitor import declared

FILE = configuration.PROJECT / "docs" / "permissions.md"
HEAD = """# Who may see and do what

Made from the code by `python -m tools.permissions`; a test fails when it is out of date, another walks every cell.
Roles and the matrix stand in `domain/permissions.py`, paths and pages in `access/paths.py`, callbacks declare theirs
where they are registered (`pages/_visitor.py`). What stands nowhere is refused. How much of the port somebody sees is
his scope, not his role.
"""


def document(callbacks: Mapping[str, Permission], views: Mapping[str, Iterable[Permission]]) -> str:
    """The whole file.

    Args:
        callbacks: what each callback of the pages declares, by its outputs.
        views: what each view takes, by name.
    """
    roles = list(Role)
    parts = [
        HEAD,
        "## Roles\n",
        _table(["permission", *roles], [[p, *("yes" if p in MATRIX[r] else "" for r in roles)] for p in Permission]),
        "## Paths\n",
        _table(
            ["method", "path", "asks"], [[" ".join(m), f"`{path}`", asked or "nothing"] for m, path, asked in PATHS]
        ),
        "## Pages\n",
        _table(["page", "asks"], [[f"`{path}`", asked] for path, asked in PAGES.items()]),
        "## Callbacks\n",
        _table(["outputs", "asks"], [[f"`{name}`", asked] for name, asked in sorted(callbacks.items())]),
        "## Live topics\n",
        _table(["topic", "asks"], [[f"`{topic}`", asked] for topic, asked in TOPIC_PERMISSIONS.items()]),
        "## Datasets\n",
        _table(["dataset", "asks", "asks as a file"],
               [[name, asked, f"{asked}, {Permission.EXPORT}"] for name, asked in DATASET_PERMISSIONS.items()]),
        "## Views\n",
        _table(["view", "asks"], [[f"`{name}`", ", ".join(sorted(asked))] for name, asked in sorted(views.items())]),
    ]  # fmt: skip
    return "\n".join(parts)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def told() -> str:
    """The file as the code would have it now."""
    import dash

    from live.views import asked_of, registered
    from store.engine import open_store

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        settings = configuration.load(environ={"COCKPIT_HOME": home})
        store = open_store(settings.database_url)
        try:
            composition.build(settings, store, lambda publish: Mock())
        finally:
            store.close()
    found = dash.get_app().callback_map | dict(GLOBAL_CALLBACK_MAP)
    callbacks = {name: asked for name in found if (asked := declared(found, name)) is not None}
    return document(callbacks, {name: asked_of(f"view:{name}") for name in registered()})


if __name__ == "__main__":
    FILE.write_text(told(), "utf-8")
