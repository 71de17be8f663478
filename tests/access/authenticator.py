"""An authenticator in software: what a security key would answer, and what a wicked one might."""

from __future__ import annotations

import hashlib
import json
import os
from base64 import urlsafe_b64encode
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, ATTESTED = 0x01, 0x40


def text(raw: bytes) -> str:
    """As browsers write bytes."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


class Authenticator:
    """One passkey on ES256; its counter grows with each use, unless it is one of those that stay at 0."""

    def __init__(self, host: str, origin: str, counts: bool = True) -> None:
        """Make a key for a host name; ``origin`` is what the browser around it says."""
        self.host, self.origin, self.counts, self.counter = host, origin, counts, 0
        self.id, self._key = os.urandom(32), ec.generate_private_key(ec.SECP256R1())

    def made(self, options: str) -> str:
        """Answer to the question for a new passkey."""
        data = self._data(PRESENT | ATTESTED) + bytes(16) + len(self.id).to_bytes(2, "big") + self.id + self._public()
        attested = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer({"clientDataJSON": self._client("create", options), "attestationObject": attested})

    def used(self, options: str) -> str:
        """Answer to the question for this passkey."""
        client, data = self._client("get", options), self._data(PRESENT)
        signed = self._key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._answer({"clientDataJSON": client, "authenticatorData": data, "signature": signed})

    def _data(self, flags: int) -> bytes:
        self.counter += self.counts
        return hashlib.sha256(self.host.encode()).digest() + bytes([flags]) + self.counter.to_bytes(4, "big")

    def _client(self, what: str, options: str) -> bytes:
        challenge = json.loads(options)["challenge"]
        said = {"type": f"webauthn.{what}", "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _public(self) -> bytes:
        numbers = self._key.public_key().public_numbers()
        x, y = (number.to_bytes(32, "big") for number in (numbers.x, numbers.y))
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})

    def _answer(self, response: dict[str, bytes]) -> str:
        said: dict[str, Any] = {"id": text(self.id), "rawId": text(self.id), "type": "public-key"}
        return json.dumps({**said, "response": {key: text(part) for key, part in response.items()}})
