"""File trees pasted as text -> listings: ``tree``, ``ls -lR``, ``dir /s`` and their like.

Pure and linear in the length of the text. A run of lines of one format counts
from five files on, so that a note, a mail or a table of results is none; what
is taken for one in error names nobody (``match.listing`` asks for names and
sizes that agree).

    art.py      tree, tree /F
    columns.py  ls, tar, zipinfo, find -ls; dir, 7z, unzip, PowerShell; du, find -printf, rclone
    sums.py     md5sum, sha256sum, SFV; blocks of Path =, Size =, CRC =
    tables.py   CSV of paths and sizes; names with sizes; bare paths
"""

from __future__ import annotations

from leakwatch.unpack.trees.detect import listing_in, may_list

__all__ = ["listing_in", "may_list"]
