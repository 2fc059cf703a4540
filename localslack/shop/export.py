"""The nightly export of the sample shop's cart: CSV files in a folder, and a note of what was exported."""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from localslack.shop.catalogue import ADS, CHANNELS, PRODUCTS
from localslack.shop.fates import STATUSES, fates_of, refunds
from localslack.shop.lives import purchases
from localslack.shop.orders import DAY_SECONDS, STAFF, WHOLESALER, lines_of, orders_of
from localslack.shop.people import arrivals, identities
from localslack.shop.spend import spend_of
from localslack.shop.story import BLOCK_DAYS, Ints, Shop

ZONE: Final = ZoneInfo("Asia/Tokyo")
STATE_FILE: Final = "shop.json"
_SHIPPING_FEE: Final = 600
_FREE_SHIPPING_FROM: Final = 5000


class ShopError(Exception):
    """The sample shop cannot be continued as asked; the text says why."""


@dataclass(frozen=True)
class State:
    """What shop.json holds: which shop it is, and the last day that was exported."""

    seed: int
    persons: int
    opened: str
    history_end: str
    exported_until: str

    @property
    def shop(self) -> Shop:
        """The shop of this state."""
        return Shop(self.seed, self.persons, date.fromisoformat(self.opened), date.fromisoformat(self.history_end))


def advance(out: Path, now: datetime, seed: int | None = None, persons: int | None = None) -> list[Path]:
    """Export everything up to the day before `now` (aware) that is not yet in `out`.

    The first call creates the shop (seed 7 and 40,000 persons unless given) with its history of
    two years; later calls write what was ordered or changed since. Returns the files written, in
    the order in which to import them; none when `now` brings no new complete day.
    Raises ShopError when the folder holds another shop than the one asked for.
    """
    until = now.astimezone(ZONE).date() - timedelta(days=1)
    state = _read_state(out)
    if state is None:
        shop = Shop.ending(until, 7 if seed is None else seed, 40_000 if persons is None else persons)
        after, label = shop.opened - timedelta(days=1), "history"
    else:
        shop, after, label = state.shop, date.fromisoformat(state.exported_until), until.isoformat()
        if (seed is not None and seed != shop.seed) or (persons is not None and persons != shop.persons):
            raise ShopError(
                f"{out} already holds the shop of seed {shop.seed} with {shop.persons} persons. "
                "Leave --seed and --persons out to continue it, or choose an empty folder."
            )
    if until <= after:
        return []
    out.mkdir(parents=True, exist_ok=True)
    orders, spend = export_between(shop, after, until)
    written = [out / f"orders-{label}.csv", out / f"ad-spend-{label}.csv"]
    _replace(written[0], lambda path: orders.to_csv(path, index=False, lineterminator="\n"))
    _replace(written[1], lambda path: spend.to_csv(path, index=False, lineterminator="\n"))
    new = State(shop.seed, shop.persons, shop.opened.isoformat(), shop.history_end.isoformat(), until.isoformat())
    _replace(out / STATE_FILE, lambda path: path.write_text(json.dumps(asdict(new), indent=2) + "\n", "utf-8"))
    return written


def export_between(shop: Shop, after: date, until: date) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Orders created or changed, and ad spend, on the days after `after` up to and including `until`.

    Orders are in the state of the end of `until`, with the columns of the bot's generic CSV;
    spend with those of its ad_spend CSV.
    """
    orders, lines, spend = _everything(shop, shop.day(until) // BLOCK_DAYS)
    since, end = (shop.day(after) + 1) * DAY_SECONDS, (shop.day(until) + 1) * DAY_SECONDS
    orders = _numbered(shop, orders[orders["time0"] < end])
    times = orders[["time0", "time1", "time2"]].to_numpy()
    changed = np.any((times >= since) & (times < end), axis=1)
    position = pd.Series(np.arange(len(orders)), index=orders["order"])
    lines = lines[lines["order"].isin(orders["order"].to_numpy()[changed])]
    at = position.loc[lines["order"]].to_numpy()
    order = np.argsort(at, kind="stable")
    table = _order_table(shop, orders.iloc[at[order]].reset_index(drop=True), lines.iloc[order], end)
    days = spend[(spend["day"] > shop.day(after)) & (spend["day"] <= shop.day(until))]
    return table, _spend_table(shop, days)


def _everything(shop: Shop, last_block: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Whole lives of all who came up to a block: orders with their fates, lines, and ad spend."""
    orders, lines, spend = [], [], []
    persons = count = 0
    for block in range(last_block + 1):
        people = arrivals(shop, block, persons)
        placed = orders_of(shop, block, people, purchases(shop, block, people))
        bought = lines_of(shop, block, placed)
        placed["order"] = np.arange(count, count + len(placed))
        bought["order"] += count
        orders.append(pd.concat([placed, fates_of(shop, block, placed)], axis=1))
        lines.append(bought)
        spend.append(spend_of(shop, block))
        persons += len(people.number)
        count += len(placed)
    return pd.concat(orders, ignore_index=True), pd.concat(lines, ignore_index=True), pd.concat(spend)


def _numbered(shop: Shop, orders: pd.DataFrame) -> pd.DataFrame:
    """Orders by time, with an order_id of day and running number, known once the day is over."""
    orders = orders.sort_values(["time0", "order"], ignore_index=True)
    running = orders.groupby("day").cumcount() + 1
    days = np.datetime_as_string(np.datetime64(shop.opened, "D") + orders["day"].to_numpy())
    stamp = pd.Series(days).str.replace("-", "")
    return orders.assign(order_id=stamp + "-" + running.astype(str).str.zfill(4))


def _order_table(shop: Shop, orders: pd.DataFrame, lines: pd.DataFrame, end: int) -> pd.DataFrame:
    """The CSV's rows: `orders` repeated for each of `lines`, as known at second `end`."""
    lines = lines.reset_index(drop=True)
    second, first = orders["time2"] < end, orders["time1"] < end
    status = orders["status2"].where(second, orders["status1"].where(first, orders["status0"]))
    updated = orders["time2"].where(second, orders["time1"].where(first, orders["time0"]))
    person = orders["person"].to_numpy()
    who = identities(shop, np.maximum(person, 0))
    price = np.array([product.price for product in PRODUCTS])[lines["product"]]
    net = price * lines["quantity"] - lines["discount"]
    rate = np.array([product.tax for product in PRODUCTS])[lines["product"]]
    basket = net.groupby(orders["order_id"]).transform("sum")
    free = (basket >= _FREE_SHIPPING_FROM) | (orders["cycle"] > 0) | (basket < 2000)
    mail = who["email"].where(orders["has_mail"], "")
    messy = np.where(person % 3 == 0, mail.str.upper(), " " + mail + " ")
    table = pd.DataFrame(
        {
            "order_id": orders["order_id"],
            "ordered_at": _timestamps(shop, orders["time0"].to_numpy()),
            "customer_id": np.where(orders["other_id"], "G", "C") + pd.Series(person).astype(str).str.zfill(6),
            "sku": _names([product.sku for product in PRODUCTS], lines["product"]),
            "product_name": _names([product.name for product in PRODUCTS], lines["product"]),
            "quantity": lines["quantity"],
            "unit_price": price,
            "discount": lines["discount"],
            "refund": refunds(lines, orders["refunded"].where(second, 0.0)),
            "shipping": np.where(free, 0, _SHIPPING_FEE),
            "tax": net * rate // 100,
            "status": _names(STATUSES, status),
            "channel": _names(CHANNELS, orders["channel"]),
            "ad_code": _names([shop.code(ad) for ad in ADS], orders["ad"]),
            "subscription_cycle": orders["cycle"].astype(str).where(orders["cycle"] > 0, ""),
            "currency": "JPY",
            "updated_at": _timestamps(shop, updated.to_numpy()),
            "email": np.where(orders["other_id"] & (person % 2 == 0), messy, mail),
            "phone": who["phone"],
            "name": who["name"],
            "postcode": who["postcode"],
        }
    )
    for number, customer, name in (
        (STAFF, "C900001", "テスト 太郎"),
        (WHOLESALER, "C900002", "株式会社サンプル商店"),
    ):
        special = person == number
        table.loc[special, ["customer_id", "name"]] = [customer, name]
        table.loc[special, ["email", "phone"]] = [
            f"{customer.lower()}@example.jp",
            f"090-9999-{customer[-4:]}",
        ]
    return table


def _spend_table(shop: Shop, spend: pd.DataFrame) -> pd.DataFrame:
    days = np.datetime64(shop.opened, "D") + spend["day"].to_numpy()
    return pd.DataFrame(
        {
            "date": np.datetime_as_string(days),
            "ad_code": _names([shop.code(ad) for ad in ADS], spend["ad"]),
            "platform": _names([ad.platform for ad in ADS], spend["ad"]),
            "cost": spend["cost"].to_numpy(),
            "impressions": spend["impressions"].to_numpy(),
            "clicks": spend["clicks"].to_numpy(),
        }
    )


def _names(names: Sequence[str], codes: pd.Series) -> pd.Series:
    return pd.Series(np.array(names, dtype=object)[codes.to_numpy()])


def _timestamps(shop: Shop, seconds: Ints) -> pd.Series:
    moments = np.datetime64(shop.opened, "s") + seconds
    return pd.Series(np.datetime_as_string(moments)) + "+09:00"


def _read_state(out: Path) -> State | None:
    path = out / STATE_FILE
    return State(**json.loads(path.read_text("utf-8"))) if path.exists() else None


def _replace(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file so that nobody ever sees half of it."""
    part = path.with_name(f".{path.name}.part")
    write(part)
    os.replace(part, path)
