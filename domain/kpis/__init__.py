"""One file per KPI. Each module offers ``compute(facts: KpiFacts) -> KpiRow``; see facts.py.

Beside it stand ``ORDER``, its place on the strip, and ``KINDS``, the record types it is made of,
so that a tile is as old as its own feeds; ``GROUP``, where there is one, names a strip of its own in place of the
port's. The modules are found by name, no list to keep; a module's name is its KPI's code.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import lru_cache
from types import ModuleType

from domain.kpis.facts import KpiFacts
from domain.pictures import KpiRow
from domain.records import Record

_NO_KPI = frozenset({"facts", "row", "modes"})


@lru_cache(maxsize=1)
def _modules() -> dict[str, ModuleType]:
    names = (module.name for module in pkgutil.iter_modules(__path__) if module.name not in _NO_KPI)
    modules = {name: importlib.import_module(f"{__name__}.{name}") for name in names}
    return dict(sorted(modules.items(), key=lambda entry: (entry[1].ORDER, entry[0])))


def compute_all(facts: KpiFacts) -> list[KpiRow]:
    """Every KPI of this folder in display order."""
    rows: list[KpiRow] = []
    for module in _modules().values():
        row: KpiRow = module.compute(facts)
        row.group = getattr(module, "GROUP", "")
        rows.append(row)
    return rows


def kinds() -> dict[str, frozenset[type[Record]]]:
    """Record types behind each KPI, by its key."""
    return {name: module.KINDS for name, module in _modules().items()}
