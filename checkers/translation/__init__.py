"""Translation validation: the generated node's code is read back, and proved to be its rules.

    validation = Validation(spec, files, explain)
    validation.results("Vote", portfolio)      # each row that answers Vote, and that nothing raises

The code is read by its own reader of the small part of Python that it is written in, which shares
nothing with the generator; docs/translation.md says what is proved and what is trusted.

Reading order: `subset` (what is not read), `beside` (what Python would run instead), `package`
(modules and classes), `values`, `forms`,
`operations` (what there is, and what operators do), `execute` (functions), `meaning` (the rules),
`obligations` and `whole` (what is to be shown), `proving` (putting it to solvers), `replay` (a
difference as a call that is really made).
"""
