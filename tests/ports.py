"""Ports for servers in other processes, which cannot be handed a socket that is open already.

They lie below the range from which the kernel takes ports of its own accord, and each test worker has a range of its
own: nobody else takes one between its choice and the server's start.
"""

from __future__ import annotations

import itertools
import os

from localslack.serve import listen

FIRST, PER_WORKER = 20000, 1000
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_next = itertools.cycle(range(FIRST + _worker * PER_WORKER, FIRST + (_worker + 1) * PER_WORKER))


def free_port(together: int = 1) -> int:
    """A port that nobody uses; the `together - 1` ports after it are free as well."""
    for _ in range(PER_WORKER):
        ports = list(itertools.islice(_next, together))
        if ports[-1] - ports[0] == together - 1 and all(map(_free, ports)):
            return ports[0]
    raise OSError(f"no {together} free ports from {FIRST}")


def _free(port: int) -> bool:
    try:
        listen(port).close()
    except OSError:
        return False
    return True
