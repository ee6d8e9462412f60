"""The report of a whole run, kept for as long as nothing at all has changed.

Belongs here: when a report may be shown again as it was. Never here: anything about single proofs.

A built-in spec is read from this repository's sources alone, and so is everything that checks it.
Where all of these, what is derived from them, the solvers and Python are as they were, and the same
was asked, the same comes out; then neither the spec need be read nor a solver loaded. The spec of
somebody else may read anything while it is read, so it is always read, and its questions compared
one by one (`ledger`). Only a report in which all holds, or is open, is kept.
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from checkers.cache.prints import EVERYTHING, ROOT, of_files, solvers, sources
from checkers.cache.store import FOLDER, Fact, Store, digest
from checkers.verdict import Finding, Report, Verdict
from model.lang.load import BUILT_IN

DERIVED = ("impl", "docs")
"""Where the files lie that are derived from the built-in spec, and compared with it."""
_GROUP = "whole"
_SKIPPED = ("__pycache__",)


class Whole:
    """The kept report of one built-in spec, as it is asked for now."""

    def __init__(self, target: str, asked: object, folder: Path | None = None) -> None:
        """Prepare; `asked` is everything that a run's outcome depends on beside the files."""
        below = (folder if folder is not None else Path(FOLDER)) / "runs"
        self.store = Store(below, _state()) if target in BUILT_IN else None
        self._key = digest(repr((target, asked)))

    def report(self) -> Report | None:
        """Return the report of the last such run, if nothing has changed since."""
        fact = self.store.read(_GROUP).get(self._key) if self.store is not None else None
        try:
            return None if fact is None else _report(fact)
        except (KeyError, TypeError, ValueError):
            return None

    def keep(self, report: Report) -> None:
        """Keep a report in which everything holds or is open; any other is left alone."""
        good = all(
            (f.verdict.holds or f.verdict is Verdict.OPEN) and not f.failures
            for f in report.findings
        )
        if self.store is None or not good or report.bound:
            return
        if _state() == self.store.generation:  # nothing was edited while it ran
            self.store.add(_GROUP, {self._key: _fact(report)})


def _state() -> str:
    """Return the fingerprint of everything that a run about a built-in spec depends on."""
    files = set(sources(EVERYTHING))
    for folder in DERIVED:
        files |= {
            p
            for p in (ROOT / folder).rglob("*")
            if p.is_file() and not any(part in _SKIPPED for part in p.parts)
        }
    libraries = []
    for name in ("graphviz", "networkx", "pygraphviz"):
        try:
            libraries.append((name, version(name)))
        except PackageNotFoundError:
            libraries.append((name, ""))
    around = (sys.version_info[:3], sys.platform, solvers(), libraries, shutil.which("dot"))
    return digest(repr((of_files(files), around)))


def _fact(report: Report) -> Fact:
    findings = []
    for f in report.findings:
        told = asdict(f)
        told["verdict"] = f.verdict.value
        findings.append(told)
    return {
        "spec": report.spec,
        "findings": findings,
        "jobs": report.jobs,
        "versions": report.versions,
        "details": report.details,
    }


def _report(fact: Fact) -> Report:
    findings = []
    for told in fact["findings"]:
        given = dict(told)
        given["verdict"] = Verdict(given["verdict"])
        for name in ("rests_on", "shaky"):
            given[name] = tuple(given[name])
        findings.append(Finding(**given))
    if not findings:
        raise ValueError("a report without findings")
    return Report(
        fact["spec"], findings, 0.0, int(fact["jobs"]), dict(fact["versions"]), fact["details"]
    )
