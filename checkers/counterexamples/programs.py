"""A run as a Python program that replays it on generated nodes.

Belongs here: the text of the program. Never here: replaying (`rerun`).
"""

from __future__ import annotations

import re
import textwrap

from checkers.conformance.replay import call, literal
from checkers.counterexamples.breaking import answers
from checkers.counterexamples.runs import Replayed
from checkers.story import ToldRun


def why_no_program(replayed: Replayed, target: str) -> str:
    """Return why no program can replay the run on generated nodes, or nothing."""
    if not target:
        return "the spec has no name by which a program could load it"
    evaluator = replayed.evaluator
    for number, (event, label) in enumerate(replayed.steps, 1):
        if label not in evaluator.spec.by_label:
            continue  # the last step, when just that is the fault
        if len(answers(evaluator, replayed.states[number - 1], event)) > 1:
            return f"in step {number} two rules answer, and a generated node takes the first"
    return ""


def program(replayed: Replayed, told: ToldRun, target: str) -> str:
    """Return the program; it is a test as well, and passes while the fault is there."""
    system, name = replayed.run.system, told.property
    count = len(told.steps)
    config = ", ".join(f"{n!r}: {literal(v)}" for n, v in system.config.items())
    lines = [
        f'"""A run of `{target}` ({count} steps) that breaks {name}.',
        "",
        *textwrap.wrap(f"{told.broken}.".replace("\\", "/"), 92),
        "",
        "Replays the run on the nodes generated from the spec, every step compared with the",
        "evaluator and the Z3 model. Run it where `oathbound` runs: python FILE, or pytest FILE.",
        "It passes as long as the spec has the fault, and fails once it is mended.",
        '"""',
        "",
        "from checkers.counterexamples.rerun import Rerun",
        "",
        "",
        f"def test_{_identifier(name)}_breaks() -> None:",
        "    run = Rerun(",
        f"        {target!r},",
        f"        breaks={name!r},",
        f"        nodes={list(system.nodes)!r},",
        f"        config={{{config}}},",
        "    )",
    ]
    for step, (event, label) in zip(told.steps, replayed.steps, strict=True):
        lines.append(f"    {call(event)}  # {step.number}: {label}")
    lines += [
        "    run.finish()",
        "",
        "",
        'if __name__ == "__main__":',
        f"    test_{_identifier(name)}_breaks()",
        f'    print("replayed on generated nodes: {count} steps, and {name} is broken")',
    ]
    return "\n".join(lines) + "\n"


def _identifier(name: str) -> str:
    return re.sub(r"\W+", "_", name).strip("_").lower()
