"""Ports for the servers that tests start in processes of their own."""

from __future__ import annotations

import contextlib
import itertools
import os
import socket

FIRST, COUNT = 10_000, 20_000  # below those the kernel gives to whoever connects

_numbers = itertools.count(os.getpid() * 101)


def free_port() -> int:
    """A port nobody listens on, never given twice by this process.

    Asking the kernel for any port and closing it again would give one that the next connection of anybody may
    take before the server starts, or while it is down between two starts.
    """
    for number in itertools.islice(_numbers, COUNT):
        port = FIRST + number % COUNT
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError(f"no free port from {FIRST} to {FIRST + COUNT}")
