"""Make the project's own Python environment. Runs on any Python 3, to say in plain words when it is too old."""

import os
import shutil
import subprocess
import sys

NEEDED = (3, 11)
CANDIDATES = ("python3.13", "python3.12", "python3.11", "python3.14")


def interpreter():
    """A Python that is new enough: this one, or another one on the machine."""
    if sys.version_info >= NEEDED:
        return sys.executable
    for name in CANDIDATES:
        found = shutil.which(name)
        if found and subprocess.call([found, "--version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0:
            return found
    sys.exit("Banto needs Python 3.11 or newer; this is %d.%d. Please install a newer Python." % sys.version_info[:2])


def main(venv, stamp):
    """Create `venv` with everything in pyproject.toml at the versions of constraints.txt; touch `stamp`."""
    python = os.path.join(venv, "bin", "python")
    if not os.path.exists(python):
        print("Creating the environment in %s (once, about a minute) ..." % venv)
        if subprocess.call([interpreter(), "-m", "venv", venv]) != 0:
            shutil.rmtree(venv, ignore_errors=True)
            sys.exit("The environment could not be made. On Debian and Ubuntu: apt-get install python3-venv")
    pip = [python, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    for words in (
        ["install", "--upgrade", "pip>=25.1"],
        ["install", "-c", "constraints.txt", "--group", "dev", "-e", "."],
    ):
        if subprocess.call(pip + words) != 0:
            sys.exit("The packages could not be installed; see the lines above. Run the same command again to go on.")
    with open(stamp, "w"):
        pass


main(sys.argv[1], sys.argv[2])
