"""TLA+ expressions as trees, and how they are laid out in lines.

Belongs here: precedence, parentheses, line breaks. Never here: what an expression means.

A tree is laid out on one line where it fits. Else a junction becomes a bulleted list, and whatever
else is broken keeps its parts aligned, so that no list ends early: in TLA+ the column of a bullet
tells where its list ends.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 80

QUANTIFIER, IMPLIES, JUNCTION, NOT, COMPARE, SET, PLUS, APPLY = range(8)
"""How tightly a tree binds."""


class Tree:
    """An expression of TLA+."""

    level: int = APPLY

    def flat(self) -> str:
        """Return it on one line."""
        raise NotImplementedError

    def broken(self, width: int) -> list[str]:
        """Return it on several lines, where it does not fit on one."""
        return [self.flat()]

    def lines(self, width: int) -> list[str]:
        """Return it laid out in lines, relative to the column it starts in."""
        text = self.flat()
        return [text] if len(text) <= width else self.broken(width)


def behind(prefix: str, block: Sequence[str]) -> list[str]:
    """Return lines with `prefix` before the first and as much space before the others."""
    return [prefix + block[0], *(" " * len(prefix) + line for line in block[1:])]


def under(tree: Tree, level: int) -> Tree:
    """Return a tree in parentheses where it binds no more tightly than `level`."""
    return tree if tree.level > level else Parens(tree)


@dataclass(frozen=True)
class Word(Tree):
    """A name, a number or anything else that is not broken."""

    text: str

    def flat(self) -> str:
        """Return it."""
        return self.text


@dataclass(frozen=True)
class Parens(Tree):
    """A tree in parentheses."""

    inner: Tree

    def flat(self) -> str:
        """Return it on one line."""
        return f"({self.inner.flat()})"

    def broken(self, width: int) -> list[str]:
        """Keep the inner lines right of the parenthesis."""
        block = behind("(", self.inner.lines(width - 2))
        return [*block[:-1], block[-1] + ")"]


@dataclass(frozen=True)
class Junction(Tree):
    r"""A conjunction or a disjunction; `sign` is `/\` or `\/`."""

    sign: str
    parts: tuple[Tree, ...]
    level: int = JUNCTION

    def flat(self) -> str:
        """Return it on one line."""
        return f" {self.sign} ".join(under(p, JUNCTION).flat() for p in self.parts)

    def broken(self, width: int) -> list[str]:
        """Return a bulleted list."""
        blocks = [behind(f"{self.sign} ", part.lines(width - 3)) for part in self.parts]
        return [line for block in blocks for line in block]


@dataclass(frozen=True)
class Infix(Tree):
    """Two trees with a sign between them."""

    sign: str
    left: Tree
    right: Tree
    level: int = COMPARE

    def _sides(self) -> tuple[Tree, Tree]:
        # Implication is read to the right by nobody: both sides get their parentheses.
        right = self.right
        if not (self.level == IMPLIES and right.level == QUANTIFIER):
            right = under(right, self.level)
        return under(self.left, self.level), right

    def flat(self) -> str:
        """Return it on one line."""
        left, right = self._sides()
        return f"{left.flat()} {self.sign} {right.flat()}"

    def broken(self, width: int) -> list[str]:
        """Break after the sign or, of an implication, before it."""
        left, right = self._sides()
        if self.level == IMPLIES:
            return [*left.lines(width), *behind(f"{self.sign} ", right.lines(width - 3))]
        start = f"{left.flat()} {self.sign} "
        if len(start) <= width // 2:
            return behind(start, right.lines(width - len(start)))
        return [
            *left.lines(width - len(self.sign) - 1)[:-1],
            left.lines(width - len(self.sign) - 1)[-1] + f" {self.sign}",
            *behind("  ", right.lines(width - 2)),
        ]


@dataclass(frozen=True)
class Negation(Tree):
    """What is not so."""

    inner: Tree
    level: int = NOT

    def flat(self) -> str:
        """Return it on one line."""
        return f"~{under(self.inner, COMPARE).flat()}"

    def broken(self, width: int) -> list[str]:
        """Keep the inner lines right of the sign."""
        return behind("~", under(self.inner, COMPARE).lines(width - 1))


@dataclass(frozen=True)
class Quantified(Tree):
    r"""A quantifier, `\A` or `\E`, over bounds such as `n \in Node`."""

    sign: str
    bounds: tuple[str, ...]
    body: Tree
    level: int = QUANTIFIER

    def flat(self) -> str:
        """Return it on one line."""
        return f"{self.sign} {', '.join(self.bounds)} : {self.body.flat()}"

    def broken(self, width: int) -> list[str]:
        """Break behind the bounds."""
        head = f"{self.sign} {', '.join(self.bounds)} :"
        lines = [head]
        if len(head) > width:
            listed = [f"{b}," for b in self.bounds[:-1]] + [f"{self.bounds[-1]} :"]
            lines = behind(f"{self.sign} ", listed)
        return [*lines, *behind("    ", self.body.lines(width - 4))]


@dataclass(frozen=True)
class If(Tree):
    """One of two values."""

    condition: Tree
    then: Tree
    otherwise: Tree
    level: int = QUANTIFIER

    def flat(self) -> str:
        """Return it on one line."""
        then = under(self.then, QUANTIFIER)
        return f"IF {self.condition.flat()} THEN {then.flat()} ELSE {self.otherwise.flat()}"

    def broken(self, width: int) -> list[str]:
        """Put the branches below the condition."""
        return [
            *behind("IF ", self.condition.lines(width - 3)),
            *behind("THEN ", under(self.then, QUANTIFIER).lines(width - 5)),
            *behind("ELSE ", self.otherwise.lines(width - 5)),
        ]


@dataclass(frozen=True)
class Group(Tree):
    """Things in brackets of some kind, with commas between them; `head` stands before each."""

    left: str
    parts: tuple[Tree, ...]
    right: str
    heads: tuple[str, ...] = ()

    def flat(self) -> str:
        """Return it on one line."""
        shown = [head + part.flat() for head, part in zip(self._heads(), self.parts, strict=True)]
        return f"{self.left}{', '.join(shown)}{self.right}"

    def _heads(self) -> tuple[str, ...]:
        return self.heads or ("",) * len(self.parts)

    def broken(self, width: int) -> list[str]:
        """Put each part on a line of its own, or as many on one as fit where all are words."""
        room = width - len(self.left) - len(self.right)
        shown = [head + part.flat() for head, part in zip(self._heads(), self.parts, strict=True)]
        if max(map(len, shown), default=0) <= room:
            body = fill(shown, room)
        else:
            body = []
            for head, part in zip(self._heads(), self.parts, strict=True):
                block = behind(head, part.lines(room - len(head)))
                body += [*block[:-1], block[-1] + ","]
            body[-1] = body[-1][:-1]
        block = behind(self.left, body)
        return [*block[:-1], block[-1] + self.right]


@dataclass(frozen=True)
class Such(Tree):
    r"""A set by comprehension, `{x \in S : p}`, or a function, `[x \in S |-> e]`."""

    left: str
    head: Tree
    sign: str
    tail: Tree
    right: str

    def flat(self) -> str:
        """Return it on one line."""
        return f"{self.left}{self.head.flat()} {self.sign} {self.tail.flat()}{self.right}"

    def broken(self, width: int) -> list[str]:
        """Break behind the sign."""
        pad = " " * len(self.left)
        head = behind(self.left, self.head.lines(width - len(self.left) - 2))
        tail = behind(f"{pad}  ", self.tail.lines(width - len(pad) - 3))
        return [*head[:-1], f"{head[-1]} {self.sign}", *tail[:-1], tail[-1] + self.right]


@dataclass(frozen=True)
class Cases(Tree):
    """A choice by cases; the last is for whatever is left."""

    rows: tuple[tuple[Tree, Tree], ...]
    other: Tree
    level: int = QUANTIFIER

    def flat(self) -> str:
        """Return it on one line."""
        shown = [f"{when.flat()} -> {then.flat()}" for when, then in self.rows]
        return f"CASE {' [] '.join([*shown, f'OTHER -> {self.other.flat()}'])}"

    def broken(self, width: int) -> list[str]:
        """Put each case on a line of its own."""
        rows = [*self.rows, (Word("OTHER"), self.other)]
        lines: list[str] = []
        for at, (when, then) in enumerate(rows):
            start = "CASE " if at == 0 else "  [] "
            left = behind(start, under(when, QUANTIFIER).lines(width - 9))
            right = under(then, QUANTIFIER)
            if len(left) == 1 and len(left[0]) + 4 + len(right.flat()) <= width:
                lines.append(f"{left[0]} -> {right.flat()}")
            else:
                last = [*left[:-1], left[-1] + " ->"]
                lines += [*last, *behind(" " * 9, right.lines(width - 9))]
        return lines


TRUE, FALSE = Word("TRUE"), Word("FALSE")


def fill(words: Sequence[str], width: int) -> list[str]:
    """Return words with commas between them, as many on a line as fit."""
    lines: list[str] = []
    line = ""
    for at, word in enumerate(words):
        text = word if at == len(words) - 1 else f"{word},"
        if line and len(line) + 1 + len(text) > width:
            lines.append(line)
            line = text
        else:
            line = f"{line} {text}" if line else text
    return [*lines, line] if line else lines


def apply(name: str, *arguments: Tree) -> Tree:
    """Return an operator's application."""
    return Group(f"{name}(", arguments, ")") if arguments else Word(name)


def junction(sign: str, parts: Sequence[Tree]) -> Tree:
    """Return a conjunction or disjunction, without what is plainly true or false in it."""
    unit, zero = (TRUE, FALSE) if sign == "/\\" else (FALSE, TRUE)
    if zero in parts:
        return zero
    left = [part for part in parts if part != unit]
    if not left:
        return unit
    return left[0] if len(left) == 1 else Junction(sign, tuple(left))


def conjoin(parts: Sequence[Tree]) -> Tree:
    """Return a conjunction, plain where it is of one thing or none."""
    return junction("/\\", parts)


def implication(premise: Tree, conclusion: Tree) -> Tree:
    """Return an implication, unless it is plainly true or its conclusion."""
    if premise == FALSE or conclusion == TRUE:
        return TRUE
    return conclusion if premise == TRUE else Infix("=>", premise, conclusion, IMPLIES)


def negation(inner: Tree) -> Tree:
    """Return a negation."""
    if isinstance(inner, Negation):
        return inner.inner
    if inner in (TRUE, FALSE):
        return FALSE if inner == TRUE else TRUE
    return Negation(inner)


def definition(head: str, body: Tree, *, listed: bool = False, width: int = WIDTH) -> list[str]:
    """Return a definition; `listed`: a junction becomes a list even where it would fit."""
    if isinstance(body, Junction) and listed:
        return [f"{head} ==", *behind("    ", body.broken(width - 4))]
    text = f"{head} == {body.flat()}"
    if len(text) <= width:
        return [text]
    return [f"{head} ==", *behind("    ", body.lines(width - 4))]


def comment(text: str, indent: int = 0) -> list[str]:
    """Return a comment in lines."""
    prefix = " " * indent + "\\* "
    paragraphs = [" ".join(p.split()) for p in text.strip().split("\n\n")]
    lines: list[str] = []
    for at, paragraph in enumerate(filter(None, paragraphs)):
        if at:
            lines.append(prefix.rstrip())
        lines += textwrap.wrap(paragraph, WIDTH, initial_indent=prefix, subsequent_indent=prefix)
    return lines


def rule(title: str = "") -> list[str]:
    """Return the line between two parts of a module, with what comes next."""
    return ["", "-" * WIDTH, *(comment(title) if title else []), ""]
