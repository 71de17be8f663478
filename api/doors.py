"""Login, second factor, first password, binding a screen, logout: forms that work without a script."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from access import viewer_of
from access.login import Login
from access.passkeys import Passkeys, of
from access.steps import Refused, Step
from access.throttle import LOGIN, Throttle
from access.viewers import cookie
from access.visitors import secure, session_cookie
from api.door_abroad import Abroad, told_abroad
from api.door_asked import came_from, form_of, kinds, onwards, place_of, safe, told, unkept
from domain.accounts import AccountError, Session, Stage
from domain.errors import StoreUnavailableError
from layouts.door import Door, Field, Frame, drawn

if TYPE_CHECKING:
    from access.openid_login import OpenIdLogin  # with its libraries only where it is wanted

BEGIN = frozenset({"ended", "prove"})  # refusals after which another page comes first
STEPS = {Stage.SECOND: "/login/second", Stage.ENROL: "/login/enrol", Stage.PASSWORD: "/login/password"}
PASSWORD = Field(name="password", label="door.password", type="password", autocomplete="current-password")
NEW = (
    Field(name="new", label="door.new_password", type="password", autocomplete="new-password"),
    Field(name="again", label="door.again", type="password", autocomplete="new-password"),
)
CODE = Field(name="code", label="door.code", autocomplete="one-time-code")


class Doors:
    """The routes, with what they work with."""

    def __init__(
        self, login: Login, passkeys: Passkeys, frame: Callable[[Request], Frame], changed: Callable[[], None],
        openid: OpenIdLogin | None = None,
    ) -> None:  # fmt: skip
        """Take it.

        Args:
            login: the steps.
            passkeys: the one that needs a script.
            frame: language, port name and addresses of files for a request.
            changed: called after each step: sessions are to be read anew.
            openid: the way in by an OpenID provider; None for none.
        """
        self._login, self._passkeys, self._frame, self._changed = login, passkeys, frame, changed
        self._throttle = Throttle()
        self._abroad = None if openid is None else Abroad(openid, self._go, self._page, frame, self._crowded)
        self._hashing = ThreadPoolExecutor(2, "hashing")  # nor does a flood of guesses: each takes 64 MiB and 0.1 s

    def attach(self, app: FastAPI) -> None:
        """Add the routes to the server."""
        router = APIRouter(include_in_schema=False)
        for path, ask, take in (
            ("/login", self._ask_password, self._take_password),
            ("/login/second", self._ask_code, self._take_code),
            ("/login/enrol", self._ask_enrol, self._take_enrol),
            ("/login/again", self._ask_again, self._take_again),
            ("/login/passkey", self._ask_passkey, self._take_passkey),
            ("/login/password", self._ask_new, self._take_new),
            ("/welcome/{link}", self._ask_welcome, self._take_welcome),
            ("/bind/{link}", self._ask_bind, self._take_bind),
        ):
            router.add_api_route(path, self._held(ask), methods=["GET", "HEAD"])
            router.add_api_route(path, self._held(take), methods=["POST"])
        router.add_api_route("/login/passkey/options", self._held(self._options), methods=["POST"])
        for path, step in () if self._abroad is None else self._abroad.routes():
            router.add_api_route(path, self._held(step), methods=["GET"])
        router.add_api_route("/unbound", self._held(self._unbound), methods=["GET", "HEAD"])
        router.add_api_route("/logout", self._held(self._out), methods=["POST"])
        app.include_router(router)

    def _held(self, handler: Any) -> Callable[[Request], Any]:
        """A handler whose refusals become pages, and that a store which cannot write now does not break."""

        async def held(request: Request) -> Response:
            try:
                return unkept(await handler(request))
            except Refused as error:
                return unkept(self._refused(request, error))
            except StoreUnavailableError:
                return unkept(self._page(request, Door(name="closed", said=("door.closed.why",), form=False), 503))

        return held

    def _refused(self, request: Request, error: Refused) -> Response:
        """A step that cannot go on begins anew; a link that is over says so."""
        if error.code == "link_over":
            return self._page(request, Door(name="over", said=("door.over.why",), form=False), 410)
        way = "/login/again?" if error.code == "prove" else "/login?ended=1&"
        return RedirectResponse(f"{way}next={quote(onwards(request))}", 303)

    async def _ask_password(self, request: Request) -> Response:
        if viewer_of(request.scope).roles:
            return RedirectResponse(onwards(request), 303)
        said = ("door.ended",) if "ended" in request.query_params else ()
        error, more, asked = ("", (), "") if self._abroad is None else told_abroad(request)
        said = (*said, *more)
        return self._page(request, self._password_door(request, error=error, said=said, asked=asked))

    def _password_door(
        self, request: Request, name: str = "", error: str = "", said: tuple[str, ...] = (), asked: str = ""
    ) -> Door:  # fmt: skip
        user = Field(name="name", label="door.name", autocomplete="username", value=name)
        links = () if self._abroad is None else (("door.oidc.go", f"/login/oidc?next={quote(onwards(request))}"),)
        vouching = {} if self._abroad is None else self._abroad.named(request)
        return Door(name="login", fields=(user, PASSWORD), error=error, said=said, next=onwards(request),
                    action="/login", links=links, asked=asked,
                    params={**told(self._login.policy), **vouching})  # fmt: skip

    async def _take_password(self, request: Request) -> Response:
        form = await form_of(request)
        at = came_from(request)
        if not await self._throttle.allows(LOGIN, "password", at.address):
            return self._crowded(request)
        before = cookie(request.scope, session_cookie(request.scope))
        name, password = form.get("name", ""), form.get("password", "")
        try:
            step = await self._hashed(self._login.password, name, password, at, before)
        except Refused:
            return self._page(request, self._password_door(request, name, "door.wrong"), 401)
        return self._go(request, step, form)

    def _crowded(self, request: Request) -> Response:
        return self._page(request, self._password_door(request, error="door.too_many"), 429)

    async def _ask_code(self, request: Request) -> Response:
        return await self._second(request, {}, "", 200)

    async def _second(self, request: Request, form: dict[str, str], error: str, status: int) -> Response:
        _, account = await asyncio.to_thread(self._login.at_step, self._token(request))
        here = bool(of(account, place_of(request)))
        elsewhere = sorted({one.host for one in account.passkeys}) if not here else []
        said = ("door.second.why", *(("door.passkey.elsewhere",) if elsewhere else ()))
        door = Door(name="second", fields=(CODE,), said=said, error=error, passkey="use" if here else "",
                    params={"hosts": ", ".join(elsewhere)}, action="/login/second",
                    next=onwards(request, form))  # fmt: skip
        return self._page(request, door, status)

    async def _take_code(self, request: Request) -> Response:
        form, at = await form_of(request), came_from(request)
        if not await self._throttle.allows(LOGIN, "code", at.address):
            return await self._second(request, form, "door.too_many", 429)
        try:
            step = await asyncio.to_thread(self._login.code, self._token(request), form.get("code", ""), at)
        except Refused as error:
            if error.code in BEGIN:
                raise
            return await self._second(request, form, f"door.{error.code}", 401)
        return self._go(request, step, form)

    async def _options(self, request: Request) -> Response:
        """What the browser shall ask its authenticator."""
        if not await self._throttle.allows(LOGIN, "passkey", came_from(request).address):
            return Response(status_code=429)
        try:
            asked = await asyncio.to_thread(self._passkeys.asked, self._token(request), place_of(request))
        except Refused as error:
            if error.code in BEGIN:
                raise
            return Response(status_code=409)
        return Response(asked, media_type="application/json")

    async def _ask_passkey(self, request: Request) -> Response:
        """Whoever looks for a page here is sent to where the login stands."""
        session, _ = await asyncio.to_thread(self._login.at_step, self._token(request))
        return RedirectResponse(f"{STEPS.get(session.stage, '/')}?{request.url.query}", 303)

    async def _take_passkey(self, request: Request) -> Response:
        form, at, token = await form_of(request), came_from(request), self._token(request)
        session, _ = await asyncio.to_thread(self._login.at_step, token)
        again = self._second if session.stage is Stage.SECOND else self._enrol
        if not await self._throttle.allows(LOGIN, "passkey", at.address):
            return await again(request, form, "door.too_many", 429)
        answer = form.get("answer", "")
        try:
            step, codes = await asyncio.to_thread(self._passkeys.answered, token, answer, place_of(request), at)
        except Refused as error:
            if error.code in BEGIN:
                raise
            return await again(request, form, f"door.{error.code}", 401)
        return self._codes(request, step, codes, form) if codes else self._go(request, step, form)

    async def _ask_enrol(self, request: Request) -> Response:
        return await self._enrol(request, {}, "", 200)

    async def _enrol(self, request: Request, form: dict[str, str], error: str, status: int) -> Response:
        secret, uri = await asyncio.to_thread(self._login.begin_totp, self._token(request))
        takes = place_of(request).takes
        door = Door(name="enrol", fields=(CODE,), uri=uri, secret=secret, error=error, passkey="make" if takes else "",
                    said=("door.enrol.why", *(() if takes else ("door.passkey.address",))), action="/login/enrol",
                    next=onwards(request, form))  # fmt: skip
        return self._page(request, door, status)

    async def _take_enrol(self, request: Request) -> Response:
        form = await form_of(request)
        if not await self._throttle.allows(LOGIN, "enrol", came_from(request).address):
            return await self._enrol(request, form, "door.too_many", 429)
        typed = form.get("code", "")
        try:
            step, codes = await asyncio.to_thread(
                self._login.confirm_totp, self._token(request), typed, came_from(request)
            )
        except Refused as error:
            if error.code in BEGIN:
                raise
            return await self._enrol(request, form, f"door.{error.code}", 401)
        return self._codes(request, step, codes, form)

    async def _ask_again(self, request: Request) -> Response:
        return await self._again(request, {}, "", 200)

    async def _again(self, request: Request, form: dict[str, str], error: str, status: int) -> Response:
        """Whoever another vouches for has no password here, and comes in anew instead."""
        _, account = await asyncio.to_thread(self._login.at_step, self._token(request))
        if account.password:
            door = Door(name="again", fields=(PASSWORD,), error=error, said=("door.again.why",), action="/login/again",
                        next=onwards(request, form), params=told(self._login.policy))  # fmt: skip
        else:
            door = Door(name="anew", said=("door.anew.why",), action="/logout", next=onwards(request, form))
        return self._page(request, door, status)

    async def _take_again(self, request: Request) -> Response:
        form, at, token = await form_of(request), came_from(request), self._token(request)
        if not await self._throttle.allows(LOGIN, "again", at.address):
            return await self._again(request, form, "door.too_many", 429)
        try:
            await self._hashed(self._login.prove, token, form.get("password", ""), at)
        except Refused as error:
            if error.code in BEGIN:
                raise
            wrong = "door.again.wrong" if error.code == "wrong" else f"door.{error.code}"
            return await self._again(request, form, wrong, 401)
        return RedirectResponse(f"/login/enrol?next={quote(onwards(request, form))}", 303)

    def _codes(self, request: Request, step: Step, codes: list[str], form: dict[str, str]) -> Response:
        onwards = self._where(step, form)
        door = Door(name="codes", said=("door.codes.why",), codes=codes, form=False, links=(("door.go_on", onwards),))
        answer = self._page(request, door)
        self._give(request, answer, step.token)
        return answer

    async def _ask_new(self, request: Request) -> Response:
        session, _ = await asyncio.to_thread(self._login.at_step, self._token(request))
        return self._page(request, self._new_door(request, session.stage))

    def _new_door(self, request: Request, stage: Stage, error: str = "") -> Door:
        said = ("door.new.why",) if stage is Stage.PASSWORD else ()
        return Door(name="new", fields=(PASSWORD, *NEW), said=(*said, kinds(self._login.policy)), error=error,
                    next=onwards(request), params=told(self._login.policy))  # fmt: skip

    async def _take_new(self, request: Request) -> Response:
        form, token = await form_of(request), self._token(request)
        session, _ = await asyncio.to_thread(self._login.at_step, token)
        if not await self._throttle.allows(LOGIN, "new", came_from(request).address):
            return self._page(request, self._new_door(request, session.stage, "door.too_many"), 429)
        if form.get("new") != form.get("again"):
            return self._page(request, self._new_door(request, session.stage, "door.not_same"), 400)
        old, new = form.get("password", ""), form.get("new", "")
        try:
            step = await self._hashed(self._login.new_password, token, old, new, came_from(request))
        except AccountError as error:
            if error.code in BEGIN:
                raise
            return self._page(request, self._new_door(request, session.stage, f"door.{error.code}"), 400)
        return self._go(request, step, form)

    async def _ask_welcome(self, request: Request) -> Response:
        return self._page(request, await self._welcome_door(request))

    async def _welcome_door(self, request: Request, name: str = "", error: str = "") -> Door:
        found = await asyncio.to_thread(self._login.link, request.path_params["link"])
        if found.purpose == "screen":
            raise Refused("link_over")
        user = Field(name="name", label="door.name", autocomplete="username", value=name)
        first = found.purpose == "first"
        return Door(name="first" if first else "welcome", fields=(*((user,) if first else ()), *NEW),
                    said=(*(("door.first.why",) if first else ()), kinds(self._login.policy)), error=error,
                    params=told(self._login.policy))  # fmt: skip

    async def _take_welcome(self, request: Request) -> Response:
        form, link = await form_of(request), request.path_params["link"]
        name, new = form.get("name", ""), form.get("new", "")
        if not await self._throttle.allows(LOGIN, "welcome", came_from(request).address):
            return self._page(request, await self._welcome_door(request, name, "door.too_many"), 429)
        if new != form.get("again"):
            return self._page(request, await self._welcome_door(request, name, "door.not_same"), 400)
        try:
            step = await self._hashed(self._login.welcome, link, new, came_from(request), name)
        except AccountError as error:
            if error.code == "link_over":
                raise
            return self._page(request, await self._welcome_door(request, name, f"door.{error.code}"), 400)
        return self._go(request, step, form)

    async def _ask_bind(self, request: Request) -> Response:
        found = await asyncio.to_thread(self._login.link, request.path_params["link"])
        if found.purpose != "screen":
            raise Refused("link_over")
        door = Door(name="bind", said=("door.bind.why",), params={"screen": found.subject})
        return self._page(request, door)

    async def _take_bind(self, request: Request) -> Response:
        link = request.path_params["link"]
        token, session = await asyncio.to_thread(self._login.screen, link, came_from(request))
        self._changed()
        answer = RedirectResponse(f"/wall?screen={quote(session.account_id)}", 303)
        self._give(request, answer, token, session)
        return answer

    async def _unbound(self, request: Request) -> Response:
        """Where a wall waits that is no longer bound: never at a login, and back by itself once it is bound again."""
        door = Door(name="unbound", said=("door.unbound.why",), form=False, next=onwards(request), refresh=30,
                    links=(("door.login.title", f"/login?next={quote(onwards(request))}"),))  # fmt: skip
        return self._page(request, door, 401)

    async def _out(self, request: Request) -> Response:
        """The session here ends whatever comes of the one at the provider."""
        token, who = self._token(request), viewer_of(request.scope).name
        answer: Response = RedirectResponse("/login", 303)
        if token:
            ended = await asyncio.to_thread(self._login.out, token, who, came_from(request))
            self._changed()
            if self._abroad is not None and ended is not None:
                answer = await self._abroad.leave(request, ended, who) or answer
        answer.delete_cookie(session_cookie(request.scope), secure=secure(request.scope), httponly=True)
        answer.headers["clear-site-data"] = '"cache", "storage"'
        return answer

    async def _hashed(self, step: Callable[..., Any], *given: Any) -> Any:
        """A step that judges a password, in its turn."""
        return await asyncio.get_running_loop().run_in_executor(self._hashing, partial(step, *given))

    def _go(self, request: Request, step: Step, form: dict[str, str]) -> Response:
        answer = RedirectResponse(self._where(step, form), 303)
        self._give(request, answer, step.token)
        return answer

    def _where(self, step: Step, form: dict[str, str]) -> str:
        self._changed()
        onwards, path = safe(form.get("next", "/")), STEPS.get(step.session.stage)
        return onwards if path is None else f"{path}?next={quote(onwards)}"

    def _give(self, request: Request, answer: Response, token: str, kiosk: Session | None = None) -> None:
        age = None if kiosk is None else int((kiosk.ends_at - kiosk.made_at).total_seconds())
        answer.set_cookie(
            session_cookie(request.scope), token, max_age=age, secure=secure(request.scope), httponly=True,
            samesite="lax",
        )  # fmt: skip

    def _page(self, request: Request, door: Door, status: int = 200) -> Response:
        frame = self._frame(request)
        answer = HTMLResponse(drawn(door, frame), status)
        if "lang" in request.query_params:
            answer.set_cookie("cockpit_lang", frame.lang, samesite="lax")
        return answer

    def _token(self, request: Request) -> str:
        return cookie(request.scope, session_cookie(request.scope))
