"""Memory a process no longer needs goes back to the system."""

from __future__ import annotations

import ctypes
import json
import subprocess
import sys

import pytest

from tests.conftest import REPO

# Large reads come and go while small things made meanwhile stay, in the order that makes a heap keep its holes.
LARGE_AND_SMALL = """
import ctypes, json, sys
from pathlib import Path
from telemetry import memory

def own():
    resident, shared = Path("/proc/self/statm").read_text().split()[1:3]
    return (int(resident) - int(shared)) * 4096

if sys.argv[1] == "low":
    assert memory.keep_low()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.free.argtypes = [ctypes.c_void_p]
def made(size):
    block = libc.malloc(ctypes.c_size_t(size))
    ctypes.memset(block, 1, size)
    return block
libc.free(made(30 << 20))  # the first large read
before, large = own(), []
for _ in range(40):
    large.append(made(2 << 20))
    made(2000)  # stays
for block in large:
    libc.free(block)
print(json.dumps((own() - before) / 1e6))
"""


def grown(how: str) -> float:
    """Megabytes a process has kept after its large reads are over."""
    done = subprocess.run([sys.executable, "-c", LARGE_AND_SMALL, how], cwd=REPO, capture_output=True, check=True)
    return float(json.loads(done.stdout))


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="not the C library this is about")
def test_large_reads_leave_nothing_behind() -> None:
    assert grown("low") < 2
    assert grown("as it is") > 20, "the C library does so by itself now: telemetry.memory can go"
