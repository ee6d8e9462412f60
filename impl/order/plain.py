# Generated from the spec 'order' by `oathbound generate`; change the spec, not this file.
# Digest of what follows: 005c8a3ea7c80570773b2f216f5e3ac53df9feb504c35bdf233f86614850a247
"""The order of radiants: values as plain data, and back.

Plain data are what the spec's evaluator computes with: strings, numbers, tuples, sets.
"""

import reprlib
from collections.abc import Callable, Mapping
from dataclasses import fields
from enum import Enum
from typing import Any, TypeAlias

from .types import (
    Accepted,
    AddMember,
    AddShard,
    Askings,
    Beacon,
    BeaconAnswer,
    BeaconDue,
    Commit,
    CommitAck,
    DeclareError,
    Digest,
    Done,
    Durable,
    Elected,
    ElectionTimeout,
    Episode,
    Errors,
    Event,
    GetStatus,
    GrantSystemReset,
    Ignored,
    InError,
    Key,
    Keys,
    ListShards,
    Locked,
    MaybeNode,
    MoveShard,
    NewerTerm,
    Node,
    Nodes,
    NotHerald,
    Number,
    OrderConfig,
    OrderError,
    OrderReset,
    OrderState,
    OrderStateError,
    OrderStateOp,
    Position,
    Probe,
    ProbeDue,
    Propose,
    RecoverDue,
    Refused,
    RefuseSystemReset,
    RemoveMember,
    RemoveShard,
    Reply,
    ReportError,
    ReportFault,
    RequestVote,
    ResendDue,
    ResetRequest,
    Role,
    Rollback,
    Severity,
    ShardList,
    StaleTerm,
    StartProbe,
    Status,
    SystemReset,
    SystemResetGrant,
    SystemResetRefusal,
    SystemResetRequest,
    Term,
    Vote,
)

Reader: TypeAlias = Callable[[object], Any]


class BadValue(ValueError):
    """Plain data that is no value of the spec.

    `place`: where it stands, from the outside in, as in ("Vote", "term", "round"); `value`: it, in
    short; `reason`: why it is wrong; `fix`: what to write instead.
    """

    def __init__(self, value: object, reason: str, fix: str, *place: str) -> None:
        self.value, self.reason, self.fix, self.place = value, reason, fix, place
        super().__init__(value, reason, fix, *place)

    def __str__(self) -> str:
        where = "".join(p if p.startswith("[") else f".{p}" for p in self.place).lstrip(".")
        return f"{where + ': ' if where else ''}{in_short(self.value)}: {self.reason}; {self.fix}"

    def within(self, place: str) -> "BadValue":
        """Return the same mistake, seen from one step further out."""
        return BadValue(self.value, self.reason, self.fix, place, *self.place)


def in_short(value: object) -> str:
    """Return a value as a mistake shows it: never long, whatever it is."""
    try:
        return _SHORT.repr(value)
    except Exception:  # a number of thousands of digits, or what cannot show itself
        return f"some {type(value).__name__}"


_SHORT = reprlib.Repr()
_SHORT.maxlevel, _SHORT.maxstring, _SHORT.maxother, _SHORT.maxlong = 3, 60, 60, 30


def to_plain(value: object) -> object:
    """Return a value as plain data: leaves as their names, structs as tuples."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, frozenset):
        return frozenset(to_plain(item) for item in value)
    if isinstance(value, tuple):
        return tuple(to_plain(item) for item in value)
    return value


def fields_of(item: Event | Reply) -> dict[str, object]:
    """Return the fields of an event or reply as plain data."""
    return {one.name: to_plain(getattr(item, one.name)) for one in fields(item)}


def read_field(values: Mapping[str, object], name: str, read: Reader) -> Any:
    """Return the value called `name`. Raises `BadValue` naming it if it is missing or wrong."""
    if not isinstance(values, Mapping):
        raise BadValue(values, "it is no mapping of names to values", "write a dictionary")
    if name not in values:
        raise BadValue(name, "it is missing", "give it a value")
    return _inside(name, read, values[name])


def _inside(place: str, read: Reader, value: object) -> Any:
    try:
        return read(value)
    except BadValue as error:
        raise error.within(place) from None


def _read(kind: str, make: Callable[..., Any], readers: dict[str, Reader], values: Any) -> Any:
    try:
        if not isinstance(values, Mapping):
            raise BadValue(values, "it is no mapping of names to values", "write a dictionary")
        made = [read_field(values, name, read) for name, read in readers.items()]
        for name in values:
            if not isinstance(name, str) or name not in readers:
                fix = f"leave it out; there is {', '.join(readers) or 'none'}"
                raise BadValue(name, "it is not one of the fields", fix)
    except BadValue as error:
        raise error.within(kind) from None
    return make(*made)


def read_event(kind: str, values: Mapping[str, object]) -> Event:
    """Return the event of class `kind`. Raises `BadValue` naming what is wrong."""
    if not isinstance(kind, str) or kind not in EVENTS:
        raise BadValue(kind, "it is no event", "name one of EVENTS")
    made: Event = _read(kind, *EVENTS[kind], values)
    return made


def read_reply(kind: str, values: Mapping[str, object]) -> Reply:
    """Return the reply of class `kind`. Raises `BadValue` naming what is wrong."""
    if not isinstance(kind, str) or kind not in REPLIES:
        raise BadValue(kind, "it is no reply", "name one of REPLIES")
    made: Reply = _read(kind, *REPLIES[kind], values)
    return made


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise BadValue(value, "it is no truth value", "write True or False")
    return value


def _text(value: object) -> str:
    if type(value) is not str:
        raise BadValue(value, "it is no text", "write a string")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise BadValue(value, "it holds half a sign", "write whole signs") from None
    return value


def _name(value: object) -> str:
    if _text(value) == "":
        raise BadValue(value, "a name is not empty", "write a name")
    return _text(value)


def _kind(value: object) -> str:
    if _text(value) not in ("role", "sender", "guard", "none"):
        fix = "write role, sender, guard or none"
        raise BadValue(value, "it is no kind of a clause", fix)
    return _text(value)


def _number(value: object, top: int | None = None) -> int:
    fix = "write a whole number from 0" + (f" to {top}" if top is not None else "")
    if type(value) is not int:
        raise BadValue(value, "it is no number", fix)
    if value < 0:
        raise BadValue(value, "it is less than 0", fix)
    if top is not None and value > top:
        raise BadValue(value, f"it is more than {top}", fix)
    return value


def _parts(value: object, count: int, kind: str) -> tuple[object, ...]:
    if not isinstance(value, tuple | list) or len(value) != count:
        raise BadValue(value, f"it is no {kind}", f"write its {count} parts, in order")
    return tuple(value)


def _owned(value: object, kind: str) -> tuple[int, str]:
    count, owner = _parts(value, 2, kind)
    made = _inside("[0]", _number, count), _inside("[1]", _text, owner)
    if made[0] and not made[1]:
        raise BadValue(value, "nobody owns it", "name its owner; only the least has none")
    return made


def _items(read: Reader, value: object) -> tuple[Any, ...]:
    found = _each(read, value)
    if len(set(found)) < len(found):
        raise BadValue(value, "it names something twice", "name each element once")
    return found


def _each(read: Reader, value: object) -> tuple[Any, ...]:
    if isinstance(value, tuple | list):
        return tuple(_inside(f"[{at}]", read, item) for at, item in enumerate(value))
    if not isinstance(value, frozenset | set):
        raise BadValue(value, "it is no set", "write a set, or a list without doubles")
    return tuple(_inside("an element", read, item) for item in value)


def read_node(value: object) -> Node:
    """Return a `Node` from its plain value."""
    return _name(value)


def read_term(value: object) -> Term:
    """Return a `Term` from its plain value."""
    return Term(*_owned(value, "Term"))


def read_maybe_node(value: object) -> MaybeNode:
    """Return a `MaybeNode` from its plain value."""
    return None if value is None else read_node(value)


def read_number(value: object) -> Number:
    """Return a `Number` from its plain value."""
    return _number(value)


def read_position(value: object) -> Position:
    """Return a `Position` from its plain value."""
    parts = _parts(value, 2, "Position")
    return Position(_inside("term", read_term, parts[0]), _inside("version", read_number, parts[1]))


def read_nodes(value: object) -> Nodes:
    """Return a `Nodes` from its plain value."""
    return frozenset(_items(read_node, value))


def read_key(value: object) -> Key:
    """Return a `Key` from its plain value."""
    return _name(value)


def read_keys(value: object) -> Keys:
    """Return a `Keys` from its plain value."""
    return frozenset(_items(read_key, value))


def read_severity(value: object) -> Severity:
    """Return a `Severity` from its plain value."""
    return _number(value, 3)


def read_episode(value: object) -> Episode:
    """Return a `Episode` from its plain value."""
    parts = _parts(value, 2, "Episode")
    return Episode(_inside("term", read_term, parts[0]), _inside("number", read_number, parts[1]))


def read_role(value: object) -> Role:
    """Return a `Role` from its plain value."""
    try:
        return Role(_text(value))
    except ValueError:
        fix = f"write one of {', '.join(x.value for x in Role)}"
        raise BadValue(value, "it is no Role", fix) from None


def read_order_state(value: object) -> OrderState:
    """Return a `OrderState` from its plain value."""
    try:
        return OrderState(_text(value))
    except ValueError:
        fix = f"write one of {', '.join(x.value for x in OrderState)}"
        raise BadValue(value, "it is no OrderState", fix) from None


def read_order_state_op(value: object) -> OrderStateOp:
    """Return a `OrderStateOp` from its plain value."""
    try:
        return OrderStateOp(_text(value))
    except ValueError:
        fix = f"write one of {', '.join(x.value for x in OrderStateOp)}"
        raise BadValue(value, "it is no OrderStateOp", fix) from None


def read_order_state_error(value: object) -> OrderStateError:
    """Return a `OrderStateError` from its plain value."""
    try:
        return OrderStateError(_text(value))
    except ValueError:
        fix = f"write one of {', '.join(x.value for x in OrderStateError)}"
        raise BadValue(value, "it is no OrderStateError", fix) from None


def read_errors(value: object) -> Errors:
    """Return a `Errors` from its plain value."""
    return frozenset(_items(read_order_state_error, value))


def read_askings(value: object) -> Askings:
    """Return a `Askings` from its plain value."""
    return _number(value, 3)


def read_order_error(value: object) -> OrderError:
    """Return a `OrderError` from its plain value."""
    try:
        return OrderError(_text(value))
    except ValueError:
        fix = f"write one of {', '.join(x.value for x in OrderError)}"
        raise BadValue(value, "it is no OrderError", fix) from None


def read_config(values: Mapping[str, object]) -> OrderConfig:
    """Return a configuration. Raises `BadValue` naming what is wrong."""
    made: OrderConfig = _read("config", OrderConfig, CONFIG, values)
    return made


def read_durable(values: Mapping[str, object]) -> Durable:
    """Return what a crash spares. Raises `BadValue` naming what is wrong."""
    made: Durable = _read("durable", Durable, DURABLE, values)
    return made


# By name: how each constant, variable, event and reply is read.
CONFIG: dict[str, Reader] = {"members": read_nodes, "controllers": read_nodes}
DURABLE: dict[str, Reader] = {
    "term": read_term,
    "vote": read_maybe_node,
    "accepted_at": read_position,
    "members": read_nodes,
    "keys": read_keys,
    "joined": _truth,
    "watermark_at": read_position,
    "watermark_members": read_nodes,
    "watermark_keys": read_keys,
    "severity": read_severity,
    "episode": read_episode,
    "ruled": read_episode,
    "granted": _truth,
}
# Variables by their names in the spec: the attribute, and how it is read.
VARIABLES: dict[str, tuple[str, Reader]] = {
    "term": ("term", read_term),
    "vote": ("vote", read_maybe_node),
    "accepted_at": ("accepted_at", read_position),
    "members": ("members", read_nodes),
    "keys": ("keys", read_keys),
    "joined": ("joined", _truth),
    "watermark_at": ("watermark_at", read_position),
    "watermark_members": ("watermark_members", read_nodes),
    "watermark_keys": ("watermark_keys", read_keys),
    "severity": ("severity", read_severity),
    "episode": ("episode", read_episode),
    "role": ("role", read_role),
    "state": ("state", read_order_state),
    "herald": ("herald", read_maybe_node),
    "heard": ("heard", read_nodes),
    "standing": ("standing", _truth),
    "votes": ("votes", read_nodes),
    "worst": ("worst", read_severity),
    "version": ("version", read_number),
    "last_op": ("last_op", read_order_state_op),
    "audience": ("audience", read_nodes),
    "acks": ("acks", read_nodes),
    "confirmed": ("confirmed", read_nodes),
    "probe": ("probe", read_number),
    "answered": ("answered", read_nodes),
    "tried": ("tried", read_errors),
    "asks": ("asks", read_askings),
    "ruled": ("ruled", read_episode),
    "granted": ("granted", _truth),
    "plea": ("plea", _truth),
    "plea_from": ("plea_from", read_maybe_node),
    "plea_episode": ("plea_episode", read_episode),
    "plea_members": ("plea_members", read_nodes),
}
EVENTS: dict[str, tuple[Callable[..., Any], dict[str, Reader]]] = {
    "Beacon": (Beacon, {}),
    "BeaconAnswer": (BeaconAnswer, {}),
    "RequestVote": (RequestVote, {"term": read_term, "accepted_at": read_position}),
    "Vote": (Vote, {"term": read_term, "severity": read_severity}),
    "Elected": (Elected, {"term": read_term}),
    "NewerTerm": (NewerTerm, {"term": read_term}),
    "Propose": (
        Propose,
        {
            "term": read_term,
            "version": read_number,
            "op": read_order_state_op,
            "members": read_nodes,
            "keys": read_keys,
        },
    ),
    "Rollback": (
        Rollback,
        {
            "term": read_term,
            "version": read_number,
            "to": read_position,
            "members": read_nodes,
            "keys": read_keys,
        },
    ),
    "Accepted": (Accepted, {"term": read_term, "version": read_number}),
    "Commit": (
        Commit,
        {
            "term": read_term,
            "version": read_number,
            "op": read_order_state_op,
            "members": read_nodes,
            "keys": read_keys,
        },
    ),
    "CommitAck": (CommitAck, {"term": read_term, "version": read_number}),
    "Probe": (Probe, {"term": read_term, "number": read_number}),
    "Digest": (
        Digest,
        {
            "term": read_term,
            "number": read_number,
            "state": read_order_state,
            "watermark_at": read_position,
            "members": read_nodes,
            "keys": read_keys,
            "severity": read_severity,
        },
    ),
    "ReportError": (
        ReportError,
        {"term": read_term, "error": read_order_state_error, "episode": read_episode},
    ),
    "DeclareError": (
        DeclareError,
        {"term": read_term, "episode": read_episode, "error": read_order_state_error},
    ),
    "ResetRequest": (ResetRequest, {"term": read_term, "episode": read_episode}),
    "SystemResetRequest": (
        SystemResetRequest,
        {"term": read_term, "episode": read_episode, "members": read_nodes},
    ),
    "SystemResetGrant": (SystemResetGrant, {"episode": read_episode}),
    "SystemResetRefusal": (SystemResetRefusal, {"episode": read_episode}),
    "AddShard": (AddShard, {"key": read_key}),
    "RemoveShard": (RemoveShard, {"key": read_key}),
    "MoveShard": (MoveShard, {"key": read_key, "to": read_key}),
    "AddMember": (AddMember, {"node": read_node}),
    "RemoveMember": (RemoveMember, {"node": read_node}),
    "StartProbe": (StartProbe, {}),
    "OrderReset": (OrderReset, {}),
    "SystemReset": (SystemReset, {}),
    "GrantSystemReset": (GrantSystemReset, {}),
    "RefuseSystemReset": (RefuseSystemReset, {}),
    "ReportFault": (ReportFault, {"error": read_order_error}),
    "GetStatus": (GetStatus, {}),
    "ListShards": (ListShards, {}),
    "BeaconDue": (BeaconDue, {}),
    "ElectionTimeout": (ElectionTimeout, {}),
    "ResendDue": (ResendDue, {}),
    "ProbeDue": (ProbeDue, {}),
    "RecoverDue": (RecoverDue, {}),
}
REPLIES: dict[str, tuple[Callable[..., Any], dict[str, Reader]]] = {
    "Done": (Done, {}),
    "Refused": (Refused, {"rule": _text, "clause": _text, "kind": _kind}),
    "Locked": (Locked, {"op": read_order_state_op}),
    "InError": (InError, {"error": read_order_state_error}),
    "StaleTerm": (StaleTerm, {"newer": read_term}),
    "NotHerald": (NotHerald, {"hint": read_maybe_node}),
    "Ignored": (Ignored, {}),
    "Status": (
        Status,
        {
            "state": read_order_state,
            "role": read_role,
            "term": read_term,
            "herald": read_maybe_node,
            "joined": _truth,
            "accepted_at": read_position,
            "watermark_at": read_position,
            "members": read_nodes,
            "severity": read_severity,
            "episode": read_episode,
        },
    ),
    "ShardList": (ShardList, {"at": read_position, "keys": read_keys}),
}
