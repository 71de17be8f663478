"""Processes of a benchmark: started as ``python -m bench.X``, told what to do by lines, answering in JSON lines."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

REPO = Path(__file__).resolve().parent.parent


class Process:
    """A child that speaks JSON lines; use it as a context manager."""

    def __init__(self, module: str, *arguments: object, **environ: str) -> None:
        """Start ``python -m module arguments`` in the project's folder."""
        command = [sys.executable, "-m", module, *map(str, arguments)]
        env = {**os.environ, **environ}
        self._child = subprocess.Popen(
            command, cwd=REPO, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        _end(self._child, 15)
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                pipe.close()

    def say(self, line: str) -> None:
        """Send one line."""
        assert self._child.stdin
        self._child.stdin.write(line + "\n")
        self._child.stdin.flush()

    def hear(self, seconds: float = 120.0) -> Any:
        """The next JSON line; whatever else the child prints is passed over.

        Raises:
            RuntimeError: the child ended, or said nothing for so long.
        """
        assert self._child.stdout
        watchdog = threading.Timer(seconds, self._child.kill)
        watchdog.start()
        try:
            for line in self._child.stdout:
                if line.startswith(("{", "[")):
                    return json.loads(line)
        finally:
            watchdog.cancel()
        raise RuntimeError(f"{self._child.args} ended, or said nothing for {seconds} s")

    def ask(self, line: str, seconds: float = 120.0) -> Any:
        """Send a line and hear the answer."""
        self.say(line)
        return self.hear(seconds)

    def memory_bytes(self) -> int:
        """Resident memory now."""
        return memory_bytes(self._child.pid)


@contextlib.contextmanager
def cockpit(home: str, **environ: str) -> Iterator[tuple[int, int]]:
    """Process id and port of a cockpit, with the default configuration unless told otherwise, on an empty home."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    env = {**os.environ, "COCKPIT_HOME": home, "COCKPIT_PORT": str(port), **environ}
    child = subprocess.Popen([sys.executable, "app.py", "serve"], cwd=REPO, env=env)
    try:
        yield child.pid, port
    finally:
        _end(child, 20)


def _end(child: subprocess.Popen[Any], seconds: float) -> None:
    child.terminate()
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def memory_bytes(pid: int) -> int:
    """Memory of a process of its own; pages of files it reads in place are the system's cache."""
    resident, shared = Path(f"/proc/{pid}/statm").read_text().split()[1:3]
    return (int(resident) - int(shared)) * 4096


def answer(value: Any) -> None:
    """Say one JSON line to whoever started this process."""
    print(json.dumps(value), flush=True)
