"""Run by test_notifier: a notifier on the database of a folder, until it is killed."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import fakes
import msgspec

from domain.escalation import Escalation, Target
from domain.outbound import Outbound
from pipeline.notifier import Notifier
from pipeline.sending import send
from store.engine import open_store


class Telling(msgspec.Struct):
    """One target, whose whole address is a secret."""

    targets: dict[str, Target]
    escalation: Escalation = Escalation()


def main(folder: Path) -> None:
    settings = msgspec.structs.replace(fakes.settings(folder), outbound=Outbound(allow=("127.0.0.1",)))
    telling = Telling({"duty": Target("${secret:hook}")})
    Notifier(
        settings, open_store(settings.database_url), telling, lambda job: send(settings, job), lambda entry: None,
        lambda: datetime.now(UTC),
    ).start()  # fmt: skip
    sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
