"""What is stated, asked of every state and step that a search meets.

Belongs here: statements as kernels over packed states, asked no oftener than needed. Never here:
the search, or how a broken statement is told.

A statement `for all a, b` is one *case* for each choice of nodes; most cases read the parts of a
node or two, and have one truth value for each combination of these, however many states have it.
So a level's states are first reduced to the combinations that are new. What reads all nodes is
asked of every state.

A step property that reads its node and the event alone is asked when the search learns what an
event does at a part; another one of every step taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from checkers.explore.disk import blocks
from checkers.explore.expansion import Steps
from checkers.explore.packing import Packing
from checkers.explore.parts import NodeParts, World
from checkers.explore.store import Store, Words
from model.arrays import Columns, NoMeaning
from model.arrays.kernels import Kernel, plain
from model.arrays.library import host, there
from model.lang.expr import Expr, Kind, walk
from model.lang.sorts import NODE
from model.lang.spec import Statement

if TYPE_CHECKING:
    from checkers.explore.search import Search

MOST_FLAGS = 1 << 24
ALL = frozenset({-1})
"""Of what a case reads: everything."""
GHOSTS = -2
BREAK = "a statement is broken"
"""Why a search ends that need not go on."""


@dataclass
class Broken:
    """A statement that a state or a step breaks, `depth` steps from the first state.

    `word`: the state, or the one before the step, as `packing` packs it; `node` and `event` of the
    step.
    """

    name: str
    depth: int
    word: int
    node: int = -1
    event: int = -1
    packing: Packing | None = None


@dataclass
class Case:
    """A statement for one choice of nodes."""

    statement: Statement
    bound: dict[str, int]
    kernel: Kernel
    reads: frozenset[int]
    wanted: bool
    """The truth value that is looked for: False of a statement, True of a `sometimes`."""


@dataclass
class Group:
    """The cases that read the same nodes, and the combinations that they were asked of."""

    reads: tuple[int, ...]
    cases: list[Case]
    flags: Any = None
    shape: tuple[int, int] = (0, 0)
    seen: Store | None = None
    done: bool = False


@dataclass
class Properties:
    """The statements asked of a search; attach it with `search.after_level.append(it)`.

    `broken`: by name, the first found. `shown`: by name of a `sometimes`, the depth at which it
    was found. `not_asked`: by name, why.
    """

    world: World
    statements: Iterable[Statement]
    stop: bool = True
    broken: dict[str, Broken] = field(default_factory=dict)
    shown: dict[str, int] = field(default_factory=dict)
    not_asked: dict[str, str] = field(default_factory=dict)
    doubtful: dict[str, str] = field(default_factory=dict)
    """By name, the refusal that changes nothing and may break it: such are no steps."""
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        found: dict[tuple[int, ...], Group] = {}
        self.steps: dict[str, list[tuple[Statement, Kernel]]] = {}
        self.wide_steps: dict[str, list[tuple[Statement, Kernel]]] = {}
        self.silent: dict[str, list[tuple[Statement, Kernel]]] = {}
        for statement in self.statements:
            try:
                cases = list(self._cases(statement))
                self._add_steps(statement)
            except NoMeaning as error:
                self.not_asked[statement.name] = str(error)
                continue
            self.asked.append(statement.name)
            for case in cases:
                reads = tuple(sorted(case.reads))
                found.setdefault(reads, Group(reads, [])).cases.append(case)
        self.groups = list(found.values())

    # ------------------------------------------------------------ reading statements

    def _cases(self, statement: Statement) -> Iterator[Case]:
        formula = statement.formula
        if formula is None:
            return
        sometimes = statement.prop.kind == "sometimes"
        outer: dict[str, Any] = {}
        kind = Kind.EXISTS if sometimes else Kind.FORALL
        while formula.kind is kind and not {n for n, _ in formula.data} & outer.keys():
            outer.update(formula.data)
            formula = formula.args[0]
        nodes = [n for n, sort in outer.items() if sort == NODE]
        rest = tuple((n, s) for n, s in outer.items() if s != NODE)
        body = formula
        if rest:
            body = Expr(kind, formula.sort, (formula,), rest, formula.span)
        kernel = self.world.rows.compile(body)
        config = self.world.rows.kernels.constants
        for chosen in product(range(len(self.world.nodes)), repeat=len(nodes)):
            bound = dict(zip(nodes, chosen, strict=True))
            reads = frozenset(_reads(body, bound, config))
            if -1 in reads:
                reads = ALL
            elif GHOSTS in reads:
                reads = (reads - {GHOSTS}) | {len(self.world.nodes)}
            yield Case(statement, bound, kernel, reads, sometimes)

    def _add_steps(self, statement: Statement) -> None:
        if statement.formula is not None:
            return
        for label, formula in statement.per_transition.items():
            if formula.kind is Kind.CONST and formula.data is True:
                continue
            kernel = self.world.rows.compile(formula)
            wide = _is_wide(formula)
            if self._is_silent(label):
                self._ask_refusals(statement, label, formula)
                continue
            table = self.wide_steps if wide else self.steps
            table.setdefault(label, []).append((statement, kernel))

    def _is_silent(self, label: str) -> bool:
        row = self.world.rows.by_label[label]
        return row.kind == "refusal" and not row.effective

    def _ask_refusals(self, statement: Statement, label: str, formula: Expr) -> None:
        """Have a refusal asked of that is no step: of more events than can happen.

        So what holds of all of them holds; of what does not nothing is known.
        """
        formula = _worst(formula, False)
        kernel = self.world.rows.compile(formula)
        reads_event = any(e.kind in (Kind.FIELD, Kind.SENDER) for e in walk(formula))
        before, _ = self.world.refused.get(label, (False, self.refused))
        self.world.refused[label] = (before or reads_event, self.refused)
        self.silent.setdefault(label, []).append((statement, kernel))

    def refused(self, label: str, columns: Columns, count: int) -> None:
        """Ask of a refusal that changes nothing."""
        for statement, kernel in self.silent.get(label, ()):
            if statement.name not in self.doubtful and len(_false(kernel(columns), count)):
                self.doubtful[statement.name] = label

    # ------------------------------------------------------------ states

    def __call__(self, search: Search) -> None:
        """Ask a new level. Called by the search."""
        view = View(self.world)
        for states in blocks(search.frontier) if self.groups else ():
            for group in self.groups:
                if group.done:
                    continue
                words = self._fresh(group, states, search.packing)
                for at in range(0, len(words), 1 << 16):
                    self._ask(group, words[at : at + (1 << 16)], search, view)
                    if self.broken and self.stop:
                        break
                if not group.reads:
                    group.done = True
        self.end(search)

    def end(self, search: Search) -> None:
        """End a search that need not go on."""
        if self.broken and self.stop and not search.stopped:
            search.stopped = BREAK

    def _fresh(self, group: Group, words: Words, packing: Packing) -> Words:
        """Return states that show every combination not asked before, and perhaps more."""
        reads = group.reads
        if not reads:
            return words[:1]
        if reads[0] < 0:
            return words
        every = self.world.counts()
        counts = [every[i] for i in reads]
        if len(reads) <= 2:
            rows, columns = counts[0], counts[1] if len(reads) == 2 else 1
            if rows * columns <= MOST_FLAGS:
                return self._flagged(group, words, packing, rows, columns)
        place = hash(tuple(packing.weights))
        if group.seen is None or group.shape != (place, 0):
            group.seen, group.shape = Store(), (place, 0)
        fresh = group.seen.add(packing.reduced(words, reads))
        return np.concatenate(fresh)

    def _flagged(
        self, group: Group, words: Words, packing: Packing, rows: int, columns: int
    ) -> Words:
        first = packing.parts(words, group.reads[0])
        second: Any = packing.parts(words, group.reads[1]) if len(group.reads) == 2 else 0
        if rows > group.shape[0] or columns > group.shape[1]:
            size = (max(16, 2 * rows), max(1, 2 * columns if len(group.reads) == 2 else 1))
            wider = np.zeros(size, np.uint8)
            if group.flags is not None:
                wider[: group.shape[0], : group.shape[1]] = group.flags
            group.flags, group.shape = wider, size
        flat = group.flags.reshape(-1)
        place = first * group.shape[1] + second
        known = flat.take(place)
        new = np.flatnonzero(known == 0)
        if not len(new):
            return words[:0]
        place = place.take(new)
        flat[place] = 1
        _, index = np.unique(place, return_index=True)
        return words.take(new.take(index))

    def _ask(self, group: Group, words: Words, search: Search, view: View) -> None:
        columns = view.columns(words, search.packing)
        for case in group.cases:
            name = case.statement.name
            if name in self.broken or name in self.shown:
                continue
            columns.bound = dict(case.bound)
            value = case.kernel(columns)
            hit = -1
            if plain(value):
                hit = 0 if bool(value) is case.wanted else -1
            else:
                value = np.broadcast_to(host(value), (len(words),))
                at = np.flatnonzero(value == case.wanted)
                hit = int(at[0]) if len(at) else -1
            if hit < 0:
                continue
            if case.wanted:
                self.shown[name] = search.depth
            else:
                word = self._whole(group, words[hit], search)
                self.broken[name] = Broken(name, search.depth, word, packing=search.packing)
        group.cases = [c for c in group.cases if c.statement.name not in self.shown]

    def _whole(self, group: Group, word: Any, search: Search) -> int:
        """Return a whole state of the frontier that a reduced one stands for."""
        if not group.reads or group.reads[0] < 0:
            return int(word)
        for states in blocks(search.frontier):
            good: Any = True
            for i in group.reads:
                parts = search.packing.parts(states, i)
                good = good & (parts == search.packing.parts(np.array([word], np.uint64), i)[0])
            for at in np.flatnonzero(good)[:1].tolist():
                return int(states[at])
        raise LookupError("no state has these parts")

    # ------------------------------------------------------------ steps

    def attach(self, search: Search) -> None:
        """Be asked during a search."""
        search.after_level.append(self)
        search.after_steps.append(self.place)
        if self.steps:
            self.world.heard = self.learned
        if self.wide_steps:
            search.step_heard, search.heard_rows = self.taken, frozenset(self.wide_steps)

    def learned(
        self, label: str, node: NodeParts, columns: Columns, pairs: list[tuple[int, int]]
    ) -> None:
        """Ask what a row does for some pairs of a local state and an event of `node`."""
        for statement, kernel in self.steps.get(label, ()):
            if statement.name in self.broken or not pairs:
                continue
            bad = _false(kernel(columns), len(pairs))
            if len(bad):
                local, event = pairs[int(bad[0])]
                self.broken[statement.name] = Broken(statement.name, -1, local, node.me, event)

    def taken(self, step: Steps, depth: int) -> None:
        """Ask steps of whole states, so many steps from the first."""
        rows = self.world.kinds
        kinds = self.world.nodes[step.me].kinds[step.event]
        taken = [kinds] if isinstance(kinds, int) else np.unique(kinds.take(step.parts)).tolist()
        for kind in taken:
            for statement, kernel in self.wide_steps.get(self.world.labels[rows[kind][0]], ()):
                if statement.name in self.broken:
                    continue
                at = np.arange(len(step.parts))
                if not isinstance(kinds, int):
                    at = np.flatnonzero(kinds.take(step.parts) == kind)
                bad = _false(kernel(self._step_columns(step, at)), len(at))
                if len(bad):
                    word = int(step.words[at[bad[0]]])
                    self.broken[statement.name] = Broken(
                        statement.name, depth, word, step.me, step.event, step.packing
                    )

    def _step_columns(self, step: Steps, at: Any) -> Columns:
        node = self.world.nodes[step.me]
        columns = View(self.world).columns(step.words[at], step.packing)
        event = node.events[step.event]
        columns.me, columns.sender = node.me, event.sender
        columns.fields = dict(zip(self.world.rows.fields[event.name], event.fields, strict=True))
        columns.local = self._variables(node, step.parts[at])
        columns.after = self._variables(node, step.following[at])
        return columns

    def _variables(self, node: NodeParts, parts: Any) -> dict[str, Any]:
        distinct, back = np.unique(parts, return_inverse=True)
        table = np.array([node.locals[node.part_local[p]] for p in distinct.tolist()], np.int64)
        xp = self.world.rows.xp
        return {n: there(xp, table[:, i].take(back)) for i, n in enumerate(node.names)}

    def place(self, search: Search) -> None:
        """Find the whole states of the frontier in which broken steps are taken."""
        for broken in self.broken.values():
            if broken.depth >= 0:
                continue
            found = search.where(broken.node, broken.word, broken.event)
            if found is not None:
                broken.word, broken.depth, broken.packing = found, search.depth, search.packing
        self.end(search)


def _false(value: Any, count: int) -> Any:
    return np.flatnonzero(~np.broadcast_to(np.asarray(host(value), bool), (count,)))


def _is_wide(formula: Expr) -> bool:
    """Tell whether it reads more than its node and the event."""
    return any(
        e.kind in (Kind.SENT, Kind.GHOST) or (e.kind is Kind.VAR and e.args[0].kind is not Kind.ME)
        for e in walk(formula)
    )


def _worst(formula: Expr, instead: bool) -> Expr:
    """Return what implies a formula (or, to `instead` True, follows from it) and is not wide."""
    if not _is_wide(formula):
        return formula
    match formula.kind:
        case Kind.NOT:
            args = [_worst(formula.args[0], not instead)]
        case Kind.AND | Kind.OR:
            args = [_worst(a, instead) for a in formula.args]
        case Kind.IMPLIES:
            args = [_worst(formula.args[0], not instead), _worst(formula.args[1], instead)]
        case _:
            return Expr(Kind.CONST, formula.sort, (), instead, formula.span)
    return Expr(formula.kind, formula.sort, tuple(args), formula.data, formula.span)


class View:
    """Columns of whole states, read from parts, in arrays of the kernels' library."""

    def __init__(self, world: World) -> None:
        self.world, self.xp = world, world.rows.xp
        self._tables: dict[int, Any] = {}
        self._sent: dict[tuple[int, int], Any] = {}
        self._tuples: dict[tuple[bool, str], list[tuple[int, ...]]] = {}

    def columns(self, words: Words, packing: Packing) -> Columns:
        """Return columns of states; what nobody asks for is not looked up."""
        parts: dict[int, Any] = {}
        variables: dict[tuple[str, int], Any] = {}
        count, xp = len(words), self.xp
        held = there(xp, words)

        def part(node: int) -> Any:
            if node not in parts:
                parts[node] = packing.parts(held, node, xp)
            return parts[node]

        def variable(name: str, node: Any) -> Any:
            if isinstance(node, int | np.integer):
                number = int(node)
                if number >= len(self.world.nodes):
                    raise NoMeaning(f"{name} of nobody")
                key = (name, number)
                if key not in variables:
                    variables[key] = xp.take(self._table(number, name), part(number))
                return variables[key]
            found = xp.zeros(count, dtype=xp.int64)
            for number in range(len(self.world.nodes)):
                found = xp.where(node == number, variable(name, number), found)
            return found

        def sent(name: str, args: list[Any]) -> Any:
            source, *rest = args
            if not isinstance(source, int | np.integer):
                result: Any = False
                for number in range(len(self.world.nodes)):
                    result = result | ((source == number) & sent(name, [number, *rest]))
                return result
            if int(source) >= len(self.world.nodes):
                return False
            node = self.world.nodes[int(source)]
            kind = self.world.rows.messages[name]
            if all(isinstance(a, int | np.integer) for a in rest):
                bit = node.sent_number.get((kind, int(source), *(int(a) for a in rest)))
                if bit is None:
                    return False
                return xp.take(self._bit(node, bit), part(node.me))
            result = False
            for key, bit in node.sent_number.items():
                if key[0] != kind:
                    continue
                same: Any = True
                for value, wanted in zip(rest, key[2:], strict=True):
                    same = same & (value == wanted)
                    if plain(same) and not same:
                        break
                if plain(same) and not same:
                    continue
                result = result | (same & xp.take(self._bit(node, bit), part(node.me)))
            return result

        def ghost(name: str, args: list[Any]) -> Any:
            assert self.world.ghosts is not None
            return self.world.ghosts.holds(part(len(self.world.nodes)), name, args)

        return Columns(variable=variable, sent=sent, ghost=ghost, tuples=self.tuples)

    def tuples(self, is_sent: bool, name: str) -> list[tuple[int, ...]]:
        """Return the messages, or the tuples of a ghost, that there are in some state."""
        key = (is_sent, name)
        if key not in self._tuples:
            if is_sent:
                kind = self.world.rows.messages[name]
                held = [k for n in self.world.nodes for k in n.sent_number if k[0] == kind]
                self._tuples[key] = [k[1:] for k in held]
            else:
                assert self.world.ghosts is not None
                told = self.world.ghosts.tuple_number
                self._tuples[key] = [row for relation, row in told if relation == name]
        return self._tuples[key]

    def _table(self, node: int, name: str) -> Any:
        """Return the values of a variable by part."""
        held = self.world.nodes[node]
        if node not in self._tables:
            table = np.array(held.locals, np.int64).reshape(-1, len(held.names))
            self._tables[node] = (table, np.array(held.part_local, np.int64), {})
        table, local_of, made = self._tables[node]
        if name not in made:
            column = table[:, held.names.index(name)].take(local_of)
            made[name] = there(self.xp, column)
        return made[name]

    def _bit(self, node: NodeParts, bit: int) -> Any:
        """Return by part whether a message was sent."""
        key = (node.me, bit)
        if key not in self._sent:
            bits = ((s >> bit) & 1 for s in node.part_sent)
            self._sent[key] = there(self.xp, np.fromiter(bits, bool, len(node.part_sent)))
        return self._sent[key]


def _reads(expr: Expr, bound: dict[str, int], config: dict[str, Any]) -> set[int]:
    """Return the nodes that an expression reads; -1 for all."""
    found: set[int] = set()
    if expr.kind is Kind.GHOST:
        found.add(GHOSTS)
    if expr.kind in (Kind.VAR, Kind.SENT):
        at = expr.args[0]
        if at.kind is Kind.BOUND and at.data in bound:
            found.add(bound[at.data])
        elif at.kind is Kind.CONFIG and at.data in config:
            found.add(config[at.data])
        else:
            found.add(-1)
    if expr.kind in (Kind.FORALL, Kind.EXISTS):
        bound = {n: v for n, v in bound.items() if n not in {name for name, _ in expr.data}}
    for a in expr.args:
        found |= _reads(a, bound, config)
    return found
