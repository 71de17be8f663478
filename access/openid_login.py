"""Login by an OpenID provider, and logging out there too.

The provider says who somebody is and how strongly it asked (``access.oidc``). What they may do stands in their account
here, which somebody must have made: no token gives a role.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from access.book import Book
from access.login import Login
from access.oidc import Begun, Provider
from access.steps import OPENID, From, Refused, Step, Vault
from domain.accounts import Account, AccountError, Session, login_name, new_token
from domain.audit import Entry
from domain.openid import OpenId, Strength, strength

_log = logging.getLogger(__name__)

UNFINISHED = timedelta(minutes=10)  # somebody may take so long at the provider
MOST_NEXT = 1500  # letters of an address to go on to: it travels in a cookie
_STATE, _LEAVING, _HINT = "oidc.state", "oidc.leaving", "oidc.hint"


class OpenIdLogin:
    """The two steps of such a login, and of its end. Every method blocks (network, database): call them in a thread."""

    def __init__(
        self, provider: Provider, login: Login, book: Book, vault: Vault, clock: Callable[[], datetime]
    ) -> None:
        """Take what it works with.

        Args:
            provider: who vouches.
            login: what a right answer leads on to.
            book: where accounts stand.
            vault: seals what the browser keeps meanwhile.
            clock: aware UTC.
        """
        self._provider, self._login, self._book, self._vault, self._clock = provider, login, book, vault, clock

    @property
    def told(self) -> OpenId:
        """Who vouches."""
        return self._provider.told

    def begin(self, origin: str, onwards: str, at: From) -> tuple[str, str]:
        """Send somebody to the provider.

        Args:
            origin: scheme, host and port of ours the browser came to.
            onwards: page of ours to end up at.
            at: where from.

        Returns:
            The provider's address, and what the browser must bring back from there: sealed, it can neither read nor
            change it.

        Raises:
            Refused: ``oidc.down``.
        """
        begun = Begun(new_token(), new_token(), new_token(), onwards if len(onwards) <= MOST_NEXT else "/",
                       self._clock() + UNFINISHED)  # fmt: skip
        try:
            url = self._provider.address(origin, begun)
        except Refused as error:
            self._note(at, error.code)
            raise
        return url, self._vault.seal(_STATE, msgspec.json.encode(begun).decode())

    def finish(self, origin: str, query: Mapping[str, str], kept: str, at: From, before: str = "") -> tuple[Step, str]:
        """Somebody comes back from the provider; gives how far that leads and the page to end up at.

        Args:
            origin: as at the beginning.
            query: what the provider sent along.
            kept: what the browser kept.
            at: where from.
            before: token of the browser's session until now; it ends.

        Raises:
            Refused: ``oidc.state``: nobody here sent them there, or too long ago; ``oidc.refused``: the provider says
                no; ``oidc.weak``: it did not ask as strongly as the settings demand; ``oidc.unknown``: nobody here
                goes by that name; ``oidc.down``, ``oidc.code``, ``oidc.token``,
                ``oidc.clock``: see ``Provider``.
        """
        said: dict[str, Any] = {}
        try:
            begun = self._begun(query, kept)
            claims, token = self._provider.claims(origin, query.get("code", ""), begun)
            subject, strong = f"{self.told.issuer}|{claims['sub']}", strength(claims)
            said = {"subject": subject}
            if not self.told.met(strong):
                said |= {"acr": strong.acr, "amr": list(strong.amr)}  # whoever set the demand reads here what came
                raise Refused("oidc.weak")
            account = self._account(subject, claims, at)
            return self._let_in(account, strong, token, at, before), begun.next
        except Refused as error:
            code = "oidc.unknown" if error.code == "wrong" else error.code
            self._note(at, code, said)
            raise Refused(code) from None

    def leave(self, origin: str, session: Session, who: str, at: From) -> tuple[str, str] | None:
        """Log somebody out at the provider too, whose session here has ended just now.

        Args:
            origin: as at the beginning.
            session: the one that ended.
            who: whose.
            at: where from.

        Returns:
            The provider's address and what the browser must bring back from there, sealed; None where there is
            nothing to end: the login was none of the provider's, or nobody can log out there.

        Raises:
            Refused: ``oidc.down``.
        """
        if not session.by.startswith(OPENID):
            return None
        state = new_token()
        try:
            url = self._provider.farewell(origin, self._hint(session), state)
        except Refused as error:
            self._book.note(Entry(what="logout", who=who, address=at.address, result=error.code, after={"by": OPENID}))
            raise
        return (url, self._vault.seal(_LEAVING, state)) if url else None

    def left(self, query: Mapping[str, str], kept: str) -> bool:
        """Whether somebody comes back from where ``leave`` sent them."""
        try:
            state = self._vault.open(_LEAVING, kept)
        except Exception:  # what a browser brings is foreign
            return False
        return hmac.compare_digest(state.encode(), query.get("state", "").encode())

    def _hint(self, session: Session) -> str:
        try:
            return self._vault.open(_HINT, session.body.get(OPENID, ""))
        except Exception:  # none was kept, or the key is another now: the provider then asks whom to log out
            return ""

    def _let_in(self, account: Account, strong: Strength, token: str, at: From, before: str) -> Step:
        vouched = self.told.second(strong)
        if vouched is None:
            _log.info(
                "no second factor in what the OpenID provider vouches for: acr %.100r, amr %.200r",
                strong.acr,
                strong.amr,
            )
        how = f"{OPENID}+vouched" if vouched else OPENID
        kept = self._vault.seal(_HINT, token) if token else ""
        return self._login.trusted(account, at, how, before, vouched is not None, kept)

    def _begun(self, query: Mapping[str, str], kept: str) -> Begun:
        try:
            begun = msgspec.json.decode(self._vault.open(_STATE, kept), type=Begun)
        except Exception:  # what a browser brings is foreign
            raise Refused("oidc.state") from None
        if not hmac.compare_digest(begun.state.encode(), query.get("state", "").encode()):
            raise Refused("oidc.state")
        if self._clock() >= begun.ends or query.get("iss", self.told.issuer) != self.told.issuer:
            raise Refused("oidc.state")
        if "code" not in query:
            _log.warning("the OpenID provider refuses: %.100r", query.get("error", ""))
            raise Refused("oidc.refused")
        return begun

    def _account(self, subject: str, claims: Mapping[str, Any], at: From) -> Account:
        """The account of a subject, linked now if it may be."""
        known = self._book.of_subject(subject)
        if known is not None:
            return known
        name, claim = claims.get(self.told.claim), self.told.claim
        if not claim or not isinstance(name, str) or (claim == "email" and claims.get("email_verified") is not True):
            raise Refused("oidc.unknown")
        try:
            named = self._book.named(login_name(name))
        except AccountError:
            named = None
        if named is None:
            raise Refused("oidc.unknown")

        def linked(now: Account) -> Account:
            if now.subject or now.password or not now.active:
                raise Refused("oidc.unknown")
            return msgspec.structs.replace(now, subject=subject)

        def said(_: Account, after: Account) -> Entry:
            return Entry(what="account.link", who=after.name, object=after.account_id, roles=tuple(after.roles),
                         address=at.address, after={"subject": subject})  # fmt: skip

        try:
            return self._book.change(named.account_id, linked, said)
        except AccountError:
            winner = self._book.of_subject(subject)  # linked meanwhile by another login of the same person
            if winner is None:
                raise Refused("oidc.unknown") from None
            return winner

    def _note(self, at: From, why: str, said: Mapping[str, Any] | None = None) -> None:
        after = {"by": OPENID, **(said or {})}
        self._book.note(Entry(what="login", who="unknown", address=at.address, result=why, after=after))
