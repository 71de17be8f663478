"""Who is looking. Every read in ``store`` and every route takes a Viewer.

Until access control lands there is one viewer, the loopback operator, who sees the whole port.
The type is here already so that no read has to be retrofitted later.
"""

from __future__ import annotations

import msgspec


class Viewer(msgspec.Struct, frozen=True, kw_only=True):
    """A person, screen or program that asks for data.

    Attributes:
        name: account or screen identity, shown in the audit trail.
        roles: role names, e.g. ``supervisor``.
        scope: enterprise codes whose rows may be seen; ``None`` means the whole port.
    """

    name: str
    roles: frozenset[str] = frozenset()
    scope: frozenset[str] | None = None


PORT_OPERATOR = Viewer(name="loopback", roles=frozenset({"supervisor"}))
SYSTEM = Viewer(name="system", roles=frozenset({"system"}))
