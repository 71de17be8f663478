"""What the door pages read of a request, in one place for all of them."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from fastapi import Request, Response

from access.passkeys import Place
from access.steps import From
from access.visitors import secure
from api.answers import UNKEPT
from domain.accounts import Policy

MOST_BYTES = 8192


async def form_of(request: Request) -> dict[str, str]:
    """A small form; anything else is an empty one."""
    body = await request.body()
    if len(body) > MOST_BYTES:
        return {}
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=20))


def came_from(request: Request) -> From:
    """Address and browser a request came from."""
    client = request.client
    return From(client.host if client else "", request.headers.get("user-agent", ""))


def place_of(request: Request) -> Place:
    """Where the page stands by the name it was asked for, which the guard knows as one of ours."""
    origin = f"{'https' if secure(request.scope) else 'http'}://{request.headers.get('host', '')}"
    return Place(urlsplit(origin).hostname or "", origin)


def onwards(request: Request, form: dict[str, str] | None = None) -> str:
    """The page to end up at, as the form says, else the address."""
    return safe((form or {}).get("next") or request.query_params.get("next", "/"))


def safe(path: str) -> str:
    """A page of ours; whatever else a link may have put there leads home."""
    ours = path.startswith("/") and not path.startswith("//") and path.isprintable() and "\\" not in path
    return path if ours and not path.startswith(("/login", "/logout", "/welcome/", "/bind/", "/unbound")) else "/"


def unkept(answer: Response) -> Response:
    """The same answer, that no cache may keep."""
    answer.headers.update(UNKEPT)
    return answer


def kinds(policy: Policy) -> str:
    """The words that say what is asked of a password."""
    return "door.asked_kinds" if policy.least_kinds else "door.asked"


def told(policy: Policy) -> dict[str, Any]:
    """What such words say of the policy."""
    return {
        "letters": policy.least_letters, "kinds": policy.least_kinds, "failures": policy.failures,
        "minutes": int(policy.locked.total_seconds() / 60), "former": policy.former,
    }  # fmt: skip


def openid_cookie(request: Request) -> str:
    """Name of what the browser keeps while its owner is at the provider."""
    return "__Host-cockpit_openid" if secure(request.scope) else "cockpit_openid"
