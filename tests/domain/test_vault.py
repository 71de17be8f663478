"""A sealed secret opens for its name with its key, and for nothing else."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.vault import (
    MOST,
    NAME,
    SECRET_ALGORITHMS,
    Vault,
    VaultError,
    filled,
    key_id,
    key_of,
    placeholders,
    told,
    users,
)

NEW, OLD = b"n" * 32, b"o" * 32
names = st.from_regex(NAME, fullmatch=True)
texts = st.text(min_size=4, max_size=200).filter(str.isprintable)
ciphers = st.sampled_from(SECRET_ALGORITHMS)


def test_sm4_gcm_is_that_of_rfc_8998() -> None:
    """Appendix A.1; the one who computes is the library, this holds it to the standard."""
    key, nonce = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210"), bytes.fromhex("00001234567800000000ABCD")
    encryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(bytes.fromhex("FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2"))
    plain = b"".join(bytes([int(letter * 2, 16)]) * 8 for letter in "ABCDEFEA")
    sealed = encryptor.update(plain) + encryptor.finalize()
    assert sealed.hex().upper() == (
        "17F399F08C67D5EE19D0DC9969C4BB7D5FD46FD3756489069157B282BB200735"
        "D82710CA5C22F0CCFA7CBF93D496AC15A56834CBCF98C397B4024A2691233B8D"
    )
    assert encryptor.tag.hex().upper() == "83DE3541E4C2B58177E065A9BF7B62EC"


@settings(deadline=None)
@given(names, texts, ciphers)
def test_what_was_sealed_opens_and_is_never_sealed_alike_twice(name: str, text: str, algorithm: str) -> None:
    vault = Vault([NEW], algorithm)
    sealed = vault.seal(name, text)
    assert vault.open(name, sealed) == text
    assert sealed != vault.seal(name, text)
    assert told(sealed) == vault.newest
    assert (vault.newest.algorithm, vault.newest.key) == (algorithm, key_id(NEW))


@settings(deadline=None)
@given(names, names, texts, ciphers)
def test_it_opens_for_no_other_name(name: str, other: str, text: str, algorithm: str) -> None:
    vault = Vault([NEW], algorithm)
    if name != other:
        with pytest.raises(VaultError) as caught:
            vault.open(other, vault.seal(name, text))
        assert caught.value.code == "unreadable"
        with pytest.raises(VaultError) as same:  # what is said is not about the text
            vault.open(other, vault.seal(name, "another text"))
        assert str(caught.value) == str(same.value)


@settings(deadline=None)
@given(names, texts, ciphers)
def test_another_key_does_not_open_it(name: str, text: str, algorithm: str) -> None:
    sealed = Vault([NEW], algorithm).seal(name, text)
    with pytest.raises(VaultError, match=key_id(NEW)) as caught:
        Vault([OLD], algorithm).open(name, sealed)
    assert caught.value.code == "key"
    posing = sealed.replace(key_id(NEW), key_id(OLD))
    with pytest.raises(VaultError, match="damaged"):
        Vault([OLD], algorithm).open(name, posing)


@settings(deadline=None)
@given(names, texts, ciphers, st.data())
def test_one_bit_that_changed_is_refused(name: str, text: str, algorithm: str, data: st.DataObject) -> None:
    vault = Vault([NEW], algorithm)
    sealed = vault.seal(name, text).encode()
    place, bit = data.draw(st.integers(0, len(sealed) - 1)), data.draw(st.integers(0, 7))
    changed = bytearray(sealed)
    changed[place] ^= 1 << bit
    with pytest.raises(VaultError):
        vault.open(name, changed.decode("latin-1"))
    head, _, body = sealed.decode().rpartition(":")
    inside = bytearray(base64.urlsafe_b64decode(body))
    inside[data.draw(st.integers(0, len(inside) - 1))] ^= 1 << bit
    with pytest.raises(VaultError):
        vault.open(name, f"{head}:{base64.urlsafe_b64encode(inside).decode()}")


@settings(deadline=None)
@given(st.text(max_size=120))
def test_what_is_no_sealed_secret_is_refused_in_words(text: str) -> None:
    for told_ in (text, f"v1:aes-256-gcm:{key_id(NEW)}:{text}", f"v1:{text}:{key_id(NEW)}:AAAA"):
        with pytest.raises(VaultError):
            Vault([NEW]).open("a", told_)


@pytest.mark.parametrize("first", SECRET_ALGORITHMS)
def test_old_keys_and_the_other_algorithm_still_open(first: str) -> None:
    sealed = Vault([OLD], first).seal("ftp", "rosebud")
    for algorithm in SECRET_ALGORITHMS:
        rotated = Vault([NEW, OLD], algorithm)
        assert rotated.open("ftp", sealed) == "rosebud"
        assert told(rotated.seal("ftp", "rosebud")).key == key_id(NEW)


@pytest.mark.parametrize(("name", "text", "code"), [
    ("", "long enough", "name"), ("Ftp", "long enough", "name"), ("a b", "long enough", "name"),
    ("a" * 65, "long enough", "name"), ("a\n", "long enough", "name"), ("a", "abc", "length"),
    ("a", "x" * (MOST + 1), "length"), ("a", "two\nlines", "length"), ("a", "half \ud800", "length"),
])  # fmt: skip
def test_what_cannot_be_a_secret_is_refused_without_being_shown(name: str, text: str, code: str) -> None:
    with pytest.raises(VaultError) as caught:
        Vault([NEW]).seal(name, text)
    assert caught.value.code == code
    assert text not in str(caught.value)


@settings(deadline=None)
@given(st.binary(min_size=32, max_size=32))
def test_a_key_is_read_as_it_is_usually_written(key: bytes) -> None:
    standard, safe = base64.b64encode(key).decode(), base64.urlsafe_b64encode(key).decode()
    for text in (key.hex(), key.hex().upper(), standard, safe, safe.rstrip("="), f" {standard}\n"):
        assert key_of(text) == key


@pytest.mark.parametrize(
    "text", ["", "x", "password", "0" * 63, "0" * 65, "é" * 32, base64.b64encode(b"k" * 31).decode()]
)
def test_what_is_no_key_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(ValueError, match="32 bytes") as caught:
        key_of(text)
    assert not text or text not in str(caught.value) or text == "x"


def test_a_vault_needs_keys_and_a_known_algorithm() -> None:
    for keys, algorithm in (([], "aes-256-gcm"), ([b"short"], "aes-256-gcm"), ([NEW], "des")):
        with pytest.raises(ValueError, match=r"32 bytes|one of"):
            Vault(keys, algorithm)


def test_placeholders_are_found_and_filled_however_deep_they_lie() -> None:
    options = {"url": "https://u:${secret:pw}@h/${NAME}", "more": [{"k": "${secret:a.b}"}, 3], "n": 1}
    assert placeholders(options) == {"pw", "a.b"}
    given_ = filled(options, lambda name: f"<{name}>")
    assert given_ == {"url": "https://u:<pw>@h/${NAME}", "more": [{"k": "<a.b>"}, 3], "n": 1}
    assert users({"f": options, "g": {"x": "${secret:pw}"}}) == {"a.b": ["f"], "pw": ["f", "g"]}
