"""One thing that a test of a row has to show, and its name.

Belongs here: what a goal is, of which kinds there are, and the way to a part of an expression.
Never here: which goals a row has (`goals`, `telling`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from model.lang.expr import Expr

Path = tuple[int, ...]
"""Where a part of an expression stands: the places of its parents' arguments."""

ANSWERS, CLAUSE, NEEDED = "answers", "clause", "needed"
CONDITION, VALUE, BEFORE, CHOICE = "condition", "value", "before", "choice"
CHANGES, SENDS, READS, TAKES = "changes", "sends", "reads", "takes"
KEEPS = "keeps"
FIRST, BEHIND = ", and no rule before it answers", "would answer, were it not for"


@dataclass(frozen=True, eq=False)
class Goal:
    """Something to be shown by a case: `wanted` holds of it, each expression with its value.

    `what`: the row answers; its clause is alone false; so it is where no rule before it answers, so
    that a node that tries one after another needs it; a condition in it decides, being `value`; it
    does so at a value that it is about; the row is not asked since the one called `text` answers
    before it; a choice in what it does is `value`; a variable called `text` gets another value, a
    message goes to somebody, what is read or put in makes a difference; a restart keeps a variable
    called `text` that has another value than at first. `wishes` are tried in turn, and kept where
    they can be had: they make a case tell more.
    """

    row: str
    what: str
    text: str
    value: bool
    clause: int | None
    wanted: tuple[tuple[Expr, bool], ...]
    names: tuple[str, ...]
    """What each of `wanted` is, in words."""
    wishes: tuple[Expr, ...] = field(default=())
    path: Path = ()
    """Where a condition stands in its clause, as `plain` spells that out."""
    again: int = 0
    """How many goals before it have the same words."""

    @property
    def name(self) -> str:
        """What it shows, in words; unique in a spec."""
        again = f" ({self.again + 1})" if self.again else ""
        value = str(self.value).lower() + again
        match self.what:
            case "answers":
                return f"{self.row} answers"
            case "clause":
                return f"{self.row}: only {self.text} is false"
            case "needed":
                return f"{self.row}: only {self.text} is false{FIRST}"
            case "before":
                return f"{self.row} {BEHIND} {self.text}"
            case "value":
                return f"{self.row}: where {self.text} decides, {value}"
            case "condition":
                return f"{self.row}: {self.text} decides, {value}"
            case "changes":
                return f"{self.row} changes {self.text}{again}"
            case "keeps":
                return f"{self.row} keeps {self.text}"
            case "sends":
                return f"{self.row} sends {self.text} to somebody{again}"
            case "reads" | "takes":
                return f"{self.row} tells {self.text}{again}"
            case _:
                return f"{self.row} chooses by {self.text}, {value}"

    @property
    def own(self) -> bool:
        """Tell whether it gets a case of its own, even where another one's shows it, too."""
        return self.what in (ANSWERS, CLAUSE)


def part_at(e: Expr, path: Path) -> Expr:
    """Return the part of an expression that stands there."""
    for at in path:
        e = e.args[at]
    return e


def with_part(e: Expr, path: Path, part: Expr) -> Expr:
    """Return the expression with another part there."""
    if not path:
        return part
    at, *rest = path
    inner = with_part(e.args[at], tuple(rest), part)
    return e.with_args((*e.args[:at], inner, *e.args[at + 1 :]))
