"""What others write for this computer, where a server listens on all of its addresses."""

from __future__ import annotations

import ipaddress
import socket

ELSEWHERE = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}
"""Addresses that nobody has (RFC 5737, RFC 3849): the way to them is looked up, and nothing is sent."""
DISCARD = 9


def is_every(address: str) -> bool:
    """Whether it stands for all addresses of this computer, as 0.0.0.0 does; nobody can open that one."""
    try:
        return ipaddress.ip_address(address).is_unspecified
    except ValueError:
        return False


def own_address(listening: str) -> str:
    """The address with which this computer goes out, "" where none is known.

    Args:
        listening: 0.0.0.0 or ::; at the latter both kinds of addresses are answered.
    """
    kinds = (socket.AF_INET6, socket.AF_INET) if ":" in listening else (socket.AF_INET,)
    for kind in kinds:
        try:
            with socket.socket(kind, socket.SOCK_DGRAM) as made:
                made.connect((ELSEWHERE[kind], DISCARD))
                found = str(made.getsockname()[0])
        except OSError:
            continue
        address = ipaddress.ip_address(found)
        if not (address.is_unspecified or address.is_loopback or address.is_link_local):
            return found
    return ""
