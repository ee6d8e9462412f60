"""A query as SMT-LIB text that any solver reads.

Belongs here: the text of one query and the names in it. Never here: files, solvers.

Z3 prints the formulas; here its text is cut into declarations and assertions, each assertion gets a
name, and every quoted symbol loses the two characters that the standard (SMT-LIB 2.6, section 3.1)
forbids in one, by a renaming that never maps two symbols to one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import z3

from checkers.solving.pointwise import pointwise
from checkers.solving.query import GIVEN, Named, Query

_TOKEN = re.compile(r'\|(?:\\.|[^|\\])*\||"(?:""|[^"])*"|;[^\n]*|[()]', re.DOTALL)
_QUOTED = re.compile(r"\|((?:\\.|[^|\\])*)\|", re.DOTALL)
GOAL = "goal"


@dataclass(frozen=True, slots=True)
class Script:
    """The text of a query, and what the names of its assertions stand for.

    `declarations` and `assertions` are lines of text; `names` maps the name of an assertion to the
    guard's or the hypothesis' own (with `GIVEN` before it).
    """

    declarations: tuple[str, ...]
    assertions: tuple[str, ...]
    names: dict[str, str]

    def text(self) -> str:
        """Return declarations and assertions, without a command that asks."""
        return "\n".join([*self.declarations, *self.assertions, ""])


def script(query: Query, only: frozenset[str] | None = None) -> Script:
    """Return the text of a query, with all its guards and hypotheses or only those named."""
    named, definitions = query.given()
    tracked: Named = (*query.guards, *((GIVEN + n, f) for n, f in named))
    if only is not None:
        tracked = tuple((n, f) for n, f in tracked if n in only)
    plain = (*query.background, *definitions)
    formulas = [*plain, *(f for _, f in tracked), z3.Not(query.goal)]
    sets, formulas = pointwise(formulas)
    formulas = [*sets, *formulas]
    forms = _forms(_printed(formulas))
    declarations = [f for f in forms if f.startswith("(declare-")]
    bodies = [f[len("(assert") : -1].strip() for f in forms if f.startswith("(assert")]
    if len(bodies) != len(formulas):
        raise ValueError(f"{len(formulas)} formulas were printed as {len(bodies)} assertions")
    names: dict[str, str] = {}
    assertions: list[str] = []
    labels = [*(None for _ in (*sets, *plain)), *(n for n, _ in tracked), GOAL]
    for body, label in zip(bodies, labels, strict=True):
        if label is None:
            assertions.append(f"(assert {body})")
            continue
        name = label if label == GOAL else f"{_kind(label)}{len(names)}"
        if label != GOAL:
            names[name] = label
        assertions.append(f"(assert (! {body} :named {name}))")
    safe = _Renaming()
    return Script(tuple(safe(d) for d in declarations), tuple(safe(a) for a in assertions), names)


def _kind(label: str) -> str:
    return "given." if label.startswith(GIVEN) else "guard."


def _printed(formulas: list[z3.BoolRef]) -> str:
    """Return Z3's text of the formulas: every one, in this order, nothing simplified."""
    # Z3 prints a conjunction or disjunction of nothing as a bare word, which nobody reads.
    nothing = ((z3.And([]), z3.BoolVal(True)), (z3.Or([]), z3.BoolVal(False)))
    *before, last = (z3.substitute(f, *nothing) for f in formulas)
    array = (z3.Ast * len(before))(*(f.as_ast() for f in before))
    context = last.ctx_ref()
    printed: str = z3.Z3_benchmark_to_smtlib_string(
        context, "", "", "unknown", "", len(before), array, last.as_ast()
    )
    return printed


def _forms(text: str) -> list[str]:
    """Cut a text into its outermost parenthesized forms."""
    found, depth, start = [], 0, 0
    for token in _TOKEN.finditer(text):
        sign = token.group()
        if sign == "(":
            if depth == 0:
                start = token.start()
            depth += 1
        elif sign == ")":
            depth -= 1
            if depth == 0:
                found.append(text[start : token.end()])
    if depth:
        raise ValueError("the printed formulas end within a form")
    return found


class _Renaming:
    """Gives every quoted symbol a text that the standard allows; two symbols never share one."""

    def __init__(self) -> None:
        self._given: dict[str, str] = {}
        self._taken: set[str] = set()

    def __call__(self, text: str) -> str:
        return _QUOTED.sub(lambda found: self._safe(found.group(1)), text)

    def _safe(self, symbol: str) -> str:
        if symbol not in self._given:
            plain = re.sub(r"\\(.)", r"\1", symbol, flags=re.DOTALL)
            base = "".join(c if c.isprintable() and c not in "|\\" else "!" for c in plain)
            name, count = base, 0
            while name in self._taken or (base != symbol and count == 0):
                count += 1
                name = f"{base} ~{count}"  # the space keeps it apart from every unquoted symbol
            self._given[symbol] = name
            self._taken.add(name)
        return f"|{self._given[symbol]}|"
