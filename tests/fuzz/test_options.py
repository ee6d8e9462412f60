"""Every option of every command, with values that nobody should write.

Stands for: a wrong command line is told in words, with exit status 2, before anything long is done;
what can be used is used. Never a traceback, and never is a file lost that was there before. The
options are read off the commands themselves: a new one is tried without a word here.
"""

from __future__ import annotations

import os
import random
import re
import stat
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from checkers.cli import main
from tests.fuzz.effort import cases, many, told
from tests.fuzz.spec_texts import LAMPS

CHEAP = {
    **{"--jobs": "1", "--backend": "sequential", "--timeout": "2", "--states": "30"},
    **{"--depth": "3", "--question": "0.1", "--sample": "1", "--budget": "1", "--steps": "5"},
    **{"--runs": "1", "--seeds": "1", "--no-cache": "", "--tla": "tla", "--out": "made"},
}
"""What keeps a command short, where it has such an option: each is left out where it is tried."""
NUMBERS = (
    *("", " ", "0", "-1", "1", "-0", "+1", "007", "1_0", "1e3", "1e9999", "-1e9999", "nan", "inf"),
    *("-inf", "0x10", "1.5", ".", "99999999999999999999", "9" * 5000, "٣", "½", "one", "None"),
    *("1;2", "1,2", "--", "-", "\udcff", "1\n", "0.0000001", "1e-400"),
)
WORDS = (
    *("", " ", ",", "=", "==", "a", "lit", "LIT", "lit ", "light_comes", "crash", "lamps", "none"),
    *("shine", "Switch", "ghost", "*", "../x", "a\nb", "a\tb", "é", "\u202e", "\udcff", "--json"),
    *("%s", "{}", "{0}", "x" * 5000, "\x1b[31m", "'", '"', "[bold]lit[/bold]", "[/]", "$HOME"),
)
SCOPES = (
    *("", " ", ",", "=", "lamps", "lamps=", "=3", "lamps=3", "lamps=0", "lamps=-1", "lamps=99"),
    *("lamps=61", "lamps=1,lamps=2", "lamps=1;nodes=2", "nodes=2,", ",nodes=2", "nodes = 2"),
    *("nodes=2=3", "nodes=1e3", "nodes=٣", "nodes=+2", "nodes=nan", "nodes=" + "9" * 5000, "é=1"),
    *("keys=1", "nodes=2 lamps=2", "NODES=2", "s=1", "nodess=2", "lights=1", "=" * 999, "\udcff=1"),
    *("nodes=2," * 2000, "messages=1", "nodes=²", "House=1", "other=n1", "passed=1", "Passed=0"),
)
CONSTANTS = (
    *("", "=", "other", "other=", "=n1", "other=n1", "other=n1,n2", "other=é", "other=n 1", "x=1"),
    *("other=n1=n2", "OTHER=n1", " other = n1 ", "other=" + "n" * 5000, "other=\udcff", "other=,"),
    *("other=None", "other=0", "other=c", "other=n1\n"),
)


@dataclass(frozen=True)
class Option:
    """An option of a command, or an argument."""

    command: str
    name: str
    param: click.Parameter

    def values(self, folder: Path) -> Iterator[str]:
        """Yield what is tried."""
        if isinstance(self.param.type, click.Path):
            yield from paths(folder)
        elif isinstance(self.param.type, click.Choice):
            yield from ("", " ", *map(str, self.param.type.choices), "none ", "NONE", "x" * 5000)
        elif self.name in ("--scope",):
            yield from SCOPES
        elif self.name in ("--constant",):
            yield from CONSTANTS
        elif self.name == "spec":
            yield from targets(folder)
        elif isinstance(self.param.type, click.STRING.__class__):
            yield from (*WORDS, *NUMBERS[:6])
        else:
            yield from NUMBERS

    def line(self, folder: Path, value: str) -> list[str]:
        """Return a command line that gives the option this value, and is short otherwise."""
        command = main.commands[self.command]
        there = {name: one for one in command.params for name in one.opts}
        args = [self.command]
        for one in command.params:
            if isinstance(one, click.Argument) and one.name != self.name:
                args.append(str(folder / "lamps.py"))
        for name, cheap in CHEAP.items():
            if name in there and name != self.name:
                args += [name] if not cheap else [name, cheap]
        if isinstance(self.param, click.Argument):
            return [args[0], *args[1:], "--", value]
        return [*args, f"{self.name}={value}"]


def options() -> list[Option]:
    """Return every option of every command that takes a value."""
    found = []
    for command_name, command in main.commands.items():
        for param in command.params:
            if isinstance(param, click.Option) and (param.is_flag or param.count):
                continue
            name = param.opts[-1] if isinstance(param, click.Option) else str(param.name)
            found.append(Option(command_name, name, param))
    return found


def paths(folder: Path) -> Iterator[str]:
    """Yield what a file or a folder to write may be named like.

    No zero byte, which no command line can hold, and no pipe without a reader: who writes to one
    waits for its reader, here as elsewhere.
    """
    yield from ("", " ", ".", "..", "/", "new.json", "new/deep/er/file.json", "made", "-", "~x")
    yield from ("/dev/null", "/dev/full", "/proc/self/mem", "/proc/1/x", "lamps.py", "~")
    yield from ("lamps.py/x.json", "readonly.json", "locked/x.json", "dangling", "loop", "a.png")
    yield from ("x" * 300, "a/" * 3000, "\udcff.json", "é.svg", "a\nb.dot", "x.tla", "if.tla")
    yield from ("Odd Name.tla", "x.svg", "x.dot", "broken.npz", "new.svg/", "model", "empty.py")
    yield str(folder / "lamps.py")


def targets(folder: Path) -> Iterator[str]:
    """Yield what a spec may be called."""
    yield from ("", " ", ".", "..", "/", "order ", "ORDER", "ordre", "lamps.py", "./lamps.py")
    yield from ("lamps", "lamps:spec", "lamps:", ":spec", ":", "::", "a:b:c", "lamps:spec.x")
    yield from ("lamps.py:spec", "os:path", "os:getcwd", "sys:exit", "builtins:None", "math:pi")
    yield from ("builtins:dict", "/dev/null", "/dev/zero", "/dev/stdin", "fifo", "dangling")
    yield from ("dangling.py", "loop.py", "nowhere.py", "x" * 300, "x" * 300 + ".py", "\0", "\0.py")
    yield from ("a/" * 3000 + "b.py", "\udcff.py", "\udcff", "é:é", "a b.py", "*.py", "--", "-x")
    yield from ("$HOME", "fifo.py", "big.py", "locked/x.py", "empty.py", "folder.py", "model")
    yield from ("model.order", "model.order:Radiant")


def prepare(folder: Path) -> dict[Path, bytes]:
    """Fill a folder with files that a command may stumble over; return those that it must keep."""
    written = {
        "lamps.py": LAMPS.encode(),
        "empty.py": b"",
        "broken.npz": b"PK\3\4 this is no such file",
        "readonly.json": b"{}",
    }
    for name, data in written.items():
        if not (folder / name).exists():
            (folder / name).write_bytes(data)
    if not (folder / "fifo").exists():
        os.mkfifo(folder / "fifo")
        os.mkfifo(folder / "fifo.py")
        (folder / "folder.py").mkdir()
        (folder / "locked").mkdir()
        os.symlink("nowhere", folder / "dangling")
        os.symlink("nowhere.py", folder / "dangling.py")
        os.symlink("loop", folder / "loop")
        os.symlink("loop.py", folder / "loop.py")
        with (folder / "big.py").open("wb") as file:
            file.truncate(1 << 32)  # of zeros, and none of them on the disk
        (folder / "readonly.json").chmod(stat.S_IRUSR)
        (folder / "locked").chmod(0)
    return {folder / "lamps.py": LAMPS.encode()}


def run(args: list[str], case: str = "") -> tuple[int, str]:
    """Run a command in this process; return its status and what it said."""
    found = CliRunner().invoke(main, args)
    trouble = found.exception
    if trouble is not None and not isinstance(trouble, SystemExit):
        raise AssertionError(f"{case}: {short(args)}: {trouble!r}") from trouble
    assert found.exit_code in (0, 1, 2, 3), f"{case}: {short(args)}: {found.exit_code}"
    assert "Traceback" not in found.output, f"{case}: {short(args)}"
    if found.exit_code == 2:
        assert re.search("^(error|Error|Usage)", found.output, re.M), f"{case}: {found.output}"
        assert "fix: " in found.output or "Usage: " in found.output, f"{case}: {found.output}"
    return found.exit_code, found.output


def short(args: list[str]) -> list[str]:
    """Return a command line as a failing test shows it."""
    return [a if len(a) < 60 else f"{a[:50]}... ({len(a)})" for a in args]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working directory with odd files."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    prepare(tmp_path)
    yield tmp_path
    (tmp_path / "locked").chmod(0o700)


def try_options(folder: Path, tried: Iterator[tuple[str, Option, str]]) -> Counter[str]:
    """Run command lines; return how often each status came."""
    tally: Counter[str] = Counter()
    kept = prepare(folder)
    for case, option, value in tried:
        status, _ = run(option.line(folder, value), case)
        tally[f"exits {status}"] += 1
        for path, data in kept.items():
            lost = f"{case}: {option.command} {option.name}={value[:60]!r} changed {path.name}"
            assert path.read_bytes() == data, lost
    return tally


def by_chance(folder: Path, count: int) -> Iterator[tuple[str, Option, str]]:
    every = options()
    for case, r in cases("options", count):
        option = r.choice(every)
        yield case, option, r.choice(list(option.values(folder)))


def test_every_command_and_option_is_known_to_this_test() -> None:
    """What keeps a command short is an option of some command; each kind of option is there."""
    names = {option.name for option in options()}
    assert {"--scope", "--constant", "--json", "--jobs", "--timeout", "--only", "spec"} <= names
    assert len(options()) > 50


def test_odd_values_of_options(folder: Path) -> None:
    tally = try_options(folder, by_chance(folder, 25))
    assert tally["exits 2"] > 5


@pytest.mark.slow
def test_every_odd_value_of_every_option(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    every = [(o.name, o, v) for o in options() for v in o.values(folder)]
    random.Random("options").shuffle(every)
    tally = try_options(folder, iter(every[: many(len(every))]))
    with capsys.disabled():
        print(told("odd values of options", tally))
