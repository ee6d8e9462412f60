"""The state figure, its edges coloured by how often each was taken.

Belongs here: from counts to DOT text. Never here: counting, or drawing (`model.figures`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import log
from textwrap import wrap
from typing import TYPE_CHECKING

from model.lang import Spec

if TYPE_CHECKING:
    from checkers.explore.result import Explored

COLD, HOT = (0xC6, 0xD4, 0xE8), (0xB0, 0x1C, 0x1C)
NEVER = "#bbbbbb"
ACROSS = 90
"""So many letters of the line below stand in one line: as wide as most figures are."""
MOST_DASHED = 20
"""Of declared edges that were not taken; more of them hide those that were, and are counted."""


def colour(count: int, most: int) -> str:
    """Return the colour of an edge: from pale to red, by the logarithm of its count."""
    part = log(count + 1) / log(most + 1) if most else 0.0
    mixed = (round(a + (b - a) * part) for a, b in zip(COLD, HOT, strict=True))
    return "#" + "".join(f"{c:02x}" for c in mixed)


def quoted(text: str) -> str:
    """Return a DOT string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _grouped(leaves: Iterable[str]) -> Iterator[str]:
    """Yield the states, those of one outermost case in a frame."""
    groups: dict[str, list[str]] = {}
    for leaf in leaves:
        groups.setdefault(leaf.partition("(")[0], []).append(leaf)
    for number, (case, members) in enumerate(groups.items()):
        if members == [case]:
            yield f"  {quoted(case)} [label={quoted(case)}]"
            continue
        yield f"  subgraph cluster_{number} {{"
        yield f'    graph [label={quoted(case)}, labelloc=t, style="rounded,filled",'
        yield '           fillcolor="#f6f6f6", color="#999999"]'
        for leaf in members:
            inner = leaf.removeprefix(f"{case}(").removesuffix(")") or leaf
            yield f"    {quoted(leaf)} [label={quoted(inner)}]"
        yield "  }"


def dot(spec: Spec, found: Explored) -> str:
    """Return the figure: every edge that was taken, and, dashed, the declared ones that were not.

    Where these are many, the figure says how many they are, and leaves them out.

    Raises `ValueError` where the spec has no edge table.
    """
    if not spec.edges:
        raise ValueError(f"{spec.name} has no edge table")
    table = spec.edges[0]
    crashes = {t.label for t in spec.transitions if t.kind == "environment"}
    taken = dict(found.edges)
    allowed = table.allowed()
    most = max((n for e, n in taken.items() if e in allowed), default=0)
    leaves = spec.variables[table.variable].sort.leaves  # type: ignore[attr-defined]
    title = f"Steps taken, by {table.variable}: {found.bound()}"
    never = sorted(allowed - taken.keys())
    if len(never) > MOST_DASHED:
        title += f"; of the {len(allowed)} edges declared, {len(never)} were not taken"
        allowed_drawn = allowed - set(never)
    else:
        allowed_drawn = allowed
    lines = [
        f"digraph {quoted(spec.name + '_taken')} {{",
        '  graph [rankdir=LR, nodesep=0.3, ranksep=0.8, fontname="Helvetica", labelloc=b, label='
        + "\\n".join(wrap(quoted(title), ACROSS))
        + "]",
        '  node [shape=box, style="rounded,filled", fillcolor=white, fontname="Helvetica",'
        " fontsize=14]",
        '  edge [fontname="Helvetica", fontsize=13, arrowsize=0.8]',
    ]
    lines += _grouped(leaves)
    order = {leaf: i for i, leaf in enumerate(leaves)}
    edges = sorted({*taken, *allowed_drawn}, key=lambda e: (order[e[0]], order[e[1]]))
    for before, after in edges:
        count = taken.get((before, after), 0)
        ends = f"  {quoted(before)} -> {quoted(after)} "
        if not count:
            lines.append(ends + f'[style=dashed, color="{NEVER}"]')
            continue
        width = 1 + 3 * log(count + 1) / log(max(taken.values()) + 1)
        style = "" if (before, after) in allowed else ", style=dotted"
        look = f'color="{colour(count, most or count)}", penwidth={width:.1f}{style}'
        lines.append(ends + f'[label="{count:,}", {look}]')
    if crashes:
        lines.append("  // dotted: not in the table, such as what a crash does")
    return "\n".join([*lines, "}", ""])
