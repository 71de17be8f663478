"""Child process: ingests numbered batches and prints each number once it is acknowledged."""

import sys
from datetime import UTC, datetime

from store.engine import open_store
from tests.store.samples import move, stay, task, truck

ROWS = 300


def main(url: str, first: int) -> None:
    store = open_store(url)
    for batch in range(first, 1_000_000):
        at = datetime.now(UTC)
        records = [move(f"{batch}-{n}", at) for n in range(ROWS)]
        records += [stay(f"{batch}-{n}", at) for n in range(ROWS)]
        records += [truck(f"T{n}", at, lon=120 + batch / 1000) for n in range(ROWS)]
        records += [task(f"D{n}", at) for n in range(ROWS)]
        store.ingest("test", records, cursor={"batch": batch})
        print(batch, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
