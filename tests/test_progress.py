"""Progress fits into one line of the terminal, whatever the width."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import sys
import termios

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkers.explore.progress import where
from checkers.explore.search import Search
from checkers.instances import read_setting
from checkers.progress import Teller, fitting
from model.lang.load import load


@given(st.lists(st.text("ab ", min_size=1, max_size=30), min_size=1, max_size=8), st.integers(1))
def test_what_has_no_room_is_left_out_from_the_end(parts: list[str], width: int) -> None:
    line = fitting(parts, width)
    assert len(line) <= width
    assert ", ".join(parts).startswith(line)
    assert line


@pytest.mark.parametrize("width", [20, 80, 120])
def test_a_line_is_never_wider_than_the_terminal(
    width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w", encoding="utf-8") as stream:
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
        monkeypatch.setattr(sys, "stderr", stream)
        teller = Teller()
        teller("what takes long, " * 20)
        shown = os.read(ours, 4096).decode()
    os.close(ours)
    assert shown.startswith("\r\x1b[K")
    assert len(shown.removeprefix("\r\x1b[K")) == width - 1


def test_without_a_terminal_a_line_comes_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    teller = Teller()
    teller("too early")
    teller.close()
    assert capsys.readouterr().err == ""


def test_a_search_tells_what_matters_most_in_eighty_columns() -> None:
    spec = load("docs/protocols/two_phase_textbook.py")
    setting = read_setting(spec, "peers=3", ())
    search = Search(spec, setting.config, setting.bounds)
    search.levels = [10**6, 10**5, 10**4, 10**3]
    parts = where(search, 10**9, 0.001)
    line = fitting(["12345.6 s  " + parts[0], *parts[1:]], 79)
    assert "states" in line
    assert "depth 3" in line
    assert "to go" in line
