"""How the quantifier alternations of a spec's obligations are shown: lines, DOT, a part of a page.

Belongs here: presentation of what `alternation.as_data` gives. Never here: deciding anything.
"""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Mapping
from typing import Any

Data = Mapping[str, Any]
FEW = 5
"""How many properties one line names."""


def line(data: Data) -> str:
    """Return one line on how many obligations are in the fragment, and who is outside."""
    count = data["obligations"]
    if not count:
        return ""
    told = f"decidable fragment: {data['inside']:,} of {count:,} obligations"
    if data["inside_as_proved"] != data["inside"]:
        told += (
            f" with all they may assume, {data['inside_as_proved']:,} with what their proofs used"
        )
    outside = by_property(data)
    if not outside:
        return told
    most = outside.most_common()
    named = ", ".join(f"{name} ({n})" for name, n in most[:FEW])
    more = f" and {len(most) - FEW} more properties" if len(most) > FEW else ""
    return f"{told}; outside: {named}{more}"


def by_property(data: Data) -> Counter[str]:
    """Return how many obligations of each property are outside."""
    found: Counter[str] = Counter()
    for one in data["outside"]:
        found[one["property"]] += len(one["transitions"])
    return found


def lines(data: Data, *, names: bool = False) -> list[str]:
    """Return the graphs, who is outside and by which cycle, and what each statement brings.

    With `names` every transition is named, else their number for each property.
    """
    told = [line(data)]
    for at, graph in enumerate(data["graphs"], start=1):
        where = "outside" if graph["cycle"] else "in the fragment"
        told += ["", f"graph {at}: {graph['obligations']:,} obligations, {where}"]
        told += [f"  {edge}" for edge in graph["edges"]] or ["  no edge"]
        if graph["cycle"]:
            told.append(f"  cycle: {', then '.join(graph['cycle'])}")
    together: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for one in data["outside"]:
        together.setdefault(tuple(one["cycle"]), []).append(one)
    for cycle, ones in together.items():
        told += ["", f"outside by {', then '.join(cycle)}:"]
        if names:
            told += [f"  {one['property']}: {', '.join(one['transitions'])}" for one in ones]
        else:
            told.append(
                "  " + ", ".join(f"{one['property']} ({len(one['transitions'])})" for one in ones)
            )
    if data.get("hypotheses"):
        told += ["", "what each statement brings, where it is assumed:"]
        told += [f"  {name}: {', '.join(edges)}" for name, edges in data["hypotheses"].items()]
    return told


def dot(data: Data, title: str) -> str:
    """Return the graph of all obligations together as DOT; edges on the told cycles are bold."""
    edges = sorted({edge for graph in data["graphs"] for edge in graph["edges"]})
    cyclic = {
        step.partition(" (")[0]
        for one in (*data["graphs"], *data["outside"])
        for step in one["cycle"]
    }
    told = [f"digraph {_quoted(title)} {{", "  rankdir=LR;", "  node [shape=box];"]
    for edge in edges:
        source, _, target = edge.partition(" -> ")
        style = " [style=bold]" if edge in cyclic else ""
        told.append(f"  {_quoted(source)} -> {_quoted(target)}{style};")
    return "\n".join([*told, "}", ""])


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def page(data: Data) -> str:
    """Return the part of the report's page: who is outside, and why."""
    if not data["obligations"]:
        return ""
    told = ["<h2>Decidable fragment</h2>", f"<p>{html.escape(line(data))}</p>"]
    if data["outside"]:
        told.append("<table><tr><th>property</th><th>transitions</th><th>cycle</th></tr>")
    for one in data["outside"]:
        who = one["transitions"]
        told.append(
            f"<tr><td>{html.escape(one['property'])}</td>"
            f"<td><details><summary>{len(who)}</summary>{html.escape(', '.join(who))}"
            "</details></td>"
            f"<td>{html.escape(', then '.join(one['cycle']))}</td></tr>"
        )
    if data["outside"]:
        told.append("</table>")
    return "".join(told)
