"""Where in a spec's source something was written.

Belongs here: spans, the text and caret they are shown with, and finding the span of what runs now.
Never here: what is wrong with a spec (`errors.py`) or what its syntax says (`syntax.py`).
"""

from __future__ import annotations

import linecache
import re
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import CodeType, FrameType, TracebackType

_LANGUAGE = __name__.rpartition(".")[0]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of source, as Python counts: lines from 1, columns from 0 in bytes of UTF-8.

    The last column is excluded.
    """

    file: str
    line: int
    col: int
    end_line: int
    end_col: int

    def shown_file(self) -> str:
        """Return the file's path relative to the working directory where it lies below it."""
        try:
            return Path(self.file).resolve().relative_to(Path.cwd()).as_posix()
        except ValueError:
            return self.file

    def place(self) -> str:
        """Return file, line and column as messages show them, both counted from 1."""
        return f"{self.shown_file()}:{self.line}:{len(self._before()) + 1}"

    def source_line(self) -> str:
        """Return the text of the first line, without its newline (empty when the file is gone)."""
        return linecache.getline(self.file, self.line).rstrip("\n")

    def underlined(self) -> str:
        """Return what the carets stand under: the span's text on its first line."""
        text = self.source_line().encode()
        last = self.end_col if self.end_line == self.line else len(text)
        return text[self.col : last].decode(errors="replace")

    def excerpt(self) -> str:
        """Return the first line with a row of carets under the span."""
        text = self.source_line()
        if not text:
            return ""
        number = str(self.line)
        blank = "".join("\t" if sign == "\t" else " " for sign in self._before())
        carets = "^" * max(1, len(self.underlined()))
        return f"{number} | {text}\n{' ' * len(number)} | {blank}{carets}"

    def holds(self, other: Span) -> bool:
        """Tell whether `other` lies within it."""
        starts = (self.line, self.col) <= (other.line, other.col)
        ends = (other.end_line, other.end_col) <= (self.end_line, self.end_col)
        return self.file == other.file and starts and ends

    def first_line(self) -> Span:
        """Return the part of it on its first line, for a class or another long statement."""
        if self.end_line == self.line:
            return self
        width = len(self.source_line().rstrip().encode())
        return Span(self.file, self.line, self.col, self.line, max(width, self.col + 1))

    def _before(self) -> str:
        return self.source_line().encode()[: self.col].decode(errors="replace")


NOWHERE = Span("<generated>", 0, 0, 0, 0)


@lru_cache(maxsize=256)
def is_inner(module: str) -> bool:
    """Tell whether a module of this name is the language's own, or Python's."""
    return (
        module == _LANGUAGE
        or module.startswith(_LANGUAGE + ".")
        or module.partition(".")[0] in sys.stdlib_module_names
    )


def caller() -> Span:
    """Return the span of the expression outside the language that is being evaluated now."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and is_inner(frame.f_globals.get("__name__", "")):
        frame = frame.f_back
    return NOWHERE if frame is None else span_at(frame.f_code, frame.f_lasti, frame.f_lineno)


def span_at(code: CodeType, instruction: int, line: int) -> Span:
    """Return the span of the expression that `instruction` of `code` belongs to."""
    start, end, col, end_col = _positions(code)[instruction // 2]
    if start is None or end is None or col is None or end_col is None:
        return _whole_line(code.co_filename, line)  # a Python that keeps no columns
    return Span(code.co_filename, start, col, end, end_col)


_Positions = tuple[tuple[int | None, int | None, int | None, int | None], ...]
# By identity, and kept alive: equal code objects may stand at different places.
_known: dict[int, tuple[CodeType, _Positions]] = {}


def _positions(code: CodeType) -> _Positions:
    if id(code) not in _known:
        _known[id(code)] = (code, tuple(code.co_positions()))
    return _known[id(code)][1]


def span_of_traceback(traceback: TracebackType | None) -> tuple[Span, FrameType | None]:
    """Return where in a spec an exception came from: its innermost frame outside the language."""
    found: tuple[Span, FrameType | None] = (NOWHERE, None)
    while traceback is not None:
        frame = traceback.tb_frame
        if not is_inner(frame.f_globals.get("__name__", "")):
            code, line = frame.f_code, traceback.tb_lineno
            found = (span_at(code, traceback.tb_lasti, line), frame)
        traceback = traceback.tb_next
    return found


def span_of_code(code: CodeType) -> Span:
    """Return the span of a function's `def` line, decorators apart; of a lambda its whole line."""
    header = re.compile(rf"\s*(async\s+)?def\s+{re.escape(code.co_name)}\b")
    lines = linecache.getlines(code.co_filename)
    numbers = range(code.co_firstlineno, len(lines) + 1)
    first = next((n for n in numbers if header.match(lines[n - 1])), code.co_firstlineno)
    return _whole_line(code.co_filename, first)


def _whole_line(file: str, line: int) -> Span:
    text = linecache.getline(file, line).rstrip()
    return Span(file, line, len(text) - len(text.lstrip()), line, len(text.encode()))


def span_of_body(code: CodeType) -> Span:
    """Return the span of a whole function, its decorators and inner functions included."""
    last = max((line for *_, line in code.co_lines() if line), default=code.co_firstlineno)
    inner = [span_of_body(c).end_line for c in code.co_consts if isinstance(c, CodeType)]
    return Span(code.co_filename, code.co_firstlineno, 0, max(last, *inner, 0) + 1, 0)


def span_of_class() -> Span:
    """Return the span of the first line of the class statement that is being evaluated now."""
    return caller().first_line()
