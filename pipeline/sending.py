"""Sends messages in a process of their own: one that hangs is ended, and holds up nobody but itself."""

from __future__ import annotations

import subprocess

import msgspec
import structlog

from domain.deliveries import Job, Outcome
from pipeline.children import command
from settings import PROJECT, Settings

START_SECONDS = 8.0  # until the process can send, on a busy machine
MESSAGE_SECONDS = 7.0  # for one message; apprise waits four for a connection and four for an answer
log = structlog.get_logger(__name__)


def seconds_for(messages: int) -> float:
    """After how long a job of so many messages is ended."""
    return START_SECONDS + MESSAGE_SECONDS * messages


def send(settings: Settings, job: Job) -> dict[int, Outcome]:
    """Send the messages of a job.

    Returns:
        What became of each by its number: ``timeout`` for those the process had not come to when it was ended,
        ``failed`` when it ended by itself.
    """
    with subprocess.Popen(  # noqa: S603 - our own command line
        command(settings, "notify"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        cwd=PROJECT, start_new_session=True,
    ) as child:  # fmt: skip
        try:
            said, _ = child.communicate(msgspec.json.encode(job) + b"\n", job.seconds + 1.0)
        except subprocess.TimeoutExpired:
            child.kill()
            said, _ = child.communicate()
        # 3: it ended itself in time, as it does when this process is gone.
        missing = Outcome("timeout" if child.returncode in (3, -9) else "failed")
    found = dict(_outcome(line) for line in said.splitlines() if line.startswith(b"["))
    if missing.result == "failed" and len(found) < len(job.messages):
        log.warning("notify_process_failed", code=child.returncode)
    return {message.number: found.get(message.number, missing) for message in job.messages}


def _outcome(line: bytes) -> tuple[int, Outcome]:
    return msgspec.json.decode(line, type=tuple[int, Outcome])
