"""Text cells of a column → exact values: money in minor units, whole numbers, instants, words of a closed list.

Every function returns a column of the same length; a cell that cannot be read is reported to `Refusals` and stands
as null. Plain spellings take the vectorised road, the odd ones (¥4,980, full-width digits, 2026/10/1 9:05) are
respelled one by one first.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from store.sources.refusals import Refusal, Refusals

PLAIN_NUMBER = r"^-?[0-9]{1,15}(\.[0-9]{1,6})?$"
PLAIN_WHOLE = r"^[0-9]{1,9}$"
PLAIN_INSTANT = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?$"
)
OFFSET = r"[T ].*(Z|[+-][0-9]{2}:[0-9]{2})$"
UTC_INSTANT = pa.timestamp("us", "UTC")
LOOSE_DAY = re.compile(r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2}))?)?$")
LOOSE_OFFSET = re.compile(r"([+-]\d{2})(\d{2})?$")
MONEY_LIMIT = 10**13


@dataclass(frozen=True)
class Reader:
    """Reads the columns of one batch. `lines` holds each row's number, for the refusals."""

    batch: pa.RecordBatch
    lines: pa.Array
    refusals: Refusals

    def text(self, name: str, limit: int = 255) -> pa.Array:
        """The cells as text, empty where the file has no such column."""
        if name not in self.batch.schema.names:
            return pa.array([""], pa.string()).take(pa.array(np.zeros(self.batch.num_rows, np.int64)))
        column = self.batch.column(name)
        self.refuse(name, pc.greater(pc.utf8_length(column), limit), "import.refused.too_long", hint=str(limit))
        return column

    def required(self, name: str) -> pa.Array:
        """The cells as text, none of them empty."""
        column = self.text(name)
        self.refuse(name, pc.equal(column, ""), "import.refused.missing_value")
        return column

    def refuse(self, name: str, bad: pa.Array, reason: str, hint: str | None = None) -> None:
        """Report the rows where `bad` is true."""
        if not pc.any(bad).as_py():
            return
        for row in np.flatnonzero(bad.to_numpy(zero_copy_only=False)):
            value = self.batch.column(name)[int(row)].as_py()
            self.refusals.add(Refusal(reason, self.lines[int(row)].as_py(), name, value[:60], hint))

    def money(self, name: str, precision: int, *, required: bool = False, negative: bool = False) -> pa.Array:
        """Amounts in minor units (int64) of a currency with `precision` decimals; an empty cell is 0."""
        if not required and name not in self.batch.schema.names:
            return pa.array(np.zeros(self.batch.num_rows, np.int64))
        column = self.required(name) if required else self.text(name)
        column, readable = _respell(pc.if_else(pc.equal(column, ""), "0", column), PLAIN_NUMBER, _plain_number)
        self.refuse(name, pc.and_(pc.invert(readable), self._filled(name)), "import.refused.number")
        number = pc.cast(pc.if_else(readable, column, "0"), pa.decimal128(21, 6))
        minor = pc.multiply(number, pa.scalar(Decimal(10**precision), pa.decimal128(5, 0)))
        whole = pc.floor(minor)
        self.refuse(name, pc.not_equal(whole, minor), "import.refused.fraction", hint=str(precision))
        huge = pc.greater(pc.abs(whole), pa.scalar(Decimal(MONEY_LIMIT), whole.type))
        self.refuse(name, huge, "import.refused.number")
        if not negative:
            below = pc.less(whole, pa.scalar(Decimal(0), whole.type))
            self.refuse(name, below, "import.refused.too_small", hint="0")
        return pc.cast(pc.if_else(huge, pa.scalar(None, whole.type), whole), pa.int64(), safe=False)

    def whole(self, name: str, *, least: int = 0, required: bool = False) -> pa.Array:
        """Whole numbers of at least `least` (int32); an empty cell is null."""
        if not required and name not in self.batch.schema.names:
            return pa.nulls(self.batch.num_rows, pa.int32())
        column = self.required(name) if required else self.text(name)
        column, readable = _respell(column, PLAIN_WHOLE, _plain_number)
        self.refuse(name, pc.and_(pc.invert(readable), self._filled(name)), "import.refused.whole")
        values = pc.cast(pc.if_else(readable, column, None), pa.int32())
        self.refuse(name, pc.fill_null(pc.less(values, least), False), "import.refused.too_small", hint=str(least))
        return values

    def instant(self, name: str, zone: ZoneInfo, *, required: bool = False) -> pa.Array:
        """ISO 8601 instants in UTC (timestamp[us, UTC]); without an offset they are local to `zone`; empty is null."""
        if not required and name not in self.batch.schema.names:
            return pa.nulls(self.batch.num_rows, UTC_INSTANT)
        column = self.required(name) if required else self.text(name)
        column, readable = _respell(column, PLAIN_INSTANT, _plain_instant)
        plain = pc.if_else(readable, column, None)
        has_offset = pc.fill_null(pc.match_substring_regex(plain, OFFSET), False)
        values = pc.coalesce(
            _timestamps(pc.if_else(has_offset, plain, None), UTC_INSTANT),
            _local(pc.if_else(has_offset, None, plain), zone),
        )
        self.refuse(name, pc.and_(pc.is_null(values), self._filled(name)), "import.refused.date")
        return values

    def word(self, name: str, words: Sequence[str], default: str) -> pa.Array:
        """Positions (int16) in `words` of a closed list, written in any case; empty is `default`."""
        column = pc.utf8_lower(self.text(name))
        column = pc.if_else(pc.equal(column, ""), default, column)
        at = pc.index_in(column, pa.array(words))
        self.refuse(name, pc.is_null(at), "import.refused.word", hint=", ".join(w for w in words if w))
        return pc.cast(at, pa.int16())

    def _filled(self, name: str) -> pa.Array:
        return pc.not_equal(self.text(name), "")


def _respell(column: pa.Array, plain: str, respelled: Callable[[str], str]) -> tuple[pa.Array, pa.Array]:
    """The cells in their plain spelling where they have one, and which of them have."""
    readable = pc.match_substring_regex(column, plain)
    odd = pc.and_(pc.invert(readable), pc.not_equal(column, ""))
    if not pc.any(odd).as_py():
        return column, readable
    again = pa.array([respelled(v.as_py()) for v in column.filter(odd)], pa.string())
    column = pc.replace_with_mask(column, odd, again)
    return column, pc.match_substring_regex(column, plain)


def _plain_number(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).strip().lstrip("¥$").removesuffix("円").strip()
    if re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", plain):
        plain = plain.replace(",", "")
    if re.fullmatch(r"[△▲]\d+", plain):
        plain = "-" + plain[1:]
    try:
        number = Decimal(plain)
    except InvalidOperation:
        return text
    return format(number.normalize(), "f") if number.is_finite() else text


def _plain_instant(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).strip()
    if found := LOOSE_DAY.match(plain):
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
        return f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
    try:
        return datetime.fromisoformat(plain).isoformat()
    except ValueError:
        return text


def _local(column: pa.Array, zone: ZoneInfo) -> pa.Array:
    local = _timestamps(column, pa.timestamp("us"))
    return pc.assume_timezone(local, zone.key, ambiguous="earliest", nonexistent="latest").cast(UTC_INSTANT)


def _timestamps(column: pa.Array, kind: pa.TimestampType) -> pa.Array:
    try:
        return pc.cast(column, kind)
    except pa.ArrowInvalid:
        return pa.array(list(_one_by_one(column)), kind)


def _one_by_one(column: Iterable[pa.Scalar]) -> Iterable[datetime | None]:
    for cell in column:
        text = cell.as_py()
        try:
            yield None if text is None else datetime.fromisoformat(text)
        except ValueError:
            yield None
