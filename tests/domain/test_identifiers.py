"""Identifiers: check digits, kinds and spellings."""

from __future__ import annotations

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iso6346

from domain.identifiers import (
    MmsiKind,
    container_flag,
    declaration_flag,
    enterprise_code_is_valid,
    imo_is_valid,
    is_search_aircraft,
    mmsi_kind,
    normalise_container,
    normalise_plate,
    plate_flag,
)


@pytest.mark.parametrize(
    ("number", "flag"),
    [
        ("CSQU3054383", ""),
        ("", ""),
        ("CSQU3054384", "container_no_check_digit"),
        ("CSQX3054383", "container_no_format"),
        ("CSQU305438", "container_no_format"),
        ("123456", "container_no_format"),
        ("中国船U3054383", "container_no_format"),
        ("CSQU305438٣", "container_no_format"),
    ],
)
def test_container_numbers_are_held_against_iso_6346(number, flag):
    assert container_flag(number) == flag


@given(st.integers(0, 10), st.sampled_from("0123456789"))
def test_any_single_wrong_digit_of_a_container_is_noticed(place, digit):
    right = "CSQU3054383"
    wrong = right[:place] + digit + right[place + 1 :]
    # ISO 6346 catches single errors except 0 against 10 in the check sum, which this number has not.
    assert (container_flag(wrong) == "") == (wrong == right)


@given(st.text(max_size=20))
def test_no_text_breaks_the_identifiers(text):
    assert isinstance(container_flag(normalise_container(text)), str)
    assert isinstance(declaration_flag(text), str)
    assert isinstance(enterprise_code_is_valid(text), bool)
    assert isinstance(normalise_plate(text), str)


@pytest.mark.parametrize(
    ("plate", "flag"),
    [
        ("鲁B12345", ""),
        ("鲁b·1234挂", ""),
        ("粤Z1234港", ""),
        ("鲁BD12345", ""),  # new energy, small: a letter A-K without I first
        ("京AF0236A", "plate_irregular"),
        ("鲁B12345D", ""),  # new energy, large: the letter last
        ("沪A0023领", ""),
        ("使123456", ""),
        ("WJ鲁1234X", ""),
        ("", ""),
        ("鲁B1234", "plate_irregular"),
        ("鲁B1234O", "plate_irregular"),  # O is no sign of a plate
        ("鲁I12345", "plate_irregular"),
        ("鲁BZ12345", "plate_irregular"),
        ("ABC-1234", "plate_foreign"),
        ("T-017", "plate_foreign"),
        ("0000000000001234", "plate_foreign"),
    ],
)
def test_number_plates_are_held_against_their_forms(plate, flag):
    assert plate_flag(plate) == flag


@given(st.text(max_size=12))
def test_no_text_breaks_the_check_of_plates_and_its_spelling_does_not_matter(text):
    assert plate_flag(text) in ("", "plate_irregular", "plate_foreign")
    assert plate_flag(text) == plate_flag(normalise_plate(text))


@given(st.text("鲁京粤ABcd019ＡＢ１２ ·-•.　港澳", max_size=12))
def test_a_normalised_plate_stays_as_it_is(text):
    assert normalise_plate(normalise_plate(text)) == normalise_plate(text)


def test_container_spelling_is_normalised():
    assert normalise_container(" csqu 305438-3 ") == "CSQU3054383"
    assert normalise_container("ＣＳＱＵ3054383") == "CSQU3054383"


@pytest.mark.parametrize(
    ("number", "flag"),
    [
        ("425820210000443873", ""),
        ("42132021000097324", "declaration_no_17_digits"),
        ("", "declaration_no_blank"),
        ("  ", "declaration_no_blank"),
        ("4225", "declaration_no_irregular"),
        ("4258202100004438731", "declaration_no_irregular"),
        ("42582021000044387A", "declaration_no_irregular"),
        ("42582021I000443873", ""),  # a collective declaration
        ("٤" * 18, "declaration_no_irregular"),
    ],
)
def test_irregular_declaration_numbers_are_named(number, flag):
    assert declaration_flag(number) == flag


def test_imo_numbers_carry_a_check_digit():
    assert imo_is_valid(9_319_466)
    assert not imo_is_valid(9_319_467)
    assert not imo_is_valid(0)
    assert not imo_is_valid(-9_319_466)
    assert not imo_is_valid(93_194_660)


def test_enterprise_codes():
    assert enterprise_code_is_valid("91110000600037341L")
    assert not enterprise_code_is_valid("91110000600037341K")


@pytest.mark.parametrize(
    ("mmsi", "kind"),
    [
        (412_345_678, MmsiKind.SHIP),
        (775_999_999, MmsiKind.SHIP),
        (4_123_456, MmsiKind.COAST),
        (994_121_234, MmsiKind.AID),
        (111_412_001, MmsiKind.OTHER),
        (970_012_345, MmsiKind.OTHER),
        (0, MmsiKind.OTHER),
        (-1, MmsiKind.OTHER),
    ],
)
def test_mmsi_tells_what_it_belongs_to(mmsi, kind):
    assert mmsi_kind(mmsi) is kind


def test_search_aircraft_are_known():
    assert is_search_aircraft(111_412_001)
    assert not is_search_aircraft(412_345_678)


@pytest.mark.parametrize("text", ["鲁B·12345", "鲁Ｂ 12345", "鲁b-12345", " 鲁B.12345 "])
def test_plates_have_one_spelling(text):
    assert normalise_plate(text) == "鲁B12345"


def test_the_real_tables_are_judged_as_described(shared_data):
    def column(file, name):
        with (shared_data / "seeds" / file).open(encoding="utf-8-sig", newline="") as stream:
            return [row[name] for row in csv.DictReader(stream)]

    flags = [declaration_flag(number) for number in column("queue_confirmation_20.csv", "报关单号")]
    assert (flags.count("declaration_no_17_digits"), flags.count("")) == (12, 8)
    flags = [declaration_flag(number) for number in column("abnormal_status_18.csv", "报关单号")]
    assert (flags.count("declaration_no_blank"), flags.count("")) == (2, 16)
    assert {container_flag(number) for number in column("abnormal_status_18.csv", "箱号")} == {""}


@given(st.from_regex(r"[A-Z]{3}[UJZR][0-9]{7}", fullmatch=True))
def test_the_quick_look_at_a_check_digit_agrees_with_the_library(number):
    assert (container_flag(number) == "") == (iso6346.calc_check_digit(number[:-1]) == number[-1])
