from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.run_whole_state import RunWholeState, check_run_whole_state

if TYPE_CHECKING:
    from ..models.rows_told import RowsTold
    from ..models.run_whole_inputs import RunWholeInputs
    from ..models.run_whole_manifest_type_0 import RunWholeManifestType0
    from ..models.run_whole_problems_type_0_item import RunWholeProblemsType0Item
    from ..models.run_whole_totals_type_0 import RunWholeTotalsType0


T = TypeVar("T", bound="RunWhole")


@_attrs_define
class RunWhole:
    """A run with its manifest: all that it was made from, by hash, and what became of every row.

    Attributes:
        id (str):
        ruleset (str):
        version (str):
        trial (bool): Whether the version was not approved when the run was asked for.
        state (RunWholeState):
        stage (str): What it is at, in words.
        done (int):
        total (int): Of how much; 0 where that is not known.
        attempts (int): How often it was begun.
        known (datetime.date):
        inputs (RunWholeInputs):
        brought_forward (None | str):
        engine (str):
        check_engines (int):
        again_of (None | str): The run whose data are settled again.
        rules (None | str): By which rules again.
        created_at (datetime.datetime):
        created_by (str):
        started_at (datetime.datetime | None):
        finished_at (datetime.datetime | None):
        results (bool): Whether its results are there to be read.
        totals (None | RunWholeTotalsType0):
        rows (None | RowsTold): How many rows were read, and how many rejected; null until it is done.
        problems (list[RunWholeProblemsType0Item] | None): Why it failed.
        manifest (None | RunWholeManifestType0):
    """

    id: str
    ruleset: str
    version: str
    trial: bool
    state: RunWholeState
    stage: str
    done: int
    total: int
    attempts: int
    known: datetime.date
    inputs: RunWholeInputs
    brought_forward: None | str
    engine: str
    check_engines: int
    again_of: None | str
    rules: None | str
    created_at: datetime.datetime
    created_by: str
    started_at: datetime.datetime | None
    finished_at: datetime.datetime | None
    results: bool
    totals: None | RunWholeTotalsType0
    rows: None | RowsTold
    problems: list[RunWholeProblemsType0Item] | None
    manifest: None | RunWholeManifestType0
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.rows_told import RowsTold  # noqa: PLC0415
        from ..models.run_whole_manifest_type_0 import RunWholeManifestType0  # noqa: PLC0415
        from ..models.run_whole_totals_type_0 import RunWholeTotalsType0  # noqa: PLC0415

        id = self.id

        ruleset = self.ruleset

        version = self.version

        trial = self.trial

        state: str = self.state

        stage = self.stage

        done = self.done

        total = self.total

        attempts = self.attempts

        known = self.known.isoformat()

        inputs = self.inputs.to_dict()

        brought_forward: None | str
        brought_forward = self.brought_forward

        engine = self.engine

        check_engines = self.check_engines

        again_of: None | str
        again_of = self.again_of

        rules: None | str
        rules = self.rules

        created_at = self.created_at.isoformat()

        created_by = self.created_by

        started_at: None | str
        if isinstance(self.started_at, datetime.datetime):
            started_at = self.started_at.isoformat()
        else:
            started_at = self.started_at

        finished_at: None | str
        if isinstance(self.finished_at, datetime.datetime):
            finished_at = self.finished_at.isoformat()
        else:
            finished_at = self.finished_at

        results = self.results

        totals: dict[str, Any] | None
        if isinstance(self.totals, RunWholeTotalsType0):
            totals = self.totals.to_dict()
        else:
            totals = self.totals

        rows: dict[str, Any] | None
        if isinstance(self.rows, RowsTold):
            rows = self.rows.to_dict()
        else:
            rows = self.rows

        problems: list[dict[str, Any]] | None
        if isinstance(self.problems, list):
            problems = []
            for problems_type_0_item_data in self.problems:
                problems_type_0_item = problems_type_0_item_data.to_dict()
                problems.append(problems_type_0_item)

        else:
            problems = self.problems

        manifest: dict[str, Any] | None
        if isinstance(self.manifest, RunWholeManifestType0):
            manifest = self.manifest.to_dict()
        else:
            manifest = self.manifest

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "ruleset": ruleset,
                "version": version,
                "trial": trial,
                "state": state,
                "stage": stage,
                "done": done,
                "total": total,
                "attempts": attempts,
                "known": known,
                "inputs": inputs,
                "brought_forward": brought_forward,
                "engine": engine,
                "check_engines": check_engines,
                "again_of": again_of,
                "rules": rules,
                "created_at": created_at,
                "created_by": created_by,
                "started_at": started_at,
                "finished_at": finished_at,
                "results": results,
                "totals": totals,
                "rows": rows,
                "problems": problems,
                "manifest": manifest,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.rows_told import RowsTold  # noqa: PLC0415
        from ..models.run_whole_inputs import RunWholeInputs  # noqa: PLC0415
        from ..models.run_whole_manifest_type_0 import RunWholeManifestType0  # noqa: PLC0415
        from ..models.run_whole_problems_type_0_item import RunWholeProblemsType0Item  # noqa: PLC0415
        from ..models.run_whole_totals_type_0 import RunWholeTotalsType0  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        ruleset = d.pop("ruleset")

        version = d.pop("version")

        trial = d.pop("trial")

        state = check_run_whole_state(d.pop("state"))

        stage = d.pop("stage")

        done = d.pop("done")

        total = d.pop("total")

        attempts = d.pop("attempts")

        known = datetime.date.fromisoformat(d.pop("known"))

        inputs = RunWholeInputs.from_dict(d.pop("inputs"))

        def _parse_brought_forward(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        brought_forward = _parse_brought_forward(d.pop("brought_forward"))

        engine = d.pop("engine")

        check_engines = d.pop("check_engines")

        def _parse_again_of(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        again_of = _parse_again_of(d.pop("again_of"))

        def _parse_rules(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        rules = _parse_rules(d.pop("rules"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        created_by = d.pop("created_by")

        def _parse_started_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                started_at_type_0 = datetime.datetime.fromisoformat(data)

                return started_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        started_at = _parse_started_at(d.pop("started_at"))

        def _parse_finished_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                finished_at_type_0 = datetime.datetime.fromisoformat(data)

                return finished_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        finished_at = _parse_finished_at(d.pop("finished_at"))

        results = d.pop("results")

        def _parse_totals(data: object) -> None | RunWholeTotalsType0:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                totals_type_0 = RunWholeTotalsType0.from_dict(data)

                return totals_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | RunWholeTotalsType0, data)

        totals = _parse_totals(d.pop("totals"))

        def _parse_rows(data: object) -> None | RowsTold:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                rows_type_0 = RowsTold.from_dict(data)

                return rows_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | RowsTold, data)

        rows = _parse_rows(d.pop("rows"))

        def _parse_problems(data: object) -> list[RunWholeProblemsType0Item] | None:
            if data is None:
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                problems_type_0 = []
                _problems_type_0 = data
                for problems_type_0_item_data in _problems_type_0:
                    problems_type_0_item = RunWholeProblemsType0Item.from_dict(problems_type_0_item_data)

                    problems_type_0.append(problems_type_0_item)

                return problems_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[RunWholeProblemsType0Item] | None, data)

        problems = _parse_problems(d.pop("problems"))

        def _parse_manifest(data: object) -> None | RunWholeManifestType0:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                manifest_type_0 = RunWholeManifestType0.from_dict(data)

                return manifest_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | RunWholeManifestType0, data)

        manifest = _parse_manifest(d.pop("manifest"))

        run_whole = cls(
            id=id,
            ruleset=ruleset,
            version=version,
            trial=trial,
            state=state,
            stage=stage,
            done=done,
            total=total,
            attempts=attempts,
            known=known,
            inputs=inputs,
            brought_forward=brought_forward,
            engine=engine,
            check_engines=check_engines,
            again_of=again_of,
            rules=rules,
            created_at=created_at,
            created_by=created_by,
            started_at=started_at,
            finished_at=finished_at,
            results=results,
            totals=totals,
            rows=rows,
            problems=problems,
            manifest=manifest,
        )

        run_whole.additional_properties = d
        return run_whole

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
