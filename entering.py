"""Puts together who may come in: visitors for the guard, the door pages, and the desk where accounts are changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from access.desk import AccountDesk
from access.login import Login
from access.visitors import Demo, Members, Visitors
from domain.accounts import POLICIES
from domain.errors import ConfigError
from domain.permissions import Role
from domain.viewer import Viewer
from pipeline.address import address as address
from pipeline.secrets import operator
from settings_checks import LOOPBACK

if TYPE_CHECKING:
    from fastapi import FastAPI, Request

    from access.openid_login import OpenIdLogin
    from delivery.page import Addresses
    from layouts.door import Frame
    from settings import Settings
    from store.engine import Store


def visitors_of(settings: Settings, store: Store) -> Visitors:
    """Who asks: those with a session or a key; of a demo whoever sits here, or with a key what that one may."""
    members = Members(store.accounts, POLICIES[settings.access.policy], _now)
    return Demo(members) if settings.access.mode == "demo" else members


def desk_of(settings: Settings, store: Store, changed: Callable[[], None] = lambda: None) -> AccountDesk:
    """Where accounts, sessions, keys and links are changed; ``changed`` is called after each act."""
    return AccountDesk(store.accounts, POLICIES[settings.access.policy], _now, changed)


def attach(
    server: FastAPI, settings: Settings, store: Store, visitors: Visitors, files: Callable[[], Addresses]
) -> None:
    """Add the door pages where people log in; a demo has none.

    Args:
        server: the server.
        settings: with the policy and the port's names.
        store: with the accounts.
        visitors: read sessions anew after each step.
        files: where styles and scripts are now.
    """
    if not isinstance(visitors, Members):
        return
    from access.passkeys import Passkeys
    from api.doors import Doors
    from pipeline.secrets import vault_of

    login = Login(store.accounts, POLICIES[settings.access.policy], vault_of(settings), _now, settings.port.name_en)

    passkeys = Passkeys(login, store.accounts, _now, settings.port.name_en)
    Doors(login, passkeys, frame_of(settings, files), visitors.forget, _openid(settings, store, login)).attach(server)


def frame_of(settings: Settings, files: Callable[[], Addresses]) -> Callable[[Request], Frame]:
    """What pages drawn without Dash stand in, by request: language, palette, port, and where styles and scripts are."""
    from layouts.door import Frame
    from layouts.language import COOKIE
    from locales import LANGUAGES

    def frame(request: Request) -> Frame:
        now = files()
        said = (request.query_params.get("lang"), request.cookies.get(COOKIE), settings.language)
        lang = next(one for one in said if one in LANGUAGES)
        return Frame(
            lang=lang, palette=request.cookies.get("cockpit_palette", ""), style=now.bundles["style"],
            port=settings.port.name_en if lang == "en" else settings.port.name_zh,
            icon=now.files.get("/assets/icons/icon.svg", ""),
            scripts=tuple(now.bundles[name] for name in ("door",) if name in now.bundles),
        )  # fmt: skip

    return frame


def _openid(settings: Settings, store: Store, login: Login) -> OpenIdLogin | None:
    """The way in by the OpenID provider of the settings; its libraries are loaded only where there is one."""
    if settings.access.oidc is None:
        return None
    from access.oidc import Provider
    from access.openid_login import OpenIdLogin
    from pipeline.secrets import vault_of

    return OpenIdLogin(Provider(settings.access.oidc, _now), login, store.accounts, vault_of(settings), _now)


def said_first(settings: Settings, store: Store) -> str:
    """What is printed while nobody can manage accounts: the address that makes the first administrator, once.

    Raises:
        ConfigError: there is none, and other machines could connect already.
    """
    if settings.access.mode == "demo":
        return ""
    secret = desk_of(settings, store).first_link(console())
    if secret is None:
        return ""
    if settings.server.host not in LOOPBACK:
        raise ConfigError(
            str(settings.source), "server.host",
            "no administrator yet: start once on 127.0.0.1 and open the address it prints",
        )  # fmt: skip
    return f"cockpit: no administrator yet; open once, within a day: {address(settings)}/welcome/{secret}"


def console() -> Viewer:
    """Whoever has this machine's command line and the cockpit's files may manage its accounts."""
    return Viewer(
        name=f"console:{operator().name}",
        roles=frozenset({Role.SECURITY_ADMIN, Role.SUPERVISOR}),
        address="command line",
    )


def listening(settings: Settings) -> dict[str, Any]:
    """What uvicorn must know of TLS and of proxies in front; a forged X-Forwarded-For is nobody's address."""
    server = settings.server
    trusted: dict[str, Any] = {"proxy_headers": bool(server.proxies), "server_header": False}
    if server.proxies:
        trusted["forwarded_allow_ips"] = list(server.proxies)
    if server.tls == "own":
        trusted |= {"ssl_certfile": server.certificate, "ssl_keyfile": server.certificate_key}
    return trusted


def _now() -> datetime:
    return datetime.now(UTC)
