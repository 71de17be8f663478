"""The operator's settings: mistakes are named, and what is left out has a sensible value."""

from __future__ import annotations

import pytest

import settings
from domain.errors import ConfigError


def loaded(tmp_path, text):
    file = tmp_path / "cockpit.toml"
    file.write_text(text, encoding="utf-8")
    return settings.load(file, {"COCKPIT_HOME": str(tmp_path)})


def test_defaults(tmp_path):
    found = loaded(tmp_path, "")
    assert (found.logs.format, found.logs.level) == ("auto", "info")
    assert found.retention.positions_days == 90
    assert found.retention.alerts_days == 0, "who did what when is kept for ever unless told otherwise"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('[logs]\nformat = "xml"', "logs.format"),
        ('[logs]\nlevel = "loud"', "logs.level"),
        ("[retention]\npositions_days = -1", "retention.positions_days"),
        ("[retention]\nfacts_days = 0.5", "retention.facts_days"),
        ("[retention]\nvideo_days = 3", "retention.video_days"),
        ("[server]\ncollect_port = 70000", "server.collect_port"),
    ],
)
def test_mistakes_are_named(tmp_path, text, key):
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, text)
    assert caught.value.key == key
