"""Drawing few lines for many edges: which leaves stand in one frame, and what each line says.

Belongs here: exact regrouping; the lines together say what the edges say, no more and no less.
Never here: how a line or a frame looks (`dot.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from model.figures.edges import Edge, top

Group = frozenset[str]
Ends = tuple[Group, Group]
By = tuple[str, tuple[str, ...]]
"""A rule's name and who sets it off."""

LINE_COST, NAME_COST, FRAME_COST = 4, 1, 8
"""What a line, a name on one and a frame weigh against each other, by eye."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the figure, from every leaf of one group to every leaf of another."""

    source: Group
    target: Group
    rules: tuple[By, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """What to draw: frames (a case's own name, or empty for one that only gathers) and lines."""

    frames: dict[Group, str]
    lines: tuple[Line, ...]


def drawing(leaves: tuple[str, ...], edges: Iterable[Edge]) -> Drawing:
    """Choose frames and lines for `edges`, few of both; the same edges give the same drawing.

    Any two frames are apart or one within the other, so that they can be drawn nested.
    """
    edges = list(edges)
    split = blocks(edges)
    frames = case_groups(leaves)
    named = set(frames)
    for group in candidates(leaves, split):
        if all(group <= g or g <= group or not group & g for g in frames):
            frames.setdefault(group, "")
    while True:
        best = min(
            (_without(frames, g) for g in frames if g not in named),
            key=lambda fewer: clutter(lines(leaves, split, fewer), fewer),
            default=frames,
        )
        now = lines(leaves, split, frames)
        if clutter(lines(leaves, split, best), best) >= clutter(now, frames):
            return Drawing(frames, now)
        frames = best


def _without(frames: dict[Group, str], group: Group) -> dict[Group, str]:
    return {g: name for g, name in frames.items() if g != group}


def clutter(drawn: tuple[Line, ...], frames: Mapping[Group, str]) -> int:
    """Return how much there is to look at: lines, names on them, and frames, each weighed."""
    named = sum(len(line.rules) for line in drawn)
    return LINE_COST * len(drawn) + NAME_COST * named + FRAME_COST * len(frames)


def case_groups(leaves: tuple[str, ...]) -> dict[Group, str]:
    """Return the groups that the sum itself has, its cases with a payload, and their names."""
    found: dict[Group, str] = {}
    for leaf in leaves:
        parts = leaf.split("(")
        for depth in range(1, len(parts)):
            head = "(".join(parts[:depth])
            found[frozenset(x for x in leaves if x.startswith(head + "("))] = parts[depth - 1]
    return found


@dataclass(frozen=True, slots=True)
class Block:
    """A rule leads from each of `sources` to each of `targets`."""

    sources: Group
    targets: Group


def blocks(edges: Iterable[Edge]) -> dict[By, list[list[Block]]]:
    """Split each rule's edges into full rectangles of sources and targets, in two ways.

    Once by sources that lead to the same targets, once by targets that come from the same sources.
    """
    pairs: dict[By, set[tuple[str, str]]] = {}
    for edge in edges:
        for rule in edge.rules:
            pairs.setdefault((rule, edge.who), set()).add((edge.before, edge.after))
    turned = {rule: {(b, a) for a, b in ps} for rule, ps in pairs.items()}
    return {
        rule: [
            rectangles(pairs[rule]),
            [Block(b.targets, b.sources) for b in rectangles(turned[rule])],
        ]
        for rule in pairs
    }


def rectangles(pairs: set[tuple[str, str]]) -> list[Block]:
    """Return full rectangles that make up `pairs`: sources that lead to the same targets."""
    targets: dict[str, set[str]] = {}
    for before, after in sorted(pairs):
        targets.setdefault(before, set()).add(after)
    sources: dict[Group, set[str]] = {}
    for before, afters in targets.items():
        sources.setdefault(frozenset(afters), set()).add(before)
    return [Block(frozenset(befores), afters) for afters, befores in sources.items()]


def candidates(leaves: tuple[str, ...], split: Mapping[By, list[list[Block]]]) -> list[Group]:
    """Return the groups that might save lines, those that serve the most rules first."""
    wanted: dict[Group, int] = {}
    for ways in split.values():
        for side in (side for way in ways for b in way for side in (b.sources, b.targets)):
            for name in {surroundings(leaf) for leaf in side}:
                part = frozenset(leaf for leaf in side if surroundings(leaf) == name)
                if len(part) > 1:
                    wanted[part] = wanted.get(part, 0) + len(part) - 1
    return sorted(wanted, key=lambda g: (-wanted[g], order_of(leaves, g)))


def surroundings(leaf: str) -> str:
    """Return the outermost case around a leaf; leaves with no payload stand together."""
    return top(leaf) if "(" in leaf else ""


def order_of(leaves: tuple[str, ...], group: Group) -> tuple[int, ...]:
    """Return the places of a group's leaves, to sort by."""
    return tuple(i for i, leaf in enumerate(leaves) if leaf in group)


def cover(leaves: Group, frames: Iterable[Group]) -> list[Group]:
    """Split `leaves` into the largest frames that lie within it, and single leaves."""
    left = set(leaves)
    made: list[Group] = []
    for frame in sorted(frames, key=len, reverse=True):
        if frame <= left:
            made.append(frame)
            left -= frame
    return made + [frozenset({leaf}) for leaf in sorted(left)]


def lines(
    leaves: tuple[str, ...], split: Mapping[By, list[list[Block]]], frames: Iterable[Group]
) -> tuple[Line, ...]:
    """Return the lines to draw with these frames, in a fixed order."""
    frames = list(frames)
    found: dict[Ends, set[By]] = {}
    for rule, ways in split.items():
        drawn = [
            [
                (s, t)
                for b in way
                for s in cover(b.sources, frames)
                for t in cover(b.targets, frames)
            ]
            for way in ways
        ]
        for ends in min(drawn, key=len):
            found.setdefault(ends, set()).add(rule)
    dissolve(found)
    place = {rule: i for i, rule in enumerate(split)}
    return tuple(
        Line(source, target, tuple(sorted(found[source, target], key=lambda r: place[r])))
        for source, target in sorted(
            found, key=lambda ends: (order_of(leaves, ends[0]), order_of(leaves, ends[1]))
        )
    )


def dissolve(found: dict[Ends, set[By]]) -> None:
    """Move the rules of a line at a frame onto lines at its parts, where those are drawn anyway."""
    widest = sorted(found, key=lambda e: (-len(e[0]) - len(e[1]), sorted(e[0]), sorted(e[1])))
    for source, target in widest:
        sources = cover(source, {s for s, t in found if t == target and s < source})
        targets = cover(target, {t for s, t in found if s == source and t < target})
        for way in ([(s, target) for s in sources], [(source, t) for t in targets]):
            if len(way) > 1 and all(ends in found for ends in way):
                for ends in way:
                    found[ends] |= found[source, target]
                del found[source, target]
                break
