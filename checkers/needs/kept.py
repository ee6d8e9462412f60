"""What came out of the last `needs` of a spec, for as long as nothing that it depends on changes.

Belongs here: keeping it, and telling it to the report. Never here: finding it out (`asking`). No
solver is loaded.

It is kept under the fingerprint of the whole spec, scenarios included, and of the code that finds
it out, and only where all was asked and all was proved.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from checkers.cache.prints import Prints, generation
from checkers.cache.store import FOLDER, Store, digest
from model.lang import Spec
from model.lang.scenario import Scenario

if TYPE_CHECKING:
    from checkers.needs.asking import Needs

CODE = ("model", "checkers")
"""The code that finds it out, and more: to ask again is cheaper than to believe what is old."""
_GROUP = "needs"


def _below(folder: Path | None) -> Path:
    return (folder if folder is not None else Path(FOLDER)) / "needs"


def state(folder: Path | None = None) -> str:
    """Return what differs whenever something else is kept: a report that tells it is then old."""
    files = []
    with suppress(OSError):
        for path in sorted(_below(folder).rglob("*")):
            status = path.stat()
            files.append((path.name, status.st_mtime_ns, status.st_size))
    return digest(repr(files))


class Kept:
    """What is kept about one spec."""

    def __init__(self, spec: Spec, folder: Path | None = None) -> None:
        """Prepare; `folder` is where the cache lies, by default below the working directory."""
        self.store = Store(_below(folder), generation(CODE))
        self.key: str | None = None
        with suppress(TypeError):  # something in it has no canonical form: nothing is kept
            self.key = digest(repr((Prints(spec).whole(), scenarios_told(spec))))

    def keep(self, found: Needs) -> None:
        """Keep what came out of a run that asked everything."""
        if self.key is None or found.unproved:
            return
        lemmas = [[x.name, "" if x.needed else "nothing needs it"] for x in found.lemmas]
        guards = [[g.rule, g.index, g.by, g.told] for g in found.guards]
        self.store.add(_GROUP, {self.key: {"lemmas": lemmas, "guards": guards}})

    def told(self) -> dict[str, Any] | None:
        """Return what is kept, or None.

        `lemmas`: the names of those that nothing needs. `guards`: by rule and place, what needs
        the clause (`proof`, a kind of test, `declaration`, or nothing), and that in words.
        """
        fact = self.store.read(_GROUP).get(self.key) if self.key is not None else None
        with suppress(KeyError, TypeError, ValueError):
            if fact is not None:
                return {
                    "lemmas": [str(name) for name, why in fact["lemmas"] if why],
                    "guards": {
                        (str(rule), int(at)): (str(by), str(told))
                        for rule, at, by, told in fact["guards"]
                    },
                }
        return None


def scenarios_told(spec: Spec) -> list[str]:
    """Return the scenarios of a spec as texts."""
    return [_told(s) for s in spec.scenarios]


def _told(scenario: Scenario) -> str:
    """Return a scenario as text that is the same in every process, wherever it was written."""
    acts = [
        (a.kind, a.nodes, a.event.__name__ if a.event is not None else "", _plain(dict(a.fields)))
        for a in scenario.acts
    ]
    return repr((scenario.name, _plain(scenario.config), scenario.nodes, acts))


def _plain(value: Any) -> str:
    match value:
        case Mapping():
            return repr(sorted((str(k), _plain(v)) for k, v in value.items()))
        case frozenset() | set():
            return repr(sorted(map(_plain, value)))
        case tuple() | list():
            return repr([_plain(x) for x in value])
        case _:
            return repr(value)


def in_report(
    guards: dict[str, list[dict[str, Any]]], told: dict[str, Any] | None
) -> dict[str, Any]:
    """Return what a report says of need, and note at each of its guards what needs it.

    `guards` are the report's, by rule; `told` is what is kept, or None where nothing is.
    """
    every = [(rule, at, one) for rule, rows in guards.items() for at, one in enumerate(rows)]
    unused = [_name(rule, one) for rule, _, one in every if not one["proofs"]]
    if told is None:
        return {"asked": False, "clauses": len(every), "in_no_core": unused}
    idle: list[str] = []
    declared: list[str] = []
    for rule, at, one in every:
        by, words = told["guards"].get((rule, at), ("", "not asked"))
        one["needed_by"], one["need"] = by, words
        if by in ("", "declaration"):
            (declared if by else idle).append(_name(rule, one))
    return {
        "asked": True,
        "clauses": len(every),
        "in_no_core": unused,
        "lemmas": told["lemmas"],
        "guards": idle,
        "declared": declared,
    }


def _name(rule: str, guard: dict[str, Any]) -> str:
    return f"{rule}: {guard['guard']}"
