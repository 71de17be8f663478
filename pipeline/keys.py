"""Keys of this machine: files in the home folder that only the cockpit's own user reads."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from domain.errors import ConfigError


def kept_key(home: Path, name: str) -> bytes:
    """What a key file holds; one of 64 random hexadecimal digits is made where there is none.

    Raises:
        ConfigError: it cannot be read or made.
    """
    try:
        key = _kept(home / name)
    except OSError as error:
        raise ConfigError(str(home), name, f"cannot be used: {error.strerror}") from None
    if not key:  # or another process is just making it
        raise ConfigError(str(home), name, "is empty")
    return key


def _kept(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        file.parent.mkdir(parents=True, exist_ok=True)
    made = secrets.token_hex(32).encode()
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:  # another process of this machine was first
        return file.read_bytes()
    with os.fdopen(handle, "wb") as out:
        out.write(made)
    return made
