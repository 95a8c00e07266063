"""What the stages ask of each other."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from leakwatch.model.alert import Message
from leakwatch.model.artefact import Artefact
from leakwatch.model.capture import Capture, Content, FetchRequest, FetchResult
from leakwatch.model.evidence import SealedContent
from leakwatch.model.fingerprint import ExactDigests
from leakwatch.model.listing import Listing
from leakwatch.model.match import Match
from leakwatch.model.matter import Matter
from leakwatch.model.post import SourceBatch
from leakwatch.model.sighting import StoredArtefact, StoredListing


class Fetcher(Protocol):
    """Gets bytes, politely and within policy."""

    async def fetch(self, request: FetchRequest) -> FetchResult:
        """Return what the server answered.

        One GET with bounded retries of its own; safe to cancel.

        Raises:
            FetchError: no usable answer; the leaf says why and whether to retry.
        """
        ...

    async def aclose(self) -> None: ...


class PageParser(Protocol):
    """Runs a pure wire parser on hostile bytes inside the sandbox."""

    async def parse(
        self, parser: str, body: bytes, options: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """Return what ``parser`` makes of the body.

        Args:
            parser: ``package.module:function``, a pure function
                ``(body: bytes, options: dict) -> dict`` of JSON-ready values.
            body: the page as received.
            options: JSON-ready; must not hold secrets.

        Raises:
            LayoutChanged: the parser says the page has another shape.
            SandboxError: the child ran over its limits or died.
        """
        ...


class ArtefactReader(Protocol):
    """Unpacks and extracts hostile bytes inside the sandbox."""

    def iter_read(
        self, body: bytes | Content, *, name: str, passwords: Sequence[str] = ()
    ) -> Iterator[Artefact]:
        """Yield every member found as it is read, and the whole behind its members.

        Blocking; call it in a thread from async code. Never raises for hostile
        content: what stopped the reading is in ``Artefact.error``, the whole is
        always there with its digest, and the neighbours of a bad member too.

        Args:
            body: raw bytes, or those that lie encrypted on disk.
            name: what to call the whole in its member path.
            passwords: tried in order on whatever is encrypted; never logged.

        Raises:
            SandboxError: the sandbox itself does not work.
        """
        ...


class Source(Protocol):
    """An adapter for one kind of place."""

    def poll(
        self, fetcher: Fetcher, parser: PageParser, checkpoint: Mapping[str, Any]
    ) -> AsyncIterator[SourceBatch]:
        """Yield batches, oldest page state first, each with the checkpoint after it.

        A batch is complete in itself: the caller may stop after any of them
        and resume from its checkpoint. An unchanged place yields one batch
        with ``is_unchanged``. The same post may come again: the caller keys by
        ``Post.key``. Locations are tried in order; the first that answers is used.

        Raises:
            SourceError: the answer could not be understood at all.
            FetchError: no location answered.
        """
        ...


@dataclass(frozen=True, slots=True)
class Reading:
    """What matching one artefact or listing came to."""

    digests: ExactDigests | None
    """None for a listing."""
    matches: tuple[Match, ...]
    sketches: tuple[bytes, ...] = field(default=(), repr=False)
    """What may be kept of an artefact's text, where it was asked for."""
    pictures: bytes = field(default=b"", repr=False)
    """What may be kept of its pictures, where it was asked for; empty for none."""
    lines: bytes | None = field(default=None, repr=False)
    """What may be kept of a listing, where it was asked for."""


class Matcher(Protocol):
    """Knows the stolen files of some corpora. Pure CPU, thread-safe, blocking."""

    @property
    def corpora(self) -> str:
        """Return one hex digest of the corpora as they are: another once one of them changes."""
        ...

    @property
    def scheme(self) -> str:
        """Return key and recipe of all that it makes and compares."""
        ...

    def match_artefact(self, artefact: Artefact, *, keep: bool = False) -> Reading:
        """Return the known files found in an artefact; with ``keep`` its sketches too."""
        ...

    def match_listing(self, listing: Listing, *, keep: bool = False) -> Reading:
        """Return the known files that a listing names; with ``keep`` its lines too."""
        ...

    def match_stored(self, artefact: StoredArtefact) -> Reading:
        """Return the known files found in an artefact by what was kept of it.

        Raises:
            WrongKey, IncompatibleParams: it was kept under another key or recipe.
            FingerprintError: what was kept is damaged.
        """
        ...

    def match_stored_listing(self, listing: StoredListing) -> Reading:
        """Return the known files that a listing names; raises as ``match_stored``."""
        ...


class Sealer(Protocol):
    """Encrypts content to the legal team and puts it away; cannot read it back."""

    def seal(self, matter: Matter, captures: Sequence[Capture]) -> SealedContent:
        """Seal the captures as one file, fsynced before the return.

        Idempotent in effect: sealing the same captures twice leaves two files,
        of which the ledger names one.

        Raises:
            SealFailed: no usable key, or the file system refused.
        """
        ...


class Channel(Protocol):
    """One way to tell somebody."""

    name: str

    async def send(self, message: Message) -> None:
        """Hand the message over; return only when the far side accepted it.

        Must carry ``message.delivery.id`` so that a duplicate can be known.

        Raises:
            DeliveryFailed: try again later.
            DeliveryRefused: trying again cannot help.
        """
        ...

    async def check(self) -> str:
        """Connect without sending; return one line on what was reached.

        Raises:
            AlertError: as ``send``.
        """
        ...
