"""What the reader of generated code cannot read, told with its place.

Belongs here: the one error of the reader. Never here: what a construct means.
"""

from __future__ import annotations

import ast


class OutsideSubset(Exception):
    """A construct that has no meaning to the reader; nothing is decided where one stands."""

    def __init__(self, file: str, line: int, construct: str, why: str, fix: str) -> None:
        """Tell the place, what stands there, why it is not read, and what to write instead."""
        super().__init__(f"{file}:{line}: {construct}: {why}\n  fix: {fix}")
        self.file, self.line, self.construct, self.why, self.fix = file, line, construct, why, fix

    def __reduce__(self) -> tuple[type[OutsideSubset], tuple[str, int, str, str, str]]:
        """Pickle by its parts: it may come from a worker."""
        return (OutsideSubset, (self.file, self.line, self.construct, self.why, self.fix))


REGENERATE = "run `oathbound generate`, or write it within the subset of docs/translation.md"
SHOWN = 60
"""Letters of a construct that a message shows."""


def outside(file: str, node: ast.AST, why: str, fix: str = REGENERATE) -> OutsideSubset:
    """Return the error for a construct."""
    text = ast.unparse(node).split("\n")[0] if isinstance(node, ast.AST) else str(node)
    text = text if len(text) <= SHOWN else text[: SHOWN - 4] + " ..."
    return OutsideSubset(file, getattr(node, "lineno", 1), f"`{text}`", why, fix)
