"""The state figures: derived from a spec and the edges of its rules, never drawn by hand.

Belongs here: figures of a state variable, as DOT and GraphML text and as drawings. Never here: how
the edges are found; a solver finds them exactly, `may_edges` by partial evaluation, some too many.

Reading order: `edges` (what an edge is), `grouping` (few lines for many edges), `dot` (their look),
`render` (SVG and PNG). `sources` gives the texts to check in, `drawings` what they are drawn as.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

import networkx

from model.figures.dot import coarse_dot, fine_dot, first_leaf
from model.figures.edges import (
    Edge,
    Step,
    assemble,
    collapse,
    leaves_of,
    may_edges,
    may_steps,
    published,
    set_off_by,
    state_table,
    top,
)
from model.figures.render import NoDrawingProgram, digest, embedded_digest, render
from model.lang.spec import Spec

__all__ = [
    "Edge",
    "NoDrawingProgram",
    "Step",
    "assemble",
    "coarse_dot",
    "collapse",
    "digest",
    "drawings",
    "embedded_digest",
    "fine_dot",
    "graphml",
    "may_edges",
    "may_steps",
    "published",
    "render",
    "set_off_by",
    "sources",
    "stale",
]

FOLDER = PurePosixPath("docs")


def sources(spec: Spec, edges: Iterable[Edge]) -> dict[str, str]:
    """Return the figures' texts by their path in the repository: two DOT, one GraphML."""
    edges = tuple(edges)
    stem = FOLDER / f"{spec.name}_states"
    return {
        f"{stem}.dot": fine_dot(spec, edges),
        f"{stem}_coarse.dot": coarse_dot(spec, edges),
        f"{stem}.graphml": graphml(spec, edges),
    }


def drawings(texts: Mapping[str, str]) -> dict[str, bytes]:
    """Return what the DOT texts among `sources` are drawn as, by path: SVG and PNG of each."""
    made: dict[str, bytes] = {}
    for path, text in texts.items():
        if path.endswith(".dot"):
            svg, png = render(text)
            made[path.removesuffix("dot") + "svg"] = svg
            made[path.removesuffix("dot") + "png"] = png
    return made


def stale(texts: Mapping[str, str], root: Path) -> list[str]:
    """Return the paths below `root` that are missing or not of these `sources`.

    Texts are compared exactly, drawings by the digest of their source, so that another version of
    the drawing program changes nothing.
    """
    found = []
    for path, text in texts.items():
        file = root / path
        if not file.is_file() or file.read_bytes() != text.encode():
            found.append(path)
        if path.endswith(".dot"):
            for form in ("svg", "png"):
                drawn = path.removesuffix("dot") + form
                if not (root / drawn).is_file() or embedded_digest(root / drawn) != digest(text):
                    found.append(drawn)
    return found


def graphml(spec: Spec, edges: Iterable[Edge]) -> str:
    """Return every leaf and every edge, each with its attributes, as GraphML."""
    variable = state_table(spec).variable
    sort = spec.variables[variable].sort
    docs = spec.sums[sort.name].leaf_docs() if sort.name in spec.sums else {}
    edges = tuple(edges)
    sources_of = {edge.before for edge in edges}
    graph = networkx.MultiDiGraph(spec=spec.name, variable=variable)
    for leaf in leaves_of(spec):
        graph.add_node(
            leaf,
            case=top(leaf),
            meaning=docs.get(leaf, ""),
            start=leaf == first_leaf(spec),
            final=leaf not in sources_of,
        )
    for number, edge in enumerate(edges):
        graph.add_edge(
            edge.before,
            edge.after,
            key=str(number),
            rules=" ".join(edge.rules),
            who=" ".join(edge.who),
        )
    return "\n".join(networkx.generate_graphml(graph, named_key_ids=True)) + "\n"
