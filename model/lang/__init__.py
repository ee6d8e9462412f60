"""The spec language: a protocol as rows of typed expressions.

A spec is a Python module (or several) that declares sums, sorts, one process, messages, requests,
timers and replies, and then rules, each a function that is run once, symbolically, and returns a
`Row`. Nothing here knows a solver or a generator; every back-end reads the same `Spec`.

    class Light(Sum):                       # a finite sum; payloads nest
        RED = case("stop")
        GREEN = case("go")

    class Lamp(Process):
        light = volatile(Light, init=Light.RED)

    @on(Switch)                             # an event: message, request or timer
    def turn_green(me: Lamp, m: Switch) -> Row:
        \"\"\"Only from red.\"\"\"
        return Row(when=me.light.is_(Light.RED), then=me.light.set(Light.GREEN), reply=Done())

Reading order: `sorts`, `kind`, `expr`, `shapes`, `declare`, `tables`, `rules`, `promises`, `spec`,
`reader`.
Mistakes are in `errors`; `load` finds a spec by name.
"""

from model.lang.declare import (
    ME,
    Atom,
    Bool,
    Config,
    EdgeTable,
    Event,
    EventProxy,
    Ghost,
    MapOf,
    Maybe,
    Message,
    Node,
    Ordered,
    Process,
    Range,
    Reply,
    Request,
    SetOf,
    Struct,
    Sum,
    Table,
    Timer,
    case,
    durable,
    ghost,
    part,
    sent,
    volatile,
)
from model.lang.errors import CODES, SpecError, SpecErrors
from model.lang.expr import (
    Expr,
    Value,
    conjunction,
    disjunction,
    fresh,
    ite,
    majority,
    owner,
)
from model.lang.promises import (
    Pledge,
    again_and_again,
    alive,
    ceases,
    eventually,
    fair_loss,
    for_good,
    strong,
    weak,
    whenever,
)
from model.lang.quantifiers import exists, forall
from model.lang.reader import read_spec
from model.lang.rules import (
    Row,
    assumption,
    authority,
    fallback,
    lemma,
    on,
    safety,
    sometimes,
    step,
)
from model.lang.spec import Spec, StepEvent

__all__ = [
    "CODES",
    "ME",
    "Atom",
    "Bool",
    "Config",
    "EdgeTable",
    "Event",
    "EventProxy",
    "Expr",
    "Ghost",
    "MapOf",
    "Maybe",
    "Message",
    "Node",
    "Ordered",
    "Pledge",
    "Process",
    "Range",
    "Reply",
    "Request",
    "Row",
    "SetOf",
    "Spec",
    "SpecError",
    "SpecErrors",
    "StepEvent",
    "Struct",
    "Sum",
    "Table",
    "Timer",
    "Value",
    "again_and_again",
    "alive",
    "assumption",
    "authority",
    "case",
    "ceases",
    "conjunction",
    "disjunction",
    "durable",
    "eventually",
    "exists",
    "fair_loss",
    "fallback",
    "for_good",
    "forall",
    "fresh",
    "ghost",
    "ite",
    "lemma",
    "majority",
    "on",
    "owner",
    "part",
    "read_spec",
    "safety",
    "sent",
    "sometimes",
    "step",
    "strong",
    "volatile",
    "weak",
    "whenever",
]
