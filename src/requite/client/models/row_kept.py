from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.row_kept_cells import RowKeptCells


T = TypeVar("T", bound="RowKept")


@_attrs_define
class RowKept:
    """A claim as it was sent, once.

    Attributes:
        revision (int):
        received_at (datetime.datetime):
        superseded_at (datetime.datetime | None):
        cancelled (bool):
        sent_by (str):
        cells (RowKeptCells):
    """

    revision: int
    received_at: datetime.datetime
    superseded_at: datetime.datetime | None
    cancelled: bool
    sent_by: str
    cells: RowKeptCells
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        revision = self.revision

        received_at = self.received_at.isoformat()

        superseded_at: None | str
        if isinstance(self.superseded_at, datetime.datetime):
            superseded_at = self.superseded_at.isoformat()
        else:
            superseded_at = self.superseded_at

        cancelled = self.cancelled

        sent_by = self.sent_by

        cells = self.cells.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "revision": revision,
                "received_at": received_at,
                "superseded_at": superseded_at,
                "cancelled": cancelled,
                "sent_by": sent_by,
                "cells": cells,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.row_kept_cells import RowKeptCells  # noqa: PLC0415

        d = dict(src_dict)
        revision = d.pop("revision")

        received_at = datetime.datetime.fromisoformat(d.pop("received_at"))

        def _parse_superseded_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                superseded_at_type_0 = datetime.datetime.fromisoformat(data)

                return superseded_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        superseded_at = _parse_superseded_at(d.pop("superseded_at"))

        cancelled = d.pop("cancelled")

        sent_by = d.pop("sent_by")

        cells = RowKeptCells.from_dict(d.pop("cells"))

        row_kept = cls(
            revision=revision,
            received_at=received_at,
            superseded_at=superseded_at,
            cancelled=cancelled,
            sent_by=sent_by,
            cells=cells,
        )

        row_kept.additional_properties = d
        return row_kept

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
