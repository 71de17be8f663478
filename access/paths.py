"""What every path asks of who wants it; what stands in no line is refused.

One list for routes, files and the websocket, so that nothing is reachable by having been forgotten, and one for
pages: Dash changes to those without a request for their address, so each asks for itself, and their address gives
the empty frame only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from domain.permissions import Permission as P

PUBLIC = None
"""Needs nobody: code and pictures that hold no data, and the probes of a load balancer."""

READ, POST = ("GET", "HEAD"), ("POST",)
OPENID_BACK, OPENID_OUT = "/login/oidc/back", "/login/oidc/out"  # where the OpenID provider sends people back to
PATHS: tuple[tuple[tuple[str, ...], str, P | None], ...] = (
    (READ, "/livez", PUBLIC),
    (READ, "/readyz", PUBLIC),
    (READ, "/metrics", P.MEASURE),
    (READ, "/assets/*", PUBLIC),
    (READ, "/_dash-component-suites/*", PUBLIC),
    (READ, "/_favicon.ico", PUBLIC),
    (READ, "/static/*", PUBLIC),
    (READ, "/manifest.webmanifest", PUBLIC),
    *(((*READ, "POST"), f"/login{step}", PUBLIC)
      for step in ("", "/second", "/enrol", "/again", "/passkey", "/password")),
    (POST, "/login/passkey/options", PUBLIC),
    *((("GET",), path, PUBLIC) for path in ("/login/oidc", OPENID_BACK, OPENID_OUT)),
    (("GET", "HEAD", "POST"), "/welcome/{}", PUBLIC),  # a link that opens once
    (("GET", "HEAD", "POST"), "/bind/{}", PUBLIC),  # the same for a screen
    (READ, "/unbound", PUBLIC),
    (POST, "/logout", PUBLIC),
    (READ, "/_dash-layout", P.ENTER),
    (READ, "/_dash-dependencies", P.ENTER),
    (POST, "/_dash-update-component", P.ENTER),  # and what the callback declares
    (("WEBSOCKET",), "/live", P.ENTER),  # and what each topic asks
    *((READ, f"/api/{name}", P.ENTER) for name in ("docs", "openapi.json", "asyncapi.json")),
    (READ, "/api/v1/topics", P.ENTER),  # the same
    (READ, "/api/v1/feeds", P.ENTER),
    (READ, "/api/v1/notices", P.ENTER),
    (READ, "/api/v1/inspections/integrity", P.INTEGRITY),
    *((READ, f"/api/v1/{name}", P.LOOK) for name in (
        "kpis", "vehicles", "vessels", "yard", "yard/hourly", "inspections", "inspections/queue",
        "inspections/sailings", "inspections/warnings", "inspections/{}", "inspections/{}/file",
        "gates", "alerts", "alerts/{}", "forecasts", "trends", "moment", "moment/tracks", "search",
        "alerts/{}/orders", "orders",
        "datasets", "datasets/{}",  # and what each dataset asks, and files
    )),
    (READ, "/api/v1/quarantine", P.FEEDS),
    (READ, "/api/v1/quarantine/{}", P.FEEDS),
    (POST, "/api/v1/quarantine/export", P.EXPORT),  # and FEEDS
    (POST, "/api/v1/quarantine/again", P.ACT_ON_FEEDS),
    (READ, "/api/v1/simulation/made", P.FEEDS),
    (("GET", "HEAD", "PUT", "DELETE"), "/api/v1/kept", P.KEEP),
    (POST, "/api/v1/export", P.EXPORT),
    (POST, "/api/v1/vehicles/{}/unmask", P.UNMASK),
    *((POST, f"/api/v1/{path}", P.ACT_ON_ALERTS) for path in ("alerts/{}/orders", "orders/{}/acts")),
    (POST, "/api/v1/feeds/{}/acts", P.ACT_ON_FEEDS),
    (POST, "/api/v1/alerts/{}/acts", P.ACT_ON_ALERTS),
    (POST, "/api/v1/rules/{}/backtest", P.RULES),
    (POST, "/api/v1/screens/{}/acts", P.ACT_ON_SCREENS),
    *((POST, f"/api/v1/screens/{{}}/{what}", P.REPORT) for what in ("report", "mute")),  # who may mute: the desk knows
    (POST, "/api/v1/metrics/browser", P.ENTER),
)  # fmt: skip
PAGES: Mapping[str, P] = MappingProxyType({
    **dict.fromkeys(("/", "/yard", "/inspections", "/tracks", "/alerts", "/forecasts", "/kpis", "/m"), P.LOOK),
    **dict.fromkeys(("/inspections/<declaration>", "/alerts/<alert>"), P.LOOK),
    **dict.fromkeys(("/inspections/sailings", "/inspections/warnings"), P.LOOK),
    **dict.fromkeys(("/alerts/orders", "/alerts/report", "/alerts/shifts"), P.LOOK),
    **dict.fromkeys(("/wall", "/wall/<scene>"), P.LOOK),
    **dict.fromkeys(("/alerts/rules", "/alerts/fences"), P.LOOK),  # and RULES, to change and draw
    "/inspections/turnaround": P.LOOK,
    "/inspections/integrity": P.INTEGRITY,
    "/alerts/notifications": P.NOTIFICATIONS,
    "/feeds": P.ENTER,
    "/feeds/quarantine": P.FEEDS,
    "/feeds/datasets": P.ENTER,
    "/screens": P.ACT_ON_SCREENS,
    "/styleguide": P.ENTER,
    "/account": P.ENTER,
    "/admin/accounts": P.ACCOUNTS,
    "/admin/keys": P.ACCOUNTS,
    "/admin/audit": P.AUDIT,
    "/admin/settings": P.SETTINGS,
    "/admin/privacy": P.AUDIT,  # who saw what is read in the audit, which whoever manages accounts may not
})  # fmt: skip


DOORS = re.compile(r"/(login(/.*)?|logout|unbound|welcome/.*|bind/.*)")
"""Forms that work without a script, before anybody is anybody."""


class Unknown(Exception):
    """No line speaks of this path."""


_ROWS = re.compile(r"/api/(v1/datasets(/[^/]+)?|docs|(openapi|asyncapi)\.json)")


def of_datasets(path: str) -> bool:
    """Whether a key that is limited to some datasets reaches it: rows, and the documents that tell of them."""
    return _ROWS.fullmatch(path) is not None


def _pattern(path: str) -> re.Pattern[str]:
    parts = (re.escape(part) for part in path.removesuffix("*").split("{}"))
    return re.compile("[^/]+".join(parts) + (".+" if path.endswith("*") else ""))


_LINES = tuple((frozenset(methods), _pattern(path), asked) for methods, path, asked in PATHS)


@lru_cache(maxsize=4096)
def permission_of(method: str, path: str) -> P | None:
    """What the first line that speaks of it asks.

    Args:
        method: in capitals; ``WEBSOCKET`` for a handshake.
        path: as the server decoded it.

    Returns:
        A permission, or PUBLIC.

    Raises:
        Unknown: no line does.
    """
    for methods, pattern, asked in _LINES:
        if method in methods and pattern.fullmatch(path):
            return asked
    if method in READ and not path.startswith(("/api/", "/_")):
        return P.ENTER  # a page's frame, or the one that says that there is no such page
    raise Unknown(path)
