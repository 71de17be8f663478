"""Commands that need no running cockpit: store-report, verify-audit, secret, backup, restore."""

from __future__ import annotations

import contextlib
import getpass
import math
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from domain.errors import ConfigError, FeedError, StoreUnavailableError
from domain.quarantine import Sought
from domain.vault import VaultError, placeholders, users
from pipeline import derive, taken
from pipeline.adapters import adapter_module, adapter_options
from pipeline.aliases import Aliases
from pipeline.auditing import noted, sealer_of
from pipeline.backups import note_backup
from pipeline.load import named
from pipeline.opening import store_of
from pipeline.quarantine_desk import QuarantineDesk
from pipeline.secrets import Secrets, discreetly, operator
from pipeline.trial import try_feed as fetched_once
from settings import Feed, Settings
from store.backup import Backup, backup, restore
from store.engine import Store, open_store
from store.report import written


def report(settings: Settings) -> int:
    """Print what the database holds; the cockpit may run."""
    store = open_store(settings.database_url, timezone=settings.port.timezone)
    try:
        print(written(store.operations.report()))
        print(f"second wall between enterprises: {'stands' if store.operations.walled else 'none, see docs/scopes.md'}")
    finally:
        store.close()
    return 0


def verify_audit(settings: Settings) -> int:
    """Say whether the audit is whole; the cockpit may run.

    Returns:
        0 when it is, 1 when not: every finding is printed.
    """
    with contextlib.closing(store_of(settings)) as store:
        checkpoints, broken = noted(settings.checkpoints)
        last = store.operations.audit_last()
        findings = [*broken, *store.operations.audit_findings(sealer_of(settings), checkpoints)]
    for one in findings:
        print(f"audit: {_FINDINGS[one.code].format(seq=one.seq)}")
    if not findings:
        print(f"audit: {last.seq if last else 0} entries, {len(checkpoints)} checkpoints, all whole")
    return 1 if findings else 0


_FINDINGS = {
    "edited": "entry {seq} is not as it was sealed, or was sealed with another key",
    "missing": "entry {seq} is missing",
    "restamped": "entry {seq} was sealed anew: a checkpoint knows another seal",
    "cut": "entries from {seq} on were cut off: a checkpoint knows of them",
    "forged_checkpoint": "a checkpoint (of entry {seq}) was not signed with this key",
}


def try_feed(settings: Settings, name: str, rows: int) -> int:
    """Fetch once from a feed and print each row, what it becomes and the verdict; the cockpit may run.

    Returns:
        0 when the source could be read, 1 when not: the reason is printed.
    """
    feed = named(settings, name)
    try:
        trial = fetched_once(
            settings, feed, max(1, rows), lambda: datetime.now(UTC), lambda: store_of(settings, migrate=False)
        )
    except FeedError as error:
        print(f"{name}: {error.code}: {error}", file=sys.stderr)
        return 1
    print(trial)
    return 0


def replay(settings: Settings, name: str, reason: str) -> int:
    """Try all quarantined rows of a feed again and say what came of it; the cockpit may run.

    Returns:
        0 when all that were sought are usable now, 1 when some stay.
    """
    with contextlib.closing(store_of(settings)) as store:
        desk = QuarantineDesk(
            settings,
            store,
            lambda: datetime.now(UTC),
            lambda _records, _ingested, at: taken.tell(store, at),
            lambda oldest: _rolled_up(store, oldest),
        )
        done = desk.try_again(operator(), Sought(feed=name, reason=reason), seconds=math.inf)
    print(f"{name}: {done.tried} tried, {done.taken} taken in ({done.known} of them known already)")
    for title, counts in (("stay", done.reasons), ("cannot be tried here", done.not_here)):
        if counts:
            print(f"  {title}: " + ", ".join(f"{why} {count}" for why, count in sorted(counts.items())))
    return 1 if done.reasons or done.not_here else 0


def _rolled_up(store: Store, oldest: datetime) -> None:
    derive.roll_up(store, oldest, datetime.now(UTC))


def save(settings: Settings, file: Path, force: bool) -> int:
    """Write a backup and say what is in it."""
    start = time.monotonic()
    made = backup(settings.database_url, file, force)
    print(f"{made.file}: {_contents(made)}, whole, in {time.monotonic() - start:.1f} s")
    try:
        # Not migrated: a backup before the change to a new version must not change what the old one is using.
        with contextlib.closing(store_of(settings, migrate=False)) as store:
            note_backup(store, made, datetime.now(UTC))
    except (ConfigError, StoreUnavailableError) as error:
        print(f"the backup is whole, but it is not on record: {error}", file=sys.stderr)
    return 0


def set_secret(settings: Settings, name: str) -> int:
    """Keep the value that comes from standard input, at a terminal from a prompt that does not show it."""
    with _secrets(settings) as secrets:
        secrets.set(operator(), name, _value(name))
    print(f"secret {name}: set")
    return 0


def _value(name: str) -> str:
    """Never an argument: those stand in the list of processes and in the shell's history."""
    if not sys.stdin.isatty():
        return sys.stdin.read().removesuffix("\n").removesuffix("\r")
    value = getpass.getpass(f"{name}: ")
    if getpass.getpass(f"{name}, again: ") != value:
        raise VaultError("length", "the two are not the same; nothing was set")
    return value


def list_secrets(settings: Settings) -> int:
    """Print which secrets there are, without their values, and which are missing."""
    wanted = users({feed.name: feed.options for feed in settings.feeds})
    with contextlib.closing(store_of(settings)) as store:
        found = store.reads.secrets(operator())
    for one in found:
        used = ", ".join(wanted.get(one.name, [])) or "no feed"
        print(f"{one.name}  {one.updated_at:%Y-%m-%d %H:%M:%S} UTC by {one.updated_by}, {one.algorithm} "
              f"key {one.key}, used by {used}")  # fmt: skip
    for name in sorted(set(wanted) - {one.name for one in found}):
        print(f"{name}  NOT SET, used by {', '.join(wanted[name])}")
    return 0


def remove_secret(settings: Settings, name: str) -> int:
    """Forget a secret."""
    with _secrets(settings) as secrets:
        secrets.remove(operator(), name)
    print(f"secret {name}: removed")
    return 0


def reseal_secrets(settings: Settings) -> int:
    """Seal all secrets with the newest key and the configured algorithm."""
    with contextlib.closing(store_of(settings)) as store:
        done = Secrets(settings, store).reseal(operator())
        identities = Aliases(settings, store).reseal()
    print(f"{len(done)} secrets sealed anew{': ' if done else ''}{', '.join(done)}")
    if identities:
        print(f"{identities} identities sealed anew")
    return 0


@contextlib.contextmanager
def _secrets(settings: Settings) -> Iterator[Secrets]:
    with contextlib.closing(store_of(settings)) as store:
        yield Secrets(settings, store)


def secret_warnings(settings: Settings) -> list[str]:
    """What keeps feeds with secrets from being started; looks into the database, and changes nothing there."""
    feeds = [feed for feed in settings.feeds if placeholders(feed.options)]
    if not feeds:
        return []
    file = settings.database_url.partition(":///")[2]
    if settings.database_url.startswith("sqlite:") and not Path(file).is_file():
        wanted = users({feed.name: feed.options for feed in feeds})
        return [f"feeds.{feed}: there is no secret {name}" for name, names in wanted.items() for feed in names]
    try:
        with contextlib.closing(store_of(settings, migrate=False)) as store:
            secrets = Secrets(settings, store)
            return [said for feed in feeds if (said := _problem(secrets, feed))]
    except StoreUnavailableError as error:
        return [f"secrets cannot be looked up: {error}"]
    except ConfigError as error:
        if error.key != "store.url":
            raise
        return [f"secrets cannot be looked up: {error.problem}"]


def _problem(secrets: Secrets, feed: Feed) -> str:
    try:
        with discreetly():
            adapter_options(secrets.filled(feed), adapter_module(feed))
    except FeedError as error:
        return str(error)
    return ""


def put_back(settings: Settings, file: Path, force: bool) -> int:
    """Restore a backup, bring its tables up to date and say where the old database went."""
    settings.home.mkdir(parents=True, exist_ok=True)
    made = restore(settings.database_url, file, datetime.now(UTC), force)
    open_store(settings.database_url, timezone=settings.port.timezone).close()  # an older backup is migrated
    if made.aside is not None:
        print(f"what was there before: {made.aside}")
    print(f"restored {made.file}: {_contents(made)}")
    return 0


def _contents(made: Backup) -> str:
    size = f"{made.bytes / 1024 / 1024:,.1f} MB"
    return f"{sum(made.rows.values()):,} rows, {size}" if made.rows else size
