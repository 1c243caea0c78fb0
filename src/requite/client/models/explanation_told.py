from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.challenge_told import ChallengeTold
    from ..models.explanation_told_penalty_type_0 import ExplanationToldPenaltyType0


T = TypeVar("T", bound="ExplanationTold")


@_attrs_define
class ExplanationTold:
    """Why a challenge was raised, what became of it, and how credit and penalty come about.

    Attributes:
        challenge (ChallengeTold): A claim that is challenged, and how far that has come. Amounts are texts, to the
            penny.
        because (list[str]):
        penalty (ExplanationToldPenaltyType0 | None): How the ruleset reckons the penalty, clause by clause.
    """

    challenge: ChallengeTold
    because: list[str]
    penalty: ExplanationToldPenaltyType0 | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.explanation_told_penalty_type_0 import ExplanationToldPenaltyType0  # noqa: PLC0415

        challenge = self.challenge.to_dict()

        because = self.because

        penalty: dict[str, Any] | None
        if isinstance(self.penalty, ExplanationToldPenaltyType0):
            penalty = self.penalty.to_dict()
        else:
            penalty = self.penalty

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "challenge": challenge,
                "because": because,
                "penalty": penalty,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.challenge_told import ChallengeTold  # noqa: PLC0415
        from ..models.explanation_told_penalty_type_0 import ExplanationToldPenaltyType0  # noqa: PLC0415

        d = dict(src_dict)
        challenge = ChallengeTold.from_dict(d.pop("challenge"))

        because = cast(list[str], d.pop("because"))

        def _parse_penalty(data: object) -> ExplanationToldPenaltyType0 | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                penalty_type_0 = ExplanationToldPenaltyType0.from_dict(data)

                return penalty_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ExplanationToldPenaltyType0 | None, data)

        penalty = _parse_penalty(d.pop("penalty"))

        explanation_told = cls(
            challenge=challenge,
            because=because,
            penalty=penalty,
        )

        explanation_told.additional_properties = d
        return explanation_told

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
