"""Fixtures every room's tests may use."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from store.database import Database

REPO = Path(__file__).resolve().parent.parent
# How long an example takes says something of the machine, and nothing of the code.
settings.register_profile("cockpit", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("cockpit")
CHROMIUM_ARGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


# What stands together shares its servers: one worker takes all files that begin so, of others a file at a time. The
# browser's are two parts, else they alone are the length of the suite. What waits more than it works comes first:
# nobody is left alone with it at the end.
TOGETHER = ("tests/browser/test_time", "tests/browser/", "tests/grown/")
WAITING = ("tests/live", "tests/geo", "tests/pipeline", "tests/ops")


def _together(nodeid: str) -> str:
    """What one worker takes at a time: files that stand together, or one."""
    file = nodeid.partition("::")[0]
    return next((part for part in TOGETHER if file.startswith(part)), file)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In a worker of a parallel run: the order in which the parts of the suite are taken."""
    if not hasattr(config, "workerinput"):
        return
    places = {part: place for place, part in enumerate(TOGETHER)}
    for item in items:
        part = _together(item.nodeid)
        if any(item.get_closest_marker(name) for name in ("browser", "slow")) or part.startswith(WAITING):
            places.setdefault(part, len(TOGETHER))
    items.sort(key=lambda item: places.get(_together(item.nodeid), len(TOGETHER) + 1))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Scheduler of ``--dist loadfile``; None leaves other ways of distributing alone."""
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return _together(nodeid)

    return Scheduling(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep what a worker cannot send out of its reports: tests log lone surrogates on purpose."""
    report = yield
    report.sections = [(name, text.encode(errors="backslashreplace").decode()) for name, text in report.sections]
    return report


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database without rows; copying it is a hundred times faster than migrating."""
    from store.engine import open_store

    path = tmp_path_factory.mktemp("store") / "empty.db"
    open_store(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session", autouse=True)
def migrated_once(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whoever opens a store on a file that is not there gets a copy; what is there is migrated as ever.

    Processes of their own migrate, and so do the tests of the migrations: they upgrade what is there.
    """
    from store import engine

    def upgrade(database: Database) -> None:
        url = database.engine.url
        if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).exists():
            with contextlib.suppress(OSError):
                shutil.copy(empty, url.database)
        migrate(database)

    migrate, empty = engine.upgrade, request.getfixturevalue("empty_database")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "upgrade", upgrade)
        yield


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder with the real data files; they are not part of the project, so tests skip without."""
    folder = Path(os.environ.get("COCKPIT_TEST_DATA") or REPO.parent / "shared" / "data")
    if not (folder / "README.md").exists():
        pytest.skip(f"real data not present (set COCKPIT_TEST_DATA); looked in {folder.name}")
    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium to drive; `make test` tries to get one."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    if not Path(path).exists():
        pytest.skip("no Chromium on this machine and none could be installed")
    return path


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """A headless Chromium; ends with its module, since its event loop is in the way of async tests."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGS)
        yield started
        started.close()
