import datetime
from http import HTTPStatus
from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.list_challenges_outcome_type_0 import (
    ListChallengesOutcomeType0,
)
from ...models.list_challenges_state_type_0 import (
    ListChallengesStateType0,
)
from ...models.page_challenge_told import PageChallengeTold
from ...models.problem_details import ProblemDetails
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    limit: int | Unset = 100,
    after: None | str | Unset = UNSET,
    state: ListChallengesStateType0 | None | Unset = UNSET,
    outcome: ListChallengesOutcomeType0 | None | Unset = UNSET,
    provider: None | str | Unset = UNSET,
    check: None | str | Unset = UNSET,
    month: None | str | Unset = UNSET,
    ruleset: None | str | Unset = UNSET,
    run: None | str | Unset = UNSET,
    key: None | str | Unset = UNSET,
    due_before: datetime.date | None | Unset = UNSET,
    in_doubt: bool | None | Unset = UNSET,
    overdue: bool | None | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["limit"] = limit

    json_after: None | str | Unset
    if isinstance(after, Unset):
        json_after = UNSET
    else:
        json_after = after
    params["after"] = json_after

    json_state: None | str | Unset
    if isinstance(state, Unset):
        json_state = UNSET
    elif isinstance(state, str):
        json_state = state
    else:
        json_state = state
    params["state"] = json_state

    json_outcome: None | str | Unset
    if isinstance(outcome, Unset):
        json_outcome = UNSET
    elif isinstance(outcome, str):
        json_outcome = outcome
    else:
        json_outcome = outcome
    params["outcome"] = json_outcome

    json_provider: None | str | Unset
    if isinstance(provider, Unset):
        json_provider = UNSET
    else:
        json_provider = provider
    params["provider"] = json_provider

    json_check: None | str | Unset
    if isinstance(check, Unset):
        json_check = UNSET
    else:
        json_check = check
    params["check"] = json_check

    json_month: None | str | Unset
    if isinstance(month, Unset):
        json_month = UNSET
    else:
        json_month = month
    params["month"] = json_month

    json_ruleset: None | str | Unset
    if isinstance(ruleset, Unset):
        json_ruleset = UNSET
    else:
        json_ruleset = ruleset
    params["ruleset"] = json_ruleset

    json_run: None | str | Unset
    if isinstance(run, Unset):
        json_run = UNSET
    else:
        json_run = run
    params["run"] = json_run

    json_key: None | str | Unset
    if isinstance(key, Unset):
        json_key = UNSET
    else:
        json_key = key
    params["key"] = json_key

    json_due_before: None | str | Unset
    if isinstance(due_before, Unset):
        json_due_before = UNSET
    elif isinstance(due_before, datetime.date):
        json_due_before = due_before.isoformat()
    else:
        json_due_before = due_before
    params["due_before"] = json_due_before

    json_in_doubt: bool | None | Unset
    if isinstance(in_doubt, Unset):
        json_in_doubt = UNSET
    else:
        json_in_doubt = in_doubt
    params["in_doubt"] = json_in_doubt

    json_overdue: bool | None | Unset
    if isinstance(overdue, Unset):
        json_overdue = UNSET
    else:
        json_overdue = overdue
    params["overdue"] = json_overdue

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/challenges",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> PageChallengeTold | ProblemDetails:
    if response.status_code == 200:
        response_200 = PageChallengeTold.from_dict(response.json())

        return response_200

    response_default = ProblemDetails.from_dict(response.json())

    return response_default


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[PageChallengeTold | ProblemDetails]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    limit: int | Unset = 100,
    after: None | str | Unset = UNSET,
    state: ListChallengesStateType0 | None | Unset = UNSET,
    outcome: ListChallengesOutcomeType0 | None | Unset = UNSET,
    provider: None | str | Unset = UNSET,
    check: None | str | Unset = UNSET,
    month: None | str | Unset = UNSET,
    ruleset: None | str | Unset = UNSET,
    run: None | str | Unset = UNSET,
    key: None | str | Unset = UNSET,
    due_before: datetime.date | None | Unset = UNSET,
    in_doubt: bool | None | Unset = UNSET,
    overdue: bool | None | Unset = UNSET,
) -> Response[PageChallengeTold | ProblemDetails]:
    """Challenges

     Challenges, the oldest first. A hospital sees its own, once they have been sent.

    Args:
        limit (int | Unset): The most items of a page. Default: 100.
        after (None | str | Unset): The `next` of the page before.
        state (ListChallengesStateType0 | None | Unset): Only challenges in this state.
        outcome (ListChallengesOutcomeType0 | None | Unset): Only challenges of which this became.
        provider (None | str | Unset):
        check (None | str | Unset):
        month (None | str | Unset):
        ruleset (None | str | Unset):
        run (None | str | Unset): Only challenges that were raised from this run.
        key (None | str | Unset): Only the challenges of this claim.
        due_before (datetime.date | None | Unset): Only challenges whose answer is due before this
            day.
        in_doubt (bool | None | Unset): Only challenges that are in doubt, or only others.
        overdue (bool | None | Unset): Only challenges whose credit is overdue, or only others.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PageChallengeTold | ProblemDetails]
    """

    kwargs = _get_kwargs(
        limit=limit,
        after=after,
        state=state,
        outcome=outcome,
        provider=provider,
        check=check,
        month=month,
        ruleset=ruleset,
        run=run,
        key=key,
        due_before=due_before,
        in_doubt=in_doubt,
        overdue=overdue,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    limit: int | Unset = 100,
    after: None | str | Unset = UNSET,
    state: ListChallengesStateType0 | None | Unset = UNSET,
    outcome: ListChallengesOutcomeType0 | None | Unset = UNSET,
    provider: None | str | Unset = UNSET,
    check: None | str | Unset = UNSET,
    month: None | str | Unset = UNSET,
    ruleset: None | str | Unset = UNSET,
    run: None | str | Unset = UNSET,
    key: None | str | Unset = UNSET,
    due_before: datetime.date | None | Unset = UNSET,
    in_doubt: bool | None | Unset = UNSET,
    overdue: bool | None | Unset = UNSET,
) -> PageChallengeTold | ProblemDetails | None:
    """Challenges

     Challenges, the oldest first. A hospital sees its own, once they have been sent.

    Args:
        limit (int | Unset): The most items of a page. Default: 100.
        after (None | str | Unset): The `next` of the page before.
        state (ListChallengesStateType0 | None | Unset): Only challenges in this state.
        outcome (ListChallengesOutcomeType0 | None | Unset): Only challenges of which this became.
        provider (None | str | Unset):
        check (None | str | Unset):
        month (None | str | Unset):
        ruleset (None | str | Unset):
        run (None | str | Unset): Only challenges that were raised from this run.
        key (None | str | Unset): Only the challenges of this claim.
        due_before (datetime.date | None | Unset): Only challenges whose answer is due before this
            day.
        in_doubt (bool | None | Unset): Only challenges that are in doubt, or only others.
        overdue (bool | None | Unset): Only challenges whose credit is overdue, or only others.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PageChallengeTold | ProblemDetails
    """

    return sync_detailed(
        client=client,
        limit=limit,
        after=after,
        state=state,
        outcome=outcome,
        provider=provider,
        check=check,
        month=month,
        ruleset=ruleset,
        run=run,
        key=key,
        due_before=due_before,
        in_doubt=in_doubt,
        overdue=overdue,
    ).parsed
