from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.answer_waiting import AnswerWaiting
    from ..models.decision_shown import DecisionShown
    from ..models.kept_shown import KeptShown
    from ..models.reject import Reject
    from ..models.version_shown import VersionShown


T = TypeVar("T", bound="Answer")


@_attrs_define
class Answer:
    """What became of rows: received = kept + rejected. A request is done whole, or not at all.

    Attributes:
        ruleset (str):
        record (str):
        version (VersionShown): The version in force, which decided.
        received (int):
        kept (list[KeptShown]):
        decided (list[DecisionShown]): The decisions of the claims sent.
        rejected (list[Reject]):
        redecided (list[DecisionShown]): Decisions of other claims that changed by what was sent.
        postponed (int): Claims that are still to be decided again; it is done without being asked.
        waiting (AnswerWaiting): Checks that cannot be decided as claims arrive, and what they wait for.
    """

    ruleset: str
    record: str
    version: VersionShown
    received: int
    kept: list[KeptShown]
    decided: list[DecisionShown]
    rejected: list[Reject]
    redecided: list[DecisionShown]
    postponed: int
    waiting: AnswerWaiting
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        ruleset = self.ruleset

        record = self.record

        version = self.version.to_dict()

        received = self.received

        kept = []
        for kept_item_data in self.kept:
            kept_item = kept_item_data.to_dict()
            kept.append(kept_item)

        decided = []
        for decided_item_data in self.decided:
            decided_item = decided_item_data.to_dict()
            decided.append(decided_item)

        rejected = []
        for rejected_item_data in self.rejected:
            rejected_item = rejected_item_data.to_dict()
            rejected.append(rejected_item)

        redecided = []
        for redecided_item_data in self.redecided:
            redecided_item = redecided_item_data.to_dict()
            redecided.append(redecided_item)

        postponed = self.postponed

        waiting = self.waiting.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "ruleset": ruleset,
                "record": record,
                "version": version,
                "received": received,
                "kept": kept,
                "decided": decided,
                "rejected": rejected,
                "redecided": redecided,
                "postponed": postponed,
                "waiting": waiting,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.answer_waiting import AnswerWaiting  # noqa: PLC0415
        from ..models.decision_shown import DecisionShown  # noqa: PLC0415
        from ..models.kept_shown import KeptShown  # noqa: PLC0415
        from ..models.reject import Reject  # noqa: PLC0415
        from ..models.version_shown import VersionShown  # noqa: PLC0415

        d = dict(src_dict)
        ruleset = d.pop("ruleset")

        record = d.pop("record")

        version = VersionShown.from_dict(d.pop("version"))

        received = d.pop("received")

        kept = []
        _kept = d.pop("kept")
        for kept_item_data in _kept:
            kept_item = KeptShown.from_dict(kept_item_data)

            kept.append(kept_item)

        decided = []
        _decided = d.pop("decided")
        for decided_item_data in _decided:
            decided_item = DecisionShown.from_dict(decided_item_data)

            decided.append(decided_item)

        rejected = []
        _rejected = d.pop("rejected")
        for rejected_item_data in _rejected:
            rejected_item = Reject.from_dict(rejected_item_data)

            rejected.append(rejected_item)

        redecided = []
        _redecided = d.pop("redecided")
        for redecided_item_data in _redecided:
            redecided_item = DecisionShown.from_dict(redecided_item_data)

            redecided.append(redecided_item)

        postponed = d.pop("postponed")

        waiting = AnswerWaiting.from_dict(d.pop("waiting"))

        answer = cls(
            ruleset=ruleset,
            record=record,
            version=version,
            received=received,
            kept=kept,
            decided=decided,
            rejected=rejected,
            redecided=redecided,
            postponed=postponed,
            waiting=waiting,
        )

        answer.additional_properties = d
        return answer

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
