"""Long commands, ended at random moments by a key or from outside.

Stands for: whenever somebody has enough of it, a command ends with a word, a status of ours and no
traceback; no process of its stays; what was in its files before is there whole, or what is new is;
and what it kept for the next run changes nothing that the next run finds.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from checkers.cache.store import FOLDER
from tests.fuzz.effort import cases, many, told
from tests.fuzz.spec_texts import LAMPS
from tests.patience import PATIENCE
from tests.test_imports import ROOT

pytestmark = pytest.mark.slow

BEFORE = '{"of": "an earlier run"}'
"""What is in the files that a command is to write."""
BEGIN = """
import atexit, os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
signal.signal(signal.SIGINT, signal.default_int_handler)
from checkers.__main__ import main, not_begun
left = int(os.environ["CALLS"])
if left < 0:
    atexit.register(lambda: open("calls", "w").write(str(-1 - left)))
def count(frame, event, argument):
    global left
    left -= 1
    if left == 0:
        os.killpg(0, signal.SIGINT)
try:
    os.write(1, b"begun\\n")
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    if left:
        sys.setprofile(count)
    main()
except KeyboardInterrupt:
    not_begun()
"""
"""The command, which tells first that Python has started: a key before that is Python's own.

With CALLS, the key is pressed at that call of a function; below zero the calls are counted.
"""

COMMANDS: dict[str, list[str]] = {
    "verify": ["--jobs", "2", "--json", "out.json", "--html", "out.html", "--depth", "3"],
    "explore": ["--jobs", "2", "--json", "out.json", "--resume", "kept.npz", "--plot", "out.svg"],
    "liveness": ["--json", "out.json", "--states", "5000"],
    "mutate": ["--jobs", "2", "--json", "out.json"],
    "mcdc": ["--json", "out.json"],
    "simulate": ["--steps", "5000", "--out", "made", "--json", "out.json"],
    "needs": ["--jobs", "2"],
    "strengthen": [],
    "export": ["--tla", "made", "--promela", "out.pml"],
    "trace": ["--spec", "lamps.py", "recorded/n1.jsonl", "recorded/n2.jsonl", "--json", "out.json"],
    "generate": [],
    "figures": [],
}
"""Each long command with options that let it write what it can."""


@dataclass
class Ended:
    """How a command ended."""

    status: int
    out: str
    err: str

    def __str__(self) -> str:
        return f"status {self.status}\n{self.out[-2000:]}\n{self.err[-2000:]}"


def line_of(command: str, spec: str = "lamps.py") -> list[str]:
    """Return a command line."""
    return [command, *([] if command == "trace" else [spec]), *COMMANDS[command]]


def begun(folder: Path, args: list[str], calls: int = 0) -> subprocess.Popen[str]:
    """Start a command as a session of its own; return once Python has started."""
    process = subprocess.Popen(
        [sys.executable, "-c", BEGIN, *args],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "CALLS": str(calls)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n", process.communicate()
    return process


def ended(process: subprocess.Popen[str], case: str = "") -> Ended:
    """Wait for a command and for all that it started."""
    out, err = process.communicate(timeout=PATIENCE)
    deadline = time.monotonic() + PATIENCE
    while left := of_session(process.pid):
        assert time.monotonic() < deadline, f"{case}: it left {left}"
        time.sleep(0.02)
    return Ended(process.returncode, out, err)


def of_session(session: int) -> list[str]:
    """Return the processes of a session that have not ended."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            rest = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if rest[0] not in "ZX" and int(rest[3]) == session:
            found.append(path.parent.name)
    return found


def press(process: subprocess.Popen[str], number: signal.Signals) -> None:
    """Ctrl-C as a terminal sends it, to all of them; other signals go to the command alone."""
    try:
        if number is signal.SIGINT:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
    except ProcessLookupError:
        return  # it was quicker


def is_whole(path: Path) -> bool:
    """Tell whether a file is as it was, or a new one to its end."""
    data = path.read_text(encoding="utf-8")
    if data == BEFORE:
        return True
    match path.suffix:
        case ".json":
            return json.loads(data) is not None
        case ".html":
            return data.rstrip().endswith("</html>")
        case ".svg":
            return data.rstrip().endswith("</svg>")
        case ".pml":
            return data.rstrip().endswith("}")
        case _:
            return True


WRITTEN = ("out.json", "out.html", "out.svg", "out.pml")


def check(folder: Path, found: Ended, number: signal.Signals, case: str) -> str:
    """Hold what a command left to what is promised; return how it ended, in a word."""
    told_ = f"{case}: {found}"
    assert "Traceback" not in found.err and "Exception ignored" not in found.err, told_
    assert "Aborted" not in found.err, told_
    for name in WRITTEN:
        assert is_whole(folder / name), f"{told_}\n{name} is not whole"
    for path in folder.glob("made/*.jsonl"):
        text = path.read_text(encoding="utf-8")
        assert text == "" or text.endswith("\n"), f"{told_}\n{path.name} ends within a record"
        assert all(json.loads(line) for line in text.splitlines()), path
    if number is signal.SIGTERM and found.status == -number:
        return "ended by the signal"
    if found.status == -signal.SIGINT:  # all was said and done, and Python heard no keys any more
        return "ended with Python"
    beside = [p.name for p in folder.rglob(".*") if p.is_file()]
    assert beside == [], f"{told_}\nleft beside: {beside}"
    if "nothing was begun" in found.err:
        assert found.status == 130, told_
        return "ended before it began"
    if "interrupted" in found.out + found.err:
        assert found.status in (1, 3), told_
        return "interrupted"
    assert found.status in (0, 1, 3), told_
    return "had ended"


def prepare(folder: Path) -> None:
    """Make a folder with the small spec, files of an earlier run, and recordings."""
    folder.mkdir()
    (folder / "lamps.py").write_text(LAMPS, encoding="utf-8")
    for name in WRITTEN:
        (folder / name).write_text(BEFORE, encoding="utf-8")


def again(folder: Path, command: str, case: str) -> dict[str, str]:
    """Run a command to its end; return what it found, without its times."""
    shutil.rmtree(folder / "made", ignore_errors=True)
    found = ended(begun(folder, line_of(command)), case)
    assert found.status in (0, 1, 3), f"{case}: {found}"
    result = {"status": str(found.status)}
    path = folder / "out.json"
    text = path.read_text(encoding="utf-8")
    if text != BEFORE:
        result["json"] = json.dumps(_timeless(json.loads(text)), sort_keys=True)
    for path in [folder / "out.pml", *sorted((folder / "made").glob("*"))]:
        if path.exists():
            result[path.name] = path.read_text(encoding="utf-8")
    return result


TIMES = re.compile("second|time|cpu|rate|memory|known|cached|kept|workers|resumed|when|duration")


def _timeless(data: Any) -> Any:
    """Return data without what differs from run to run: times, and what was known already."""
    if isinstance(data, dict):
        return {k: _timeless(v) for k, v in data.items() if not TIMES.search(k)}
    if isinstance(data, list):
        return [_timeless(v) for v in data]
    return data


# ---------------------------------------------------------------- at random moments


def calls_of(folder: Path, clean: Path, command: str) -> int:
    """Return how many calls of functions a command makes."""
    counted = folder / "counted"
    shutil.copytree(clean, counted)
    assert ended(begun(counted, line_of(command), -1)).status in (0, 1, 3)
    return int((counted / "calls").read_text())


def try_moments(folder: Path, command: str, number: signal.Signals, count: int) -> Counter[str]:
    """End a command at random moments, and run it again; return how often it ended how."""
    tally: Counter[str] = Counter()
    clean = folder / "clean"
    prepare(clean)
    if command == "trace":
        setup = ["simulate", "lamps.py", "--steps", "20000", "--out", "recorded"]
        assert ended(begun(clean, setup)).status == 0
    whole = folder / "whole"
    shutil.copytree(clean, whole)
    started = time.monotonic()
    right = again(whole, command, "undisturbed")
    seconds = time.monotonic() - started
    calls = calls_of(folder, clean, command)
    for case, r in cases(f"{command}, {number.name}", count):
        here = folder / "here"
        shutil.copytree(clean, here)
        if number is signal.SIGINT and r.random() < 0.5:
            process = begun(here, line_of(command), r.randint(1, calls))
        else:
            process = begun(here, line_of(command))
            time.sleep(r.random() * seconds)
            press(process, number)
        if r.random() < 0.2:  # once more, within what the first one began
            time.sleep(r.random() * 0.2)
            press(process, number)
        how = check(here, ended(process, case), number, case)
        tally[how] += 1
        found = again(here, command, case)
        assert found == right, f"{case}: {how}, and then it finds something else"
        shutil.rmtree(here)
    return tally


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda n: n.name)
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_at_random_moments(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, number: signal.Signals
) -> None:
    tally = try_moments(tmp_path, command, number, many(25 if number is signal.SIGINT else 8))
    with capsys.disabled():
        print(told(f"{command} ended by {number.name}", tally))


# ---------------------------------------------------------------- at moments that are known


def test_recordings_that_are_interrupted_are_whole(tmp_path: Path) -> None:
    prepare(here := tmp_path / "here")
    args = ["simulate", "lamps.py", "--steps", "1000000000", "--out", "made"]
    process = begun(here, args)
    wait_for(process, lambda: any(p.stat().st_size > 5000 for p in here.glob("made/*.jsonl")))
    press(process, signal.SIGINT)
    found = ended(process)
    assert check(here, found, signal.SIGINT, "simulate") == "interrupted" and found.status == 3
    assert json.loads((here / "made" / "faults.json").read_text())["faults"] == []
    files = [str(p) for p in sorted(here.glob("made/*.jsonl"))]
    assert ended(begun(here, ["trace", "--spec", "lamps.py", *files])).status == 0


def test_what_is_kept_as_it_goes_changes_nothing(tmp_path: Path) -> None:
    prepare(here := tmp_path / "here")
    process = begun(here, line_of("mutate"))
    wait_for(process, lambda: any((here / FOLDER).rglob("mutants/*/*")))
    press(process, signal.SIGINT)
    check(here, ended(process), signal.SIGINT, "mutate")
    found = again(here, "mutate", "after a key")
    shutil.rmtree(here / FOLDER)
    assert again(here, "mutate", "afresh") == found


LOST = """
import signal
from checkers.__main__ import main
from checkers import cli

class Dropped:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)

def callback(*_):
    Dropped()
    while True:  # until the key comes again
        pass

cli.main.params[0].callback = callback
signal.signal(signal.SIGINT, signal.default_int_handler)
main()
"""


def test_a_key_that_python_drops_comes_again(tmp_path: Path) -> None:
    """Within a `__del__`, Python tells of the exception, and goes on as if there had been none."""
    done = subprocess.run(
        [sys.executable, "-c", LOST, "--version"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert (done.returncode, done.stderr) == (130, "interrupted: nothing was begun\n")


def wait_for(process: subprocess.Popen[str], sign: Callable[[], bool]) -> None:
    """Wait until a command has done something, or has ended."""
    deadline = time.monotonic() + PATIENCE
    while not sign() and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
