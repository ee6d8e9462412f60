"""A spec unlike the order's, for tests of the generator: desks of a library that lend books.

It holds what the order lacks: updates that swap variables, a destination that its own rule
changes, implications, orders in a struct, a variable and leaves whose names are taken, an event
without rules, a table that two fields of one reply are keyed by.
"""

from __future__ import annotations

import sys
from typing import Any

from model.lang import (
    ME,
    Atom,
    Bool,
    Config,
    MapOf,
    Maybe,
    Message,
    Node,
    Ordered,
    Process,
    Range,
    Reply,
    Request,
    Row,
    SetOf,
    Spec,
    Struct,
    Sum,
    Table,
    Timer,
    authority,
    case,
    durable,
    fallback,
    fresh,
    ite,
    majority,
    on,
    owner,
    part,
    read_spec,
    volatile,
)


class Duty(Sum):
    CLERK = case()
    KEEPER = case("decides")


class Cause(Sum):
    LATE = case()
    TORN = case()


class Fate(Sum):
    KEPT = case()
    LOST = case(Cause, "gone, and why")


class Book(Sum):
    FREE = case()
    LENT = case()
    KEPT = case("of the same name as a fate")
    GONE = case(Fate)


class Title(Atom):
    pass


class Turn(Ordered, owned=True):
    pass


class Count(Ordered):
    pass


class Stars(Range, top=2):
    pass


class Slip(Struct):
    stars = part(Stars)
    turn = part(Turn)
    count = part(Count, "a name that a tuple needs itself")


class Desks(SetOf, of=Node):
    pass


class Titles(SetOf, of=Title):
    pass


class Fates(SetOf, of=Fate):
    pass


class MaybeDesk(Maybe, of=Node):
    pass


class MaybeFate(Maybe, of=Fate):
    pass


class Spot(Struct):
    title = part(Title)
    desk = part(Node)


class Loans(MapOf, key=Title, to=MaybeDesk):
    """Who has a book."""


class Shelf(MapOf, key=Spot, to=Bool):
    """Which desk keeps a book."""


class Turns(MapOf, key=Node, to=Turn):
    """The last turn heard of each desk."""


class Library(Config):
    desks = part(Desks)
    main = part(Node)
    strict = part(Bool)
    shelf = part(Shelf)


library = Library()

PRICES = Table(
    "prices",
    Fate,
    ("cents", "factor", "note", "following"),
    {
        Fate.KEPT: (0, 1, 'nothing is due; "thanks"', Fate.LOST(Cause.LATE)),
        Fate.LOST(Cause.LATE): (50, 1.5, "a fee", Fate.LOST(Cause.TORN)),
        Fate.LOST(Cause.TORN): (900, 2.0, "the price of the book", Fate.LOST(Cause.TORN)),
    },
)


class Desk(Process):
    duty = volatile(Duty, ite(library.main == ME, Duty.KEEPER, Duty.CLERK))
    book = durable(Book, Book.FREE)
    turn = durable(Turn)
    count = durable(Count)
    left = volatile(Stars)
    right = volatile(Stars, 1)
    slip = durable(Slip)
    titles = durable(Titles)
    fates = volatile(Fates)
    helper = volatile(MaybeDesk)
    fate = volatile(MaybeFate)
    handle = volatile(Bool, doc="a name that the generated class needs itself")
    busy = durable(Bool, library.strict)
    loans = durable(Loans)
    turns = volatile(Turns)
    own = volatile(Shelf, library.shelf)


class Ask(Message, sender=Duty.CLERK, receiver=Duty.KEEPER):
    """A clerk asks the keeper."""

    turn = part(Turn)
    title = part(Title)


class Tell(Message, sender=(Duty.CLERK, Duty.KEEPER), receiver=(Duty.CLERK, Duty.KEEPER)):
    """Any desk tells any other, in more fields than are built by place."""

    slip = part(Slip)
    fate = part(Fate)
    helper = part(MaybeDesk)
    desks = part(Desks)
    count = part(Count)
    strict = part(Bool)


class Nod(Message, sender=Duty.KEEPER, receiver=Duty.CLERK):
    """No fields."""


class Swap(Request, at=(Duty.CLERK, Duty.KEEPER)):
    """Swap the stars."""


class Borrow(Request, at=(Duty.CLERK, Duty.KEEPER)):
    """Borrow a book."""

    title = part(Title)


class Lend(Request, at=(Duty.CLERK, Duty.KEEPER)):
    """Lend a book that lies here to a desk."""

    title = part(Title)
    to = part(MaybeDesk)


class Complain(Request, at=Duty.KEEPER):
    """Nobody listens."""


class Tick(Timer):
    """Time passes."""


class Ok(Reply):
    """It is done."""


class Denied(Reply, refusal=True):
    """It is not."""


class Receipt(Reply):
    """What was and what is."""

    before = part(Fate)
    after = part(Fate)
    left = part(Stars)


class Bill(Reply):
    """What is due."""

    fate = part(Fate)


@authority(Duty.KEEPER)
def speaks_as_keeper(me: Desk, m: Any) -> Any:
    return m.sender == library.main


@authority(Duty.CLERK)
def speaks_as_clerk(me: Desk, m: Any) -> Any:
    return library.desks.has(m.sender)


@on(Swap)
def swap(me: Desk, m: Any) -> Row:
    """Both at once, and the reply tells of the state before."""
    fate = Book.GONE.of(me.book)
    return Row(
        when=(me.left != me.right, me.handle.implies(me.book.is_(Book.GONE))),
        then=(
            me.left.set(me.right),
            me.right.set(me.left),
            me.book.set(
                ite(
                    me.book == Book.FREE,
                    Book.LENT,
                    ite(me.book.is_(Book.GONE(Fate.LOST)), me.book, Book.GONE(fate)),
                )
            ),
            me.fates.set(me.fates.add(fate)),
        ),
        reply=Receipt(before=fate, after=PRICES.look_up("following", fate), left=me.left),
    )


@on(Borrow)
def borrow(me: Desk, m: Any) -> Row:
    """The helper of before is asked, and changed in the same step."""
    count, turn = fresh(me.count), fresh(me.turn)
    slip = Slip(stars=me.left.up(), turn=turn, count=count)
    return Row(
        when=(
            me.book.is_(Book.FREE, Book.KEPT, Book.GONE(Fate.LOST)),
            ~me.titles.has(m.title) | (me.titles.subset(Titles.empty.add(m.title)) & me.busy),
            me.slip <= Slip(stars=me.left.up(), turn=me.turn, count=me.count),
        ),
        then=(
            me.count.set(count),
            me.turn.set(turn),
            me.slip.set(slip),
            me.titles.set(me.titles.add(m.title).union(Titles.empty)),
            me.helper.set(ite(me.helper.known, MaybeDesk.nothing, library.main)),
            me.fate.set(ite(me.left == 0, me.fate, Fate.KEPT)),
            me.handle.set(~me.handle),
            me.book.set(Book.LENT),
        ),
        send=(
            Ask(turn=me.turn, title=m.title).to(me.helper),
            Tell(
                slip=slip,
                fate=Book.GONE.of(me.book),
                helper=me.helper,
                desks=library.desks.remove(me).remove(library.main),
                count=count,
                strict=library.strict == me.busy,
            ).to(library.desks),
        ),
        reply=Ok(),
    )


@on(Lend)
def lend(me: Desk, m: Any) -> Row:
    """Only a book that lies here, or should; what was fetched back lies here again."""
    spot = Spot(title=m.title, desk=me)
    return Row(
        when=(me.loans.at(m.title) != m.to, me.own.at(spot) | library.shelf.at(spot)),
        then=(
            me.loans.set(me.loans.put(m.title, m.to)),
            me.own.set(ite(m.to.known, me.own.put(spot, False), me.own.put(spot, True))),
            me.turns.set(Turns.empty.put(me, fresh(me.turn)).put(library.main, Turn.zero)),
        ),
        reply=Ok(),
    )


@on(Ask)
def decide(me: Desk, m: Any) -> Row:
    """Only for the owner of the turn."""
    return Row(
        when=(owner(m.turn) == m.sender, m.turn >= me.turn, me.helper != m.sender),
        then=(
            me.turn.set(m.turn),
            me.helper.set(m.sender),
            me.titles.set(Titles.empty),
            me.turns.set(me.turns.put(m.sender, m.turn)),
        ),
        send=(Nod().to(m.sender), Nod().to(me.helper)),
        reply=Ok(),
    )


@on(Tell)
def listen(me: Desk, m: Any) -> Row:
    """A majority of the library is told of, and the fate is not the one that is known."""
    return Row(
        when=(
            majority(m.desks, library.desks),
            me.fate != m.fate,
            (me.count < m.count) | m.strict,
            ~(me.busy & (m.slip.stars == 2)),
        ),
        then=(me.fate.set(m.fate), me.left.set(ite(m.slip.stars < me.left, m.slip.stars, me.left))),
        reply=Bill(fate=m.fate),
    )


@on(Tell)
def shrug(me: Desk, m: Any) -> Row:
    """The fate is known already."""
    return Row(
        when=(majority(m.desks, library.desks), me.fate == m.fate),
        then=me.busy.set(m.strict),
        reply=Ok(),
    )


@on(Nod)
def rest(me: Desk, m: Any) -> Row:
    """Whatever the book's fate."""
    return Row(when=(me.busy == True,), then=me.busy.set(False), reply=Ok())  # noqa: E712


@on(Tick)
def tick(me: Desk, m: Any) -> Row:
    """The stars rise."""
    return Row(when=me.left < 2, then=me.left.set(me.left.up()), reply=Ok())


@fallback(Message, Request, Timer)
def deny(me: Desk, m: Any) -> tuple[Row, ...]:
    return (
        Row(
            name="gone",
            doc="the book is gone",
            when=me.book.is_(Book.GONE(Fate.LOST)) & ~me.busy,
            reply=Bill(fate=Book.GONE.of(me.book)),
        ),
        Row(name="denied", doc="A guard refused.", reply=Denied()),
    )


def library_spec() -> Spec:
    """Read the toy."""
    return read_spec("library", "A library", [sys.modules[__name__]], role="duty")
