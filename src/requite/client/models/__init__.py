"""Contains all the data models used in inputs/outputs"""

from .again_asked import AgainAsked
from .again_asked_rules_type_0 import AgainAskedRulesType0
from .amounts_told import AmountsTold
from .answer import Answer
from .answer_waiting import AnswerWaiting
from .attachment import Attachment
from .broken_entry import BrokenEntry
from .challenge_told import ChallengeTold
from .challenge_whole import ChallengeWhole
from .checked import Checked
from .claim_history import ClaimHistory
from .claim_shown import ClaimShown
from .claims_sent import ClaimsSent
from .claims_sent_rows_item import ClaimsSentRowsItem
from .claims_taken_back import ClaimsTakenBack
from .clock import Clock
from .clock_wanted import ClockWanted
from .dates_asked import DatesAsked
from .decision_kept import DecisionKept
from .decision_shown import DecisionShown
from .declared import Declared
from .delivery_page import DeliveryPage
from .delivery_shown import DeliveryShown
from .delivery_shown_state import DeliveryShownState
from .diagnostic_details import DiagnosticDetails
from .difference import Difference
from .end import End
from .end_status import EndStatus
from .entry import Entry
from .entry_detail import EntryDetail
from .error_details import ErrorDetails
from .error_details_detail import ErrorDetailsDetail
from .event_page import EventPage
from .event_shown import EventShown
from .event_shown_payload import EventShownPayload
from .event_told import EventTold
from .event_told_attachments_item import EventToldAttachmentsItem
from .event_told_detail import EventToldDetail
from .explain_decision_format_type_0 import ExplainDecisionFormatType0
from .explain_decision_response_200 import ExplainDecisionResponse200
from .explain_run_format import ExplainRunFormat
from .explain_run_response_explain_run import ExplainRunResponseExplainRun
from .explanation_told import ExplanationTold
from .explanation_told_penalty_type_0 import ExplanationToldPenaltyType0
from .filter_asked import FilterAsked
from .filter_asked_state_type_0 import FilterAskedStateType0
from .found_difference import FoundDifference
from .get_position_outcome_type_0 import GetPositionOutcomeType0
from .get_position_state_type_0 import GetPositionStateType0
from .get_results_format_type_1 import GetResultsFormatType1
from .get_results_table import GetResultsTable
from .get_statement_format import GetStatementFormat
from .health import Health
from .in_force_wanted import InForceWanted
from .kept_shown import KeptShown
from .kept_shown_arrival import KeptShownArrival
from .key_made import KeyMade
from .key_shown import KeyShown
from .line_told import LineTold
from .line_told_ways import LineToldWays
from .list_challenges_outcome_type_0 import ListChallengesOutcomeType0
from .list_challenges_state_type_0 import ListChallengesStateType0
from .list_deliveries_state_type_0 import ListDeliveriesStateType0
from .list_events_kinds_item import ListEventsKindsItem
from .list_runs_state_type_0 import ListRunsStateType0
from .list_versions_state_type_0 import ListVersionsStateType0
from .many_moved import ManyMoved
from .many_moves_asked import ManyMovesAsked
from .many_moves_asked_move import ManyMovesAskedMove
from .me import Me
from .month_asked import MonthAsked
from .month_told import MonthTold
from .months_asked import MonthsAsked
from .months_told import MonthsTold
from .moved_told import MovedTold
from .new_key import NewKey
from .new_version import NewVersion
from .new_version_texts import NewVersionTexts
from .not_raised import NotRaised
from .one_move_asked import OneMoveAsked
from .one_move_asked_move import OneMoveAskedMove
from .page_challenge_told import PageChallengeTold
from .page_decision_kept import PageDecisionKept
from .page_entry import PageEntry
from .page_event_told import PageEventTold
from .page_key_shown import PageKeyShown
from .page_month_told import PageMonthTold
from .page_party_told import PagePartyTold
from .page_ruleset_shown import PageRulesetShown
from .page_run_told import PageRunTold
from .page_said import PageSaid
from .page_upload_told import PageUploadTold
from .page_version import PageVersion
from .paid_difference import PaidDifference
from .party_told import PartyTold
from .place import Place
from .position_told import PositionTold
from .possible import Possible
from .preview import Preview
from .problem_details import ProblemDetails
from .published import Published
from .published_state import PublishedState
from .raise_asked import RaiseAsked
from .raised_told import RaisedTold
from .readiness import Readiness
from .readiness_parts import ReadinessParts
from .redecide import Redecide
from .redecided import Redecided
from .refused import Refused
from .reject import Reject
from .role import Role
from .row_kept import RowKept
from .row_kept_cells import RowKeptCells
from .rows import Rows
from .rows_items_item import RowsItemsItem
from .rows_sent import RowsSent
from .rows_sent_rows_item import RowsSentRowsItem
from .rows_taken_back import RowsTakenBack
from .rows_told import RowsTold
from .ruleset_shown import RulesetShown
from .run_asked import RunAsked
from .run_asked_engine import RunAskedEngine
from .run_asked_inputs import RunAskedInputs
from .run_input import RunInput
from .run_told import RunTold
from .run_told_inputs import RunToldInputs
from .run_told_problems_type_0_item import RunToldProblemsType0Item
from .run_told_state import RunToldState
from .run_told_totals_type_0 import RunToldTotalsType0
from .run_whole import RunWhole
from .run_whole_inputs import RunWholeInputs
from .run_whole_manifest_type_0 import RunWholeManifestType0
from .run_whole_problems_type_0_item import RunWholeProblemsType0Item
from .run_whole_state import RunWholeState
from .run_whole_totals_type_0 import RunWholeTotalsType0
from .said import Said
from .send_upload_body import SendUploadBody
from .stream_events_kinds_item import StreamEventsKindsItem
from .stretch import Stretch
from .texts import Texts
from .texts_texts import TextsTexts
from .tried_shown import TriedShown
from .upload_told import UploadTold
from .verified import Verified
from .version import Version
from .version_shown import VersionShown
from .version_state import VersionState
from .version_texts import VersionTexts
from .version_texts_texts import VersionTextsTexts
from .webhook_list import WebhookList
from .webhook_made import WebhookMade
from .webhook_shown import WebhookShown
from .webhook_tried import WebhookTried
from .webhook_wanted import WebhookWanted
from .webhook_wanted_kinds_item import WebhookWantedKindsItem

__all__ = (
    "AgainAsked",
    "AgainAskedRulesType0",
    "AmountsTold",
    "Answer",
    "AnswerWaiting",
    "Attachment",
    "BrokenEntry",
    "ChallengeTold",
    "ChallengeWhole",
    "Checked",
    "ClaimHistory",
    "ClaimShown",
    "ClaimsSent",
    "ClaimsSentRowsItem",
    "ClaimsTakenBack",
    "Clock",
    "ClockWanted",
    "DatesAsked",
    "DecisionKept",
    "DecisionShown",
    "Declared",
    "DeliveryPage",
    "DeliveryShown",
    "DeliveryShownState",
    "DiagnosticDetails",
    "Difference",
    "End",
    "EndStatus",
    "Entry",
    "EntryDetail",
    "ErrorDetails",
    "ErrorDetailsDetail",
    "EventPage",
    "EventShown",
    "EventShownPayload",
    "EventTold",
    "EventToldAttachmentsItem",
    "EventToldDetail",
    "ExplainDecisionFormatType0",
    "ExplainDecisionResponse200",
    "ExplainRunFormat",
    "ExplainRunResponseExplainRun",
    "ExplanationTold",
    "ExplanationToldPenaltyType0",
    "FilterAsked",
    "FilterAskedStateType0",
    "FoundDifference",
    "GetPositionOutcomeType0",
    "GetPositionStateType0",
    "GetResultsFormatType1",
    "GetResultsTable",
    "GetStatementFormat",
    "Health",
    "InForceWanted",
    "KeptShown",
    "KeptShownArrival",
    "KeyMade",
    "KeyShown",
    "LineTold",
    "LineToldWays",
    "ListChallengesOutcomeType0",
    "ListChallengesStateType0",
    "ListDeliveriesStateType0",
    "ListEventsKindsItem",
    "ListRunsStateType0",
    "ListVersionsStateType0",
    "ManyMoved",
    "ManyMovesAsked",
    "ManyMovesAskedMove",
    "Me",
    "MonthAsked",
    "MonthsAsked",
    "MonthsTold",
    "MonthTold",
    "MovedTold",
    "NewKey",
    "NewVersion",
    "NewVersionTexts",
    "NotRaised",
    "OneMoveAsked",
    "OneMoveAskedMove",
    "PageChallengeTold",
    "PageDecisionKept",
    "PageEntry",
    "PageEventTold",
    "PageKeyShown",
    "PageMonthTold",
    "PagePartyTold",
    "PageRulesetShown",
    "PageRunTold",
    "PageSaid",
    "PageUploadTold",
    "PageVersion",
    "PaidDifference",
    "PartyTold",
    "Place",
    "PositionTold",
    "Possible",
    "Preview",
    "ProblemDetails",
    "Published",
    "PublishedState",
    "RaiseAsked",
    "RaisedTold",
    "Readiness",
    "ReadinessParts",
    "Redecide",
    "Redecided",
    "Refused",
    "Reject",
    "Role",
    "RowKept",
    "RowKeptCells",
    "Rows",
    "RowsItemsItem",
    "RowsSent",
    "RowsSentRowsItem",
    "RowsTakenBack",
    "RowsTold",
    "RulesetShown",
    "RunAsked",
    "RunAskedEngine",
    "RunAskedInputs",
    "RunInput",
    "RunTold",
    "RunToldInputs",
    "RunToldProblemsType0Item",
    "RunToldState",
    "RunToldTotalsType0",
    "RunWhole",
    "RunWholeInputs",
    "RunWholeManifestType0",
    "RunWholeProblemsType0Item",
    "RunWholeState",
    "RunWholeTotalsType0",
    "Said",
    "SendUploadBody",
    "StreamEventsKindsItem",
    "Stretch",
    "Texts",
    "TextsTexts",
    "TriedShown",
    "UploadTold",
    "Verified",
    "Version",
    "VersionShown",
    "VersionState",
    "VersionTexts",
    "VersionTextsTexts",
    "WebhookList",
    "WebhookMade",
    "WebhookShown",
    "WebhookTried",
    "WebhookWanted",
    "WebhookWantedKindsItem",
)
