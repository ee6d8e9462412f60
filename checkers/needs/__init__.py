"""What can be left out of a spec: lemmas that nothing needs, and guards that nothing needs.

`asking` goes through the lemmas and the clauses; `without` asks one obligation again without
something; `noticed` says what beside the proofs notices that a clause is gone; `kept` remembers
what came out, for the report; `command` is `oathbound needs`.

Belongs here: asking again without one thing. Never here: what a lemma should be (`strengthen`), or
the verdict on a property (`verify`).

Reading order: asking, without, noticed.
"""
