"""Tests that the solver makes: each clause of each guard decides, by itself, both ways.

Belongs here: the front of the package. Never here: comparing on all values (`conformance`), which
tries more and needs minutes; or proving (`induction`).

    made = Maker(spec).make()                         # a case for each goal, or a proof
    file.ORDER.write_text(file.text_of(spec, made))   # `oathbound mcdc` does that
    wrong = cases.run(node_module)                    # in milliseconds

Reading order: `goals` (what is to be shown), `room` (the least case that shows it), `impossible`
(the proof that none does), `cases` (a case, and running it), `make`, `file`, `coverage`.
"""
