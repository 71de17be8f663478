"""A broken configuration names file, key and what is wrong; nothing is ignored."""

from __future__ import annotations

from pathlib import Path

import pytest

import settings
from domain.configured import Shown
from domain.errors import ConfigError


def _write(folder: Path, text: str | bytes) -> Path:
    file = folder / "cockpit.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def test_the_shipped_configuration_is_right() -> None:
    found = settings.load(environ={})
    assert found.server.host == "127.0.0.1"
    assert {feed.adapter for feed in found.feeds} == {"simulation"}
    assert all(feed.origin == "simulated" for feed in found.feeds)


@pytest.mark.parametrize(
    ("text", "key", "word"),
    [
        ("colour = 1", "colour", "unknown key"),
        ("[server]\nport = 'x'", "server.port", "Expected `int`"),
        ("[server]\nport = 0", "server.port", "1 to 65535"),
        ("[server]\nprot = 8050", "server.prot", "unknown key"),
        ("[server]\nhost = '0.0.0.0'", "server.host", "this machine only"),
        ("[port]\ntimezone = 'Mars/Base'", "port.timezone", "unknown time zone"),
        ("language = 'fr'", "language", "zh_CN or en"),
        ("feeds = 3", "feeds", "tables"),
        ("[feeds.Bad-Name]\nadapter='csv_drop'", "feeds.Bad-Name", "lower-case"),
        ("[feeds.a]\nevery_seconds = 3", "feeds.a.adapter", "missing"),
        ("[feeds.a]\nadapter = 'telepathy'", "feeds.a.adapter", "unknown adapter"),
        ("[feeds.a]\nadapter = 'contract'", "feeds.a.adapter", "unknown adapter"),
        ("[feeds.a]\nadapter = '../../etc'", "feeds.a.adapter", "unknown adapter"),
        ("[feeds.a]\nadapter='simulation'\ndataset='yard'\nevery_seconds=0", "feeds.a.every_seconds", "0.1 to 86400"),
        ("[feeds.a]\nadapter='simulation'\ndataset='yard'\norigin='guessed'", "feeds.a.origin", "Invalid enum"),
        ("[feeds.a]\nadapter='simulation'\ndataset='yard'\ntruks=3", "feeds.a.truks", "unknown key"),
        ("[limits]\nyard_backlog = 0.5", "limits.yard_backlog", "above"),
        ("[feeds.a]\nadapter = 'simulation'\npriority = -1\ndataset = 'yard'", "feeds.a.priority", "goes before all"),
        ("[alerts]\nshelve_max = 3", "alerts.shelve_max", "unknown key"),
        ("[alerts]\nre_sound_seconds = 0", "alerts.re_sound_seconds", "5 to 600"),
        ("[alerts]\nshifts = ['20:00', '08:00']", "alerts.shifts", "each later"),
        ("[alerts]\ntwo_person_levels = [5]", "alerts.two_person_levels", "1 (red)"),
        ("[alerts.escalation]\norange = [60, 30]", "alerts.escalation.orange", "later than"),
        ("[alerts.escalation]\nred = [60]", "alerts.escalation.red", "within 30 s"),
        ("[alerts.targets.duty]\nurl = 'duty'", "alerts.targets.duty.url", "address"),
        ("[alerts.agencies.police]", "alerts.agencies.police", "customs, border"),
        ("[alerts.agencies.customs]\ntargets = ['x']", "alerts.agencies.customs.targets", "no target"),
        ("[alerts.rules.gate_que]", "alerts.rules.gate_que", "no rule is called so"),
        ("[alerts.rules.gate_queue_2]\nkind = 'yard_backlog'", "alerts.rules.gate_queue_2.kind", "begins with"),
        ("[alerts.rules.gate_queue]\nparams = {minute = 5}", "alerts.rules.gate_queue.params.minute", "has minutes"),
        ("[alerts.rules.gate_queue]\nparams = {minutes = nan}", "alerts.rules.gate_queue.params.minutes", "1 to 600"),
        (
            "[alerts.rules.crane_wind]\nparams = {warn_speed = 25}",
            "alerts.rules.crane_wind.params",
            "warn_speed (25 metres_per_second) must be below stop_speed (20 metres_per_second)",
        ),
        (
            "[alerts.rules.signal_lost_slow]\nparams = {silent_minutes = 90, gone_hours = 1.5}",
            "alerts.rules.signal_lost_slow.params",
            "silent_minutes (90 minutes) must be below gone_hours (1.5 hours)",
        ),
        ("[alerts.rules.gate_queue]\nlevels = {twice = 5}", "alerts.rules.gate_queue.levels.twice", "1 (red)"),
        ("[alerts.rules.gate_queue]\nhold_on_seconds = -1", "alerts.rules.gate_queue.hold_on_seconds", "must be 0"),
        ("[alerts.rules.gate_queue]\nactive_hours = ['8-9']", "alerts.rules.gate_queue.active_hours", "not like"),
        ("[alerts.rules.gate_queue]\nno_data = 'shout'", "alerts.rules.gate_queue.no_data", "Invalid enum"),
        ("[alerts.rules.gate_queue]\nagency = 'army'", "alerts.rules.gate_queue.agency", "customs, border"),
        ("[alerts.rules.door_opened]\ncount = 3", "alerts.rules.door_opened.window_seconds", "within what time"),
        (
            "[alerts.rules.suspended_too_long]\nparams = {hours = 2}",
            "alerts.rules.suspended_too_long.params.hours",
            "limits.suspended_hours",
        ),
        ("[limits]\nposition_gone_hours = 25", "limits.position_gone_hours", "at most 24"),
        ("[server]\nworkers = 0", "server.workers", "1 to 64"),
        ("[bus]\nurl = 'redis://x'", "bus.url", "nats://"),
        ("[bus]\nurl = 'nats://a:${NO_SUCH}@b'", "bus.url", "NO_SUCH is not set"),
        ("[bus]\nsubject = 'a b'", "bus.subject", "letters"),
        ("[store]\nurl = 'postgresql+psycopg://a:${NO_SUCH}@b/c'", "store.url", "NO_SUCH is not set"),
        ("[store.deadband.vehicles]\nmetres = -1", "store.deadband.vehicles", "below zero"),
        ("[store.deadband.trains]\nmetres = 1", "store.deadband.trains", "unknown key"),
        ("[lease]\nseconds = 1", "lease.seconds", "2 to 60"),
        ("[secrets]\nalgorithm = 'rot13'", "secrets.algorithm", "aes-256-gcm, sm4-gcm"),
        ("[store]\nurl = 'postgresql+psycopg://a:${secret:db}@b/c'", "store.url", "options of feeds"),
        ("[feeds.a]\nadapter='nmea_ais'\naddress='tcp://${secret:A b}:1'", "feeds.a.address", "no secret can be named"),
        ("[feeds.a]\nadapter='nmea_ais'\naddress='tcp://${secret:a}:1'\nspede=1", "feeds.a.spede", "unknown key"),
        ("[access.oidc]\nissuer = 'http://id.example'\nclient_id = 'c'", "access.oidc", "issuer must be https"),
        ("[access.oidc]\nissuer = 'https://id.example'\nclient_id = ''", "access.oidc", "client_id is missing"),
        ("[access.oidc]\nissuer = 'https://id.example'", "access.oidc", "missing required field `client_id`"),
        ("[access.oidc]\nissuer = 'https://i'\nclient_id = 'c'\nsecret = 's'", "access.oidc.secret", "unknown key"),
        (
            "[access.oidc]\nissuer = 'https://i'\nclient_id = 'c'\nclient_secret = '${NO_SUCH}'",
            "access.oidc",
            "client_secret: NO_SUCH is not set",
        ),
        ("access = 3", "access", "object"),
        ("a = [", "(file)", "TOML"),
        (b"\xff\xfe", "(file)", "UTF-8"),
    ],
)
def test_every_mistake_is_named(tmp_path: Path, text: str | bytes, key: str, word: str) -> None:
    with pytest.raises(ConfigError) as caught:
        settings.load(_write(tmp_path, text), environ={})
    assert caught.value.key == key
    assert word in caught.value.problem
    assert "cockpit.toml" in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.toml.*does not exist"):
        settings.load(tmp_path / "nowhere.toml", environ={})


def test_the_environment_overrides_the_file(tmp_path: Path) -> None:
    file = _write(tmp_path, "[server]\nport = 9000")
    found = settings.load(file, {"COCKPIT_PORT": "9001", "COCKPIT_HOME": str(tmp_path / "home")})
    assert found.server.port == 9001
    assert found.home == tmp_path / "home"
    assert found.database_url.startswith("sqlite:///")
    assert str(tmp_path) in found.database_url


@pytest.mark.parametrize("port", ["0", "65536", "eighty"])
def test_a_bad_port_in_the_environment_is_named(tmp_path: Path, port: str) -> None:
    with pytest.raises(ConfigError, match="port"):
        settings.load(_write(tmp_path, ""), {"COCKPIT_PORT": port})


def test_options_take_values_of_the_environment(tmp_path: Path) -> None:
    file = _write(tmp_path, "[feeds.a]\nadapter = 'simulation'\ndataset = '${KIND}'")
    assert settings.load(file, {"KIND": "yard"}).feeds[0].options["dataset"] == "yard"


def test_passwords_come_from_the_environment_whatever_they_hold(tmp_path: Path) -> None:
    file = _write(
        tmp_path, "[store]\nurl='postgresql+psycopg://u:${PG}@h/d'\n[bus]\nurl='nats://u:${N}@a:1,nats://u:${N}@b:1'"
    )
    found = settings.load(file, environ={"PG": "a/b@c:%d", "N": "x"})
    assert found.database_url == "postgresql+psycopg://u:a%2Fb%40c%3A%25d@h/d"
    assert found.bus.url == "nats://u:x@a:1,nats://u:x@b:1"
    assert not found.alone
    instead = {"COCKPIT_DATABASE_URL": "sqlite:////x/y.db", "COCKPIT_BUS_URL": "nats://c:1"}
    assert settings.load(file, environ=instead).database_url == "sqlite:////x/y.db"  # and no password is asked for
    assert settings.load(file, environ=instead).bus.url == "nats://c:1"
    assert settings.load(environ={}).alone


def test_the_secret_at_the_openid_provider_comes_from_the_environment(tmp_path: Path) -> None:
    file = _write(tmp_path, "[access.oidc]\nissuer='https://id.example'\nclient_id='c'\nclient_secret='${S}'")
    told = settings.load(file, environ={"S": "a/b@c"}).access.oidc
    assert told is not None
    assert (told.client_secret, told.claim) == ("a/b@c", "")


def test_the_example_of_the_grown_mode_is_right() -> None:
    file = settings.PROJECT / "examples" / "grown" / "cockpit.toml"
    secret = {"COCKPIT_DATABASE_PASSWORD": "p", "COCKPIT_BUS_PASSWORD": "q"}
    found, plain = settings.load(file, environ=secret), settings.load(environ={})
    assert (found.feeds, found.limits, found.port, found.store.deadband) == (
        plain.feeds, plain.limits, plain.port, plain.store.deadband,
    )  # fmt: skip
    assert found.server.workers == 2


def test_ports_come_from_the_environment() -> None:
    server = settings.load(environ={"COCKPIT_PORT": "9001", "COCKPIT_COLLECT_PORT": "9002"}).server
    assert (server.port, server.collect_port) == (9001, 9002)
    with pytest.raises(ConfigError, match="COCKPIT_COLLECT_PORT"):
        settings.load(environ={"COCKPIT_COLLECT_PORT": "x"})


def test_every_setting_says_where_it_comes_from_and_no_secret(tmp_path: Path) -> None:
    file = _write(
        tmp_path,
        "[server]\nport = 9000\n[store]\nurl = 'postgresql+psycopg://u:${PG}@h/d'\n[bus]\nurl='nats://u:literal@h:1'\n"
        "[feeds.a]\nadapter='simulation'\ndataset='${KIND}'\n"
        "[feeds.b]\nadapter='nmea_ais'\naddress='tcp://${secret:host}:1'\n",
    )
    environ = {"PG": "Passw0rd", "KIND": "yard", "COCKPIT_PORT": "9001", "COCKPIT_HOME": str(tmp_path)}
    told = {key: (one.value, one.origin) for key, one in settings.load(file, environ).told.items()}
    assert told["server.port"] == (9001, "environment")
    assert told["server.host"] == ("127.0.0.1", "default")
    assert told["home"] == (str(tmp_path), "environment")
    assert told["store.url"] == ("postgresql+psycopg://u:${PG}@h/d", "environment")
    assert told["bus.url"] == ("nats://***@h:1", "file")
    assert told["feeds.a.dataset"] == ("${KIND}", "environment")
    assert told["feeds.a.trucks"][1] == "default"
    assert told["feeds.b.address"] == ("tcp://${secret:host}:1", "file")
    assert told["store.deadband.gates.metres"] == (None, "default"), "as it comes back from the store"
    assert "Passw0rd" not in str(told)
    assert "literal" not in str(told)
    instead = settings.load(file, {**environ, "COCKPIT_DATABASE_URL": "postgresql+psycopg://u:Passw0rd@h/d"})
    assert instead.told["store.url"] == Shown("${COCKPIT_DATABASE_URL}", "environment")
    assert settings.load(file, environ).told == settings.load(file, environ).told


def test_feeds_go_before_one_another_by_priority_and_then_by_order(tmp_path: Path) -> None:
    rows = [("a", ""), ("b", "priority = 2"), ("c", ""), ("d", "priority = 1")]
    feeds = "".join(f"[feeds.{name}]\nadapter = 'simulation'\ndataset = 'yard'\n{key}\n" for name, key in rows)
    found = settings.load(_write(tmp_path, feeds), environ={})
    assert sorted(found.ranks, key=found.ranks.__getitem__) == ["d", "b", "a", "c"]
