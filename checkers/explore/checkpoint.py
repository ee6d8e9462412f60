"""What an interrupted search has done, in a file, and going on from there.

Belongs here: writing and reading. Never here: the search.

A search is kept as it stands between two levels: the numbering of parts, messages and events, the
states seen, the frontier, the counts. What events do to parts is not kept; it is found again as it
is met. The file is of NumPy's own kind, without any code in it; one that is damaged, or is of
another spec or other bounds, is refused.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from checkers.explore.packing import Packing
from checkers.explore.parts import EventAt
from checkers.explore.properties import Broken, Properties
from checkers.explore.runs import word_of
from checkers.explore.search import Search
from checkers.explore.store import Words
from checkers.reading import check_plain
from checkers.writing import replacing
from model.evaluate import show_value
from model.lang.expr import Expr
from model.lang.spec import initial_value

VERSION = 4

MOST = 1 << 40
"""Bytes of a file of a search; what is longer was not written here."""


class Unusable(Exception):
    """A file that no search can go on from; the text says why."""


def fingerprint(search: Search, properties: Properties) -> str:
    """Return what the spec, the bounds and the limits are hashed to, and what is asked."""
    spec = search.spec
    # Sets print in an order that differs from run to run, unless they are shown sorted.
    config = sorted((n, show_value(v)) for n, v in search.config.items())
    told: list[Any] = [VERSION, spec.name, config]
    told += [repr(search.bounds), repr(search.limits.crashes), repr(search.limits.messages)]
    told += [search.symmetry is not None, sorted(search.ghosts_held)]
    told += [(n, repr(v.sort), repr(initial_value(spec, n))) for n, v in spec.variables.items()]
    # Codes follow the order in which leaves, fields, messages and events are declared.
    for name, event in spec.events.items():
        told.append((name, event.kind, [(f, repr(d.sort)) for f, d in event.parts.items()]))
    told += [(n, [repr(c) for c in g.columns]) for n, g in spec.ghosts.items()]
    forms = Forms()
    for t in spec.transitions:
        event_name = t.event.__name__ if t.event is not None else ""
        told.append((t.label, t.kind, event_name, sorted(t.updates)))
        told.append([forms.of(e) for e in t.expressions()])
        told.append([(s.message.__name__, list(s.fields)) for s in t.sends])
        told.append([(g.relation.name, repr(g.bound)) for g in t.ghosts])
    for s in properties.statements:
        steps = [(k, forms.of(v)) for k, v in s.per_transition.items()]
        told.append((s.name, "" if s.formula is None else forms.of(s.formula), steps))
    return hashlib.blake2b(repr(told).encode(), digest_size=16).hexdigest()


class Forms:
    """What expressions are, whole: as a spec shows them, tables would be names alone."""

    def __init__(self) -> None:
        """Begin without any."""
        self._known: dict[int, tuple[Expr, str]] = {}  # holds each, so that its id stays its

    def of(self, e: Expr) -> str:
        """Return the hash of an expression."""
        if id(e) not in self._known:
            below = [self.of(a) for a in e.args]
            told = repr((e.kind.value, repr(e.sort), self._data(e.data), below))
            made = hashlib.blake2b(told.encode(), digest_size=16).hexdigest()
            self._known[id(e)] = (e, made)
        return self._known[id(e)][1]

    def _data(self, data: object) -> str:
        match data:
            case frozenset():
                return f"{{{','.join(sorted(map(self._data, data)))}}}"
            case tuple() | list():
                return f"[{','.join(map(self._data, data))}]"
            case _:
                return repr(data)


def save(path: Path, search: Search, properties: Properties) -> None:
    """Write a search that stands between two levels."""
    world, runs = search.world, search.disk.runs
    if search.partitions is not None:
        runs = search.partitions.all_runs()
    meta: dict[str, Any] = {
        "fingerprint": fingerprint(search, properties),
        "levels": search.levels,
        "seconds": search.seconds,
        "radices": search.packing.radices,
        "extra": search.packing.extra,
        "tally": {
            "steps": search.tally.steps,
            "cut": search.tally.cut,
            "kinds": list(search.tally.kinds.items()),
            "ends": search.tally.ends,
        },
        "kinds": world.kinds,
        "replies_wanted": sorted(world.replies_wanted),
        "shown": properties.shown,
        "broken": [
            [b.name, b.depth, word_of(search, b), b.node, b.event]
            for b in properties.broken.values()
        ],
        "nodes": [
            {
                "locals": n.locals,
                "events": [[e.name, e.fields, e.sender, e.message] for e in n.events],
                "sent": n.sent,
                "part_local": n.part_local,
                "part_sent": [hex(s) for s in n.part_sent],
            }
            for n in world.nodes
        ],
        "runs": len(runs),
        "kept": -1 if search.level_words is None else len(search.level_words),
    }
    if world.ghosts is not None:
        meta["tuples"] = world.ghosts.tuples
        meta["sets"] = [hex(s) for s in world.ghosts.sets]
    arrays = {"seen": search.store.keys(), "frontier": search.frontier}
    arrays |= {f"run{i}": run for i, run in enumerate(runs)}
    arrays |= {f"level{i}": words for i, words in enumerate(search.level_words or ())}
    text = np.frombuffer(json.dumps(meta).encode(), np.uint8)
    beside = path.with_name(path.name + ".part")
    with replacing(path, beside=beside) as file:
        np.savez(file, meta=text, **arrays)  # type: ignore[arg-type]


def load(path: Path, search: Search, properties: Properties) -> None:
    """Go on from a file: `search` is as new, and stands afterwards where that one stood."""
    with _readable():
        check_plain(path, MOST)
        file = np.load(path, allow_pickle=False)
        meta = json.loads(bytes(file["meta"]))
    with file:
        if not isinstance(meta, dict) or meta.get("fingerprint") != fingerprint(search, properties):
            raise Unusable("it is of another spec, other bounds, or asks something else")
        _go_on(search, properties, meta, file)


@contextmanager
def _readable() -> Iterator[None]:
    """Say why a file cannot be read."""
    try:
        yield
    except OSError as error:
        raise Unusable(f"it cannot be read ({error.strerror or error})") from None
    except MemoryError:
        raise
    except Exception as error:  # a flipped bit is a method, a cipher or a length that nobody knows
        raise Unusable(f"it cannot be read ({error or type(error).__name__})") from None


def _go_on(search: Search, properties: Properties, meta: dict[str, Any], file: Any) -> None:
    def array(name: str) -> Words:
        with _readable():
            found: Words = file[name]
        return found

    world = search.world
    for node, held in zip(world.nodes, meta["nodes"], strict=True):
        for values in held["locals"]:
            node.local(tuple(values))
        for name, fields, sender, message in held["events"]:
            node.event(EventAt(name, tuple(fields), sender, message))
    for node, held in zip(world.nodes, meta["nodes"], strict=True):
        for key in held["sent"]:
            node.message(tuple(key))
    for node, held in zip(world.nodes, meta["nodes"], strict=True):
        for local, sent in zip(held["part_local"], held["part_sent"], strict=True):
            node.part(local, int(sent, 16))
    for row, before, after in meta["kinds"]:
        world.restore_kind((row, before, after))
    world.replies_wanted = set(meta["replies_wanted"])
    if world.ghosts is not None:
        world.ghosts.restore(
            [(name, tuple(row)) for name, row in meta["tuples"]],
            [int(s, 16) for s in meta["sets"]],
        )
    search.levels = list(meta["levels"])
    search.seconds = meta["seconds"]
    search.packing = Packing(meta["radices"], meta["extra"])
    search.tally.steps = meta["tally"]["steps"]
    search.tally.cut = Counter(meta["tally"]["cut"])
    search.tally.kinds = Counter(dict(meta["tally"]["kinds"]))
    search.tally.ends = meta["tally"]["ends"]
    properties.shown.update(meta["shown"])
    for name, depth, word, node_, event in meta["broken"]:
        properties.broken[name] = Broken(name, depth, word, node_, event, search.packing)
    properties.end(search)
    kept = None
    if meta["kept"] >= 0:
        kept = [array(f"level{i}") for i in range(meta["kept"])]
    # One after the other: all of them may be more than fits into memory.
    runs = (array(f"run{i}") for i in range(meta["runs"]))
    search.restore(array("frontier"), array("seen"), runs, kept)
