"""A private PostgreSQL server for tests: made in a temporary folder, reached by a socket in it, gone afterwards.

`python -m tests.postgresql COMMAND …` runs a command, such as pytest, with BANTO_TEST_POSTGRESQL naming such a
server. The server programs must be there (Debian: apt-get install postgresql); nothing is installed here.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, create_engine, make_url, text

from store.database import migrate

VARIABLE = "BANTO_TEST_POSTGRESQL"
PLACES = Path("/usr/lib/postgresql")
TEMPLATE = "banto_template"


class NoServerPrograms(Exception):
    """PostgreSQL's server is not installed here; the text says what to do."""


@dataclass(frozen=True)
class Cluster:
    """A server with its own folder. It can be stopped and started again."""

    programs: Path
    folder: Path
    user: str

    @property
    def url(self) -> str:
        """The address of its maintenance database."""
        return f"postgresql+psycopg://banto@/postgres?host={self.folder}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        given = f"-c listen_addresses='' -c unix_socket_directories={self.folder} -c fsync=off -c max_connections=60"
        self._call("pg_ctl", "start", "-w", "-o", given, "-l", str(self.folder / "log"))

    def stop(self) -> None:
        """Cut all connections and stop it."""
        self._call("pg_ctl", "stop", "-w", "-m", "fast")

    def make(self) -> None:
        """Make its files."""
        self._call("initdb", "-U", "banto", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")

    def _call(self, program: str, *words: str) -> None:
        command = [str(self.programs / program), "-D", str(self.folder / "data"), *words]
        subprocess.run(command, check=True, user=self.user, stdout=subprocess.DEVNULL, cwd=self.folder)


def server_programs() -> Path:
    """The folder of initdb and pg_ctl. Raises NoServerPrograms."""
    found = shutil.which("initdb")
    places = sorted(PLACES.glob("*/bin"), key=lambda p: int(p.parent.name) if p.parent.name.isdigit() else 0)
    if found is not None:
        places.append(Path(found).resolve().parent)
    for place in reversed(places):
        if (place / "initdb").exists() and (place / "pg_ctl").exists():
            return place
    raise NoServerPrograms("PostgreSQL's server programs are missing (Debian: apt-get install postgresql)")


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A running server of one's own. Raises NoServerPrograms."""
    programs = server_programs()
    # The server refuses to run as root. A short path, because a socket's address holds only about 100 characters.
    user = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    folder = Path(tempfile.mkdtemp(prefix="banto-pg-"))
    try:
        shutil.chown(folder, user)
        made = Cluster(programs, folder, user)
        made.make()
        made.start()
        try:
            yield made
        finally:
            if (folder / "data" / "postmaster.pid").exists():
                made.stop()
    finally:
        shutil.rmtree(folder)


@contextmanager
def empty_database(server: str, *, migrated: bool = True) -> Iterator[str]:
    """The address of an empty database on the server, with all tables or with none, dropped afterwards."""
    name = f"banto_{secrets.token_hex(6)}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT", pool_pre_ping=True)
    try:
        if migrated:
            _make_template(engine, server)
        _run(engine, f'CREATE DATABASE "{name}" TEMPLATE "{TEMPLATE if migrated else "template0"}"')
        yield _named(server, name)
        _run(engine, f'DROP DATABASE "{name}" WITH (FORCE)')
    finally:
        engine.dispose()


def _make_template(engine: Engine, server: str) -> None:
    """Make a migrated database to copy from, unless another test worker did or is about to."""
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(1)"))
        there = text("SELECT 1 FROM pg_database WHERE datname = :name")
        if not connection.execute(there, {"name": TEMPLATE}).first():
            connection.execute(text(f'CREATE DATABASE "{TEMPLATE}"'))
            migrate(_named(server, TEMPLATE))
        connection.execute(text("SELECT pg_advisory_unlock(1)"))


def _named(server: str, database: str) -> str:
    return make_url(server).set(database=database).render_as_string(hide_password=False)


def _run(engine: Engine, statement: str) -> None:
    with engine.connect() as connection:
        connection.execute(text(statement))


def main(command: list[str]) -> int:
    """Run the command beside a server; its exit code, or 1 with a sentence when there can be no server."""
    if not command:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        with cluster() as server:
            return subprocess.run(command, env={**os.environ, VARIABLE: server.url}, check=False).returncode
    except NoServerPrograms as missing:
        print(missing, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
