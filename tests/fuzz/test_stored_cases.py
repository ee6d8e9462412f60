"""The file of cases that the solver made, and what `needs` and `mutate` keep, damaged.

Stands for: a damaged file of cases is told, with its line; one that somebody wrote anew, checks and
all, is right or is told as well, and never a traceback. What is kept between runs of `needs` and
`mutate` changes nothing of what they find.
"""

from __future__ import annotations

import json
import random
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from checkers.cache.store import FOLDER
from checkers.cli import main
from checkers.mcdc import file
from checkers.mcdc.check import check
from checkers.mcdc.make import Maker
from model.lang import Spec
from model.lang.load import load
from tests.fuzz.effort import cases, many, told
from tests.fuzz.spec_texts import LAMPS
from tests.fuzz.test_kept_files import damage
from tests.fuzz.values import spoilt


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with the small spec."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lamps.py").write_text(LAMPS, encoding="utf-8")
    return tmp_path


# ---------------------------------------------------------------- the file of cases


def as_written(entries: list[Any], ascii_only: bool = False) -> str:
    """Return a file of these entries, checks and all."""
    lines, before = [], ""
    for entry in entries:
        held = {k: v for k, v in entry.items() if k != "check"} if type(entry) is dict else entry
        body = json.dumps(held, ensure_ascii=ascii_only)[:-1]
        before = file._check(before, body)
        lines.append(f'{body}, "check": "{before}"}}\n')
    return "".join(lines)


def written_anew(r: random.Random, text: str) -> str:
    """Return a file with one entry spoilt, as one who edits it on purpose would write it."""
    entries: list[Any] = [json.loads(line) for line in text.splitlines()]
    at = r.randrange(len(entries))
    match r.randrange(6):
        case 0:
            del entries[at]
        case 1:
            entries.insert(at, r.choice(entries))
        case _:
            entries[at] = spoilt(r, entries[at], depth=6)
    return as_written(entries, ascii_only=r.random() < 0.5)


def outcome(spec: Spec, path: Path, case: str) -> str:
    """Judge a file; return whether it was told to be wrong."""
    try:
        check(spec, path)
    except file.BadFile as error:
        assert re.match(r"line \d+: .", str(error)), case
        return "told"
    except Exception as error:
        raise AssertionError(f"{case}: {error!r}") from error
    return "right"


def try_files(spec: Spec, path: Path, count: int) -> Counter[str]:
    """Judge damaged files of cases; return how often each was told, and how often it was right."""
    tally: Counter[str] = Counter()
    text = file.text_of(spec, Maker(spec).make())
    path.write_text(text, encoding="utf-8")
    assert outcome(spec, path, "undamaged") == "right"
    for case, r in cases(f"cases of {spec.name}", count):
        path.write_text(text, encoding="utf-8")
        if r.random() < 0.4:
            damage(r, [path])
            expected = "right" if path.read_bytes() == text.encode() else "told"
            assert outcome(spec, path, case) == expected, case
            tally[f"damaged, {expected}"] += 1
            continue
        try:
            anew = written_anew(r, text)
        except (TypeError, ValueError, RecursionError, ZeroDivisionError):
            continue  # what no JSON holds
        path.write_bytes(anew.encode("utf-8", "surrogatepass"))
        tally[f"written anew, {outcome(spec, path, f'{case}: {anew[:500]!r}')}"] += 1
    return tally


def test_a_damaged_file_of_cases_is_told(folder: Path) -> None:
    tally = try_files(load("lamps.py"), folder / "cases.jsonl", 60)
    assert tally["damaged, told"] > 10 and tally["written anew, told"] > 10


@pytest.mark.slow
@pytest.mark.parametrize("name", ["lamps.py", "docs/protocols/raft_election.py"])
def test_many_damaged_files_of_cases(
    folder: Path, name: str, capsys: pytest.CaptureFixture[str], pytestconfig: pytest.Config
) -> None:
    spec = load("lamps.py" if name == "lamps.py" else str(pytestconfig.rootpath / name))
    tally = try_files(spec, folder / "cases.jsonl", many(3_000 if name == "lamps.py" else 300))
    with capsys.disabled():
        print(told(f"damaged files of cases of {spec.name}", tally))


# ---------------------------------------------------------------- what needs and mutate keep


COMMANDS = {
    "needs": ["--jobs", "1", "--all"],
    "mutate": ["--jobs", "1", "--all"],
    "mutate of some": ["--jobs", "1", "--all", "--only", "drop a guard"],
}


def found_by(command: str, case: str = "") -> tuple[int, str]:
    """Run a command with its cache; return its status and what it found, without its times."""
    found = CliRunner().invoke(main, [command.split()[0], "lamps.py", *COMMANDS[command]])
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise AssertionError(f"{case}: {found.exception!r}") from found.exception
    said = " ".join(found.output.split())  # lines are broken by their length
    said = re.sub("; [0-9.,]+ s of CPU time[^;]*", "", said)  # and what was kept
    return found.exit_code, re.sub(",? *[0-9.,]+ (s|questions)\\b", "", said)


def try_caches(folder: Path, command: str, count: int) -> Counter[str]:
    """Run a command with damaged caches; return how often it found the same."""
    tally: Counter[str] = Counter()
    right = found_by(command)
    kept = folder / "kept"
    shutil.copytree(folder / FOLDER, kept)
    for case, r in cases(f"caches of {command}", count):
        shutil.rmtree(folder / FOLDER)
        shutil.copytree(kept, folder / FOLDER)
        for _ in range(r.randint(1, 4)):
            damage(r, [p for p in sorted((folder / FOLDER).rglob("*")) if p.is_file()])
        assert found_by(command, case) == right, case
        tally["the same was found"] += 1
    shutil.rmtree(kept)
    return tally


def test_a_damaged_cache_changes_nothing_that_is_found(folder: Path) -> None:
    try_caches(folder, "needs", 2)
    try_caches(folder, "mutate of some", 2)


@pytest.mark.slow
@pytest.mark.parametrize("command", ["needs", "mutate"])
def test_many_damaged_caches(
    folder: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    tally = try_caches(folder, command, many(60))
    with capsys.disabled():
        print(told(f"damaged caches of {command}", tally))
