"""Recordings validated against a spec.

    result = validate(spec, [Path("n1.jsonl"), Path("n2.jsonl")], Options())

Belongs here: reading what nodes recorded (`impl/recording.py`), and whether that is a run of the
spec. Never here: the generated node, or anything else that made a recording: what a step should be
is the evaluator's to say, and no other's.

Reading order: `values`, `reading`, `steps`, `validation`, `blocked`, `nearest`; then `holding`,
`cuts`, `everywhere`, `memory`, `perhaps`, `narrowing`, `determined`; `results` and `telling`.
"""

from checkers.traces.reading import TraceError
from checkers.traces.results import Options, Result
from checkers.traces.validation import validate

__all__ = ["Options", "Result", "TraceError", "validate"]
