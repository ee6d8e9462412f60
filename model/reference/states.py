"""The pages of states, variables and tables: what there is, before anything happens.

Belongs here: sums, edges, variables, constants, data tables. Never here: rules and answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from model.lang.declare import Sum, Table
from model.lang.expr import Operators, show
from model.lang.sorts import (
    AtomSort,
    MapSort,
    MaybeSort,
    OrderSort,
    RangeSort,
    SetSort,
    Sort,
    StructSort,
)
from model.reference.markdown import code, codes, link, listing, page, sentence, table
from model.reference.source import Source, doc_below

DELAY_COLUMNS = ("first_delay_ms", "growth", "cap_ms", "jitter")
"""The columns that make a table one of retry hints: then example delays are shown."""
TRIES = 6


def states(source: Source) -> str:
    """Return the page of states, sums and edges."""
    spec = source.spec
    blocks = []
    for number, one in enumerate(spec.edges):
        name = spec.variables[one.variable].sort.name
        blocks += [f"## The values of {code(one.variable)}"]
        if number == 0:
            stem = f"../{spec.name}_states"
            blocks.append(
                f"![The states and the rules between them]({stem}.svg)\n\n"
                f"The outermost cases alone: [figure]({stem}_coarse.svg)."
            )
        if name in spec.sums:
            docs = spec.sums[name].leaf_docs()
            rows = []
            for leaf, doc in docs.items():
                roles = [r for r in source.roles if number == 0 and source.together(r, leaf)]
                rows.append((code(leaf), sentence(doc), codes(roles)))
            heads = ("state", "meaning", "roles that may be in it")
            shown = 3 if spec.role_variable is not None else 2
            blocks.append(table(heads[:shown], [row[:shown] for row in rows]))
        blocks += [
            f"## The edges of {code(one.variable)}",
            sentence(one.doc),
            table(("from", "to"), [(code(a.name), code(b.name)) for a, b in one.edges]),
            "A rule may also leave the state as it is.",
            "In the source: " + source.place(one.span),
        ]
    blocks.append("## All sums")
    for name, one_sum in spec.sums.items():
        blocks += [f"### {name}", *sum_blocks(one_sum)]
    return page("States", *blocks)


def sum_blocks(one: type[Sum]) -> list[str]:
    """Return the blocks of one sum: its cases, payloads and meanings."""
    rows = []
    for case in one.cases:
        payload = code(case.payload.__name__) if case.payload is not None else "–"
        rows.append((code(case.name), payload, sentence(case.doc)))
    return [sentence(one.__doc__ or ""), table(("case", "payload", "meaning"), rows)]


def variables(source: Source) -> str:
    """Return the page of variables, constants, sorts and ghosts."""
    spec = source.spec
    blocks = ["What every node remembers, and what it is told at its start."]
    for durable, title in ((True, "What a crash spares"), (False, "What a restart begins afresh")):
        rows = [
            (code(n), code(str(d.sort)), code(show(d.init)), sentence(d.doc))
            for n, d in spec.variables.items()
            if d.durable == durable
        ]
        heads = ("variable", "sort", "first value", "meaning")
        blocks += [f"## {title}", table(heads, rows) or "Nothing."]
    constants = [
        (code(f"config.{n}"), code(str(d.sort)), sentence(d.doc))
        for n, d in spec.config.parts.items()
    ]
    blocks += [
        "## The configuration",
        table(("constant", "sort", "meaning"), constants) or "Nothing.",
    ]
    sorts = [
        (code(n), sort_text(s.sort), sentence((s.__doc__ or "").split("\n\n")[0]))
        for n, s in spec.sorts.items()
        if n not in spec.sums
    ]
    blocks += ["## Sorts", "The sums are " + link("with the states", "states.md") + "."]
    blocks.append(table(("sort", "what it is", "meaning"), sorts))
    ghosts = [
        (code(n), codes(str(c) for c in g.columns), sentence(g.doc)) for n, g in spec.ghosts.items()
    ]
    if ghosts:
        blocks += [
            "## What only the proof sees",
            "Relations that rules add to and no rule reads; a running node has none of them.",
            table(("relation", "between", "meaning"), ghosts),
        ]
    return page("Variables", *blocks)


def sort_text(sort: Sort) -> str:
    """Return what kind of sort it is."""
    match sort:
        case AtomSort():
            return "things that can only be told apart"
        case OrderSort():
            owned = ", each with a node that owns it" if sort.owned else ""
            return f"a total order with a least element{owned}"
        case RangeSort():
            return f"the numbers from 0 to {sort.top}"
        case StructSort():
            return "a tuple: " + ", ".join(f"{n} ({code(str(s))})" for n, s in sort.parts)
        case SetSort():
            return f"a set of {code(str(sort.of))}"
        case MapSort():
            return f"a {code(str(sort.to))} for every {code(str(sort.key))}"
        case MaybeSort():
            return f"nothing, or a {code(str(sort.of))}"
        case _:
            return "–"


# ---------------------------------------------------------------- tables


def tables(source: Source) -> str:
    """Return the page of data tables."""
    blocks = ["Data that rules, clients and operators look up."]
    for one in source.spec.tables.values():
        blocks += [f"## {one.name}", *table_blocks(one)]
        blocks.append("In the source: " + source.place(one.span))
    return page("Tables", *blocks)


def table_blocks(one: Table) -> list[str]:
    """Return the blocks of one table, with what follows from it."""
    key = one.key.sort.name
    rows = [(code(leaf), *map(value_text, row)) for leaf, row in one.rows.items()]
    blocks = [sentence(doc_below(one.span)), table((key, *map(code, one.columns)), rows)]
    for column in one.columns:
        chain = ladder(one, column)
        if chain:
            blocks.append(f"Followed along {code(column)}:")
            blocks.append(listing(" → ".join(map(code, steps)) for steps in chain))
    if set(DELAY_COLUMNS) <= set(one.columns):
        blocks += ["### Example delays", *delay_blocks(one)]
    return blocks


def value_text(value: Any) -> str:
    """Return one value of a table."""
    if isinstance(value, Operators):
        return code(show(value))
    return code(str(value)) if isinstance(value, int | float) else sentence(str(value))


def ladder(one: Table, column: str) -> list[list[str]]:
    """Return the chains that a column of the key's own sum makes, from where nothing leads to."""
    at = one.columns.index(column)
    following: dict[str, str] = {}
    for leaf, row in one.rows.items():
        if getattr(row[at], "sum_sort", None) != one.key.sort:
            return []
        following[leaf] = next(iter(row[at].leaves))
    chains = []
    for start in (leaf for leaf in following if leaf not in set(following.values())):
        steps = [start]
        while following[steps[-1]] not in steps:
            steps.append(following[steps[-1]])
        chains.append(steps)
    return chains


def delay_blocks(one: Table) -> list[str]:
    """Return an example of the delays that each row of retry hints asks for."""
    rows = []
    for leaf, row in one.rows.items():
        first, growth, cap, jitter = (row[one.columns.index(c)] for c in DELAY_COLUMNS)
        delays = longest_delays(first, growth, cap, TRIES)
        rows.append((code(leaf), *(f"{(1 - jitter) * d:.0f}–{d:.0f}" for d in delays)))
    return [
        "In milliseconds, before each further try: the shortest and the longest that the random"
        " share leaves.",
        table((one.key.sort.name, *(f"before try {i}" for i in range(2, TRIES + 2))), rows),
    ]


def longest_delays(first: float, growth: float, cap: float, tries: int) -> Sequence[float]:
    """Return the delays before the tries after the first, the random share at its greatest."""
    return [min(cap, first * growth**i) for i in range(tries)]
