"""The command in a process of its own, with streams, encodings and terminals of all kinds.

Stands for: whoever reads no further than the first line, or shows no more than ASCII, gets that
much and no traceback.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.spec_texts import LAMPS
from tests.patience import PATIENCE
from tests.test_imports import ROOT

CODE = "from checkers.__main__ import main\nmain()"
AROUND: dict[str, dict[str, str]] = {
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "latin-1": {"PYTHONIOENCODING": "latin-1:strict"},
    "no locale": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "an unknown locale": {"LC_ALL": "xx_YY.nothing"},
    "a dumb terminal": {"TERM": "dumb"},
    "no terminal": {"TERM": ""},
    "one column": {"COLUMNS": "1"},
    "no column": {"COLUMNS": "0"},
    "columns that are none": {"COLUMNS": "abc"},
    "too many columns": {"COLUMNS": "9" * 30},
    "columns that are no decimals": {"COLUMNS": "²"},
}
"""By what is odd about it: the environment of a run."""
STREAMS = {
    "no input": "<&-",
    "no output": ">&-",
    "no place for errors": "2>&-",
    "a full disk": ">/dev/full",
    "a full disk for errors": "2>/dev/full",
    "a full disk for both": ">/dev/full 2>&1",
    "nothing at all": "<&- >&- 2>&-",
}
"""By what is odd about its streams: how a shell makes them so."""
COMMANDS = (
    ["explore", "lamps.py", "--jobs", "1", "--states", "50"],
    ["verify", "lamps.py", "--jobs", "1", "--backend", "sequential", "--no-cache"],
    ["liveness", "lamps.py"],
    ["fragment", "lamps.py"],
    ["needs", "lamps.py", "--jobs", "1", "--no-cache"],
    ["generate", "lamps.py"],
    ["export", "lamps.py", "--promela", "/dev/stdout"],
    ["explore", "nowhere.py"],
    ["--help"],
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working directory with the small spec, whose title is not ASCII."""
    (tmp_path / "lamps.py").write_text(LAMPS.replace('"Lamps"', '"Lämps – ∨"'), encoding="utf-8")
    return tmp_path


def begun(folder: Path, args: list[str], around: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start a command."""
    return subprocess.Popen(
        [sys.executable, "-c", CODE, *args],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **around},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def ended(process: subprocess.Popen[bytes]) -> bytes:
    """Wait for a command, which ends with a status of ours and no traceback; return its words."""
    out, err = process.communicate(timeout=PATIENCE)
    assert b"Traceback" not in err and b"Exception ignored" not in err, err.decode()
    assert process.returncode in (0, 1, 2, 3), err.decode()
    return out


def cut(folder: Path, args: list[str]) -> None:
    """Read one sign of what a command says, and close the pipe."""
    process = begun(folder, args, {})
    assert process.stdout is not None and process.stderr is not None
    process.stdout.read(1)
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    process.wait(timeout=PATIENCE)
    assert b"Traceback" not in err and b"Exception ignored" not in err, err.decode()
    # Not 1: that would be a refutation, to a shell that heeds each status of a pipe.
    assert process.returncode in (0, 2, 3, -signal.SIGPIPE), err.decode()


def test_signs_that_the_encoding_lacks_are_shown_as_numbers(folder: Path) -> None:
    out = ended(begun(folder, COMMANDS[0], AROUND["ascii"]))
    assert out.isascii() and b"\\u" in out


def test_who_reads_no_further_ends_the_command_in_silence(folder: Path) -> None:
    cut(folder, COMMANDS[0])


@pytest.mark.slow
@pytest.mark.parametrize("args", COMMANDS, ids=" ".join)
def test_every_command_with_a_reader_that_leaves(folder: Path, args: list[str]) -> None:
    cut(folder, args)


@pytest.mark.slow
@pytest.mark.parametrize("args", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("what", AROUND)
def test_every_command_in_odd_surroundings(folder: Path, what: str, args: list[str]) -> None:
    ended(begun(folder, args, AROUND[what]))


def with_streams(folder: Path, args: list[str], how: str) -> tuple[int, str]:
    """Run a command as a shell makes its streams; return its status, and what came through."""
    done = subprocess.run(
        ["sh", "-c", f'exec "$@" {how}', "sh", sys.executable, "-c", CODE, *args],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    said = done.stdout + done.stderr
    assert "Traceback" not in said and "Exception ignored" not in said, said
    assert done.returncode in (0, 1, 2, 3), said
    return done.returncode, said


@pytest.mark.parametrize("what", ["no output", "a full disk", "a full disk for both"])
def test_what_cannot_be_shown_is_no_refutation(folder: Path, what: str) -> None:
    """Without an output nothing is missed; one that is full is told of, where that is possible."""
    status, said = with_streams(folder, ["fragment", "lamps.py"], STREAMS[what])
    assert status == (0 if what == "no output" else 2)
    if what == "a full disk":
        assert said.startswith("error: what is found cannot be shown: ") and "\n  fix: " in said


def test_a_stream_that_is_closed_is_no_place_for_files(folder: Path) -> None:
    """Else the next file that is opened would be the output, and what is shown would be in it."""
    status, _ = with_streams(folder, ["fragment", "lamps.py", "--json", "found.json"], ">&- 2>&-")
    assert status == 0
    assert json.loads((folder / "found.json").read_text(encoding="utf-8"))["spec"] == "lamps"


FAULT = """
from checkers import cli
from checkers.__main__ import main

def callback(**_):
    raise {raised}

cli.main.commands["fragment"].callback = callback
main()
"""


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        ("KeyError('x')", "error: this is a mistake in oathbound, and not yours: nothing is"),
        ("OSError(24, 'Too many')", "error: the system gives no more: Too many: nothing is"),
        ("OSError(11, 'No forks')", "error: the system gives no more: No forks: nothing is"),
        ("MemoryError", "error: the system gives no more: there is no memory left"),
    ],
)
def test_what_ends_a_command_by_itself_is_no_refutation(
    folder: Path, raised: str, told: str
) -> None:
    """Status 1 would say that a property is refuted."""
    done = subprocess.run(
        [sys.executable, "-c", FAULT.format(raised=raised), "fragment", "lamps.py"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert (done.returncode, done.stdout) == (3, "")
    assert told in done.stderr and "\n  fix: " in done.stderr
    assert ("KeyError: 'x'" in done.stderr) == ("mistake in oathbound" in told)
    assert ("Traceback" in done.stderr) == ("mistake in oathbound" in told)


@pytest.mark.slow
@pytest.mark.parametrize("args", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("what", STREAMS)
def test_every_command_with_odd_streams(folder: Path, what: str, args: list[str]) -> None:
    status, _ = with_streams(folder, args, STREAMS[what])
    right, _ = with_streams(folder, args, "")
    # A full disk takes nothing; where nothing was to be written to it, nothing is wrong.
    assert status == right or (status == 2 and "full" in what) or "/dev/stdout" in args


@pytest.mark.parametrize("option", ["-O", "-OO"])
def test_without_its_own_checks_nothing_is_begun(option: str) -> None:
    """A verdict would rest on what `assert` looks at, and Python was told to leave that out."""
    command = [sys.executable, option, "-m", "checkers", "verify"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)
    assert ended.returncode == 2 and ended.stdout == ""
    assert "nothing was begun" in ended.stderr and "fix: " in ended.stderr
