"""What a counterexample tells, as plain data: the facts of a step, and whole runs.

Belongs here: plain data. Never here: how it is found (`counterexamples`) or shown (`showing`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a line; what is `marked` matters: were it otherwise, nothing would be broken."""

    text: str
    marked: bool = False


Line = tuple[Part, ...]


def plain(line: Line) -> str:
    """Return a line as text, what matters between asterisks."""
    return "".join(f"*{p.text}*" if p.marked else p.text for p in line)


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A step that breaks a property, replayed by the evaluator.

    `before` and `after` are facts; of `after`, what differs. `replayed`: the evaluator confirms
    that the step is taken, that it breaks the property, and what `claim` says of the state before.
    `smallest`: it is known that fewer facts do not do, with so many nodes. Where `transition` is
    empty, there is no step: the first state itself breaks the property.
    """

    transition: str
    event: str
    before: tuple[Line, ...]
    after: tuple[Line, ...]
    broken: str
    scope: str
    replayed: bool
    note: str = ""
    claim: str = ""
    smallest: bool = False


@dataclass(frozen=True, slots=True)
class ToldStep:
    """A step of a run: `kind` is message, request, timer, crash, or stop (for ever).

    `fields` are plain values by name, as words; `sent_in` is the step that first sent the message;
    `rule` the row that answers; `changes`, `sends` and `ghosts` what the step does, in words.
    """

    number: int
    node: str
    kind: str
    event: str
    fields: tuple[tuple[str, str], ...]
    sender: str | None
    sent_in: int | None
    rule: str
    changes: tuple[str, ...]
    sends: tuple[str, ...]
    ghosts: tuple[str, ...]

    @property
    def title(self) -> str:
        """What happens, in words."""
        if self.kind == "crash":
            return f"{self.node} crashes and restarts"
        if self.kind == "stop":
            return f"{self.node} stops for ever"
        given = ", ".join(f"{n}={v}" for n, v in self.fields)
        if self.kind != "message":
            return f"{self.node}: {self.event}({given})"
        origin = f"from {self.sender}, sent in step {self.sent_in}"
        return f"{self.node}: {self.event}({given}) {origin}"


@dataclass(frozen=True, slots=True)
class ToldRun:
    """A run from the first state that breaks a property, replayed by the evaluator.

    `chart` is its message-sequence diagram as text, `svg` as a picture, `program` a Python program
    that replays it on generated nodes, or empty, and then `no_program` says why there is none.

    With `loop`, the run goes on for ever: after its last step comes the step of that number again;
    where there is no such step, nothing more happens. `fair` then says, as `what: why`, of each
    fair action why it does not end the run.
    """

    property: str
    config: tuple[tuple[str, str], ...]
    nodes: tuple[str, ...]
    steps: tuple[ToldStep, ...]
    broken: str
    found_by: str
    shortest: bool
    chart: str = ""
    svg: str = ""
    program: str = ""
    no_program: str = ""
    loop: int | None = None
    fair: tuple[str, ...] = ()

    def goes_on(self) -> str:
        """Return how the run goes on for ever, in words; empty where it ends."""
        if self.loop is None:
            return ""
        if self.loop > len(self.steps):
            return "and nothing more happens"
        return f"and so on from step {self.loop}, for ever"


@dataclass(frozen=True, slots=True)
class Reachability:
    """Whether a run from the first state breaks a property.

    Without a `run`: none of at most `depth` steps does, in `scope`; `asked` is how deep it was to
    go and `stopped` why it went no further, if it did not. `searched` tells what random runs were
    searched in vain, and `note` what went wrong, if anything did. `lemma`: a step breaks the
    property, so that, if no run does, a lemma is missing.
    """

    property: str
    run: ToldRun | None
    depth: int | None
    asked: int
    scope: str
    stopped: str = ""
    searched: str = ""
    note: str = ""
    seconds: float = 0.0
    lemma: bool = False

    def sentence(self) -> str:
        """Return it in a sentence."""
        if self.run is not None:
            count = len(self.run.steps)
            if not count:
                return "reachable: the first state itself breaks it"
            steps = "1 step" if count == 1 else f"{count} steps"
            short = ""
            if self.run.shortest:
                short = f"; no shorter one does with {self.scope}"
            elif self.depth is not None:
                short = f"; none of {self.depth} steps or fewer does with {self.scope}"
            return f"reachable: a run of {steps} from the first state breaks it{short}"
        more = f" ({self.stopped})" if self.stopped else ""
        if self.depth is None:
            return f"not known whether a run breaks it{more}"
        steps = "1 step" if self.depth == 1 else f"{self.depth} steps"
        why = ": probably a missing lemma" if self.lemma else ""
        return f"not reachable within {steps} in this scope ({self.scope}){more}{why}"

    def data(self) -> dict[str, Any]:
        """Return it as plain data, for JSON."""
        return {
            "reachable": self.run is not None,
            "sentence": self.sentence(),
            "depth": self.depth,
            "asked_depth": self.asked,
            "scope": self.scope,
            "stopped": self.stopped,
            "searched": self.searched,
            "note": self.note,
            "seconds": round(self.seconds, 3),
            "run": None if self.run is None else run_data(self.run),
        }


def run_data(run: ToldRun) -> dict[str, Any]:
    """Return a run as plain data, for JSON."""
    return {
        "property": run.property,
        "config": dict(run.config),
        "nodes": list(run.nodes),
        "broken": run.broken,
        "found_by": run.found_by,
        "shortest": run.shortest,
        "loop": run.loop,
        "steps": [
            {
                "number": s.number,
                "node": s.node,
                "kind": s.kind,
                "event": s.event,
                "fields": dict(s.fields),
                "sender": s.sender,
                "sent_in": s.sent_in,
                "rule": s.rule,
                "changes": list(s.changes),
                "sends": list(s.sends),
                "ghosts": list(s.ghosts),
            }
            for s in run.steps
        ],
        "chart": run.chart.splitlines(),
        "program": run.program,
        "no_program": run.no_program,
    }
