"""One file per KPI. Each module offers ``compute(facts: KpiFacts) -> KpiRow``; see facts.py.

``ORDER`` in each module is its place on the strip; the modules are found by name, no list to keep.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import lru_cache

from domain.kpis.facts import KpiFacts
from domain.pictures import KpiRow

_NO_KPI = frozenset({"facts", "row"})


@lru_cache(maxsize=1)
def _computers() -> tuple[Callable[[KpiFacts], KpiRow], ...]:
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name not in _NO_KPI)
    modules = sorted((importlib.import_module(f"{__name__}.{name}") for name in names), key=lambda m: m.ORDER)
    return tuple(module.compute for module in modules)


def compute_all(facts: KpiFacts) -> list[KpiRow]:
    """Every KPI of this folder in display order."""
    return [compute(facts) for compute in _computers()]
