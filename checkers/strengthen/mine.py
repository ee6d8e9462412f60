"""Candidates that no run contradicts: which literals hold wherever a context does.

Belongs here: evaluating literals in sampled states and reading implications off them. Never here:
whether a candidate is inductive (`houdini`).

For each context every literal is evaluated on every row of it that the samples have, which gives a
bit string. `premise implies literal` holds in the samples if no bit is set in the one and not in
the other. A candidate with no case in any sample is left out: nothing speaks for it.
(Learning invariants from data: Garg et al., ICE, 2014; here with positive examples alone.)
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from checkers.strengthen.contexts import Context, Row, contexts, names_for
from checkers.strengthen.literals import (
    Literal,
    Words,
    at,
    bound,
    conjuncts,
    leaves_of,
    tree,
    worded,
)
from checkers.strengthen.source import Lemma, slug
from model.evaluate import Evaluator, GlobalState, show_value
from model.evaluate.search import FormulaCompiler
from model.evaluate.terms import Frame
from model.lang import Spec
from model.lang.expr import Expr, Kind, show
from model.lang.footprint import reads
from model.lang.sorts import BOOL, NODE, OrderSort, StructSort

MOST = 1500
"""How many candidates are given to the solver for one question."""
MOST_ROWS = 2500
"""How many rows of a context are looked at."""


def symbols(expr: Expr) -> frozenset[str]:
    """Return the variables, messages and ghosts a formula reads, each with its kind before it."""
    seen = reads(expr)
    return frozenset(
        {f"var {v}" for v in seen.variables}
        | {f"sent {m}" for m in seen.messages}
        | {f"ghost {g}" for g in seen.ghosts}
    )


@dataclass(frozen=True, eq=False)
class Candidate:
    """A lemma that may hold, with what it reads and how near it is (the smaller, the nearer).

    `about` is the text of what it concludes: candidates that conclude the same tend to fail alike.
    `made`: it says what some rule does, without a condition that no guard asks for.
    """

    lemma: Lemma
    symbols: frozenset[str]
    weight: int
    about: str = ""
    made: bool = False


@dataclass(frozen=True, eq=False)
class Seen:
    """A literal, the rows that it holds in as the bits of a number, and what it reads.

    `leaves`: where it only tells which leaves a variable has, the variable and those leaves.
    """

    literal: Literal
    bits: int
    symbols: frozenset[str]
    text: str
    leaves: tuple[str, frozenset[str]] | None
    at_me: str = ""

    def implied_by(self, guard: Guard) -> bool:
        """Tell whether a guard asks for it, of the node that takes the step."""
        if self.leaves is not None:
            allowed = guard.leaves.get(self.at_me)
            return allowed is not None and allowed <= self.leaves[1]
        return self.at_me in guard.texts


@dataclass(frozen=True)
class Guard:
    """What a step's guard asks for, as the premises of candidates are worded."""

    texts: frozenset[str] = frozenset()
    leaves: dict[str, frozenset[str]] = field(default_factory=dict)

    @staticmethod
    def of(exprs: Iterable[Expr]) -> Guard:
        """Read the clauses of a guard."""
        texts: set[str] = set()
        leaves: dict[str, frozenset[str]] = {}
        for clause in exprs:
            for part in conjuncts(clause):
                told = leaves_of(part)
                if told is not None:
                    leaves[told[0]] = leaves.get(told[0], told[1]) & told[1]
                texts.add(worded(part).replace("m.", ""))
        return Guard(frozenset(texts), leaves)


@dataclass
class Table:
    """A context's literals, each looked at in every row."""

    context: Context
    rows: int = 0
    literals: list[Seen] = field(default_factory=list)
    premises: list[tuple[tuple[Seen, ...], int]] = field(default_factory=list)

    @property
    def all(self) -> int:
        """Every row."""
        return (1 << self.rows) - 1


Sketch = tuple[int, Context, tuple[Seen, ...], Seen, bool]
"""A candidate not written out yet: weight, context, premise, what follows, and whether negated."""


class Miner:
    """Candidates of one spec, context by context, each looked at when first asked for."""

    def __init__(
        self, spec: Spec, states: list[GlobalState], more: Sequence[GlobalState] = ()
    ) -> None:
        """Prepare to look at `states`; what is chosen then is held against `more`, too."""
        self.spec, self.states, self.more = spec, states, more
        self.evaluator = Evaluator(spec)
        self._true: dict[str, bool] = {}
        self.words = Words(spec)
        self.contexts = contexts(spec, self.words)
        self._tables: dict[str, Table] = {}
        self._names: dict[str, Lemma] = {}
        self._unique: list[Candidate] | None = None
        self.tried = 0

    def candidates(
        self,
        wanted: frozenset[str],
        core: frozenset[str],
        guard: Guard,
        added: frozenset[str] = frozenset(),
    ) -> list[Candidate]:
        """Return at most `MOST` candidates that read nothing but `wanted`.

        Plain ones come first, those within `core`, and those whose premise is in the guard; those
        about what the step itself adds (`added`) come later.
        """
        sketches: list[Sketch] = []
        for context in self.contexts:
            if context.symbols <= wanted:
                later = 6 * len(context.symbols & added)
                for _, _, premise, x, negated in self._of_context(self.table(context), wanted):
                    rank = later + self._rank(context, premise, x, core, guard)
                    sketches.append((rank, context, premise, x, negated))
        sketches.sort(key=lambda s: s[0])
        found = [c for c in self._uniqueness() if c.symbols <= wanted]
        found += [self._candidate(*s) for s in sketches[:MOST]]
        return sorted(found, key=lambda c: c.weight)

    def survives(self, lemma: Lemma) -> bool:
        """Tell whether a candidate is true of every state there is, in every row of it."""
        if lemma.name not in self._true:
            statement = lemma.statement()
            self._true[lemma.name] = lemma.origin == "declared" or all(
                self.evaluator.holds(s, statement)
                for s in itertools.chain(self.more, reversed(self.states))
            )
        return self._true[lemma.name]

    # ------------------------------------------------------------ looking

    def table(self, context: Context) -> Table:
        """Return a context's table, filled in on first use."""
        if context.name not in self._tables:
            self._tables[context.name] = self._look(context)
        return self._tables[context.name]

    def _look(self, context: Context) -> Table:
        rows: list[tuple[GlobalState, Row]] = []
        choose = random.Random(context.name)
        for state in self.states:  # the rarest first; of each state a few rows
            here = sorted(context.rows(state), key=show_value)
            rows += [(state, row) for row in choose.sample(here, min(len(here), 4))]
            if len(rows) >= MOST_ROWS:
                break
        made = Table(context, len(rows))
        if not rows:
            return made
        compiler = FormulaCompiler()
        scope = compiler.bind(context.variables, {})
        known: dict[object, Literal] = {}
        for literal in context.literals():
            told = leaves_of(literal.expr)
            key = told if told is not None else show(literal.expr)
            if key not in known or (literal.premise and not known[key].premise):
                known[key] = literal
        chosen = list(known.values())
        tests = [compiler.compile(x.expr, scope) for x in chosen]
        bits = [0] * len(chosen)
        for i, (state, row) in enumerate(rows):
            frame = compiler.frame(Frame(state.config, state=state))
            for slot, value in zip(scope.values(), row, strict=True):
                frame.bound[slot] = value
            for j, test in enumerate(tests):
                if test(frame):
                    bits[j] |= 1 << i
        atom = show(context.atom) if context.atom is not None else ""
        for literal, b in zip(chosen, bits, strict=True):
            text = show(literal.expr)
            if text != atom:  # "if it is so, it is so" says nothing
                told = leaves_of(literal.expr)
                where = _at_me(literal.expr)
                if told is not None:
                    where = told[0].replace(told[0].partition(".")[0], "me", 1)
                if where in self.words.asked and not literal.premise:
                    literal = replace(literal, premise=True)  # some guard asks for it
                made.literals.append(Seen(literal, b, symbols(literal.expr), text, told, where))
        made.premises = list(self._premises(context, made.literals))
        self.tried += len(chosen)
        return made

    # ------------------------------------------------------------ reading off

    def _of_context(self, table: Table, wanted: frozenset[str]) -> Iterator[Sketch]:
        context, whole = table.context, table.all
        if not table.rows:
            return
        chosen = [x for x in table.literals if x.symbols <= wanted]
        rest = []
        for x in self._strongest(chosen, whole):
            if x.bits == whole or (x.bits == 0 and x.literal.negatable):
                yield 0, context, (), x, x.bits == 0
        rest = [x for x in chosen if x.bits not in (0, whole)]
        for premise, bits in table.premises:
            if not bits or not all(p.symbols <= wanted for p in premise):
                continue
            for x in self._strongest(rest, bits):
                if any(x is p for p in premise) or _plain(premise, x):
                    continue
                if len(premise) > 1 and any(
                    p.bits & ~x.bits == 0 or p.bits & x.bits == 0 for p in premise
                ):
                    continue  # one of the two is enough
                if bits & ~x.bits == 0:
                    yield 0, context, premise, x, False
                elif bits & x.bits == 0 and x.literal.negatable and x.leaves is None:
                    yield 0, context, premise, x, True

    @staticmethod
    def _strongest(chosen: list[Seen], bits: int) -> list[Seen]:
        """Leave out what another literal says more exactly, where both hold in `bits`."""
        out: list[Seen] = []
        tests: dict[str, list[Seen]] = {}
        strict = {x.text for x in chosen if bits & ~x.bits == 0}
        for x in chosen:
            e = x.literal.expr
            if e.kind is Kind.LE and x.text in strict:
                a, b = e.args
                less, equal = tree(Kind.LT, BOOL, (a, b)), tree(Kind.EQ, BOOL, (a, b))
                other = tree(Kind.EQ, BOOL, (b, a))
                if strict & {show(less), show(equal), show(other)}:
                    continue
            if x.leaves is not None and bits & ~x.bits == 0:
                best = tests.get(x.leaves[0], [])
                if any(y.leaves[1] < x.leaves[1] for y in best if y.leaves):
                    continue
                kept = [y for y in best if not (y.leaves and x.leaves[1] < y.leaves[1])]
                tests[x.leaves[0]] = [*kept, x]
                continue
            out.append(x)
        return out + [x for group in tests.values() for x in group]

    def _premises(
        self, context: Context, chosen: list[Seen]
    ) -> Iterator[tuple[tuple[Seen, ...], int]]:
        """Yield single premises, and pairs that some guard asks for together."""
        single = [x for x in chosen if x.literal.premise and x.bits]
        for x in single:
            yield (x,), x.bits
        by_key: dict[object, Seen] = {x.leaves if x.leaves else x.text: x for x in chosen}
        names = [name for name, sort in context.variables if sort == NODE]
        pairs: list[tuple[Seen, Seen]] = []
        for name in names:
            there = bound(name, NODE)
            tests = [at(t, there) for t in self.words.tests]
            keys = [leaves_of(t) or show(t) for t in tests]
            for i, j in self.words.pairs:
                if keys[i] in by_key and keys[j] in by_key:
                    pairs.append((by_key[keys[i]], by_key[keys[j]]))
        if context.relation:
            roles = [x for x in single if x.leaves or x.literal.expr.kind is Kind.VAR]
            equal = [x for x in single if x.literal.expr.kind is Kind.EQ and not x.leaves]
            pairs += itertools.product(equal, roles)
        for a, b in pairs:
            both = a.bits & b.bits
            if both and both not in (a.bits, b.bits):
                yield (a, b), both

    @staticmethod
    def _rank(
        context: Context,
        premise: tuple[Seen, ...],
        holds: Seen,
        core: frozenset[str],
        guard: Guard,
    ) -> int:
        """Return how far a candidate is from the step that is asked about."""
        told = context.symbols | holds.symbols
        rank = 2 * len(told) + 3 * len(told - core) + 2 * holds.literal.odd
        rank += sum(1 if p.implied_by(guard) else 6 + len(p.symbols - core) for p in premise)
        return rank + 2 * (holds.leaves is not None) + 2 * (holds.literal.expr.kind is Kind.EXISTS)

    def _candidate(
        self, weight: int, context: Context, premise: tuple[Seen, ...], seen: Seen, negated: bool
    ) -> Candidate:
        told = [p.literal.expr for p in premise]
        expr = seen.literal.expr
        holds = tree(Kind.NOT, BOOL, (expr,)) if negated else expr
        conditions = [*([context.atom] if context.atom is not None else []), *told]
        flat = [c for one in conditions for c in conjuncts(one)]
        body = holds
        if flat:
            first = flat[0] if len(flat) == 1 else tree(Kind.AND, BOOL, tuple(flat))
            body = tree(Kind.IMPLIES, BOOL, (first, holds))
        formula = tree(Kind.FORALL, BOOL, (body,), context.variables)
        lemma = self.named(self._title(context, premise, seen, negated), formula)
        about = f"{context.name} {seen.text}"
        made = seen.literal.odd < 0 and not negated and not any(p.leaves for p in premise)
        return Candidate(lemma, symbols(formula), weight, about, made)

    def named(self, title: str, formula: Expr, origin: str = "candidate") -> Lemma:
        """Return a lemma with a name of its own; the same formula gets the same lemma."""
        text = show(formula)
        if text not in self._names:
            taken = {x.name for x in self._names.values()} | set(self.spec.statements)
            name, i = title, 2
            while name in taken:
                name, i = f"{title}_{i}", i + 1
            self._names[text] = Lemma(name, formula, origin)
        return self._names[text]

    @staticmethod
    def _title(context: Context, premise: tuple[Seen, ...], seen: Seen, negated: bool) -> str:
        head = context.name.replace("message ", "").replace("ghost ", "")
        head = "" if head == "node" else head
        told = " ".join(p.text for p in premise)
        last = ("not " if negated else "") + seen.text
        words = slug(" ".join([head, told, "then", last])).split("_")
        short = [w for w in words if w not in {"n", "is", "a", "b", "of", "any", "sent"}]
        if short[:1] == ["then"]:
            short = short[1:]
        return "_".join(short[:7])

    # ------------------------------------------------------------ uniqueness

    def _uniqueness(self) -> list[Candidate]:
        """Return that some columns of a relation determine another."""
        if self._unique is None:
            self._unique = list(self._determined())
        return self._unique

    def _determined(self) -> Iterator[Candidate]:
        for context in self.contexts:
            if not context.relation or context.atom is None:
                continue
            columns = [sort for _, sort in context.variables]
            keys = [i for i, s in enumerate(columns) if isinstance(s, OrderSort | StructSort)]
            for target in range(len(columns)):
                minimal: list[set[int]] = []
                for size in (1, 2):
                    for key in itertools.combinations(range(len(columns)), size):
                        if target in key or not set(key) & set(keys):
                            continue
                        if any(m <= set(key) for m in minimal):
                            continue
                        if self._determines(context, key, target):
                            minimal.append(set(key))
                            yield self._unique_candidate(context, key, target)

    def _determines(self, context: Context, key: tuple[int, ...], target: int) -> bool:
        cases = 0
        for state in self.states:
            seen: dict[Row, object] = {}
            for row in context.rows(state):
                at = tuple(row[i] for i in key)
                if seen.setdefault(at, row[target]) != row[target]:
                    return False
                cases += 1
        return cases > 0

    def _unique_candidate(self, context: Context, key: tuple[int, ...], target: int) -> Candidate:
        atom = context.atom
        assert atom is not None
        names = [n for n, _ in context.variables]
        others = names_for(s for _, s in context.variables)
        variables = list(context.variables)
        args = list(atom.args)
        for i, (name, sort) in enumerate(context.variables):
            if i in key:
                continue
            other = f"{others[i]}_other" if f"{others[i]}_other" not in names else f"{name}_2"
            variables.append((other, sort))
            args[i] = bound(other, sort)
        second = tree(atom.kind, BOOL, tuple(args), atom.data)
        same_ = tree(Kind.EQ, BOOL, (atom.args[target], args[target]))
        body = tree(Kind.IMPLIES, BOOL, (tree(Kind.AND, BOOL, (atom, second)), same_))
        formula = tree(Kind.FORALL, BOOL, (body,), tuple(variables))
        told = " and ".join(names[i] for i in key)
        lemma = self.named(slug(f"one {names[target]} of {context.relation} per {told}"), formula)
        return Candidate(lemma, symbols(formula), 4 + len(key), made=True)


def footprint(exprs: Iterable[Expr]) -> frozenset[str]:
    """Return what several expressions read."""
    return frozenset().union(*(symbols(e) for e in exprs))


def _plain(premise: tuple[Seen, ...], seen: Seen) -> bool:
    """Tell whether the premise decides the literal, by its leaves alone."""
    return seen.leaves is not None and any(
        p.leaves is not None and p.leaves[0] == seen.leaves[0] for p in premise
    )


def _at_me(expr: Expr) -> str:
    """Return the text of a literal with `me` for its nodes."""

    def visit(e: Expr) -> Expr:
        if e.kind is Kind.BOUND and e.sort == NODE:
            return tree(Kind.ME, NODE)
        return e.with_args(tuple(visit(a) for a in e.args)) if e.args else e

    return worded(visit(expr))
