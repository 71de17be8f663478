"""Logging in, step by step: password, second factor, what must be set up or changed first.

Each step that opens more gives a new token, so that one from before the login opens nothing after it. A guess at an
account that is locked, unknown or has no password is answered like a wrong one, after the same time.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec
import pyotp

from access import factors, passwords
from access.book import Book
from access.steps import OPENID, From, Refused, Step, Vault, lasting, locked, said, totp_name
from domain.accounts import (
    Account,
    AccountError,
    Link,
    Policy,
    Session,
    Stage,
    digest,
    login_name,
    new_id,
    new_token,
)
from domain.audit import Entry
from domain.permissions import Role

FRESH = timedelta(minutes=10)  # so long after the login factors may be added without the password
UNFINISHED = timedelta(minutes=15)  # a login that stops half-way
KIOSK_DAYS = 400  # what browsers keep a cookie at most
LOGINS = 2  # remembered of an account
TOTP, PENDING, PROVED = "totp", "pending_totp", "proved"


class Login:
    """The steps. Every method blocks (hashing, database): call them in a thread."""

    def __init__(
        self, book: Book, policy: Policy, vault: Vault, clock: Callable[[], datetime], issuer: str = "Port Cockpit"
    ) -> None:
        """Take what it works with.

        Args:
            book: where accounts and sessions stand.
            policy: what is asked of passwords and how long sessions last.
            vault: seals the secrets of authenticators.
            clock: aware UTC.
            issuer: how an authenticator calls us.
        """
        self._book, self._policy, self._vault, self._clock, self._issuer = book, policy, vault, clock, issuer

    @property
    def policy(self) -> Policy:
        """What is asked of passwords."""
        return self._policy

    def password(self, typed: str, password: str, at: From, before: str = "") -> Step:
        """The first step.

        Args:
            typed: name as typed.
            password: as typed.
            at: where from.
            before: token of the browser's session until now; it ends.

        Raises:
            Refused: ``wrong``, whatever of it was.
        """
        try:
            account = self._book.named(login_name(typed))
        except AccountError:
            account = None
        now = self._clock()
        open_to = account is not None and account.active and not locked(account, now)
        if not passwords.right(password, account.password if account is not None and open_to else "") or not account:
            self._wrong(account, at, "wrong_password" if open_to else "locked")
            raise Refused("wrong")
        if passwords.outdated(account.password):
            kept = passwords.keep(password)
            account = self._book.change(account.account_id, lambda a: msgspec.structs.replace(a, password=kept))
        return self._rise(account, self._after_password(account, "password"), at, "password", before)

    def trusted(
        self, account: Account, at: From, how: str, before: str = "", second: bool = True, kept: str = ""
    ) -> Step:
        """Somebody else vouches for who it is: an OpenID provider.

        Args:
            account: whose.
            at: where from.
            how: begins with ``OPENID``.
            before: token of the browser's session until now; it ends.
            second: it vouches for a second factor too; else ours is asked for as after a password.
            kept: stands with the session until its end.

        Raises:
            Refused: ``wrong``: the account is not to be used.
        """
        if not account.active:
            raise Refused("wrong")
        stage = Stage.FULL if second else self._after_password(account, how)
        return self._rise(account, stage, at, how, before, body={OPENID: kept} if kept else None)

    def code(self, token: str, typed: str, at: From) -> Step:
        """The second factor: a code of the authenticator, or a recovery code. Each counts once.

        Raises:
            Refused: ``wrong_code``, ``locked_out``, or ``ended`` when the login took too long.
        """
        session, account = self._at(token, Stage.SECOND)
        if locked(account, self._clock()):
            raise Refused("locked_out")
        used = self._matching(account, typed)
        if used is None:
            self._wrong(account, at, "wrong_code")
            raise Refused("wrong_code")
        how = "recovery" if len(used.recovery) < len(account.recovery) else TOTP

        def once(now: Account) -> Account:  # another may have used the same code meanwhile
            again = self._matching(now, typed)
            if again is None:
                raise Refused("wrong_code")
            return again

        account = self._book.change(account.account_id, once)
        return self._on(session, account, at, how, token)

    def vouched(self, token: str, changed: Callable[[Account], Account], at: From) -> Step:
        """The second factor was a passkey, checked by the caller; ``changed`` notes its counter.

        Raises:
            Refused: ``ended``, ``locked_out``.
        """
        session, account = self._at(token, Stage.SECOND)
        if locked(account, self._clock()):
            raise Refused("locked_out")
        account = self._book.change(account.account_id, changed)
        return self._on(session, account, at, "passkey", token)

    def enrolling(self, token: str) -> tuple[Session, Account]:
        """A session that may add a second factor.

        Raises:
            Refused: ``ended``; ``prove``: it has stood for a while, so its owner is to say the password again first.
        """
        session, account = self._at(token, Stage.ENROL, Stage.FULL)
        proved = datetime.fromisoformat(session.body.get(PROVED) or session.made_at.isoformat())
        if session.stage is Stage.FULL and self._clock() - proved > FRESH:
            raise Refused("prove")
        return session, account

    def prove(self, token: str, password: str, at: From) -> None:
        """Somebody who is in says the password again, which counts as at the login.

        Raises:
            Refused: ``wrong``, ``locked_out`` or ``ended``.
        """
        session, account = self._at(token, Stage.FULL)
        if locked(account, self._clock()):
            raise Refused("locked_out")
        if not passwords.right(password, account.password):
            self._wrong(account, at, "wrong_password")
            raise Refused("wrong")
        body = {**session.body, PROVED: self._clock().isoformat()}
        self._book.put_session(digest(token), msgspec.structs.replace(session, body=body))
        self._book.note(said(account, "login.again", at, "password"))

    def begin_totp(self, token: str) -> tuple[str, str]:
        """A new authenticator: its secret and its otpauth address, remembered until ``confirm_totp``.

        Raises:
            Refused: as ``enrolling``.
        """
        session, account = self.enrolling(token)
        sealed = session.body.get(PENDING)
        secret = self._vault.open(totp_name(account), sealed) if sealed else pyotp.random_base32()
        if not sealed:
            body = {**session.body, PENDING: self._vault.seal(totp_name(account), secret)}
            self._book.put_session(digest(token), msgspec.structs.replace(session, body=body))
        return secret, pyotp.TOTP(secret).provisioning_uri(name=account.name, issuer_name=self._issuer)

    def confirm_totp(self, token: str, typed: str, at: From) -> tuple[Step, list[str]]:
        """The authenticator works: from now on it is asked. Also gives ten recovery codes, shown once.

        Raises:
            Refused: ``wrong_code`` or ``ended``.
        """
        session, account = self.enrolling(token)
        sealed = session.body.get(PENDING, "")
        secret = self._vault.open(totp_name(account), sealed) if sealed else ""
        step = factors.step_of(secret, typed, 0, self._clock()) if secret else None
        if step is None:
            raise Refused("wrong_code")
        codes, kept = factors.recovery_codes()
        account = self._book.change(
            account.account_id,
            lambda a: msgspec.structs.replace(a, totp=sealed, totp_step=step, recovery=kept),
            lambda before, after: said(after, "account.second_factor", at, TOTP),
        )
        return self._on(session, account, at, TOTP, token), codes

    def enrolled(self, token: str, changed: Callable[[Account], Account], at: From) -> tuple[Step, list[str]]:
        """A passkey was made, checked by the caller; gives recovery codes where there are none.

        Raises:
            Refused: ``ended``.
        """
        session, account = self.enrolling(token)
        codes, kept = ([], account.recovery) if account.recovery else factors.recovery_codes()
        account = self._book.change(
            account.account_id,
            lambda a: msgspec.structs.replace(changed(a), recovery=kept),
            lambda before, after: said(after, "account.second_factor", at, "passkey"),
        )
        return self._on(session, account, at, "passkey", token), codes

    def new_password(self, token: str, old: str, new: str, at: From) -> Step:
        """Change one's password; all other sessions of the account end.

        Raises:
            Refused: ``wrong`` (the old one), ``ended``, ``locked_out``.
            passwords.Weak: the new one is not good enough.
        """
        session, account = self._at(token, Stage.PASSWORD, Stage.FULL)
        if locked(account, self._clock()):
            raise Refused("locked_out")
        if not passwords.right(old, account.password):
            self._wrong(account, at, "wrong_password")
            raise Refused("wrong")
        account = self._keep(account, new, at)
        self._book.end_all(account.account_id, said(account, "session.end_others", at), but=digest(token))
        return self._rise(account, Stage.FULL, at, session.by, token, session.stage is Stage.FULL, lasting(session))

    def welcome(self, link: str, new: str, at: From, name: str = "") -> Step:
        """Set the first password by a link that opens once; the link of a new cockpit makes its first administrator.

        Args:
            link: the secret part of the address.
            new: the password.
            at: where from.
            name: of the first administrator.

        Raises:
            Refused: ``link_over``.
            passwords.Weak: the password is not good enough; the link stands.
            AccountError: ``bad_name`` or ``name_taken``; the link stands.
        """
        found = self.link(link)
        account = self._first(login_name(name)) if found.purpose == "first" else self._book.account(found.subject)
        if account is None or not account.active:
            raise Refused("link_over")
        passwords.check(self._policy, new, account.name, (account.password, *account.former))
        if found.purpose == "first" and self._book.named(account.name) is not None:
            raise AccountError("name_taken")
        if self._book.take_link(digest(link)) is None:
            raise Refused("link_over")
        if found.purpose == "first":
            self._book.add(account, said(account, "account.add", at))
        account = self._keep(account, new, at)
        self._book.end_all(account.account_id, said(account, "session.end_others", at))
        return self._rise(account, self._after_password(account, "link"), at, "link")

    def link(self, link: str) -> Link:
        """A link that may still be used, not used up by looking.

        Raises:
            Refused: ``link_over``.
        """
        found = self._book.link(digest(link))
        if found is None or found.ends_at <= self._clock():
            raise Refused("link_over")
        return found

    def screen(self, link: str, at: From) -> tuple[str, Session]:
        """Bind a browser to a screen of the wall by a link that opens once: it looks, and never logs in.

        Raises:
            Refused: ``link_over``.
        """
        found, now = self._book.take_link(digest(link)), self._clock()
        if found is None or found.purpose != "screen" or found.ends_at <= now:
            raise Refused("link_over")
        token = new_token()
        session = Session(
            session_id=new_id(), account_id=found.subject, stage=Stage.KIOSK, made_at=now, seen_at=now,
            ends_at=now + timedelta(days=KIOSK_DAYS), address=at.address, agent=at.agent[:200], by="link",
        )  # fmt: skip
        entry = Entry(what="login", who=f"screen:{found.subject}", object=session.session_id, address=at.address,
                      after={"by": "link", "made_by": found.made_by})  # fmt: skip
        self._book.put_session(digest(token), session, entry=entry)
        return token, session

    def out(self, token: str, who: str, at: From) -> Session | None:
        """End a session; gives it, None when there was none."""
        ended = self._book.session(digest(token))
        self._book.end_session(digest(token), Entry(what="logout", who=who, address=at.address))
        return ended

    def at_step(self, token: str) -> tuple[Session, Account]:
        """The session of a token, wherever it stands.

        Raises:
            Refused: ``ended``.
        """
        return self._at(token, *Stage)

    def _at(self, token: str, *stages: Stage) -> tuple[Session, Account]:
        session = self._book.session(digest(token)) if token else None
        if session is None or session.stage not in stages or not session.stands(self._clock(), self._policy):
            raise Refused("ended")
        account = self._book.account(session.account_id)
        if account is None or not account.active:
            raise Refused("ended")
        return session, account

    def _after_password(self, account: Account, by: str) -> Stage:
        if account.second_factor:
            return Stage.SECOND
        return Stage.ENROL if self._policy.second_factor else self._after_second(account, by)

    def _after_second(self, account: Account, by: str) -> Stage:
        """A password that has grown old is changed, unless the login did not go by it."""
        days, since = self._policy.most_days, account.password_at
        old = days is not None and since is not None and self._clock() - since > timedelta(days=days)
        return Stage.PASSWORD if account.password and old and not by.startswith(OPENID) else Stage.FULL

    def _on(self, session: Session, account: Account, at: From, how: str, token: str) -> Step:
        """A session goes on after a second factor, used or set up."""
        stage, again = self._after_second(account, session.by), session.stage is Stage.FULL
        return self._rise(account, stage, at, f"{session.by}+{how}", token, again, lasting(session))

    def _rise(
        self, account: Account, stage: Stage, at: From, by: str, before: str = "", again: bool = False,
        body: dict[str, str] | None = None,
    ) -> Step:  # fmt: skip
        """A new session in the place of the one before; on record once the login is through.

        ``again``: it was through already, so this is no login to be noted at the account. ``body``: what it keeps.
        """
        now, token = self._clock(), new_token()
        through = stage is Stage.FULL
        session = Session(
            session_id=new_id(), account_id=account.account_id, stage=stage, made_at=now, seen_at=now,
            ends_at=now + (self._policy.absolute if through else UNFINISHED), address=at.address,
            agent=at.agent[:200], by=by, body=body or {},
        )  # fmt: skip
        if through and not again:
            account = self._book.change(
                account.account_id,
                lambda a: msgspec.structs.replace(
                    a, failures=0, locked_until=None, logins=(now, *a.logins[: LOGINS - 1])
                ),
            )
        entry = said(account, "login", at, by) if through else None
        self._book.put_session(digest(token), session, digest(before) if before else "", entry)
        return Step(token, session, account)

    def _wrong(self, account: Account | None, at: From, why: str) -> None:
        """Count it and put it on record; so many in a row lock the account for a while."""
        if account is None:  # people type their passwords into the wrong field: the name is not kept
            self._book.note(Entry(what="login", who="unknown", address=at.address, result="unknown"))
            return
        if why == "locked":  # nothing is counted while nothing is judged: whoever owns it gets in afterwards
            self._book.note(said(account, "login", at, result=why))
            return

        def counted(now: Account) -> Account:
            failures = now.failures + 1
            until = self._clock() + self._policy.locked if failures >= self._policy.failures else now.locked_until
            failures = 0 if failures >= self._policy.failures else failures
            return msgspec.structs.replace(now, failures=failures, locked_until=until)

        self._book.change(account.account_id, counted, lambda before, after: said(after, "login", at, result=why))

    def _matching(self, account: Account, typed: str) -> Account | None:
        """The account with this code used up; None when it is none of its."""
        secret = self._vault.open(totp_name(account), account.totp) if account.totp else ""
        return factors.used_up(account, secret, typed, self._clock())

    def _keep(self, account: Account, new: str, at: From) -> Account:
        passwords.check(self._policy, new, account.name, (account.password, *account.former))
        kept, now = passwords.keep(new), self._clock()

        def changed(a: Account) -> Account:
            former = (a.password, *a.former)[: self._policy.former] if a.password else a.former
            return msgspec.structs.replace(
                a, password=kept, password_at=now, former=former, failures=0, locked_until=None
            )

        return self._book.change(account.account_id, changed, lambda before, after: said(after, "account.password", at))

    def _first(self, name: str) -> Account:
        return Account(account_id=new_id(), name=name, roles=(Role.SECURITY_ADMIN,), made_at=self._clock())
