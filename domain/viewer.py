"""Who is looking. Every read in ``store`` and every route takes a Viewer."""

from __future__ import annotations

from contextvars import ContextVar

import msgspec

from domain.errors import NotAllowedError
from domain.permissions import Permission, Role, permissions_of


class Viewer(msgspec.Struct, frozen=True, kw_only=True):
    """A person, screen or program that asks for data.

    Attributes:
        name: account or screen identity, shown in the audit trail.
        roles: role names, e.g. ``supervisor``.
        scope: enterprise codes whose rows may be seen; ``None`` means the whole port.
        address: where the request came from; empty for the machine itself.
        datasets: the only ones a program may read, and nothing besides; None: whatever the roles allow.
        session: id of the login it came with, so that lists can mark it; empty without one.
    """

    name: str
    roles: frozenset[str] = frozenset()
    scope: frozenset[str] | None = None
    address: str = ""
    datasets: frozenset[str] | None = None
    session: str = ""

    def may(self, permission: Permission | None) -> bool:
        """Whether one of the roles allows it; None asks for nothing."""
        return permission is None or permission in permissions_of(self.roles)

    def require(self, permission: Permission) -> None:
        """Go on only if allowed.

        Raises:
            NotAllowedError: no role of theirs allows it.
        """
        if not self.may(permission):
            raise NotAllowedError(f"{self.name} may not {permission}")


WHO: ContextVar[Viewer | None] = ContextVar("who", default=None)
"""Whose request is being answered; set by the guard, inherited by the threads that work for it."""

PORT_OPERATOR = Viewer(name="loopback", roles=frozenset({Role.SUPERVISOR, Role.SYSTEM_ADMIN, Role.AUDITOR}))
SYSTEM = Viewer(name="system", roles=frozenset({"system"}))
