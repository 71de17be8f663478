"""What a process that runs for months asks of the C library's allocator, and of Python's collector."""

from __future__ import annotations

import ctypes
import gc
import threading
import time
from functools import cache

_ARENAS, _MAPPED_FROM, _TRIM_FROM = -8, -3, -1  # names of mallopt, malloc.h of glibc
_ARENAS_MOST = 2
_MAPPED_BYTES = 512 * 1024
_TRIM_BYTES = 1024 * 1024
_TRIM_SECONDS = 60.0
_STARTED_SECONDS = 15.0  # what is there by then stays: modules, pages, callbacks


@cache
def keep_low() -> bool:
    """Give large blocks back as they are freed, keep threads from an arena each, and sweep up once a minute.

    Left alone, glibc raises the size from which it maps blocks by themselves to 32 MB: the columns of one large read
    then live in the heap, small ones settle between them, and every coincidence of large reads leaves the process
    larger for good. Measured on the simulated port: 60 of 178 MB of heap free but kept after six minutes, and a step
    of up to 10 MB more with every unlucky quarter of an hour; so set: 6 of 117 MB. What small blocks leave free
    inside the heap goes back by the sweep.

    What was made at the start (modules, pages, callbacks: half a million objects) stays for good, so the collector of
    cycles is told to leave it alone: walking it again and again was a third of what storing a position cost.

    Returns:
        Whether there was anything to ask of the C library; others do without.
    """
    settled = threading.Timer(_STARTED_SECONDS, leave_alone)
    settled.daemon = True
    settled.start()
    try:
        library = ctypes.CDLL(None)
        set_option, trim = library.mallopt, library.malloc_trim
    except (AttributeError, OSError, TypeError):
        return False

    def sweep() -> None:
        while True:
            time.sleep(_TRIM_SECONDS)
            trim(0)  # whole free pages wherever they lie; some milliseconds, outside of Python's lock

    wanted = ((_ARENAS, _ARENAS_MOST), (_MAPPED_FROM, _MAPPED_BYTES), (_TRIM_FROM, _TRIM_BYTES))
    threading.Thread(target=sweep, name="memory", daemon=True).start()
    return all(set_option(name, value) == 1 for name, value in wanted)


def leave_alone() -> None:
    """What is there now stays: the collector of cycles walks only what comes after."""
    gc.collect()
    gc.freeze()
