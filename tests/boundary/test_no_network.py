"""Tests reach this machine and nothing else."""

from __future__ import annotations

import socket

import pytest


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("example.org", 443), ("::ffff:192.0.2.1", 80)])
def test_a_connection_to_elsewhere_fails_at_once(address: tuple[str, int]):
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family) as outward, pytest.raises(RuntimeError, match="tests have no network"):
        outward.connect(address)


def test_this_machine_answers():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=1).close()
