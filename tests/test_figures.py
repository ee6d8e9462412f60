"""The state figures: derived, collapsing to the published edges, and knowing their own source."""

from __future__ import annotations

import itertools
import struct
import sys
import xml.etree.ElementTree as ElementTree
import zlib
from pathlib import Path

import networkx
import pygraphviz
import pytest

from model import figures
from model.figures import Edge, NoDrawingProgram, Step, render
from model.figures.edges import leaves_of, published, top
from model.figures.grouping import Line, blocks, drawing, lines
from model.figures.render import draw, marked_png
from model.lang import Spec
from model.order import spec as order_spec
from tests.reference_toy import toy

TEN = {
    ("BOOTSTRAP", "RESET"),
    ("BOOTSTRAP", "ERROR"),
    ("RESET", "LOCKED"),
    ("RESET", "ERROR"),
    ("LOCKED", "ACTIVE"),
    ("LOCKED", "ERROR"),
    ("ACTIVE", "LOCKED"),
    ("ACTIVE", "ERROR"),
    ("ERROR", "RESET"),
    ("ERROR", "ERROR"),
}
"""The published figure: ten edges between the five top-level states, and no other."""


@pytest.fixture(scope="module")
def order() -> Spec:
    return order_spec()


@pytest.fixture(scope="module")
def edges(order: Spec) -> tuple[Edge, ...]:
    return figures.may_edges(order)


@pytest.fixture(scope="module")
def texts(order: Spec, edges: tuple[Edge, ...]) -> dict[str, str]:
    return figures.sources(order, edges)


def said(drawn: tuple[Line, ...]) -> set[tuple[str, str, tuple[str, tuple[str, ...]]]]:
    """Return what lines say, leaf by leaf."""
    return {(a, b, r) for x in drawn for a in x.source for b in x.target for r in x.rules}


def meant(edges: tuple[Edge, ...]) -> set[tuple[str, str, tuple[str, tuple[str, ...]]]]:
    """Return what edges say, in the same form."""
    return {(e.before, e.after, (rule, e.who)) for e in edges for rule in e.rules}


# ---------------------------------------------------------------- edges


def test_the_derived_edges_collapse_to_the_published_ten(
    order: Spec, edges: tuple[Edge, ...]
) -> None:
    assert figures.collapse(edges, order) == TEN == published(order)


def test_no_lock_leads_to_another_and_no_error_to_active(edges: tuple[Edge, ...]) -> None:
    pairs = {(e.before, e.after) for e in edges}
    assert not [p for p in pairs if top(p[0]) == top(p[1]) == "LOCKED"]
    assert not [p for p in pairs if top(p[0]) == "ERROR" and p[1] == "ACTIVE"]
    assert not [p for p in pairs if p[0] == "ERROR(UNRECOVERABLE)"]


def test_collapse_refuses_what_is_no_leaf(order: Spec) -> None:
    with pytest.raises(ValueError, match="'LOCKED' is no leaf"):
        figures.collapse([Edge("LOCKED", "ACTIVE", ("x",), ("HERALD",))], order)


def test_steps_become_edges_by_who_sets_them_off(order: Spec) -> None:
    """A message is its sender's doing, a timer the node's own; staying put is no edge."""
    made = figures.assemble(
        order,
        [
            Step("recover", "RADIANT", "ERROR(RECOVERABLE(SHARD))", "RESET"),
            Step("recover_as_herald", "HERALD", "ERROR(RECOVERABLE(SHARD))", "RESET"),
            Step("learn", "RADIANT", "LOCKED(REPLICATING)", "ACTIVE"),
            Step("adopt_newer_term@Commit", "HERALD", "ACTIVE", "LOCKED(VOTING)"),
            Step("adopt_newer_term@Propose", "RADIANT", "ACTIVE", "LOCKED(VOTING)"),
            Step("adopt_newer_term@Propose", "RADIANT", "RESET", "RESET"),
        ],
    )
    assert made == (
        Edge("ACTIVE", "LOCKED(VOTING)", ("adopt_newer_term",), ("HERALD",)),
        Edge("LOCKED(REPLICATING)", "ACTIVE", ("learn",), ("HERALD",)),
        Edge("ERROR(RECOVERABLE(SHARD))", "RESET", ("recover_as_herald",), ("HERALD",)),
        Edge("ERROR(RECOVERABLE(SHARD))", "RESET", ("recover",), ("RADIANT",)),
    )


# ---------------------------------------------------------------- lines


def test_the_lines_say_just_what_the_edges_say(order: Spec, edges: tuple[Edge, ...]) -> None:
    plan = drawing(leaves_of(order), edges)
    assert said(plan.lines) == meant(edges)
    assert len(plan.lines) < len({(e.before, e.after) for e in edges}) * 0.6


def test_the_lines_are_exact_for_any_choice_of_frames(order: Spec, edges: tuple[Edge, ...]) -> None:
    leaves = leaves_of(order)
    plan = drawing(leaves, edges)
    split = blocks(edges)
    for count in range(len(plan.frames) + 1):
        for frames in itertools.combinations(plan.frames, count):
            assert said(lines(leaves, split, frames)) == meant(edges)


def test_frames_are_apart_or_nested(order: Spec, edges: tuple[Edge, ...]) -> None:
    frames = drawing(leaves_of(order), edges).frames
    for a, b in itertools.combinations(frames, 2):
        assert a < b or b < a or not a & b
    assert {"LOCKED", "ERROR", "RECOVERABLE"} <= set(frames.values())


# ---------------------------------------------------------------- texts


def test_the_fine_figure_s_text_collapses_to_the_ten(order: Spec, texts: dict[str, str]) -> None:
    graph = pygraphviz.AGraph(string=texts["docs/order_states.dot"])
    assert set(graph.nodes()) == set(leaves_of(order))
    assert {(top(a), top(b)) for a, b in graph.edges()} == TEN


def test_the_coarse_figure_has_the_ten_edges(texts: dict[str, str]) -> None:
    graph = pygraphviz.AGraph(string=texts["docs/order_states_coarse.dot"])
    assert sorted(graph.edges()) == sorted(TEN)
    assert len(graph.nodes()) == 5


def test_every_rule_that_changes_the_state_is_on_the_figure(
    edges: tuple[Edge, ...], texts: dict[str, str]
) -> None:
    for edge in edges:
        for rule in edge.rules:
            assert f">{rule}</font>" in texts["docs/order_states.dot"]


def test_the_graph_for_tools_holds_every_edge(
    order: Spec, edges: tuple[Edge, ...], texts: dict[str, str]
) -> None:
    graph = networkx.parse_graphml(texts["docs/order_states.graphml"], force_multigraph=True)
    assert list(graph.nodes) == list(leaves_of(order))
    found = {
        (a, b, tuple(d["rules"].split()), tuple(d["who"].split()))
        for a, b, d in graph.edges(data=True)
    }
    assert found == {(e.before, e.after, e.rules, e.who) for e in edges}
    assert [n for n, d in graph.nodes(data=True) if d["start"]] == ["BOOTSTRAP"]
    assert [n for n, d in graph.nodes(data=True) if d["final"]] == ["ERROR(UNRECOVERABLE)"]


def test_a_spec_without_edges_has_no_figure() -> None:
    with pytest.raises(ValueError, match="declare EdgeTable"):
        figures.may_edges(toy())


# ---------------------------------------------------------------- drawings

SMALL = 'digraph { a -> "b" [label=<<b>x</b>>] }\n'


def test_a_drawing_knows_its_source(tmp_path: Path) -> None:
    svg, png = render(SMALL)
    for name, data in (("x.svg", svg), ("x.png", png)):
        (tmp_path / name).write_bytes(data)
        assert figures.embedded_digest(tmp_path / name) == figures.digest(SMALL)
    ElementTree.fromstring(svg.decode())


def test_the_chunk_leaves_the_png_well_formed() -> None:
    _, png = render(SMALL)
    at, kinds = 8, []
    while at < len(png):
        length, kind = struct.unpack_from(">I4s", png, at)
        (checksum,) = struct.unpack_from(">I", png, at + 8 + length)
        assert checksum == zlib.crc32(png[at + 4 : at + 8 + length])
        kinds.append(kind)
        at += 12 + length
    assert kinds[:2] == [b"IHDR", b"tEXt"] and kinds[-1] == b"IEND"


def test_a_drawing_without_a_digest_has_none(tmp_path: Path) -> None:
    (tmp_path / "x.svg").write_text("<svg/>")
    assert figures.embedded_digest(tmp_path / "x.svg") is None
    (tmp_path / "x.png").write_bytes(unmarked_png())
    assert figures.embedded_digest(tmp_path / "x.png") is None


def unmarked_png() -> bytes:
    """Return a PNG as the drawing program makes it."""
    return draw(SMALL, "png")


def test_what_is_no_png_is_refused() -> None:
    with pytest.raises(ValueError, match="no PNG"):
        marked_png(b"GIF89a", "x")


@pytest.fixture
def dot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A `dot` program that draws SVG alone."""
    program = tmp_path / "dot"
    program.write_text(
        "#!/bin/sh\n"
        'case "$*" in *-Tsvg*) echo "<svg>$(cat)</svg>";; *) echo bad >&2; exit 1;; esac\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")


def without(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a package impossible to import."""
    monkeypatch.setitem(sys.modules, module, None)


def test_the_program_is_used_where_there_is_one(dot: None, monkeypatch: pytest.MonkeyPatch) -> None:
    without("pygraphviz", monkeypatch)
    assert draw("digraph {a}", "svg").split() == [b"<svg>digraph", b"{a}</svg>"]
    with pytest.raises(ValueError, match="dot cannot draw this: bad"):
        draw(SMALL, "png")


def test_the_library_is_used_where_there_is_no_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert b"<svg" in draw(SMALL, "svg")


def test_the_library_is_used_where_the_package_of_the_program_is_missing(
    dot: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    without("graphviz", monkeypatch)
    assert draw(SMALL, "png").startswith(b"\x89PNG")


def test_it_is_told_where_nothing_can_draw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    without("pygraphviz", monkeypatch)
    with pytest.raises(NoDrawingProgram, match=r"nothing here can draw.*pip install pygraphviz"):
        draw(SMALL, "svg")


def test_a_figure_is_stale_when_its_text_or_its_drawing_is(tmp_path: Path) -> None:
    texts = {"docs/x.dot": SMALL, "docs/x.graphml": "<graphml/>\n"}
    assert figures.stale(texts, tmp_path) == [
        "docs/x.dot",
        "docs/x.svg",
        "docs/x.png",
        "docs/x.graphml",
    ]
    (tmp_path / "docs").mkdir()
    for path, text in texts.items():
        (tmp_path / path).write_text(text)
    for path, data in figures.drawings(texts).items():
        (tmp_path / path).write_bytes(data)
    assert figures.stale(texts, tmp_path) == []
    changed = {**texts, "docs/x.dot": SMALL.replace("b", "c")}
    assert figures.stale(changed, tmp_path) == ["docs/x.dot", "docs/x.svg", "docs/x.png"]


def test_the_whole_figure_can_be_drawn(texts: dict[str, str]) -> None:
    svg, png = render(texts["docs/order_states.dot"])
    width, height = struct.unpack_from(">II", png, 16)
    assert 800 < width < 1600 and height < 1800, "it fits a page's width"
    assert b"enter_error" in svg
