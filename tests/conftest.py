"""What every test starts from, wherever the tests are run.

Belongs here: taking away what a machine, a shell or a service that runs tests brings along, so that
no test depends on it; nor on how fast it is. Never here: what some tests need and others do not.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from checkers import possible, tasks
from checkers.counterexamples import searching, smallest, unrolling

BROUGHT_ALONG = (
    *("CI", "TERM", "COLORTERM"),
    *("NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"),
    *("PYTHONHASHSEED", "PYTHONWARNINGS", "PYTHONIOENCODING", "PYTHONOPTIMIZE"),
    *("JOBLIB_MULTIPROCESSING", "LOKY_MAX_CPU_COUNT"),
)
"""Variables of the environment that say how to print, how to hash, or how many cores there are."""


PATIENT = 10
LIMITS = (
    (smallest, ("SCOPE_MS", "SECONDS", "SHRINK_MS", "PLAIN_MS")),
    (searching, ("STRAIGHTEN_SECONDS",)),
    (unrolling, ("PLAINER_SECONDS",)),
    (tasks, ("EXAMPLE_MS",)),
    (possible, ("QUESTION_MS",)),
)
"""Bounds by the clock: so many times as long in tests, so that no slow machine finds less."""


def pytest_configure() -> None:
    """Let neither the terminal nor the service be seen, by tests or by the processes they start."""
    for name in BROUGHT_ALONG:
        os.environ.pop(name, None)
    os.environ |= {"COLUMNS": "100", "LINES": "40"}
    for module, names in LIMITS:
        for name in names:
            setattr(module, name, PATIENT * getattr(module, name))


@pytest.fixture(scope="session", autouse=True)
def in_the_repository() -> Iterator[None]:
    """Names of files are relative to it, wherever the tests were started."""
    before = Path.cwd()
    os.chdir(Path(__file__).resolve().parent.parent)
    yield
    os.chdir(before)


@pytest.fixture(scope="session", autouse=True)
def keys_are_heard() -> Iterator[None]:
    """A shell lets what it runs in the background ignore Ctrl-C, and all that this starts, too."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
