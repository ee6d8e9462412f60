"""Writes `wire.py`: events, replies and what a crash spares as bytes, and back.

Belongs here: the one encoding of plain data, and what it refuses. Never here: what a value is
(`plain_file`), or how bytes are sent and stored.

The encoding is JSON with one text for each value: names sorted, no space, sets as sorted lists,
only whole numbers. Whatever is written otherwise is refused, so that equal bytes and equal values
are the same thing, and what was damaged on its way is not taken for something else.
"""

from __future__ import annotations

from model.python.layout import spaced
from model.python.source_file import import_lines, whole_file
from model.python.vocabulary import Vocabulary

_BODY = '''
MOST_BYTES = 1 << 20
"""Longer bytes are neither written nor read."""
MOST_NUMBER = (1 << 63) - 1
"""Larger numbers are neither written nor read: no counter gets as far."""


def to_bytes(item: Event | Reply) -> bytes:
    """Return the bytes of an event or a reply. Raises `BadValue` for what cannot be read back."""
    kind = type(item).__name__
    known = EVENTS.get(kind) or REPLIES.get(kind)
    if known is None or known[0] is not type(item):
        raise BadValue(item, "it is no event and no reply", "give one")
    return _written(kind, fields_of(item), _read_item)


def event_from_bytes(data: bytes) -> Event:
    """Return the event that bytes hold. Raises `BadValue` naming what is wrong."""
    made: Event = _found(data, read_event)
    return made


def reply_from_bytes(data: bytes) -> Reply:
    """Return the reply that bytes hold. Raises `BadValue` naming what is wrong."""
    made: Reply = _found(data, read_reply)
    return made


def durable_to_bytes(kept: Durable) -> bytes:
    """Return the bytes of what a crash spares. Raises `BadValue` for what cannot be read back."""
    if not isinstance(kept, Durable):
        raise BadValue(kept, "it is not what a crash spares", "give node.durable()")
    return _written("Durable", _kept(kept), _read_durable)


def durable_from_bytes(data: bytes) -> Durable:
    """Return what was spared, from its bytes. Raises `BadValue` naming what is wrong."""
    made: Durable = _found(data, _read_durable)
    return made


Maker: TypeAlias = Callable[[str, Any], Any]


def _kept(kept: Durable) -> dict[str, object]:
    return {name: to_plain(value) for name, value in zip(DURABLE, kept, strict=True)}


def _read_item(kind: str, values: Any) -> Any:
    return (read_event if kind in EVENTS else read_reply)(kind, values)


def _read_durable(kind: str, values: Any) -> Durable:
    if kind != "Durable":
        raise BadValue(kind, "it is not what a crash spares", "write Durable")
    return read_durable(values)


# ---------------------------------------------------------------- writing


def _written(kind: str, values: Mapping[str, object], read: Maker) -> bytes:
    """Return a value's bytes, of which it is sure that they are read back as it."""
    read(kind, values)  # nobody could read a wrong value back
    try:
        listed = _listed(values)
    except BadValue as error:
        raise error.within(kind) from None
    data = _text_of({"fields": listed, "kind": kind}).encode()
    if len(data) > MOST_BYTES:
        raise BadValue(f"{len(data)} bytes", f"more than {MOST_BYTES}", "send less at once", kind)
    return data


def _text_of(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _listed(value: object) -> object:
    """Return plain data as JSON has it: sets as lists in the order of their elements' texts."""
    if isinstance(value, Mapping):
        return {name: _listed(item) for name, item in value.items()}
    if isinstance(value, frozenset):
        return sorted(map(_listed, value), key=_text_of)
    if isinstance(value, tuple):
        return [_listed(item) for item in value]
    if value is not None and not isinstance(value, str | int):
        raise BadValue(value, f"a {type(value).__name__} is no value", "give tuples, frozen sets")
    if isinstance(value, int) and value > MOST_NUMBER:
        raise BadValue(value, f"it is more than {MOST_NUMBER}", "no counter gets as far")
    return value


# ---------------------------------------------------------------- reading


def _found(data: bytes, read: Maker) -> Any:
    if not isinstance(data, bytes | bytearray):
        raise BadValue(data, "these are no bytes", "give what to_bytes wrote")
    if len(data) > MOST_BYTES:
        raise BadValue(f"{len(data)} bytes", f"more than {MOST_BYTES}", "send less at once")
    try:
        text = data.decode("ascii")
        whole = json.loads(
            text,
            object_pairs_hook=_once,
            parse_int=_whole,
            parse_float=_no_number,
            parse_constant=_no_number,
        )
    except UnicodeDecodeError as error:
        odd = bytes(data[error.start : error.start + 8])
        raise BadValue(odd, "no ASCII", _AGAIN, f"byte {error.start}") from None
    except json.JSONDecodeError as error:
        near = text[error.pos : error.pos + 20]
        raise BadValue(near, f"no JSON: {error.msg}", _AGAIN, f"byte {error.pos}") from None
    except RecursionError:
        raise BadValue(text, "lists in lists in lists, too many", _AGAIN) from None
    if not isinstance(whole, dict) or set(whole) != {"fields", "kind"}:
        raise BadValue(whole, "it has not just a kind and fields", _AGAIN)
    kind = whole["kind"]
    if not isinstance(whole["fields"], dict):
        raise BadValue(whole["fields"], "these are no fields", _AGAIN, in_short(kind))
    made = read(kind, whole["fields"])
    values = _kept(made) if isinstance(made, Durable) else fields_of(made)
    if _text_of({"fields": _listed(values), "kind": kind}) != text:
        raise BadValue(text, "it is not written as such a value is", _AGAIN, kind)
    return made


_AGAIN = "give what to_bytes wrote, unchanged"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadValue(twice, "it stands twice", "write each name once")
    return made


def _whole(digits: str) -> int:
    if len(digits) > 19 or int(digits) > MOST_NUMBER:
        raise BadValue(digits, f"it is more than {MOST_NUMBER}", "no counter gets as far")
    return int(digits)


def _no_number(digits: str) -> Any:
    raise BadValue(digits, "it is no whole number", "write a whole number from 0")
'''


def write(vocabulary: Vocabulary) -> str:
    """Return the text of `wire.py`."""
    spec = vocabulary.spec
    plain = {
        *("BadValue", "DURABLE", "EVENTS", "REPLIES", "fields_of", "in_short", "read_durable"),
        *("read_event", "read_reply", "to_plain"),
    }
    lines = [
        "import json",
        "from collections.abc import Callable, Mapping",
        "from typing import Any, TypeAlias",
        "",
        *import_lines(".plain", plain),
        *import_lines(".types", {"Durable", "Event", "Reply"}),
        "",
        *_BODY.strip("\n").split("\n"),
    ]
    about = (
        "JSON of one form: equal values have equal bytes, and bytes of any other form are refused.",
    )
    return whole_file(spec, f"{spec.title}: values as bytes, and back.", about, spaced(lines))
