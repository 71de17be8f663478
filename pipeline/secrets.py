"""Secrets of feeds: set by people, filled into a feed's options when it is started, and never shown again."""

from __future__ import annotations

import contextlib
import getpass
import os
from collections.abc import Callable, Collection, Iterator
from functools import cached_property
from urllib.parse import quote

import msgspec
import structlog

from datasources.contract import Adapter, Batch
from domain.errors import ConfigError, FeedError, StoreUnavailableError
from domain.permissions import Permission, Role
from domain.vault import Vault, VaultError, filled, key_of, placeholders
from domain.viewer import Viewer
from pipeline.keys import kept_key
from settings import Feed, Settings
from store.engine import Store
from telemetry.conceal import conceal, concealed

KEY = "COCKPIT_SECRETS_KEY"
KEY_FILE = "secrets.key"
COMMAND_LINE = "command-line"  # where an act came from; screens translate it
log = structlog.get_logger(__name__)


def vault_of(settings: Settings) -> Vault:
    """The vault with the keys of the environment, else with those of the home folder's file, made at first need.

    Several keys stand with commas between them; the first seals.

    Raises:
        ConfigError: a key that is none, a key file that cannot be used, or an algorithm this machine lacks.
    """
    given = os.environ.get(KEY, "")
    where, name = ("environment", KEY) if given else (str(settings.home), KEY_FILE)
    keys = []
    text = given or kept_key(settings.home, KEY_FILE).decode("ascii", "replace")
    for place, one in enumerate(text.split(","), 1):
        try:
            keys.append(key_of(one))
        except ValueError as error:
            raise ConfigError(where, name, f"key {place} {error}") from None
    try:
        return Vault(keys, settings.secrets.algorithm)
    except ValueError as error:
        raise ConfigError(str(settings.source), "secrets.algorithm", str(error)) from None


def operator() -> Viewer:
    """Who started this process from the command line: whoever has its files and its key may set its secrets."""
    try:
        import pwd  # not the environment's word for it, which anybody can set

        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container's user without a name
        name = f"uid {os.getuid()}"
    except ImportError:  # Windows
        name = getpass.getuser()
    return Viewer(name=name, roles=frozenset({Role.SYSTEM_ADMIN}), address=COMMAND_LINE)


class Secrets:
    """What is done with secrets; thread-safe."""

    def __init__(self, settings: Settings, store: Store) -> None:
        """Prepare.

        Args:
            settings: say with which keys and algorithm.
            store: keeps what is sealed.

        Raises:
            ConfigError: the environment's key is none; a file's is looked at when it is needed.
        """
        self._settings, self._store = settings, store
        if os.environ.get(KEY):
            _ = self._vault

    @cached_property
    def _vault(self) -> Vault:
        return vault_of(self._settings)

    def set(self, viewer: Viewer, name: str, text: str) -> None:
        """Keep a value under a name, in the place of an older one; on record without the value.

        Raises:
            NotAllowedError: the viewer may not.
            VaultError: no name or value for a secret.
            ConfigError: no usable key.
            StoreUnavailableError: try again.
        """
        viewer.require(Permission.SECRETS)
        try:
            sealed = self._vault.seal(name, text)
        except ConfigError as error:
            log.error("secrets_key", where=error.where, problem=f"{error.key} {error.problem}")  # screens do not say it
            raise
        conceal(text)
        self._store.set_secret(viewer, name, sealed)

    def remove(self, viewer: Viewer, name: str) -> None:
        """Forget a secret, on record; errors as ``set``, VaultError ``missing`` when there is none."""
        if not self._store.remove_secret(viewer, name):
            raise VaultError("missing", f"there is no secret {name}")

    def reseal(self, viewer: Viewer) -> list[str]:
        """Seal all with the newest key and the configured algorithm; errors as ``set``, and then none was changed.

        Returns:
            Names of those that were sealed otherwise.
        """
        newest = self._vault.newest
        head = f"v1:{newest.algorithm}:{newest.key}:"

        def again(name: str, body: str) -> str:
            text = self._vault.open(name, body)
            return body if body.startswith(head) else self._vault.seal(name, text)

        return self._store.reseal_secrets(viewer, again)

    def filled(self, feed: Feed) -> Feed:
        """The feed with its secrets in place; to be given to its adapter and to nobody else.

        Raises:
            FeedError: ``secret_missing`` or ``secret_unreadable``, naming the secret.
        """
        wanted = placeholders(feed.options)
        return self._filled(feed, self._sealed(f"feeds.{feed.name}", wanted)) if wanted else feed

    def address(self, where: str, url: str) -> str:
        """An address with its secrets in place: a secret that is a part of it is written as addresses write it.

        Raises:
            FeedError: as ``filled``; ``where`` is the key of the setting.
        """
        wanted = placeholders(url)
        if not wanted:
            return url
        secret = self._opened(where, self._sealed(where, wanted))
        whole = len(wanted) == 1 and url == f"${{secret:{next(iter(wanted))}}}"
        found: str = filled(url, secret if whole else lambda name: quote(secret(name), safe=""))
        return found

    def _sealed(self, where: str, wanted: Collection[str]) -> dict[str, str]:
        try:
            sealed = self._store.operations.sealed()
        except StoreUnavailableError as error:
            raise FeedError("secret_unreadable", f"the store cannot be read: {error.code}", where) from None
        if missing := sorted(name for name in wanted if name not in sealed):
            raise FeedError("secret_missing", f"there is no secret {', '.join(missing)}", where)
        return {name: sealed[name] for name in wanted}

    def _opened(self, where: str, sealed: dict[str, str]) -> Callable[[str], str]:
        def secret(name: str) -> str:
            try:
                text = self._vault.open(name, sealed[name])
            except (VaultError, ConfigError) as error:
                said = f"{error.key}: {error.problem}" if isinstance(error, ConfigError) else str(error)
                raise FeedError("secret_unreadable", said, where) from None
            conceal(text)
            return text

        return secret

    def _filled(self, feed: Feed, sealed: dict[str, str]) -> Feed:
        secret = self._opened(f"feeds.{feed.name}", sealed)
        return msgspec.structs.replace(feed, options=filled(feed.options, secret))

    def ready(self, feed: Feed) -> bool:
        """Whether all its secrets are there and open."""
        try:
            self.filled(feed)
        except FeedError as error:
            log.warning("secret_wanted", feed=feed.name, code=error.code, detail=str(error))
            return False
        return True

    def adapter(self, feed: Feed, connect: Callable[[Feed], Adapter]) -> Adapter:
        """What ``connect`` makes of the feed with its secrets in place; one that was told any tells none.

        Raises:
            FeedError: as ``filled``, or as ``connect``.
        """
        wanted = placeholders(feed.options)
        if not wanted:
            return connect(feed)
        stood = self._sealed(f"feeds.{feed.name}", wanted)
        with discreetly():
            adapter = connect(self._filled(feed, stood))

        def changed() -> bool:
            with contextlib.suppress(FeedError):
                return self._sealed(f"feeds.{feed.name}", wanted) != stood
            return False

        return Discreet(adapter, changed)


def adapter_of(
    settings: Settings, opened: Callable[[], Store], feed: Feed, connect: Callable[[Feed], Adapter]
) -> Adapter:
    """As ``Secrets.adapter``; the store is opened only for a feed that has secrets in it.

    Raises:
        FeedError: as ``Secrets.filled``, or as ``connect``.
        ConfigError: the store or the key cannot be used.
    """
    if not placeholders(feed.options):
        return connect(feed)
    with contextlib.closing(opened()) as store:
        return Secrets(settings, store).adapter(feed, connect)


class SecretsChangedError(FeedError):
    """A poll failed, and the feed's secrets are others by now: connect anew."""


class Discreet:
    """An adapter that was told a secret, and does not tell it."""

    def __init__(self, adapter: Adapter, changed: Callable[[], bool]) -> None:
        """Stand before it; ``changed`` says whether the secrets are others by now."""
        self._adapter, self._changed = adapter, changed

    def poll(self) -> Batch:
        """What it brings, without the secret in its messages."""
        try:
            with discreetly():
                return discreet(self._adapter.poll())
        except FeedError as error:
            if self.outdated():
                raise SecretsChangedError(error.code, error.detail, error.where) from None
            raise

    def outdated(self) -> bool:
        """Whether the secrets are others by now, and an adapter made anew may fare better."""
        return self._changed()

    def close(self) -> None:
        """Close it."""
        self._adapter.close()


def discreet(batch: Batch) -> Batch:
    """A batch without secrets in what it says of problems and of rows it refused."""
    if not batch.problems and not batch.rejects:
        return batch
    batch.problems = [msgspec.structs.replace(one, detail=concealed(one.detail)) for one in batch.problems]
    batch.rejects = [
        msgspec.structs.replace(one, ref=concealed(one.ref), detail=concealed(one.detail), raw=concealed(one.raw))
        for one in batch.rejects
    ]
    return batch


@contextlib.contextmanager
def discreetly() -> Iterator[None]:
    """Leave secrets out of what an adapter says when it fails."""
    try:
        yield
    except FeedError as error:
        raise error.said(concealed(error.detail), concealed(error.where)) from None
