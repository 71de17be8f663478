"""A port of one feed: declarations dropped as files, which wait in the queue."""

from __future__ import annotations

from tests.conftest import REPO

CONFIG = f"""
[port]
name_zh = "青岛前湾港"
name_en = "Qingdao Qianwan"
timezone = "Asia/Shanghai"
geo = "{REPO}/assets/geo"
[feeds.queue]
adapter = "csv_drop"
origin = "simulated"
every_seconds = 1
expected_seconds = 600
settle_seconds = 0
dataset = "inspection_task"
path = "drop"
[feeds.queue.mapping]
declaration_no = "declaration"
platform = "platform"
event_time = "appointed"
appointed_for = "appointed"
"""
