"""The register of personal data is held to the schema, the settings and the catalogue."""

from __future__ import annotations

import pytest

from domain.accounts import POLICIES
from domain.permissions import MATRIX, Permission, Role
from domain.privacy import NOT_PERSONAL, REGISTER, counts, kept, seen_by
from domain.retention import Retention
from locales import LANGUAGES, catalogue
from store.schema import metadata

COLUMNS = {f"{table.name}.{column.name}" for table in metadata.tables.values() for column in table.columns}
NAMED = {column for one in REGISTER for column in one.columns}


def test_every_column_that_may_name_a_person_stands_in_the_register_or_says_why_not() -> None:
    open_ones = {one for one in COLUMNS if counts(one.partition(".")[2])}
    assert len(open_ones) > 40
    assert sorted(open_ones - NAMED - NOT_PERSONAL.keys()) == []


def test_the_register_names_only_what_there_is_and_nothing_twice() -> None:
    assert sorted((NAMED | NOT_PERSONAL.keys()) - COLUMNS) == []
    assert not NAMED & NOT_PERSONAL.keys()
    assert len(NAMED) == sum(len(one.columns) for one in REGISTER)
    assert all(counts(one.partition(".")[2]) for one in NOT_PERSONAL)


@pytest.mark.parametrize("column", ["driver_name", "phone", "plate_no", "person_id", "account", "made_by", "owner"])
def test_a_new_column_of_such_a_name_would_be_missed(column: str) -> None:
    assert counts(column)


def test_how_long_is_what_the_settings_say_and_who_is_what_the_matrix_says() -> None:
    by_name = {one.name: one for one in REGISTER}
    policy = POLICIES["mlps3"]
    assert kept(by_name["vehicles"], Retention(positions_days=30), policy) == ("days", {"days": 30})
    assert kept(by_name["vehicles"], Retention(positions_days=0), policy) == ("for_ever", {})
    assert kept(by_name["sessions"], Retention(), policy) == ("session", {"hours": 12})
    assert seen_by(by_name["accounts"]) == [Role.SECURITY_ADMIN]
    assert seen_by(by_name["vehicles"]) == [role for role in Role if Permission.LOOK in MATRIX[role]]
    assert seen_by(by_name["saved"]) == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_word_of_the_register_exists(lang: str) -> None:
    wanted = set()
    for one in REGISTER:
        keep = kept(one, Retention(), POLICIES["mlps3"])[0]
        wanted |= {f"privacy.dataset.{one.name}", f"privacy.why.{one.name}", f"privacy.whose.{one.whose}"}
        wanted |= {f"privacy.ground.{one.ground}", f"privacy.keep.{keep}", *(f"privacy.leaves.{w}" for w in one.leaves)}
    assert sorted(wanted - catalogue(lang).keys()) == []
