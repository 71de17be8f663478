"""Saved views and bookmarks: each viewer's own, one of a name, never a way out of the cockpit."""

from __future__ import annotations

import pytest

from domain.kept import LONGEST_NAME, MOST, KeepError, checked
from store.engine import Store
from tests.store.samples import ENTERPRISE, NOW, PORT


def test_what_is_kept_comes_back_as_it_was_newest_name_first(store: Store) -> None:
    body = {"grids": {"g": {"filter": {"key": "45"}}}, "map": {"m": [36.0, 120.2, 13]}}
    store.keep(PORT, checked("view", " 夜班  East ", "/yard?block=A1", body))
    store.keep(PORT, checked("bookmark", "夜班 East", "/alerts", {}))
    (view,) = store.reads.kept(PORT, "view")
    assert (view.name, view.path, view.body, view.updated_at) == ("夜班 East", "/yard?block=A1", body, NOW)
    assert [one.path for one in store.reads.kept(PORT, "bookmark")] == ["/alerts"]


def test_the_same_name_replaces_and_forgetting_forgets(store: Store) -> None:
    store.keep(PORT, checked("view", "a", "/yard", {}))
    store.keep(PORT, checked("view", "a", "/kpis", {}))
    assert [one.path for one in store.reads.kept(PORT, "view")] == ["/kpis"]
    assert store.forget(PORT, "view", "a")
    assert not store.forget(PORT, "view", "a")
    assert store.reads.kept(PORT, "view") == []


def test_nobody_sees_changes_or_forgets_what_another_keeps(store: Store) -> None:
    store.keep(PORT, checked("view", "a", "/yard", {}))
    assert store.reads.kept(ENTERPRISE, "view") == []
    assert not store.forget(ENTERPRISE, "view", "a")
    store.keep(ENTERPRISE, checked("view", "a", "/kpis", {}))
    assert [one.path for one in store.reads.kept(PORT, "view")] == ["/yard"]


def test_so_many_and_no_more(store: Store) -> None:
    for number in range(MOST):
        store.keep(PORT, checked("bookmark", str(number), "/", {}))
    with pytest.raises(KeepError, match="too_many"):
        store.keep(PORT, checked("bookmark", "one more", "/", {}))
    store.keep(PORT, checked("bookmark", "7", "/yard", {}))


@pytest.mark.parametrize(
    ("name", "path", "body", "code"),
    [
        ("", "/", {}, "bad_name"), ("  ", "/", {}, "bad_name"), ("a\x07", "/", {}, "bad_name"),
        ("n" * (LONGEST_NAME + 1), "/", {}, "bad_name"),
        ("a", "//evil.example/x", {}, "bad_path"), ("a", "/\\evil.example", {}, "bad_path"),
        ("a", "javascript:alert(1)", {}, "bad_path"), ("a", "https://evil.example", {}, "bad_path"),
        ("a", "/" + "x" * 3000, {}, "bad_path"), ("a", "/", {"x": "y" * 70_000}, "too_large"),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_is_refused_by_name(name: str, path: str, body: dict[str, str], code: str) -> None:
    with pytest.raises(KeepError) as refused:
        checked("view", name, path, body)
    assert refused.value.code == code
