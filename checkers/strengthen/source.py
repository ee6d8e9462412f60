"""A lemma as a spec would write it, ready to paste.

Belongs here: from an expression to the text that builds it, and the sentence beside it. Never here:
whether the lemma holds. `model.lang.show` words expressions for readers; this text is for Python,
so cases carry their sum's name, and every quantifier is the call that makes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from model.lang import Spec
from model.lang.declare import Sum
from model.lang.expr import Expr, Kind, walk
from model.lang.rules import Property
from model.lang.show import show_expr
from model.lang.sorts import (
    NODE,
    BoolSort,
    MaybeSort,
    OrderSort,
    Sort,
    StructSort,
    SumSort,
)
from model.lang.spec import Statement

_INFIX = {Kind.EQ: "==", Kind.LT: "<", Kind.LE: "<=", Kind.AND: "&", Kind.OR: "|"}
_METHOD = {
    Kind.HAS: "has",
    Kind.ADD: "add",
    Kind.REMOVE: "remove",
    Kind.UNION: "union",
    Kind.SUBSET: "subset",
    Kind.IMPLIES: "implies",
}
_LANGUAGE = {
    "exists(": "exists",
    "forall(": "forall",
    "majority(": "majority",
    "owner(": "owner",
    "sent(": "sent",
    ": Node": "Node",
    "=Node": "Node",
}


class Unwritable(Exception):
    """An expression that has no text in the spec language here."""


@dataclass(frozen=True, eq=False)
class Lemma:
    """A closed formula with a name; `variables` are the ones its outermost quantifier binds.

    `origin` tells in a word how it was come by: `candidate` or `counterexample`.
    """

    name: str
    formula: Expr
    origin: str = "candidate"
    why: str = ""

    def statement(self) -> Statement:
        """Return it as a statement of a spec."""
        return Statement(
            Property("lemma", self.name, self.why or self.name, _nothing), self.formula
        )


def _nothing() -> None:
    """A found lemma has no function in any module."""


class Writer:
    """Writes the expressions of one spec."""

    def __init__(self, spec: Spec) -> None:
        """Prepare for `spec`."""
        self.spec = spec
        self.processes: set[str] = set()

    # ------------------------------------------------------------ a lemma

    def lemma(self, lemma: Lemma) -> str:
        """Return the declaration of `lemma`. Raises `Unwritable`."""
        formula = lemma.formula
        names = list(formula.data) if formula.kind is Kind.FORALL else []
        body = formula.args[0] if formula.kind is Kind.FORALL else formula
        self.processes = {
            n.args[0].data
            for n in walk(body)
            if n.kind is Kind.VAR and n.args[0].kind is Kind.BOUND
        }
        parameters = ", ".join(f"{name}: {self._sort(sort, name)}" for name, sort in names)
        text = self.expr(body)
        why = lemma.why or "Found by search."
        head = f'@lemma("{why}")'
        if len(head) > 100:
            head = "\n".join(["@lemma(", *(f"    {part}" for part in _wrapped(why)), ")"])
        lines = [head, f"def {lemma.name}({parameters}) -> Expr:"]
        lines.append(f'    """{self._doc(body)}"""')
        if len(text) > 88 and body.kind is Kind.IMPLIES:
            first, last = (self.expr(a) for a in body.args)
            lines += [f"    return ({first}).implies(", f"        {last}", "    )"]
        else:
            lines.append(f"    return {text}")
        return "\n".join(lines)

    def names(self, lemmas: Iterable[Lemma]) -> list[str]:
        """Return the import of what the lemmas' text takes from the language."""
        text = "\n".join(self.lemma(x) for x in lemmas)
        wanted = {"Expr", "lemma", *(name for sign, name in _LANGUAGE.items() if sign in text)}
        return [f"from model.lang import {', '.join(sorted(wanted, key=str.lower))}"]

    def _doc(self, body: Expr) -> str:
        text = show_expr(body)
        if len(text) <= 85:
            return text + ("." if text[-1] != "." else "")
        return "Found by search."

    def _sort(self, sort: Sort, name: str = "") -> str:
        if sort == NODE:
            return self.spec.process.__name__ if name in self.processes else "Node"
        if isinstance(sort, BoolSort):
            return "Bool"
        return sort.name

    # ------------------------------------------------------------ expressions

    def expr(self, e: Expr) -> str:
        """Return the text that builds `e`."""
        args = e.args
        match e.kind:
            case Kind.CONST:
                return self._constant(e)
            case Kind.BOUND:
                return str(e.data)
            case Kind.VAR:
                node = args[0]
                if node.kind is Kind.BOUND and node.data in self.processes:
                    return f"{node.data}.{e.data}"
                return f"{self.spec.process.__name__}.at({self.expr(node)}).{e.data}"
            case Kind.GET:
                return f"{self._operand(args[0])}.{e.data}"
            case Kind.CONFIG:
                return f"config.{e.data}"
            case Kind.EQ | Kind.LT | Kind.LE:
                a, b = args
                return f"{self._operand(a)} {_INFIX[e.kind]} {self._operand(b)}"
            case Kind.AND | Kind.OR:
                return f" {_INFIX[e.kind]} ".join(self._operand(a) for a in args)
            case Kind.NOT:
                inner = args[0]
                if inner.kind is Kind.EQ:
                    return " != ".join(self._operand(a) for a in inner.args)
                return f"~{self._operand(inner)}"
            case Kind.IS:
                cases = ", ".join(self._cases(e))
                return f"{self._operand(args[0])}.is_({cases})"
            case Kind.HAS | Kind.ADD | Kind.REMOVE | Kind.UNION | Kind.SUBSET | Kind.IMPLIES:
                return f"{self._operand(args[0])}.{_METHOD[e.kind]}({self.expr(args[1])})"
            case Kind.KNOWN:
                return f"{self._operand(args[0])}.known"
            case Kind.SOME:
                return self.expr(args[0])
            case Kind.NONE:
                assert isinstance(e.sort, MaybeSort)
                return f"{e.sort.name}.nothing"
            case Kind.EMPTY:
                return f"{e.sort.name}.empty"
            case Kind.MAJORITY | Kind.OWNER:
                return f"{e.kind.value}({', '.join(map(self.expr, args))})"
            case Kind.STRUCT:
                assert isinstance(e.sort, StructSort)
                named = zip(e.sort.parts, args, strict=True)
                return f"{e.sort.name}({', '.join(f'{n}={self.expr(a)}' for (n, _), a in named)})"
            case Kind.SENT:
                return self._sent(e, frozenset())
            case Kind.GHOST:
                return f"{e.data}({', '.join(map(self.expr, args))})"
            case Kind.FORALL | Kind.EXISTS:
                return self._quantifier(e)
            case _:
                raise Unwritable(f"{e.kind.value} in {show_expr(e)}")

    def _quantifier(self, e: Expr) -> str:
        inner = e.args[0]
        hidden = frozenset(n for n, _ in e.data if n.startswith("any_"))
        if e.kind is Kind.EXISTS and inner.kind is Kind.SENT and len(hidden) == len(e.data):
            named = {n.data for a in inner.args[:2] for n in walk(a) if n.kind is Kind.BOUND}
            if not hidden & named:  # only fields are left open by leaving them out
                return self._sent(inner, hidden)
            if kept := tuple((n, s) for n, s in e.data if n in named):
                return self._exists(kept, self._sent(inner, hidden - named))
        return self._exists(e.data, self.expr(inner), e.kind.value)

    def _exists(self, names: tuple[tuple[str, Sort], ...], body: str, word: str = "exists") -> str:
        told = ", ".join(n for n, _ in names)
        sorts = ", ".join(f"{n}={self._sort(s)}" for n, s in names)
        return f"{word}(lambda {told}: {body}, {sorts})"

    def _sent(self, e: Expr, hidden: frozenset[str]) -> str:
        parts = self.spec.messages[e.data].parts
        source, destination, *fields = e.args
        told = [
            f"{name}={self.expr(value)}"
            for name, value in zip(parts, fields, strict=True)
            if not (value.kind is Kind.BOUND and value.data in hidden)
        ]
        return f"sent({', '.join([e.data, self.expr(source), self.expr(destination), *told])})"

    def _constant(self, e: Expr) -> str:
        match e.sort:
            case SumSort():
                return self.leaf(self._sum(e.sort), e.data)
            case OrderSort():
                return f"{e.sort.name}.zero"
            case _:
                return str(e.data)

    def _sum(self, sort: Sort) -> type[Sum]:
        for one in self.spec.sums.values():
            if one.sort == sort:
                return one
        raise Unwritable(f"no sum {sort}")

    def _cases(self, e: Expr) -> list[str]:
        """Return the patterns that cover the leaves, whole cases where all of one are there."""
        of = self._sum(e.args[0].sort)
        out: list[str] = []
        for case in of.cases:
            if case.leaves <= e.data:
                out.append(f"{of.__name__}.{case.name}")
            else:
                some = case.leaves & e.data
                out += [self.leaf(of, leaf) for leaf in of.sort.leaves if leaf in some]
        return out

    def leaf(self, of: type[Sum], leaf: str) -> str:
        """Return one value of a sum, each case with the sum's name before it."""
        head, _, rest = leaf.partition("(")
        text = f"{of.__name__}.{head}"
        if not rest:
            return text
        case = next(c for c in of.cases if c.name == head)
        return f"{text}({self.leaf(case.payload, rest[:-1])})"

    def _operand(self, e: Expr) -> str:
        compound = {Kind.AND, Kind.OR, Kind.EQ, Kind.LT, Kind.LE}
        unequal = e.kind is Kind.NOT and e.args[0].kind is Kind.EQ
        text = self.expr(e)
        return f"({text})" if e.kind in compound or unequal else text


def _wrapped(text: str, width: int = 92) -> list[str]:
    """Return string literals that join to `text`."""
    words, lines, line = text.split(" "), [], ""
    for word in words:
        if len(line) + len(word) + 1 > width:
            lines.append(line)
            line = ""
        line += ("" if not line and not lines else " ") + word if (line or lines) else word
    lines.append(line)
    return [f'"{one}"' for one in lines]


def slug(text: str) -> str:
    """Return a Python name made of the words in `text`."""
    made = re.sub(r"[^0-9a-zA-Z]+", "_", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", text)).strip("_")
    made = re.sub(r"_+", "_", made).lower()
    return made if made and not made[0].isdigit() else f"lemma_{made}"
