"""Where the cockpit is found."""

from __future__ import annotations

from settings import Settings


def address(settings: Settings) -> str:
    """Where browsers find us, as far as the settings know."""
    server = settings.server
    host = next(iter(server.names), server.host)
    host = f"[{host}]" if ":" in host else host
    if server.tls == "proxy" and server.names:
        return f"https://{host}"
    return f"{'https' if server.tls == 'own' else 'http'}://{host}:{server.port}"
