"""What an SMTP failure means for a delivery.

Pure. A reply of 4yz passes (RFC 5321, 4.2.1). A reply of 5yz about the message
or its recipient is final; one about us (greeting, login, sender) is not: an
operator can mend that, and no alert is lost meanwhile. Server text is left out
of every message: it may repeat what it was sent.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import aiosmtplib

from leakwatch.errors import AlertError, ChannelMisconfigured, DeliveryFailed, DeliveryRefused

_ABOUT_US = (
    (aiosmtplib.SMTPAuthenticationError, "refused the login"),
    (aiosmtplib.SMTPSenderRefused, "refused the sender"),
    (aiosmtplib.SMTPConnectResponseError, "refused the conversation"),
    (aiosmtplib.SMTPHeloError, "refused the conversation"),
)


def mapped(where: str, error: Exception) -> AlertError:
    """Return our error for one of aiosmtplib or of the sockets below it.

    Args:
        where: ``host:port`` of the server.
        error: an ``SMTPException`` or ``OSError``; most specific case first.
    """
    for cause in _chain(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return ChannelMisconfigured(
                f"{where}: the server's certificate is not trusted",
                hint="name its authority with ca_file, or use the name the certificate is for",
            )
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        codes = [refusal.code for refusal in error.recipients]
        return reply_error(where, min(codes, default=450), about="the recipient")
    if isinstance(error, aiosmtplib.SMTPResponseException):
        what = next((said for kind, said in _ABOUT_US if isinstance(error, kind)), None)
        if what is None:
            return reply_error(where, error.code, about="the message")
        return _ours(where, error.code, what=what)
    return _without_reply(where, error)


def _without_reply(where: str, error: Exception) -> AlertError:
    if isinstance(error, aiosmtplib.SMTPNotSupported):
        return DeliveryRefused(f"{where}: the server cannot carry this address")
    if isinstance(error, TimeoutError):
        return DeliveryFailed(f"{where}: no answer in time")
    if isinstance(error, OSError):  # connection errors of aiosmtplib are OSErrors too
        return DeliveryFailed(f"{where}: the connection failed ({type(error).__name__})")
    return ChannelMisconfigured(
        f"{where}: the server lacks what the settings ask for (STARTTLS or login)",
        hint="check port, security and username",
    )


def reply_error(where: str, code: int, *, about: str) -> AlertError:
    """Return the error of a reply that concerns this message or recipient."""
    if 500 <= code <= 599:
        return DeliveryRefused(f"{where}: refused {about} for good ({code})")
    return DeliveryFailed(f"{where}: refused {about} for now ({code})")


def _ours(where: str, code: int, *, what: str) -> AlertError:
    if 500 <= code <= 599:
        return ChannelMisconfigured(f"{where}: {what} ({code})")
    return DeliveryFailed(f"{where}: {what} for now ({code})")


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
