"""An OpenID provider as the settings name it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

LOOPBACK = ("127.0.0.1", "::1", "localhost")
ALWAYS = "*"
MOST_METHODS, MOST_LETTERS = 20, 200  # of what a token says of itself


class Strength(msgspec.Struct, frozen=True):
    """How strongly a provider says it asked (OpenID Connect Core 1.0, 2).

    Attributes:
        acr: the level, in the provider's own words; empty: it does not say.
        amr: the means, e.g. ``pwd``, ``otp``, ``mfa`` (RFC 8176).
    """

    acr: str = ""
    amr: tuple[str, ...] = ()


def strength(claims: Mapping[str, Any]) -> Strength:
    """What a token says of it; whatever is no text is not said."""
    acr, amr = claims.get("acr"), claims.get("amr")
    means = [one[:MOST_LETTERS] for one in amr if isinstance(one, str)] if isinstance(amr, list) else []
    return Strength(acr[:MOST_LETTERS] if isinstance(acr, str) else "", tuple(means[:MOST_METHODS]))


class OpenId(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who vouches for people, and how we are known there.

    Attributes:
        issuer: its address, exactly as it calls itself.
        client_id: how it knows us.
        client_secret: empty for a client without one.
        name_zh: on the login page.
        name_en: on the login page.
        claim: at somebody's first login this claim may name an account that has neither subject nor password; empty:
            accounts are linked by an administrator only.
        acr_values: levels asked for, best first; a token that says none of them opens nothing. Empty: none asked for.
        amr_values: means; a token that says none of them opens nothing. Empty: any.
        second_factor: a token with one of these as means or level stands for the second factor, too; else ours is
            asked for. ``*``: the provider always asks for two and need not say so.
        logout: whoever came by the provider and logs out here is logged out there too, where it offers that.
    """

    issuer: str
    client_id: str
    client_secret: str = ""
    name_zh: str = "统一身份认证"
    name_en: str = "Single sign-on"
    claim: str = ""
    acr_values: tuple[str, ...] = ()
    amr_values: tuple[str, ...] = ()
    second_factor: tuple[str, ...] = ("mfa",)
    logout: bool = True

    def __post_init__(self) -> None:
        """Raises ValueError with what is wrong; the settings say where."""
        if not trusted(self.issuer):
            raise ValueError("issuer must be https://... (http:// on this machine only)")
        if not self.client_id:
            raise ValueError("client_id is missing")
        unset = re.search(r"\$\{(\w+)\}", self.client_secret)
        if unset:
            raise ValueError(f"client_secret: {unset.group(1)} is not set in the environment")
        for name in ("acr_values", "amr_values", "second_factor"):
            if not all(one and len(one) <= MOST_LETTERS and not re.search(r"\s", one) for one in getattr(self, name)):
                raise ValueError(f"{name}: each is a word without spaces, of at most {MOST_LETTERS} letters")

    def met(self, said: Strength) -> bool:
        """Whether the provider asked as strongly as demanded."""
        level = not self.acr_values or said.acr in self.acr_values
        return level and (not self.amr_values or not set(self.amr_values).isdisjoint(said.amr))

    def second(self, said: Strength) -> str | None:
        """What stands for the second factor; empty where that need not be said, None: nothing does."""
        found = next((one for one in self.second_factor if one in (*said.amr, said.acr)), None)
        return "" if found is None and ALWAYS in self.second_factor else found


def trusted(url: str, issuer: str = "") -> bool:
    """Whether a secret may be sent there: over TLS, or to this machine itself when the issuer is there too."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if not parts.hostname or parts.username is not None or parts.fragment:
        return False
    here = parts.scheme == "http" and parts.hostname in LOOPBACK
    return parts.scheme == "https" or (here and (not issuer or trusted_here(issuer)))


def trusted_here(issuer: str) -> bool:
    """Whether the issuer is on this machine."""
    return urlsplit(issuer).hostname in LOOPBACK
