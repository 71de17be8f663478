"""A hundred persons who acknowledge one alert at once, each by a request of their own (RELIABILITY.md, test 33)."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections import Counter

from domain.alert_identity import alert_id

RACERS = 100


def race(address: str, key: str) -> dict[int, int]:
    """How many were answered with which status; all saw the same version of the alert with this key."""
    path = f"{address}/api/v1/alerts/{alert_id(key)}"
    with urllib.request.urlopen(path, timeout=60) as answer:
        body = json.dumps({"act": "acknowledge", "version": json.load(answer)["version"]}).encode()
    answers: Counter[int] = Counter()
    start = threading.Barrier(RACERS)

    def run() -> None:
        request = urllib.request.Request(f"{path}/acts", body, {"content-type": "application/json"})
        start.wait(60)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                answers[answer.status] += 1
        except urllib.error.HTTPError as refused:
            answers[refused.code] += 1

    racers = [threading.Thread(target=run) for _ in range(RACERS)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(180)
    return dict(answers)
