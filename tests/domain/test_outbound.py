"""Which addresses a feed may name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.outbound import Outbound

FORBIDDEN = [
    "127.0.0.1", "127.8.9.10", "::1", "0.0.0.0", "0.1.2.3", "::", "169.254.169.254", "169.254.0.1", "fe80::1",
    "fe80::1%eth0", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "2002:7f00:1::", "2002:a9fe:a9fe::1",
    "64:ff9b::7f00:1", "::127.0.0.1", "100.100.100.200", "192.0.0.192", "fd00:ec2::254", "224.0.0.1", "ff02::1",
    "255.255.255.255", "240.0.0.1", "fec0::1", "2001:0:1:1:0:0:80ff:fffe",
]  # fmt: skip
ORDINARY = ["10.1.2.3", "192.168.1.9", "172.16.0.4", "100.64.3.3", "8.8.8.8", "2400:3200::1", "fd12::5"]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_this_machine_its_link_and_metadata_are_refused(address: str) -> None:
    said = Outbound().refusal("feeds.example", address)
    assert "feeds.example" in said
    assert "[outbound] allow" in said


@pytest.mark.parametrize("address", ORDINARY)
def test_the_intranet_and_the_world_may_be_reached(address: str) -> None:
    assert Outbound().refusal("feeds.example", address) == ""


def test_what_is_allowed_by_network_by_address_or_by_name() -> None:
    assert Outbound(allow=("127.0.0.0/8",)).refusal("x", "127.0.0.1") == ""
    assert Outbound(allow=("127.0.0.0/8",)).refusal("x", "::ffff:127.0.0.1") == ""
    assert Outbound(allow=("::1",)).refusal("localhost", "::1") == ""
    assert Outbound(allow=("LocalHost",)).refusal("localhost.", "127.0.0.1") == ""
    assert Outbound(allow=("127.0.0.2",)).refusal("x", "127.0.0.1")
    assert Outbound(allow=("*.quay.example",)).refusal("a.quay.example", "169.254.1.1") == ""
    assert Outbound(allow=("*.quay.example",)).refusal("quay.example.evil", "169.254.1.1")


def test_only_what_is_named() -> None:
    rules = Outbound(only=("10.0.0.0/8", "ais.port.example"))
    assert rules.refusal("x", "10.3.3.3") == ""
    assert rules.refusal("ais.port.example", "8.8.8.8") == ""
    assert "only" in rules.refusal("x", "8.8.8.8")
    assert rules.refusal("ais.port.example", "127.0.0.1")  # a name that is known may still not lead home


@pytest.mark.parametrize("entry", ["", "http://a", "a b", "10.0.0.0/40", "*", "a*b.c", "*.*.x", "名"])
def test_an_entry_that_is_neither_network_nor_name(entry: str) -> None:
    with pytest.raises(ValueError, match="is no network"):
        Outbound(allow=(entry,))


@given(st.ip_addresses(v=4, network="127.0.0.0/8"), st.integers(0, 2**16 - 1))
def test_no_way_to_write_it_leads_home(address: object, more: int) -> None:
    home = int(address)  # type: ignore[call-overload]
    for written in (f"::ffff:{address}", f"2002:{home >> 16:x}:{home & 0xFFFF:x}::{more:x}"):
        assert Outbound().refusal("x", written)


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_gets_an_answer(host: str, address: str) -> None:
    assert isinstance(Outbound(only=("10.0.0.0/8",)).refusal(host, address), str)
