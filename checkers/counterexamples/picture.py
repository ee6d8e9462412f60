"""A run as a message-sequence diagram in SVG.

Belongs here: the picture. Never here: what happened in the run (`telling`).

Time runs down, each node is a line. An arrow begins where its message was sent and ends where it
arrives; a message that arrives twice has two arrows. At its end stands the message. A dot is what
happens at one node alone, a cross is a crash or a stop for ever. The notes on the right say for
each step which rule answers, and what it changes; also the message, where its place is too short.
Where the run goes on for ever, the loop is shaded, and below stands of each fair action why it does
not end the run. What is long is broken into lines.
"""

from __future__ import annotations

from html import escape
from textwrap import wrap

from checkers.story import ToldRun, ToldStep

COLUMN, TOP, LEFT, LINE = 210, 60, 44, 14
LABEL, NOTE, CHANGES, NAME = 26, 60, 4, 23
SIGN, NARROWEST = 8, 720
"""How wide a sign is at most, and the page at least."""

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
.fair { fill: #92400e; }
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
            below += 32 + LINE * len(_notes(step))
        self.bottom = below
        notes = [f"{s.number} {s.node}: {s.rule}" for s in run.steps]
        notes += ["  " + note for s in run.steps for note in _notes(s)]
        wide = [self.notes + SIGN * max([20, *map(len, notes)]), NARROWEST]
        self.width = max(*wide, LEFT + SIGN * len(self._title()))
        within = (self.width - LEFT) // SIGN
        self.below = [("goes-on", run.goes_on())] if run.loop is not None else []
        self.below += [("broken", line) for line in _wrapped(run.broken, within)]
        if run.fair:
            self.below.append(("goes-on", "it is fair to everything that is declared fair:"))
        for told in _by_reason(run.fair):
            head, *more = _wrapped(told, within - 4)
            self.below += [("fair", f"- {head}"), *(("fair", f"  {line}") for line in more)]
        self.height = self.bottom + 16 * len(self.below) + 32

    def _title(self) -> str:
        if self.run.loop is not None:
            return f"A run that goes on for ever and breaks {self.run.property}"
        return f"A run of {len(self.run.steps)} steps that breaks {self.run.property}"

    def text(self) -> str:
        """Return the document."""
        title = self._title()
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
            name = escape(_cut(node, NAME))  # the notes have it whole
            lines.append(f'<text class="node" x="{x}" y="{TOP}">{name}</text>')
            lines.append(
                f'<line class="life" x1="{x}" y1="{TOP + 8}" x2="{x}" y2="{self.bottom}"/>'
            )
        lines += [line for step in self.run.steps for line in self._line(step)]
        lines += [line for step in self.run.steps for line in self._words(step)]
        for at, (kind, told) in enumerate(self.below):
            x = LEFT - 24 + SIGN * (len(told) - len(told.lstrip()))
            y = self.bottom + 20 + 16 * at
            lines.append(f'<text class="{kind}" x="{x}" y="{y}">{escape(told.lstrip())}</text>')
        return "\n".join([*lines, "</svg>"]) + "\n"

    def _loop(self) -> list[str]:
        """Return the frame around the loop, where there is one."""
        if self.run.loop is None or self.run.loop not in self.y:
            return []
        top = self.y[self.run.loop] - 22
        size = f'width="{self.notes - LEFT - 50}" height="{self.bottom - top - 8}"'
        return [f'<rect class="loop" x="{LEFT + 36}" y="{top}" {size}/>']

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
        what = _what(step)
        lines = [
            f'<text class="number" x="{LEFT - 8}" y="{y + 4}">{step.number}</text>',
            f'<text {place} y="{y - 6}">{escape(_cut(what, LABEL))}</text>',
            f'<text class="rule" x="{self.notes}" y="{y + 4}">{step.number} '
            f"{escape(f'{step.node}: {step.rule}')}</text>",
        ]
        for at, note in enumerate(_notes(step), 1):
            x = self.notes + 16 + SIGN * (len(note) - len(note.lstrip()))
            told = escape(note.lstrip())
            lines.append(f'<text class="change" x="{x}" y="{y + 4 + LINE * at}">{told}</text>')
        return lines


def _what(step: ToldStep) -> str:
    return step.kind if step.kind in ("crash", "stop") else f"{step.event}{_fields(step)}"


def _fields(step: ToldStep) -> str:
    return f"({', '.join(v for _, v in step.fields)})" if step.fields else ""


def _notes(step: ToldStep) -> list[str]:
    """Return what a step changes, the first few; the numbered steps have them all.

    Before it stands in full what happens, where its place is too short for that.
    """
    what = _what(step)
    told = [what] if len(what) > LABEL else []
    told += step.changes[:CHANGES]
    more = len(step.changes) - CHANGES
    told += [f"and {more} more"] if more > 0 else []
    lines = []
    for one in told:
        first, *rest = _wrapped(one, NOTE)
        lines += [first, *(f"  {line}" for line in rest)]
    return lines


def _by_reason(fair: tuple[str, ...]) -> list[str]:
    """Return why no fair action ends the run, what has one reason together."""
    reasons: dict[str, list[str]] = {}
    for one in fair:
        what, _, why = one.rpartition(": ")
        reasons.setdefault(why, []).append(what)
    return [
        f"{whats[0]}: {why}" if len(whats) == 1 else f"{why}: {'; '.join(whats)}"
        for why, whats in reasons.items()
    ]


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _wrapped(text: str, width: int) -> list[str]:
    """Return text in lines of at most `width` signs, at least one; a longer word is broken."""
    return wrap(text, width, break_on_hyphens=False) or [""]
