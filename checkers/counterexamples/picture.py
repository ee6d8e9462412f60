"""A run as a message-sequence diagram in SVG.

Belongs here: the picture. Never here: what happened in the run (`telling`).

Time runs down, each node is a line. An arrow begins where its message was sent and ends where it
arrives; a message that arrives twice has two arrows. At its end stands the message. A dot is what
happens at one node alone, a cross is a crash or a stop for ever. Where the run goes on for ever,
the loop is shaded. The notes on the right say for each step which rule answers, and what it
changes.
"""

from __future__ import annotations

from html import escape

from checkers.story import ToldRun, ToldStep

COLUMN, TOP, LEFT, LINE = 210, 60, 44, 14
LABEL, NOTE, CHANGES = 26, 60, 4

_STYLE = """
text { font: 12px ui-monospace, 'DejaVu Sans Mono', monospace; fill: #1a1a1a;
  paint-order: stroke; stroke: #fff; stroke-width: 3px; stroke-linejoin: round; }
.node { font-weight: bold; font-size: 14px; text-anchor: middle; }
.number { fill: #777; text-anchor: end; }
.rule { fill: #14532d; }
.change { fill: #555; font-size: 11px; }
.broken { fill: #b00020; font-weight: bold; }
.end { text-anchor: end; }
line.life { stroke: #bbb; stroke-width: 1.5; }
.arrow { stroke: #1d4ed8; stroke-width: 1.5; fill: none; marker-end: url(#head); }
.dot { fill: #1d4ed8; }
.cross { stroke: #b00020; stroke-width: 2.5; }
"""
_OF_LOOPS = """.loop { fill: #fef3c7; stroke: #d97706; stroke-dasharray: 5 4; }
.goes-on { fill: #92400e; font-weight: bold; }
"""


def picture(run: ToldRun) -> str:
    """Return the diagram as an SVG document."""
    return _Picture(run).text()


class _Picture:
    """Where everything is."""

    def __init__(self, run: ToldRun) -> None:
        self.run = run
        first = LEFT + COLUMN
        self.x = {node: first + i * COLUMN for i, node in enumerate(run.nodes)}
        self.notes = first + len(run.nodes) * COLUMN
        self.y: dict[int, int] = {}
        below = TOP + 34
        for step in run.steps:
            self.y[step.number] = below
            below += 32 + LINE * len(_changes(step))
        self.bottom = below
        notes = [f"{s.number} {s.node}: {s.rule}" for s in run.steps]
        notes += ["  " + _cut(change, NOTE) for s in run.steps for change in _changes(s)]
        self.width = self.notes + 8 * max([20, *map(len, notes)])
        self.height = below + 60

    def text(self) -> str:
        """Return the document."""
        title = f"A run of {len(self.run.steps)} steps that breaks {self.run.property}"
        if self.run.loop is not None:
            title = f"A run that goes on for ever and breaks {self.run.property}"
        size = f'width="{self.width}" height="{self.height}"'
        lines = [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size}'
            f' viewBox="0 0 {self.width} {self.height}" role="img">',
            f"<title>{escape(title)}</title>",
            f"<style>{_STYLE}{_OF_LOOPS if self.run.loop is not None else ''}</style>",
            '<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8"'
            ' markerHeight="8" orient="auto"><path d="M0 0L10 5L0 10z" fill="#1d4ed8"/>'
            "</marker></defs>",
            f'<rect {size} fill="#fff"/>',
            f'<text x="{LEFT - 24}" y="22">{escape(title)}</text>',
        ]
        lines += self._loop()
        for node, x in self.x.items():
            lines.append(f'<text class="node" x="{x}" y="{TOP}">{escape(node)}</text>')
            lines.append(
                f'<line class="life" x1="{x}" y1="{TOP + 8}" x2="{x}" y2="{self.bottom}"/>'
            )
        lines += [line for step in self.run.steps for line in self._line(step)]
        lines += [line for step in self.run.steps for line in self._words(step)]
        for at, broken in enumerate(_wrapped(self.run.broken, (self.width - LEFT) // 8)[:3]):
            y = self.bottom + 20 + 16 * at
            lines.append(f'<text class="broken" x="{LEFT - 24}" y="{y}">{escape(broken)}</text>')
        return "\n".join([*lines, "</svg>"]) + "\n"

    def _loop(self) -> list[str]:
        """Return the frame around the loop, and how the run goes on."""
        if self.run.loop is None:
            return []
        told = f'x="{LEFT + 44}" y="{self.bottom + 4}">{escape(self.run.goes_on())}</text>'
        lines = [f'<text class="goes-on" {told}']
        if self.run.loop in self.y:
            top = self.y[self.run.loop] - 22
            size = f'width="{self.notes - LEFT - 50}" height="{self.bottom - top - 8}"'
            lines.insert(0, f'<rect class="loop" x="{LEFT + 36}" y="{top}" {size}/>')
        return lines

    def _line(self, step: ToldStep) -> list[str]:
        """Return the arrow or the mark of a step."""
        x, y = self.x[step.node], self.y[step.number]
        if step.kind in ("crash", "stop"):
            return [
                f'<path class="cross" d="M{x - 6} {y - 6}L{x + 6} {y + 6}M{x - 6} {y + 6}'
                f'L{x + 6} {y - 6}"/>'
            ]
        if step.kind != "message" or step.sender not in self.x or step.sent_in is None:
            return [f'<circle class="dot" cx="{x}" cy="{y}" r="4"/>']
        x0, y0 = self.x[step.sender], self.y[step.sent_in]
        if x0 != x:
            return [f'<path class="arrow" d="M{x0} {y0}L{x} {y}"/>']
        out = x - 34
        return [f'<path class="arrow" d="M{x} {y0}C{out} {y0} {out} {y} {x} {y}"/>']

    def _words(self, step: ToldStep) -> list[str]:
        x, y = self.x[step.node], self.y[step.number]
        from_right = step.kind == "message" and self.x.get(step.sender or "", x) > x
        place = f'class="end" x="{x - 12}"' if from_right else f'x="{x + 12}"'
        what = step.kind if step.kind in ("crash", "stop") else f"{step.event}{_fields(step)}"
        lines = [
            f'<text class="number" x="{LEFT - 8}" y="{y + 4}">{step.number}</text>',
            f'<text {place} y="{y - 6}">{escape(_cut(what, LABEL))}</text>',
            f'<text class="rule" x="{self.notes}" y="{y + 4}">{step.number} '
            f"{escape(f'{step.node}: {step.rule}')}</text>",
        ]
        for at, change in enumerate(_changes(step), 1):
            told = escape(_cut(change, NOTE - 2))
            lines.append(
                f'<text class="change" x="{self.notes + 16}" y="{y + 4 + LINE * at}">{told}</text>'
            )
        return lines


def _fields(step: ToldStep) -> str:
    return f"({', '.join(v for _, v in step.fields)})" if step.fields else ""


def _changes(step: ToldStep) -> list[str]:
    """Return what a step changes, the first few; the numbered steps have them all."""
    told = list(step.changes[:CHANGES])
    more = len(step.changes) - len(told)
    return [*told, f"and {more} more"] if more > 0 else told


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _wrapped(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) + 1 > width and lines[-1]:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
