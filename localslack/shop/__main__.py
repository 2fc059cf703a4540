"""`python -m localslack.shop`: write the sample shop's exports."""

import argparse
import sys
from datetime import datetime
from pathlib import Path

from localslack.shop.export import ShopError, advance


def main(argv: list[str] | None = None) -> int:
    """Run the command line; returns the exit code (2 when asked for something impossible)."""
    parser = argparse.ArgumentParser(prog="python -m localslack.shop", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder of the CSV files and of shop.json")
    parser.add_argument("--now", type=_moment, required=True, help="time with offset: 2026-11-22T09:00+09:00")
    parser.add_argument("--seed", type=int, help="which shop (7); as stored once the folder holds one")
    parser.add_argument("--persons", type=_positive, help="first-time buyers in two years (40000); likewise")
    asked = parser.parse_args(argv)
    try:
        written = advance(asked.out, asked.now, asked.seed, asked.persons)
    except ShopError as error:
        print(error, file=sys.stderr)
        return 2
    for path in written:
        print(path)
    return 0


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not an ISO 8601 time") from None
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} lacks an offset such as +09:00")
    return moment


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number of persons")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
