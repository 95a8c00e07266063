"""Directories of archives that lie elsewhere, read from the few pieces that were fetched.

Runs in the child. ``step.step`` is what is called there: it gets pieces and says
which ones it needs next, what it read, and whether that is all. One file a
format; a format keeps what it knows in a small JSON object between two steps.
"""
