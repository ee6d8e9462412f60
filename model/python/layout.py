"""Laying out Python text so that the house formatter has nothing to change.

Belongs here: pieces of code and how they break over lines. Never here: what a spec means.
A piece is written on one line where it fits; else one item per line, with a trailing comma, which
the formatter keeps. Widths count characters.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass

WIDTH = 100

# How tightly a piece binds, from loose to tight; a looser one inside a tighter one needs brackets.
TERNARY, OR, AND, NOT, COMPARE, UNION, ARITHMETIC, ATOM = range(8)


@dataclass(frozen=True)
class Code:
    """A piece of code."""

    @property
    def level(self) -> int:
        """How tightly it binds."""
        return ATOM

    def flat(self) -> str:
        """Return it on one line."""
        raise NotImplementedError

    def opening(self) -> str | None:
        """Return its first line where it breaks in brackets at its end; None where it does not."""
        return None

    def broken(self, head: str, tail: str, indent: int) -> list[str]:
        """Return it over several lines between `head` and `tail`; by default it cannot break."""
        return [" " * indent + head + self.flat() + tail]


@dataclass(frozen=True)
class Text(Code):
    """Code that stays on one line."""

    text: str
    binds: int = ATOM

    @property
    def level(self) -> int:
        """How tightly it binds."""
        return self.binds

    def flat(self) -> str:
        """Return the text."""
        return self.text


@dataclass(frozen=True)
class Call(Code):
    """Items in brackets: a call, or without a name a tuple."""

    name: str
    items: tuple[Code, ...]

    def flat(self) -> str:
        """Return `name(a, b)`; a tuple of one keeps its comma."""
        inner = ", ".join(item.flat() for item in self.items)
        comma = "," if not self.name and len(self.items) == 1 else ""
        return f"{self.name}({inner}{comma})"

    def opening(self) -> str | None:
        """Return `name(`."""
        return f"{self.name}(" if self.items else None

    def broken(self, head: str, tail: str, indent: int) -> list[str]:
        """Return one item per line."""
        if not self.items:
            return super().broken(head, tail, indent)
        lines = [" " * indent + head + self.name + "("]
        for item in self.items:
            lines += render(item, "", ",", indent + 4)
        return [*lines, " " * indent + ")" + tail]


@dataclass(frozen=True)
class Comparison(Code):
    """Two operands and what stands between them."""

    left: Code
    operator: str
    right: Code

    @property
    def level(self) -> int:
        """How tightly it binds."""
        return COMPARE

    def flat(self) -> str:
        """Return `a < b`."""
        return f"{self.start()}{self.right.flat()}"

    def start(self) -> str:
        """Return it up to the right operand."""
        return f"{self.left.flat()} {self.operator} "

    def opening(self) -> str | None:
        """Return it up to the right operand's bracket."""
        inner = self.right.opening()
        return None if inner is None else self.start() + inner

    def broken(self, head: str, tail: str, indent: int) -> list[str]:
        """Return it broken in the right operand, or before the operator."""
        if head not in ("", "and ", "or "):
            return self.right.broken(head + self.start(), tail, indent)
        right = render(self.right, f"{self.operator} ", tail, indent)
        return [" " * indent + head + self.left.flat(), *right]


@dataclass(frozen=True)
class Row(Code):
    """Items behind `return`: brackets only where they break over lines."""

    items: tuple[Code, ...]

    def flat(self) -> str:
        """Return `a, b`."""
        return ", ".join(item.flat() for item in self.items)

    def broken(self, head: str, tail: str, indent: int) -> list[str]:
        """Return one item per line, in brackets."""
        return Call("", self.items).broken(head, tail, indent)


@dataclass(frozen=True)
class Chain(Code):
    """Operands of one `and` or `or`."""

    operator: str
    parts: tuple[Code, ...]

    @property
    def level(self) -> int:
        """How tightly it binds."""
        return AND if self.operator == "and" else OR

    def flat(self) -> str:
        """Return `a and b`."""
        return f" {self.operator} ".join(part.flat() for part in self.operands())

    def operands(self) -> tuple[Code, ...]:
        """Return the operands, junctions among them in brackets."""
        return tuple(bracket(part, NOT) for part in self.parts)

    def broken(self, head: str, tail: str, indent: int) -> list[str]:
        """Return it in brackets, one operand per line.

        An item of a call needs no brackets. Of two operands, one that ends or begins with brackets
        is broken instead, the last where the line up to it fits.
        """
        first, *_, last = operands = self.operands()
        if not head:
            return self.bare(tail, indent)
        if len(operands) == 2:
            start = f"{head}{first.flat()} {self.operator} "
            opening = last.opening()
            if opening is not None and indent + len(start + opening) <= WIDTH:
                return last.broken(start, tail, indent)
            if isinstance(first, Bracketed):
                return first.broken(head, f" {self.operator} {last.flat()}{tail}", indent)
        return self.one_per_line(head, tail, indent)

    def one_per_line(self, head: str, tail: str, indent: int) -> list[str]:
        """Return it in brackets, on one line of its own where it fits."""
        lines = [" " * indent + head + "("]
        if one_line(self, "", "", indent + 4):
            lines.append(" " * (indent + 4) + self.flat())
        else:
            lines += self.bare("", indent + 4)
        return [*lines, " " * indent + ")" + tail]

    def bare(self, tail: str, indent: int) -> list[str]:
        """Return one operand per line, without brackets."""
        lines: list[str] = []
        for at, part in enumerate(self.operands()):
            start = f"{self.operator} " if at else ""
            lines += render(part, start, tail if at == len(self.parts) - 1 else "", indent)
        return lines


@dataclass(frozen=True)
class Bracketed(Code):
    """A looser piece in brackets."""

    inner: Code

    def flat(self) -> str:
        """Return `(a)`."""
        return f"({self.inner.flat()})"

    def opening(self) -> str | None:
        """Return the bracket."""
        return "("

    def broken(self, head: str, tail: str, indent: int) -> list[str]:
        """Return the inner piece's lines, which bring brackets of their own."""
        if isinstance(self.inner, Chain):
            return self.inner.one_per_line(head, tail, indent)
        return super().broken(head, tail, indent)


@dataclass(frozen=True)
class Prefixed(Code):
    """A piece after a prefix: `not x`, `name=x`."""

    prefix: str
    inner: Code
    binds: int = ATOM

    @property
    def level(self) -> int:
        """How tightly it binds."""
        return self.binds

    def flat(self) -> str:
        """Return prefix and piece."""
        return self.prefix + self.inner.flat()

    def opening(self) -> str | None:
        """Return the prefix and the inner piece's first line."""
        inner = self.inner.opening()
        return None if inner is None else self.prefix + inner

    def broken(self, head: str, tail: str, indent: int) -> list[str]:
        """Return the inner piece's lines after the prefix."""
        return self.inner.broken(head + self.prefix, tail, indent)


def bracket(code: Code, level: int) -> Code:
    """Return `code`, in brackets where it binds more loosely than `level`."""
    return code if code.level >= level else Bracketed(code)


def render(code: Code, head: str, tail: str, indent: int) -> list[str]:
    """Return the lines of `code` between `head` and `tail`, broken where one line is too short."""
    line = " " * indent + head + code.flat() + tail
    return [line] if len(line) <= WIDTH else code.broken(head, tail, indent)


def one_line(code: Code, head: str, tail: str, indent: int) -> bool:
    """Tell whether `code` fits on one line between `head` and `tail`."""
    return indent + len(head) + len(code.flat()) + len(tail) <= WIDTH


def string(text: str) -> str:
    """Return `text` as a string literal, with the quotes that the formatter would choose."""
    quote = '"' if '"' not in text or "'" in text else "'"
    escaped = text.replace("\\", "\\\\").replace("\n", "\\n").replace(quote, "\\" + quote)
    return f"{quote}{escaped}{quote}"


@dataclass(frozen=True)
class Words(Code):
    """A string literal that may be broken between words."""

    text: str

    def flat(self) -> str:
        """Return the literal."""
        return string(self.text)

    def broken(self, head: str, tail: str, indent: int) -> list[str]:
        """Return it as adjacent literals, one per line."""
        room = WIDTH - indent - len(head) - len(tail) - 2
        parts = textwrap.wrap(self.text, room, break_long_words=False, break_on_hyphens=False)
        texts = [part + " " for part in parts[:-1]] + parts[-1:]
        lines = [" " * indent + string(text) for text in texts]
        if head:
            inner = [" " * 4 + line for line in lines]
            return [" " * indent + head + "(", *inner, " " * indent + ")" + tail]
        return [*lines[:-1], lines[-1] + tail]


def comment(text: str, indent: int) -> list[str]:
    """Return `text` as comment lines."""
    room = WIDTH - indent - 2
    return [" " * indent + "# " + line for line in textwrap.wrap(text, room)]


def sentence(text: str, otherwise: str) -> str:
    """Return the first paragraph of `text` on one line, capital first, with a final stop."""
    line = " ".join(text.strip().split("\n\n")[0].split()).replace('"""', "'''") or otherwise
    line = line[0].upper() + line[1:]
    return line if line[-1] in ".!?" else line + "."


def docstring(text: str, otherwise: str, indent: int, more: Iterable[str] = ()) -> list[str]:
    r"""Return a docstring: `text` as its summary, or `otherwise` where it is too long for one.

    `more` are further lines, taken as they are. A backslash makes it a raw one.
    """
    summary, rest = sentence(text, otherwise), list(more)
    room = WIDTH - indent
    if len(summary) + 6 > room:
        body = textwrap.wrap(summary, room)
        rest = [*body, *([""] if rest else []), *rest]
        summary = sentence(otherwise, otherwise)
    mark = 'r"""' if any("\\" in line for line in (summary, *rest)) else '"""'
    space = " " * indent
    if not rest:
        return [f'{space}{mark}{summary}"""']
    lines = [f"{space}{mark}{summary}", ""]
    lines += [space + line if line else "" for line in rest]
    return [*lines, f'{space}"""']


def spaced(lines: Iterable[str]) -> list[str]:
    """Return top-level code with the blank lines that the formatter wants.

    Two around a class or function, at most one elsewhere.
    """
    out: list[str] = []
    in_block = False
    for line in lines:
        if not line:
            if out and out[-1]:
                out.append("")
            continue
        top = not line.startswith((" ", ")", "]", "}"))
        starts = line.startswith(("class ", "def ", "@"))
        if top and out:
            attached = out[-1].startswith(("@", "#"))
            if (starts or in_block) and not attached:
                while out[-1] == "":
                    out.pop()
                out += ["", ""]
        if top:
            in_block = starts
        out.append(line)
    return out
