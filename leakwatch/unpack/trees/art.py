"""Trees drawn with lines: ``tree`` with or without sizes, Windows' ``tree /F``.

    ├── letters                     |-- letters
    │   ├── [       4711]  a.pdf    |   `-- [ 12K]  a.pdf

Depth is the column of the branch; where spaces were lost on the way, the bars
before it. Windows draws branches for folders only: its files hang beside bars.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from leakwatch.model.listing import ListingEntry
from leakwatch.unpack.trees.base import LineFormat, is_dotted, joined, names_file, shown, tidy

_LEAD = "[│┃║|¦ \\t\u00a0]"
_BRANCH = re.compile(rf"({_LEAD}{{0,400}})([├└┣┗╠╚╟╰┝┕|+`\\])([─━═—-]{{1,3}}|__?)>? ?(?=.)(.*)")
_BESIDE = re.compile(r"([│┃║| \t\u00a0]{2,400})(\S.*)")
_BARS = re.compile(r"[│┃║|¦]")
_BRACKET = re.compile(r"\[([^\[\]]{1,120})\] {0,2}(.+)")
_SIZE_AFTER = re.compile(r"(.+?)\s+[(\[]?(\d[\d.,]*\s?(?:[KMGTP]i?B?|bytes|B))[)\]]?")
_DRAWN = frozenset("├└┣┗╠╚╟╰┝┕")
_DATE_WORD = re.compile(r"\d{1,2}:\d\d|[A-Z][a-z]{2}|\d{4}-\d\d-\d\d")
_FOOTER = re.compile(r"\s*\d[\d.,]* [^\W\d]+, \d[\d.,]* [^\W\d]+\s*")


class DrawnTree(LineFormat):
    """A run of lines of a drawn tree."""

    starts: ClassVar[re.Pattern[str]] = re.compile(
        r"[│┃║|¦ \t\u00a0]{0,400}(?:[├└┣┗╠╚╟╰┝┕][─━═—-]|[|+`\\]-{2})|[│|] {3}\S"
    )

    def __init__(self) -> None:
        super().__init__()
        self._folders: list[tuple[int, str]] = []
        """Depth and path of the nodes above the last line."""
        self._is_windows = False

    def take(self, line: str) -> bool:
        if not line.strip(" \t\u00a0│|"):
            return True
        found = _BRANCH.fullmatch(line.rstrip())
        if found is not None and re.search(r"\w", found[4]):
            self._node(found[1], found[2], found[3], found[4])
            return True
        beside = _BESIDE.fullmatch(line.rstrip())
        if beside is not None and (self._is_windows or self._is_first(beside)):
            self._put(_depth(beside[1]), beside[2].strip(), None, is_node=False)
            return True
        return bool(self._folders) and _FOOTER.fullmatch(line[:200]) is not None

    def _node(self, lead: str, branch: str, dashes: str, rest: str) -> None:
        is_drawn = branch in _DRAWN
        if not is_drawn and len(dashes) < 2:
            return
        # tree: two dashes and a space. tree /F: three, and only folders.
        self._is_windows |= len(dashes) == 3 and not self._folders
        depth = _depth(lead)
        name, sizes = _name_and_size(rest)
        self._put(depth, name, sizes, is_folder=self._is_windows and not is_dotted(name))

    def _is_first(self, beside: re.Match[str]) -> bool:
        """Tell whether ``tree /F`` begins here, with the files of its root."""
        is_one = beside[1] in {"│   ", "|   "} and names_file(beside[2]) and "|" not in beside[2]
        return is_one and not self._folders

    def _put(
        self,
        depth: int,
        name: str,
        sizes: tuple[int, int] | None,
        *,
        is_folder: bool = False,
        is_node: bool = True,
    ) -> None:
        while self._folders and self._folders[-1][0] >= depth:
            self._folders.pop()
        # ``tree -f`` says the whole path.
        is_whole = "/" in name.rstrip("/") or "\\" in name
        path = tidy(name) if is_whole else joined(self._above(), tidy(name))
        if not self.add(path, sizes, is_directory=is_folder):
            return
        if is_node and len(self._folders) < 200:
            self._folders.append((depth, path))

    def _above(self) -> str:
        return self._folders[-1][1] if self._folders else ""

    def entries(self) -> Sequence[ListingEntry]:
        """Return the files; a node that others hang below is a folder."""
        above = {entry.path.rpartition("/")[0] for entry in self.found}
        return [
            ListingEntry(path=entry.path, is_directory=True) if entry.path in above else entry
            for entry in self.found
        ]


def _depth(lead: str) -> int:
    lead = lead.expandtabs(4)
    bars = len(_BARS.findall(lead))
    # Bars as close as this had their blanks run together.
    return bars if 2 * bars >= len(lead) else len(lead) // 4


def _name_and_size(rest: str) -> tuple[str, tuple[int, int] | None]:
    """Return the name of a node, and its size where one stands before or behind it."""
    rest = rest.strip("\u00a0 ")
    bracket = _BRACKET.fullmatch(rest)
    if bracket is not None and (facts := bracket[1].split()):
        sizes = _size_among(facts)
        if sizes is not None or facts[0][:1] in "-dlr[" or len(facts) > 1:
            return _plain(bracket[2]), sizes
    after = _SIZE_AFTER.fullmatch(rest[-400:]) if rest[-1:] in ")]Bbs" else None
    if after is not None and names_file(after[1]) and len(rest) <= 400:
        return after[1], shown(after[2])
    return _plain(rest), None


def _size_among(facts: list[str]) -> tuple[int, int] | None:
    """Return the size among mode, owner, size and date as ``tree -pugsD`` gives them."""
    for place, fact in enumerate(facts):
        if _DATE_WORD.match(fact):
            return shown(facts[place - 1]) if place else None
    return shown(facts[-1])


def _plain(name: str) -> str:
    """Return a name without the target of a link and the marks of ``tree -F``."""
    return name.partition(" -> ")[0].rstrip("*@=|").strip('"')
