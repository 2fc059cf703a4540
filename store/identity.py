"""Who is one person: the connected components of customer ids and e-mail addresses (名寄せ).

Two orders belong to one person when they carry the same customer id of the same cart or the same e-mail, and so on
through any chain of orders. A person's number is the smallest key of the component, so it depends on the orders
alone and not on the order in which they were imported.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Ints = npt.NDArray[np.int64]
EDGES = pa.schema([("customer_key", pa.int64()), ("email_key", pa.int64())])
"""The keys that one order carries; either may be null."""


def components(edges: pa.Table) -> pa.Table:
    """Who is who: (key, person_id), int64, one row per key in `edges` (customer_key, email_key; either may be null)."""
    customer, email = edges.column("customer_key"), edges.column("email_key")
    both = edges.filter(pc.and_(pc.is_valid(customer), pc.is_valid(email)))
    keys = np.unique(np.concatenate([_numbers(customer.drop_null()), _numbers(email.drop_null())]))
    if len(keys) == 0:
        return pa.table({"key": keys, "person_id": keys})
    left = np.searchsorted(keys, _numbers(both.column("customer_key")))
    right = np.searchsorted(keys, _numbers(both.column("email_key")))
    graph = coo_array((np.ones(len(left), np.int8), (left, right)), shape=(len(keys), len(keys)))
    count, label = connected_components(graph, directed=False)
    # Keys ascend, so the first key of each label, written last in reverse order, is the smallest.
    smallest = np.empty(count, np.int64)
    smallest[label[::-1]] = keys[::-1]
    return pa.table({"key": keys, "person_id": smallest[label]})


def _numbers(column: pa.ChunkedArray) -> Ints:
    return np.asarray(column.to_numpy(), dtype=np.int64)
