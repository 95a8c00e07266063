"""Stage: the known files, as fingerprints on disk.

May import fingerprint/, model/ and errors; is handed a reader, so that it
needs no sandbox. Nothing that is written here holds a text, a name, a path or
an unkeyed digest; the mapping from ids to paths is a file of its own that
stays with the custodian.
"""
