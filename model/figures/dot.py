"""The state figures as DOT text: every leaf, and the outermost cases alone.

Belongs here: how leaves, frames and lines look. Never here: which there are (`grouping.py`).

Every line of the DOT text leads from a leaf to a leaf, so that the text by itself collapses to the
published figure; where a line stands for a frame, `ltail` or `lhead` cuts it off at the border.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from model.figures.edges import Edge, leaves_of, state_table, top
from model.figures.grouping import By, Drawing, Group, Line, drawing, order_of
from model.lang.expr import Kind, fold_leaves
from model.lang.spec import Spec

FONT = "Helvetica,Arial,DejaVu Sans,sans-serif"
ROLE_COLOURS = ("#1b6e2d", "#1a56b0", "#b0480e", "#7a3b9a", "#00707a", "#8a1c4a")
"""By role, in declaration order; more roles begin again."""
SEVERAL = "#4a4a4a"
"""A line whose rules are set off by different roles, or by one of several."""
FILLS = ("#f1f1f1", "#fbf3dc", "#e3f2e1", "#e8eefa", "#fbe9e7", "#efe6f6", "#e2f3f3")
"""By outermost case, in declaration order."""


def quoted(text: str) -> str:
    """Return a DOT string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def escaped(text: str) -> str:
    """Return text for an HTML-like label."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def role_colours(spec: Spec) -> dict[str, str]:
    """Return the colour of each role."""
    leaves = spec.role_sort.leaves if spec.role_sort is not None else ()
    return {r: ROLE_COLOURS[i % len(ROLE_COLOURS)] for i, r in enumerate(leaves)}


def colour_of(who: tuple[str, ...], colours: Mapping[str, str]) -> str:
    """Return the colour of what `who` sets off."""
    return colours.get(who[0], SEVERAL) if len(who) == 1 else SEVERAL


def fills(leaves: tuple[str, ...]) -> dict[str, str]:
    """Return the fill of each outermost case."""
    tops = list(dict.fromkeys(top(leaf) for leaf in leaves))
    return {name: FILLS[i % len(FILLS)] for i, name in enumerate(tops)}


def first_leaf(spec: Spec) -> str | None:
    """Return the leaf that every node starts in, where the declaration says it plainly."""
    init = spec.variables[state_table(spec).variable].init
    return str(init.data) if init.kind is Kind.CONST else None


def header(spec: Spec, name: str, more: str) -> list[str]:
    """Return the opening lines, with where the text comes from."""
    return [
        f"// {spec.title}: derived from the spec by `oathbound figures`; not to be edited by hand.",
        f"digraph {quoted(name)} {{",
        f"  graph [compound=true, fontname={quoted(FONT)}, fontsize=12, {more}]",
        f'  node [shape=box, style="rounded,filled", fontname={quoted(FONT)}, fontsize=11,'
        ' margin="0.13,0.06", height=0.32, color="#555555"]',
        f"  edge [fontname={quoted(FONT)}, fontsize=10, arrowsize=0.7]",
    ]


def legend(rows: list[str]) -> str:
    """Return the figure's label: rows of HTML-like text, left-aligned."""
    cells = "".join(f'<tr><td align="left">{row}</td></tr>' for row in [" ", *rows])
    return f'<<table border="0" cellborder="0" cellspacing="0" cellpadding="2">{cells}</table>>'


def who_row(spec: Spec, edges: Iterable[Edge]) -> str:
    """Return the legend of colours: who sets a rule off, up to what that means."""
    colours = role_colours(spec)
    used = {who for edge in edges for who in (edge.who if len(edge.who) == 1 else ())}
    parts = [f'<font color="{colours[r]}"><b>{escaped(r)}</b></font>' for r in colours if r in used]
    return "Set off by " + ", ".join(parts) + f', <font color="{SEVERAL}">or several</font>:'


# ---------------------------------------------------------------- every leaf


def fine_dot(spec: Spec, edges: Iterable[Edge]) -> str:
    """Return the figure of every leaf."""
    edges = tuple(edges)
    leaves = leaves_of(spec)
    plan = drawing(leaves, edges)
    out = header(
        spec,
        f"{spec.name}_states",
        "rankdir=LR, nodesep=0.2, ranksep=0.6, mclimit=10, labelloc=b, labeljust=l, pad=0.2",
    )
    out.append(f"  label={legend(fine_legend(spec, edges))}")
    clusters: dict[Group, str] = {}
    paint = _Paint(spec, edges, plan, clusters)
    out += paint.inside(frozenset(leaves), "  ")
    used: dict[tuple[str, str], int] = {}
    # The order of the lines decides little but where they cross; this one crosses less than most.
    out += [
        paint.line(line, used)
        for line in sorted(
            plan.lines,
            key=lambda x: (order_of(leaves, x.target), order_of(leaves, x.source)),
            reverse=True,
        )
    ]
    return "\n".join([*out, "}", ""])


def fine_legend(spec: Spec, edges: tuple[Edge, ...]) -> list[str]:
    """Return how to read the figure."""
    row = who_row(spec, edges)
    whose = " the role that sends the message, or at which the request or timer arrives."
    return [
        *([row + whose] if spec.role_variable is not None else []),
        "A line at a frame holds for every state in the frame; dashed frames only gather."
        " Double border: where a node starts. Thick border: no way out.",
        "Drawn are the rules that change the state. A crash, the environment's doing, leads from"
        " anywhere back to the start and is not drawn.",
    ]


class _Paint:
    """What the lines of one figure share."""

    def __init__(
        self, spec: Spec, edges: tuple[Edge, ...], plan: Drawing, clusters: dict[Group, str]
    ) -> None:
        self.leaves = leaves_of(spec)
        self.sort = spec.variables[state_table(spec).variable].sort
        self.colours = role_colours(spec)
        self.fills = fills(self.leaves)
        self.start = first_leaf(spec)
        self.final = set(self.leaves) - {e.before for e in edges}
        self.plan = plan
        self.clusters = clusters

    def inside(self, group: Group, indent: str) -> list[str]:
        """Return the leaves and frames directly in `group`."""
        frames = [g for g in self.plan.frames if g < group]
        outer = [g for g in frames if not any(g < h for h in frames)]
        out: list[str] = []
        done: set[str] = set()
        for leaf in self.leaves:
            if leaf not in group or leaf in done:
                continue
            frame = next((g for g in outer if leaf in g), frozenset({leaf}))
            done |= frame
            out += self.frame(frame, indent) if len(frame) > 1 else [indent + self.leaf(leaf)]
        return out

    def leaf(self, leaf: str) -> str:
        """Return the node of a leaf."""
        label = leaf.rstrip(")").split("(")[-1]
        more = ", peripheries=2" if leaf == self.start else ""
        more += ", penwidth=2.5" if leaf in self.final else ""
        inside = any(leaf in g and name for g, name in self.plan.frames.items())
        fill = "white" if inside else self.fills[top(leaf)]
        return f'{quoted(leaf)} [label={quoted(label)}, fillcolor="{fill}"{more}]'

    def frame(self, group: Group, indent: str) -> list[str]:
        """Return a frame and what is in it."""
        name = self.plan.frames[group]
        cluster = self.clusters[group] = f"cluster_{len(self.clusters)}"
        fill = self.fills[top(min(group))]
        look = (
            f'style="rounded,filled", fillcolor="{fill}", color="#777777"'
            if name
            else 'style="rounded,dashed", color="#777777"'
        )
        return [
            f"{indent}subgraph {cluster} {{",
            f"{indent}  graph [label={quoted(name)}, labelloc=t, labeljust=l, {look}]",
            *self.inside(group, indent + "  "),
            indent + "}",
        ]

    def line(self, line: Line, used: dict[tuple[str, str], int]) -> str:
        """Return the edge of a line, at leaves that no other line uses yet if there are such."""
        sources = [self.leaves[i] for i in order_of(self.leaves, line.source)]
        targets = [self.leaves[i] for i in order_of(self.leaves, line.target)]
        choices = [
            (used.get((a, b), 0), _off(i, sources) + _off(j, targets), a, b)
            for i, a in enumerate(sources)
            for j, b in enumerate(targets)
            if a != b
        ]
        *_, a, b = min(choices)
        used[a, b] = used.get((a, b), 0) + 1
        whose = {who for _, who in line.rules}
        colour = colour_of(next(iter(whose)), self.colours) if len(whose) == 1 else SEVERAL
        attributes = [f'color="{colour}"', f"label={self.label(line.rules)}"]
        if len(sources) > 1:
            attributes.append(f"ltail={self.clusters[line.source]}")
        if len(targets) > 1:
            attributes.append(f"lhead={self.clusters[line.target]}")
        near = any(not n and line.source | line.target <= g for g, n in self.plan.frames.items())
        if near or a == self.start:
            # The start stands above its neighbours, and the leaves of a gathering frame in a
            # column: their lines must not push them apart.
            attributes.append("constraint=false")
        said = f"{self.pattern(line.source)} -> {self.pattern(line.target)}"
        attributes += [f"tooltip={quoted(said)}", f"labeltooltip={quoted(said)}"]
        return f"  {quoted(a)} -> {quoted(b)} [{', '.join(attributes)}]"

    def pattern(self, group: Group) -> str:
        """Return the group as the shortest list of case patterns."""
        return ", ".join(fold_leaves(self.sort, group))

    def label(self, rules: tuple[By, ...]) -> str:
        """Return the rules' names, one below the other, each in its colour."""
        names = "<br/>".join(
            f'<font color="{colour_of(who, self.colours)}">{escaped(name)}</font>'
            for name, who in rules
        )
        table = '<table border="0" cellborder="0" cellspacing="0" cellpadding="1">'
        return f'<{table}<tr><td bgcolor="#ffffffc8">{names}</td></tr></table>>'


def _off(place: int, among: list[str]) -> int:
    """Return how far a place is from the middle."""
    return abs(2 * place + 1 - len(among))


# ---------------------------------------------------------------- the outermost cases


def coarse_dot(spec: Spec, edges: Iterable[Edge]) -> str:
    """Return the figure of the outermost cases."""
    edges = tuple(edges)
    leaves = leaves_of(spec)
    fill, colours, start = fills(leaves), role_colours(spec), first_leaf(spec)
    look = "rankdir=LR, nodesep=0.4, ranksep=0.7, pad=0.2"
    out = header(spec, f"{spec.name}_states_coarse", look)
    rows = [who_row(spec, edges) + " at least one rule along the line."]
    rows = rows if spec.role_variable is not None else []
    out.append(f"  label={legend(rows)}\n  labelloc=b\n  labeljust=l")
    for name, colour in fill.items():
        more = ", peripheries=2" if start is not None and top(start) == name else ""
        out.append(f'  {quoted(name)} [fillcolor="{colour}"{more}, fontsize=14]')
    found: dict[tuple[str, str], set[tuple[str, ...]]] = {}
    for edge in edges:
        found.setdefault((top(edge.before), top(edge.after)), set()).add(edge.who)
    tops = list(fill)
    for (a, b), whose in sorted(
        found.items(), key=lambda item: [tops.index(name) for name in item[0]]
    ):
        roles = [r for r in colours if any(r in who for who in whose)]
        label = "<br/>".join(f'<font color="{colours[r]}">{escaped(r)}</font>' for r in roles)
        look = ", headport=e, tailport=e" if a == b else ""
        shown = f"<{label}>" if label else quoted("")
        out.append(f"  {quoted(a)} -> {quoted(b)} [label={shown}{look}]")
    return "\n".join([*out, "}", ""])
