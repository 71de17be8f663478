"""Who is in gives the password again before a second factor changes."""

from __future__ import annotations

import pyotp
import pytest

from access.login import FRESH
from access.steps import Refused
from domain.accounts import Stage
from tests.access.conftest import GOOD, HERE, Office


def test_who_came_in_a_while_ago_gives_the_password_before_a_factor_changes(office: Office) -> None:
    lin = office.hire()
    token = office.enrol(lin)[0].token
    office.login.begin_totp(token)  # just in: no password needed
    office.clock.on(seconds=FRESH.total_seconds() + 1)
    for step in (office.login.begin_totp, lambda t: office.login.confirm_totp(t, "1", HERE)):
        with pytest.raises(Refused, match="prove"):
            step(token)
    with pytest.raises(Refused, match="wrong"):
        office.login.prove(token, "a guess", HERE)
    office.login.prove(token, GOOD, HERE)
    secret, _ = office.login.begin_totp(token)
    step, codes = office.login.confirm_totp(token, pyotp.TOTP(secret).at(int(office.clock.now.timestamp())), HERE)
    assert (step.session.stage, len(codes)) == (Stage.FULL, 10)


def test_guesses_at_the_password_of_a_session_lock_too(office: Office) -> None:
    token = office.enrol(office.hire())[0].token
    for _ in range(office.policy.failures):
        with pytest.raises(Refused, match="wrong"):
            office.login.prove(token, "a guess", HERE)
    with pytest.raises(Refused, match="locked_out"):
        office.login.prove(token, GOOD, HERE)
