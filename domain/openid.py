"""An OpenID provider as the settings name it."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import msgspec

LOOPBACK = ("127.0.0.1", "::1", "localhost")


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
    """

    issuer: str
    client_id: str
    client_secret: str = ""
    name_zh: str = "统一身份认证"
    name_en: str = "Single sign-on"
    claim: str = ""

    def __post_init__(self) -> None:
        """Raises ValueError with what is wrong; the settings say where."""
        if not trusted(self.issuer):
            raise ValueError("issuer must be https://... (http:// on this machine only)")
        if not self.client_id:
            raise ValueError("client_id is missing")
        unset = re.search(r"\$\{(\w+)\}", self.client_secret)
        if unset:
            raise ValueError(f"client_secret: {unset.group(1)} is not set in the environment")


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
