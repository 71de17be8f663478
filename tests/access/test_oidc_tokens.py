"""An ID token is right in every way, or it opens nothing."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from access.oidc import SIGNED_BY, SKEW, checked
from access.steps import Refused
from domain.openid import OpenId, trusted
from tests.access.authenticator import text

KEY, OTHER = (RSAKey.generate_key(2048, {"kid": "k"}) for _ in range(2))
KEYS = KeySet.import_key_set({"keys": [KEY.as_dict(private=False)]})  # type: ignore[typeddict-item]
TOLD = OpenId(issuer="https://id.example", client_id="cockpit")
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
SECOND = int(NOW.timestamp())
GOOD = {"iss": TOLD.issuer, "sub": "1", "aud": "cockpit", "exp": SECOND + 300, "iat": SECOND, "nonce": "n"}


def judged(claims: dict[str, Any], key: Any = KEY, alg: str = "RS256") -> str:
    """``good``, or why a token with these claims is refused."""
    token = jwt.encode({"alg": alg, "kid": "k"}, claims, key, algorithms=[alg])
    return of_token(token)


def of_token(token: Any) -> str:
    try:
        checked(token, KEYS, SIGNED_BY, TOLD, "n", NOW)
    except Refused as error:
        return error.code
    return "good"


@pytest.mark.parametrize(
    ("change", "result"),
    [
        ({}, "good"),
        ({"aud": ["cockpit"]}, "good"),
        ({"aud": ["cockpit", "other"], "azp": "cockpit"}, "good"),
        ({"aud": ["cockpit", "other"]}, "oidc.token"),
        ({"aud": ["cockpit", "other"], "azp": "other"}, "oidc.token"),
        ({"azp": "other"}, "oidc.token"),
        ({"aud": "other"}, "oidc.token"),
        ({"aud": []}, "oidc.token"),
        ({"iss": "https://id.example/"}, "oidc.token"),
        ({"iss": "https://evil.example"}, "oidc.token"),
        ({"nonce": "m"}, "oidc.token"),
        ({"nonce": None}, "oidc.token"),
        ({"sub": ""}, "oidc.token"),
        ({"sub": 7}, "oidc.token"),
        ({"sub": "x" * 256}, "oidc.token"),
        ({"iat": "now"}, "oidc.clock"),
        ({"iat": True}, "oidc.clock"),
        ({"exp": None}, "oidc.token"),
        ({"nbf": SECOND + 121}, "oidc.clock"),
    ],
)
def test_what_a_token_must_say(change: dict[str, Any], result: str) -> None:
    assert judged({**GOOD, **change}) == result


@pytest.mark.parametrize("missing", sorted(GOOD))
def test_what_a_token_must_not_leave_out(missing: str) -> None:
    assert judged({name: value for name, value in GOOD.items() if name != missing}) == "oidc.token"


@examples(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(-90_000, 90_000), st.integers(-90_000, 90_000))
def test_a_token_is_of_its_time_by_two_minutes_either_way(issued: int, ends: int) -> None:
    most = int(SKEW.total_seconds())
    timely = abs(issued) <= most and ends > -most
    assert judged({**GOOD, "iat": SECOND + issued, "exp": SECOND + ends}) == ("good" if timely else "oidc.clock")


def test_only_the_provider_signs() -> None:
    assert judged(GOOD, OTHER) == "oidc.token"
    head, body, _ = jwt.encode({"alg": "RS256", "kid": "k"}, GOOD, KEY).split(".")
    shared = text(b'{"alg":"HS256","kid":"k"}')  # the public key taken for a shared secret
    seal = hmac.digest(KEY.as_pem(private=False), f"{shared}.{body}".encode(), "sha256")
    assert of_token(f"{shared}.{body}.{text(seal)}") == "oidc.token"
    assert of_token(f"{head}.{body}.") == "oidc.token"
    assert of_token(text(b'{"alg":"none"}') + f".{body}.") == "oidc.token"
    assert not {"none", "HS256", "HS384", "HS512"} & SIGNED_BY


@examples(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text() | st.binary() | st.none() | st.integers() | st.from_regex(r"[\w-]{0,40}\.[\w-]{0,40}\.[\w-]{0,40}"))
def test_whatever_comes_in_the_place_of_a_token_is_refused(token: Any) -> None:
    assert of_token(token) == "oidc.token"


@pytest.mark.parametrize(
    ("url", "issuer", "may"),
    [
        ("https://id.example/token", "https://id.example", True),
        ("https://login.example/token", "https://id.example", True),
        ("http://id.example/token", "https://id.example", False),
        ("http://127.0.0.1:9/token", "https://id.example", False),
        ("http://127.0.0.1:9/token", "http://localhost:9", True),
        ("http://user@127.0.0.1:9/", "http://localhost:9", False),
        ("file:///etc/passwd", "http://localhost:9", False),
        ("https://", "https://id.example", False),
        ("http://[", "https://id.example", False),
        ("", "https://id.example", False),
    ],
)
def test_secrets_go_only_where_they_are_safe(url: str, issuer: str, may: bool) -> None:
    assert trusted(url, issuer) is may
