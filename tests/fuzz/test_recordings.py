"""Recordings of nodes, damaged: `oathbound trace` tells what is wrong, in words.

Stands for: a recording is a run of the spec, or the first wrong record is told, or it is refused as
no recording. Never a traceback.
"""

from __future__ import annotations

import json
import random
import shutil
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from checkers.cli import main
from tests.fuzz.effort import cases, many, told
from tests.fuzz.spec_texts import LAMPS
from tests.fuzz.values import spoilt

pytestmark = pytest.mark.skipif("trace" not in main.commands, reason="nothing validates recordings")


def run(args: list[str], case: str = "") -> tuple[int, str]:
    """Run a command in this process; return its status and what it said."""
    found = CliRunner().invoke(main, args)
    trouble = found.exception
    if trouble is not None and not isinstance(trouble, SystemExit):
        raise AssertionError(f"{case}: {trouble!r}") from trouble
    assert found.exit_code in (0, 1, 2, 3), f"{case}: {found.exit_code}"
    if found.exit_code == 2:
        assert found.output.startswith("error: "), f"{case}: {found.output[:300]}"
        assert "\n  fix: " in found.output, f"{case}: {found.output[:300]}"
    assert len(found.output) < 100_000, case
    return found.exit_code, found.output


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return folders with recordings of an order, and of the small spec, by spec."""
    above = tmp_path_factory.mktemp("recorded")
    lamps = above / "lamps.py"
    lamps.write_text(LAMPS, encoding="utf-8")
    folders = {"order": above / "order", str(lamps): above / "lamps"}
    for spec, folder in folders.items():
        args = ["--steps", "60", "--faults", "loss=0.1,duplicate=0.1,crash=0.05,down=1-9"]
        status, text = run(["simulate", spec, *args, "--out", str(folder)])
        assert status == 0, text
    return folders


def damage(r: random.Random, path: Path, others: list[Path]) -> None:
    """Damage a recording: its bytes, its lines, or what a line says."""
    data = path.read_bytes()
    at = r.randrange(len(data) + 1)
    lines = data.split(b"\n")
    number = r.randrange(len(lines))
    match r.randrange(8):
        case 0:
            path.write_bytes(data[:at])
        case 1 if at < len(data):
            path.write_bytes(data[:at] + bytes([data[at] ^ 1 << r.randrange(8)]) + data[at + 1 :])
        case 2:
            path.write_bytes(data[:at] + r.randbytes(r.randint(1, 9)) + data[at:])
        case 3:
            del lines[number]
            path.write_bytes(b"\n".join(lines))
        case 4:
            lines.insert(number, r.choice(r.choice(others).read_bytes().split(b"\n")))
            path.write_bytes(b"\n".join(lines))
        case _:
            if not lines[number]:
                return
            try:
                wrong = spoilt(r, json.loads(lines[number]), depth=5)
                lines[number] = json.dumps(wrong).encode()
            except (TypeError, ValueError, RecursionError, ZeroDivisionError):
                lines[number] = b"[" * 50_000
            path.write_bytes(b"\n".join(lines))


def try_recordings(recorded: Path, folder: Path, spec: str, count: int) -> Counter[str]:
    """Validate damaged recordings; return how often each status came."""
    tally: Counter[str] = Counter()
    for case, r in cases(f"recordings of {recorded.name}", count):
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(recorded, folder)
        files = sorted(folder.glob("*.jsonl"))
        for _ in range(r.choice((1, 1, 2))):
            damage(r, r.choice(files), files)
        status, _ = run(["trace", "--spec", spec, *map(str, files)], case)
        tally[f"exits {status}"] += 1
    return tally


def test_a_damaged_recording_is_told_in_words(recorded: dict[str, Path], tmp_path: Path) -> None:
    for spec, folder in recorded.items():
        tally = try_recordings(folder, tmp_path / "copy", spec, 2 if spec == "order" else 12)
        assert tally["exits 2"] + tally["exits 1"] > 0


@pytest.mark.slow
def test_many_damaged_recordings(
    recorded: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for spec, folder in recorded.items():
        count = many(100 if spec == "order" else 3_000)
        tally = try_recordings(folder, tmp_path / "copy", spec, count)
        with capsys.disabled():
            print(told(f"damaged recordings of {folder.name}", tally))
