"""What can be wrong with a cluster or a warehouse. Importing this needs no Spark."""

from __future__ import annotations


class EngineUnreachable(Exception):
    """The Spark Connect server does not answer; the text says which and why."""


class WarehouseRefused(Exception):
    """warehouse.toml, or what its statements give, cannot be used; the text says all that has to be mended."""
