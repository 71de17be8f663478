"""An OpenID provider over the network: authorization code with PKCE, and logging out there.

It says who somebody is, in a token whose signature, issuer, audience, times and nonce are checked.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
import requests
from authlib.common.urls import add_params_to_uri
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, InvalidClaimError, JoseError
from joserfc.jwk import KeySet

from access.paths import OPENID_BACK, OPENID_OUT
from access.steps import Refused
from domain.openid import OpenId, trusted

_log = logging.getLogger(__name__)

SKEW = timedelta(seconds=120)  # how far the provider's clock may be from ours
CACHED = timedelta(hours=1)  # its addresses and keys
PATIENCE = (3.05, 7.0)  # seconds to connect, between two parts of an answer
MOST_BYTES = 256 * 1024
MOST_HINT = 4096  # letters of an ID token that still fit into an address
SIGNED_BY = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})


class _Document(msgspec.Struct):
    """The part of a provider's description (OpenID Connect Discovery 1.0) that is used here."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    id_token_signing_alg_values_supported: tuple[str, ...] = ("RS256",)
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    end_session_endpoint: str | None = None


class Begun(msgspec.Struct):
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

    def address(self, origin: str, begun: Begun) -> str:
        """Where the browser shall go; Refused ``oidc.down``: asked each time, so that nobody is sent to a dead host."""
        document = self._described(anew=True)
        with self._client(document, origin) as client:
            asked = {"acr_values": " ".join(self.told.acr_values)} if self.told.acr_values else {}
            url, _ = client.create_authorization_url(
                document.authorization_endpoint, state=begun.state, nonce=begun.nonce, code_verifier=begun.verifier,
                **asked,
            )  # fmt: skip
        return str(url)

    def farewell(self, origin: str, hint: str, state: str) -> str:
        """Where the browser shall go to be logged out there too; empty where nobody can be.

        Args:
            origin: scheme, host and port of ours it is to come back to.
            hint: the ID token of the login, as it came; empty for none.
            state: comes back with it.

        Raises:
            Refused: ``oidc.down``: asked each time, as for ``address``.
        """
        end = self._leaving(self._described(anew=True))
        hinted = [("id_token_hint", hint)] if hint else []
        back = ("post_logout_redirect_uri", origin + OPENID_OUT)
        told = [("client_id", self.told.client_id), *hinted, back, ("state", state)]
        return str(add_params_to_uri(end, told)) if end else ""

    def _leaving(self, document: _Document) -> str:
        end = document.end_session_endpoint
        if not self.told.logout or not end:
            return ""
        if not trusted(end, document.issuer):
            _log.warning("the OpenID provider names an address for logging out that is not safe: %.200r", end)
            return ""
        return end

    def claims(self, origin: str, code: str, begun: Begun) -> tuple[Mapping[str, Any], str]:
        """Who came back with a code, from the token it is given for; and that token where logging out will need it.

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
                claims = checked(token, self._known_keys(document, fresh), algorithms, self.told, begun.nonce,
                                 self._clock(), access)  # fmt: skip
                return claims, token if self._leaving(document) and len(token) <= MOST_HINT else ""
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
            redirect_uri=origin + OPENID_BACK, code_challenge_method="S256",
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


def _down(why: object) -> Refused:
    _log.warning("the OpenID provider cannot be used: %s", why)
    return Refused("oidc.down")
