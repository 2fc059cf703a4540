"""Writing orders: idempotent, indifferent to the order of batches, set-based, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import (
    BigInteger,
    Connection,
    Table,
    delete,
    func,
    insert,
    literal,
    select,
    text,
    true,
    type_coerce,
    union,
    update,
)

from store.bulk import insert_batches, number_column, read_batches, temporary, text_column
from store.database import insert_or_ignore, upsert_into
from store.identity import EDGES, components
from store.progress import counted
from store.staging import KNOWN, Plan, Staging
from store.tables import ads, customers, identity_keys, order_lines, orders, products, teams, touched

EVERYBODY = 0
TOUCHED_LIMIT = 200_000
"""The log names at most so many touched persons of a team; what is older, or more at once, is EVERYBODY."""


@dataclass(frozen=True)
class Written:
    """What a write did to the store, in orders. `revision` is the team's afterwards: the old one if nothing changed."""

    new: int
    changed: int
    unchanged: int
    stale: int
    revision: int


def next_revision(connection: Connection, team: str) -> int:
    """Begin a change of the team's orders: every later writer waits until the transaction ends."""
    if connection.dialect.name == "postgresql":
        # Orders are numbered by hand below, so that lines can be written without asking for the numbers again.
        connection.execute(text("LOCK TABLE orders IN SHARE ROW EXCLUSIVE MODE"))
    connection.execute(update(teams).where(teams.c.team == team).values(revision=teams.c.revision + 1))
    return int(connection.execute(select(teams.c.revision).where(teams.c.team == team)).scalar_one())


def upsert_orders(
    connection: Connection,
    team: str,
    source: str,
    staging: Staging,
    told: Callable[[int, int], None] = lambda done, of: None,
) -> Written:
    """Write the staged orders: new ones are added, newer states replace, older ones change nothing.

    Persons are worked out again around the changed orders, and everybody touched is logged for the facts. `told`
    hears how many orders and lines are written, of how many.
    """
    revision = next_revision(connection, team)
    _name_products_and_ads(connection, team, staging)
    newest = connection.execute(select(func.max(orders.c.id))).scalar() or 0
    plan = staging.plan(_known(connection, team, source, staging), newest + 1)
    written = Written(plan.new, plan.changed, plan.unchanged, plan.stale, revision)
    _confirm(connection, staging)
    if plan.new + plan.changed == 0:
        connection.execute(update(teams).where(teams.c.team == team).values(revision=revision - 1))
        return replace(written, revision=revision - 1)
    _name_customers(connection, team, source, staging)
    old = _persons_around(connection, team, staging, plan)
    members = _join_persons(connection, team, staging, old)
    replaced = temporary(connection, "replaced_orders", [number_column("id", key=True)])
    insert_batches(connection, replaced, staging.replaced())
    connection.execute(delete(order_lines).where(order_lines.c.order_id.in_(select(replaced.c.id))))
    connection.execute(delete(orders).where(orders.c.id.in_(select(replaced.c.id))))
    constants = {"team": team, "source": source, "revision": revision}
    rows = plan.new + plan.changed + plan.lines
    told(0, rows)
    whole = counted(staging.orders(members), lambda done: told(done, rows))
    heads = insert_batches(connection, orders, whole, constants)
    insert_batches(connection, order_lines, counted(staging.lines(), lambda done: told(heads + done, rows)))
    _move_orders(connection, team, old, members)
    _log_touched(connection, team, revision, old, members)
    return written


def _known(connection: Connection, team: str, source: str, staging: Staging) -> pa.Table:
    """The states of the staged orders that the store has already (schema KNOWN)."""
    mine = (orders.c.team == team, orders.c.source == source)
    if connection.execute(select(orders.c.id).where(*mine).limit(1)).first() is None:
        return KNOWN.empty_table()
    asked = temporary(connection, "staged_ids", [text_column("external_id", key=True)])
    insert_batches(connection, asked, staging.external_ids())
    columns = ("external_id", "id", "updated_at", "fingerprint", "person_id")
    stored = {"updated_at": type_coerce(orders.c.updated_at, BigInteger)}
    query = select(*(stored.get(name, orders.c[name]) for name in columns)).join_from(
        asked, orders, (orders.c.external_id == asked.c.external_id) & mine[0] & mine[1]
    )
    return pa.Table.from_batches(read_batches(connection, query, KNOWN), KNOWN)


def _confirm(connection: Connection, staging: Staging) -> None:
    """Orders that are still as they were: of the newer version from now on, so that no state in between comes back."""
    confirmed = temporary(connection, "confirmed_orders", [number_column("id", key=True), number_column("updated_at")])
    if not insert_batches(connection, confirmed, staging.confirmed()):
        return
    version = select(confirmed.c.updated_at).where(confirmed.c.id == orders.c.id).scalar_subquery()
    known = orders.c.id.in_(select(confirmed.c.id))
    connection.execute(update(orders).where(known).values(updated_at=version))


def _name_products_and_ads(connection: Connection, team: str, staging: Staging) -> None:
    put = upsert_into(connection, products)
    put = put.on_conflict_do_update(
        index_elements=["team", "sku"],
        set_={"name": put.excluded.name, "named_at": put.excluded.named_at},
        where=put.excluded.named_at >= products.c.named_at,
    )
    columns = [text_column("sku", key=True), text_column("name"), number_column("named_at")]
    staged = temporary(connection, "staged_products", columns)
    rows = [{"sku": sku, "name": name, "named_at": named_at} for sku, name, named_at in staging.products()]
    connection.execute(insert(staged), rows)
    found = select(literal(team), staged.c.sku, staged.c.name, staged.c.named_at).where(true())
    connection.execute(put.from_select(["team", "sku", "name", "named_at"], found))
    known = connection.execute(select(products.c.sku, products.c.id).where(products.c.team == team)).all()
    ad_ids = ids_of_ads(connection, team, staging.ads())
    staging.map_ids({sku: number for sku, number in known}, ad_ids)


def ids_of_ads(connection: Connection, team: str, codes: list[str]) -> dict[str, int]:
    """The numbers of these ad codes; codes not seen before get one."""
    if codes:
        # Always in the same order, so that two imports at once cannot wait for each other.
        new = [{"team": team, "code": code} for code in sorted(codes)]
        connection.execute(insert_or_ignore(connection, ads), new)
    known = connection.execute(select(ads.c.code, ads.c.id).where(ads.c.team == team))
    return {code: number for code, number in known}


def _name_customers(connection: Connection, team: str, source: str, staging: Staging) -> None:
    constants = {"team": team, "source": source}
    if connection.execute(select(customers.c.key).where(customers.c.team == team).limit(1)).first() is None:
        insert_batches(connection, customers, staging.customers(), constants)
        return
    staged = temporary(connection, "staged_customers", [number_column("key", key=True), text_column("label")])
    insert_batches(connection, staged, staging.customers())
    found = select(literal(team), staged.c.key, literal(source), staged.c.label).where(true())
    put = insert_or_ignore(connection, customers).from_select(["team", "key", "source", "label"], found)
    connection.execute(put)
    twins = connection.execute(
        select(customers.c.key)
        .join_from(staged, customers, (customers.c.team == team) & (customers.c.key == staged.c.key))
        .where(customers.c.label != staged.c.label)
        .limit(1)
    ).first()
    if twins:
        raise RuntimeError("two customer ids have the same 64-bit key; the file was not imported")


def _persons_around(connection: Connection, team: str, staging: Staging, plan: Plan) -> Table:
    """The numbers of all persons who had an order that is replaced, or a key of a staged order."""
    old = temporary(connection, "old_persons", [number_column("person_id", key=True)])
    mine = identity_keys.c.team == team
    if connection.execute(select(identity_keys.c.key).where(mine).limit(1)).first() is None:
        return old
    keys = temporary(connection, "staged_keys", [number_column("key", key=True)])
    insert_batches(connection, keys, staging.keys())
    replaced = temporary(connection, "replaced_persons", [number_column("person_id", key=True)])
    insert_batches(connection, replaced, staging.replaced_persons())
    around = union(
        select(replaced.c.person_id),
        select(identity_keys.c.person_id).join_from(keys, identity_keys, (identity_keys.c.key == keys.c.key) & mine),
    )
    connection.execute(insert(old).from_select(["person_id"], around))
    return old


def _join_persons(connection: Connection, team: str, staging: Staging, old: Table) -> pa.Table:
    """Who is who (key, person_id) around the staged orders from now on; replaces what was known of `old`."""
    replaced = staging.replaced_ids()
    columns = (orders.c.customer_key, orders.c.email_key, orders.c.id)
    theirs = select(*columns).where(orders.c.team == team, orders.c.person_id.in_(select(old.c.person_id)))
    schema = EDGES.append(pa.field("id", pa.int64()))
    kept = pa.Table.from_batches(read_batches(connection, theirs, schema), schema)
    kept = kept.filter(pc.invert(pc.is_in(kept["id"], replaced))).drop_columns(["id"])
    members = components(pa.concat_tables([staging.edges(), kept]))
    mine = identity_keys.c.team == team
    connection.execute(delete(identity_keys).where(mine, identity_keys.c.person_id.in_(select(old.c.person_id))))
    insert_batches(connection, identity_keys, members.to_batches(), {"team": team})
    return members


def _move_orders(connection: Connection, team: str, old_persons: Table, members: pa.Table) -> None:
    """Orders that did not change themselves, but whose person did."""
    theirs = (orders.c.team == team, orders.c.person_id.in_(select(old_persons.c.person_id)))
    if connection.execute(select(orders.c.id).where(*theirs).limit(1)).first() is None:
        return
    who = temporary(connection, "members", [number_column("key", key=True), number_column("person_id")])
    insert_batches(connection, who, members.to_batches())
    now = (
        select(who.c.person_id)
        .where(who.c.key == func.coalesce(orders.c.customer_key, orders.c.email_key))
        .scalar_subquery()
    )
    connection.execute(update(orders).where(*theirs, orders.c.person_id != now).values(person_id=now))


def _log_touched(connection: Connection, team: str, revision: int, old: Table, members: pa.Table) -> None:
    schema = pa.schema([("person_id", pa.int64())])
    before = pa.Table.from_batches(read_batches(connection, select(old.c.person_id), schema), schema)
    persons = pa.concat_tables([before, members.select(["person_id"])]).group_by("person_id").aggregate([])
    if persons.num_rows > TOUCHED_LIMIT:
        persons = pa.table({"person_id": [EVERYBODY]}, schema)
    insert_batches(connection, touched, persons.sort_by("person_id").to_batches(), {"team": team, "revision": revision})
    _forget_touched(connection, team)


def _forget_touched(connection: Connection, team: str) -> None:
    """Keep the newest revisions of the log; one EVERYBODY at the last forgotten revision stands for all before.

    So a process whose facts have a base older than that builds them anew, and no process has to know of the others.
    """
    logged = (
        select(touched.c.revision, func.count())
        .where(touched.c.team == team)
        .group_by(touched.c.revision)
        .order_by(touched.c.revision.desc())
    )
    kept, oldest = 0, None
    for revision, persons in connection.execute(logged).all():
        kept += persons
        if kept > TOUCHED_LIMIT:
            oldest = revision
            break
    if oldest is not None:
        forget_touched(connection, team, oldest)


def forget_touched(connection: Connection, team: str, through: int) -> None:
    """Let every base of facts older than revision `through` be built anew."""
    connection.execute(delete(touched).where(touched.c.team == team, touched.c.revision <= through))
    connection.execute(insert(touched).values(team=team, revision=through, person_id=EVERYBODY))
