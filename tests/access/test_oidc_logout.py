"""Whoever came by the provider is logged out there too; here in any case."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
import requests
from joserfc import jwt
from joserfc.jwk import KeySet

from access.oidc import Provider
from access.steps import Refused, Step
from domain.accounts import digest
from domain.openid import OpenId
from store.engine import Store
from tests.access import provider as rig
from tests.access.test_oidc import AT, HERE, Gate, running, strange, vouching  # noqa: F401 - fixtures
from tests.store.conftest import new_store, sqlite_store, store  # noqa: F401 - fixtures


def gate_of(store: Store, vouching: rig.Provider, **told: Any) -> Gate:  # noqa: F811
    made = Gate(store, vouching.issuer, **told)
    made.account("ren", f"{vouching.issuer}|ren-1")
    return made


def out(gate: Gate, step: Step) -> tuple[str, str] | None:
    """Log out as the page does."""
    ended = gate.login.out(step.token, "ren", AT)
    assert ended is not None
    assert gate.store.accounts.session(digest(step.token)) is None, "here first, whatever comes of the provider"
    return gate.openid.leave(HERE, ended, "ren", AT)


def asked(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def test_the_provider_is_told_who_leaves_by_the_token_it_gave(store: Store, vouching: rig.Provider) -> None:  # noqa: F811
    gate = gate_of(store, vouching)
    step, _ = gate.come(vouching, "ren-1")
    kept = gate.store.accounts.session(digest(step.token))
    assert kept is not None
    url, sealed = out(gate, step) or ("", "")
    told = asked(url)
    assert url.startswith(f"{vouching.issuer}/oauth2/end_session?")
    assert told["id_token_hint"] not in str(kept), "the token is kept sealed"
    assert told.keys() == {"client_id", "id_token_hint", "post_logout_redirect_uri", "state"}
    assert (told["client_id"], told["post_logout_redirect_uri"]) == ("cockpit", f"{HERE}/login/oidc/out")
    keys = KeySet.import_key_set(requests.get(f"{vouching.issuer}/jwks", timeout=30).json())
    claims = jwt.decode(told["id_token_hint"], keys, algorithms=["RS256"]).claims
    assert (claims["sub"], claims["aud"]) == ("ren-1", ["cockpit"])
    assert f"state={told['state']}" in requests.get(url, timeout=30).text, "it asks, and leads back with our state"
    assert gate.openid.left({"state": told["state"]}, sealed)


@pytest.mark.parametrize("how", ["no cookie", "forged", "another's", "no state", "a login's"])
def test_who_does_not_come_back_from_there_is_not_told_so(
    sqlite_store: Store, vouching: rig.Provider, how: str  # noqa: F811
) -> None:  # fmt: skip
    gate = gate_of(sqlite_store, vouching)
    url, sealed = out(gate, gate.come(vouching, "ren-1")[0]) or ("", "")
    state = {"state": asked(url)["state"]}
    if how == "no cookie":
        sealed = ""
    if how == "forged":
        sealed = sealed[:-8] + "AAAAAAA="
    if how == "another's":
        sealed = (out(gate, gate.come(vouching, "ren-1")[0]) or ("", ""))[1]
    if how == "no state":
        state = {}
    if how == "a login's":
        sealed = gate.begun()[1]
    assert not gate.openid.left(state, sealed)


def test_the_token_outlives_the_steps_after_the_provider(sqlite_store: Store, vouching: rig.Provider) -> None:  # noqa: F811
    gate = gate_of(sqlite_store, vouching, second_factor=())
    step, _ = gate.come(vouching, "ren-1")
    secret, _ = gate.login.begin_totp(step.token)
    step, codes = gate.login.confirm_totp(step.token, pyotp.TOTP(secret).at(int(gate.clock().timestamp())), AT)
    assert "id_token_hint" in asked((out(gate, step) or ("", ""))[0])
    step = gate.login.code(gate.come(vouching, "ren-1")[0].token, codes[0], AT)
    assert "id_token_hint" in asked((out(gate, step) or ("", ""))[0])


def test_a_local_login_is_none_of_the_providers_business(sqlite_store: Store, vouching: rig.Provider) -> None:  # noqa: F811
    gate = gate_of(sqlite_store, vouching)
    step, _ = gate.come(vouching, "ren-1")
    local = gate.login.trusted(step.account, AT, "password+totp", step.token)
    assert out(gate, local) is None


def test_the_settings_switch_it_off_and_nothing_is_kept_then(sqlite_store: Store, vouching: rig.Provider) -> None:  # noqa: F811
    gate = gate_of(sqlite_store, vouching, logout=False)
    step, _ = gate.come(vouching, "ren-1")
    assert step.session.body == {}
    assert out(gate, step) is None


def test_another_key_since_the_login_leaves_the_hint_out(sqlite_store: Store, vouching: rig.Provider) -> None:  # noqa: F811
    gate = gate_of(sqlite_store, vouching)
    step, _ = gate.come(vouching, "ren-1")
    step.session.body["oidc"] = "not ours"
    url, _ = gate.openid.leave(HERE, step.session, "ren", AT) or ("", "")
    assert asked(url).keys() == {"client_id", "post_logout_redirect_uri", "state"}


def test_a_provider_that_is_down_is_on_record_and_keeps_nobody_in(sqlite_store: Store) -> None:  # noqa: F811
    with rig.opened() as short:
        gate = gate_of(sqlite_store, short)
        step, _ = gate.come(short, "ren-1")
        short.stop()
        with pytest.raises(Refused, match=r"oidc\.down"):
            out(gate, step)
    assert [(one.what, one.who, one.result) for one in gate.noted("logout")] == [
        ("logout", "ren", "oidc.down"), ("logout", "ren", "done"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("end", "leads"),
    [
        ('"ISSUER/end?a=1"', "ISSUER/end?a=1&client_id=cockpit&"),
        ('"http://10.0.0.9/end"', ""),
        ('"javascript:alert(1)"', ""),
        ('""', ""),
        ("null", ""),
    ],
)
def test_it_leads_only_where_it_is_safe(sqlite_store: Store, strange: Any, end: str, leads: str) -> None:  # noqa: F811
    issuer = f"http://127.0.0.1:{strange.server_port}"
    body = (
        '{"issuer":"ISSUER","authorization_endpoint":"ISSUER/a","token_endpoint":"ISSUER/t","jwks_uri":"ISSUER/k",'
        f'"end_session_endpoint":{end}}}'
    )
    strange.RequestHandlerClass.body = body.replace("ISSUER", issuer).encode()
    strange.RequestHandlerClass.status = 200
    gate = Gate(sqlite_store, issuer)
    url = Provider(OpenId(issuer=issuer, client_id="cockpit"), gate.clock).farewell(HERE, "", "s")
    assert url.startswith(leads.replace("ISSUER", issuer)) if leads else url == ""
