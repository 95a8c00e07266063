"""Stage ``source``: what to ask a place, and how to read its answer.

``wire/`` holds pure parsers that run in the sandbox child; this folder holds
the adapters that page, remember and turn what was read into model objects.
Sees the network only through ``ports.Fetcher``.
"""
