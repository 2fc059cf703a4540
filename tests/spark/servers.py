"""Spark Connect servers on loopback: Sail in this process, and Spark itself with a master and two workers."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.ports import free_port

SPARK_HOME = "BANTO_SPARK_HOME"
"""Names the folder of Spark's own distribution (the `pyspark` folder of the full package)."""
START_SECONDS = 180


@contextmanager
def sail(port: int = 0) -> Iterator[str]:
    """Sail's Spark Connect server; its address."""
    server_of = pytest.importorskip("pysail.spark", reason="pysail is not installed").SparkConnectServer
    server = server_of("127.0.0.1", port)
    server.start(background=True)
    try:
        yield f"sc://127.0.0.1:{server.listening_address[1]}"
    finally:
        server.stop()


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """A standalone master, two workers and a Spark Connect server on them; the server's address."""
    home = os.environ.get(SPARK_HOME)
    if shutil.which("java") is None:
        pytest.skip("Java is not installed")
    if not home or not (Path(home) / "bin" / "spark-submit").exists():
        pytest.skip(f"{SPARK_HOME} does not name a Spark distribution")
    master, port = f"spark://127.0.0.1:{(master_port := free_port())}", free_port()
    environment = os.environ | {"SPARK_HOME": home, "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_LOCAL_DIRS": str(folder)}
    java = [f"{home}/bin/spark-class", "org.apache.spark.deploy"]
    worker = [java[0], f"{java[1]}.worker.Worker", "--host", "127.0.0.1", "--cores", "1", "--memory", "1g"]
    commands = {
        "master": [java[0], f"{java[1]}.master.Master", "--host", "127.0.0.1", "--port", str(master_port)],
        "worker-1": [*worker, "--work-dir", f"{folder}/worker-1", master],
        "worker-2": [*worker, "--work-dir", f"{folder}/worker-2", master],
        "connect": _connect(home, master, port),
    }
    running: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, command in commands.items():
            with (folder / f"{name}.log").open("wb") as log:
                if name != "connect":
                    command = [*command[:2], "--webui-port", str(free_port()), *command[2:]]
                running[name] = subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log)
            if name == "master":
                _wait_for(master_port, running, folder)
        _wait_for(port, running, folder)
        _wait_for_workers(folder)
        yield f"sc://127.0.0.1:{port}"
    finally:
        for process in reversed(running.values()):
            process.terminate()
        for process in running.values():
            process.wait(30)


def _connect(home: str, master: str, port: int) -> list[str]:
    given = {
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.shuffle.partitions": "2",
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": str(port),
    }
    words = [word for name, value in given.items() for word in ("--conf", f"{name}={value}")]
    server = "org.apache.spark.sql.connect.service.SparkConnectServer"
    return [f"{home}/bin/spark-submit", "--master", master, *words, "--class", server, "spark-internal"]


def _wait_for(port: int, running: dict[str, subprocess.Popen[bytes]], folder: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        for name, process in running.items():
            if process.poll() is not None:
                raise RuntimeError(f"{name} stopped: {(folder / f'{name}.log').read_text()[-2000:]}")
        try:
            with socket.create_connection(("127.0.0.1", port), 1):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _wait_for_workers(folder: Path) -> None:
    """Both workers have told the master that they are there."""
    deadline = time.monotonic() + START_SECONDS
    while (folder / "master.log").read_text().count("Registering worker") < 2:
        if time.monotonic() > deadline:
            raise RuntimeError("the workers did not register with the master")
        time.sleep(0.1)
