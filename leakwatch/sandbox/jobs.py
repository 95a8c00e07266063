"""What a child does with its input: read it, read a batch, or run a page parser."""

from __future__ import annotations

import codecs
import importlib
import io
import itertools
import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, BinaryIO

from leakwatch.errors import BudgetExceeded, ChildKilled, LayoutChanged, LeakwatchError
from leakwatch.extract.base import OcrLimits, PictureLimits
from leakwatch.extract.encoding import find_encoding
from leakwatch.extract.formats import TextExtraction
from leakwatch.model.artefact import Artefact
from leakwatch.sandbox.confine import MORE_INPUTS_FD
from leakwatch.sandbox.frames import encode, encode_artefact
from leakwatch.sandbox.listing_frames import encoded_bytes
from leakwatch.spool import opened
from leakwatch.unpack.blobs import may_have_blobs
from leakwatch.unpack.budget import Budget, BudgetLimits
from leakwatch.unpack.container import SeekableStream
from leakwatch.unpack.events import Look, Opened, Resume
from leakwatch.unpack.sniff import sniff
from leakwatch.unpack.trees import may_list
from leakwatch.unpack.volumes import JoinedStream
from leakwatch.unpack.walk import Walker
from leakwatch.unpack.zip_directory import END_MAGIC as ZIP_END_MAGIC

# What a pipe takes at once; larger buffers are mapped and unmapped each time.
_FLUSH_BYTES = 60 * 1024
_TEXT = "t"
_REST_SHARE = 0.5
"""Of its CPU limit, after which a child hands over: the limit is for one member gone wild."""


class FrameWriter:
    """Gathers small frames into large writes.

    ``is_eager`` writes each at once: whoever listens then knows exactly how far
    a child came that dies.
    """

    def __init__(self, fd: int, *, is_eager: bool = False) -> None:
        self._fd = fd
        self._is_eager = is_eager
        self._buffer = bytearray()

    def say(self, frame: bytes) -> None:
        self._buffer += frame
        if self._is_eager or len(self._buffer) >= _FLUSH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write everything. Raises OSError when nobody listens any more."""
        view = memoryview(self._buffer)
        while view:
            view = view[os.write(self._fd, view) :]
        self._buffer = bytearray()


def run(job: Mapping[str, Any], input_fd: int, output_fd: int) -> None:
    """Do one job and say ``end``. Raises OSError when the output is gone."""
    writer = FrameWriter(output_fd, is_eager=job.get("eager", False))
    with _input(job, input_fd) as stream:
        stream.seek(0)
        _JOBS[job["op"]](job, stream, writer)
    writer.say(encode({"t": "end"}))
    writer.flush()


def _input(job: Mapping[str, Any], fd: int) -> BinaryIO:
    spooled = job.get("spooled")
    if spooled is None:
        return os.fdopen(fd, "rb", closefd=False)
    return opened(fd, bytes.fromhex(spooled["key"]), spooled["size_bytes"])


def _read(job: Mapping[str, Any], stream: BinaryIO, writer: FrameWriter) -> None:
    whole = joined(stream, job["volumes"], fill=job["fill"]) if job.get("volumes") else stream
    _Telling(job, writer).tell(whole, 0, rest_after_s=job["cpu_s"] * _REST_SHARE)


def joined(first: BinaryIO, is_there: list[bool], *, fill: bool) -> JoinedStream:
    """Return the volumes of a set as one stream: the first that is there, then those of more fds."""
    fds = itertools.count(MORE_INPUTS_FD)
    rest = (os.fdopen(fd, "rb", closefd=False) for fd in fds)
    streams = itertools.chain([first], rest)
    return JoinedStream([next(streams) if there else None for there in is_there], fill=fill)


def _read_batch(job: Mapping[str, Any], stream: BinaryIO, writer: FrameWriter) -> None:
    telling = _Telling(job, writer)
    rest_after_s = job["cpu_s"] * _REST_SHARE
    plain = 0
    for index, (size_bytes, kind) in enumerate(zip(job["sizes"], job["texts"], strict=True)):
        body = stream.read(size_bytes)
        if kind == _TEXT and telling.is_plain(body):
            plain += 1
            continue
        telling.tell_plain(index, plain)
        plain = 0
        if kind == _TEXT and telling.tell_text(body, index):
            continue
        # What comes next may kill us: nobody before it is to be read again for that.
        writer.flush()
        telling.tell(io.BytesIO(body), index)
        if time.process_time() > rest_after_s or telling.has_little_room:
            writer.say(encode({"t": "rest"}))
            return
    telling.tell_plain(len(job["sizes"]), plain)


class _Telling:
    """Walks inputs and tells what it finds, text only as far as the output may grow."""

    def __init__(self, job: Mapping[str, Any], writer: FrameWriter) -> None:
        self._limits = BudgetLimits(**job["budget"])
        ocr = None if job["ocr"] is None else OcrLimits(**job["ocr"])
        self._extract = TextExtraction(
            max_chars=job["max_text_chars"], passwords=tuple(job.get("passwords", ())), ocr=ocr
        )
        self._look = _look(job["pictures"])
        self._max_text_chars = job["max_text_chars"]
        self._text_bytes_left: int = job["text_bytes"]
        self._little_room_bytes = self._text_bytes_left // 2
        self._resume = Resume(
            after=_ordinals(job.get("after")),
            plainly=_ordinals(job.get("plainly")),
            skip=job.get("skip", False),
        )
        used = job.get("used", (0, 0))
        self._used: tuple[int, int] = (used[0], used[1])
        self._passwords = tuple(job.get("passwords", ()))
        self._writer = writer

    @property
    def has_little_room(self) -> bool:
        """Tell whether half of what may be told has been."""
        return bool(self._text_bytes_left < self._little_room_bytes)

    def tell(
        self, stream: SeekableStream, index: int, *, rest_after_s: float = float("inf")
    ) -> None:
        """Tell what a stream holds; after so much CPU leave the rest to another child."""
        budget = Budget(self._limits, used=self._used)
        walker = Walker(budget, self._extract, self._resume, self._look, self._passwords)
        for event in walker.walk(stream, ""):
            if isinstance(event, Opened):
                self._writer.say(encode_artefact("open", event.artefact, index))
                # What comes next may kill us.
                self._writer.flush()
            else:
                self._writer.say(encode_artefact("done", self._fitted(event.artefact), index))
                if time.process_time() > rest_after_s:
                    self._writer.say(encode({"t": "rest", "u": budget.used}))
                    return

    def is_plain(self, body: bytes) -> bool:
        """Tell whether a text's bytes are its text: UTF-8 without mark, NUL or fault, and no list.

        ``tell_text`` would send them back as they are.
        """
        if b"\0" in body or ZIP_END_MAGIC in body or body.startswith(codecs.BOM_UTF8):
            return False
        if len(body) > min(self._max_text_chars, self._text_bytes_left) or may_have_blobs(body):
            return False
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError:
            return False
        if may_list(text):
            return False
        self._text_bytes_left -= len(body)
        return True

    def tell_plain(self, end: int, count: int) -> None:
        """Tell that so many inputs before ``end`` are their own text."""
        if count:
            self._writer.say(encode({"t": "plain", "i": end - count, "n": count}))

    def tell_text(self, body: bytes, index: int) -> bool:
        """Tell a whole that is nothing but text, without the walk; False if it is more.

        Says what the walk would say, in a fifth of the time. A list of files is more.
        """
        if sniff(body) != "text" or ZIP_END_MAGIC in body or may_have_blobs(body):
            return False
        encoding = find_encoding(body, is_whole=True)
        text = body.decode(encoding, "replace").replace("\0", "")
        if may_list(text):
            return False
        payload = text.encode("utf-8", "replace")
        if len(text) > self._max_text_chars or len(payload) > self._text_bytes_left:
            return False
        self._text_bytes_left -= len(payload)
        self._writer.say(encode({"t": "done", "k": "text", "i": index, "x": 1}, payload))
        return True

    def _fitted(self, artefact: Artefact) -> Artefact:
        """Return an artefact without what the output has no room for."""
        text, listing = artefact.text, artefact.listing
        if text is not None:
            self._text_bytes_left -= len(text.encode("utf-8", "replace"))
            if self._text_bytes_left < 0:
                artefact = replace(artefact, text=None, **_left_out("text"))
        if listing is not None:
            self._text_bytes_left -= encoded_bytes(listing)
            if self._text_bytes_left < 0:
                artefact = replace(artefact, listing=None, **_left_out("listing"))
        return artefact


def _left_out(what: str) -> dict[str, Any]:
    detail = f"{what} left out: the artefact's text is over the output limit"
    return {"error": BudgetExceeded.slug, "detail": detail}


def _look(limits: Mapping[str, int] | None) -> Look | None:
    if limits is None:
        return None
    from leakwatch.extract.pictures import (  # noqa: PLC0415 - 60 MB, only where asked for
        PictureExtraction,
    )

    return PictureExtraction(PictureLimits(**limits))


def _parse(job: Mapping[str, Any], stream: BinaryIO, writer: FrameWriter) -> None:
    module, _, name = job["parser"].partition(":")
    try:
        function = getattr(importlib.import_module(module), name)
        payload = json.dumps(function(stream.read(), job["options"])).encode("ascii")
    except LeakwatchError as error:
        writer.say(encode({"t": "raised", "e": error.slug, "d": error.what}))
    except (MemoryError, RecursionError):
        detail = "the parser ran out of memory or nesting"
        writer.say(encode({"t": "raised", "e": ChildKilled.slug, "d": detail}))
    except Exception as error:  # noqa: BLE001  (hostile pages make parsers raise anything)
        detail = f"the parser failed ({type(error).__name__})"
        writer.say(encode({"t": "raised", "e": LayoutChanged.slug, "d": detail}))
    else:
        writer.say(encode({"t": "result"}, payload))


def _ordinals(value: list[int] | None) -> tuple[int, ...] | None:
    return None if value is None else tuple(value)


_JOBS: Mapping[str, Callable[[Mapping[str, Any], BinaryIO, FrameWriter], None]] = MappingProxyType(
    {"read": _read, "batch": _read_batch, "parse": _parse}
)
