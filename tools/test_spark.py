"""The Spark tests on a real cluster: a master and two workers on this machine. Needs Java 17 and about 500 MB."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path


def main(venv: Path) -> int:
    """Unpack Spark's own distribution at the client's version and run the tests that need it."""
    python = str(venv / "bin" / "python")
    found = re.search(r"^pyspark-client==(.+)$", Path("constraints.txt").read_text(), re.MULTILINE)
    if found is None:
        print("constraints.txt names no pyspark-client.")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        pip = [python, "-m", "pip", "--disable-pip-version-check", "--quiet", "install", "--no-deps"]
        subprocess.run([*pip, "--target", folder, f"pyspark=={found[1]}"], check=True)
        environment = os.environ | {"BANTO_SPARK_HOME": str(Path(folder) / "pyspark")}
        tests = [python, "-m", "pytest", "-q", "-m", "spark_cluster", "tests/spark"]
        return subprocess.run(tests, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
