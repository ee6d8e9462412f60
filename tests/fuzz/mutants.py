"""Texts of specs, changed: by their signs, their tokens, their lines and their syntax trees.

Belongs here: changing a text. Never here: what a changed text should do.

A change by tokens or lines makes much that is not Python; one in the syntax tree makes Python that
a careless hand might have written. Both matter: the first ends early in the loader, the second gets
deep into the language.
"""

from __future__ import annotations

import ast
import copy
import io
import random
import tokenize
from collections.abc import Callable, Sequence

JUNK = (
    *("None", "True", "False", "0", "1", "-1", "2 ** 70", "1.5", "float('nan')", "''", "'x'"),
    *("'\\x00'", "'\\ud800'", "b'x'", "()", "(None,)", "[]", "[[]]", "{}", "{1: 2}", "set()"),
    *("...", "object", "object()", "int", "type", "lambda: None", "lambda *a: a", "NotImplemented"),
    *("__name__", "print", "range(3)", "iter(())", "(x for x in ())", "Exception()", "'a' * 5000"),
    *("me", "m", "config", "spec", "sys", "sys.modules[__name__]", "a.b.c", "me.me", "m.sender"),
)
"""What is put where something else belongs."""
OPERATORS = ("+", "-", "*", "@", "%", "&", "|", "^", "<", ">", "==", "!=", "=", ":=", "~", ".", ",")
ODD_BYTES = (
    b"\x00",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\r",
    b"\x0c",
    b"\t",
    b"\xed\xa0\x80",
    b"\\",
    b"'''",
)
ODD_WORDS = ("class", "def", "return", "lambda", "yield", "await", "global", "del", "is", "not in")


def changed(r: random.Random, text: str, others: Sequence[str]) -> bytes:
    """Return a text with one to three changes; `others` are texts to take pieces from."""
    for _ in range(r.choice((1, 1, 1, 2, 3))):
        change: Callable[[random.Random, str, Sequence[str]], str]
        change = r.choices((by_tree, by_token, by_line), (8, 1, 1))[0]
        text = change(r, text, others)
    made = text.encode("utf-8", "surrogatepass")
    if r.random() < 0.04:
        made = by_byte(r, made)
    return made


# ---------------------------------------------------------------- signs, tokens, lines


def by_byte(r: random.Random, data: bytes) -> bytes:
    """Return bytes of which some are gone, doubled, flipped or new."""
    for _ in range(r.randint(1, 3)):
        at = r.randrange(len(data) + 1)
        match r.randrange(5):
            case 0:
                data = data[:at] + r.choice(ODD_BYTES) + data[at:]
            case 1:
                data = data[:at] + data[at + r.randint(1, 40) :]
            case 2:
                data = (
                    data[:at] + bytes([data[at] ^ 1 << r.randrange(8)]) + data[at + 1 :]
                    if at < len(data)
                    else data
                )
            case 3:
                data = data[:at]
            case _:
                data = data[:at] + data[max(at - r.randint(1, 200), 0) : at] + data[at:]
    return data


def by_token(r: random.Random, text: str, others: Sequence[str]) -> str:
    """Return a text with one token gone, doubled, exchanged or replaced."""
    try:
        tokens = [t for t in tokenize.generate_tokens(io.StringIO(text).readline) if t.string]
    except (tokenize.TokenError, SyntaxError):
        return by_line(r, text, others)
    if not tokens:
        return text
    at = r.randrange(len(tokens))
    token = tokens[at]
    names = [t.string for t in tokens if t.type == tokenize.NAME]
    match r.randrange(5):
        case 0:
            new = ""
        case 1:
            new = f"{token.string} {token.string}"
        case 2:
            new = r.choice(tokens).string
        case 3:
            new = r.choice((*JUNK, *ODD_WORDS, *OPERATORS))
        case _:
            new = r.choice(names) if names else "x"
    lines = text.splitlines(keepends=True)
    start = sum(len(line) for line in lines[: token.start[0] - 1]) + token.start[1]
    end = sum(len(line) for line in lines[: token.end[0] - 1]) + token.end[1]
    return text[:start] + new + text[end:]


def by_line(r: random.Random, text: str, others: Sequence[str]) -> str:
    """Return a text with some lines gone, doubled, moved, shifted or of another text."""
    lines = text.splitlines()
    if not lines:
        return "\n"
    at, length = r.randrange(len(lines)), r.randint(1, 6)
    piece = lines[at : at + length]
    match r.randrange(6):
        case 0:
            lines[at : at + length] = []
        case 1:
            lines[at:at] = piece
        case 2:
            lines[at : at + length] = []
            to = r.randrange(len(lines) + 1)
            lines[to:to] = piece
        case 3:
            lines[at : at + length] = [r.choice((" ", "    ", "\t")) + line for line in piece]
        case 4:
            lines[at : at + length] = [line.removeprefix("    ") for line in piece]
        case _:
            other = r.choice(others).splitlines()
            start = r.randrange(len(other))
            lines[at:at] = other[start : start + length]
    return "\n".join(lines) + "\n"


# ---------------------------------------------------------------- the syntax tree


def by_tree(r: random.Random, text: str, others: Sequence[str]) -> str:
    """Return a text whose syntax tree has one change; of one that has no tree, one of its lines."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return by_line(r, text, others)
    for _ in range(20):
        if r.choice(_CHANGES)(r, tree, others):
            break
    try:
        return ast.unparse(ast.fix_missing_locations(tree)) + "\n"
    except ValueError:  # a tree that no text has, such as an f-string with every kind of quote
        return text


def _junk(r: random.Random) -> ast.expr:
    return ast.parse(r.choice(JUNK), mode="eval").body


def _places(tree: ast.AST) -> list[tuple[ast.AST, str, int | None, ast.expr]]:
    """Return where expressions stand: parent, field, place in a list, and the expression."""
    found: list[tuple[ast.AST, str, int | None, ast.expr]] = []
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if isinstance(value, ast.expr):
                found.append((parent, name, None, value))
            elif isinstance(value, list):
                found += [
                    (parent, name, at, one)
                    for at, one in enumerate(value)
                    if isinstance(one, ast.expr)
                ]
    # What is assigned to is left to the other changes.
    return [p for p in found if not isinstance(getattr(p[3], "ctx", None), ast.Store | ast.Del)]


def _put(place: tuple[ast.AST, str, int | None, ast.expr], new: ast.expr) -> None:
    parent, name, at, _ = place
    if at is None:
        setattr(parent, name, new)
    else:
        getattr(parent, name)[at] = new


def _replace(r: random.Random, tree: ast.Module, others: Sequence[str]) -> bool:
    _put(r.choice(_places(tree)), _junk(r))
    return True


def _exchange(r: random.Random, tree: ast.Module, others: Sequence[str]) -> bool:
    """Put a copy of one expression where another stands."""
    places = _places(tree)
    _put(r.choice(places), copy.deepcopy(r.choice(places)[3]))
    return True


def _wrap(r: random.Random, tree: ast.Module, others: Sequence[str]) -> bool:
    """Use an expression as something that it is not meant to be."""
    place = r.choice(_places(tree))
    x, y = copy.deepcopy(place[3]), copy.deepcopy(r.choice(_places(tree))[3])
    makers: list[Callable[[], ast.expr]] = [
        lambda: ast.BoolOp(r.choice((ast.And(), ast.Or())), [x, y]),
        lambda: ast.UnaryOp(r.choice((ast.Not(), ast.Invert(), ast.USub())), x),
        lambda: ast.Compare(
            x, [r.choice((ast.In(), ast.Is(), ast.Lt(), ast.Eq(), ast.NotIn()))], [y]
        ),
        lambda: ast.Compare(x, [ast.Lt(), ast.LtE()], [y, copy.deepcopy(x)]),
        lambda: ast.BinOp(
            x, r.choice((ast.BitAnd(), ast.BitOr(), ast.BitXor(), ast.Add(), ast.Mod())), y
        ),
        lambda: ast.IfExp(x, y, copy.deepcopy(x)),
        lambda: ast.Tuple([x], ast.Load()),
        lambda: ast.Tuple([x, y], ast.Load()),
        lambda: ast.List([x, y], ast.Load()),
        lambda: ast.Set([x, y]),
        lambda: ast.Dict([x], [y]),
        lambda: ast.Call(x, [], []),
        lambda: ast.Call(x, [y], []),
        lambda: ast.Call(ast.Name(r.choice(_CALLED), ast.Load()), [x], []),
        lambda: ast.Subscript(x, y, ast.Load()),
        lambda: ast.Attribute(x, r.choice(_ATTRIBUTES), ast.Load()),
        lambda: ast.Starred(x, ast.Load()),
        lambda: ast.Lambda(ast.arguments([], [], None, [], [], None, []), x),
        lambda: ast.JoinedStr([ast.FormattedValue(x, -1, None)]),
    ]
    _put(place, r.choice(makers)())
    return True


_CALLED = (
    *(
        "len",
        "bool",
        "int",
        "str",
        "list",
        "set",
        "dict",
        "hash",
        "iter",
        "next",
        "sorted",
        "tuple",
    ),
    *(
        "repr",
        "type",
        "min",
        "sum",
        "any",
        "abs",
        "range",
        "vars",
        "callable",
        "id",
        "print",
        "dir",
    ),
)
_ATTRIBUTES = (
    *("set", "has", "add", "name", "sender", "top", "zero", "empty", "round", "sort", "data"),
    *("__class__", "__dict__", "__doc__", "kind", "cases", "parts", "x", "at", "put", "args"),
)


def _call(r: random.Random, tree: ast.Module, others: Sequence[str]) -> bool:
    """Change the arguments of a call."""
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call)]
    if not calls:
        return False
    call = r.choice(calls)
    match r.randrange(7):
        case 0 if call.args:
            del call.args[r.randrange(len(call.args))]
        case 1 if call.keywords:
            del call.keywords[r.randrange(len(call.keywords))]
        case 2:
            call.args.insert(r.randrange(len(call.args) + 1), _junk(r))
        case 3 if len(call.args) > 1:
            r.shuffle(call.args)
        case 4 if call.keywords:
            one = r.choice(call.keywords)
            one.arg = r.choice([k.arg or "x" for k in call.keywords] + ["x", "name", "self"])
        case 5 if call.keywords:
            one = call.keywords.pop(r.randrange(len(call.keywords)))
            call.args.append(one.value)
        case 6:
            call.keywords.append(ast.keyword(r.choice(("x", "when", "uses", "init")), _junk(r)))
        case _:
            return False
    return True


def _statement(r: random.Random, tree: ast.Module, others: Sequence[str]) -> bool:
    """Drop, double, move or add a statement."""
    found = (getattr(n, "body", None) for n in ast.walk(tree))
    bodies: list[list[ast.stmt]] = [b for b in found if isinstance(b, list)]
    body = r.choice(bodies)
    at = r.randrange(len(body))
    match r.randrange(5):
        case 0:
            del body[at]
            if not body:
                body.append(ast.Pass())
        case 1:
            body.insert(r.randrange(len(body) + 1), copy.deepcopy(body[at]))
        case 2:
            body.insert(r.randrange(len(body)), body.pop(at))
        case 3:
            there = r.choice(bodies)
            there.insert(r.randrange(len(there) + 1), copy.deepcopy(body[at]))
        case _:
            other = ast.parse(r.choice(others)).body
            tree.body.insert(r.randrange(len(tree.body) + 1), r.choice(other))
    return True


def _definition(r: random.Random, tree: ast.Module, others: Sequence[str]) -> bool:
    """Change a class or a function: its name, bases, parameters or decorators."""
    kinds = ast.ClassDef | ast.FunctionDef
    found = [n for n in ast.walk(tree) if isinstance(n, kinds)]
    if not found:
        return False
    one, other = r.choice(found), r.choice(found)
    match r.randrange(8):
        case 0:
            one.name = other.name
        case 1:
            one.name = r.choice(
                ("x", "_", "spec", "me", "crash", "class_", "ä", "None_", "a" * 300)
            )
        case 2 if one.decorator_list:
            del one.decorator_list[r.randrange(len(one.decorator_list))]
        case 3:
            one.decorator_list = [*one.decorator_list, *copy.deepcopy(other.decorator_list)]
        case 4 if isinstance(one, ast.ClassDef) and one.bases:
            one.bases[0] = ast.Name(other.name, ast.Load()) if r.random() < 0.5 else _junk(r)
        case 5 if isinstance(one, ast.ClassDef) and one.keywords:
            del one.keywords[r.randrange(len(one.keywords))]
        case 6 if isinstance(one, ast.FunctionDef):
            args = one.args
            names = [a.arg for a in args.args]
            kind = r.randrange(5)
            if kind == 0 and names:
                del args.args[r.randrange(len(names))]
            elif kind == 1:
                args.args.append(ast.arg(r.choice(("x", "y", "t"))))
            elif kind == 2:
                args.vararg = ast.arg("rest")
            elif kind == 3 and names:
                r.choice(args.args).annotation = _junk(r)
            else:
                args.kwonlyargs.append(ast.arg("only"))
                args.kw_defaults.append(None)
            if len({a.arg for a in [*args.args, *args.kwonlyargs]}) < len(args.args):
                return False
        case 7 if isinstance(one, ast.FunctionDef):
            returns = [n for n in ast.walk(one) if isinstance(n, ast.Return)]
            if not returns:
                return False
            r.choice(returns).value = _junk(r)
        case _:
            return False
    return True


def _name(r: random.Random, tree: ast.Module, others: Sequence[str]) -> bool:
    """Write another name, as it stands somewhere in the text, or misspelt."""
    names = [n for n in ast.walk(tree) if isinstance(n, ast.Name | ast.Attribute)]
    if not names:
        return False
    one = r.choice(names)
    known = [n.id if isinstance(n, ast.Name) else n.attr for n in names]
    new = r.choice(known)
    if isinstance(one, ast.Attribute):
        one.attr = new if r.random() < 0.6 else one.attr[:-1] + "q"
    else:
        one.id = new if r.random() < 0.6 else one.id + "q"
    return True


def _constant(r: random.Random, tree: ast.Module, others: Sequence[str]) -> bool:
    found = [n for n in ast.walk(tree) if isinstance(n, ast.Constant)]
    if not found:
        return False
    one = r.choice(found)
    one.value = r.choice(
        (
            None,
            True,
            0,
            -1,
            1,
            7,
            10**25,
            1.5,
            "",
            "x",
            "ä\x00",
            b"x",
            ...,
            1j,
            "a" * 3000,
            "%s{}\\",
        )
    )
    one.kind = None
    return True


_CHANGES = (
    _replace,
    _exchange,
    _wrap,
    _wrap,
    _call,
    _call,
    _statement,
    _definition,
    _name,
    _constant,
)
