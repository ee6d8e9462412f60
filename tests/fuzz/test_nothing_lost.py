"""What a command reads or what is there before, and what it writes, where the two are one.

Stands for: nothing is lost. Each of these lost something, waited, or ended with a traceback.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from checkers.cli import common, main
from tests.fuzz.spec_texts import LAMPS
from tests.fuzz.test_ends import with_streams
from tests.fuzz.test_stored_cases import as_written

CASES = "lamps.derived/cases.jsonl"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working directory with the small spec, and what commands have made of it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "lamps.py").write_text(LAMPS, encoding="utf-8")
    (tmp_path / "link").symlink_to("lamps.py")
    os.link(tmp_path / "lamps.py", tmp_path / "hard")
    yield tmp_path


def run(*args: str) -> tuple[int, str]:
    """Run a command in this process; return its status and what it said."""
    found = CliRunner().invoke(main, list(args))
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise AssertionError(repr(found.exception)) from found.exception
    return found.exit_code, found.output


@pytest.mark.parametrize("path", ["lamps.py", "gone/../lamps.py", "./lamps.py", "link", "hard"])
@pytest.mark.parametrize("command", ["verify", "explore", "liveness", "fragment", "simulate"])
def test_no_report_is_written_over_the_spec(folder: Path, command: str, path: str) -> None:
    status, said = run(command, "lamps.py", "--json", path)
    assert status == 2 and "it is the spec itself, which would be lost" in said
    assert (folder / "lamps.py").read_text(encoding="utf-8") == LAMPS


def test_two_reports_are_not_written_to_one_file(folder: Path) -> None:
    args = ["--json", "new/x", "--html", f"../{folder.name}/new/x"]
    status, said = run("verify", "lamps.py", *args)
    assert status == 2 and "--json is written there, too" in said


def test_no_report_is_written_over_what_is_recorded(folder: Path) -> None:
    """Nor over the faults that a run is told to have, nor over the cases that are judged."""
    assert run("simulate", "lamps.py", "--steps", "5", "--out", "made")[0] == 0
    before = {p: p.read_bytes() for p in (folder / "made").iterdir()}
    for args, what in (
        (["trace", "--spec", "lamps.py", "made/n1.jsonl"], "n1.jsonl"),
        (["simulate", "lamps.py", "--faults", "made/faults.json"], "faults.json"),
        (["mcdc", "lamps.py", "--check", "--out", "made/n1.jsonl"], "n1.jsonl"),
    ):
        status, said = run(*args, "--json", f"./x/../made/{what}")
        assert status == 2 and "would be lost" in said
    assert {p: p.read_bytes() for p in (folder / "made").iterdir()} == before


@pytest.mark.parametrize("name", ["faults.json", "n1.jsonl", "c0.jsonl", "7/n2.jsonl"])
def test_a_report_is_no_recording(folder: Path, name: str) -> None:
    args = ["--steps", "5", "--out", "made", "--json", f"made/../made/{name}"]
    status, said = run("simulate", "lamps.py", *args)
    assert status == 2 and "--out is written there, too" in said
    assert not (folder / "made").exists()


def test_a_long_line_of_faults_is_no_file(folder: Path) -> None:
    status, said = run("simulate", "lamps.py", "--faults", "x" * 5000)
    assert status == 2 and "no such fault" in said


@pytest.mark.parametrize("data", [b"\xff\xfe", b"", b"\x89PNG\r\n\x1a\n\xff\xff\xff"])
def test_a_figure_that_is_none_is_drawn_anew(folder: Path, data: bytes) -> None:
    assert run("figures", "lamps.py")[0] == 0
    made = sorted((folder / "lamps.derived").iterdir())
    before = [p.read_bytes() for p in made]
    for path in made:
        path.write_bytes(data)
    status, said = run("figures", "lamps.py", "--check")
    assert status == 1 and len(said.splitlines()) > len(made)
    assert run("figures", "lamps.py")[0] == 0
    assert [p.read_bytes() for p in made] == before


def test_a_spec_without_a_figure_is_told_how_to_have_one(folder: Path) -> None:
    text = LAMPS.replace("FIGURE = ", "# ")
    (folder / "plain.py").write_text(text, encoding="utf-8")
    status, said = run("figures", "plain.py")
    assert status == 2 and "\n  fix: " in said


@pytest.mark.parametrize("name", ["stdout", "stderr", "stdin"])
def test_a_spec_that_closes_a_stream_is_read_all_the_same(folder: Path, name: str) -> None:
    """It ended with status 1, as of a refutation."""
    closing = f"import sys\nsys.{name}.close()\n{LAMPS}"
    (folder / "lamps.py").write_text(closing, encoding="utf-8")
    status, said = with_streams(folder, ["fragment", "lamps.py"], "")
    assert (status, said.split(":")[0]) == (0, "decidable fragment")


LASTING = """
import threading
for one in threading.enumerate():
    if one.name == {word!r}:
        one.join()
"""


def test_who_waits_for_a_spec_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This spec goes on until the word has come."""
    monkeypatch.setattr(common, "LONG", 0.01)
    text = LASTING.format(word=common.WORD) + LAMPS
    (folder / "lamps.py").write_text(text, encoding="utf-8")
    status, said = run("fragment", "lamps.py")
    assert status == 0
    assert "lamps.py: its Python has run for 0.01 s, and nothing is read yet" in said


@pytest.mark.parametrize("kind", ["a file", "a pipe", "a link", "a link to nowhere"])
@pytest.mark.parametrize("place", ["made", "made/7"])
def test_no_schedule_is_written_over_another(folder: Path, place: str, kind: str) -> None:
    """What a link leads to was lost, a pipe was waited for."""
    (folder / place).mkdir(parents=True)
    there = folder / place / "faults.json"
    match kind:
        case "a file":
            there.write_text("{}", encoding="utf-8")
        case "a pipe":
            os.mkfifo(there)
        case "a link":
            there.symlink_to(folder / "lamps.py")
        case _:
            there.symlink_to("nowhere")
    status, said = run("simulate", "lamps.py", "--steps", "5", "--out", "made")
    assert status == 2 and "there are recordings already, or faults" in said
    assert (folder / "lamps.py").read_text(encoding="utf-8") == LAMPS


def test_names_in_a_file_of_cases_are_names(folder: Path) -> None:
    assert run("mcdc", "lamps.py", "--out", "cases.jsonl")[0] == 0
    lines = (folder / "cases.jsonl").read_text(encoding="utf-8").splitlines()
    for name in ("shows", "me"):
        entries = [json.loads(line) for line in lines]
        entries[1][name] = [{}]
        (folder / "cases.jsonl").write_text(as_written(entries), encoding="utf-8")
        status, said = run("mcdc", "lamps.py", "--check", "--out", "cases.jsonl")
        assert status == 1 and "line 2: something is missing or misplaced: " in said
        assert "is no name" in said
