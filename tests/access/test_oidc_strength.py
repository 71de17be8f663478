"""How strongly a real OpenID provider asked: demanded, and counted as the second factor or not."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

import settings as configuration
from domain.accounts import POLICIES, Stage
from domain.errors import ConfigError
from domain.openid import OpenId, strength
from store.engine import Store
from tests.access import provider as rig
from tests.access.conftest import GOOD
from tests.access.house import config
from tests.access.test_oidc import AT, Gate, refused, running, vouching  # noqa: F401 - fixtures
from tests.store.conftest import new_store, sqlite_store, store  # noqa: F401 - fixtures

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
KNOWN = OpenId(issuer="https://id.example", client_id="c")


def gate_of(store: Store, vouching: rig.Provider, **told: Any) -> Gate:  # noqa: F811
    made = Gate(store, vouching.issuer, **{"second_factor": ("mfa", "otp", "gold"), **told})
    made.account("ren", f"{vouching.issuer}|ren-1")
    return made


@pytest.mark.parametrize(
    ("told", "said", "good"),
    [
        ({"acr_values": ("gold", "silver")}, {"acr": "silver"}, True),
        ({"acr_values": ("gold", "silver")}, {"acr": "bronze"}, False),
        ({"acr_values": ("gold",)}, {"acr": "Gold"}, False),
        ({"acr_values": ("gold",)}, {"acr": ["gold"]}, False),
        ({"acr_values": ("gold",)}, {"amr": ["gold"]}, False),
        ({"acr_values": ("gold",)}, {}, False),
        ({"amr_values": ("mfa", "hwk")}, {"amr": ["pwd", "hwk"]}, True),
        ({"amr_values": ("mfa",)}, {"amr": ["pwd"]}, False),
        ({"amr_values": ("mfa",)}, {"amr": []}, False),
        ({"amr_values": ("mfa",)}, {"amr": [5, None, ["mfa"]]}, False),
        ({"amr_values": ("mfa",)}, {}, False),
        ({"acr_values": ("gold",), "amr_values": ("mfa",)}, {"acr": "gold", "amr": ["pwd"]}, False),
        ({"acr_values": ("gold",), "amr_values": ("mfa",)}, {"acr": "gold", "amr": ["mfa"]}, True),
        ({}, {}, True),
    ],
)
def test_what_is_demanded_is_met_or_refused_and_on_record(
    sqlite_store: Store, vouching: rig.Provider, told: dict[str, Any], said: dict[str, Any], good: bool  # noqa: F811
) -> None:  # fmt: skip
    gate = gate_of(sqlite_store, vouching, second_factor=("*",), **told)
    vouching.knows("ren-1", **said)
    if good:
        assert gate.come(vouching, "ren-1")[0].session.stage is Stage.FULL
        return
    refused(gate, "oidc.weak", lambda: gate.come(vouching, "ren-1"))
    after = gate.noted()[0].after
    assert after["subject"] == f"{vouching.issuer}|ren-1"
    assert after["acr"] == (said.get("acr") if isinstance(said.get("acr"), str) else "")
    assert after["amr"] == [one for one in said.get("amr", []) if isinstance(one, str)]


def test_a_list_of_means_that_is_no_list_makes_the_token_wrong(sqlite_store: Store, vouching: rig.Provider) -> None:  # noqa: F811
    gate = gate_of(sqlite_store, vouching)
    vouching.knows("ren-1", amr="mfa")
    refused(gate, "oidc.token", lambda: gate.come(vouching, "ren-1"))


def test_the_level_is_asked_for(sqlite_store: Store, vouching: rig.Provider) -> None:  # noqa: F811
    url, _ = gate_of(sqlite_store, vouching, acr_values=("gold", "silver")).begun()
    assert parse_qs(urlsplit(url).query)["acr_values"] == ["gold silver"]
    url, _ = Gate(sqlite_store, vouching.issuer).begun()
    assert "acr_values" not in url


def test_a_weak_login_links_nothing(sqlite_store: Store, vouching: rig.Provider) -> None:  # noqa: F811
    gate = Gate(sqlite_store, vouching.issuer, claim="preferred_username", amr_values=("mfa",))
    gate.account("sun")
    vouching.knows("s-1", preferred_username="sun", amr=["pwd"])
    refused(gate, "oidc.weak", lambda: gate.come(vouching, "s-1"))
    assert gate.store.accounts.of_subject(f"{vouching.issuer}|s-1") is None


@pytest.mark.parametrize("said", [{"amr": ["pwd", "mfa"]}, {"amr": ["otp"]}, {"acr": "gold"}])
def test_a_second_factor_of_the_provider_is_one_here(
    sqlite_store: Store, vouching: rig.Provider, said: dict[str, Any]  # noqa: F811
) -> None:  # fmt: skip
    gate = gate_of(sqlite_store, vouching)
    vouching.knows("ren-1", **said)
    step, _ = gate.come(vouching, "ren-1")
    assert (step.session.stage, step.session.by) == (Stage.FULL, "oidc+vouched")
    assert gate.noted()[0].after == {"by": "oidc+vouched"}


@pytest.mark.parametrize("said", [{}, {"amr": ["pwd"]}, {"acr": "0"}, {"acr": "MFA"}, {"amr": ["mfa "]}])
def test_without_it_ours_is_set_up_once_and_asked_for_from_then_on(
    store: Store, vouching: rig.Provider, said: dict[str, Any]  # noqa: F811
) -> None:  # fmt: skip
    gate = gate_of(store, vouching)
    vouching.knows("ren-1", **said)
    step, onwards = gate.come(vouching, "ren-1")
    assert (step.session.stage, onwards) == (Stage.ENROL, "/yard")
    secret, _ = gate.login.begin_totp(step.token)
    code = pyotp.TOTP(secret)
    done, recovery = gate.login.confirm_totp(step.token, code.at(int(gate.clock().timestamp())), AT)
    assert (done.session.stage, done.session.by, len(recovery)) == (Stage.FULL, "oidc+totp", 10)
    again, _ = gate.come(vouching, "ren-1")
    assert again.session.stage is Stage.SECOND
    through = gate.login.code(again.token, recovery[0], AT)
    assert (through.session.stage, through.session.by) == (Stage.FULL, "oidc+recovery")
    vouching.knows("ren-1", amr=["mfa"])
    assert gate.come(vouching, "ren-1")[0].session.stage is Stage.FULL, "whoever is vouched for is not asked twice"


def test_a_password_that_has_grown_old_holds_up_no_login_that_did_not_go_by_it(
    sqlite_store: Store, vouching: rig.Provider  # noqa: F811
) -> None:  # fmt: skip
    gate = gate_of(sqlite_store, vouching)
    vouching.knows("ren-1")
    secret, _ = gate.login.begin_totp((step := gate.come(vouching, "ren-1")[0]).token)
    _, codes = gate.login.confirm_totp(step.token, pyotp.TOTP(secret).at(int(gate.clock().timestamp())), AT)
    gate.store.accounts.change("id-ren", lambda one: msgspec.structs.replace(one, password=GOOD, password_at=LONG_AGO))
    back = gate.come(vouching, "ren-1")[0]
    assert gate.login.code(back.token, codes[0], AT).session.stage is Stage.FULL


def test_both_profiles_ask_for_a_second_factor() -> None:
    assert all(policy.second_factor for policy in POLICIES.values())


@given(
    st.dictionaries(
        st.sampled_from(["acr", "amr", "x"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=300), lambda one: st.lists(one, max_size=30)
        ),
    )
)
def test_whatever_a_token_says_of_itself_is_read_or_not_said(claims: dict[str, Any]) -> None:
    said = strength(claims)
    assert all(isinstance(one, str) and len(one) <= 200 for one in (said.acr, *said.amr))
    assert len(said.amr) <= 20
    demanding = msgspec.structs.replace(KNOWN, amr_values=("mfa",))
    assert demanding.met(said) is ("mfa" in said.amr)
    assert (KNOWN.second(said) is None) is ("mfa" not in (*said.amr, said.acr))


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ('acr_values = "gold"', "array"),
        ('acr_values = ["gold silver"]', "acr_values: each is a word"),
        ('amr_values = [""]', "amr_values: each is a word"),
        ("second_factor = [5]", "str"),
        ('logout = "no"', "bool"),
    ],
)
def test_a_mistake_in_the_settings_is_named(tmp_path: Path, line: str, word: str) -> None:
    file = config(tmp_path, f'[access.oidc]\nissuer = "https://id.example"\nclient_id = "cockpit"\n{line}')
    with pytest.raises(ConfigError, match=word):
        configuration.load(file, environ={"COCKPIT_HOME": str(tmp_path)})
