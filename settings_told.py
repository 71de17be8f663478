"""The settings in force as people may see them: flat, each with where it comes from, and without any secret."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from domain.configured import Origin, Shown
from domain.errors import ConfigError
from domain.vault import NAME, placeholders
from telemetry.logs import without_secrets

# Environment variables that take the place of a key; what may hold a password is shown as the variable's name.
INSTEAD = {
    "home": "COCKPIT_HOME", "server.port": "COCKPIT_PORT", "server.collect_port": "COCKPIT_COLLECT_PORT",
    "store.url": "COCKPIT_DATABASE_URL", "bus.url": "COCKPIT_BUS_URL",
}  # fmt: skip


def told(values: Mapping[str, Any], written: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, Shown]:
    """Every setting by dotted key.

    Args:
        values: all that is in force, defaults too; tables within tables, plain values.
        written: the configuration file as it was read, before anything was filled in.
        environ: environment variables.
    """
    file = dict(_flat(written))
    plain = msgspec.json.decode(msgspec.json.encode(values))  # as it comes back from the store: infinity is null
    return {key: _shown(key, value, file, environ) for key, value in sorted(_flat(plain))}


def _shown(key: str, value: Any, file: Mapping[str, Any], environ: Mapping[str, str]) -> Shown:
    name = key.rpartition(".")[2]
    if environ.get(INSTEAD.get(key, "")):
        return Shown(f"${{{INSTEAD[key]}}}" if name == "url" else value, "environment")
    if key not in file:
        return Shown(without_secrets(name, value))
    said = file[key]
    filled = any(variable in environ for variable in re.findall(r"\$\{(\w+)\}", str(said)))
    origin: Origin = "environment" if filled else "file"
    return Shown(said if filled or placeholders(said) else without_secrets(name, value), origin)


def _flat(table: Mapping[str, Any], under: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted keys and values; a table without keys is a value."""
    for key, value in table.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{under}{key}.")
        else:
            yield under + key, value


def check_placeholders(source: str, written: Mapping[str, Any]) -> None:
    """Make sure that secrets are asked for by proper names, and where they are filled in.

    Raises:
        ConfigError: one that is not.
    """
    for key, value in _flat(written):
        for name in placeholders(value):
            if not key.startswith(("feeds.", "alerts.targets.")):
                raise ConfigError(
                    source, key, "${secret:...} is for options of feeds and targets; use ${NAME} of the environment"
                )
            if not NAME.fullmatch(name):
                raise ConfigError(source, key, f"no secret can be named {name!r}: small letters, digits, _ . -")
