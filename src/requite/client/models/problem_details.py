from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.diagnostic_details import DiagnosticDetails
    from ..models.error_details import ErrorDetails
    from ..models.possible import Possible


T = TypeVar("T", bound="ProblemDetails")


@_attrs_define
class ProblemDetails:
    """What is wrong, as RFC 9457 has it. `type` is urn:requite:problem:CODE; further members depend on it.

    Attributes:
        type_ (str):
        title (str):
        status (int):
        detail (str):
        help_ (str | Unset):  Default: ''.
        request (str | Unset): The request's id, as in the header X-Request-ID: name it when you ask for help. Default:
            ''.
        errors (list[ErrorDetails] | Unset):
        diagnostics (list[DiagnosticDetails] | Unset):
        after (int | Unset): Of events-removed: the number of the event to go on from.
        state (str | Unset): Of impossible-move: the state of the challenge.
        possible (list[Possible] | Unset): Of impossible-move: the moves that can be made now.
    """

    type_: str
    title: str
    status: int
    detail: str
    help_: str | Unset = ""
    request: str | Unset = ""
    errors: list[ErrorDetails] | Unset = UNSET
    diagnostics: list[DiagnosticDetails] | Unset = UNSET
    after: int | Unset = UNSET
    state: str | Unset = UNSET
    possible: list[Possible] | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        type_ = self.type_

        title = self.title

        status = self.status

        detail = self.detail

        help_ = self.help_

        request = self.request

        errors: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.errors, Unset):
            errors = []
            for errors_item_data in self.errors:
                errors_item = errors_item_data.to_dict()
                errors.append(errors_item)

        diagnostics: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.diagnostics, Unset):
            diagnostics = []
            for diagnostics_item_data in self.diagnostics:
                diagnostics_item = diagnostics_item_data.to_dict()
                diagnostics.append(diagnostics_item)

        after = self.after

        state = self.state

        possible: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.possible, Unset):
            possible = []
            for possible_item_data in self.possible:
                possible_item = possible_item_data.to_dict()
                possible.append(possible_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "type": type_,
                "title": title,
                "status": status,
                "detail": detail,
            }
        )
        if help_ is not UNSET:
            field_dict["help"] = help_
        if request is not UNSET:
            field_dict["request"] = request
        if errors is not UNSET:
            field_dict["errors"] = errors
        if diagnostics is not UNSET:
            field_dict["diagnostics"] = diagnostics
        if after is not UNSET:
            field_dict["after"] = after
        if state is not UNSET:
            field_dict["state"] = state
        if possible is not UNSET:
            field_dict["possible"] = possible

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.diagnostic_details import DiagnosticDetails  # noqa: PLC0415
        from ..models.error_details import ErrorDetails  # noqa: PLC0415
        from ..models.possible import Possible  # noqa: PLC0415

        d = dict(src_dict)
        type_ = d.pop("type")

        title = d.pop("title")

        status = d.pop("status")

        detail = d.pop("detail")

        help_ = d.pop("help", UNSET)

        request = d.pop("request", UNSET)

        _errors = d.pop("errors", UNSET)
        errors: list[ErrorDetails] | Unset = UNSET
        if _errors is not UNSET:
            errors = []
            for errors_item_data in _errors:
                errors_item = ErrorDetails.from_dict(errors_item_data)

                errors.append(errors_item)

        _diagnostics = d.pop("diagnostics", UNSET)
        diagnostics: list[DiagnosticDetails] | Unset = UNSET
        if _diagnostics is not UNSET:
            diagnostics = []
            for diagnostics_item_data in _diagnostics:
                diagnostics_item = DiagnosticDetails.from_dict(diagnostics_item_data)

                diagnostics.append(diagnostics_item)

        after = d.pop("after", UNSET)

        state = d.pop("state", UNSET)

        _possible = d.pop("possible", UNSET)
        possible: list[Possible] | Unset = UNSET
        if _possible is not UNSET:
            possible = []
            for possible_item_data in _possible:
                possible_item = Possible.from_dict(possible_item_data)

                possible.append(possible_item)

        problem_details = cls(
            type_=type_,
            title=title,
            status=status,
            detail=detail,
            help_=help_,
            request=request,
            errors=errors,
            diagnostics=diagnostics,
            after=after,
            state=state,
            possible=possible,
        )

        problem_details.additional_properties = d
        return problem_details

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
