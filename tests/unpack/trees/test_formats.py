"""Each format of lists of files, as its program prints it."""

from __future__ import annotations

import pytest

from leakwatch.model.listing import ListingEntry
from leakwatch.unpack.trees import listing_in

EXACT = {
    "letters/Jane Roe.docx": 1234,
    "letters/2024/scan 001.pdf": 1234567,
    "imaging/a-b.dcm": 70,
    "imaging/c.dcm": 999,
    "notes.txt": 12,
}

LS = """\
.:
total 12
drwxr-xr-x 2 amy staff 4096 Jan  1 12:00 imaging
drwxr-xr-x 3 amy staff 4096 Jan  1 12:00 letters
-rw-r--r-- 1 amy staff   12 Jan  1  2020 notes.txt

./imaging:
total 8
-rw-r--r-- 1 amy staff  70 Jan  1 12:00 a-b.dcm
-rw-r--r--@ 1 amy staff 999 Jan  1 12:00 c.dcm
lrwxrwxrwx 1 amy staff   5 Jan  1 12:00 link.dcm -> c.dcm

./letters:
total 8
drwxr-xr-x 2 amy staff 4096 Jan  1 12:00 2024
-rw-r--r-- 1 amy staff 1234 Jan  1 12:00 'Jane Roe.docx'

./letters/2024:
total 1208
-rw-r--r-- 1 amy staff 1234567 Jan  1 12:00 scan 001.pdf
"""
LS_GERMAN = LS.replace("total", "insgesamt").replace("Jan  1", "1. Jan")
LS_ISO = LS.replace("Jan  1 12:00", "2024-01-01 12:00").replace("Jan  1  2020", "2020-01-01 00:00")
LS_NO_GROUP = LS.replace(" staff", "")

TAR = """\
drwxr-xr-x amy/staff         0 2024-01-01 12:00 ./letters/
-rw-r--r-- amy/staff      1234 2024-01-01 12:00 ./letters/Jane Roe.docx
-rw-r--r-- amy/staff   1234567 2024-01-01 12:00 ./letters/2024/scan 001.pdf
-rw-r--r-- amy/staff        70 2024-01-01 12:00 ./imaging/a-b.dcm
-rw-r--r-- amy/staff       999 2024-01-01 12:00 ./imaging/c.dcm
-rw-r--r-- amy/staff        12 2024-01-01 12:00 ./notes.txt
"""
FIND_LS = """\
   131074      4 drwxr-xr-x   3 amy      staff        4096 Jan  1 12:00 .
   131075      4 -rw-r--r--   1 amy      staff        1234 Jan  1 12:00 ./letters/Jane\\ Roe.docx
   131076   1208 -rw-r--r--   1 amy      staff     1234567 Jan  1 12:00 ./letters/2024/scan\\ 001.pdf
   131077      4 -rw-r--r--   1 amy      staff          70 Jan  1 12:00 ./imaging/a-b.dcm
   131078      4 -rw-r--r--   1 amy      staff         999 Jan  1  2020 ./imaging/c.dcm
   131079      4 -rw-r--r--   1 amy      staff          12 Jan  1 12:00 ./notes.txt
"""
DIR_HEAD = " Volume in drive C has no label.\n Volume Serial Number is 1234-ABCD\n\n"


def dir_s(*, of: str, day: str, hour: str, mark: str, separator: str, sums: str) -> str:
    """Return what ``dir /s`` prints in one language."""

    def line(size: int | None, name: str) -> str:
        shown = f"{size:,}".replace(",", separator) if size is not None else f"{mark}         "
        return f"{day}  {hour} {shown:>17} {name}"

    def folder(path: str, *lines: str) -> str:
        return f" {of} C:\\x{path}\n\n" + "\n".join([*lines, f"{len(lines):16} {sums}"]) + "\n\n"

    return (
        DIR_HEAD
        + folder("", line(None, "."), line(None, "letters"), line(12, "notes.txt"))
        + folder("\\imaging", line(70, "a-b.dcm"), line(999, "c.dcm"))
        + folder("\\letters", line(None, "2024"), line(1234, "Jane Roe.docx"))
        + folder("\\letters\\2024", line(1234567, "scan 001.pdf"))
    )


DIRS = {
    "English": {"of": "Directory of", "day": "01/15/2025", "hour": "03:21 PM", "separator": ","},
    "British": {"of": "Directory of", "day": "15/01/2025", "hour": "15:21", "separator": ","},
    "German": {"of": "Verzeichnis von", "day": "15.01.2025", "hour": "15:21", "separator": "."},
    "French": {"of": "Répertoire de", "day": "15/01/2025", "hour": "15:21", "separator": "\u202f"},
    "French, old": {
        "of": "Répertoire de",
        "day": "15/01/2025",
        "hour": "15:21",
        "separator": "\xa0",
    },
    "Spanish": {
        "of": "Directorio de",
        "day": "15/01/2025",
        "hour": "03:21 p. m.",
        "separator": ".",
    },
    "Portuguese": {"of": "Pasta de", "day": "15/01/2025", "hour": "15:21", "separator": "."},
    "Russian": {
        "of": "Содержимое папки",
        "day": "15.01.2025",
        "hour": "15:21",
        "separator": "\xa0",
    },
    "Polish": {"of": "Katalog:", "day": "2025-01-15", "hour": "15:21", "separator": " "},
}
IIS = """\
01-15-25  03:21PM                 1234 letters\\Jane Roe.docx
01-15-25  03:21PM       <DIR>          letters
01-15-25  03:21PM              1234567 letters\\2024\\scan 001.pdf
01-15-25  03:21PM                   70 imaging\\a-b.dcm
01-15-25  03:21PM                  999 imaging\\c.dcm
01-15-25  03:21PM                   12 notes.txt
"""
POWERSHELL = """\

    Directory: C:\\x

Mode                 LastWriteTime         Length Name
----                 -------------         ------ ----
d-----         1/15/2025   3:21 PM                letters
-a----         1/15/2025   3:21 PM             12 notes.txt

    Directory: C:\\x\\imaging

Mode                 LastWriteTime         Length Name
----                 -------------         ------ ----
-a----         1/15/2025   3:21 PM             70 a-b.dcm
-a----         1/15/2025   3:21 PM            999 c.dcm

    Directory: C:\\x\\letters

-a---l         1/15/2025   3:21 PM           1234 Jane Roe.docx

    Directory: C:\\x\\letters\\2024

-ar---         1/15/2025   3:21 PM        1234567 scan 001.pdf
"""
SEVENZIP = """\
   Date      Time    Attr         Size   Compressed  Name
------------------- ----- ------------ ------------  ------------------------
2024-01-01 12:00:00 D....            0            0  letters
2024-01-01 12:00:00 ....A         1234      1000000  letters/Jane Roe.docx
2024-01-01 12:00:00 ....A      1234567               letters/2024/scan 001.pdf
2024-01-01 12:00:00 ....A           70               imaging/a-b.dcm
2024-01-01 12:00:00 ....A          999               imaging/c.dcm
2024-01-01 12:00:00 ....A           12               notes.txt
------------------- ----- ------------ ------------  ------------------------
2024-01-01 12:00:00            1236882      1000000  5 files, 1 folders
"""
S3 = """\
2024-01-01 12:00:00       1234 letters/Jane Roe.docx
2024-01-01 12:00:00    1234567 letters/2024/scan 001.pdf
2024-01-01 12:00:00         70 imaging/a-b.dcm
2024-01-01 12:00:00        999 imaging/c.dcm
2024-01-01 12:00:00         12 notes.txt
"""
UNZIP = """\
Archive:  x.zip
  Length      Date    Time    Name
---------  ---------- -----   ----
        0  2024-01-01 12:00   letters/
     1234  2024-01-01 12:00   letters/Jane Roe.docx
  1234567  2024-01-01 12:00   letters/2024/scan 001.pdf
       70  01-01-2024 12:00   imaging/a-b.dcm
      999  2024-01-01 12:00   imaging/c.dcm
       12  2024-01-01 12:00   notes.txt
---------                     -------
  1236882                     6 files
"""
UNRAR = """\
 Attributes      Size     Date    Time   Name
----------- ---------  ---------- -----  ----
    ..A....      1234  2024-01-01 12:00  letters/Jane Roe.docx
    ..A....   1234567  2024-01-01 12:00  letters/2024/scan 001.pdf
 -rw-r--r--        70  2024-01-01 12:00  imaging/a-b.dcm
    ..A....       999  2024-01-01 12:00  imaging/c.dcm
    ..A....        12  2024-01-01 12:00  notes.txt
"""
RCLONE = """\
     1234 2024-01-01 12:00:00.000000000 letters/Jane Roe.docx
  1234567 2024-01-01 12:00:00.123456789 letters/2024/scan 001.pdf
       70 2024-01-01 12:00:00.000000000 imaging/a-b.dcm
      999 2024-01-01 12:00:00.000000000 imaging/c.dcm
       12 2024-01-01 12:00:00.000000000 notes.txt
"""
DU = """\
1234\t./letters/Jane Roe.docx
1234567\t./letters/2024/scan 001.pdf
1234567\t./letters/2024
70\t./imaging/a-b.dcm
999\t./imaging/c.dcm
12\t./notes.txt
1240000\t.
"""
SLT = "".join(
    f"Path = {path}\nSize = {size}\nPacked Size = 5\nModified = 2024-01-01 12:00:00\n"
    f"Attributes = A\nCRC = 1A2B3C4D\nMethod = LZMA2:23\nBlock = 0\n\n"
    for path, size in EXACT.items()
)
LINES = {
    "find -printf '%s %p'": "{size} ./{path}",
    "find -printf '%p %s'": "./{path} {size}",
    "rclone ls": "{size:>9} {path}",
    "CSV": "{path},{size}",
    "CSV, quoted": '"{path}","{size}","of ""A"", B"',
    "semicolons": "{path};{size};yes",
    "tabs": "{path}\t{size}",
    "Markdown": "| {path} | {size} |",
    "bytes said": "{path} ({size} bytes)",
    "bullets": "- {path}: {size} B",
    "rclone lsjson": '{{"Path":"{path}","Name":"x","Size":{size},"IsDir":false}},',
    "JSON, a fact a line": '  {{\n    "name": "{path}",\n    "type": "file",\n    "size": {size}\n  }},',
    "a server's listing": "{path}          01-Jan-2025 12:00     {size:>10}",
    "drawn flat": "├── [{size:>11}]  {path}",
    "drawn flat, with all": "|-- [-rw-r--r-- amy staff {size} Jan  1 12:00]  {path}",
}
TREE = """\
x
├── [       4096]  imaging
│   ├── [         70]  a-b.dcm
│   └── [        999]  c.dcm
├── [       4096]  letters
│   ├── [       4096]  2024
│   │   └── [    1234567]  scan 001.pdf
│   └── [       1234]  Jane Roe.docx
└── [         12]  notes.txt

3 directories, 5 files
"""
TREE_ASCII = TREE.translate({ord("│"): "|", ord("├"): "|", ord("└"): "`", ord("─"): "-"})
TREE_NBSP = TREE.replace("│   ", "│\xa0\xa0 ")

WHOLE = {
    "ls -lR": LS, "ls -lR, German": LS_GERMAN, "ls -lR, ISO dates": LS_ISO, "ls -oR": LS_NO_GROUP,
    "tar tvf": TAR, "find -ls": FIND_LS, "IIS": IIS, "PowerShell": POWERSHELL, "7z l": SEVENZIP,
    "aws s3 ls": S3, "unzip -l": UNZIP, "unrar l": UNRAR, "rclone lsl": RCLONE, "du -ab": DU,
    "7z l -slt": SLT, "tree -s": TREE, "tree -s --charset ascii": TREE_ASCII,
    "tree -s with hard blanks": TREE_NBSP,
    "CSV with a heading": "path,mtime,size\n" + "".join(f"{p},17,{s}\n" for p, s in EXACT.items()),
    **{
        f"dir /s, {name}": dir_s(**{**of, "mark": "<REP>" if "French" in name else "<DIR>"}, sums="x 9")
        for name, of in DIRS.items()
    },
    **{
        name: "\n".join(line.format(path=p, size=s) for p, s in EXACT.items())
        for name, line in LINES.items()
    },
}  # fmt: skip


def files(text: str) -> dict[str, ListingEntry]:
    listing = listing_in(text)
    assert listing is not None
    return {e.path.removeprefix("x/"): e for e in listing.entries if not e.is_directory}


@pytest.mark.parametrize("text", WHOLE.values(), ids=WHOLE.keys())
def test_exact_sizes(text: str) -> None:
    """Every file is told with its path and its exact size, and nothing else."""
    assert {path: entry.size_bytes for path, entry in files(text).items()} == EXACT


@pytest.mark.parametrize("text", WHOLE.values(), ids=WHOLE.keys())
def test_amid_other_words(text: str) -> None:
    """Words before and after a list, and line ends of Windows, change nothing."""
    words = "Hello all, here is what we took. Proof below.\nPassword: none\n\n"
    crlf = f"{words}{text}\n\nMore to come.\nContact us soon.\n".replace("\n", "\r\n")
    assert {path: entry.size_bytes for path, entry in files(crlf).items()} == EXACT


@pytest.mark.parametrize("text", WHOLE.values(), ids=WHOLE.keys())
def test_blanks_run_together(text: str) -> None:
    """Where a page lost its blanks and empty lines, names and sizes are still told."""
    lines = (" ".join(line.split()) for line in text.split("\n"))
    found = files("\n".join(line for line in lines if line))
    named = {path.rpartition("/")[2]: entry.size_bytes for path, entry in found.items()}
    assert named == {path.rpartition("/")[2]: size for path, size in EXACT.items()}


SHOWN = {
    "tree -h": TREE.replace("1234567", "1.2M").replace("       1234]", "1.2K]"),
    "ls -lh": LS.replace("1234567", "1.2M").replace(" 1234 ", " 1.3K "),
    "du -ah": "1.3K\t./letters/Jane Roe.docx\n1.2M\t./letters/2024/scan 001.pdf\n"
    "4.0K\t./imaging/a-b.dcm\n4.0K\t./imaging/c.dcm\n4.0K\t./notes.txt\n",
    "du -a": "4\t./letters/Jane Roe.docx\n1208\t./letters/2024/scan 001.pdf\n"
    "4\t./imaging/a-b.dcm\n4\t./imaging/c.dcm\n4\t./notes.txt\n",
    "a post": "* letters/Jane Roe.docx - 1.2 KB\n* letters/2024/scan 001.pdf - 1,2 MB\n"
    "* imaging/a-b.dcm [70 B]\n* imaging/c.dcm — 999 bytes\n* notes.txt (12 b)\n",
    "drawn, sizes behind": "├─ letters/Jane Roe.docx (1.2 KB)\n├─ letters/2024/scan 001.pdf (1.2 MB)\n"
    "├─ imaging/a-b.dcm (70 B)\n├─ imaging/c.dcm (999 B)\n└─ notes.txt (12 B)\n",
}  # fmt: skip


@pytest.mark.parametrize("text", SHOWN.values(), ids=SHOWN.keys())
def test_rounded_sizes(text: str) -> None:
    """A rounded size is an interval that holds the true one."""
    found = files(text)
    assert found.keys() == EXACT.keys()
    for path, size in EXACT.items():
        exact = found[path].size_bytes
        low, high = found[path].size_range or (exact, exact)
        assert low is not None
        assert high is not None
        assert low <= size <= high, path


NAMES = {
    "tree": TREE.replace("[       4096]  ", "").replace("[    1234567]  ", ""),
    "tree -f": "".join(f"├── ./{path}\n" for path in EXACT),
    "tree /F": """\
Folder PATH listing
Volume serial number is 1234-ABCD
C:\\X
│   notes.txt
│
├───imaging
│       a-b.dcm
│       c.dcm
│
└───letters
    │   Jane Roe.docx
    │
    └───2024
            scan 001.pdf
""",
    "tree /F /A": """\
C:.
|   notes.txt
|
+---imaging
|       a-b.dcm
|       c.dcm
|
\\---letters
    |   Jane Roe.docx
    |
    \\---2024
            scan 001.pdf
""",
    "find": "".join(f"./{path}\n" for path in EXACT),
    "dir /s /b": "".join("C:\\x\\" + path.replace("/", "\\") + "\n" for path in EXACT),
    "md5sum": "".join(f"{'0f' * 16}  ./{path}\n" for path in EXACT),
    "sha256sum -b": "".join(f"{'0f' * 32} *{path}\n" for path in EXACT),
    "BSD sums": "".join(f"SHA256 ({path}) = {'0f' * 32}\n" for path in EXACT),
    "links": "".join(f"https://h.example/{path.replace(' ', '%20')}?dl=1\n" for path in EXACT),
}


@pytest.mark.parametrize("text", NAMES.values(), ids=NAMES.keys())
def test_names(text: str) -> None:
    """Where no sizes are told, names are."""
    assert files(text).keys() == EXACT.keys()


SFV = "; made by cfv\n" + "".join(f"{path} 1A2B3C4D\n" for path in EXACT)
CRCS = {
    "SFV": SFV,
    "rhash --crc32": "".join(f"1a2b3c4d  {path}\n" for path in EXACT),
    "7z l -slt": SLT,
    "unzip -v": "".join(
        f"{size:8}  Defl:N     1000  19% 2024-01-01 12:00 1a2b3c4d  {path}\n"
        for path, size in EXACT.items()
    ),
    "unrar v": "".join(
        f"    ..A.... {size:9}      1000  81%  2024-01-01 12:00  1A2B3C4D  {path}\n"
        for path, size in EXACT.items()
    ),
    "CSV": "name,size,crc32\n" + "".join(f"{p},{s},1A2B3C4D\n" for p, s in EXACT.items()),
}


@pytest.mark.parametrize("text", CRCS.values(), ids=CRCS.keys())
def test_checksums(text: str) -> None:
    """CRC-32s are told, as archives have them."""
    found = files(text)
    assert found.keys() == EXACT.keys()
    assert {entry.crc32 for entry in found.values()} == {0x1A2B3C4D}


def test_an_octal_name_is_read() -> None:
    """``find -ls`` writes other letters than ASCII in octal."""
    lines = [
        f"  1 4 -rw-r--r-- 1 a b {n} Jan  1 12:00 ./M\\303\\274ller{n}.pdf" for n in range(70, 80)
    ]
    assert "Müller70.pdf" in files("\n".join(lines))
