"""Every error class of the mail library has a meaning here."""

from __future__ import annotations

import ssl

import aiosmtplib
import pytest
from aiosmtplib import errors

from leakwatch.alert.channels.smtp_errors import mapped
from leakwatch.errors import AlertError, ChannelMisconfigured, DeliveryFailed, DeliveryRefused


def refused(*codes: int) -> aiosmtplib.SMTPRecipientsRefused:
    return aiosmtplib.SMTPRecipientsRefused(
        [aiosmtplib.SMTPRecipientRefused(code, "text", "a@x.example") for code in codes]
    )


CASES: list[tuple[Exception, type[AlertError]]] = [
    (refused(550), DeliveryRefused),
    (refused(450), DeliveryFailed),
    (refused(550, 450), DeliveryFailed),
    (aiosmtplib.SMTPRecipientRefused(550, "text", "a@x.example"), DeliveryRefused),
    (aiosmtplib.SMTPAuthenticationError(535, "text"), ChannelMisconfigured),
    (aiosmtplib.SMTPAuthenticationError(454, "text"), DeliveryFailed),
    (aiosmtplib.SMTPSenderRefused(530, "text", "l@x.example"), ChannelMisconfigured),
    (aiosmtplib.SMTPConnectResponseError(554, "text"), ChannelMisconfigured),
    (aiosmtplib.SMTPConnectResponseError(421, "text"), DeliveryFailed),
    (aiosmtplib.SMTPHeloError(550, "text"), ChannelMisconfigured),
    (aiosmtplib.SMTPDataError(552, "text"), DeliveryRefused),
    (aiosmtplib.SMTPDataError(452, "text"), DeliveryFailed),
    (aiosmtplib.SMTPResponseException(421, "text"), DeliveryFailed),
    (aiosmtplib.SMTPNotSupported("text"), DeliveryRefused),
    (aiosmtplib.SMTPConnectError("text"), DeliveryFailed),
    (aiosmtplib.SMTPConnectTimeoutError("text"), DeliveryFailed),
    (aiosmtplib.SMTPReadTimeoutError("text"), DeliveryFailed),
    (aiosmtplib.SMTPTimeoutError("text"), DeliveryFailed),
    (aiosmtplib.SMTPServerDisconnected("text"), DeliveryFailed),
    (aiosmtplib.SMTPException("text"), ChannelMisconfigured),
    (ssl.SSLCertVerificationError("text"), ChannelMisconfigured),
    (ConnectionResetError(), DeliveryFailed),
    (TimeoutError(), DeliveryFailed),
]


@pytest.mark.parametrize(("error", "expected"), CASES, ids=repr)
def test_mapping(error: Exception, expected: type[AlertError]) -> None:
    """Temporary, permanent or ours to mend; the server's own text is not repeated."""
    ours = mapped("mail.example:25", error)
    assert type(ours) is expected
    assert str(ours).startswith("mail.example:25: ")
    if not isinstance(error, ssl.SSLError):
        assert "text" not in str(ours)


def test_no_class_of_the_library_is_missing() -> None:
    """The table above fails when aiosmtplib grows an error we did not think of."""
    known = {type(error) for error, _ in CASES}
    theirs = {
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, aiosmtplib.SMTPException)
    }
    assert theirs <= known
