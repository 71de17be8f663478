"""Vehicles under aliases: plates are replaced before anything is stored, and opened again for a reason on record."""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime
from functools import cached_property

import structlog

from domain.alias import UnmaskError, alias_of, is_alias, names_in, renamed
from domain.audit import by
from domain.errors import ConfigError, StoreUnavailableError
from domain.permissions import Permission
from domain.records import Record
from domain.vault import Vault, VaultError
from domain.viewer import Viewer
from pipeline.secrets import vault_of
from settings import Settings
from store.engine import Store

KEY = ""  # the alias under which the key of all aliases lies, sealed as they are
REASON_LEAST, REASON_MOST = 4, 200  # characters
PLATE_LEAST = 5  # signs of a whole one
log = structlog.get_logger(__name__)


class Aliases:
    """What stands for vehicles in this house; thread-safe."""

    def __init__(self, settings: Settings, store: Store) -> None:
        """Prepare.

        Args:
            settings: say which feeds tell of nobody, and where the key of secrets is.
            store: keeps the identities, sealed.
        """
        self._settings, self._store = settings, store
        self._machines = frozenset(feed.name for feed in settings.feeds if not feed.personal)
        self._names: dict[str, str] = {}
        self._told: dict[str, date] = {}
        self._turn = threading.Lock()

    @cached_property
    def _vault(self) -> Vault:
        return vault_of(self._settings)

    @cached_property
    def _key(self) -> bytes:
        for _ in range(2):  # another process may keep its own between our look and our word
            body = self._store.operations.identities([KEY]).get(KEY)
            if body is not None:
                return bytes.fromhex(_opened(self._vault, KEY, body))
            self._store.first_identity(KEY, _sealed(self._vault, KEY, secrets.token_hex(32)))
        raise StoreUnavailableError("locked", "the key of aliases is not kept")

    def ready(self) -> None:
        """Get the key of all aliases, or make it.

        Raises:
            ConfigError: no usable key of secrets, or another one than the identities were sealed with.
            StoreUnavailableError: try again.
        """
        try:
            _ = self._key
        except VaultError as error:
            raise ConfigError(str(self._settings.source), "access.mask", f"aliases cannot be made: {error}") from None

    def renamed(self, feed: str, records: Sequence[Record]) -> Sequence[Record]:
        """Records with aliases instead of plates, whose identities are kept.

        Raises:
            StoreUnavailableError: they cannot be kept now.
        """
        wanted = set() if feed in self._machines else names_in(records)
        if not wanted:
            return records
        with self._turn:
            today = datetime.now(UTC).date()
            new = [plain for plain in wanted if self._told.get(plain) != today]
            if new:
                self._keep(new)
                self._told.update(dict.fromkeys(new, today))
        return [renamed(record, self._names) for record in records]

    def _keep(self, plains: Collection[str]) -> None:
        """Name vehicles and keep who they are; of two with one alias the second gets a longer one."""
        names = {plain: alias_of(self._key, plain) for plain in plains}
        kept = {alias: _opened(self._vault, alias, body)
                for alias, body in self._store.operations.identities(set(names.values())).items()}  # fmt: skip
        for plain, alias in sorted(names.items()):
            same = alias_of(self._key, plain, 12)
            if alias_of(self._key, kept.setdefault(alias, plain), 12) != same:
                names[plain] = same
        self._store.keep_identities({alias: _sealed(self._vault, alias, plain) for plain, alias in names.items()})
        self._names.update(names)

    def sought(self, viewer: Viewer, text: str) -> str:
        """What to search for when this was typed: the alias of a whole plate, for those who may open one; on record."""
        if not viewer.may(Permission.UNMASK) or is_alias(text) or len(text) < PLATE_LEAST:
            return text
        alias = alias_of(self._key, text)
        if not self._store.operations.identities([alias]):
            return text
        self._store.note(by(viewer, "vehicle.search", alias))
        return alias

    def unmask(self, viewer: Viewer, alias: str, reason: str) -> str:
        """The plate behind an alias; on record before it is told.

        Raises:
            NotAllowedError: the viewer may not.
            UnmaskError: without a reason, or of a vehicle the viewer does not see.
            StoreUnavailableError: try again.
        """
        viewer.require(Permission.UNMASK)
        reason = reason.strip()
        if not REASON_LEAST <= len(reason) <= REASON_MOST:
            raise UnmaskError("reason", f"say why, in {REASON_LEAST} to {REASON_MOST} characters")
        body = self._store.operations.identities([alias]).get(alias) if alias != KEY else None
        theirs = viewer.scope is None or self._store.reads.sees_vehicle(
            viewer, alias
        )  # the port knows some by their boxes
        if body is None or not theirs:
            raise UnmaskError("not_found", "there is no such vehicle")
        try:
            plain = _opened(self._vault, alias, body)
        except VaultError as error:
            log.error("identity_unreadable", problem=str(error))
            raise UnmaskError("unreadable", "it was sealed with a key that is not here") from None
        self._store.note(by(viewer, "vehicle.unmask", alias, after={"reason": reason}))
        return plain

    def reseal(self) -> int:
        """Seal every identity with the newest key; how many there are."""
        again = {
            alias: _sealed(self._vault, alias, _opened(self._vault, alias, body))
            for alias, body in self._store.operations.identities(None).items()
        }
        self._store.keep_identities(again)
        return len(again)


def _bound(alias: str) -> str:
    return "identity." + hashlib.sha256(alias.encode()).hexdigest()[:40]


def _sealed(vault: Vault, alias: str, plain: str) -> str:
    return vault.seal(_bound(alias), json.dumps({"is": plain}))  # ASCII, and never too short for a secret


def _opened(vault: Vault, alias: str, body: str) -> str:
    return str(json.loads(vault.open(_bound(alias), body))["is"])
