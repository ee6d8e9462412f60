"""Tries in a process of their own, with hard bounds on time and memory.

Belongs here: the life of that process. Never here: what it does (`child`), or when (`portfolio`).

A solver that overruns its time, eats up its memory or crashes takes the process with it and nothing
else: the next try gets a new one. The process ends itself when its input does, and an alarm ends it
within a question, so that it never outlives who started it for long.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from checkers.solving.child import GRACE
from checkers.solving.query import Answer, Cause, cause_of
from checkers.solving.smtlib import Script

_CHILD = Path(__file__).with_name("child.py")
START = 20.0
"""Seconds that a process may take to start, on a machine that does much else."""


def has_cvc5() -> bool:
    """Tell whether cvc5 is installed."""
    return cvc5_version() is not None


def cvc5_version() -> str | None:
    """Return the version of the cvc5 that is installed, if any."""
    try:
        return version("cvc5")
    except PackageNotFoundError:
        return None


class Outside:
    """One process at a time, started when first needed."""

    def __init__(self, megabytes: int) -> None:
        """Bound the memory of the process."""
        self.megabytes = megabytes
        self._process: subprocess.Popen[str] | None = None
        self._owner = 0

    def ask(
        self, engine: str, options: Mapping[str, Any], script: Script, seconds: float, by: str
    ) -> Answer:
        """Ask one solver for so long; whatever happens to it, an answer comes back."""
        started = time.perf_counter()
        question = {
            "engine": engine,
            "options": dict(options),
            "seconds": seconds,
            "text": script.text(),
        }
        try:
            told = self._exchange(json.dumps(question), seconds)
        except BaseException:  # as by Ctrl-C: its answer would be taken for the next question's
            self.close()
            raise
        spent = time.perf_counter() - started
        if told["answer"] == "unsat":
            core = (script.names[n] for n in told["core"] if n in script.names)
            return Answer(True, by, spent, tuple(sorted(core)))
        if told["answer"] == "sat":
            return Answer(False, by, spent)
        return Answer(None, by, spent, cause=cause_of(told["reason"]), reason=told["reason"])

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            if self._owner == os.getpid():
                process.kill()
                process.wait()
            else:
                process.returncode = 0  # it is another's: no word of it is for this process
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    with suppress(OSError):
                        stream.close()

    def __del__(self) -> None:
        """End the process with its owner."""
        with suppress(Exception):  # at the end of Python, parts of it may be gone already
            self.close()

    # ------------------------------------------------------------ the process

    def _exchange(self, line: str, seconds: float) -> dict[str, Any]:
        if self._owner != os.getpid():  # this is a copy of the process that started it
            self.close()
        fresh = self._process is None
        process = self._running()
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(line + "\n")
            process.stdin.flush()
        except OSError:
            if not fresh:  # it ended after its last answer, as after running out of memory
                self.close()
                return self._exchange(line, seconds)
            return self._ended(process)
        wait = seconds + 2 * GRACE + (START if fresh else 0)
        if not select.select([process.stdout], [], [], wait)[0]:
            self.close()
            return _unknown("timeout: it did not stop by itself")
        told = process.stdout.readline()
        if not told:
            return self._ended(process)
        try:
            found: dict[str, Any] = json.loads(told)
        except ValueError:
            self.close()
            return _unknown(f"error: it answered {told.strip()[:80]!r}")
        if cause_of(found["reason"]) is Cause.MEMORY:
            self.close()
        return found

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._owner = os.getpid()
            self._process = subprocess.Popen(
                [sys.executable, "-P", str(_CHILD), str(self.megabytes)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
            )
        return self._process

    def _ended(self, process: subprocess.Popen[str]) -> dict[str, Any]:
        """Return why a process ended within a question."""
        status = process.wait()
        self.close()
        if status == -getattr(signal, "SIGALRM", 0):
            return _unknown("timeout: it did not stop by itself")
        if status in (-signal.SIGABRT, -signal.SIGKILL, -signal.SIGSEGV):
            return _unknown(f"out of memory: its process ended with signal {-status}")
        return _unknown(f"error: its process ended with status {status}")


def _unknown(reason: str) -> dict[str, Any]:
    return {"answer": "unknown", "core": [], "reason": reason}
