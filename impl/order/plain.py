# Generated from the spec 'order' by `oathbound generate`; change the spec, not this file.
# Digest of what follows: 28256c24f40102b5992f1c8ea3dd9c2bc76cd09d8212c8d597c801a4e844f447
"""The order of radiants: values as plain data, and back.

Plain data are what the spec's evaluator computes with: strings, numbers, tuples, sets.
"""

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
    """Return the value called `name`. Raises `ValueError` naming it if it is missing or wrong."""
    if name not in values:
        raise ValueError(f"{name}: missing")
    try:
        return read(values[name])
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _read(kind: str, make: Callable[..., Any], readers: dict[str, Reader], values: Any) -> Any:
    try:
        for name in values:
            if name not in readers:
                raise ValueError(f"{name}: not one of its fields ({', '.join(readers) or 'none'})")
        return make(*(read_field(values, name, read) for name, read in readers.items()))
    except ValueError as error:
        raise ValueError(f"{kind}.{error}") from None


def read_event(kind: str, values: Mapping[str, object]) -> Event:
    """Return the event of class `kind`. Raises `ValueError` naming what is wrong."""
    if kind not in EVENTS:
        raise ValueError(f"{kind!r}: not an event")
    made: Event = _read(kind, *EVENTS[kind], values)
    return made


def read_reply(kind: str, values: Mapping[str, object]) -> Reply:
    """Return the reply of class `kind`. Raises `ValueError` naming what is wrong."""
    if kind not in REPLIES:
        raise ValueError(f"{kind!r}: not a reply")
    made: Reply = _read(kind, *REPLIES[kind], values)
    return made


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} is not a truth value")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not a name")
    return value


def _number(value: object, top: int | None = None) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{value!r} is not a number from 0")
    if top is not None and value > top:
        raise ValueError(f"{value!r} is more than {top}")
    return value


def _parts(value: object, count: int, kind: str) -> tuple[object, ...]:
    if not isinstance(value, tuple | list) or len(value) != count:
        raise ValueError(f"{value!r} is not a {kind} of {count} parts")
    return tuple(value)


def _items(value: object) -> tuple[object, ...]:
    if not isinstance(value, frozenset | set | tuple | list):
        raise ValueError(f"{value!r} is not a set")
    return tuple(value)


def read_node(value: object) -> Node:
    """Return a `Node` from its plain value."""
    return _text(value)


def read_term(value: object) -> Term:
    """Return a `Term` from its plain value."""
    count, owner = _parts(value, 2, "Term")
    return Term(_number(count), _text(owner))


def read_maybe_node(value: object) -> MaybeNode:
    """Return a `MaybeNode` from its plain value."""
    return None if value is None else read_node(value)


def read_number(value: object) -> Number:
    """Return a `Number` from its plain value."""
    return _number(value)


def read_position(value: object) -> Position:
    """Return a `Position` from its plain value."""
    parts = _parts(value, 2, "Position")
    return Position(read_term(parts[0]), read_number(parts[1]))


def read_nodes(value: object) -> Nodes:
    """Return a `Nodes` from its plain value."""
    return frozenset(read_node(item) for item in _items(value))


def read_key(value: object) -> Key:
    """Return a `Key` from its plain value."""
    return _text(value)


def read_keys(value: object) -> Keys:
    """Return a `Keys` from its plain value."""
    return frozenset(read_key(item) for item in _items(value))


def read_severity(value: object) -> Severity:
    """Return a `Severity` from its plain value."""
    return _number(value, 3)


def read_episode(value: object) -> Episode:
    """Return a `Episode` from its plain value."""
    parts = _parts(value, 2, "Episode")
    return Episode(read_term(parts[0]), read_number(parts[1]))


def read_role(value: object) -> Role:
    """Return a `Role` from its plain value."""
    try:
        return Role(value)
    except ValueError:
        raise ValueError(f"{value!r} is not of the sum Role") from None


def read_order_state(value: object) -> OrderState:
    """Return a `OrderState` from its plain value."""
    try:
        return OrderState(value)
    except ValueError:
        raise ValueError(f"{value!r} is not of the sum OrderState") from None


def read_order_state_op(value: object) -> OrderStateOp:
    """Return a `OrderStateOp` from its plain value."""
    try:
        return OrderStateOp(value)
    except ValueError:
        raise ValueError(f"{value!r} is not of the sum OrderStateOp") from None


def read_order_state_error(value: object) -> OrderStateError:
    """Return a `OrderStateError` from its plain value."""
    try:
        return OrderStateError(value)
    except ValueError:
        raise ValueError(f"{value!r} is not of the sum OrderStateError") from None


def read_errors(value: object) -> Errors:
    """Return a `Errors` from its plain value."""
    return frozenset(read_order_state_error(item) for item in _items(value))


def read_askings(value: object) -> Askings:
    """Return a `Askings` from its plain value."""
    return _number(value, 3)


def read_order_error(value: object) -> OrderError:
    """Return a `OrderError` from its plain value."""
    try:
        return OrderError(value)
    except ValueError:
        raise ValueError(f"{value!r} is not of the sum OrderError") from None


def read_config(values: Mapping[str, object]) -> OrderConfig:
    """Return a configuration. Raises `ValueError` naming what is wrong."""
    made: OrderConfig = _read("config", OrderConfig, CONFIG, values)
    return made


def read_durable(values: Mapping[str, object]) -> Durable:
    """Return what a crash spares. Raises `ValueError` naming what is wrong."""
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
    "Refused": (Refused, {"rule": _text, "clause": _text, "kind": _text}),
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
