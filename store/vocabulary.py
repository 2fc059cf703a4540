"""The closed word lists of the order language, kept as small integers in the store."""

from __future__ import annotations

from enum import IntEnum


class Status(IntEnum):
    """State of an order. Only placed, paid and shipped orders can be purchases."""

    PLACED = 1
    PAID = 2
    SHIPPED = 3
    CANCELLED = 4
    RETURNED = 5
    REFUSED = 6
    UNPAID = 7
    TEST = 8


VALID_STATUSES = (Status.PLACED, Status.PAID, Status.SHIPPED)


class Channel(IntEnum):
    """The road an order came by."""

    WEB = 1
    PHONE = 2
    DM = 3
    CATALOG = 4
    FAX = 5
    POSTCARD = 6
    STORE = 7
    MALL = 8


UNKNOWN = 0
"""Channel or ad of an order that names none: a group of its own, never dropped."""


class LeftOut(IntEnum):
    """Why an order is not a purchase. The first reason that applies counts."""

    UNMATCHED = 1
    CANCELLED = 4
    RETURNED = 5
    REFUSED = 6
    UNPAID = 7
    TEST = 8
    REFUNDED = 9
    SAMPLE = 10
