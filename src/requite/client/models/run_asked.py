from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.run_asked_engine import RunAskedEngine, check_run_asked_engine
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.run_asked_inputs import RunAskedInputs


T = TypeVar("T", bound="RunAsked")


@_attrs_define
class RunAsked:
    """A run to be made. Without `version`, the rules are those in force on a day, as known at a moment.

    Attributes:
        ruleset (str):
        inputs (RunAskedInputs): The data by record.
        version (None | str | Unset): The version of the ruleset that is to run.
        in_force_on (datetime.date | None | Unset): The day whose rules are meant; by default `known`, or today.
        known_at (datetime.datetime | None | Unset): The moment at which those rules were known; by default now.
        known (datetime.date | None | Unset): The date of what was known, by default today.
        brought_forward (None | str | Unset): The run before, whose figures are brought forward.
        engine (RunAskedEngine | Unset):  Default: 'duckdb'.
        check_engines (int | Unset): How many records the interpreter decides again. Default: 0.
    """

    ruleset: str
    inputs: RunAskedInputs
    version: None | str | Unset = UNSET
    in_force_on: datetime.date | None | Unset = UNSET
    known_at: datetime.datetime | None | Unset = UNSET
    known: datetime.date | None | Unset = UNSET
    brought_forward: None | str | Unset = UNSET
    engine: RunAskedEngine | Unset = "duckdb"
    check_engines: int | Unset = 0

    def to_dict(self) -> dict[str, Any]:
        ruleset = self.ruleset

        inputs = self.inputs.to_dict()

        version: None | str | Unset
        if isinstance(self.version, Unset):
            version = UNSET
        else:
            version = self.version

        in_force_on: None | str | Unset
        if isinstance(self.in_force_on, Unset):
            in_force_on = UNSET
        elif isinstance(self.in_force_on, datetime.date):
            in_force_on = self.in_force_on.isoformat()
        else:
            in_force_on = self.in_force_on

        known_at: None | str | Unset
        if isinstance(self.known_at, Unset):
            known_at = UNSET
        elif isinstance(self.known_at, datetime.datetime):
            known_at = self.known_at.isoformat()
        else:
            known_at = self.known_at

        known: None | str | Unset
        if isinstance(self.known, Unset):
            known = UNSET
        elif isinstance(self.known, datetime.date):
            known = self.known.isoformat()
        else:
            known = self.known

        brought_forward: None | str | Unset
        if isinstance(self.brought_forward, Unset):
            brought_forward = UNSET
        else:
            brought_forward = self.brought_forward

        engine: str | Unset = UNSET
        if not isinstance(self.engine, Unset):
            engine = self.engine

        check_engines = self.check_engines

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "ruleset": ruleset,
                "inputs": inputs,
            }
        )
        if version is not UNSET:
            field_dict["version"] = version
        if in_force_on is not UNSET:
            field_dict["in_force_on"] = in_force_on
        if known_at is not UNSET:
            field_dict["known_at"] = known_at
        if known is not UNSET:
            field_dict["known"] = known
        if brought_forward is not UNSET:
            field_dict["brought_forward"] = brought_forward
        if engine is not UNSET:
            field_dict["engine"] = engine
        if check_engines is not UNSET:
            field_dict["check_engines"] = check_engines

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.run_asked_inputs import RunAskedInputs  # noqa: PLC0415

        d = dict(src_dict)
        ruleset = d.pop("ruleset")

        inputs = RunAskedInputs.from_dict(d.pop("inputs"))

        def _parse_version(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        version = _parse_version(d.pop("version", UNSET))

        def _parse_in_force_on(data: object) -> datetime.date | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                in_force_on_type_0 = datetime.date.fromisoformat(data)

                return in_force_on_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.date | None | Unset, data)

        in_force_on = _parse_in_force_on(d.pop("in_force_on", UNSET))

        def _parse_known_at(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                known_at_type_0 = datetime.datetime.fromisoformat(data)

                return known_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        known_at = _parse_known_at(d.pop("known_at", UNSET))

        def _parse_known(data: object) -> datetime.date | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                known_type_0 = datetime.date.fromisoformat(data)

                return known_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.date | None | Unset, data)

        known = _parse_known(d.pop("known", UNSET))

        def _parse_brought_forward(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        brought_forward = _parse_brought_forward(d.pop("brought_forward", UNSET))

        _engine = d.pop("engine", UNSET)
        engine: RunAskedEngine | Unset
        if isinstance(_engine, Unset):
            engine = UNSET
        else:
            engine = check_run_asked_engine(_engine)

        check_engines = d.pop("check_engines", UNSET)

        run_asked = cls(
            ruleset=ruleset,
            inputs=inputs,
            version=version,
            in_force_on=in_force_on,
            known_at=known_at,
            known=known,
            brought_forward=brought_forward,
            engine=engine,
            check_engines=check_engines,
        )

        return run_asked
