"""A failing run as recordings, for `oathbound trace`.

Belongs here: letting the generated nodes do once more what a run made them do, and record it. Never
here: what was wrong with it (`replay`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from checkers.conformance.replay import Failure
from impl.recording import Recorder


def record(failure: Failure, folder: Path) -> list[Path]:
    """Write the recordings of a failing run to `folder`, and return their files.

    Recordings of an earlier run that lie there under the same names are replaced.
    """
    folder.mkdir(parents=True, exist_ok=True)
    generated = failure.subject.readings.node
    config = generated.config(failure.cluster.config)
    recorders: dict[str, Recorder] = {}
    try:
        for number, name in enumerate(failure.cluster.nodes):
            plain = "".join(c if c.isascii() and c.isalnum() else "_" for c in name)
            path = folder / f"{number}-{plain}.jsonl"
            path.unlink(missing_ok=True)
            recorders[name] = Recorder(generated.start(name, config), path)
        for event in failure.history:
            recorder = recorders[event.node]
            if event.kind == "crash":
                recorder.restart(generated.restart(recorder.node))
            else:
                _handle(generated, recorder, event)
    finally:
        for recorder in recorders.values():
            recorder.close()
    return [recorder.path for recorder in recorders.values()]


def _handle(generated: Any, recorder: Recorder, event: Any) -> None:
    """Show an event to a node; what it raises was the failure, and is recorded by nobody."""
    made = generated.plain.read_event(event.name, event.fields)
    try:
        recorder.handle(made, event.sender)
    except Exception:  # a faulty node may raise anything
        return
