"""What is kept between runs, damaged: the cache, a search to go on with, stored cases.

Stands for: what is damaged is never believed; it is found out again, or refused in words. The
verdict is the same as without it, and no run ends with a traceback.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from checkers.cache.store import FOLDER, Store
from checkers.cli import main
from tests.fuzz.effort import cases, many, told
from tests.fuzz.spec_texts import LAMPS
from tests.patience import PATIENCE
from tests.test_imports import ROOT

OLD = "0" * 32
GROUPS = ("one", "two, confirmed", "three")


def damage(r: random.Random, files: list[Path]) -> None:
    """Damage one of some files, or exchange two."""
    path = r.choice(files)
    data = path.read_bytes()
    at = r.randrange(len(data) + 1)
    match r.randrange(8):
        case 0:
            path.write_bytes(data[:at])
        case 1 | 2 if at < len(data):
            path.write_bytes(data[:at] + bytes([data[at] ^ 1 << r.randrange(8)]) + data[at + 1 :])
        case 3:
            path.write_bytes(data[:at] + r.randbytes(r.randint(1, 30)) + data[at:])
        case 4:
            path.write_bytes(data[:at] + data[at + r.randint(1, 90) :])
        case 5:
            path.write_bytes(r.choice(files).read_bytes())
        case 6:
            path.write_bytes(b"\0" * len(data))
        case _:
            lines = data.split(b"\n")
            r.shuffle(lines)
            path.write_bytes(b"\n".join(lines))


# ---------------------------------------------------------------- facts


def facts(r: random.Random, group: str) -> dict[str, dict[str, Any]]:
    """Return facts that tell where they belong, so that a wrong place is noticed."""
    return {f"{r.getrandbits(128):032x}": {"group": group, "n": n} for n in range(r.randint(1, 5))}


def try_stores(folder: Path, count: int) -> Counter[str]:
    """Damage stores; return how many facts were read again, and how many were not."""
    tally: Counter[str] = Counter()
    for case, r in cases("stores", count):
        below = folder / str(r.getrandbits(64))
        store = Store(below, OLD)
        written = {group: facts(r, group) for group in GROUPS}
        for group, found in written.items():
            store.add(group, found)
        for _ in range(r.randint(1, 3)):
            damage(r, [p for p in sorted(below.rglob("*")) if p.is_file()])
        again = Store(below, OLD)
        for group, found in written.items():
            for key, fact in again.read(group).items():
                assert found.get(key) == fact, case
                tally["facts read"] += 1
            again.add(group, found)
            assert again.read(group) == found, case
            assert again.trouble == "", case
        tally["stores"] += 1
        shutil.rmtree(below)
    return tally


def test_a_damaged_store_tells_what_was_written_or_nothing(tmp_path: Path) -> None:
    assert try_stores(tmp_path, 150)["facts read"] > 100


@pytest.mark.slow
def test_many_damaged_stores(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tally = try_stores(tmp_path, many(10_000))
    with capsys.disabled():
        print(told("damaged stores", tally))


@pytest.mark.parametrize("what", ["a folder", "a pipe", "a link to nowhere", "a device", "huge"])
def test_what_is_no_file_is_not_waited_for(tmp_path: Path, what: str) -> None:
    store = Store(tmp_path, OLD)
    store.add("group", {"a" * 32: {}})
    (path,) = (tmp_path / OLD).iterdir()
    path.unlink()
    match what:
        case "a folder":
            path.mkdir()
        case "a pipe":
            os.mkfifo(path)
        case "a link to nowhere":
            path.symlink_to(tmp_path / "nowhere")
        case "a device":
            path.symlink_to("/dev/zero")
        case _:
            with path.open("wb") as file:
                file.truncate(1 << 36)  # of zeros, and none of them on the disk
    assert store.read("group") == {}
    store.add("group", {"b" * 32: {}})  # and whatever comes of it, nothing is raised


# ---------------------------------------------------------------- whole runs


SHORT = ["--jobs", "1", "--backend", "sequential", "--depth", "3", "--json", "found.json"]


def verdicts(folder: Path, case: str = "") -> tuple[int, list[tuple[str, str]]]:
    """Verify the small spec, with its cache; return the status, and each row's verdict."""
    found = CliRunner().invoke(main, ["verify", "lamps.py", *SHORT])
    assert found.exception is None or isinstance(found.exception, SystemExit), (
        f"{case}: {found.exception!r}"
    )
    rows = json.loads((folder / "found.json").read_text(encoding="utf-8"))["findings"]
    return found.exit_code, sorted((row["name"], row["verdict"]) for row in rows)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working directory with the small spec."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lamps.py").write_text(LAMPS, encoding="utf-8")
    yield tmp_path


def try_runs(folder: Path, count: int) -> Counter[str]:
    """Verify with damaged caches; return how often."""
    tally: Counter[str] = Counter()
    right = verdicts(folder)
    kept = folder / "kept"
    shutil.copytree(folder / FOLDER, kept)
    for case, r in cases("caches", count):
        shutil.rmtree(folder / FOLDER)
        shutil.copytree(kept, folder / FOLDER)
        for _ in range(r.randint(1, 4)):
            damage(r, [p for p in sorted((folder / FOLDER).rglob("*")) if p.is_file()])
        assert verdicts(folder, case) == right, case
        tally["the same verdicts"] += 1
    return tally


def test_a_damaged_cache_changes_no_verdict(folder: Path) -> None:
    try_runs(folder, 1)


@pytest.mark.slow
def test_many_damaged_caches(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tally = try_runs(folder, many(100))
    with capsys.disabled():
        print(told("damaged caches", tally))


def child(folder: Path, code: str, *args: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, after `code`."""
    whole = f"{code}\nfrom checkers.cli import main\nmain(prog_name='oathbound')"
    return subprocess.run(
        [sys.executable, "-c", whole, *args],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


KILLED = """
import os, signal
before, left = os.replace, [{count}]
def replace(source, target, **more):
    left[0] -= 1
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    before(source, target, **more)
os.replace = replace
"""
FULL = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))
"""


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 2, 5])
def test_who_is_killed_while_it_writes_leaves_nothing_wrong(folder: Path, count: int) -> None:
    killed = child(folder, KILLED.format(count=count), "verify", "lamps.py", *SHORT)
    assert killed.returncode == -9
    after = verdicts(folder)
    shutil.rmtree(folder / FOLDER)
    assert after == verdicts(folder)


@pytest.mark.slow
@pytest.mark.parametrize("size", [0, 300])
def test_a_full_disk_loses_the_cache_and_no_verdict(folder: Path, size: int) -> None:
    args = ["verify", "lamps.py", *SHORT[:-2]]
    full = child(folder, FULL.format(size=size), *args)
    assert "Traceback" not in full.stderr
    assert "nothing is kept for the next run" in full.stderr
    assert full.returncode == child(folder, "", *args).returncode
    left = [p.name for p in (folder / FOLDER).rglob(".*")]
    assert left == []


def test_a_report_that_the_disk_does_not_hold_is_told(folder: Path) -> None:
    full = child(folder, FULL.format(size=100), "explore", "lamps.py", "--json", "x.json")
    assert full.returncode == 2
    assert "error: cannot write x.json" in full.stderr and "Traceback" not in full.stderr
    assert [p.name for p in folder.iterdir() if "x.json" in p.name] == []


@pytest.mark.slow
def test_two_at_once_find_the_same(folder: Path) -> None:
    code = "from checkers.cli import main\nmain(prog_name='oathbound')"
    args = [sys.executable, "-c", code, "verify", "lamps.py", *SHORT[:-2]]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    both = [
        subprocess.Popen(args, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    told = [p.communicate(timeout=PATIENCE) for p in both]
    assert both[0].returncode == both[1].returncode == verdicts(folder)[0]
    assert all(b"Traceback" not in err for _, err in told)


# ---------------------------------------------------------------- a search to go on with


def explored(folder: Path, *more: str) -> tuple[int, Any, str]:
    """Explore the small spec, going on from a file; return status, what was found, and output."""
    (folder / "found.json").unlink(missing_ok=True)
    args = ["explore", "lamps.py", "--jobs", "1", "--resume", "search.npz", "--json", "found.json"]
    found = CliRunner().invoke(main, [*args, *more])
    assert found.exception is None or isinstance(found.exception, SystemExit), (
        f"{found.exception!r}"
    )
    data = None
    if (folder / "found.json").exists():
        data = json.loads((folder / "found.json").read_text(encoding="utf-8"))
        data = {name: data[name] for name in ("states", "steps", "levels") if name in data}
    return found.exit_code, data, found.output


def try_checkpoints(folder: Path, count: int) -> Counter[str]:
    """Go on from damaged files; return how often they were refused, and how often it went on."""
    tally: Counter[str] = Counter()
    path = folder / "search.npz"
    explored(folder, "--states", "20")
    assert path.exists()
    good = path.read_bytes()
    right = explored(folder)
    assert right[0] == 0 and right[1]
    for case, r in cases("checkpoints", count):
        path.write_bytes(good)
        damage(r, [path])
        if path.read_bytes() == good:
            continue
        try:
            status, found, text = explored(folder)
        except AssertionError as error:
            raise AssertionError(f"{case}: {error}") from error
        if status == 2:
            assert "fix: " in text, f"{case}: {text}"
            tally["refused"] += 1
        else:
            assert (status, found) == right[:2], case
            tally["the same was found"] += 1
    return tally


def test_a_damaged_search_is_refused_or_goes_on_rightly(folder: Path) -> None:
    assert try_checkpoints(folder, 40)["refused"] > 10


@pytest.mark.slow
def test_many_damaged_searches(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tally = try_checkpoints(folder, many(3_000))
    with capsys.disabled():
        print(told("damaged searches", tally))
