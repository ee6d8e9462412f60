"""States by depth as a picture: SVG, written by hand.

Belongs here: drawing. Never here: counting.
"""

from __future__ import annotations

from html import escape
from textwrap import wrap

WIDTH, HEIGHT = 720, 360
LEFT, RIGHT, TOP, BOTTOM = 90, 20, 46, 46
FILL, INK, GRID = "#1a56b0", "#333333", "#dddddd"
ACROSS = 108
"""So many letters of the small lines fit into the width."""
LINE = 13
FONT = "Helvetica,Arial,DejaVu Sans,sans-serif"


def nice(most: int) -> list[int]:
    """Return round numbers from 0 to at least `most`, four to six of them."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if step * factor * 5 >= most:
                size = step * factor
                return [size * i for i in range(-(-most // size) + 1)]
        step *= 10


def svg(levels: list[int], name: str, within: str) -> str:
    """Return the plot of states by depth: of what, and below it within which bounds."""
    below = wrap(within, ACROSS)
    top = TOP + LINE * max(0, len(below) - 1)
    high = HEIGHT + top - TOP
    most = max(levels, default=1)
    marks = nice(most)
    inner_width, inner_height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    slot = inner_width / max(1, len(levels))

    def across(depth: float) -> float:
        return LEFT + slot * depth

    def up(count: float) -> float:
        return top + inner_height * (1 - count / marks[-1])

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {high}"'
        f' font-family="{FONT}" font-size="12" fill="{INK}">',
        f'<rect width="{WIDTH}" height="{high}" fill="white"/>',
        f'<text x="{LEFT}" y="18" font-size="14">{escape(name)}</text>',
        *(
            f'<text x="{LEFT}" y="{35 + LINE * row}" font-size="10">{escape(line)}</text>'
            for row, line in enumerate(below)
        ),
    ]
    for mark in marks:
        y = up(mark)
        out.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="{GRID}"/>')
        out.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{mark:,}</text>')
    every = max(1, -(-len(levels) // 15))
    for depth, count in enumerate(levels):
        x, y = across(depth), up(count)
        height = top + inner_height - y
        out.append(
            f'<rect x="{x + slot * 0.1:.1f}" y="{y:.1f}" width="{slot * 0.8:.1f}"'
            f' height="{height:.1f}" fill="{FILL}"><title>depth {depth}: {count:,}</title></rect>'
        )
        if depth % every == 0:
            base = high - BOTTOM + 18
            out.append(
                f'<text x="{x + slot / 2:.1f}" y="{base}" text-anchor="middle">{depth}</text>'
            )
    middle = LEFT + inner_width / 2
    out.append(f'<text x="{middle}" y="{high - 8}" text-anchor="middle">depth (steps)</text>')
    return "\n".join([*out, "</svg>", ""])
