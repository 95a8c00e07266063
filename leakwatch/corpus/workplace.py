"""The folder that a long command works in: it survives a kill, so that the work does."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from leakwatch.corpus.bundle import locked
from leakwatch.corpus.packing import DOCUMENT_COLUMNS, KNOWN_COLUMNS
from leakwatch.corpus.spool import Spool, SpoolDamaged
from leakwatch.corpus.stages import Stages
from leakwatch.errors import CorpusError
from leakwatch.model.fingerprint import FingerprintParams

_ITEM_VALUES = 6
"""Of a line of ``items``: earlier versions kept fewer."""
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Workplace:
    """A folder beside the bundle, readable by its owner alone.

    Args:
        path: the folder, locked.
        params: what is read is fingerprinted with.
        stages: told when earlier work is of no use.
        images: whether what is read is looked through for pictures.
    """

    def __init__(
        self, path: Path, params: FingerprintParams, stages: Stages, *, images: bool
    ) -> None:
        self.path = path
        self._identity = {"params": params.as_dict(), "images": images, "items": _ITEM_VALUES}
        self._stages = stages
        self._spools: list[Spool] = []

    def known(self) -> Spool:
        """Open the spool of known files, with what an earlier run left there."""
        return self._spool("known", KNOWN_COLUMNS)

    def background(self) -> Spool:
        """Open the spool of the background."""
        return self._spool("background", DOCUMENT_COLUMNS)

    def fresh(self, name: str) -> Path:
        """Return an empty folder; what an earlier run left of it is gone."""
        folder = self.path / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        return folder

    def close(self) -> None:
        for spool in self._spools:
            spool.close()

    def _spool(self, name: str, columns: Sequence[str]) -> Spool:
        folder = self.path / name
        try:
            spool = Spool(folder, columns, identity=self._identity)
        except SpoolDamaged as damage:
            self._stages.say(f"{folder}: {damage}: everything is read again")
            shutil.rmtree(folder)
            spool = Spool(folder, columns, identity=self._identity)
        self._spools.append(spool)
        return spool


def path_of(bundle: Path, purpose: str) -> Path:
    """Return where work on a bundle is done: ``.NAME.corpus.building`` beside it."""
    return bundle.parent / f".{bundle.name}.{purpose}"


@contextmanager
def workplace(
    bundle: Path, purpose: str, params: FingerprintParams, stages: Stages, *, images: bool
) -> Iterator[Workplace]:
    """Give the place for one command; it is removed when the block ends well.

    Raises:
        CorpusError: it cannot be made or written, or another command works there.
    """
    path = path_of(bundle, purpose)
    try:
        path.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise CorpusError(f"{bundle}: cannot be written: {error.strerror}") from None
    with locked(path):
        place = Workplace(path, params, stages, images=images)
        try:
            yield place
        except OSError as error:
            raise refused(bundle, error, kept=path) from error
        finally:
            place.close()
        shutil.rmtree(path, ignore_errors=True)


def refused(bundle: Path, error: OSError, *, kept: Path | None = None) -> CorpusError:
    """Return what to tell when the disk refuses."""
    if error.errno in _FULL:
        hint = "make room and run the same command again"
        if kept is not None:
            hint += f": what was read is kept in {kept}"
        return CorpusError(f"{bundle}: the disk is full", hint=hint)
    return CorpusError(f"{bundle}: cannot be written: {error.strerror}")
