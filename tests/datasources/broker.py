"""Real MQTT brokers for tests: the listener of the NATS wheel, always there, and Mosquitto where it is installed."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from tests.ports import free_port

MOSQUITTO = shutil.which("mosquitto", path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")


class Broker:
    """A broker of its own folder and port; killing and starting it again keeps both."""

    def __init__(self, user: str = "", password: str = "", tls: tuple[Path, Path] | None = None) -> None:
        """With ``user``, nobody else may connect; with ``tls``, a certificate and its key, nobody without."""
        self.port = free_port()
        self.folder = Path()
        self.user, self.password, self.tls = user, password, tls
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    def at(cls, url: str) -> Any:
        """The one that runs there, to publish at."""
        found = cls()
        found.port = int(url.rpartition(":")[2])
        return found

    def command(self) -> list[str]:
        """How it is started."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        self.folder = Path(tempfile.mkdtemp(prefix="broker-"))
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        self._process = subprocess.Popen(self.command(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while time.monotonic() < end:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.02)
        raise AssertionError("the broker does not answer")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    @property
    def url(self) -> str:
        return f"mqtt{'s' if self.tls else ''}://127.0.0.1:{self.port}"

    def publish(self, *messages: tuple[str, str | bytes], retain: bool = False, qos: int = 1) -> None:
        """Publish and wait until the broker has it."""
        with self.client("publisher") as client:
            for topic, payload in messages:
                client.publish(topic, payload, qos=qos, retain=retain).wait_for_publish(10)

    def remember(self, name: str, topic: str) -> None:
        """Make a session that stays, so that what is published from now on waits for its client."""
        with self.client(name, stays=True) as client:
            done: list[Any] = []
            client.on_subscribe = lambda *_: done.append(1)
            client.subscribe(topic, qos=1)
            _until(lambda: done)

    @contextlib.contextmanager
    def client(self, name: str, stays: bool = False) -> Any:
        """A client of paho-mqtt, connected."""
        made = paho.Client(CallbackAPIVersion.VERSION2, client_id=name, clean_session=not stays)
        if self.user:
            made.username_pw_set(self.user, self.password)
        made.connect("127.0.0.1", self.port)
        made.loop_start()
        _until(made.is_connected)
        try:
            yield made
        finally:
            made.disconnect()
            made.loop_stop()


class Nats(Broker):
    """The MQTT listener (3.1.1) of the NATS server in the wheel."""

    def command(self) -> list[str]:
        binary = shutil.which("nats-server", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        assert binary, "NATS is not here: pip install -r requirements-dev.txt"
        login = f'authorization {{ user: "{self.user}", password: "{self.password}" }}' if self.user else ""
        config = self.folder / "nats.conf"
        config.write_text(
            f'server_name: "broker"\nlisten: "127.0.0.1:{free_port()}"\n{login}\n'
            f'jetstream {{ store_dir: "{self.folder}/store" }}\n'
            f'mqtt {{ listen: "127.0.0.1:{self.port}", ack_wait: "1s" }}\n'
        )
        return [binary, "-c", str(config)]


class Mosquitto(Broker):
    """Eclipse Mosquitto (3.1.1 and 5), as Debian has it."""

    def command(self) -> list[str]:
        assert MOSQUITTO
        config, lines = self.folder / "mosquitto.conf", [f"listener {self.port} 127.0.0.1"]
        if self.user:
            passwords = self.folder / "passwords"
            tool = str(Path(MOSQUITTO).with_name("mosquitto_passwd"))
            tool = tool if Path(tool).exists() else shutil.which("mosquitto_passwd") or tool
            subprocess.run(
                [tool, "-c", "-b", str(passwords), self.user, self.password], check=True, capture_output=True
            )
            lines += ["allow_anonymous false", f"password_file {passwords}"]
        else:
            lines += ["allow_anonymous true"]
        if self.tls:
            lines += [f"certfile {self.tls[0]}", f"keyfile {self.tls[1]}"]
        lines += ["persistence true", f"persistence_location {self.folder}/", "autosave_interval 1"]
        if os.geteuid() == 0:
            lines.append("user root")
        config.write_text("\n".join(lines) + "\n")
        return [MOSQUITTO, "-c", str(config)]


def _until(condition: Callable[[], Any]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)
