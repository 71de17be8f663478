"""Secrets as they lie in the store: encrypted, each bound to its name.

A sealed secret is one line, ``v1:algorithm:key id:base64url(nonce, ciphertext, tag)``. Name, algorithm and key id are
authenticated with it: a value that was moved to another name, or changed in one bit, does not open.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from domain.errors import CockpitError

# Cipher, bytes of its key, and the hash its key is derived with: Chinese commercial cryptography keeps to itself.
_CIPHERS = {"aes-256-gcm": (algorithms.AES, 32, hashes.SHA256), "sm4-gcm": (algorithms.SM4, 16, hashes.SM3)}
SECRET_ALGORITHMS = tuple(_CIPHERS)
KEY_BYTES = 32
NONCE_BYTES = 12
LEAST, MOST = 4, 4096  # characters; what is shorter could not be told from other words and left out of a log
NAME = re.compile(r"[a-z][a-z0-9_.-]{0,63}")
_PLACE = re.compile(r"\$\{secret:([^}]*)\}")


class VaultError(CockpitError):
    """A secret cannot be sealed or opened; the message names it and never its value.

    Attributes:
        code: ``name``, ``length``, ``key``, ``unreadable`` or ``missing``.
    """

    def __init__(self, code: str, problem: str) -> None:
        """Remember why."""
        super().__init__(problem)
        self.code = code


class Told(msgspec.Struct, frozen=True):
    """What a sealed secret says of itself without being opened."""

    algorithm: str
    key: str


def told(sealed: str) -> Told:
    """Algorithm and key id of a sealed secret; both empty when it is none."""
    parts = sealed.split(":")
    return Told(parts[1], parts[2]) if len(parts) == 4 and parts[0] == "v1" else Told("", "")


def placeholders(value: Any) -> set[str]:
    """Names of the secrets a text asks for as ``${secret:NAME}``, or the texts in a list or mapping."""
    if isinstance(value, str):
        return set(_PLACE.findall(value))
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    return set().union(*map(placeholders, inner))


def users(options: Mapping[str, Any]) -> dict[str, list[str]]:
    """By secret the names of the feeds that ask for it.

    Args:
        options: of each feed, by its name.
    """
    found: dict[str, list[str]] = {}
    for feed, given in options.items():
        for name in sorted(placeholders(given)):
            found.setdefault(name, []).append(feed)
    return found


def filled(value: Any, secret: Callable[[str], str]) -> Any:
    """The value with ``secret`` of each name in the place of its ``${secret:NAME}``."""
    if isinstance(value, str):
        return _PLACE.sub(lambda found: secret(found[1]), value)
    if isinstance(value, Mapping):
        return {key: filled(one, secret) for key, one in value.items()}
    return [filled(one, secret) for one in value] if isinstance(value, list | tuple) else value


def key_of(text: str) -> bytes:
    """A key from its hexadecimal digits or base64.

    Raises:
        ValueError: it is neither, or not of 32 bytes; says nothing of the text.
    """
    text = text.strip()
    try:
        if re.fullmatch(r"[0-9A-Fa-f]{64}", text):
            return bytes.fromhex(text)
        plain = text.replace("-", "+").replace("_", "/").rstrip("=")
        found = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if len(found) != KEY_BYTES:
        raise ValueError(f"is not base64 or hexadecimal of {KEY_BYTES} bytes")
    return found


def key_id(key: bytes) -> str:
    """What a key is called: 8 hexadecimal digits that give nothing of it away."""
    return hashlib.sha256(b"cockpit secrets key id" + key).hexdigest()[:8]


class Vault:
    """Seals with the first key and opens with any of them."""

    def __init__(self, keys: Sequence[bytes], algorithm: str = SECRET_ALGORITHMS[0]) -> None:
        """Take the keys.

        Args:
            keys: of 32 bytes each, the newest first.
            algorithm: seals; the others still open.

        Raises:
            ValueError: no key, one of another length, an unknown algorithm, or one this machine cannot compute.
        """
        if algorithm not in _CIPHERS:
            raise ValueError(f"must be one of {', '.join(_CIPHERS)}")
        if not keys or any(len(key) != KEY_BYTES for key in keys):
            raise ValueError(f"keys of {KEY_BYTES} bytes are needed")
        self._keys = {key_id(key): key for key in reversed(keys)}
        self.newest = Told(algorithm, key_id(keys[0]))
        try:
            self.open("try", self.seal("try", "this machine"))
        except UnsupportedAlgorithm:
            raise ValueError(f"{algorithm} is not in this machine's OpenSSL") from None

    def seal(self, name: str, text: str) -> str:
        """Encrypt a value for one name.

        Raises:
            VaultError: a name or value that cannot be one.
        """
        if not NAME.fullmatch(name):
            raise VaultError("name", "a secret's name begins with a small letter, then small letters, digits, _ . -")
        if not LEAST <= len(text) <= MOST or not text.isprintable():
            raise VaultError("length", f"a secret has {LEAST} to {MOST} printable characters")
        nonce = os.urandom(NONCE_BYTES)
        encryptor = self._cipher(self.newest, nonce).encryptor()
        encryptor.authenticate_additional_data(_bound(name, self.newest))
        sealed = nonce + encryptor.update(text.encode()) + encryptor.finalize() + encryptor.tag
        return f"v1:{self.newest.algorithm}:{self.newest.key}:{base64.urlsafe_b64encode(sealed).decode()}"

    def open(self, name: str, sealed: str) -> str:
        """The value of a sealed secret.

        Raises:
            VaultError: ``key`` when it was sealed with a key that is not here, ``unreadable`` when it is not whole
                or belongs to another name.
        """
        by = told(sealed)
        if by.key and by.key not in self._keys:
            raise VaultError("key", f"secret {name} was sealed with the key {by.key}, which is not here")
        try:
            written = sealed.rpartition(":")[2]
            body = base64.urlsafe_b64decode(written)
            if base64.urlsafe_b64encode(body).decode() != written:
                raise ValueError(written)  # bits that stand for nothing are bits too
            nonce, tag = body[:NONCE_BYTES], body[-16:]
            decryptor = self._cipher(by, nonce, tag).decryptor()
            decryptor.authenticate_additional_data(_bound(name, by))
            return (decryptor.update(body[NONCE_BYTES:-16]) + decryptor.finalize()).decode()
        except (InvalidTag, KeyError, ValueError, UnsupportedAlgorithm):
            raise VaultError("unreadable", f"secret {name} is damaged or was sealed for another name") from None

    def _cipher(self, by: Told, nonce: bytes, tag: bytes | None = None) -> Cipher[modes.GCM]:
        """The cipher with its own key, derived, so that one key serves them all."""
        cipher, length, digest = _CIPHERS[by.algorithm]
        derived = HKDF(digest(), length, salt=None, info=f"cockpit secrets {by.algorithm}".encode())
        return Cipher(cipher(derived.derive(self._keys[by.key])), modes.GCM(nonce, tag))


def _bound(name: str, by: Told) -> bytes:
    return f"v1|{by.algorithm}|{by.key}|{name}".encode()
