"""Rules and properties as a spec writes them.

Belongs here: the decorators and the row a rule returns. Never here: reading them (`spec.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from model.lang.declare import Case, Event, GhostUpdate, Reply
from model.lang.source import Span, caller, span_of_code


@dataclass(frozen=True, slots=True)
class Row:
    """What a rule is: guard clauses, updates, messages, ghosts and a reply.

    `when` is a conjunction; its clauses are named one by one in refusals and reports. `then` are
    updates, all at once; what is not mentioned stays. A fallback's row also has a `name`, and
    where it is `early` it is tried before the refusal of a wrong role.
    """

    when: Any = ()
    then: Any = ()
    send: Any = ()
    ghost: tuple[GhostUpdate, ...] = ()
    reply: Reply | None = None
    name: str = ""
    doc: str = ""
    early: bool = False
    span: Span = field(default_factory=caller)


def as_tuple(value: Any) -> tuple[Any, ...]:
    """Return `value` as a tuple; one thing alone may be given without the comma."""
    return value if isinstance(value, tuple) else (value,)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: `@on(Vote) def win(me, m): ... return Row(...)`; one row for each of its events."""

    events: tuple[type[Event], ...]
    function: Callable[..., Row]

    def name(self, event: type[Event]) -> str:
        """The function's name; with several events, each row's also names its event."""
        name = self.function.__name__
        return name if len(self.events) == 1 else f"{name}@{event.__name__}"


@dataclass(frozen=True, slots=True)
class Fallback:
    """The ordered answers to events of some kinds that no rule accepts."""

    kinds: tuple[type[Event], ...]
    function: Callable[..., tuple[Row, ...]]


@dataclass(frozen=True, slots=True)
class Authority:
    """How a receiver knows that a message's sender may speak in a role.

    `also`: other roles that include this one (a herald is a radiant too).
    """

    role: Case
    function: Callable[..., Any]
    also: tuple[Case, ...] = ()


@dataclass(frozen=True, slots=True)
class Property:
    """A statement about a spec.

    `kind`: `safety` and `lemma` (every reachable state), `step` (every transition), `sometimes`
    (some reachable state), `assumption` (about the configuration).
    `open`: empty, or why it is not proved yet; it is then shown as open, never hidden.
    `uses`: the hypotheses its proof names, or None for all.
    `environment`: a step property also speaks of crashes.
    """

    kind: str
    name: str
    title: str
    function: Callable[..., Any]
    open: str = ""
    uses: tuple[str, ...] | None = None
    environment: bool = False

    @property
    def doc(self) -> str:
        """The function's docstring."""
        return " ".join((self.function.__doc__ or "").split())

    @property
    def span(self) -> Span:
        """Where it is written."""
        return span_of_code(self.function.__code__)


def on(*events: type[Event]) -> Callable[[Callable[..., Row]], Rule]:
    """Declare a rule that accepts each of `events`."""
    return lambda function: Rule(events, function)


def fallback(*kinds: type[Event]) -> Callable[[Callable[..., tuple[Row, ...]]], Fallback]:
    """Declare the ordered answers to events of these kinds that no rule accepts."""
    return lambda function: Fallback(kinds, function)


def authority(
    role: Case, *, also: tuple[Case, ...] = ()
) -> Callable[[Callable[..., Any]], Authority]:
    """Declare how a receiver knows that `m.sender` may send as `role`; roles `also` include it."""
    return lambda function: Authority(role, function, also)


def safety(
    name: str, title: str, *, open: str = "", uses: tuple[str, ...] | None = None
) -> Callable[[Callable[..., Any]], Property]:
    """Declare a property of every reachable state; parameters are universally quantified."""
    return lambda function: Property("safety", name, title, function, open, uses)


def lemma(
    why: str, *, uses: tuple[str, ...] | None = None
) -> Callable[[Callable[..., Any]], Property]:
    """Declare a strengthening; `why` says in one sentence why it holds."""
    return lambda function: Property("lemma", function.__name__, why, function, "", uses)


def step(
    name: str, title: str, *, environment: bool = False, open: str = ""
) -> Callable[[Callable[..., Any]], Property]:
    """Declare a property of every transition: `def p(before, after, event)`.

    It is read once per transition; `event.is_a(...)`, `event.sends(X)` and `event.has(...)` are
    known then.
    """
    return lambda function: Property(
        "step", name, title, function, open, None, environment=environment
    )


def sometimes(name: str, title: str) -> Callable[[Callable[..., Any]], Property]:
    """Declare that some reachable state satisfies this; parameters are existentially quantified."""
    return lambda function: Property("sometimes", name, title, function)


def assumption(title: str) -> Callable[[Callable[..., Any]], Property]:
    """Declare what every configuration satisfies."""
    return lambda function: Property("assumption", function.__name__, title, function)
