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
        "| order lines | what | median | min | max | peak memory | times as long as Banto |",
        "|---:|---|---:|---:|---:|---:|---:|",
    ]
    ours = {(r["lines"], r["name"]): r["median"] for r in rows if "median" in r}
    for r in rows:
        if "median" not in r:
            lines.append(f"| {r['lines']:,} | {r['name']} | | | | | |")
            continue
        base = ours.get((r["lines"], r.get("beside", "")))
        ratio = f"{r['median'] / base:.1f}" if base else ""
        shown = " | ".join(_shown(r[k], r["unit"]) for k in ("median", "min", "max"))
        lines.append(f"| {r['lines']:,} | {r['name']} | {shown} | {r['peak_mb']:,} MB | {ratio} |")
    return "\n".join([*lines, ""])


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
