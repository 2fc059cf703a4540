"""`make bench`: generate shops, run everything after a warm-up, print one table, write docs/benchmark.md.

Sizes in order lines come from BENCH_LINES (default 1e6,1e7; 1e8 builds facts and asks questions only). Every step
runs in a process of its own, so that its peak memory is its own. Figures are medians of repeated runs.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
STEPS = ("shop", "load", "build", "refresh", "questions", "scan", "pandas", "polars", "lifetimes", "spark", "slack")

OF_THE_STORE = ("build", "refresh", "spark", "slack")
"""Steps that would measure an empty store after a load that failed."""

TARGETS = {
    "CSV → SQLite": (50_000, 50_000, None),
    "facts: full build from SQLite": (2, 15, None),
    "facts: full build from raw columns": (None, None, 200),
    "facts: refresh after them": (0.5, 3, None),
    "LTV of a product": (0.01, 0.04, 0.35),
    "repeat of a product": (0.01, 0.04, 0.35),
    "LTV of a product, window of 137 days": (0.03, 0.1, None),
    "cohort matrix of the whole shop": (0.015, 0.1, 0.8),
    "all ads with weekly cohorts": (0.05, 0.15, 1.3),
    "/ltv to posted answer with chart, p95 of 40": (None, 0.4, None),
    "ack at 50 commands/s, p99": (None, 0.2, None),
}
"""What the design asks for at 1, 10 and 100 million order lines: seconds at the most, orders a second at the least."""
SIZES = (1_000_000, 10_000_000, 100_000_000)


def run_step(step: str, lines: int, folder: Path) -> list[dict[str, Any]]:
    """The rows of one step: name, median, min, max (seconds or per second), unit, peak memory in MB."""
    command = [sys.executable, "-m", "bench.steps", step, str(lines), str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["?"])[-1]
        return [{"name": f"{step}: not measured ({reason[:100]})", "lines": lines}]
    return [json.loads(line) | {"lines": lines} for line in done.stdout.splitlines() if line.startswith("{")]


def main() -> int:
    """Run all sizes and steps."""
    sizes = [int(float(size)) for size in os.environ.get("BENCH_LINES", "1e6,1e7").split(",")]
    rows: list[dict[str, Any]] = []
    for lines in sizes:
        with tempfile.TemporaryDirectory(prefix="banto-bench-", dir=os.environ.get("BENCH_FOLDER")) as name:
            loaded = True
            for step in STEPS:
                if not loaded and step in OF_THE_STORE:
                    continue
                print(f"{lines:,} lines: {step} …", file=sys.stderr, flush=True)
                found = run_step(step, lines, Path(name))
                loaded = loaded and (step != "load" or all("median" in row for row in found))
                rows += found
    text = report(rows)
    print(text)
    if "BENCH_LINES" not in os.environ:
        (ROOT / "docs" / "benchmark.md").write_text(text, encoding="utf-8")
    return 0


def report(rows: list[dict[str, Any]]) -> str:
    """The table in Markdown, with the machine's description and the ratio to each peer."""
    lines = [
        "# Benchmark",
        "",
        "Written by `make bench`. Warm medians; every step in a process of its own; the peers in the same run.",
        "",
        f"- {datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {_processor()}",
        f"- {os.cpu_count()} cores, {_memory()} GiB",
        f"- Python {platform.python_version()}, {_versions()}",
        "",
        "| order lines | what | median | target | min | max | peak memory | times as long as Banto |",
        "|---:|---|---:|---:|---:|---:|---:|---:|",
    ]
    ours = {(r["lines"], r["name"]): r["median"] for r in rows if "median" in r}
    for r in rows:
        if "median" not in r:
            lines.append(f"| {r['lines']:,} | {r['name']} | | | | | | |")
            continue
        base = ours.get((r["lines"], r.get("beside", "")))
        ratio = f"{r['median'] / base:.1f}" if base else ""
        median, least, most = (_shown(r[k], r["unit"]) for k in ("median", "min", "max"))
        figures = f"{median} | {_target(r)} | {least} | {most} | {r['peak_mb']:,} MB | {ratio}"
        lines.append(f"| {r['lines']:,} | {r['name']} | {figures} |")
    return "\n".join([*lines, ""])


def _target(row: dict[str, Any]) -> str:
    """The target of this row and whether it was reached."""
    targets = dict(zip(SIZES, TARGETS.get(row["name"], ()), strict=False))
    target = targets.get(row["lines"])
    if target is None:
        return ""
    reached = row["median"] <= target if row["unit"] == "s" else row["median"] >= target
    return f"{_shown(target, row['unit'])} {'✓' if reached else '✗'}"


def _shown(value: float, unit: str) -> str:
    if unit != "s":
        return f"{value:,.0f} {unit}"
    return f"{value * 1000:,.1f} ms" if value < 10 else f"{value:,.1f} s"


def _memory() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [x.split(":", 1)[1].strip() for x in lines if x.startswith("model name")]
    return names[0] if names else platform.processor()


def _versions() -> str:
    from importlib.metadata import version

    return ", ".join(f"{p} {version(p)}" for p in ("duckdb", "ibis-framework", "pyarrow", "pandas", "sqlalchemy"))


if __name__ == "__main__":
    sys.exit(main())
