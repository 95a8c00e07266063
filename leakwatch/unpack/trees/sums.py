"""Lists of checksums, and archives told fact by fact.

d41d8cd98f00b204e9800998ecf8427e  path          md5sum, sha256sum, ...
SHA256 (path) = e3b0c442...                     BSD
path 1A2B3C4D                                   SFV: the CRC-32 that archives have too
Path = path / Size = 1234 / CRC = 1A2B3C4D      7z l -slt, unrar lt

CRC-32 and exact size together tell a file as its content does.
"""

from __future__ import annotations

import json
import re
from typing import ClassVar

from leakwatch.unpack.trees.base import LineFormat, exact, is_dotted, names_file


class SummedLines(LineFormat):
    """A run of lines with a checksum each."""

    starts: ClassVar[re.Pattern[str]] = re.compile(
        r"\\?[0-9A-Fa-f]{8}[0-9A-Fa-f]*[ \t]|;|(?:MD5|SHA|BLAKE|RMD|CRC)\S{0,10} ?\("
    )
    _ENDS = re.compile(r"[ \t][0-9A-Fa-f]{8}")
    _DIGEST = re.compile(r"\\?(?:[0-9a-f]{32,128}|[0-9A-F]{32,128})[ \t]+\*?(\S.*)")
    _NAMED = re.compile(r"(?:MD5|SHA|BLAKE|RMD)\S{0,10} ?\((.+)\) ?= ?[0-9a-fA-F]{32,128}\s*")
    _CRC_FIRST = re.compile(r"([0-9a-f]{8}|[0-9A-F]{8})[ \t]+\*?(\S.*)")
    _CRC_LAST = re.compile(r"[0-9a-fA-F]{8}")

    @classmethod
    def may_begin(cls, line: str) -> bool:
        """Tell whether a sum stands at the start of a line or at its end."""
        return super().may_begin(line) or cls._ENDS.fullmatch(line.rstrip()[-9:]) is not None

    def take(self, line: str) -> bool:
        if not line.strip() or line.startswith(";"):
            return True
        if found := self._DIGEST.fullmatch(line) or self._NAMED.fullmatch(line):
            return self.add(found[1], None)
        name, _, last = line.rstrip().rpartition(" ")
        if self._CRC_LAST.fullmatch(last) and is_dotted(name.rstrip()):
            return self.add(name, None, crc32=int(last, 16) or None)
        first = self._CRC_FIRST.fullmatch(line)
        if first is None or not is_dotted(first[2].rstrip()):
            return False
        return self.add(first[2], None, crc32=int(first[1], 16) or None)


class FactBlocks(LineFormat):
    """Blocks of facts, each of one file."""

    starts: ClassVar[re.Pattern[str]] = re.compile(
        r"\s{0,16}\"?(?:Path|Name|File|Filename)\"?\s?[=:]\s?", re.IGNORECASE
    )
    _FACT = re.compile(r"\s{0,16}\"?([A-Za-z][A-Za-z0-9_ -]{0,24}?)\"?\s?[=:](?:\s?(.*))?")
    _PATHS = frozenset({"path", "name", "file", "filename"})
    _SIZES = frozenset({"size", "length", "bytes"})
    _SUMS = frozenset({"crc", "crc32", "crc-32"})

    def __init__(self) -> None:
        super().__init__()
        self._facts: dict[str, str] = {}

    def take(self, line: str) -> bool:
        if not line.strip("- {}[],\t"):
            return True
        found = self._FACT.fullmatch(line)
        if found is None:
            return False
        key, value = found[1].lower(), (found[2] or "").strip().rstrip(",").strip('"')
        if key in self._PATHS:
            self.settle()
            self._facts = {"path": value}
        elif key in self._SIZES:
            self._facts.setdefault("size", value)
        elif key in self._SUMS:
            self._facts.setdefault("crc", value)
        elif (key, value) in {("folder", "+"), ("type", "Directory")} or (
            key == "attributes" and value.startswith("D")
        ):
            self._facts["folder"] = "+"
        return True

    @property
    def taken(self) -> int:
        return len(self.found) + bool(self._facts)

    def settle(self) -> None:
        """Keep the file whose facts are together."""
        facts, self._facts = self._facts, {}
        size, crc = exact(facts.get("size", "")), facts.get("crc", "")
        if "path" not in facts or (size is None and "folder" not in facts):
            return
        is_crc = re.fullmatch(r"[0-9A-Fa-f]{8}", crc) is not None
        self.add(
            facts["path"],
            size,
            crc32=(int(crc, 16) or None) if is_crc else None,
            is_directory="folder" in facts,
            is_strong=is_crc or is_dotted(facts["path"]),
        )


class JsonLines(LineFormat):
    """An object a line: nginx's JSON, ``rclone lsjson``, ``jq -c``."""

    starts: ClassVar[re.Pattern[str]] = re.compile(r"\s{0,16}[\[,]?\s?\{")
    _PAIR = re.compile(
        r"\"(?P<key>path|fullname|key|filename|file|name|size|length|bytes|filesize|crc32|isdir|type)\""
        r"\s?:\s?(?:\"(?P<text>(?:[^\"\\]|\\.)*)\"|(?P<plain>[\w.+-]{1,40}))",
        re.IGNORECASE,
    )
    _PATHS = ("path", "fullname", "key", "filename", "file", "name")
    _SIZES = ("size", "length", "bytes", "filesize")

    def take(self, line: str) -> bool:
        if not line.strip("[], \t"):
            return True
        facts: dict[str, str] = {}
        for pair in self._PAIR.finditer(line):
            facts.setdefault(pair["key"].lower(), pair["plain"] or _unescaped(pair["text"] or ""))
        path = next((facts[key] for key in self._PATHS if facts.get(key)), "")
        sizes = next((exact(facts[key]) for key in self._SIZES if key in facts), None)
        is_folder = facts.get("isdir") == "true" or facts.get("type") in {"directory", "dir"}
        return (sizes is not None or is_folder or names_file(path)) and self.add(
            path, sizes, is_directory=is_folder, is_strong=is_dotted(path)
        )


def _unescaped(text: str) -> str:
    """Return a JSON string's letters; as they stand where it is none."""
    if "\\" not in text:
        return text
    try:
        return str(json.loads(f'"{text}"')).encode("utf-8", "replace").decode("utf-8")
    except ValueError:
        return text
