"""A collector's process has probes and metrics of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from tests.ports import free_port

REPO = Path(__file__).resolve().parents[2]


def ask(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""


def test_a_collector_says_that_it_leads(tmp_path):
    port = free_port()
    config = tmp_path / "cockpit.toml"
    config.write_text(f"[server]\ncollect_port = {port}\n", encoding="utf-8")
    environment = {**os.environ, "COCKPIT_HOME": str(tmp_path / "home"), "COCKPIT_CONFIG": str(config)}
    environment.pop("COCKPIT_DATABASE_URL", None)
    process = subprocess.Popen(
        [sys.executable, "app.py", "collect"],
        cwd=REPO,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        end = time.monotonic() + 120
        while "cockpit_collector_leading 1.0" not in ask(port, "/metrics")[1]:
            assert time.monotonic() < end
            assert process.poll() is None, process.stderr.read().decode()
            time.sleep(0.2)
        while (answer := ask(port, "/readyz"))[0] != 200:
            assert time.monotonic() < end, answer
            time.sleep(0.2)
        assert ask(port, "/livez")[0] == 200
        assert ask(port, "/")[0] == 404, "no pages here"
    finally:
        process.terminate()
        process.communicate(timeout=60)
    assert process.returncode == 0
