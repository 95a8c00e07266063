"""``matters/*.toml``: one file a matter, read into ``model.matter.Matter``."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, ValidationError, field_validator, model_validator

from leakwatch.errors import ConfigError
from leakwatch.model.matter import (
    Act,
    ActCode,
    ActMode,
    Authorisation,
    Matter,
    OrderKind,
    OrderVersion,
    PayloadPolicy,
    Recipient,
    RecipientRole,
    Tri,
)
from leakwatch.settings.load import explain, read_toml
from leakwatch.settings.sources import NAME, toml_files
from leakwatch.settings.tree import Section


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("needs a time zone, as in 2026-01-05T14:00:00+13:00")
    return value.astimezone(UTC)


def _one_line(value: str) -> str:
    if not value.strip() or not value.isprintable():
        raise ValueError("expected one line of printable text")
    return value


Instant = Annotated[datetime, AfterValidator(_aware)]
Line = Annotated[str, AfterValidator(_one_line)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
AgeKey = Annotated[str, Field(pattern=r"^age1[0-9a-z]{20,}$")]


class ActTable(Section):
    code: ActCode
    paragraph: Line
    mode: ActMode = ActMode.PROHIBIT
    quote: str = ""


class OrderTable(Section):
    order_id: Line
    version: Annotated[int, Field(ge=1)]
    kind: OrderKind
    effective_from: Instant
    acts: tuple[ActTable, ...]
    bound: str = ""
    made_at: Instant | None = None
    expires_at: Instant | None = None
    applies_to_prior_publication: Tri = Tri.UNCLEAR
    sealed_copy_sha256: Sha256 | None = None
    verified_by: Line | None = None
    verified_at: Instant | None = None

    @model_validator(mode="after")
    def _verified_by_somebody_at_some_time(self) -> OrderTable:
        if (self.verified_by is None) != (self.verified_at is None):
            raise ValueError("verified_by and verified_at go together")
        return self

    def version_record(self) -> OrderVersion:
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        fields["acts"] = tuple(Act(**dict(act)) for act in self.acts)
        return OrderVersion(**fields)


class RecipientTable(Section):
    name: Line
    role: RecipientRole
    channel: Line
    address: str = ""

    @model_validator(mode="after")
    def _mail_needs_an_address(self) -> RecipientTable:
        if self.channel == "email" and ("@" not in self.address or not self.address.isprintable()):
            raise ValueError("an e-mail recipient needs an address")
        return self


class AuthorisationTable(Section):
    granted_by: Line
    reference: Line
    effective_from: Instant
    expires_at: Instant


class MatterFile(Section):
    """The keys of a matter file, as ``Matter`` has them."""

    id: str
    title: Line
    case_ref: Line
    corpora: tuple[str, ...] = ()
    victim_names: Annotated[tuple[Line, ...], Field(min_length=1)]
    actor_names: tuple[Line, ...] = ()
    evidence_keys: Annotated[tuple[AgeKey, ...], Field(min_length=1)]
    payload: PayloadPolicy = PayloadPolicy.METADATA_ONLY
    timezone: str = "Pacific/Auckland"
    tlp: Line = "AMBER+STRICT"
    orders: tuple[OrderTable, ...] = ()
    recipients: Annotated[tuple[RecipientTable, ...], Field(min_length=1)]
    authorisations: tuple[AuthorisationTable, ...] = ()

    @field_validator("id")
    @classmethod
    def _plain_id(cls, value: str) -> str:
        if not NAME.fullmatch(value):
            raise ValueError("expected 1 to 64 of a-z 0-9 . _ -, starting with a letter or digit")
        return value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError("expected an IANA time zone such as Pacific/Auckland") from None
        return value

    @field_validator("orders")
    @classmethod
    def _one_of_each_version(cls, value: tuple[OrderTable, ...]) -> tuple[OrderTable, ...]:
        names = [(order.order_id, order.version) for order in value]
        if len(set(names)) != len(names):
            raise ValueError("two orders have the same order_id and version")
        return value

    def matter(self) -> Matter:
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        fields["orders"] = tuple(order.version_record() for order in self.orders)
        fields["recipients"] = tuple(Recipient(**dict(r)) for r in self.recipients)
        fields["authorisations"] = tuple(Authorisation(**dict(a)) for a in self.authorisations)
        return Matter(**fields)


def load_matters(
    directory: Path, *, corpora: frozenset[str], channels: frozenset[str]
) -> tuple[Matter, ...]:
    """Read every ``*.toml`` of the directory, by file name; examples are skipped.

    Args:
        directory: the matters directory.
        corpora: names that a matter may protect.
        channels: names that a recipient may be told over.

    Raises:
        MissingFile: the directory is not there.
        ConfigError: a file is wrong, an id is taken twice, or a corpus or
            channel is unknown.
    """
    matters: dict[str, Matter] = {}
    for path in toml_files(directory, what="matters"):
        try:
            matter = MatterFile.model_validate(read_toml(path)).matter()
        except ValidationError as error:
            raise ConfigError(explain(error, path)) from None
        if matter.id in matters:
            raise ConfigError(f"{path}: id: another matter is called {matter.id!r} already")
        for corpus in sorted(set(matter.corpora) - corpora):
            raise ConfigError(f"{path}: corpora: no corpus {corpus!r} in [fingerprint.corpora]")
        for channel in sorted({r.channel for r in matter.recipients} - channels):
            raise ConfigError(f"{path}: recipients: no channel {channel!r} in [channels]")
        matters[matter.id] = matter
    return tuple(matters.values())
