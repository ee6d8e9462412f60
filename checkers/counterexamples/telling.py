"""A run put in words, after the evaluator has taken it again.

Belongs here: from a run to what reports show of it. Never here: finding it, or drawing it.
"""

from __future__ import annotations

from checkers.counterexamples.chart import chart
from checkers.counterexamples.explain import effects
from checkers.counterexamples.picture import picture
from checkers.counterexamples.programs import program, why_no_program
from checkers.counterexamples.runs import FoundRun, Replayed
from checkers.story import ToldRun, ToldStep
from model.evaluate import Evaluator, Packet, show_value
from model.lang import Spec


def tell(spec: Spec, run: FoundRun, target: str, *, shortest: bool = False) -> ToldRun | str:
    """Return the run in words; where the evaluator does not confirm it, why in a string.

    `target` is what `load` takes for the spec, or empty where there is none to name.
    """
    replayed = Replayed(Evaluator(spec), run)
    if not replayed.broken:
        return replayed.problem
    steps = tuple(_steps(replayed))
    config = tuple((n, show_value(v)) for n, v in run.system.config.items())
    told = ToldRun(
        run.name, config, _nodes(replayed, steps), steps, replayed.broken, run.found_by, shortest
    )
    missing = why_no_program(replayed, target)
    return ToldRun(
        told.property,
        told.config,
        told.nodes,
        told.steps,
        told.broken,
        told.found_by,
        told.shortest,
        chart(told),
        picture(told),
        "" if missing else program(replayed, told, target),
        missing,
    )


def _steps(replayed: Replayed) -> list[ToldStep]:
    found: list[ToldStep] = []
    first_sent: dict[Packet, int] = {}
    for number, (event, label) in enumerate(replayed.steps, 1):
        before, outcome = replayed.states[number - 1], replayed.outcomes[number - 1]
        sent_in = None
        if event.kind == "message":
            assert event.sender is not None
            given = Packet(event.name, event.sender, event.node, tuple(event.fields.values()))
            sent_in = first_sent[given]
        changes: list[str] = []
        ghosts: list[str] = []
        sends: list[str] = []
        if outcome is not None:
            for text, fact in effects(before, outcome):
                if fact[0] == "var":
                    changes.append(text.partition(": ")[2])
                elif fact[0] == "ghost":
                    ghosts.append(text)
            sends = [str(packet) for packet in outcome.sends]
            for packet in outcome.sends:
                first_sent.setdefault(packet, number)
        found.append(
            ToldStep(
                number,
                event.node,
                event.kind,
                event.name,
                tuple((n, show_value(v)) for n, v in event.fields.items()),
                event.sender,
                sent_in,
                label,
                tuple(changes),
                tuple(sends),
                tuple(ghosts),
            )
        )
    return found


def _nodes(replayed: Replayed, steps: tuple[ToldStep, ...]) -> tuple[str, ...]:
    """Return the nodes that take part: that act, or are sent something that arrives."""
    acting = {s.node for s in steps} | {s.sender for s in steps if s.sender is not None}
    nodes = replayed.run.system.nodes
    return tuple(n for n in nodes if n in acting) or nodes
