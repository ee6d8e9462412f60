"""What can be wrong with a spec: one code each, and how it is told.

Belongs here: the table of codes and the one error type. Never here: the checks that raise them.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from model.lang.source import NOWHERE, Span, caller


@dataclass(frozen=True, slots=True)
class Code:
    """A stable error code: its name, what it means and how such a mistake is mended."""

    code: str
    title: str
    meaning: str
    fix: str


CODES: dict[str, Code] = {
    row.code: row
    for row in (
        Code(
            "ORD101",
            "unknown name",
            "The process, message, table or sum has no member of this name.",
            "Use one of the declared names, or declare it.",
        ),
        Code(
            "ORD102",
            "wrong sort",
            "An expression has another sort than the place it stands in asks for. Sorts never"
            " convert: a term is not a number, a set is not its element.",
            "Compare, assign and send values of the sort that the declaration names.",
        ),
        Code(
            "ORD103",
            "wrong payload",
            "A case of a sum was given a payload that its declaration does not allow, or none"
            " where it needs one.",
            "Give the case a payload of the declared sum.",
        ),
        Code(
            "ORD104",
            "assignment to another node's variable",
            "A rule runs on one node and can change only that node's own variables.",
            "Send that node a message and let a rule of its own change the variable.",
        ),
        Code(
            "ORD105",
            "guard or update that is not local",
            "A guard, update, message or reply may mention only the node itself, the event and"
            " the configuration. A guard over other nodes' variables, the messages in flight or"
            " ghosts proves well, and no node can evaluate it.",
            "Guard on what the node knows: its own variables and the event's fields.",
        ),
        Code(
            "ORD106",
            "variable assigned twice",
            "A rule gives each variable at most one next value; all updates happen at once.",
            "Keep one of the assignments, or combine them with ite(...).",
        ),
        Code(
            "ORD107",
            "Python truth value of an expression",
            "A rule is run once, symbolically: `and`, `or`, `not`, `in`, `is`, `if`, a loop or a"
            " look-up in a Python dict or set would ask for a value that is not there yet, and"
            " drop half of what is meant.",
            "Use & for and, | for or, ~ for not, s.has(x) for `x in s`, ite(c, a, b) for `if`.",
        ),
        Code(
            "ORD108",
            "chained comparison",
            "Python evaluates `a < b < c` as `(a < b) and (b < c)` and would keep only one of"
            " the two.",
            "Write (a < b) & (b < c).",
        ),
        Code(
            "ORD109",
            "missing or unknown field",
            "A message, request or reply is built with every declared field, and no other.",
            "Give each declared field exactly once.",
        ),
        Code(
            "ORD110",
            "message without roles",
            "Every message says who may send it and who may act on it, and an authority says how"
            " a receiver knows the sender's role; every request says at which role it may be made.",
            "Declare class X(Message, sender=ROLE, receiver=ROLE) or class Y(Request, at=ROLE).",
        ),
        Code(
            "ORD111",
            "two rules that answer one event differently",
            "In some state the guards of two rules for the same event are both true, and the"
            " rules do not do the same.",
            "Make the guards exclude each other.",
        ),
        Code(
            "ORD112",
            "event without an answer",
            "In some state no rule and no fallback answers the event.",
            "Add a rule, or end the @fallback with a row without `when`.",
        ),
        Code(
            "ORD113",
            "unreachable state",
            "No rule leads to this case of a state variable that has a table of edges.",
            "Add the rule that leads there, or remove the case.",
        ),
        Code(
            "ORD114",
            "edge not in the table",
            "A rule can take a state variable along an edge that its table does not list.",
            "Mend the rule's guard or target; the table is the published figure.",
        ),
        Code(
            "ORD115",
            "malformed declaration",
            "A declaration or a rule's result does not have the shape that the language asks for.",
            "See the example beside the message.",
        ),
        Code(
            "ORD116",
            "name declared twice",
            "Two things of one kind have the same name: a report could not tell them apart, or"
            " Python keeps the second alone.",
            "Rename one of them.",
        ),
        Code(
            "ORD117",
            "spec that cannot be loaded",
            "There is no such file, module or name, the file is not Python, or what it holds is no"
            " spec.",
            "Name `order`, a path to a Python file with a function `spec()`, or"
            " `package.module:NAME`.",
        ),
        Code(
            "ORD118",
            "Python error in a spec",
            "The spec's own Python code raised an error while the spec was read, so that the rest"
            " of it was never seen.",
            "Mend the Python; a rule's function runs once, with expressions instead of values.",
        ),
        Code(
            "ORD119",
            "Circular proof",
            "Two properties, or one and itself, would each be proved from the other, of the same"
            " state: `after=` assumes what holds after the step that is being proved.",
            "Prove one of them from the state before alone.",
        ),
        Code(
            "ORD120",
            "promise or fairness that says nothing",
            "An @eventually promises a condition on states, alone or as whenever(p).then(q),"
            " again_and_again(q) or for_good(q); an @alive is a condition on one set of nodes; and"
            " what is declared fair is something that a rule accepts.",
            "See the example beside the message.",
        ),
        Code(
            "ORD121",
            "promise without fairness",
            "The spec promises that something happens, and declares of nothing that it does not"
            " wait for ever: a run in which nobody ever acts again breaks every such promise.",
            "Declare what is fair: fair = weak(Retry), strong(...) or fair_loss(Ask, Grant).",
        ),
    )
}


class SpecError(Exception):
    """A mistake in a spec: code, place, value, reason and fix.

    `str()` gives the whole message as the command line prints it.
    """

    def __init__(
        self,
        code: str,
        value: str,
        reason: str,
        *,
        fix: str | None = None,
        span: Span | None = None,
        related: Sequence[tuple[str, Span]] = (),
        notes: Sequence[str] = (),
    ) -> None:
        """Make the error.

        Args:
            code: A key of `CODES`.
            value: What is wrong, as the spec wrote it.
            reason: Why it is wrong, in one sentence.
            fix: What to write instead; without it, the general advice of the code.
            span: The place; without it, where the spec's code is running now.
            related: Other places that belong to it, each with what stands there.
            notes: Further lines, for instance the steps of a counterexample.
        """
        self.code = code
        self.value = value
        self.reason = reason
        self.fix = fix if fix is not None else _as_advice(CODES[code].fix)
        self.span = span if span is not None else caller()
        self.related = tuple(related)
        self.notes = tuple(notes)
        super().__init__(code, value, reason)

    def __str__(self) -> str:
        """Return the message: title, place with caret, value, reason, fix."""
        return self.render()

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle with every field, so that a worker's error arrives whole."""
        return (
            _restored,
            (
                *(self.code, self.value, self.reason, self.fix),
                *(self.span, self.related, self.notes),
            ),
        )

    @property
    def key(self) -> tuple[str, Span, str]:
        """What makes two errors the same mistake."""
        return (self.code, self.span, self.value)

    def moved(self, span: Span) -> SpecError:
        """Return the same mistake at another place."""
        return _restored(
            self.code, self.value, self.reason, self.fix, span, self.related, self.notes
        )

    def noted(self, note: str) -> SpecError:
        """Return the same mistake with one more note."""
        notes = (*self.notes, note)
        return _restored(
            self.code, self.value, self.reason, self.fix, self.span, self.related, notes
        )

    def render(self) -> str:
        """Return the message: title, place with caret, value, reason, fix."""
        lines = [f"error[{self.code}]: {CODES[self.code].title}: {_shortened(self.value)}"]
        lines.extend(_shown(self.span))
        lines.append(f"  reason: {self.reason}")
        for what, span in self.related:
            lines.append(f"  also: {what}")
            lines.extend(_shown(span))
        for note in self.notes:
            lines.append("  note: " + note.replace("\n", "\n    "))
        lines.append(f"  fix: {self.fix}")
        return "\n".join(lines)


def _restored(
    code: str,
    value: str,
    reason: str,
    fix: str,
    span: Span,
    related: Sequence[tuple[str, Span]],
    notes: Sequence[str],
) -> SpecError:
    return SpecError(code, value, reason, fix=fix, span=span, related=related, notes=notes)


def _as_advice(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:].removesuffix(".")


def _shown(span: Span) -> list[str]:
    if span == NOWHERE:
        return []
    return [f"  --> {span.place()}", *("  " + line for line in span.excerpt().splitlines())]


def _shortened(value: str, width: int = 120) -> str:
    one_line = " ".join(value.split())
    return one_line if len(one_line) <= width else one_line[: width - 3] + "..."


class SpecErrors(Exception):
    """Every mistake found while a spec was read, in source order, each once."""

    def __init__(self, errors: Sequence[SpecError]) -> None:
        """Collect `errors`, which must not be empty."""
        once = {error.key: error for error in reversed(errors)}
        self.errors = tuple(
            sorted(
                once.values(),
                key=lambda e: (e.span.file, e.span.line, e.span.col, e.code, e.value),
            )
        )
        super().__init__(self.errors)

    def __str__(self) -> str:
        """Return all messages and their number, as the command line prints them."""
        count = len(self.errors)
        tail = f"{count} mistake{'s' if count != 1 else ''} in the spec"
        return "\n\n".join([*(error.render() for error in self.errors), tail])


def suggest(name: str, known: Iterable[str]) -> str:
    """Return a fix that names the nearest known name, or lists what there is."""
    names = sorted(one for one in known if isinstance(one, str))
    close = difflib.get_close_matches(name, names, n=1)
    if not close:
        folded = {other.casefold(): other for other in names}
        near = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.85)
        close = [folded[other] for other in near]
    if close:
        return f"did you mean {close[0]!r}?"
    if not names:
        return "declare it first"
    shown = names if len(names) <= 12 else [*names[:12], "..."]
    return f"use one of: {', '.join(shown)}"
