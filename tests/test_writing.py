"""Files are whole or as they were: `checkers.writing`, and that what commands write goes there.

Stands for: "nothing lost", whatever comes in between.
"""

from __future__ import annotations

import ast
import os
import stat
import threading
from pathlib import Path

import pytest

from checkers.writing import replacing, write_bytes, write_text
from tests.test_imports import ROOT


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("trouble", [OSError, KeyboardInterrupt, SystemExit])
def test_what_was_there_stays_until_the_new_file_is_whole(
    tmp_path: Path, trouble: type[BaseException]
) -> None:
    path = tmp_path / "kept.txt"
    path.write_bytes(b"before")
    with pytest.raises(trouble), replacing(path) as file:
        file.write(b"half")
        file.flush()
        assert path.read_bytes() == b"before"
        raise trouble
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {"kept.txt": b"before"}


def test_what_cannot_take_its_place_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        write_text(tmp_path / "new.txt", "text")
    assert list(tmp_path.iterdir()) == []


def test_the_folders_on_the_way_are_made(tmp_path: Path) -> None:
    write_text(tmp_path / "deep" / "er" / "é.txt", "é\n")
    assert (tmp_path / "deep" / "er" / "é.txt").read_bytes() == "é\n".encode()


@pytest.mark.parametrize("letter", ["x", "é", "字"])
def test_a_name_may_be_as_long_as_the_disk_takes(tmp_path: Path, letter: str) -> None:
    path = tmp_path / (letter * (250 // len(letter.encode())))
    write_text(path, "long")
    assert path.read_text() == "long"


def test_who_might_use_the_old_file_may_use_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "shared.txt"
    write_text(path, "one")
    usual = tmp_path / "usual.txt"
    usual.write_text("")
    assert mode_of(path) == mode_of(usual)
    path.chmod(0o664)
    write_text(path, "two")
    assert mode_of(path) == 0o664
    with replacing(path, mode=0o600) as file:
        file.write(b"three")
    assert mode_of(path) == 0o600


def test_what_a_link_leads_to_is_written_and_the_link_stays(tmp_path: Path) -> None:
    (tmp_path / "there.txt").write_text("before")
    link = tmp_path / "link.txt"
    link.symlink_to("there.txt")
    write_text(link, "after")
    assert link.is_symlink() and (tmp_path / "there.txt").read_text() == "after"
    with replacing(link) as file:
        file.write(b"instead")
    assert not link.is_symlink() and (tmp_path / "there.txt").read_text() == "after"


def test_a_pipe_and_a_device_are_written_to(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_bytes(pipe, b"through")
    reader.join()
    assert read == [b"through"] and stat.S_ISFIFO(pipe.stat().st_mode)
    write_bytes(Path("/dev/null"), b"away")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_what_lies_beside_may_have_a_name_of_its_own(tmp_path: Path) -> None:
    """Of one who was killed there is one file left, and the next to write takes its place."""
    path, beside = tmp_path / "search", tmp_path / "search.part"
    beside.write_bytes(b"of one who was killed, and longer")
    with replacing(path, beside=beside) as file:
        file.write(b"whole")
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {"search": b"whole"}


MAY = {
    "checkers/writing.py": "it is the one that does",
    "checkers/bench": "its own report, and files of the peers in a folder of their own",
    "checkers/mutation/page.py": "the page of mutants",
}
"""Who opens files to write: path, and why."""


def opens(text: str) -> list[int]:
    """Return the lines of a source that write files by Python's own ways."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Attribute)
        and node.attr in ("write_text", "write_bytes", "mkstemp", "NamedTemporaryFile")
    ]


def test_nothing_else_writes_files_by_itself() -> None:
    found = [
        f"{path.relative_to(ROOT).as_posix()}:{line}"
        for path in sorted((ROOT / "checkers").rglob("*.py"))
        if not any(path.is_relative_to(ROOT / place) for place in MAY)
        for line in opens(path.read_text(encoding="utf-8"))
    ]
    assert found == [], "write with checkers.writing: a half file is worse than none"


def test_a_source_that_writes_by_itself_is_found() -> None:
    assert opens("from pathlib import Path\nPath('x').write_text('')\n") == [2]
    assert opens("import tempfile\ntempfile.mkstemp()\n") == [2]
