"""A run as a message-sequence diagram in plain text.

Belongs here: the diagram as lines. Never here: what happened in the run (`telling`).

Time runs down, each node is a column. An arrow is a message that arrives, in the step where it
arrives; `@3` says that step 3 sent it. `o` is what happens at one node, `X` a crash or a stop for
ever; below stands the rule that answers. With up to six nodes the lines are at most 80 characters
long, with more they grow by 12 for each node. What is too long for its place ends in `~`; the
numbered steps have it in full. Where a run goes on for ever, lines across all columns mark the
loop.
"""

from __future__ import annotations

from checkers.story import ToldRun, ToldStep

WIDTH, GUTTER, NARROW, WIDE = 80, 5, 12, 24


def chart(run: ToldRun) -> str:
    """Return the diagram."""
    return "\n".join(line.rstrip() for line in _Chart(run).lines()) + "\n"


class _Chart:
    """The columns, and the lines so far."""

    def __init__(self, run: ToldRun) -> None:
        self.run = run
        self.column = max(NARROW, min(WIDE, (WIDTH - GUTTER) // max(1, len(run.nodes))))
        self.width = GUTTER + self.column * len(run.nodes)
        self.at = {
            node: GUTTER + i * self.column + self.column // 2 for i, node in enumerate(run.nodes)
        }

    def lines(self) -> list[str]:
        """Return the lines of the diagram."""
        found = [self._heading(), self._lifelines()]
        for step in self.run.steps:
            if step.number == self.run.loop:
                found.append(self._across(" the loop begins "))
            found += self._step(step)
        if self.run.loop is not None:
            return [*found, self._across(f" {self.run.goes_on()} ")]
        if self.run.steps:
            last = self.run.steps[-1].node
            found.append(self._text(self._lifelines(), last, f"breaks {self.run.property}", "#"))
        return found

    def _heading(self) -> str:
        line = " " * self.width
        for node, at in self.at.items():
            line = _put(line, max(GUTTER, at - len(node) // 2), _cut(node, self.column - 1))
        return line

    def _lifelines(self) -> str:
        line = " " * self.width
        for at in self.at.values():
            line = _put(line, at, "|")
        return line

    def _across(self, text: str) -> str:
        line = " " * GUTTER + "=" * (self.width - GUTTER)
        return _put(line, GUTTER + 2, _cut(text, max(self.width, WIDTH) - GUTTER - 2))

    def _step(self, step: ToldStep) -> list[str]:
        number = f"{step.number:>{GUTTER - 1}}"
        rule = self._text(self._lifelines(), step.node, f"[{step.rule}]", "|")
        if step.kind == "message" and step.sender != step.node and step.sender in self.at:
            lines = self._arrow(step)
        else:
            mark = "X" if step.kind in ("crash", "stop") else "o"
            told = step.event
            if step.kind == "message":
                told = f"{step.event}@{step.sent_in} from itself"
            lines = [self._text(self._lifelines(), step.node, told, mark)]
        lines[0] = _put(lines[0], 0, number)
        return [*lines, rule]

    def _arrow(self, step: ToldStep) -> list[str]:
        """Return an arrow with its label on it, or above it where it is too short for that."""
        source, target = self.at[step.sender or ""], self.at[step.node]
        left, right = min(source, target) + 1, max(source, target)
        label = f"{step.event}@{step.sent_in}"
        shaft = "-" * (right - left)
        shaft = shaft[:-1] + ">" if target > source else "<" + shaft[1:]
        line = _put(self._lifelines(), left, shaft)
        if len(label) <= right - left - 3:
            return [_put(line, left + (right - left - len(label)) // 2, label)]
        above = _put(self._lifelines(), left, _cut(label, self.width - left))
        return [above, line]

    def _text(self, line: str, node: str, text: str, mark: str) -> str:
        """Write a mark on a node's line, and text beside it: to the right if there is room."""
        at = self.at[node]
        line = _put(line, at, mark)
        room = max(self.width, WIDTH) - at - 2
        if len(text) <= room:
            return _put(line, at + 2, text)
        if len(text) <= at - GUTTER - 1:
            return _put(line, at - 1 - len(text), text)
        return _put(line, at + 2, _cut(text, room))


def _put(line: str, at: int, text: str) -> str:
    return line[:at].ljust(at) + text + line[at + len(text) :]


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: max(0, length - 1)] + "~"
