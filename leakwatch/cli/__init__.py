"""The command line: one file a noun; ``render.py`` alone prints.

Human tables by default. ``--json`` prints one JSON object a line on stdout and
nothing else there; progress, notices and logs go to stderr. Command modules
import what is heavy inside the command, so that ``--help`` stays quick.
"""
