"""What stands between the cockpit and the network: addresses refused, proxies believed, the first administrator."""

from __future__ import annotations

from pathlib import Path

import pytest
import uvicorn
from starlette.testclient import TestClient

import entering
from app import main
from domain.errors import ConfigError
from domain.permissions import Role
from pipeline.opening import store_of
from settings import load
from store.engine import open_store
from tests.access.conftest import ADMIN, GOOD, HERE, Clock, Office

OPEN = '[access]\nmode = "accounts"\n[server]\nhost = "0.0.0.0"\n'


def loaded(folder: Path, text: str):
    (folder / "cockpit.toml").write_text(text)
    return load(folder / "cockpit.toml", environ={"COCKPIT_HOME": str(folder)})


@pytest.mark.parametrize(
    ("text", "key", "word"),
    [
        ("[server]\nhost = '0.0.0.0'", "server.host", "this machine only"),
        ("[server]\nhost = '10.0.0.1'\ntls = 'proxy'", "server.host", "this machine only"),
        (OPEN, "server.tls", "in the clear"),
        (OPEN + "tls = 'own'\ncertificate = '/nowhere'", "server.certificate", "needs this file"),
        (OPEN + "tls = 'yes'", "server.tls", "none, own or proxy"),
        ("[access]\nmode = 'open'", "access.mode", "demo or accounts"),
        ("[access]\npolicy = 'lax'", "access.policy", "mlps3, asvs"),
    ],
)
def test_an_open_door_is_refused_with_file_key_and_reason(tmp_path: Path, text: str, key: str, word: str) -> None:
    with pytest.raises(ConfigError, match=word) as refused:
        loaded(tmp_path, text)
    assert key in str(refused.value)


def test_other_addresses_wait_for_the_first_administrator(tmp_path: Path) -> None:
    told = loaded(tmp_path, OPEN + 'tls = "proxy"\nnames = ["cockpit.example"]')
    store = open_store(told.database_url)
    with pytest.raises(ConfigError, match="no administrator yet"):
        entering.said_first(told, store)
    office = Office(store, Clock())
    link = office.desk.first_link(ADMIN)
    office.login.welcome(link or "", GOOD, HERE, "anna")
    assert entering.said_first(told, store) == ""
    assert entering.address(told) == "https://cockpit.example"
    store.close()


@pytest.mark.parametrize(
    ("proxies", "seen"), [([], "10.9.9.9"), (["10.9.9.9"], "203.0.113.5"), (["10.1.1.1"], "10.9.9.9")]
)
def test_a_forged_address_is_believed_from_our_proxy_only(tmp_path: Path, proxies: list[str], seen: str) -> None:
    told = loaded(tmp_path, f'[access]\nmode = "accounts"\n[server]\nproxies = {proxies}\n'.replace("'", '"'))
    found: list[str] = []

    async def application(scope, receive, send) -> None:
        found.append(scope["client"][0])
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    config = uvicorn.Config(application, **entering.listening(told), log_config=None)
    config.load()
    client = TestClient(config.loaded_app, client=("10.9.9.9", 1))
    client.get("/", headers={"x-forwarded-for": "203.0.113.5"})
    assert found == [seen]


def test_keys_and_ways_in_from_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cockpit.toml").write_text('[access]\nmode = "accounts"\n')
    monkeypatch.setenv("COCKPIT_HOME", str(tmp_path))
    where = ["--config", str(tmp_path / "cockpit.toml")]
    assert main(["api-key", "create", *where, "--name", "erp", "--role", "leader", "--days", "30"]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("cockpit_")
    assert told.out.strip() not in told.err
    assert main(["api-key", "create", *where, "--name", "x", "--role", "king"]) == 1
    assert "unknown role 'king'" in capsys.readouterr().err
    assert main(["api-key", "create", *where, "--name", "x", "--role", "security_admin"]) == 1
    assert main(["api-key", "create", *where, "--name", "x", "--role", "enterprise"]) == 1
    assert main(["api-key", "create", *where, "--name", "x", "--role", "enterprise", "--scope", "agent-7"]) == 0
    capsys.readouterr()
    rows = ["--dataset", "gate_move", "--dataset", "gate_state"]
    assert main(["api-key", "create", *where, "--name", "gates", "--role", "wall", *rows]) == 0
    assert "reads gate_move, gate_state only" in capsys.readouterr().err
    assert main(["api-key", "create", *where, "--name", "x", "--role", "wall", "--dataset", "plates"]) == 1
    assert "no dataset plates" in capsys.readouterr().err
    assert main(["api-key", "list", *where]) == 0
    listed = capsys.readouterr().out
    assert "reads gate_move,gate_state" in listed
    assert "erp  leader  stands  by console:" in listed
    key_id = next(line.split()[0] for line in listed.splitlines() if " erp " in line)
    assert main(["api-key", "revoke", *where, key_id]) == 0
    assert main(["api-key", "revoke", *where, "nothing"]) == 1
    capsys.readouterr()
    assert main(["admin-link", *where]) == 0
    assert "/welcome/" in capsys.readouterr().out
    assert main(["unlock", *where, "nobody"]) == 1
    store = store_of(load(tmp_path / "cockpit.toml"))
    Office(store, Clock()).hire("lin", Role.LEADER)
    assert main(["unlock", *where, "LIN"]) == 0
    assert main(["verify-audit", *where]) == 0
    store.close()
