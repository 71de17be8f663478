"""How long the steps take: counted here, where they run, read by whoever asks (api/metrics)."""

from __future__ import annotations

from telemetry.counts import Spreads

STEPS = Spreads()  # by step: poll, gate, ingest, rules, roll_up, retention
RULES = Spreads()  # by rule
PUBLISHED = Spreads()  # by topic: reading its picture and handing it to the hub
