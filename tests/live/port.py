"""The tiny port (tiny_port.py) in a process of its own, and a line to it that can be cut."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

from tests.ports import free_port


class Port:
    """The tiny port in a process of its own, to be killed and started again."""

    def __init__(self):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = None

    def start(self, version="v1", **options):
        told = [f"{name}={value}" for name, value in options.items()]
        command = [sys.executable, "-m", "tests.live.tiny_port", str(self.port), version, *told]
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                return self.get("/hashes")
            time.sleep(0.1)
        raise AssertionError("the tiny port did not start")

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return json.load(answer)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def resident_bytes(self):
        """Memory of the process."""
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * 4096

    def until(self, condition, seconds, what):
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"{what}: not within {seconds} s"
            time.sleep(0.1)


class Line:
    """A TCP proxy. Cut, it swallows nothing and carries nothing: like a pulled cable, both ends believe it stands."""

    def __init__(self, target):
        self.target, self.through, self.ended = target, threading.Event(), False
        self.through.set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.sockets = []
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self):
        self.through.clear()

    def heal(self):
        """The cable is back; what was connected before is gone, as after a failed switch."""
        old, self.sockets = self.sockets, []
        self.through.set()
        _close(old)

    def close(self):
        self.ended = True
        self.heal()
        self.listener.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                threading.Thread(target=self._join, args=(near,), daemon=True).start()

    def _join(self, near):
        self.through.wait()
        if self.ended:
            near.close()
            return
        far = socket.create_connection(("127.0.0.1", self.target))
        self.sockets += [near, far]
        for source, sink in ((near, far), (far, near)):
            threading.Thread(target=self._carry, args=(source, sink), daemon=True).start()

    def _carry(self, source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                self.through.wait()
                sink.sendall(data)
        _close([source, sink])


def _close(sockets):
    for one in sockets:
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()
