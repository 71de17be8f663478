"""What pages about accounts stand on."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from domain.accounts import Account, ApiKey, Session
from domain.viewer import Viewer


class AccountDesk(Protocol):
    """The one way to change accounts, sessions, keys and links; blocks.

    Each act raises NotAllowedError, or AccountError with why it cannot be.
    """

    def mine(self, viewer: Viewer) -> Account | None:
        """The viewer's own account."""

    def accounts(self, viewer: Viewer) -> list[Account]:
        """All, without their secrets."""

    def add(
        self, viewer: Viewer, name: str, title: str, roles: Collection[str], scope: Collection[str] | None = None
    ) -> tuple[Account, str]:
        """Add one; gives the secret of its first link, too."""

    def change(
        self,
        viewer: Viewer,
        account_id: str,
        version: int,
        *,
        title: str | None = None,
        roles: Collection[str] | None = None,
        scope: Collection[str] | None = None,
        active: bool | None = None,
    ) -> Account:
        """Change what it may do; what is None stays."""

    def unlock(self, viewer: Viewer, account_id: str) -> Account:
        """Let it try again."""

    def reset(self, viewer: Viewer, account_id: str) -> str:
        """Take password and second factor back; gives the secret of a new link."""

    def sessions(self, viewer: Viewer, of: str | None = None) -> list[tuple[Session, str]]:
        """Sessions with whose they are; None is everybody's."""

    def end(self, viewer: Viewer, session_id: str) -> None:
        """End one."""

    def end_others(self, viewer: Viewer) -> int:
        """End all of one's own but this one."""

    def forget_passkey(self, viewer: Viewer, credential: str) -> Account:
        """Take one of one's own passkeys back."""

    def keys(self, viewer: Viewer) -> list[tuple[ApiKey, datetime | None]]:
        """Keys of programs with their last use."""

    def add_key(
        self,
        viewer: Viewer,
        name: str,
        roles: Collection[str],
        scope: Collection[str] | None = None,
        days: int | None = None,
    ) -> tuple[ApiKey, str]:
        """Make one; gives its text, too."""

    def revoke_key(self, viewer: Viewer, key_id: str) -> None:
        """Take one back."""

    def invite_screen(self, viewer: Viewer, screen: str) -> str:
        """The secret of a link that binds a browser to a screen."""

    def bound(self, viewer: Viewer) -> dict[str, Session]:
        """What is bound, by screen."""

    def unbind(self, viewer: Viewer, screen: str) -> None:
        """Unbind a screen."""
