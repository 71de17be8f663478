"""Rules are changed through one desk: it keeps nothing that cannot be, whatever a browser sends, and asks who it is."""

from __future__ import annotations

import pytest

from domain.errors import NotAllowedError
from domain.permissions import Role
from domain.rule_instances import Changes, RuleChangesError
from domain.rule_versions import in_force
from domain.viewer import Viewer
from pipeline.rule_desk import RuleDesk
from store.engine import Store

SUPERVISOR = Viewer(name="supervisor", roles=frozenset({Role.SUPERVISOR}))
OFFICER = Viewer(name="officer", roles=frozenset({Role.WATCH_OFFICER}))


def test_what_cannot_be_is_not_kept_and_what_can_is_kept_for_those_who_may(store: Store) -> None:
    desk = RuleDesk(store, {"gate_queue_night": Changes(params={"minutes": 60.0})}, {"gate_wait_minutes": 25.0})
    minutes = {name: desk.configured[name].params.minutes for name in ("gate_queue", "gate_queue_night")}
    assert minutes == {"gate_queue": 25.0, "gate_queue_night": 60.0}
    with pytest.raises(RuleChangesError, match=r"params\.minutes: must be 1 to 600"):
        desk.save(SUPERVISOR, "gate_queue", Changes(params={"minutes": float("nan")}), "draft", "", 0)
    with pytest.raises(RuleChangesError, match=r"share \(0\.1 share\) must be below far_share \(0\.1 share\)"):
        desk.save(SUPERVISOR, "overspeed", Changes(params={"far_share": 0.1}), "draft", "", 0)
    with pytest.raises(RuleChangesError, match="no rule is called so"):
        desk.save(SUPERVISOR, "nothing", Changes(), "draft", "", 0)
    with pytest.raises(NotAllowedError):
        desk.save(OFFICER, "gate_queue", Changes(), "draft", "", 0)
    assert store.rules.versions() == []
    desk.save(SUPERVISOR, "gate_queue", Changes(enabled=False), "published", "gate closed", 0)
    assert in_force(store.rules.versions())["gate_queue"].who == "supervisor"
