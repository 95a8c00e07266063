"""Troubles are told once."""

import structlog

from leakwatch.daemon.once import Troubles


def test_a_lasting_trouble_is_told_when_it_begins_changes_and_ends() -> None:
    """Ten failures in a row make one line, the recovery one more."""
    troubles = Troubles()
    with structlog.testing.capture_logs() as logs:
        for _ in range(10):
            troubles.begin("store", "store_unavailable", "locked")
        troubles.begin("store", "schema_outdated", "old")
        assert troubles.current == {"store": "schema_outdated"}
        troubles.end("store")
        troubles.end("store")
    assert [(line["event"], line["error"]) for line in logs] == [
        ("trouble", "store_unavailable"),
        ("trouble", "schema_outdated"),
        ("recovered", "schema_outdated"),
    ]
    assert troubles.current == {}
