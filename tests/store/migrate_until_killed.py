"""Child process: migrates a database and is killed, by itself, before the given statement."""

import os
import signal
import sys
from typing import Any

from sqlalchemy import Engine, event

from store.engine import open_store


def main(url: str, statements: int) -> None:
    left = statements

    def count(*_: Any) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", count)
    open_store(url).close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
