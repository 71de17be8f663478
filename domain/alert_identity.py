"""What makes two alerts the same one: the rule and its subject."""

from __future__ import annotations

import hashlib


def alert_key(rule: str, subject: str) -> str:
    """Identity of an alert."""
    return f"{rule}:{subject}"


def alert_id(key: str) -> str:
    """The alert's number in addresses: sixteen hexadecimal digits of what its key hashes to."""
    return hashlib.sha256(key.encode()).hexdigest()[:16]
