"""Stage: one hostile blob into the members it holds.

Runs inside the sandbox child. May import ``extract.base``, model/, errors and
the standard library; never opens a path. Everything is pulled through one
``Budget``, in bounded chunks, and a bad member costs itself alone.
"""
