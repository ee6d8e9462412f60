"""A lamp of which much is promised that never matters: each `empty.` property has such a part."""

# mypy: ignore-errors

import sys

from model.lang import (
    Bool,
    Node,
    Process,
    Reply,
    Row,
    Sum,
    Timer,
    case,
    fallback,
    forall,
    on,
    read_spec,
    safety,
    step,
    volatile,
)


class Light(Sum):
    """What the lamp shows."""

    DARK = case("off")
    BRIGHT = case("on")
    BROKEN = case("never happens")


DARK, BRIGHT, BROKEN = Light.DARK, Light.BRIGHT, Light.BROKEN


class Lamp(Process):
    """A lamp."""

    light = volatile(Light, DARK)
    spoilt = volatile(Bool)


class Done(Reply):
    """It is done."""


class Tock(Timer):
    """Time to switch."""


class Never(Timer):
    """Time to break, for a lamp that is broken."""


@on(Tock)
def shine(me, m):
    """The light goes on."""
    return Row(when=me.light == DARK, then=me.light.set(BRIGHT), reply=Done())


@on(Never)
def breaks(me, m):
    """A rule that nothing enables."""
    return Row(when=me.light == BROKEN, then=me.spoilt.set(True), reply=Done())


@fallback(Timer)
def rest(me, m):
    """Nothing happens."""
    return (Row(name="rest", reply=Done()),)


@safety("full", "Every part has a case")
def full(n: Lamp):
    """On or off."""
    return (n.light == DARK).implies(n.light != BRIGHT) & (n.light == BRIGHT).implies(~n.spoilt)


@step("full.step", "Every part has a case")
def full_step(before, after, event):
    """It never goes dark, a crash apart."""
    return (before.light == BRIGHT).implies(after.light == BRIGHT)


@safety("sound", "Never broken")
def sound(n: Lamp):
    """There is no way to break it; so the rule `breaks` contradicts what is proved."""
    return n.light != BROKEN


@safety("empty.if", "An antecedent that never holds")
def empty_if(n: Lamp):
    """Nothing is said of any lamp."""
    return (n.light == BROKEN).implies(n.spoilt)


@safety("empty.part", "One of two claims says nothing")
def empty_part(n: Lamp):
    """The second one."""
    return (n.light == DARK).implies(~n.spoilt) & (n.light == BROKEN).implies(n.spoilt)


@safety("empty.nested", "A condition below another one")
def empty_nested(n: Lamp):
    """The inner one never holds."""
    return (n.light == BRIGHT).implies(n.spoilt.implies(n.light == DARK))


@safety("empty.inner", "A quantifier inside")
def empty_inner(n: Lamp):
    """No other lamp is broken."""
    return (n.light == BRIGHT).implies(
        forall(lambda x: (Lamp.at(x).light == BROKEN).implies(x != n), x=Node)
    )


@safety("empty.never", "Never both, and one of them never at all")
def empty_never(n: Lamp):
    """Dark and broken."""
    return ~((n.light == DARK) & (n.light == BROKEN))


@safety("empty.or", "An implication written with or")
def empty_or(n: Lamp):
    """Not broken, or spoilt."""
    return ~(n.light == BROKEN) | n.spoilt


@safety("empty.iff", "One thing just if another, and neither ever")
def empty_iff(n: Lamp):
    """Broken just if spoilt."""
    return (n.light == BROKEN) == n.spoilt


@step("empty.step", "A condition that no step meets")
def empty_step(before, after, event):
    """What is broken stays so."""
    dark = (before.light == DARK).implies(after.light != BROKEN)
    return dark & (before.light == BROKEN).implies(after.light == BROKEN)


@step("empty.rule", "A rule that is never taken")
def empty_rule(before, after, event):
    """Who breaks was broken."""
    return before.light == BROKEN if event.is_a(Never) and event.is_rule else True


def spec():
    """Read it."""
    return read_spec("lamp", "A lamp", [sys.modules[__name__]], role="light")
