"""Encodings: every byte fits, or the whole file is refused."""

from __future__ import annotations

import contextlib
import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasources import textfile
from domain.errors import FeedError

TEXT = "报关单号,查验地点,经办人\n42032021000015170,前湾港北港查验区1号平台,陈镕喆\n" * 3


def written(tmp_path: Path, content: bytes, name: str = "a.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("packed", [False, True])
def test_text_comes_back_as_it_was(tmp_path: Path, encoding: str, packed: bool) -> None:
    content = TEXT.encode(encoding)
    path = written(tmp_path, gzip.compress(content) if packed else content, "a.csv.gz" if packed else "a.csv")
    told = textfile.inspect(path)
    with textfile.open_text(path, told.encoding) as file:
        assert file.read() == TEXT
    assert told.size == len(content)


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "big5", "shift_jis"])
def test_other_encodings_are_refused_whole(tmp_path: Path, encoding: str) -> None:
    text = {"big5": "報關單號,查驗地點,集裝箱號\n", "shift_jis": "コンテナ番号,場所\n"}.get(
        encoding, "Größe,Straße,Ärger\n"
    )
    path = written(tmp_path, (text * 5).encode(encoding))
    with pytest.raises(FeedError) as caught:
        textfile.inspect(path)
    assert caught.value.code == "encoding"
    assert caught.value.where == "a.csv"


@pytest.mark.parametrize("content", [b"a,b\n\x00\x01\x02", b"a,b\n1,\x81", b"\xff\xfea\x00b", b"a\x00,\x00b\x00"])
def test_binary_and_cut_text_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(FeedError) as caught:
        textfile.inspect(written(tmp_path, content))
    assert caught.value.code == "encoding"


def test_a_damaged_byte_far_behind_refuses_the_file(tmp_path: Path) -> None:
    content = "列,值\n".encode() * 300_000 + b"\xc3\x28\n"
    assert len(content) > 2 * textfile.CHUNK
    with pytest.raises(FeedError):
        textfile.inspect(written(tmp_path, content))


def test_a_character_on_the_border_of_two_pieces_is_whole(tmp_path: Path) -> None:
    content = b"a" * (textfile.CHUNK - 1) + "港,口\n".encode()
    assert textfile.inspect(written(tmp_path, content)).encoding == "utf-8"


def test_a_named_encoding_is_held_to(tmp_path: Path) -> None:
    path = written(tmp_path, "堃喆\n".encode("gb18030"))
    assert textfile.inspect(path, "gb18030").encoding == "gb18030"
    with pytest.raises(FeedError, match="not utf-8"):
        textfile.inspect(path, "utf-8")


def test_an_archive_that_swells_is_cut(tmp_path: Path) -> None:
    path = written(tmp_path, gzip.compress(b"0" * 5_000_000), "bomb.csv.gz")
    with pytest.raises(FeedError) as caught:
        textfile.inspect(path, limit_bytes=2_000_000)
    assert caught.value.code == "too_large"


@given(st.binary(max_size=300))
def test_any_bytes_are_text_or_a_feed_error(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = written(tmp_path_factory.mktemp("fuzz"), content)
    with contextlib.suppress(FeedError):
        told = textfile.inspect(path)
        with textfile.open_text(path, told.encoding) as file:
            assert "\ufffd" not in file.read()
