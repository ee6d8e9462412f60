"""What candidates speak of: a node, a message, a fact of a ghost, a member of a set.

Belongs here: the variables of a kind of candidate, where their values are found in a state, and
which literals are about them. Never here: what holds (`mine`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from checkers.strengthen.literals import Literal, Words, bound, parts, tree, var
from model.evaluate import GlobalState, Value
from model.lang import Spec
from model.lang.expr import Expr, Kind
from model.lang.sorts import BOOL, NODE, MaybeSort, SetSort, Sort

Row = tuple[Value, ...]


@dataclass(frozen=True, eq=False)
class Context:
    """Variables that an `atom` ties to the state, and the literals about them.

    `symbols`: the messages, ghosts and variables that the atom itself reads.
    """

    name: str
    variables: tuple[tuple[str, Sort], ...]
    atom: Expr | None
    symbols: frozenset[str]
    rows: Callable[[GlobalState], Iterable[Row]]
    literals: Callable[[], Iterator[Literal]]
    relation: str = ""


def contexts(spec: Spec, words: Words) -> list[Context]:
    """Return every context of a spec."""
    found = [_of_node(words)]
    for name in spec.messages:
        found.append(_of_message(spec, words, name))
    for name, ghost in spec.ghosts.items():
        found.append(_of_ghost(spec, words, name))
        for i, sort in enumerate(ghost.columns):
            if isinstance(sort, SetSort) and sort.of == NODE:
                found.append(_of_ghost(spec, words, name, i))
    for name, decl in spec.variables.items():
        if isinstance(decl.sort, SetSort | MaybeSort) and decl.sort.of == NODE:
            found.append(_of_member(spec, words, name))
    return found


def _of_node(words: Words) -> Context:
    n = bound("n", NODE)

    def literals() -> Iterator[Literal]:
        terms = words.terms(n)
        yield from words.of_node(n)
        yield from words.of_terms(terms, [n])
        done: list[Expr] = []
        for t in terms:
            yield from words.compared([t], done)
            done.append(t)
        yield from words.ghosts([n], terms)
        far = words.elsewhere()
        yield from words.compared([n], [f for f in far if f.sort != NODE])
        yield from words.compared(terms, [f for f in far if f.sort != BOOL])
        yield from words.mailed(n)

    return Context(
        "node",
        (("n", NODE),),
        None,
        frozenset(),
        lambda s: ((name,) for name in s.nodes),
        literals,
    )


def _of_message(spec: Spec, words: Words, name: str) -> Context:
    message = spec.messages[name]
    taken = {"a", "b", *(f for f in message.parts)}
    a, b = bound("a", NODE), bound("b", NODE)
    if "a" in message.parts or "b" in message.parts:
        a, b = bound("source", NODE), bound("target", NODE)
    assert len(taken) >= 2
    fields = {f: bound(f, decl.sort) for f, decl in message.parts.items()}
    atom = tree(Kind.SENT, BOOL, (a, b, *fields.values()), name)

    def literals() -> Iterator[Literal]:
        own = [p for f in fields.values() for p in parts(f)]
        yield from _about_tuple(words, [a, b], own)
        yield from words.caused(name, a, b, fields)

    return Context(
        f"message {name}",
        ((str(a.data), NODE), (str(b.data), NODE), *((f, e.sort) for f, e in fields.items())),
        atom,
        frozenset({f"sent {name}"}),
        lambda s: s.sent[name].rows,
        literals,
        f"sent {name}",
    )


def _of_ghost(spec: Spec, words: Words, name: str, member: int | None = None) -> Context:
    columns = spec.ghosts[name].columns
    values = [bound(n, s) for n, s in zip(names_for(columns), columns, strict=True)]
    atom = tree(Kind.GHOST, BOOL, tuple(values), name)
    variables = tuple((str(v.data), v.sort) for v in values)
    v = bound("v", NODE)
    if member is not None:
        inside = tree(Kind.HAS, BOOL, (values[member], v))
        atom = tree(Kind.AND, BOOL, (atom, inside))
        variables = (*variables, ("v", NODE))

    def literals() -> Iterator[Literal]:
        nodes = [x for x in values if x.sort == NODE]
        own = [p for x in values if x.sort != NODE for p in parts(x)]
        if member is not None:
            yield from _about_tuple(words, [*nodes, v], own)
            yield from words.recorded(name, values, v, member)
            return
        yield from _about_tuple(words, nodes, own, besides=name)

    def rows(s: GlobalState) -> Iterable[Row]:
        if member is None:
            return s.ghosts[name].rows
        return ((*row, x) for row in s.ghosts[name].rows for x in row[member])

    label = f"ghost {name}" if member is None else f"ghost {name} member {member}"
    return Context(
        label,
        variables,
        atom,
        frozenset({f"ghost {name}"}),
        rows,
        literals,
        "" if member is not None else f"ghost {name}",
    )


def _about_tuple(
    words: Words, nodes: list[Expr], own: list[Expr], besides: str = ""
) -> Iterator[Literal]:
    for n in nodes:
        yield from words.of_node(n)
        yield from words.compared(own, words.terms(n), premise=True)
        for other in nodes:
            if other is not n:
                yield from words.compared([other], [t for t in words.terms(n) if t.sort != NODE])
    yield from words.of_terms(own, nodes)
    yield from words.compared(nodes[:1], nodes[1:])
    far = [f for f in words.elsewhere() if f.sort not in (NODE, BOOL)]
    yield from words.compared([*nodes, *own], far)
    done: list[Expr] = []
    for t in own:
        yield from words.compared([t], done)
        done.append(t)
    sets = [t for t in own if isinstance(t.sort, SetSort)]
    yield from words.majorities(sets, [*sets, *words.constants()])
    for n in nodes:
        yield from words.compared([n], sets)
    for literal in words.ghosts([*nodes, *own], []):
        atom = literal.expr.args[0] if literal.expr.kind is Kind.EXISTS else literal.expr
        if atom.data != besides:
            yield literal


def _of_member(spec: Spec, words: Words, name: str) -> Context:
    sort = spec.variables[name].sort
    n, v = bound("n", NODE), bound("v", NODE)
    value = var(spec, name, n)
    if isinstance(sort, SetSort):
        atom = tree(Kind.HAS, BOOL, (value, v))
    else:
        atom = tree(Kind.EQ, BOOL, (value, tree(Kind.SOME, sort, (v,))))

    def literals() -> Iterator[Literal]:
        yield from words.of_node(n)
        yield from words.of_node(v)
        yield from words.compared([n], [v])
        terms = words.terms(n)
        yield from words.of_terms(terms, [v])
        yield from words.compared([v], [t for t in terms if isinstance(t.sort, SetSort)])
        yield from words.ghosts([v], terms)
        yield from words.counted(name, n, v)
        yield from words.chosen(name, n, v)

    def rows(s: GlobalState) -> Iterable[Row]:
        for node, local in s.nodes.items():
            held = local[name]
            if isinstance(sort, SetSort):
                yield from ((node, x) for x in held)
            elif held is not None:
                yield (node, held)

    return Context(
        f"member of {name}",
        (("n", NODE), ("v", NODE)),
        atom,
        frozenset({f"var {name}"}),
        rows,
        literals,
    )


def names_for(sorts: Iterable[Sort]) -> list[str]:
    """Return a short name for a variable of each sort, all different."""
    found: list[str] = []
    for sort in sorts:
        letter = "n" if sort == NODE else sort.name[0].lower()
        if letter in ("v", "m"):
            letter = sort.name[:2].lower()
        name, i = letter, 2
        while name in found:
            name, i = f"{letter}{i}", i + 1
        found.append(name)
    return found
