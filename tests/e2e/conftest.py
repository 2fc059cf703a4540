"""One demo for all end-to-end tests, and a browser that acts in it as a newcomer would."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator, Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from tests.e2e.demo_process import ROOT, Demo

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
SHOTS = ROOT / "test-output"


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo with its whole sample shop, started once."""
    started = Demo(tmp_path_factory.mktemp("demo"))
    try:
        started.start()
        yield started
        assert started.stop() == 0, started.tail()
        assert "leaked" not in started.tail()
    finally:
        started.kill()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium, or a skipped test that says how to get it."""
    if find_spec("playwright") is None:
        pytest.skip("Playwright's Python package is not installed: `make setup` installs it")
    if CHROMIUM is None:
        pytest.skip("no Chromium: install it (`apt install chromium`) or set CHROMIUM to its path")
    from playwright.sync_api import sync_playwright

    SHOTS.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What the demo printed belongs to a failure's report."""
    report = yield
    if report.failed and isinstance(item, pytest.Function):
        for used in item.funcargs.values():
            if isinstance(used, Demo):
                report.sections.append(("what the demo printed", used.tail()))
    return report
