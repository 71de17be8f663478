"""Units of fields: they stand in the names, so they are read from there and kept in no second list."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# End of a field's name -> its unit as it is written (UCUM where there is one).
_ENDS: Mapping[str, str] = MappingProxyType({
    "_kmh": "km/h", "_knots": "[kn_i]", "_degrees": "deg", "_metres": "m", "_tonnes": "t", "_minutes": "min",
    "_seconds": "s", "_ft": "[ft_i]", "_teu": "TEU", "_boxes": "boxes",
    "_metres_per_second": "m/s", "_celsius": "Cel", "_hpa": "hPa", "_millimetres": "mm",
})  # fmt: skip
_WHOLE: Mapping[str, str] = MappingProxyType({"lon": "deg", "lat": "deg"})  # WGS 84


def unit_of(field: str) -> str:
    """The unit of a field by its name; empty when it has none."""
    if field in _WHOLE:
        return _WHOLE[field]
    return next((unit for end, unit in _ENDS.items() if field.endswith(end)), "")
