"""Rows of an order CSV (profile `generic`) → checked order rows, piece by piece, hashed and without personal data."""

from __future__ import annotations

import hashlib
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from babel.numbers import get_currency_precision

from store.sources.cells import Reader
from store.sources.csv_file import LINE_COLUMN, CsvFile
from store.sources.refusals import FileRefused, Refusal, Refusals
from store.vocabulary import Channel, Status

EPOCH = date(1970, 1, 1)
AT_ONCE = 2
STATUS_WORDS = ["", *(s.name.lower() for s in Status)]
CHANNEL_WORDS = ["", *(c.name.lower() for c in Channel)]
CHANNEL_WORDS[Channel.CATALOG] = "catalog"
MIX = np.uint64(0x9E3779B97F4A7C15)
EMAIL = re.compile(r"^[^@\s]+@[^@\s]+$")

ROWS = pa.schema(
    [
        ("seq", pa.int64()),
        ("external_id", pa.string()),
        ("customer", pa.string()),
        ("customer_key", pa.int64()),
        ("email_key", pa.int64()),
        ("ordered_at", pa.int64()),
        ("updated_at", pa.int64()),
        ("day", pa.int32()),
        ("status", pa.int16()),
        ("channel", pa.int16()),
        ("ad", pa.string()),
        ("sku", pa.string()),
        ("product", pa.string()),
        ("quantity", pa.int32()),
        ("unit_price", pa.int64()),
        ("discount", pa.int64()),
        ("refund", pa.int64()),
        ("shipping", pa.int64()),
        ("tax", pa.int64()),
        ("cycle", pa.int32()),
        ("line_print", pa.int64()),
    ]
)
"""One checked row per line item. Instants are microseconds since 1970 UTC, `day` is shop-local days since 1970,
money is minor units, `line` the row's place in the file; keys are keyed 64-bit hashes, null where there is none;
`line_print` is a hash of all that the line item says of itself, the same in every run and version."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What reading a file needs to know: the shop's zone and currency, today, and how a key is hashed."""

    source: str
    zone: ZoneInfo
    currency: str
    today: date
    secret: bytes


def read_orders(
    file: CsvFile, reading: Reading, progress: Callable[[int], None] = lambda rows: None
) -> Iterator[pa.RecordBatch]:
    """Checked rows in pieces (schema ROWS). Raises FileRefused after the whole file was read, naming every fault."""
    refusals = Refusals()
    rows = 0
    # Arrow computes outside of Python's lock: pieces are checked side by side and given on in their order.
    with ThreadPoolExecutor(AT_ONCE) as pool:
        pending: deque[Future[tuple[pa.RecordBatch | None, Refusals]]] = deque()
        batches = file.batches()
        while batch := next(batches, None):
            pending.append(pool.submit(_check, batch, reading))
            rows += batch.num_rows
            progress(rows)
            if len(pending) > AT_ONCE:
                yield from _checked(pending.popleft(), refusals)
        while pending:
            yield from _checked(pending.popleft(), refusals)
    if refusals.total:
        raise FileRefused([_with_file_line(file, r) for r in refusals.found], refusals.total)


def _checked(piece: Future[tuple[pa.RecordBatch | None, Refusals]], refusals: Refusals) -> Iterator[pa.RecordBatch]:
    rows, refused = piece.result()
    refusals.take(refused)
    if rows is not None:
        yield rows


def _with_file_line(file: CsvFile, refusal: Refusal) -> Refusal:
    return refusal if refusal.line is None else replace(refusal, line=file.file_line(refusal.line))


def _check(batch: pa.RecordBatch, reading: Reading) -> tuple[pa.RecordBatch | None, Refusals]:
    refusals = Refusals()
    read = Reader(batch, batch.column(LINE_COLUMN), refusals)
    precision = get_currency_precision(reading.currency)
    ordered = read.instant("ordered_at", reading.zone, required=True)
    updated = pc.coalesce(read.instant("updated_at", reading.zone), ordered)
    day = local_days(ordered, reading.zone)
    read.refuse("ordered_at", pc.fill_null(pc.less(day, 0), False), "import.refused.date")
    future = pc.fill_null(pc.greater(day, (reading.today - EPOCH).days), False)
    read.refuse("ordered_at", future, "import.refused.future", hint=reading.today.isoformat())
    currency = pc.utf8_upper(read.text("currency"))
    foreign = pc.and_(pc.not_equal(currency, ""), pc.not_equal(currency, reading.currency))
    read.refuse("currency", foreign, "import.refused.currency", hint=reading.currency)
    customer = read.text("customer_id")
    columns = {
        "seq": batch.column(LINE_COLUMN),
        "external_id": read.required("order_id"),
        "customer": customer,
        "customer_key": _customer_keys(customer, reading.source, reading.secret),
        "email_key": _email_keys(read.text("email", 1000), reading.secret),
        "ordered_at": pc.cast(ordered, pa.int64()),
        "updated_at": pc.cast(updated, pa.int64()),
        "day": day,
        "status": read.word("status", STATUS_WORDS[1:], "paid"),
        "channel": read.word("channel", CHANNEL_WORDS, ""),
        "ad": read.text("ad_code"),
        "sku": read.required("sku"),
        "product": read.text("product_name"),
        "quantity": read.whole("quantity", least=1, required=True),
        "unit_price": read.money("unit_price", precision, required=True, negative=True),
        "discount": read.money("discount", precision),
        "refund": read.money("refund", precision),
        "shipping": read.money("shipping", precision),
        "tax": read.money("tax", precision),
        "cycle": read.whole("subscription_cycle"),
    }
    if refusals.total:
        return None, refusals
    columns["status"] = pc.add(columns["status"], pa.scalar(1, pa.int16()))
    columns["line_print"] = _line_prints(columns)
    rows = pa.RecordBatch.from_arrays([columns[n].cast(ROWS.field(n).type) for n in ROWS.names], schema=ROWS)
    return rows, refusals


def local_days(instants: pa.Array, zone: ZoneInfo) -> pa.Array:
    """Shop-local days since 1970-01-01 (int32) of instants in UTC."""
    local = pc.local_timestamp(instants.cast(pa.timestamp("us", zone.key)))
    return pc.cast(pc.cast(local, pa.date32()), pa.int32())


def _email_keys(column: pa.Array, secret: bytes) -> pa.Array:
    """Keys of e-mail addresses, trimmed and case-folded; what is no address (「なし」, -) has none."""
    coded = column.dictionary_encode()
    values = [v.casefold() for v in coded.dictionary.to_pylist()]
    return _keys(b"email\0", [v if EMAIL.match(v) else "" for v in values], secret).take(coded.indices)


def _customer_keys(column: pa.Array, source: str, secret: bytes) -> pa.Array:
    """Keys of customer ids, which mean something within their cart only."""
    coded = column.dictionary_encode()
    return _keys(f"customer\0{source}\0".encode(), coded.dictionary.to_pylist(), secret).take(coded.indices)


def _line_prints(columns: Mapping[str, pa.Array]) -> pa.Array:
    """Hashes of the line items: the sku's (BLAKE2b), mixed with one number after the other (as in splitmix64)."""
    coded = columns["sku"].dictionary_encode()
    digests = [hashlib.blake2b(sku.encode(), digest_size=8).digest() for sku in coded.dictionary.to_pylist()]
    found = np.frombuffer(b"".join(digests), np.uint64)[coded.indices.to_numpy()]
    for name in ("quantity", "unit_price", "discount", "refund", "cycle"):
        number = pc.fill_null(columns[name], -1).to_numpy().astype(np.int64).view(np.uint64)
        found = (found ^ number) * MIX
        found ^= found >> np.uint64(32)
    return pa.array(found.view(np.int64))


def _keys(kind: bytes, values: list[str], secret: bytes) -> pa.Array:
    """Keyed 64-bit hashes (BLAKE2b); null where the value is empty."""
    start = hashlib.blake2b(kind, digest_size=8, key=secret)
    digests = []
    for value in values:
        state = start.copy()
        state.update(value.encode())
        digests.append(state.digest())
    keys = np.frombuffer(b"".join(digests), np.int64).copy()
    # 0 is kept free as "everybody" in the log of touched persons.
    keys[keys == 0] = 1
    return pa.array(keys, mask=np.array([not v for v in values], np.bool_))
