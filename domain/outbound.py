"""Where the cockpit may connect to: no address of a feed may lead it to its own machine or a metadata service.

An address is judged after its name was resolved, in whatever way it was written (``2130706433`` and ``0x7f.1`` are
127.0.0.1 too), and addresses that carry another one inside (IPv4 mapped into IPv6, 6to4, Teredo, NAT64) by that one.
"""

from __future__ import annotations

import re
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import msgspec

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_HOST = re.compile(r"^(\*\.)?[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_])?$")
# Clouds tell every program on a machine its credentials there; 169.254.169.254, the best known, is link-local.
_METADATA = frozenset({ip_address("100.100.100.200"), ip_address("192.0.0.192"), ip_address("fd00:ec2::254")})
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052
_THIS_NETWORK = IPv4Network("0.0.0.0/8")  # RFC 1122, 3.2.1.3: reaches this machine on Linux


class Outbound(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """The table ``[outbound]`` of the configuration.

    Attributes:
        allow: networks (``10.1.0.0/16``), addresses and host names that may be reached although they are this machine
            (loopback), its link or a metadata service; everything else may be reached anyway.
        only: when given, nothing but these networks, addresses and host names (``*.port.example`` for all below) may.
    """

    allow: tuple[str, ...] = ()
    only: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raises ValueError naming the entry that is neither a network nor a host name."""
        for entry in (*self.allow, *self.only):
            if _network(entry) is None and not _HOST.match(entry.lower()):
                raise ValueError(f"{entry!r} is no network, address or host name")

    @cached_property
    def _allowed(self) -> _Places:
        return _Places(self.allow)

    @cached_property
    def _only(self) -> _Places:
        return _Places(self.only)

    def refusal(self, host: str, address: str) -> str:
        """Why no connection may be made; empty when it may.

        Args:
            host: as the address was written in the configuration or by a server.
            address: what it resolved to.
        """
        try:
            found = ip_address(address.partition("%")[0])
        except ValueError:
            return f"{address} is no address"
        inner = _inner(found)
        if self._allowed.hold(host, found) or self._allowed.hold(host, inner):
            return ""
        if kind := _forbidden(inner):
            return f"{host} is {kind} ({inner}); [outbound] allow can permit it"
        if self.only and not self._only.hold(host, inner):
            return f"{host} ({inner}) is not in [outbound] only"
        return ""


class _Places:
    """Networks and host names to look an address up in."""

    def __init__(self, entries: tuple[str, ...]) -> None:
        self._networks: list[Network] = []
        self._names: set[str] = set()
        self._below: tuple[str, ...] = ()
        for entry in entries:
            network = _network(entry)
            if network is not None:
                self._networks.append(network)
            elif entry.startswith("*."):
                self._below += (entry[1:].lower(),)
            else:
                self._names.add(entry.lower())

    def hold(self, host: str, address: Address) -> bool:
        name = host.lower().rstrip(".")
        if name in self._names or (self._below and name.endswith(self._below)):
            return True
        return any(address in network for network in self._networks if network.version == address.version)


def _network(entry: str) -> Network | None:
    try:
        return ip_network(entry, strict=False)
    except ValueError:
        return None


def _inner(address: Address) -> Address:
    """The address a packet ends at, when another one is written inside."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    if int(address) >> 32 == 0 and int(address) > 1:  # ::a.b.c.d, IPv4-compatible (RFC 4291, deprecated)
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _forbidden(address: Address) -> str:
    """What makes an address one no feed should name; empty when nothing does."""
    if address.is_loopback or address.is_unspecified or (address.version == 4 and address in _THIS_NETWORK):
        return "this machine"
    if address in _METADATA:
        return "a cloud's metadata service"
    if address.is_link_local or (isinstance(address, IPv6Address) and address.is_site_local):
        return "link-local"
    if address.is_multicast:
        return "multicast"
    if address.version == 4 and address.is_reserved:
        return "reserved"
    return ""
