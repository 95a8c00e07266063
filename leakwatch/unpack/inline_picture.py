"""Pictures that a mail program puts into the text: of the mail, not files sent with it.

The logo in a signature is the same in every mail of a house, and in the mails
that strangers got from it. As a member of its own it would be a known file,
and each of those mails a certain match.
"""

from __future__ import annotations

from leakwatch.unpack.sniff import sniff

MAX_INLINE_BYTES = 64 * 1024
"""Of a picture of the mail itself; a scan or photograph is larger."""
_MAX_CODED_BYTES = MAX_INLINE_BYTES * 3
"""As it stands in the message: base64 takes 4 bytes for 3, quoted-printable up to 9."""
_PICTURES = frozenset({"bmp", "gif", "jpeg", "png", "tiff", "webp"})


def could_be_inline(coded_bytes: int) -> bool:
    """Tell whether it is worth decoding to see."""
    return coded_bytes < _MAX_CODED_BYTES


def is_inline_picture(data: bytes) -> bool:
    """Tell whether what has a Content-ID (RFC 2392) is small, and a picture by its own bytes.

    A name or type is not asked: either would hide a document.
    """
    return len(data) < MAX_INLINE_BYTES and sniff(data) in _PICTURES
