"""The client is made from today's OpenAPI document, and works with the service."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from typing import TypeVar

import httpx

from requite.api.live.catching_up import start as start_live
from requite.api.service.document import openapi_document
from requite.api.service.service import Service
from requite.client import AuthenticatedClient, Client
from requite.client.api.claims import send_claims
from requite.client.api.decisions import decision, explain_decision
from requite.client.api.rulesets import approve_version, check_ruleset, get_in_force, publish_ruleset, put_in_force
from requite.client.api.runs import explain_run
from requite.client.api.statements import get_statement
from requite.client.api.webhooks import list_webhooks, register_webhook
from requite.client.models import (
    Answer,
    Checked,
    ClaimsSent,
    DecisionKept,
    InForceWanted,
    NewVersion,
    NewVersionTexts,
    ProblemDetails,
    Published,
    Said,
    Texts,
    TextsTexts,
    Version,
    WebhookList,
    WebhookMade,
    WebhookWanted,
)
from tests.client.generate import SEALED, fingerprint, of_several_forms, simplified
from tests.service.serving import served
from tests.service.support import key_for

T = TypeVar("T")

PDF = b"%PDF-1.7\n\xe2\xe3\xff\x00"

FEES = """
ruleset fees "Dear claims"
record claim
  key id: text
  provider: text
  billed: money
check dear for each claim
  expected £100
  flag when billed > expected
  reason "billed {billed}"
  challenge provider answers within 10 days, otherwise deemed upheld
example "dear"
  given claim C1 with provider "RAX", billed £150
  expect dear flags C1 with overcharge £50
"""


def test_it_is_of_today() -> None:
    sealed = SEALED.read_text(encoding="utf-8").strip()
    assert sealed == fingerprint(openapi_document()), "the OpenAPI document has changed: run `make client`"


def test_a_document_is_simplified_without_loss() -> None:
    document = openapi_document()
    simple = simplified(document)
    assert simple["components"] == document["components"]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            good = {status for status in operation["responses"] if status.startswith("2")}
            assert good <= simple["paths"][path][method]["responses"].keys()


def test_other_forms_than_json_are_handed_on_as_they_came() -> None:
    assert of_several_forms(openapi_document()) == {"explain_decision", "explain_run", "get_results", "get_statement"}
    text = httpx.Response(200, text="claim S1", headers={"content-type": "text/markdown; charset=utf-8"})
    json = httpx.Response(200, json={"claim": "S1"})
    for operation in (explain_decision, explain_run):
        with Client(base_url="http://127.0.0.1", raise_on_unexpected_status=True) as client:
            told = operation._parse_response(client=client, response=text)
            assert told == b"claim S1"
            told = operation._parse_response(client=client, response=json)
            assert not isinstance(told, bytes | ProblemDetails)
            assert told.to_dict() == {"claim": "S1"}


def test_a_statement_is_text_or_bytes_as_it_came() -> None:
    forms = {
        "text/html; charset=utf-8": (b"<p>\xc2\xa310", "<p>£10"),
        "text/markdown; charset=utf-8": (b"\xc2\xa310", "£10"),
        "application/pdf": (PDF, PDF),
        "": (PDF, PDF),
    }
    with Client(base_url="http://127.0.0.1", raise_on_unexpected_status=True) as client:
        for kind, (sent, told) in forms.items():
            answer = httpx.Response(200, content=sent, headers={"content-type": kind} if kind else {})
            assert get_statement._parse_response(client=client, response=answer) == told
            assert get_statement._build_response(client=client, response=answer).parsed == told


def test_what_a_problem_tells_beyond_its_words_has_its_types() -> None:
    told = ProblemDetails.from_dict(
        {"type": "t", "title": "t", "status": 409, "detail": "d"}
        | {"after": 7, "state": "sent", "possible": [{"move": "withdraw", "by": "commissioner"}]}
    )
    assert (told.after, told.state, told.additional_properties) == (7, "sent", {})
    assert [move.to_dict() for move in told.possible or ()] == [{"move": "withdraw", "by": "commissioner"}]


def known(found: object, kind: type[T]) -> T:
    """What was answered, where it is what it should be."""
    assert isinstance(found, kind), found
    return found


@contextmanager
def signed_in(service: Service, org: str, *roles: str) -> Iterator[list[AuthenticatedClient]]:
    """Clients of a running service, one for each role."""
    with served(service) as url, ExitStack() as opened:
        yield [opened.enter_context(AuthenticatedClient(url, token=key_for(service, role, org))) for role in roles]


def test_a_ruleset_from_text_to_in_force(service: Service, org: str) -> None:
    with signed_in(service, org, "author", "admin") as (author, approver):
        text = Texts("fees.requite", TextsTexts.from_dict({"fees.requite": "ruleset"}))
        assert known(check_ruleset.sync(client=author, body=text), Checked).diagnostics
        body = NewVersion(main="fees.requite", texts=NewVersionTexts.from_dict({"fees.requite": FEES}), note="first")
        made = known(publish_ruleset.sync(client=author, body=body), Published)
        assert (made.name, made.state, made.is_new) == ("fees", "draft", True)
        own = known(approve_version.sync(made.id, client=author), ProblemDetails)
        assert own.status == 403
        assert known(approve_version.sync(made.id, client=approver), Version).state == "approved"
        wanted = InForceWanted(version=made.id, starts=date(2018, 4, 1))
        assert known(put_in_force.sync("fees", client=approver, body=wanted), Said).starts == date(2018, 4, 1)
        assert known(get_in_force.sync("fees", client=author, on=date(2018, 4, 1)), Version).id == made.id


def test_claims_and_their_decision(service: Service, org: str) -> None:
    service.parts["live"] = start_live(service)
    with signed_in(service, org, "author", "admin", "analyst") as (author, approver, analyst):
        body = NewVersion(main="fees.requite", texts=NewVersionTexts.from_dict({"fees.requite": FEES}))
        made = known(publish_ruleset.sync(client=author, body=body), Published)
        known(approve_version.sync(made.id, client=approver), Version)
        known(put_in_force.sync("fees", client=approver, body=InForceWanted(version=made.id, starts=date(2018, 4, 1))), Said)
        rows = [{"id": "C1", "provider": "RAX", "billed": "150.00"}, {"id": "C2", "provider": "RAX", "billed": "dear"}]
        sent = ClaimsSent.from_dict({"ruleset": "fees", "rows": rows})
        first, again = (known(send_claims.sync(client=analyst, body=sent, idempotency_key="once"), Answer) for _ in range(2))
        assert first == again
        [decided] = first.decided
        assert [(end.check, end.status, end.overcharge) for end in decided.ends] == [("dear", "flagged", "50.00")]
        assert [(one.index, one.field, one.value) for one in first.rejected] == [(1, "billed", "dear")]
        shown = known(decision.sync(decided.id, client=analyst), DecisionKept)
        assert (shown.key, shown.number, shown.flagged) == ("C1", 1, True)


def test_what_goes_wrong_is_a_problem(service: Service, org: str) -> None:
    with signed_in(service, org, "analyst", "admin") as (analyst, admin):
        assert known(list_webhooks.sync(client=analyst), ProblemDetails).type_ == "urn:requite:problem:not-allowed"
        assert known(list_webhooks.sync(client=admin), WebhookList).items == []
        refused = register_webhook.sync_detailed(client=admin, body=WebhookWanted("http://10.0.0.1/", ["finding.new"]))
        assert refused.status_code == 422
        assert isinstance(refused.parsed, ProblemDetails)
        made = register_webhook.sync(client=admin, body=WebhookWanted("https://example.org/hook", ["finding.new"]))
        assert known(made, WebhookMade).secret
        assert len(known(list_webhooks.sync(client=admin), WebhookList).items) == 1
