"""What makes two alerts the same one: the rule and its subject."""

from __future__ import annotations


def alert_key(rule: str, subject: str) -> str:
    """Identity of an alert."""
    return f"{rule}:{subject}"
