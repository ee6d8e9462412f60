"""Writes the statements of handlers: locals, updates, sends, the outcome.

Belongs here: one transition, and a block of them, as statements. Never here: methods or files.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from model.lang.declare import Send
from model.lang.expr import Expr, Kind, show
from model.lang.spec import Transition
from model.python.blocks import Branch, Local, Path, Plan, Spot, unused
from model.python.layout import OR, Call, Chain, Code, Prefixed, Row, Text, one_line, render
from model.python.terms import Terms, is_maybe, key
from model.python.vocabulary import snake

# A message with more fields than this is built by name; by place it is made in half the time.
POSITIONAL = 5


class Bodies:
    """Writes the statements of one handler."""

    def __init__(self, terms: Terms, refused: str, taken: Iterable[str]) -> None:
        """Make a writer; `refused` is the text of the reply that names the nearest clause."""
        self.terms = terms
        self.refused = refused
        self.taken = set(taken)

    # ------------------------------------------------------------ blocks

    def block(self, plan: Plan, branches: list[Branch], path: Path, indent: int) -> list[str]:
        """Return a block's statements."""
        lines: list[str] = []
        for index, branch in enumerate(branches):
            lines += self.locals(plan.locals.get(Spot(path, index), ()), indent)
            inner = indent
            if branch.clauses:
                lines += self.condition([c.expr for c in branch.clauses], indent)
                inner += 4
            outside = dict(self.terms.names)
            if branch.transition is None:
                lines += self.block(plan, branch.children, (*path, index), inner)
            else:
                if branch.clauses:
                    lines += self.locals(plan.locals.get(Spot((*path, index), 0), ()), inner)
                lines += self.body(branch.transition, inner)
            self.terms.names = outside
        return lines

    def condition(self, exprs: list[Expr], indent: int) -> list[str]:
        """Return the `if` line of some clauses, one clause per line where it is long."""
        parts: list[Code] = []
        for expr in exprs:
            code = self.terms.code(expr)
            inner = code.parts if isinstance(code, Chain) and code.operator == "and" else (code,)
            parts.extend(inner)
        whole = Chain("and", tuple(parts)) if len(parts) > 1 else parts[0]
        return render(whole, "if ", ":", indent)

    def locals(self, found: Iterable[Local], indent: int) -> list[str]:
        """Return the statements that set locals; from here on they stand for their expressions."""
        lines: list[str] = []
        for local in found:
            lines += self.local(local.expr, local.name, indent)
        return lines

    def local(self, expr: Expr, name: str, indent: int) -> list[str]:
        """Return the statements that set one local."""
        annotation = self.terms.vocabulary.type_name(expr.sort)
        lines = self.assign(name, expr, indent, annotation)
        self.taken.add(name)
        self.terms.names[key(expr)] = name
        return lines

    def assign(self, target: str, expr: Expr, indent: int, annotation: str = "") -> list[str]:
        """Return the assignment of an expression; an `ite` that is long becomes an `if`."""
        code = self.terms.code(expr)
        if expr.kind is not Kind.ITE or key(expr) in self.terms.names:
            return render(code, f"{target} = ", "", indent)
        simple = not any(a.kind is Kind.ITE or self.is_unchanged(target, a) for a in expr.args[1:])
        if simple and one_line(code, f"{target} = ", "", indent):
            return render(code, f"{target} = ", "", indent)
        lines = self.choice(target, expr, indent, "if")
        if annotation:
            self.terms.use(annotation)
            lines = [f"{' ' * indent}{target}: {annotation}", *lines]
        return lines

    def choice(self, target: str, expr: Expr, indent: int, word: str) -> list[str]:
        """Return an `ite` as an `if` statement that leaves out what does not change."""
        condition, then, otherwise = expr.args
        test = self.terms.code(condition)
        if self.is_unchanged(target, then):
            then, otherwise = otherwise, then
            test = self.terms.negation(condition)
        lines = render(test, f"{word} ", ":", indent)
        lines += self.assign(target, then, indent + 4)
        if self.is_unchanged(target, otherwise):
            return lines
        if otherwise.kind is Kind.ITE and key(otherwise) not in self.terms.names:
            return lines + self.choice(target, otherwise, indent, "elif")
        return [*lines, " " * indent + "else:", *self.assign(target, otherwise, indent + 4)]

    def is_unchanged(self, target: str, expr: Expr) -> bool:
        """Tell whether an assignment would give a variable the value it has."""
        return expr.kind is Kind.VAR and self.terms.flat(expr, OR) == target

    # ------------------------------------------------------------ one transition

    def body(self, transition: Transition, indent: int) -> list[str]:
        """Return what a transition does: locals, updates, the outcome."""
        lines = self.saved(transition, indent)
        lines += self.updates(transition, indent)
        return lines + self.outcome(transition, indent)

    def saved(self, transition: Transition, indent: int) -> list[str]:
        """Return locals for what is sent or replied and an update would overwrite."""
        lines: list[str] = []
        wanted: list[tuple[str, Expr]] = []
        for out in transition.sends:
            wanted.append(("to", out.to))
            wanted += out.fields.items()
        if transition.reply is not None:
            wanted += transition.reply.fields.items()
        for name, expr in wanted:
            if self.live_reads(expr) & set(transition.updates):
                lines += self.local(expr, unused(name, self.taken), indent)
        return lines

    def live_reads(self, expr: Expr) -> frozenset[str]:
        """Return the variables that the code of an expression reads, locals apart."""
        if key(expr) in self.terms.names:
            return frozenset()
        own = {expr.data} if expr.kind is Kind.VAR else set()
        return frozenset(own.union(*map(self.live_reads, expr.args)))

    def updates(self, transition: Transition, indent: int) -> list[str]:
        """Return the updates, in an order in which none reads what another has overwritten."""
        lines: list[str] = []
        pending = dict(transition.updates)
        while pending:
            name = next((n for n in pending if not self.is_read(n, pending)), None)
            if name is None:
                name = next(iter(pending))
                readers = [n for n in pending if n != name and name in self.live_reads(pending[n])]
                for reader in readers:
                    lines += self.local(pending[reader], unused(reader, self.taken), indent)
            target = f"{self.terms.me}.{self.terms.vocabulary.attribute(name)}"
            lines += self.assign(target, pending.pop(name), indent)
        return lines

    def is_read(self, name: str, pending: dict[str, Expr]) -> bool:
        """Tell whether another pending update reads a variable."""
        return any(n != name and name in self.live_reads(value) for n, value in pending.items())

    # ------------------------------------------------------------ the outcome

    def outcome(self, transition: Transition, indent: int) -> list[str]:
        """Return the return statement, with long messages in locals before it."""
        rule = f"rules.{self.terms.vocabulary.rules[transition.label]}"
        if any(is_maybe(out.to.sort) for out in transition.sends):
            lines, sends = self.optional_sends(transition, indent)
        else:
            lines, sends = [], self.sends(transition.sends)
        code = Row((Text(rule), sends, self.reply(transition)))
        if one_line(code, "return ", "", indent) or not transition.sends or lines:
            return lines + render(code, "return ", "", indent)
        pairs: list[Code] = []
        own: set[str] = set()
        for out in transition.sends:
            name = unused(snake(out.message.__name__), self.taken | own)
            own.add(name)
            lines += render(self.message(out), f"{name} = ", "", indent)
            pairs.append(Call("", (self.terms.code(out.to), Text(name))))
        code = Row((Text(rule), Call("", tuple(pairs)), self.reply(transition)))
        return lines + render(code, "return ", "", indent)

    def sends(self, sends: Iterable[Send]) -> Code:
        """Return sends as a tuple of destinations and messages."""
        pairs = [Call("", (self.terms.code(out.to), self.message(out))) for out in sends]
        return Call("", tuple(pairs))

    def optional_sends(self, transition: Transition, indent: int) -> tuple[list[str], Code]:
        """Return the statements that gather sends of which some go nowhere, and their name."""
        name = unused("sends", self.taken)
        self.taken.add(name)
        self.terms.use("Send")
        known = list(itertools.takewhile(lambda out: not is_maybe(out.to.sort), transition.sends))
        lines = render(self.sends(known), f"{name}: tuple[Send, ...] = ", "", indent)
        for out in transition.sends[len(known) :]:
            inner = indent
            if is_maybe(out.to.sort):
                if out.to.kind is not Kind.VAR and key(out.to) not in self.terms.names:
                    lines += self.local(out.to, unused("to", self.taken), indent)
                lines.append(f"{' ' * indent}if {self.terms.flat(out.to)} is not None:")
                inner += 4
            lines += render(self.sends([out]), f"{name} += ", "", inner)
        return lines, Text(name)

    def message(self, out: Send) -> Code:
        """Return the construction of a message."""
        self.terms.use(out.message.__name__)
        values = [self.terms.code(out.fields[name]) for name in out.message.parts]
        if len(values) > POSITIONAL:
            named = zip(out.message.parts, values, strict=True)
            return Call(out.message.__name__, tuple(Prefixed(f"{n}=", v) for n, v in named))
        return Call(out.message.__name__, tuple(values))

    def reply(self, transition: Transition) -> Code:
        """Return the construction of the reply; one without fields is made once."""
        reply = transition.reply
        assert reply is not None, show(transition.guard)
        if reply.decl.refusal:
            return Text(self.refused)
        if not reply.decl.parts:
            return Text(self.terms.vocabulary.replies[reply.decl.__name__])
        self.terms.use(reply.decl.__name__)
        values = [self.terms.code(reply.fields[name]) for name in reply.decl.parts]
        if len(values) > POSITIONAL:
            named = zip(reply.decl.parts, values, strict=True)
            return Call(reply.decl.__name__, tuple(Prefixed(f"{n}=", v) for n, v in named))
        return Call(reply.decl.__name__, tuple(values))
