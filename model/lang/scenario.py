"""Scenarios: runs that a spec's author tells, as documentation and as evidence that they happen.

Belongs here: what a scenario is. Never here: running one (the checkers do that).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from model.lang.declare import Event, Message, Request, Timer
from model.lang.errors import SpecError
from model.lang.show import show
from model.lang.source import Span, caller
from model.lang.words import check_label


@dataclass(frozen=True, slots=True)
class Act:
    """One act: `kind` is timer, request, crash, settle or deliver.

    `settle` delivers what is sent among `nodes`, in order, until nothing is left; `deliver`
    delivers the newest message of class `event` from the first of `nodes` to the second. Values
    are plain: nodes and keys by name, cases of sums by their leaf name.
    """

    kind: str
    nodes: tuple[str, ...]
    event: type[Event] | None = None
    fields: tuple[tuple[str, Any], ...] = ()
    span: Span = field(default_factory=caller)

    def __repr__(self) -> str:
        """Return it in short."""
        return f"{self.kind}({', '.join(self.nodes)})"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A run from the first state: `nodes` with the constants `config`, and the acts in order."""

    name: str
    config: dict[str, Any]
    nodes: tuple[str, ...]
    acts: tuple[Act, ...]
    span: Span = field(default_factory=caller)

    def __post_init__(self) -> None:
        """Refuse what is no scenario at all; what does not fit the spec is found with the spec."""
        check_label(self.name, "Scenario(...)")
        for what, given, kind, fix in (
            ("config", self.config, dict, "write {CONSTANT: value, ...}"),
            ("nodes", self.nodes, tuple | list, 'write a tuple of names, as in ("a", "b")'),
            ("acts", self.acts, tuple | list, "write (*tick(...), *settle(...))"),
        ):
            if not isinstance(given, kind):
                text = f"Scenario({self.name!r}, {what}={show(given)})"
                raise SpecError("ORD115", text, f"these are no {what}", fix=fix)
        for node in self.nodes:
            check_label(node, f"Scenario({self.name!r}): node ...")


def tick(timer: type[Timer], *nodes: str) -> tuple[Act, ...]:
    """Let a timer fire at each node."""
    return tuple(Act("timer", (node,), timer) for node in nodes)


def ask(node: str, request: type[Request], /, **fields: Any) -> tuple[Act, ...]:
    """Let a client make a request of a node."""
    for name in {**request.parts, **fields}:
        if name not in fields or name not in request.parts:
            reason = "it is not declared" if name in fields else "no value is given for it"
            parts = "".join(f", {part}=..." for part in request.parts)
            fix = f"write ask(node, {request.__name__}{parts})"
            raise SpecError("ORD109", f"{request.__name__}.{name}", reason, fix=fix)
    return (Act("request", (node,), request, tuple(fields.items())),)


def settle(*nodes: str) -> tuple[Act, ...]:
    """Deliver everything among `nodes`, what it causes included; to others nothing gets through."""
    return (Act("settle", nodes),)


def deliver(message: type[Message], source: str, destination: str) -> tuple[Act, ...]:
    """Deliver the newest such message."""
    return (Act("deliver", (source, destination), message),)


def crash(node: str) -> tuple[Act, ...]:
    """Let a node crash and restart."""
    return (Act("crash", (node,)),)
