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
INSTEAD: dict[type[ast.AST], str] = {
    ast.Match: "write `if` and `elif`",
    ast.NamedExpr: "assign it in a line of its own, before",
    ast.Assert: "leave it out: what always holds is proved without it",
    ast.While: "write a loop over a tuple, or none",
    ast.Lambda: "write a method of the node, or a function at the top of the module",
    ast.FunctionDef: "write it at the top of the module, or as a method of the node",
    ast.ClassDef: "write it at the top of `types`, as what the spec declares",
    ast.Import: "leave it out: a node's code needs its own modules alone",
    ast.ImportFrom: "leave it out: a node's code needs its own modules alone",
    ast.Global: "keep what is to be remembered in a variable of the spec",
    ast.Delete: "leave it out, or assign another value",
    ast.Try: "test before what would raise",
    ast.ListComp: "write out what is in it: with operators on sets, or a tuple",
    ast.SetComp: "write out what is in it: with operators on sets, or a tuple",
    ast.GeneratorExp: "write out what is in it: with operators on sets, or a tuple",
}
"""What to write in a function in place of a construct, where there is one thing to say."""
SHOWN = 60
"""Letters of a construct that a message shows."""


def outside(file: str, node: ast.AST, why: str, fix: str = REGENERATE) -> OutsideSubset:
    """Return the error for a construct."""
    text = ast.unparse(node).split("\n")[0] if isinstance(node, ast.AST) else str(node)
    text = text if len(text) <= SHOWN else text[: SHOWN - 4] + " ..."
    return OutsideSubset(file, getattr(node, "lineno", 1), f"`{text}`", why, fix)
