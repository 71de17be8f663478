"""One file per forecast. Each module offers ``FORECAST: Forecast``; see base.py."""

from __future__ import annotations

import importlib
import pkgutil
from functools import lru_cache

from domain.forecasts.base import Forecast


@lru_cache(maxsize=1)
def all_forecasts() -> tuple[Forecast, ...]:
    """Every forecast of this folder, by name; the modules are found, no list to keep."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name != "base")
    return tuple(importlib.import_module(f"{__name__}.{name}").FORECAST for name in names)
