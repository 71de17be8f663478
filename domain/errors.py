"""The cockpit's error tree.

Every error a person can cause carries where it happened and what to do, so that the message can
be shown as it is. Nothing here holds a stack trace, a path of the server or a secret.
"""

from __future__ import annotations


class CockpitError(Exception):
    """Base of all errors raised on purpose."""


class ConfigError(CockpitError):
    """The configuration cannot be used; the message names file, key and what is wrong."""

    def __init__(self, where: str, key: str, problem: str) -> None:
        """Remember the place of the mistake.

        Args:
            where: file the key stands in, or ``environment``.
            key: dotted key, e.g. ``feeds.ais.every_seconds``.
            problem: what is wrong, in words.
        """
        super().__init__(f"{where}: {key}: {problem}")
        self.where, self.key, self.problem = where, key, problem


class FeedError(CockpitError):
    """A feed could not deliver: the whole poll failed. Shown as the feed's message."""

    def __init__(
        self, code: str, detail: str, where: str = "", *, wait_seconds: float | None = None, halts: bool = False
    ) -> None:
        """Remember a short code (message catalogue key ``feed.error.<code>``) and the detail.

        Args:
            code: one of the codes in the catalogue, e.g. ``missing_folder``, ``timeout``.
            detail: what exactly, safe to show.
            where: file, row or address concerned.
            wait_seconds: how long the source asked to be left alone; None: it did not.
            halts: asking again is no use, or does harm (a wrong password locks an account), until somebody acts.
        """
        super().__init__(f"{where}: {detail}" if where else detail)
        self.code, self.detail, self.where = code, detail, where
        self.wait_seconds, self.halts = wait_seconds, halts

    def said(self, detail: str, where: str) -> FeedError:
        """The same error in other words."""
        return FeedError(self.code, detail, where, wait_seconds=self.wait_seconds, halts=self.halts)


class NotAllowedError(CockpitError):
    """The viewer may not do or see this."""


class StoreUnavailableError(CockpitError):
    """The store cannot take a write now; the same write may succeed later. Nothing was written."""

    def __init__(self, code: str, detail: str = "") -> None:
        """Remember why.

        Args:
            code: ``locked`` (another writer), ``full`` (disk), ``unreachable`` (no connection, I/O error).
            detail: the database's own words, safe to show.
        """
        super().__init__(f"store {code}: {detail}" if detail else f"store {code}")
        self.code, self.detail = code, detail
