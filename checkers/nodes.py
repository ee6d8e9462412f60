"""The generated node of a spec, as something to be proved: where its code is, and what is kept.

Belongs here: which files, which parts, and what each answer depends on. Never here: what is to
be shown (`translation`), or running it (`tasks`, `verify`).

The node of the repository's own spec is the one that is checked in, edited or not. Any other spec's
is the one that `oathbound generate` would write, since nobody need have asked for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

from checkers import artefacts
from checkers.cache.prints import Prints
from checkers.cache.store import Fact, Store, digest
from checkers.structure import NODE
from checkers.translation.beside import of_package
from checkers.translation.obligations import START, WHOLE
from checkers.translation.package import MODULES
from checkers.translation.plainly import PLAIN
from checkers.translation.proving import ALONE, Files
from checkers.verdict import Result, Verdict
from model import python
from model.lang import Spec

TASK = "node "
"""Begins the name of a task about a node's code; what follows is one of its parts."""
_GROUP = "the node"


def parts(spec: Spec) -> list[str]:
    """Return what is looked at one by one: each event's handler, and what there is beside."""
    return [WHOLE, START, PLAIN, *spec.events]


def files(spec: Spec, own: bool) -> Files:
    """Return the files of a spec's node: with `own` those checked in, else as generated.

    Raises `python.GeneratorError` where no node can be generated.
    """
    if not own:
        texts = python.generate(spec)
        by_name = {path.rpartition("/")[2].removesuffix(".py"): t for path, t in texts.items()}
        return Files(by_name, f"{spec.name}/")
    home = artefacts.home_of(spec, "order")
    folder = home.root / home.node
    found = {}
    for name in MODULES:
        path = folder / f"{name}.py"
        if path.is_file():
            found[name] = path.read_text(encoding="utf-8", errors="surrogateescape")
    above = folder.parent / "__init__.py"
    text = above.read_text(encoding="utf-8", errors="surrogateescape") if above.is_file() else ""
    beside = tuple(
        (
            path.relative_to(home.root).as_posix() if path.is_relative_to(home.root) else str(path),
            why,
        )
        for path, why in of_package(folder, MODULES)
    )
    return Files(found, home.node, text, beside)


def form(found: Files) -> str:
    """Return the fingerprint of a node's files."""
    return digest(repr((sorted(found.texts.items()), found.shown, found.above, found.beside)))


@dataclass
class Kept:
    """What earlier runs have proved of a node's code, each under all that it depends on."""

    store: Store
    prints: Prints
    files: Files

    @cached_property
    def _facts(self) -> dict[str, Fact]:
        return self.store.read(_GROUP)

    def known(self, part: str) -> list[Result] | None:
        """Return the results of a part, if all of it is proved."""
        fact = self._facts.get(self._key(part) or "")
        with suppress(KeyError, TypeError, ValueError):
            if fact is not None and fact["part"] == part and fact["results"]:
                return [_result(*row) for row in fact["results"]]
        return None

    def learn(self, part: str, results: Iterable[Result]) -> None:
        """Keep the results of a part, if all of it is proved."""
        told, key = [r for r in results if r.property == NODE], self._key(part)
        if key is None or not told or any(r.verdict is not Verdict.PROVED for r in told):
            return
        rows = [[r.transition, r.how, round(r.seconds, 4), r.reason, r.by, r.uses] for r in told]
        self.store.add(_GROUP, {key: {"part": part, "results": rows}})

    def _key(self, part: str) -> str | None:
        """Return the fingerprint of all that a part's answers depend on.

        That is the source of the whole node: which of it a handler never looks at is a question
        about the code that is to be proved, and all of it takes seconds. Of the spec it is what is
        declared and all rows: a lemma may be changed, and the answers stay. The whole is looked at
        afresh each time: that takes no solver.
        """
        if part == WHOLE:
            return None
        with suppress(TypeError):
            return digest(repr((part, form(self.files), self._rows)))
        return None

    @cached_property
    def _rows(self) -> str:
        """Return the fingerprint of what the spec declares, and of its rows."""
        told = [self.prints.transition(t)[0] for t in self.prints.spec.transitions]
        return digest(repr((self._declared(), told)))

    def _declared(self) -> str:
        """Return what is declared, and is not in the fingerprint of the world."""
        spec = self.prints.spec
        durable = [(n, d.durable) for n, d in spec.variables.items()]
        replies = [
            (n, r.refusal, [(f, repr(d.sort)) for f, d in r.parts.items()])
            for n, r in spec.replies.items()
        ]
        return digest(repr((self.prints.world, self.prints.first_state, durable, replies)))


def _result(
    transition: str, how: str, seconds: float, reason: str, by: str, uses: list[str]
) -> Result:
    if not set(uses) <= {ALONE} or how not in ("solver", "reader"):
        raise ValueError("no such fact is written")
    spent = float(seconds)
    return Result(
        NODE,
        str(transition),
        Verdict.PROVED,
        how,
        spent,
        str(reason),
        tuple(uses),
        by=str(by),
        kept=True,
    )
