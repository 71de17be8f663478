"""``load`` reads a file once, says what became of its rows, and twice changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes import feed, settings

from domain.errors import ConfigError, FeedError
from domain.records import Origin
from pipeline.load import load_file
from settings import Settings
from store.engine import Store, open_store

MAPPING = {"move_id": "编号", "gate_id": "闸口", "direction": "方向", "event_time": "时间"}
GOOD = "编号,闸口,方向,时间\n1,G1,in,2026-03-01 08:00\n2,G1,out,2026-03-01 09:00\n3,G1,in,早上\n"


@pytest.fixture
def given(tmp_path: Path) -> Settings:
    options: dict[str, Any] = {"dataset": "gate_move", "path": str(tmp_path / "drop"), "mapping": MAPPING}
    return settings(tmp_path, feed("gates", "csv_drop", origin=Origin.RECORDED, options=options))


@pytest.fixture
def store(given: Settings) -> Iterator[Store]:
    given.home.mkdir()
    opened = open_store(given.database_url)
    yield opened
    opened.close()


def test_rows_are_counted_and_a_second_load_changes_nothing(tmp_path: Path, given: Settings, store: Store) -> None:
    file = tmp_path / "moves.csv"
    file.write_text(GOOD, "gb18030")
    report = load_file(given, store, "gates", file)
    assert (report.accepted, report.quarantined, report.duplicate) == (2, 1, 0)
    assert sum(report.reasons.values()) == 1
    assert "2 accepted" in str(report)
    assert store.cursor("gates") is None  # a load by hand does not move the running feed
    again = load_file(given, store, "gates", file)
    assert (again.accepted, again.quarantined) == (0, 0)
    assert again.duplicate == 3


def test_what_cannot_be_loaded_says_why(tmp_path: Path, given: Settings, store: Store) -> None:
    with pytest.raises(ConfigError, match="no such feed; known: gates"):
        load_file(given, store, "nothing", tmp_path / "moves.csv")
    with pytest.raises(FeedError, match="does not exist") as missing:
        load_file(given, store, "gates", tmp_path / "absent.csv")
    assert missing.value.code == "missing_file"


def test_the_seed_documents_load(
    shared_data: Path, tmp_path: Path, store: Store, given: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    import settings as configuration

    environment = {"COCKPIT_DATA": str(shared_data), "COCKPIT_HOME": str(given.home)}
    real = configuration.load(Path(configuration.PROJECT / "examples" / "real-data.toml"), environment)
    queue = load_file(real, store, "queue", shared_data / "seeds" / "queue_confirmation_20.csv")
    checks = load_file(real, store, "checks", shared_data / "seeds" / "abnormal_status_18.csv")
    nodes = load_file(real, store, "nodes", shared_data / "seeds" / "inspection_nodes_7.csv")
    assert (queue.accepted, checks.accepted, nodes.accepted) == (20, 18, 7)
    assert (queue.quarantined, checks.quarantined, nodes.quarantined) == (0, 0, 0)
