"""Where in a spec's source something was written.

Belongs here: spans, and the text and caret they are shown with.
Never here: what is wrong with a spec (`errors.py`) or what it means (`expr.py`).
"""

from __future__ import annotations

import ast
import itertools
import linecache
import sys
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType

_LANGUAGE = __name__.rpartition(".")[0]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of source: `line` and `end_line` count from 1, columns from 0 (`end_col` excluded)."""

    file: str
    line: int
    col: int
    end_line: int
    end_col: int

    def shown_file(self) -> str:
        """Return the file's path relative to the working directory where it lies below it."""
        try:
            return str(Path(self.file).resolve().relative_to(Path.cwd()))
        except ValueError:
            return self.file

    def source_line(self) -> str:
        """Return the text of the first line, without its newline (empty when the file is gone)."""
        return linecache.getline(self.file, self.line).rstrip("\n")

    def excerpt(self) -> str:
        """Return the first line with a row of carets under the span."""
        text = self.source_line()
        if not text:
            return ""
        last = self.end_col if self.end_line == self.line else len(text)
        width = max(1, last - self.col)
        number = str(self.line)
        margin = " " * len(number)
        return f"{number} | {text}\n{margin} | {' ' * self.col}{'^' * width}"


NOWHERE = Span("<generated>", 0, 0, 0, 0)


def caller() -> Span:
    """Return the span of the expression outside the language that is being evaluated now."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and str(frame.f_globals.get("__name__", "")).startswith(_LANGUAGE):
        frame = frame.f_back
    if frame is None:
        return NOWHERE
    line, end_line, col, end_col = next(
        itertools.islice(frame.f_code.co_positions(), frame.f_lasti // 2, None),
        (None, None, None, None),
    )
    start = line or frame.f_lineno
    return Span(frame.f_code.co_filename, start, col or 0, end_line or start, end_col or 0)


def span_of_code(code: CodeType) -> Span:
    """Return the span of a function's `def` line (decorators apart)."""
    first = code.co_firstlineno
    for number in range(first, first + 20):
        text = linecache.getline(code.co_filename, number)
        stripped = text.lstrip()
        if stripped.startswith(("def ", "class ")):
            indent = len(text) - len(stripped)
            return Span(code.co_filename, number, indent, number, len(text.rstrip()))
    return Span(code.co_filename, first, 0, first, 1)


def span_of_class(cls: type) -> Span:
    """Return the span of a class statement's first line, found by its name in the module's source."""
    module = sys.modules.get(cls.__module__)
    file = getattr(module, "__file__", None)
    if file is None:
        return NOWHERE
    for number, text in enumerate(linecache.getlines(file), start=1):
        if text.startswith(f"class {cls.__name__}(") or text.startswith(f"class {cls.__name__}:"):
            return Span(file, number, 0, number, len(text.rstrip()))
    return NOWHERE


_Misuse = ast.BoolOp | ast.UnaryOp | ast.Compare | ast.If | ast.IfExp | ast.While | ast.Assert


def enclosing_misuse(span: Span) -> tuple[_Misuse | None, Span]:
    """Find the innermost construct around `span` that asks a Python truth value of an expression.

    Returns the syntax node (None when the source cannot be read) and its own span.
    """
    try:
        tree = ast.parse("".join(linecache.getlines(span.file)))
    except (SyntaxError, ValueError):
        return None, span
    best: _Misuse | None = None
    best_size = (1 << 30, 1 << 30)
    for node in ast.walk(tree):
        if not isinstance(node, _Misuse):
            continue
        if isinstance(node, ast.UnaryOp) and not isinstance(node.op, ast.Not):
            continue
        if (
            isinstance(node, ast.Compare)
            and len(node.ops) < 2
            and not isinstance(node.ops[0], ast.In | ast.NotIn)
        ):
            continue
        end_line, end_col = node.end_lineno or node.lineno, node.end_col_offset or 0
        starts = (node.lineno, node.col_offset) <= (span.line, span.col)
        ends = (span.end_line, span.end_col) <= (end_line, end_col)
        size = (end_line - node.lineno, end_col - node.col_offset)
        if starts and ends and size < best_size:
            best, best_size = node, size
    if best is None:
        return None, span
    where = Span(
        span.file,
        best.lineno,
        best.col_offset,
        best.end_lineno or best.lineno,
        best.end_col_offset or 0,
    )
    return best, where
