"""Login by an OpenID provider: authorization code with PKCE.

The provider says who somebody is, in a token whose signature, issuer, audience, times and nonce are checked. What they
may do stands in their account here, which somebody must have made: no token gives a role.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, InvalidClaimError, JoseError
from joserfc.jwk import KeySet

from access.book import Book
from access.login import Login
from access.steps import From, Refused, Step, Vault
from domain.accounts import Account, AccountError, login_name, new_token
from domain.audit import Entry
from domain.openid import OpenId, trusted

_log = logging.getLogger(__name__)

SKEW = timedelta(seconds=120)  # how far the provider's clock may be from ours
UNFINISHED = timedelta(minutes=10)  # somebody may take so long at the provider
CACHED = timedelta(hours=1)  # its addresses and keys
CALLBACK = "/login/oidc/back"
PATIENCE = (3.05, 7.0)  # seconds to connect, between two parts of an answer
MOST_BYTES = 256 * 1024
MOST_NEXT = 1500  # letters of an address to go on to: it travels in a cookie
SIGNED_BY = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})
_STATE = "oidc.state"


class _Document(msgspec.Struct):
    """The part of a provider's description (OpenID Connect Discovery 1.0) that is used here."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    id_token_signing_alg_values_supported: tuple[str, ...] = ("RS256",)
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class _Begun(msgspec.Struct):
    """What must be remembered while somebody is at the provider."""

    state: str
    nonce: str
    verifier: str
    next: str
    ends: datetime


class Provider:
    """The provider over the network, its addresses and keys remembered. Every method blocks."""

    def __init__(self, told: OpenId, clock: Callable[[], datetime]) -> None:
        """Nothing is asked before somebody wants to log in."""
        self.told, self._clock = told, clock
        self._document: tuple[datetime, _Document] | None = None
        self._keys: tuple[datetime, KeySet] | None = None

    def address(self, origin: str, begun: _Begun) -> str:
        """Where the browser shall go; Refused ``oidc.down``: asked each time, so that nobody is sent to a dead host."""
        document = self._described(anew=True)
        with self._client(document, origin) as client:
            url, _ = client.create_authorization_url(
                document.authorization_endpoint, state=begun.state, nonce=begun.nonce, code_verifier=begun.verifier
            )
        return str(url)

    def claims(self, origin: str, code: str, begun: _Begun) -> Mapping[str, Any]:
        """Who came back with a code, from the token it is given for.

        Raises:
            Refused: ``oidc.down``; ``oidc.code``: it stands no more; ``oidc.token``, ``oidc.clock``: see ``checked``.
        """
        document = self._described()
        try:
            with self._client(document, origin) as client:
                given = client.fetch_token(
                    document.token_endpoint, grant_type="authorization_code", code=code, code_verifier=begun.verifier,
                    timeout=PATIENCE, allow_redirects=False,
                )  # fmt: skip
        except OAuthError as error:
            _log.warning("the OpenID provider gives no token: %s", error)
            raise Refused("oidc.code" if error.error == "invalid_grant" else "oidc.refused") from None
        except (requests.RequestException, ValueError) as error:
            raise _down(error) from None
        token, access = given.get("id_token"), given.get("access_token")
        algorithms = SIGNED_BY & set(document.id_token_signing_alg_values_supported)
        for fresh in (False, True):  # keys change: one we do not know may be new
            try:
                return checked(token, self._known_keys(document, fresh), algorithms, self.told, begun.nonce,
                               self._clock(), access)  # fmt: skip
            except Refused as error:
                if fresh or error.code != "oidc.token":
                    raise
        raise AssertionError("unreachable")

    def _client(self, document: _Document, origin: str) -> Any:
        methods = document.token_endpoint_auth_methods_supported
        basic = "client_secret_basic" in methods or "client_secret_post" not in methods
        with_secret = "client_secret_basic" if basic else "client_secret_post"
        return OAuth2Session(
            self.told.client_id, self.told.client_secret or None, scope="openid profile email",
            redirect_uri=origin + CALLBACK, code_challenge_method="S256",
            token_endpoint_auth_method=with_secret if self.told.client_secret else "none",
        )  # fmt: skip

    def _described(self, anew: bool = False) -> _Document:
        if anew or self._document is None or self._clock() - self._document[0] > CACHED:
            found = self._get(f"{self.told.issuer.rstrip('/')}/.well-known/openid-configuration", _Document)
            if found.issuer != self.told.issuer:
                raise _down(f"it calls itself {found.issuer!r}")
            for url in (found.authorization_endpoint, found.token_endpoint, found.jwks_uri):
                if not trusted(url, found.issuer):
                    raise _down(f"it names an address that is not safe: {url!r}")
            self._document = (self._clock(), found)
        return self._document[1]

    def _known_keys(self, document: _Document, fresh: bool) -> KeySet:
        if fresh or self._keys is None or self._clock() - self._keys[0] > CACHED:
            try:
                found = KeySet.import_key_set(self._get(document.jwks_uri, dict))
            except (JoseError, ValueError, KeyError, TypeError) as error:
                raise _down(error) from None
            self._keys = (self._clock(), found)
        return self._keys[1]

    def _get(self, url: str, kind: type[Any]) -> Any:
        """An answer of JSON, from exactly there."""
        try:
            with requests.get(url, timeout=PATIENCE, allow_redirects=False, stream=True) as answer:
                if answer.status_code != 200:
                    raise _down(f"{url} answers {answer.status_code}")
                body = answer.raw.read(MOST_BYTES, decode_content=True)
            return msgspec.json.decode(body, type=kind)
        except (requests.RequestException, OSError, msgspec.MsgspecError, UnicodeError) as error:
            raise _down(error) from None


def checked(
    token: Any, keys: KeySet, algorithms: frozenset[str], told: OpenId, nonce: str, now: datetime, access: Any = None
) -> Mapping[str, Any]:
    """The claims of an ID token that is right in every way (OpenID Connect Core 1.0, 3.1.3.7).

    Args:
        token: as it came.
        keys: of the provider.
        algorithms: it may be signed with.
        told: issuer and audience it must be from and for.
        nonce: of this login.
        now: aware UTC.
        access: the token it came with, which it may vouch for.

    Raises:
        Refused: ``oidc.clock``: it is over, or not of this time by our clock; ``oidc.token``: anything else.
    """
    at = int(now.timestamp())
    try:
        found = jwt.decode(token, keys, algorithms=sorted(algorithms))
        claims = CodeIDToken(
            found.claims, found.header,
            {"iss": {"essential": True, "value": told.issuer}, "aud": {"essential": True, "value": told.client_id},
             "nonce": {"essential": True, "value": nonce}},
            {"nonce": nonce, "client_id": told.client_id, "access_token": access},
        )  # fmt: skip
        claims.validate(now=at, leeway=int(SKEW.total_seconds()))
    except (ExpiredTokenError, InvalidClaimError) as error:
        _log.warning("ID token refused: %s", error)
        timely = isinstance(error, InvalidClaimError) and error.claim not in ("iat", "nbf")
        raise Refused("oidc.token" if timely else "oidc.clock") from None
    except Exception as error:  # foreign bytes: whatever the check stumbles over, the token is not right
        _log.warning("ID token refused: %s", error)
        raise Refused("oidc.token") from None
    if abs(at - claims["iat"]) > SKEW.total_seconds():  # it was made for us a moment ago
        _log.warning("ID token refused: it is of %s s ago by our clock", at - claims["iat"])
        raise Refused("oidc.clock")
    if not 1 <= len(claims["sub"]) <= 255:
        raise Refused("oidc.token")
    return claims  # type: ignore[no-any-return]


class OpenIdLogin:
    """The two steps of such a login. Every method blocks (network, database): call them in a thread."""

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
        begun = _Begun(new_token(), new_token(), new_token(), onwards if len(onwards) <= MOST_NEXT else "/",
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
                no; ``oidc.unknown``: nobody here goes by that name; ``oidc.down``, ``oidc.code``, ``oidc.token``,
                ``oidc.clock``: see ``Provider``.
        """
        subject = ""
        try:
            begun = self._begun(query, kept)
            claims = self._provider.claims(origin, query.get("code", ""), begun)
            subject = f"{self.told.issuer}|{claims['sub']}"
            account = self._account(subject, claims, at)
            return self._login.trusted(account, at, "oidc", before), begun.next
        except Refused as error:
            code = "oidc.unknown" if error.code == "wrong" else error.code
            self._note(at, code, subject)
            raise Refused(code) from None

    def _begun(self, query: Mapping[str, str], kept: str) -> _Begun:
        try:
            begun = msgspec.json.decode(self._vault.open(_STATE, kept), type=_Begun)
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

    def _note(self, at: From, why: str, subject: str = "") -> None:
        after = {"by": "oidc", **({"subject": subject} if subject else {})}
        self._book.note(Entry(what="login", who="unknown", address=at.address, result=why, after=after))


def _down(why: object) -> Refused:
    _log.warning("the OpenID provider cannot be used: %s", why)
    return Refused("oidc.down")
