"""Passkeys (WebAuthn) as second factor: what a browser is asked, and whether what it answers is right.

A passkey stands for the host name it was made at; at another name of ours the browser would not even offer it. Each
question is asked once and for five minutes.
"""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec
import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, generate_challenge, options_to_json
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from access.book import Book
from access.login import Login
from access.steps import From, Refused, Step
from domain.accounts import Account, Passkey, Session, Stage, digest
from domain.audit import Entry

_log = logging.getLogger(__name__)

STANDS = timedelta(minutes=5)  # a question
MOST = 10  # passkeys of an account
_CHALLENGE = "challenge"
_Found = TypeVar("_Found")
_VERIFICATION = UserVerificationRequirement.PREFERRED  # the password was asked already


class Place(msgspec.Struct, frozen=True):
    """Where a page stands, as browsers name it.

    Attributes:
        host: its host name, which is what a passkey is made for.
        origin: scheme, host and port.
    """

    host: str
    origin: str

    @property
    def takes(self) -> bool:
        """Whether passkeys can be made here: they stand for names, never for the number of an address."""
        try:
            ipaddress.ip_address(self.host)
        except ValueError:
            return bool(self.host)
        return False


class _Named(msgspec.Struct):
    """The part of an answer that names the passkey."""

    id: str


class Passkeys:
    """Questions and answers. Every method blocks (database): call them in a thread."""

    def __init__(self, login: Login, book: Book, clock: Callable[[], datetime], title: str) -> None:
        """Take what it works with.

        Args:
            login: the steps a right answer leads on to.
            book: where sessions remember the question.
            clock: aware UTC.
            title: how the browser calls us.
        """
        self._login, self._book, self._clock, self._title = login, book, clock, title

    def asked(self, token: str, place: Place) -> str:
        """What the browser shall ask its authenticator, as JSON.

        It is to use a passkey where the login asks for a second factor, and else to make one.

        Raises:
            Refused: ``ended``, ``prove``; ``passkey.address``: none can be made at this address.
        """
        session, account = self._login.at_step(token)
        if not place.takes:
            raise Refused("passkey.address")
        challenge = generate_challenge()
        known = [PublicKeyCredentialDescriptor(id=base64url_to_bytes(one.credential)) for one in of(account, place)]
        if session.stage is Stage.SECOND:
            text = options_to_json(webauthn.generate_authentication_options(
                rp_id=place.host, challenge=challenge, allow_credentials=known, user_verification=_VERIFICATION,
            ))  # fmt: skip
        elif session.stage in (Stage.ENROL, Stage.FULL):
            self._login.enrolling(token)
            # Nobody logs in with the passkey alone, so it need not take one of the few places of a security key.
            wanted = AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.DISCOURAGED, user_verification=_VERIFICATION
            )
            text = options_to_json(webauthn.generate_registration_options(
                rp_id=place.host, rp_name=self._title, user_id=account.account_id.encode(), user_name=account.name,
                user_display_name=account.title or account.name, challenge=challenge, exclude_credentials=known,
                authenticator_selection=wanted,
            ))  # fmt: skip
        else:
            raise Refused("ended")
        ends = (self._clock() + STANDS).isoformat()
        self._remember(token, session, {**session.body, _CHALLENGE: f"{ends} {bytes_to_base64url(challenge)}"})
        return text

    def answered(self, token: str, answer: str, place: Place, at: From) -> tuple[Step, list[str]]:
        """The browser's answer, as JSON; gives recovery codes with the first second factor.

        Raises:
            Refused: ``ended``; ``locked_out``; ``passkey.failed``: it is not right; ``passkey.counter``: its counter
                has not grown, so there may be a copy of it; ``passkey.most``: there are enough.
        """
        session, account = self._login.at_step(token)
        challenge = self._challenge(session)
        self._remember(token, session, {key: text for key, text in session.body.items() if key != _CHALLENGE})
        try:
            if session.stage is Stage.SECOND:
                return self._use(token, account, answer, challenge, place, at), []
            return self._make(token, account, answer, challenge, place, at)
        except Refused as error:
            if error.code != "ended":
                self._note(session, account, at, "locked" if error.code == "locked_out" else error.code)
            raise

    def _use(self, token: str, account: Account, answer: str, challenge: bytes, place: Place, at: From) -> Step:
        known = _known(account, answer, place)
        found = _checked(
            lambda: webauthn.verify_authentication_response(
                credential=answer, expected_challenge=challenge, expected_rp_id=place.host,
                expected_origin=place.origin, credential_public_key=base64url_to_bytes(known.public_key),
                credential_current_sign_count=0,  # the counter is looked at below, where it is changed
            )
        )  # fmt: skip

        def counted(now: Account) -> Account:
            key = _known(now, answer, place)
            if (found.new_sign_count or key.counter) and found.new_sign_count <= key.counter:
                raise Refused("passkey.counter")
            grown = msgspec.structs.replace(key, counter=found.new_sign_count)
            return msgspec.structs.replace(now, passkeys=tuple(grown if one == key else one for one in now.passkeys))

        return self._login.vouched(token, counted, at)

    def _make(
        self, token: str, account: Account, answer: str, challenge: bytes, place: Place, at: From
    ) -> tuple[Step, list[str]]:
        found = _checked(
            lambda: webauthn.verify_registration_response(
                credential=answer, expected_challenge=challenge, expected_rp_id=place.host, expected_origin=place.origin
            )
        )
        made = Passkey(
            credential=bytes_to_base64url(found.credential_id), counter=found.sign_count, host=place.host,
            public_key=bytes_to_base64url(found.credential_public_key),
        )  # fmt: skip

        def with_it(now: Account) -> Account:
            if len(now.passkeys) >= MOST:
                raise Refused("passkey.most")
            others = (one for one in now.passkeys if one.credential != made.credential)
            return msgspec.structs.replace(now, passkeys=(*others, made))

        return self._login.enrolled(token, with_it, at)

    def _challenge(self, session: Session) -> bytes:
        ends, _, challenge = session.body.get(_CHALLENGE, "").partition(" ")
        if not challenge or self._clock() >= datetime.fromisoformat(ends):
            return generate_challenge()  # nothing answers that
        return base64url_to_bytes(challenge)

    def _remember(self, token: str, session: Session, body: dict[str, str]) -> None:
        self._book.put_session(digest(token), msgspec.structs.replace(session, body=body))

    def _note(self, session: Session, account: Account, at: From, why: str) -> None:
        what = "login" if session.stage is Stage.SECOND else "account.second_factor"
        self._book.note(
            Entry(
                what=what, who=account.name, object=account.account_id, roles=tuple(account.roles), address=at.address,
                result=why,
            )
        )  # fmt: skip


def of(account: Account, place: Place) -> list[Passkey]:
    """Passkeys of an account that stand for this place."""
    return [one for one in account.passkeys if one.host == place.host]


def _known(account: Account, answer: str, place: Place) -> Passkey:
    named = _checked(lambda: msgspec.json.decode(answer, type=_Named))
    found = next((one for one in of(account, place) if one.credential == named.id), None)
    if found is None:
        raise Refused("passkey.failed")
    return found


def _checked(check: Callable[[], _Found]) -> _Found:
    """What was found in an answer; what is wrong with it is nobody's business but ours."""
    try:
        return check()
    except Exception as error:  # an answer is foreign bytes: whatever the check stumbles over, it is not right
        _log.info("passkey refused: %s", error)
        raise Refused("passkey.failed") from None
