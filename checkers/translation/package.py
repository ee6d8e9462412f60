"""The source of a generated node, read as definitions by name, and nothing that acts by itself.

Belongs here: which statements a module and a class may consist of, and what they define. Never
here: what a function does (`execute`).

What Python runs while it imports the node is this and no more: imports among the node's own modules
and of a few names of the standard library, classes of three kinds, constants, functions. Whatever
else stands there could change what any of it means, so that it is an error, wherever it stands.
"""

from __future__ import annotations

import ast
import builtins
import io
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from checkers.translation.subset import OutsideSubset, outside

MODULES = ("rules", "types", "nearest", "plain", "wire", "node", "__init__")
"""The files of a node, without `.py`; each imports those before it alone."""
AROUND = {"plain": ("reprlib",), "wire": ("json",)}
"""The modules by which values come and go, each with what it may import whole. No handler calls
them: of these it is read what they define, and not what their functions do."""

LIBRARY = {
    "__future__": {"annotations"},
    "collections.abc": {"Callable", "Mapping"},
    "dataclasses": {"dataclass", "fields"},
    "enum": {"Enum"},
    "typing": {
        *("Any", "Final", "Literal", "NamedTuple", "Never", "TYPE_CHECKING", "TypeAlias"),
        "TypeVar",
    },
}
"""What may be imported from elsewhere: names for annotations, and what classes are made with."""

_GIVEN = frozenset(name for names in LIBRARY.values() for name in names)
BUILTINS = frozenset(dir(builtins))
"""Names of Python's own: no module may give one another meaning."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A name for the value of an expression."""

    module: str
    name: str
    value: ast.expr


@dataclass(frozen=True, slots=True)
class Alias:
    """A name for a type, which only annotations use."""

    module: str
    name: str


@dataclass(frozen=True, slots=True)
class Function:
    """A function or method; `of` is the class that a method belongs to, `how` its decorator."""

    module: str
    name: str
    node: ast.FunctionDef
    of: str = ""
    how: str = ""


@dataclass(frozen=True, slots=True)
class Class:
    """A class; `kind` is `tuple`, `enum`, `data`, `error`, or `process` for the node's own.

    `parts`: fields in their order with their defaults, `members`: of an enum, the name and the
    text of each; `equality`: its `==` compares fields; `hashed`: sets may hold its values; `slots`:
    attributes, None where any may be.
    """

    module: str
    name: str
    kind: str
    node: ast.ClassDef
    parts: Mapping[str, ast.expr | None] = field(default_factory=dict)
    members: Mapping[str, str] = field(default_factory=dict)
    methods: Mapping[str, Function] = field(default_factory=dict)
    equality: bool = True
    hashed: bool = True
    slots: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Module:
    """A module of the node, by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class Library:
    """A name from the standard library."""

    name: str


Definition = Constant | Alias | Function | Class | Module | Library


class Package:
    """The modules of one node: for each the definitions that its names stand for."""

    def __init__(self, files: Mapping[str, str], shown: str = "") -> None:
        """Read the files, given by module name; `shown` is the folder that messages name.

        Raises:
            OutsideSubset: A statement stands there that the reader does not know.
        """
        self.shown = shown
        self.scopes: dict[str, dict[str, Definition]] = {}
        self.trees: dict[str, ast.Module] = {}
        for name in MODULES:
            if name not in files:
                why, fix = "it is missing", "run `oathbound generate`"
                raise OutsideSubset(self.file(name), 1, "the file", why, fix)
            self._check_encoding(name, files[name])
            try:
                self.trees[name] = ast.parse(files[name], self.file(name))
            except (SyntaxError, ValueError, RecursionError) as error:
                line = getattr(error, "lineno", None) or 1
                why = getattr(error, "msg", None) or "it is no Python"
                raise OutsideSubset(self.file(name), line, "the file", why, "mend it") from None
        for name in sorted(set(files) - set(MODULES)):
            why = "no generated node has such a module"
            raise OutsideSubset(self.file(name), 1, "the file", why, "delete it")
        for name in MODULES:
            _Reader(self, name).read()

    def _check_encoding(self, name: str, text: str) -> None:
        """Refuse a comment by which Python would read other letters than are read here."""
        if not is_utf8(text):
            why = "it is not to be read as UTF-8"
            raise OutsideSubset(self.file(name), 1, "the file", why, "leave the encoding out")

    def file(self, module: str) -> str:
        """Return the file of a module, as messages name it."""
        return f"{self.shown}{module}.py" if "." not in module else f"{self.shown}{module}"

    def find(self, module: str, name: str) -> Definition | None:
        """Return what a name means at the top of a module."""
        return self.scopes[module].get(name)

    def functions(self) -> Iterator[Function]:
        """Yield every function and method."""
        for scope in self.scopes.values():
            own = [d for d in scope.values() if isinstance(d, Function | Class)]
            for one in own:
                if isinstance(one, Function):
                    yield one
                elif self.scopes[one.module] is scope:
                    yield from one.methods.values()

    @property
    def process(self) -> Class:
        """The node's class."""
        (found,) = [
            d for d in self.scopes["node"].values() if isinstance(d, Class) and d.kind == "process"
        ]
        return found


class _Reader:
    """Reads one module."""

    def __init__(self, package: Package, module: str) -> None:
        self.package, self.module = package, module
        self.file = package.file(module)
        self.scope: dict[str, Definition] = {}
        package.scopes[module] = self.scope

    def error(self, node: ast.AST, why: str) -> OutsideSubset:
        return outside(self.file, node, why)

    def read(self) -> None:
        body = self.package.trees[self.module].body
        for node in body:
            if _is_docstring(node) or self.around(node):
                continue
            match node:
                case ast.ImportFrom():
                    self.imported(node)
                case ast.ClassDef():
                    self.define(node, node.name, self.class_of(node))
                case ast.FunctionDef():
                    self.signature(node)
                    if node.decorator_list:
                        raise self.error(node.decorator_list[0], "a function has no decorator")
                    if node.name.startswith("__"):
                        raise self.error(node, "Python may call it by itself")
                    self.define(node, node.name, Function(self.module, node.name, node))
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                    self.annotation(node.annotation)
                    self.constant(node, name, value, _is_alias(node.annotation))
                case ast.Assign(targets=[ast.Name(id=name)]):
                    self.constant(node, name, node.value, False)
                case ast.If(test=ast.Name(id="TYPE_CHECKING"), orelse=[]) if isinstance(
                    self.scope.get("TYPE_CHECKING"), Library
                ):
                    for inner in node.body:  # nothing of it is run
                        if not isinstance(inner, ast.ImportFrom):
                            raise self.error(inner, "only imports stand below TYPE_CHECKING")
                case _:
                    raise self.error(node, "no such statement stands at the top of a module")
        if self.module == "node":
            found = [d for d in self.scope.values() if isinstance(d, Class) and d.kind == "process"]
            if len(found) != 1:
                whole = self.package.trees[self.module].body[0]
                raise self.error(whole, f"a node's module has one class, this has {len(found)}")

    def around(self, node: ast.stmt) -> bool:
        """Take in what stands only where values come and go; tell whether it is such a thing.

        An error of their own, and something of a library's, made and set up there and used by
        nobody else.
        """
        libraries = AROUND.get(self.module, ())
        match node:
            case ast.Import(names=[ast.alias(name=name, asname=None)]) if name in libraries:
                self.define(node, name, Library(name))
            case ast.ClassDef(
                bases=[ast.Name(id="ValueError")], keywords=[], decorator_list=[]
            ) if libraries:
                for inner in node.body:
                    if not isinstance(inner, ast.FunctionDef) and not _is_docstring(inner):
                        raise self.error(inner, "an error has methods alone")
                    if isinstance(inner, ast.FunctionDef):
                        self.signature(inner)
                        if inner.decorator_list:
                            raise self.error(inner, "an error's methods have no decorators")
                self.define(node, node.name, Class(self.module, node.name, "error", node))
            case ast.Assign(
                targets=[ast.Name(id=name)],
                value=ast.Call(
                    func=ast.Attribute(value=ast.Name(id=library)), args=[], keywords=[]
                ) as value,
            ) if library in libraries:
                self.define(node, name, Constant(self.module, name, value))
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)) if all(
                isinstance(v, ast.Constant) for v in values
            ):
                return all(map(self.is_own_tool, targets))
            case _:
                return False
        return True

    def is_own_tool(self, target: ast.expr) -> bool:
        """Tell whether something is an attribute of what a library made for this module alone."""
        match target:
            case ast.Attribute(value=ast.Name(id=name)):
                match self.scope.get(name):
                    case Constant(
                        module=self.module,
                        value=ast.Call(func=ast.Attribute(value=ast.Name(id=library))),
                    ):
                        return library in AROUND.get(self.module, ())
        return False

    def define(self, node: ast.AST, name: str, what: Definition) -> None:
        if name in self.scope:
            raise self.error(node, f"{name} is defined twice; Python keeps the last")
        if name in BUILTINS:
            raise self.error(node, f"{name} is a name of Python's own")
        if name in _GIVEN and not isinstance(what, Library):
            raise self.error(node, f"{name} is a name of the standard library's")
        if self.module == "__init__" and name in MODULES and not isinstance(what, Module):
            raise self.error(node, f"the modules would find this in place of the module {name}")
        if isinstance(what, Class):
            others = (scope.get(name) for scope in self.package.scopes.values())
            if any(isinstance(other, Class) and other is not what for other in others):
                raise self.error(node, f"another module has a class {name}: values tell by name")
        self.scope[name] = what

    def imported(self, node: ast.ImportFrom) -> None:
        """Take in the names of an import."""
        for alias in node.names:
            if alias.asname is not None or alias.name == "*":
                raise self.error(node, "what is imported keeps its name, and is named")
            if node.level == 0:
                if alias.name not in LIBRARY.get(node.module or "", ()):
                    raise self.error(node, f"{node.module} is not for a node's code")
                if alias.name != "annotations":
                    self.define(node, alias.name, Library(alias.name))
                continue
            if node.level != 1:
                raise self.error(node, "a node imports from its own package")
            if node.module is None:
                if alias.name not in MODULES or MODULES.index(alias.name) >= self.place():
                    raise self.error(node, f"{alias.name} is no module before this one")
                self.define(node, alias.name, Module(alias.name))
                continue
            if node.module not in MODULES or MODULES.index(node.module) >= self.place():
                raise self.error(node, f"{node.module} is no module before this one")
            found = self.package.find(node.module, alias.name)
            if found is None:
                raise self.error(node, f"{node.module} defines no {alias.name}")
            self.define(node, alias.name, found)

    def place(self) -> int:
        """Return where this module stands among those that are read."""
        return MODULES.index(self.module)

    def constant(self, node: ast.stmt, name: str, value: ast.expr, alias: bool) -> None:
        """Take in a constant, or a name for a type."""
        self.pure(value)
        if alias:
            self.define(node, name, Alias(self.module, name))
            return
        if name.startswith("__") and name != "__all__":
            raise self.error(node, f"Python reads a meaning of its own in {name}")
        self.define(node, name, Constant(self.module, name, value))

    def pure(self, value: ast.AST) -> None:
        """Refuse an expression that could do something beside having a value."""
        for inner in ast.walk(value):
            if isinstance(inner, ast.Call):
                if not isinstance(inner.func, ast.Name):
                    raise self.error(inner, "a constant calls classes alone")
                called = self.scope.get(inner.func.id)
                made = inner.func.id in ("frozenset", "TypeVar") and (
                    called is None or isinstance(called, Library)
                )
                if not made and not (
                    isinstance(called, Class) and called.kind not in ("process", "error")
                ):
                    raise self.error(inner, "a constant calls classes alone")
            elif not isinstance(inner, _PURE):
                shown = inner if hasattr(inner, "lineno") else value
                raise self.error(shown, "a constant is spelt out")

    def annotation(self, value: ast.expr | None) -> None:
        """Refuse an annotation that could do something."""
        for inner in ast.walk(value) if value is not None else ():
            if not isinstance(inner, _PURE) or isinstance(inner, ast.Call):
                raise self.error(inner, "an annotation names types alone")

    # ------------------------------------------------------------ functions

    def signature(self, node: ast.FunctionDef) -> None:
        """Refuse parameters and annotations of a kind that no generated function has."""
        a = node.args
        if a.posonlyargs or a.kwonlyargs or a.kwarg is not None:
            raise self.error(node, "its parameters are plain ones, and one `*rest` at most")
        for default in a.defaults:
            if not isinstance(default, ast.Constant):
                raise self.error(default, "a default is a constant: others are shared by all calls")
        given = [*a.args, *([a.vararg] if a.vararg is not None else [])]
        for one in given:
            self.annotation(one.annotation)
            if one.arg in BUILTINS:
                raise self.error(one, f"{one.arg} is a name of Python's own")
        self.annotation(node.returns)

    # ------------------------------------------------------------ classes

    def class_of(self, node: ast.ClassDef) -> Class:
        if node.keywords:
            raise self.error(node, "a class has no keywords")
        match node.bases, node.decorator_list:
            case [ast.Name(id="NamedTuple")], []:
                parts, _ = self.fields(node, methods=())
                return Class(self.module, node.name, "tuple", node, parts)
            case [ast.Name(id="Enum")], []:
                return Class(self.module, node.name, "enum", node, members=self.members(node))
            case [], [ast.Call(func=ast.Name(id="dataclass"), args=[]) as made]:
                told = {"eq": True}
                for keyword in made.keywords:
                    known = keyword.arg in ("slots", "unsafe_hash", "frozen", "eq")
                    if not known or not isinstance(keyword.value, ast.Constant):
                        raise self.error(made, "of a dataclass only slots, unsafe_hash, frozen, eq")
                    told[str(keyword.arg)] = bool(keyword.value.value)
                equality = told["eq"]
                hashed = not equality or told.get("unsafe_hash") or told.get("frozen")
                parts, methods = self.fields(node, methods=("__str__", "property"))
                return Class(
                    self.module,
                    node.name,
                    "data",
                    node,
                    parts,
                    methods=methods,
                    equality=equality,
                    hashed=bool(hashed),
                )
            case [], [] if self.module == "node":
                return self.process(node)
        what = node.decorator_list[0] if node.decorator_list else node
        raise self.error(what, "a class is a NamedTuple, an Enum, a dataclass, or the node's own")

    def fields(
        self, node: ast.ClassDef, methods: tuple[str, ...]
    ) -> tuple[dict[str, ast.expr | None], dict[str, Function]]:
        """Return the fields of a class, and the methods among those that it may have."""
        parts: dict[str, ast.expr | None] = {}
        found: dict[str, Function] = {}
        for at, inner in enumerate(node.body):
            if (at == 0 and _is_docstring(inner)) or isinstance(inner, ast.Pass):
                continue
            match inner:
                case ast.AnnAssign(target=ast.Name(id=name)) if name not in parts:
                    self.annotation(inner.annotation)
                    if isinstance(inner.annotation, ast.Name | ast.Subscript) and "ClassVar" in (
                        ast.unparse(inner.annotation)
                    ):
                        raise self.error(inner, "a class has fields alone")
                    if inner.value is not None and not _is_constant(inner.value):
                        raise self.error(inner, "a default is a constant: others are shared")
                    if name.startswith("__"):
                        raise self.error(inner, f"Python reads a meaning of its own in {name}")
                    parts[name] = inner.value
                case ast.FunctionDef(name=name) if name not in found:
                    self.signature(inner)
                    how = [d.id for d in inner.decorator_list if isinstance(d, ast.Name)]
                    kind = how[0] if how else name
                    if kind not in methods or len(how) != len(inner.decorator_list) or how[1:]:
                        raise self.error(inner, "it would change what the class's values do")
                    if kind == "property" and name.startswith("_"):
                        raise self.error(inner, "it would change what the class's values do")
                    found[name] = Function(self.module, name, inner, node.name, kind)
                case _:
                    raise self.error(inner, "a class has fields alone, each once")
        for name in found:
            if name in parts:
                raise self.error(found[name].node, f"{name} is a field, too")
        return parts, found

    def members(self, node: ast.ClassDef) -> dict[str, str]:
        """Return the members of an enum: names and values."""
        found: dict[str, str] = {}
        for at, inner in enumerate(node.body):
            if at == 0 and _is_docstring(inner):
                continue
            match inner:
                case ast.Assign(
                    targets=[ast.Name(id="__hash__")],
                    value=ast.Attribute(value=ast.Name(id="object"), attr="__hash__"),
                ):
                    continue
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(text))):
                    if name in found or text in found.values():
                        raise self.error(inner, "each member has a name and a value of its own")
                    if name.startswith("_") or name in ("name", "value", "mro"):
                        raise self.error(inner, f"Python reads a meaning of its own in {name}")
                    found[name] = text
                case _:
                    raise self.error(inner, "an enum has members alone, each with a text")
        return found

    def process(self, node: ast.ClassDef) -> Class:
        """Return the node's own class."""
        methods: dict[str, Function] = {}
        slots: frozenset[str] | None = None
        for at, inner in enumerate(node.body):
            if at == 0 and _is_docstring(inner):
                continue
            match inner:
                case ast.Assign(targets=[ast.Name(id="__slots__")], value=ast.Tuple(elts=elts)):
                    names = [e.value for e in elts if isinstance(e, ast.Constant)]
                    if slots is not None or len(names) != len(elts):
                        raise self.error(inner, "slots are named once, by texts")
                    slots = frozenset(map(str, names))
                    if any(name.startswith("__") for name in slots):
                        raise self.error(inner, "Python reads a meaning of its own in such a slot")
                case ast.AnnAssign(target=ast.Name(), value=None):
                    self.annotation(inner.annotation)
                case ast.FunctionDef(name=name):
                    self.signature(inner)
                    if name in methods:
                        raise self.error(inner, f"{name} is defined twice; Python keeps the last")
                    if name.startswith("_") and name != "__init__":
                        raise self.error(inner, "Python may call it by itself")
                    how = [d.id for d in inner.decorator_list if isinstance(d, ast.Name)]
                    known = ([], ["classmethod"]) if name == "restart" else ([],)
                    if len(how) != len(inner.decorator_list) or how not in known:
                        raise self.error(inner.decorator_list[0], "no such decorator is read")
                    if name == "__init__":
                        for one in ast.walk(inner):
                            if isinstance(one, ast.Return) and one.value is not None:
                                raise self.error(one, "Python lets it return nothing")
                    kind = how[0] if how else ""
                    methods[name] = Function(self.module, name, inner, node.name, kind)
                case _:
                    raise self.error(inner, "the node's class has slots, annotations, methods")
        return Class(self.module, node.name, "process", node, methods=methods, slots=slots)


_PURE = (
    *(ast.Name, ast.Constant, ast.Tuple, ast.Set, ast.Dict, ast.List, ast.Starred),
    *(ast.Attribute, ast.Subscript, ast.BinOp, ast.BitOr, ast.Load, ast.keyword, ast.Call),
    *(ast.USub, ast.UnaryOp, ast.Add, ast.Sub, ast.LShift),
)


def is_utf8(text: str) -> bool:
    """Tell whether Python reads the letters of a source as they are read here."""
    try:
        return tokenize.detect_encoding(io.BytesIO(text.encode()).readline)[0] == "utf-8"
    except (SyntaxError, ValueError):
        return False


def _is_docstring(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _is_alias(annotation: ast.expr) -> bool:
    return isinstance(annotation, ast.Name) and annotation.id == "TypeAlias"


def _is_constant(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) or (isinstance(value, ast.Tuple) and not value.elts)
