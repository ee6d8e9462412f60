"""Z3 formulas as Python text: walking the solver's own terms, not the expressions they came from.

Belongs here: the concrete meaning of each kind of Z3 term that a spec's model contains.
Never here: which formulas are asked for (`compiled_model`), or anything from the expression tree;
what is proved is what is run only if the text comes from the formula that the solver is given.

Uninterpreted symbols have their standard meaning: a set is a `frozenset`, an element of an order a
number or a pair (round, owner), `majority` counts. A term that occurs often becomes a local
variable: Z3 shares equal terms, so a term's identity tells.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import z3

Symbol: TypeAlias = "str | tuple[str, list[z3.ExprRef]]"
"""What a constant stands for: text, or a template with `{0}` and the terms that go there."""


class UnsupportedFormula(Exception):
    """A Z3 term without a concrete reading here: the term, the reason, what mends it."""

    def __init__(self, term: object, reason: str, fix: str) -> None:
        super().__init__(f"{term}: {reason}; {fix}")


@dataclass(slots=True, eq=False)
class Node:
    """A Z3 term taken apart once: asking the solver's library again is what costs the time."""

    term: z3.ExprRef  # kept, since an identity is only good while its term lives
    kind: int
    name: str
    children: list[Node]
    is_symbol: bool
    loop: tuple[Node, Node, Node] | None = None
    """Of a quantifier: its variable, its premise and its conclusion."""

    def mentions(self, x: Node) -> bool:
        """Tell whether `x` occurs in it."""
        parts = self.loop or self.children
        return self is x or any(part.mentions(x) for part in parts)


class Terms:
    """The Z3 terms seen so far, each taken apart once."""

    def __init__(self) -> None:
        self._nodes: dict[int, Node] = {}

    def node(self, term: z3.ExprRef) -> Node:
        """Return `term` taken apart."""
        key = term.get_id()
        found = self._nodes.get(key)
        if found is None:
            found = self._quantifier(term) if z3.is_quantifier(term) else self._application(term)
            self._nodes[key] = found
        return found

    def _application(self, term: z3.ExprRef) -> Node:
        decl = term.decl()
        children = [self.node(child) for child in term.children()]
        is_symbol = not children and decl.kind() == z3.Z3_OP_UNINTERPRETED
        return Node(term, decl.kind(), decl.name(), children, is_symbol)

    def _quantifier(self, term: z3.QuantifierRef) -> Node:
        """Take apart `forall x. A(x) -> B(x)`, the one form that a node's model contains."""
        if not term.is_forall() or term.num_vars() != 1:
            raise UnsupportedFormula(term, "it is not of the form forall x", "split it")
        x = z3.Const(f"loop!{len(self._nodes)}", term.var_sort(0))
        body = self.node(z3.substitute_vars(term.body(), x))
        if body.kind != z3.Z3_OP_IMPLIES:
            raise UnsupportedFormula(term, "its body is no implication", "write A(x) -> B(x)")
        premise, conclusion = body.children
        return Node(term, 0, "", [], False, (self.node(x), premise, conclusion))


@dataclass
class Writer:
    """Writes the body of one Python function that computes Z3 terms.

    `symbols` says what each free constant stands for, `constants` the value of each constant of a
    finite sort, by the names that Z3 knows them by.
    """

    terms: Terms
    symbols: Mapping[str, Symbol]
    constants: Mapping[str, str]
    functions: Mapping[str, str] = field(default_factory=dict)
    """By name: the templates of functions that depend on a sort of the spec."""
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._uses: Counter[Node] = Counter()
        self._names: dict[Node, str] = {}

    def write(self, roots: Iterable[z3.ExprRef]) -> list[str]:
        """Return the text of each root; `lines` compute the local variables that they mention."""
        wanted = [self.terms.node(root) for root in roots]
        for root in wanted:
            self._count(root)
        return [self._text(root) for root in wanted]

    # ------------------------------------------------------------ sharing

    def _parts(self, node: Node) -> list[Node]:
        if node.is_symbol:
            symbol = self.symbols.get(node.name, "")
            return [] if isinstance(symbol, str) else [self.terms.node(t) for t in symbol[1]]
        return node.children  # none for a quantifier, which stays in one piece

    def _count(self, node: Node) -> None:
        self._uses[node] += 1
        if self._uses[node] == 1:
            for part in self._parts(node):
                self._count(part)

    def _text(self, node: Node) -> str:
        if node in self._names:
            return self._names[node]
        text = self._plain(node)
        if self._uses[node] > 1 and not _SIMPLE.fullmatch(text):
            name = self._names[node] = f"t{len(self._names)}"
            self.lines.append(f"{name} = {text}")
            return name
        return text

    # ------------------------------------------------------------ meaning

    def _plain(self, node: Node) -> str:
        if node.loop is not None:
            return self._loop(node)
        if node.is_symbol:
            return self._symbol(node)
        if node.kind == z3.Z3_OP_DT_CONSTRUCTOR:
            return self.constants[node.name]
        args = [self._text(child) for child in node.children]
        if node.kind == z3.Z3_OP_UNINTERPRETED:
            template = self.functions.get(node.name, _FUNCTIONS.get(node.name.split(".")[0]))
            if template is not None:
                return "(" + template.format(*args) + ")"
        elif node.kind in _MEANING:
            return _MEANING[node.kind](args)
        raise UnsupportedFormula(node.term, f"{node.name} has no reading", "give it one")

    def _symbol(self, node: Node) -> str:
        symbol = self.symbols.get(node.name)
        if symbol is None:
            raise UnsupportedFormula(node.term, "nobody says what it stands for", "give it a value")
        if isinstance(symbol, str):
            return symbol
        template, parts = symbol
        return template.format(*(self._text(self.terms.node(part)) for part in parts))

    # ------------------------------------------------------------ quantifiers

    def _loop(self, node: Node) -> str:
        """Write `forall x. A(x) -> B(x)` as a loop over a finite set that has every x of A(x).

        That is exact: for an x outside that set A(x) is false.
        """
        assert node.loop is not None
        x, premise, conclusion = node.loop
        variable = x.name.replace("!", "_")
        symbols = {**self.symbols, x.name: variable}
        inner = Writer(self.terms, symbols, self.constants, self.functions)
        over = inner._superset(premise, x)
        if over is None:
            raise UnsupportedFormula(
                node.term, "nothing says which elements the premise can hold of", "bound it"
            )
        text = f"(not {inner._text(premise)} or {inner._text(conclusion)})"
        return f"all({text} for {variable} in {over})"

    def _superset(self, premise: Node, x: Node) -> str | None:
        """Return the text of a finite set that holds every x for which `premise` is true."""
        children = premise.children
        if premise.kind == z3.Z3_OP_FALSE:
            return "()"
        if premise.kind == z3.Z3_OP_UNINTERPRETED and premise.name.startswith("in."):
            element, whole = children
            return self._text(whole) if element is x and not whole.mentions(x) else None
        if premise.kind == z3.Z3_OP_EQ and any(child is x for child in children):
            other = children[1] if children[0] is x else children[0]
            return None if other.mentions(x) else f"{{{self._text(other)}}}"
        if premise.kind == z3.Z3_OP_AND:
            found = [self._superset(child, x) for child in children]
            return next((text for text in found if text is not None), None)
        if premise.kind in (z3.Z3_OP_OR, z3.Z3_OP_ITE):
            ways = [self._superset(c, x) for c in children[premise.kind == z3.Z3_OP_ITE :]]
            named = [text for text in ways if text is not None]
            return f"{{{', '.join(f'*{w}' for w in named)}}}" if len(named) == len(ways) else None
        return None


_SIMPLE = re.compile(r"\w+|'[^']*'|frozenset\(\)|-?\d+")


def _joined(word: str, unit: str) -> Callable[[list[str]], str]:
    def text(args: list[str]) -> str:
        return "(" + f" {word} ".join(args) + ")" if args else unit

    return text


_MEANING: dict[int, Callable[[list[str]], str]] = {
    z3.Z3_OP_TRUE: lambda args: "True",
    z3.Z3_OP_FALSE: lambda args: "False",
    z3.Z3_OP_EQ: lambda args: f"({args[0]} == {args[1]})",
    z3.Z3_OP_IFF: lambda args: f"({args[0]} == {args[1]})",
    z3.Z3_OP_DISTINCT: lambda args: f"(len({{{', '.join(args)}}}) == {len(args)})",
    z3.Z3_OP_ITE: lambda args: f"({args[1]} if {args[0]} else {args[2]})",
    z3.Z3_OP_AND: _joined("and", "True"),
    z3.Z3_OP_OR: _joined("or", "False"),
    z3.Z3_OP_NOT: lambda args: f"(not {args[0]})",
    z3.Z3_OP_IMPLIES: lambda args: f"(not {args[0]} or {args[1]})",
}

# By the family of an uninterpreted function: the first part of its name, as `Vocabulary` gives it.
_FUNCTIONS: dict[str, str] = {
    "in": "{0} in {1}",
    "less": "{0} < {1}",
    "owner": "{0}[1]",
    "majority": "2 * len({0} & {1}) > len({1})",
    "add": "{0} | {{{1}}}",
    "remove": "{0} - {{{1}}}",
    "union": "{0} | {1}",
}


def compile_function(name: str, parameters: str, lines: list[str], result: str) -> Any:
    """Return the Python function with this body; `text` of it is how it reads."""
    body = [*lines, f"return {result}"]
    text = f"def {name}({parameters}):\n" + "\n".join(f"    {line}" for line in body)
    space: dict[str, Any] = {}
    exec(compile(text, f"<Z3 model: {name}>", "exec"), space)
    made = space[name]
    made.text = text
    return made
