"""To an OpenID provider and back: for a login, and for the end of one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from access.paths import OPENID_BACK, OPENID_OUT
from access.steps import From, Refused, Step
from access.throttle import ABROAD, Throttle
from access.viewers import cookie
from access.visitors import secure, session_cookie
from api.door_asked import came_from, onwards, openid_cookie, place_of
from domain.accounts import Session
from layouts.door import Door, Frame

if TYPE_CHECKING:
    from access.openid_login import OpenIdLogin  # with its libraries only where it is wanted

FAILED = frozenset(f"oidc.{why}" for why in ("down", "refused", "state", "code", "token", "clock", "weak", "unknown"))
OUT = frozenset({"both", "here"})
KEPT_SECONDS = 600
Page = Callable[[Request, Door], Response]


def told_abroad(request: Request) -> tuple[str, tuple[str, ...], str]:
    """What the login page says of it: an error, and what stands above (keys of the catalogue); how that was asked."""
    failed, out = request.query_params.get("failed", ""), request.query_params.get("out", "")
    failed, out = failed if failed in FAILED else "", out if out in OUT else ""
    asked = "".join(f"&{name}={value}" for name, value in (("failed", failed), ("out", out)) if value)
    return f"door.{failed}" if failed else "", (f"door.out.{out}",) if out else (), asked


class Abroad:
    """The steps, with what they work with."""

    def __init__(
        self, openid: OpenIdLogin, go: Callable[[Request, Step, dict[str, str]], Response], page: Page,
        frame: Callable[[Request], Frame], crowded: Callable[[Request], Response],
    ) -> None:  # fmt: skip
        """Take it.

        Args:
            openid: who is asked.
            go: on from a step of the login.
            page: draws one.
            frame: knows the language of a request.
            crowded: says that somebody asks too often.
        """
        self._openid, self._go, self._page, self._crowded = openid, go, page, crowded
        self._frame, self._throttle = frame, Throttle()
        self._waiting = ThreadPoolExecutor(2, "openid")  # a provider that hangs keeps nobody else waiting

    def routes(self) -> tuple[tuple[str, Callable[[Request], Awaitable[Response]]], ...]:
        """Paths and what answers there."""
        return ("/login/oidc", self._begin), (OPENID_BACK, self._finish), (OPENID_OUT, self._left)

    def named(self, request: Request) -> dict[str, str]:
        """Who vouches for people, in the page's language."""
        told = self._openid.told
        return {"provider": told.name_en if self._frame(request).lang == "en" else told.name_zh}

    async def _begin(self, request: Request) -> Response:
        """To the provider; what must come back from there goes along in a cookie."""
        begin = partial(self._openid.begin, place_of(request).origin, onwards(request), came_from(request))
        found = await self._asked(request, begin)
        if isinstance(found, Response):
            return found
        url, kept = found
        answer = RedirectResponse(url, 303)
        _keep(request, answer, kept)
        return answer

    async def _finish(self, request: Request) -> Response:
        """Back from the provider; what went along is good for this once."""
        before = cookie(request.scope, session_cookie(request.scope))
        finish = partial(self._openid.finish, place_of(request).origin, dict(request.query_params), _kept(request),
                         came_from(request), before)  # fmt: skip
        found = await self._asked(request, finish)
        answer = found if isinstance(found, Response) else self._go(request, found[0], {"next": found[1]})
        _forget(request, answer)
        return answer

    async def leave(self, request: Request, session: Session, who: str) -> Response | None:
        """On to the provider, when somebody has been logged out here who came by it; None: that is all.

        A form may lead to pages of ours only (``form-action 'self'``, redirects too), so a page of ours leads on.
        """
        at: From = came_from(request)
        leave = partial(self._openid.leave, place_of(request).origin, session, who, at)
        try:
            found = await asyncio.get_running_loop().run_in_executor(self._waiting, leave)
        except Refused:
            return RedirectResponse("/login?out=here", 303)
        if found is None:
            return None
        url, kept = found
        door = Door(name="leaving", said=("door.leaving.why",), params=self.named(request), form=False, leads=url,
                    links=(("door.leaving.go", url),))  # fmt: skip
        answer = self._page(request, door)
        _keep(request, answer, kept)
        return answer

    async def _left(self, request: Request) -> Response:
        """Back from the provider: always to the login page, whatever came along."""
        said = "?out=both" if self._openid.left(request.query_params, _kept(request)) else ""
        answer = RedirectResponse(f"/login{said}", 303)
        _forget(request, answer)
        return answer

    async def _asked(self, request: Request, ask: Callable[[], Any]) -> Any:
        """What came of asking the provider, or the way to the login page that says why nothing did."""
        if not await self._throttle.allows(ABROAD, came_from(request).address):
            return self._crowded(request)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._waiting, ask)
        except Refused as error:
            return RedirectResponse(f"/login?failed={error.code}&next={quote(onwards(request))}", 303)


def _kept(request: Request) -> str:
    return cookie(request.scope, openid_cookie(request)).strip('"')


def _keep(request: Request, answer: Response, kept: str) -> None:
    answer.set_cookie(openid_cookie(request), kept, max_age=KEPT_SECONDS, secure=secure(request.scope), httponly=True,
                      samesite="lax")  # fmt: skip


def _forget(request: Request, answer: Response) -> None:
    answer.delete_cookie(openid_cookie(request), secure=secure(request.scope), httponly=True)
