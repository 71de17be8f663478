"""Login by a real OpenID provider: right answers open, everything else is refused, in words and on record."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest

import access_commands
import settings as configuration
from access import oidc
from access.desk import AccountDesk
from access.login import Login
from access.oidc import Provider
from access.openid_login import OpenIdLogin
from access.steps import From, Refused
from domain.accounts import POLICIES, Account, AccountError, Stage
from domain.audit import by
from domain.errors import ConfigError
from domain.openid import OpenId
from domain.permissions import Role
from domain.vault import Vault
from store.engine import Store, open_store
from tests.access import provider as rig
from tests.access.house import ADMIN, config
from tests.store.conftest import new_store, sqlite_store, store  # noqa: F401 - fixtures

HERE = "https://cockpit.example"
AT = From("10.1.2.3", "a browser")


@pytest.fixture(scope="module")
def running() -> Iterator[rig.Provider]:
    with rig.opened() as started:
        yield started


@pytest.fixture
def vouching(running: rig.Provider) -> Iterator[rig.Provider]:
    """The provider, honest again."""
    running.bend()
    yield running
    running.bend()


class Gate:
    """The way in, on a store, at the time it is or another."""

    def __init__(self, store: Store, issuer: str, claim: str = "", **more: Any) -> None:  # noqa: F811
        self.late, self.store = timedelta(0), store
        told = OpenId(issuer=issuer, client_id="cockpit", client_secret="not so secret", claim=claim,
                      **{"second_factor": ("*",), **more})  # fmt: skip
        vault, book = Vault([bytes(32)]), store.accounts
        self.login = Login(book, POLICIES["mlps3"], vault, self.clock)
        self.openid = OpenIdLogin(Provider(told, self.clock), self.login, book, vault, self.clock)

    def clock(self) -> datetime:
        return datetime.now(UTC) + self.late

    def account(self, name: str, subject: str = "", **more: Any) -> str:
        """Somebody an administrator knows; gives the id."""
        found = Account(account_id=f"id-{name}", name=name, roles=(Role.SUPERVISOR,), subject=subject, **more)
        self.store.accounts.add(found, by(ADMIN, "account.add", name))
        return found.account_id

    def begun(self, onwards: str = "/yard") -> tuple[str, str]:
        return self.openid.begin(HERE, onwards, AT)

    def come(self, running: rig.Provider, sub: str) -> Any:
        """All of it, as somebody's browser goes."""
        url, kept = self.begun()
        return self.openid.finish(HERE, running.agreed(url, sub), kept, AT)

    def noted(self, what: str = "login") -> list[Any]:
        """Logins on record, or other acts, newest first."""
        # What the store writes down it dates by its own clock.
        since, until = datetime(2026, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
        found = self.store.reads.audit(ADMIN, since, until)
        return [one.entry for one in found if one.entry.what == what]


@pytest.fixture
def gate(store: Store, vouching: rig.Provider) -> Gate:  # noqa: F811
    made = Gate(store, vouching.issuer)
    made.account("ren", f"{vouching.issuer}|ren-1")
    return made


def refused(gate: Gate, code: str, act: Callable[[], Any]) -> None:
    """It is, for this reason, and on record."""
    with pytest.raises(Refused) as found:
        act()
    assert found.value.code == code
    assert (gate.noted()[0].result, gate.noted()[0].after["by"]) == (code, "oidc")


def test_who_the_provider_vouches_for_is_in_with_the_duties_they_have_here(gate: Gate, vouching: rig.Provider) -> None:
    vouching.knows("ren-1", roles=["security_admin"], groups=["admins"])
    step, onwards = gate.come(vouching, "ren-1")
    assert (step.session.stage, step.account.name, onwards) == (Stage.FULL, "ren", "/yard")
    assert step.account.roles == (Role.SUPERVISOR,), "no token gives a role"
    assert gate.noted()[0].after == {"by": "oidc"}


def test_whom_nobody_here_knows_stays_out_and_their_subject_is_on_record(gate: Gate, vouching: rig.Provider) -> None:
    refused(gate, "oidc.unknown", lambda: gate.come(vouching, "stranger"))
    assert gate.noted()[0].after["subject"] == f"{vouching.issuer}|stranger"


def test_an_account_that_is_closed_stays_closed(gate: Gate, vouching: rig.Provider) -> None:
    gate.store.accounts.change("id-ren", lambda a: msgspec.structs.replace(a, active=False))
    refused(gate, "oidc.unknown", lambda: gate.come(vouching, "ren-1"))


def test_the_provider_is_asked_with_pkce_state_and_nonce(gate: Gate, vouching: rig.Provider) -> None:
    url, kept = gate.begun()
    other, _ = gate.begun()
    for word in ("code_challenge_method=S256", "state=", "nonce=", "response_type=code", "scope=openid"):
        assert word in url
    assert url != other
    assert "state" not in kept, "what the browser keeps is sealed"


def test_a_verifier_of_another_login_gets_no_token(gate: Gate, vouching: rig.Provider) -> None:
    """Somebody's code, brought to our own login: PKCE binds it to the browser that began."""
    theirs = vouching.agreed(gate.begun()[0], "ren-1")
    url, kept = gate.begun()
    mine = vouching.agreed(url, "ren-1")
    refused(gate, "oidc.code", lambda: gate.openid.finish(HERE, {**mine, "code": theirs["code"]}, kept, AT))


def test_coming_back_twice_opens_once(gate: Gate, vouching: rig.Provider) -> None:
    url, kept = gate.begun()
    back = vouching.agreed(url, "ren-1")
    gate.openid.finish(HERE, back, kept, AT)
    refused(gate, "oidc.code", lambda: gate.openid.finish(HERE, back, kept, AT))


@pytest.mark.parametrize("how", ["no cookie", "another's cookie", "forged", "no state", "another issuer", "too late"])
def test_whoever_did_not_begin_here_does_not_get_in(gate: Gate, vouching: rig.Provider, how: str) -> None:
    url, kept = gate.begun()
    back = vouching.agreed(url, "ren-1")
    if how == "no cookie":
        kept = ""
    if how == "another's cookie":
        kept = gate.begun()[1]
    if how == "forged":
        kept = kept[:-8] + "AAAAAAA="
    if how == "no state":
        back.pop("state")
    if how == "another issuer":
        back["iss"] = "https://evil.example"
    if how == "too late":
        gate.late = timedelta(minutes=10)
    refused(gate, "oidc.state", lambda: gate.openid.finish(HERE, back, kept, AT))


def test_somebody_who_says_no_at_the_provider_is_told_so(gate: Gate, vouching: rig.Provider) -> None:
    url, kept = gate.begun()
    back = vouching.agreed(url, "ren-1", action="deny")
    state = dict(part.partition("=")[::2] for part in url.partition("?")[2].split("&"))["state"]
    refused(gate, "oidc.refused", lambda: gate.openid.finish(HERE, {"state": state, **back}, kept, AT))


def test_a_wrong_nonce_is_refused(gate: Gate, vouching: rig.Provider) -> None:
    vouching.bend(nonce="of another login")
    refused(gate, "oidc.token", lambda: gate.come(vouching, "ren-1"))


@pytest.mark.parametrize("change", [{"sub": "ren-1"}, {"aud": "cockpit"}, {"exp": 4102444800}])
def test_a_token_changed_after_it_was_signed_is_refused(
    gate: Gate, vouching: rig.Provider, change: dict[str, Any]
) -> None:
    vouching.bend(tamper=change)
    refused(gate, "oidc.token", lambda: gate.come(vouching, "somebody-else"))


@pytest.mark.parametrize("ahead", [60, -60])
def test_clocks_a_minute_apart_do_no_harm(gate: Gate, vouching: rig.Provider, ahead: int) -> None:
    vouching.bend(ahead=ahead)
    assert gate.come(vouching, "ren-1")[0].account.name == "ren"


@pytest.mark.parametrize("ahead", [600, -600, 86_400, -86_400])
def test_clocks_further_apart_are_named(gate: Gate, vouching: rig.Provider, ahead: int) -> None:
    vouching.bend(ahead=ahead)
    refused(gate, "oidc.clock", lambda: gate.come(vouching, "ren-1"))


def test_a_provider_that_is_down_is_said_to_be(sqlite_store: Store) -> None:  # noqa: F811
    with rig.opened() as short:
        gate = Gate(sqlite_store, short.issuer)
        gate.account("ren", f"{short.issuer}|ren-1")
        url, kept = gate.begun()
        back = short.agreed(url, "ren-1")
        short.stop()
        refused(gate, "oidc.down", lambda: gate.openid.finish(HERE, back, kept, AT))
        refused(gate, "oidc.down", gate.begun)


def test_a_provider_under_another_name_is_not_the_one(sqlite_store: Store, vouching: rig.Provider) -> None:  # noqa: F811
    refused(other := Gate(sqlite_store, vouching.issuer + "/"), "oidc.down", other.begun)


class TestFirstLogin:
    """With a claim in the settings, the provider's name for somebody finds their account once."""

    @pytest.fixture
    def gate(self, store: Store, vouching: rig.Provider) -> Gate:  # noqa: F811
        return Gate(store, vouching.issuer, claim="preferred_username")

    def test_links_an_account_that_waits_for_it(self, gate: Gate, vouching: rig.Provider) -> None:
        gate.account("sun")
        vouching.knows("s-9", preferred_username="Sun")
        assert gate.come(vouching, "s-9")[0].account.name == "sun"
        assert gate.store.accounts.of_subject(f"{vouching.issuer}|s-9") is not None
        vouching.knows("s-9", preferred_username="somebody")  # from now on the subject counts
        assert gate.come(vouching, "s-9")[0].account.name == "sun"

    @pytest.mark.parametrize("more", [{"password": "set"}, {"subject": "https://other|1"}, {"active": False}])
    def test_leaves_every_other_account_alone(self, gate: Gate, vouching: rig.Provider, more: dict[str, Any]) -> None:
        gate.account("sun", **more)
        vouching.knows("s-8", preferred_username="sun")
        refused(gate, "oidc.unknown", lambda: gate.come(vouching, "s-8"))

    @pytest.mark.parametrize("name", ["nobody", "", "a b", "x" * 99, 5, None, ["sun"]])
    def test_takes_only_a_name(self, gate: Gate, vouching: rig.Provider, name: Any) -> None:
        gate.account("sun")
        vouching.knows("s-7", preferred_username=name)
        refused(gate, "oidc.unknown", lambda: gate.come(vouching, "s-7"))

    def test_takes_an_address_only_when_it_is_proven(self, sqlite_store: Store, vouching: rig.Provider) -> None:  # noqa: F811
        gate = Gate(sqlite_store, vouching.issuer, claim="email")
        gate.account("sun@port.example")
        vouching.knows("s-6", email="sun@port.example", email_verified=False)
        refused(gate, "oidc.unknown", lambda: gate.come(vouching, "s-6"))
        vouching.knows("s-6", email="sun@port.example", email_verified=True)
        assert gate.come(vouching, "s-6")[0].account.name == "sun@port.example"


def test_an_administrator_links_a_subject_to_one_account_and_to_no_other(gate: Gate, vouching: rig.Provider) -> None:
    subject, other = f"{vouching.issuer}|ren-1", gate.account("sun")
    desk = AccountDesk(gate.store.accounts, POLICIES["mlps3"], gate.clock)
    with pytest.raises(AccountError, match="is the account ren already"):
        desk.change(ADMIN, other, 1, subject=subject)
    desk.change(ADMIN, "id-ren", 1, subject="")
    desk.change(ADMIN, other, 1, subject=subject)
    assert gate.come(vouching, "ren-1")[0].account.name == "sun"


def test_the_command_line_links_and_takes_it_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = config(tmp_path, '[access.oidc]\nissuer = "https://id.example"\nclient_id = "cockpit"')
    told = configuration.load(file, environ={"COCKPIT_HOME": str(tmp_path)})
    with contextlib.closing(open_store(told.database_url)) as book:
        new = Account(account_id="1", name="ren", roles=(Role.SUPERVISOR,))
        book.accounts.add(new, by(ADMIN, "account.add", "ren"))
        assert access_commands.account_link(told, "Ren", "7") == 0
        found = book.accounts.of_subject("https://id.example|7")
        assert found is not None
        assert access_commands.account_link(told, "ren", "") == 0
        assert book.accounts.of_subject("https://id.example|7") is None
        with pytest.raises(AccountError, match="no account nobody"):
            access_commands.account_link(told, "nobody", "7")
    assert "ren is https://id.example|7" in capsys.readouterr().out
    with pytest.raises(ConfigError, match="no OpenID provider"):
        access_commands.account_link(configuration.load(environ={"COCKPIT_HOME": str(tmp_path)}), "ren", "7")


class Strange(BaseHTTPRequestHandler):
    """A server that is no provider."""

    status, body, headers_more = 200, b"", {}

    def do_GET(self) -> None:
        if self.status == 0:
            self.server.hanging.wait(60)
            return
        self.send_response(self.status)
        for name, value in self.headers_more.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def strange() -> Iterator[Any]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Strange,), {}))
    server.hanging = threading.Event()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.hanging.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(
    "answer",
    [
        (0, b""),
        (500, b"{}"),
        (302, b""),
        (200, b""),
        (200, b"<html>"),
        (200, b"\xff\xfe"),
        (200, b"[]"),
        (200, b'{"issuer": 5}'),
        (200, b'{"issuer": "ISSUER"}'),
        (200, b" " * 300_000),
        (200, b'{"issuer":"ISSUER","authorization_endpoint":"ISSUER/a","token_endpoint":"http://10.0.0.9/t",'
              b'"jwks_uri":"ISSUER/k"}'),
        (200, b'{"issuer":"ISSUER","authorization_endpoint":"javascript:alert(1)","token_endpoint":"ISSUER/t",'
              b'"jwks_uri":"ISSUER/k"}'),
        (200, b'{"issuer":"https://evil.example","authorization_endpoint":"ISSUER/a","token_endpoint":"ISSUER/t",'
              b'"jwks_uri":"ISSUER/k"}'),
    ],
)  # fmt: skip
def test_what_is_no_provider_is_down(
    sqlite_store: Store, strange: Any, monkeypatch: pytest.MonkeyPatch, answer: tuple[int, bytes]  # noqa: F811
) -> None:  # fmt: skip
    monkeypatch.setattr(oidc, "PATIENCE", (0.5, 0.5))
    issuer = f"http://127.0.0.1:{strange.server_port}"
    handler = strange.RequestHandlerClass
    handler.status, handler.body = answer[0], answer[1].replace(b"ISSUER", issuer.encode())
    handler.headers_more = {"location": "https://evil.example/"} if answer[0] == 302 else {}
    refused(gate := Gate(sqlite_store, issuer), "oidc.down", gate.begun)
