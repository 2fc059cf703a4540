"""The truth as tables. Everything is keyed by `team`; instants are microseconds since 1970 in UTC, days are
shop-local days since 1970-01-01, money is integer minor units of the team's currency."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    types,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Instant(types.TypeDecorator[datetime]):
    """An aware datetime kept as microseconds since 1970 in UTC."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored")
        return (value - EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        return None if value is None else EPOCH + timedelta(microseconds=value)


Key = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only for INTEGER PRIMARY KEY."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

teams = Table(
    "teams",
    metadata,
    Column("team", String(40), primary_key=True),
    Column("slack_team_id", String(40), unique=True),
    Column("currency", String(3), nullable=False),
    Column("zone", String(64), nullable=False),
    Column("secret", String(64), nullable=False, doc="key of the hashes that stand for e-mail addresses"),
    Column("revision", BigInteger, nullable=False, default=0, doc="grows with every change of the orders"),
    Column("margin_permille", Integer, doc="gross margin of net sales in thousandths; unknown when null"),
    Column("target_profit", BigInteger, nullable=False, default=0),
    Column("owner", String(40), doc="Slack user who hears of failures"),
)

products = Table(
    "products",
    metadata,
    Column("id", Key, primary_key=True),
    Column("team", String(40), nullable=False),
    Column("sku", String(255), nullable=False),
    Column("name", String(255), nullable=False),
    Column("named_at", Instant, nullable=False, doc="instant of the order that spells the name so"),
    UniqueConstraint("team", "sku"),
)

ads = Table(
    "ads",
    metadata,
    Column("id", Key, primary_key=True),
    Column("team", String(40), nullable=False),
    Column("code", String(255), nullable=False),
    UniqueConstraint("team", "code"),
)

identity_keys = Table(
    "identity_keys",
    metadata,
    Column("team", String(40), primary_key=True),
    Column("key", BigInteger, primary_key=True, autoincrement=False, doc="hash of a customer id or e-mail"),
    Column("person_id", BigInteger, nullable=False, doc="the smallest key of those joined with this one"),
    Index(None, "team", "person_id"),
    sqlite_with_rowid=False,
)

customers = Table(
    "customers",
    metadata,
    Column("team", String(40), primary_key=True),
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("source", String(40), nullable=False, doc="the cart that knows this customer"),
    Column("label", String(255), nullable=False, doc="the customer id in that cart"),
    sqlite_with_rowid=False,
)

orders = Table(
    "orders",
    metadata,
    Column("id", Key, primary_key=True),
    Column("team", String(40), nullable=False),
    Column("source", String(40), nullable=False),
    Column("external_id", String(255), nullable=False),
    Column("customer_key", BigInteger),
    Column("email_key", BigInteger),
    Column("person_id", BigInteger, doc="null while no key names a person"),
    Column("ordered_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False, doc="version of the order; ordered_at when the source has none"),
    Column("day", Integer, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("channel", SmallInteger, nullable=False),
    Column("ad_id", BigInteger, nullable=False, doc="0 where the order names no ad"),
    Column("gross", BigInteger, nullable=False, doc="sum of unit price × quantity"),
    Column(
        "net",
        BigInteger,
        nullable=False,
        doc="net sales: lines − discounts − refunds, without tax and shipping",
    ),
    Column("refund", BigInteger, nullable=False),
    Column("shipping", BigInteger, nullable=False),
    Column("tax", BigInteger, nullable=False),
    Column("fingerprint", BigInteger, nullable=False, doc="hash of the whole content; equal means unchanged"),
    Column("revision", BigInteger, nullable=False, doc="the team's revision that wrote this state"),
    UniqueConstraint("team", "source", "external_id"),
    Index(None, "team", "person_id"),
)

order_lines = Table(
    "order_lines",
    metadata,
    # No foreign key: lines are only written beside their order, and SQLite would look each one up.
    Column("order_id", BigInteger, primary_key=True, autoincrement=False),
    Column("line_no", Integer, primary_key=True, autoincrement=False),
    Column("product_id", BigInteger, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("unit_price", BigInteger, nullable=False),
    Column("discount", BigInteger, nullable=False),
    Column("refund", BigInteger, nullable=False),
    Column("net", BigInteger, nullable=False),
    Column("subscription_cycle", Integer),
    sqlite_with_rowid=False,
)

touched = Table(
    "touched",
    metadata,
    Column("team", String(40), primary_key=True),
    Column("revision", BigInteger, primary_key=True, autoincrement=False),
    Column(
        "person_id",
        BigInteger,
        primary_key=True,
        autoincrement=False,
        doc="0 means everybody: facts of an older base cannot be brought up to date person by person",
    ),
)

imports = Table(
    "imports",
    metadata,
    Column("id", Key, primary_key=True),
    Column("team", String(40), nullable=False),
    Column("profile", String(40), nullable=False),
    Column("file_name", String(255), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("imported_at", Instant, nullable=False),
    Column("summary", JSON, nullable=False),
    UniqueConstraint("team", "profile", "sha256"),
)

sources = Table(
    "sources",
    metadata,
    Column("team", String(40), primary_key=True),
    Column("source", String(40), primary_key=True),
    Column("data_from", Integer, nullable=False, doc="first day with an order"),
    Column("data_through", Integer, nullable=False, doc="last shop-local day that is completely synced"),
    Column("synced_at", Instant, nullable=False),
)

ad_spend = Table(
    "ad_spend",
    metadata,
    Column("team", String(40), primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("platform", String(80), primary_key=True),
    Column("ad_id", BigInteger, primary_key=True, autoincrement=False),
    Column("cost", BigInteger, nullable=False),
    Column("impressions", BigInteger),
    Column("clicks", BigInteger),
)

concepts = Table(
    "concepts",
    metadata,
    Column("id", Key, primary_key=True),
    Column("team", String(40), nullable=False),
    Column("name", String(255), nullable=False),
    UniqueConstraint("team", "name"),
)

panels = Table(
    "panels",
    metadata,
    Column("id", Key, primary_key=True),
    Column("team", String(40), nullable=False),
    Column("concept_id", ForeignKey("concepts.id"), nullable=False),
    Column("first_round", ForeignKey("panels.id"), doc="the round in which the same people sat first; null there"),
    Column(
        "round",
        Integer,
        nullable=False,
        doc="1, and one more each time the price was changed after the reveal",
    ),
    Column("proposition", Text, nullable=False, doc="the value proposition as it was shown"),
    Column("price", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("threshold", Integer, nullable=False, doc="the gate in force, major units"),
    Column("stage", String(20), nullable=False, doc="agreement, closing, closed or withdrawn"),
    Column("internal", Boolean, nullable=False),
    Column("created_by", String(40), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Column("channel", String(40), nullable=False),
    Column("message_ts", String(40)),
    UniqueConstraint("first_round", "round"),
    Index(None, "team", "concept_id"),
)

panel_people = Table(
    "panel_people",
    metadata,
    Column("panel_id", ForeignKey("panels.id"), primary_key=True),
    Column("seat", Integer, primary_key=True, autoincrement=False),
    Column("alias", String(80), nullable=False),
    Column("slack_user", String(40), doc="the member who answers for this seat in an internal panel"),
    Column("agreed", Boolean, doc="null: silent or undecided; still in the denominator"),
    Column("would_buy", Boolean),
    Column("answered", Boolean, nullable=False, default=False, doc="at the closing, 'do not know' included"),
    Column("reason", Text, nullable=False, default=""),
    UniqueConstraint("panel_id", "slack_user"),
)

decisions = Table(
    "decisions",
    metadata,
    Column("id", Key, primary_key=True),
    Column("team", String(40), nullable=False),
    Column("kind", String(20), nullable=False, doc="panel or ad"),
    Column("subject_id", BigInteger, nullable=False),
    Column("decision", String(20), nullable=False),
    Column("reason", Text, nullable=False),
    Column("decided_by", String(40), nullable=False),
    Column("decided_at", Instant, nullable=False),
    Column("recheck_on", Integer),
    Column("evidence", JSON, nullable=False, doc="the numbers, definition and threshold it rested on"),
    Index(None, "team", "kind", "subject_id"),
)

schedules = Table(
    "schedules",
    metadata,
    Column("id", Key, primary_key=True),
    Column("team", String(40), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("channel", String(40), nullable=False),
    Column("weekday", SmallInteger, nullable=False, doc="0 is Monday"),
    Column("minute_of_day", SmallInteger, nullable=False),
    Column("created_by", String(40), nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("team", "kind", "channel"),
)

posts = Table(
    "posts",
    metadata,
    Column("id", Key, primary_key=True),
    Column("team", String(40), nullable=False),
    Column("channel", String(40), nullable=False),
    Column("kind", String(80), nullable=False),
    Column("period", String(20), nullable=False),
    Column("state", String(10), nullable=False, doc="claimed, sent or failed"),
    Column("claimed_by", String(80), nullable=False),
    Column("claimed_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("sent_at", Instant),
    Column("message_ts", String(40)),
    Column("snapshot", String(80)),
    Column("result", JSON, doc="the numbers and definitions as they were posted"),
    UniqueConstraint("team", "channel", "kind", "period"),
)

seen_events = Table(
    "seen_events",
    metadata,
    Column("event_id", String(80), primary_key=True),
    Column("seen_at", Instant, nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("holder", String(80), nullable=False),
    Column("until", Instant, nullable=False),
)
