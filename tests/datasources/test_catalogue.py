"""docs/adapters.md says what the code says."""

from __future__ import annotations

from tools.adapters import FILE, adapters, document


def test_the_catalogue_is_what_the_code_says() -> None:
    assert FILE.read_text("utf-8") == document(), "python -m tools.adapters"


def test_every_option_of_every_adapter_is_explained() -> None:
    text = FILE.read_text("utf-8")
    for name, _ in adapters():
        assert f"### {name}\n" in text
    for line in text.splitlines():
        if line.startswith("| `"):
            assert not line.endswith("|  |") or "yes" in line or line.count("|") == 5, f"nothing is said: {line}"
