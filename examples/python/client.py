"""A walk through Roster as a product's backend makes it: a team, an invitation, a new member, a refusal.

Copy connect, acting_for and explain; the walk itself is yours to replace.
"""

import argparse
import ipaddress
import os
import pathlib
import sys
import typing
import uuid

import grpc
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from grpc_status import rpc_status

from roster.v1 import invitation_pb2, team_service_pb2
from roster.v1 import invitation_service_pb2 as invitation_service
from roster.v1.invitation_service_pb2_grpc import InvitationServiceStub
from roster.v1.team_service_pb2_grpc import TeamServiceStub

# The retries and time-outs that clients of every language share.
SERVICE_CONFIG = pathlib.Path(__file__).parent.parent / "service_config.json"
# What a call may take in seconds, retries included. A batch deserves 30.
DEADLINE = 5


class Person(typing.NamedTuple):
    """A person in whose name the backend calls."""

    user_id: str
    email: str


ADA = Person("ada", "ada@example.org")
BOB = Person("bob", "bob@example.org")


class SetupError(Exception):
    """What the environment lacks for a call."""


def walk(channel):
    teams, invitations = TeamServiceStub(channel), InvitationServiceStub(channel)
    as_ada, as_bob = acting_for(ADA), acting_for(BOB)

    # A retry sends the same message again, and so the same request_id: what it asks for happens once. Keep the id
    # beside the task if you may have to repeat the call after a crash or a DEADLINE_EXCEEDED.
    request = team_service_pb2.CreateTeamRequest(
        policy="workspace", display_name="Analytical Engines", request_id=new_request_id()
    )
    team = teams.CreateTeam(request, timeout=DEADLINE, metadata=as_ada).team
    print(f"created {team.team_id} under the policy {team.policy}")

    # The answer holds the secret, for you to pass on; with SendEmail the service mails it. It belongs in no log.
    request = invitation_service.CreateInvitationRequest(
        team_id=team.team_id,
        email=BOB.email,
        role="user",
        delivery=invitation_pb2.DeliveryChoice(return_token=invitation_pb2.ReturnToken()),
        request_id=new_request_id(),
    )
    invited = invitations.CreateInvitation(request, timeout=DEADLINE, metadata=as_ada)
    print(f"invited {invited.invitation.email} as {invited.invitation.role}")

    request = invitation_service.AcceptInvitationRequest(token=invited.token, request_id=new_request_id())
    accepted = invitations.AcceptInvitation(request, timeout=DEADLINE, metadata=as_bob)
    print(f"joined: {accepted.member.user_id}")

    # Pages of one to show how it goes; take 50, the default, or up to 200.
    request = team_service_pb2.ListMembersRequest(team_id=team.team_id, page_size=1)
    page = 1
    while page == 1 or request.page_token:
        listed = teams.ListMembers(request, timeout=DEADLINE, metadata=as_ada)
        for member in listed.members:
            print(f"page {page}: {member.user_id}, {member.role}")
        request.page_token = listed.next_page_token
        page += 1

    # Refused on purpose: an address that is none, no role, no delivery. All that is wrong is told at once.
    request = invitation_service.CreateInvitationRequest(
        team_id=team.team_id, email="nobody", request_id=new_request_id()
    )
    try:
        invitations.CreateInvitation(request, timeout=DEADLINE, metadata=as_ada)
    except grpc.RpcError as refusal:
        print(f"refused: {explain(refusal)}")
    else:
        raise SetupError("an invitation to nobody was made")


def connect(address):
    """Connects once for the whole process: a channel carries many calls, and connects anew when it breaks."""
    options = [("grpc.service_config", SERVICE_CONFIG.read_text())]
    if ca := os.environ.get("ROSTER_CA"):
        try:
            credentials = grpc.ssl_channel_credentials(pathlib.Path(ca).read_bytes())
        except OSError as error:
            raise SetupError(f"ROSTER_CA: {error}") from error
        return grpc.secure_channel(address, credentials, options)
    if os.environ.get("ROSTER_TOKEN") and not is_loopback(address):
        raise SetupError("a token does not travel in plaintext: set ROSTER_CA to the service's authority")
    return grpc.insecure_channel(address, options)


def acting_for(person):
    """What every call in the name of that person carries.

    With ROSTER_TOKEN the service shows its own token and the person's; otherwise it says who the person is, which only
    dev mode believes.
    """
    token = os.environ.get("ROSTER_TOKEN")
    if not token:
        return [
            ("x-actor-user-id", person.user_id),
            ("x-actor-email", person.email),
            ("x-actor-email-verified", "true"),
        ]
    name = f"ROSTER_ACTOR_TOKEN_{person.user_id.upper()}"
    actor = os.environ.get(name)
    if not actor:
        raise SetupError(f"{name} is not set: with ROSTER_TOKEN each person needs a token")
    return [("authorization", f"Bearer {token}"), ("x-actor-token", actor)]


def explain(error):
    """What went wrong. A program decides by the code and the reason; texts are for people, and may change."""
    name, lines = error.code().name, ""
    # None where it was not the service that answered.
    status = rpc_status.from_call(error)
    for detail in status.details if status else []:
        info, bad = ErrorInfo(), BadRequest()
        if detail.Unpack(info):
            name += f" {info.reason}"
        elif detail.Unpack(bad):
            lines = "".join(f"\n  {field.field}: {field.description}" for field in bad.field_violations)
    return f"{name}: {error.details()}{lines}"


def new_request_id():
    return str(uuid.uuid4())


def is_loopback(address):
    host = address.rpartition(":")[0].strip("[]")
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def main():
    parser = argparse.ArgumentParser(description="A walk through Roster as a product's backend makes it.")
    default = os.environ.get("ROSTER_ADDRESS") or "127.0.0.1:50051"
    parser.add_argument("address", nargs="?", default=default, help="HOST:PORT of the service")
    try:
        with connect(parser.parse_args().address) as channel:
            walk(channel)
    except grpc.RpcError as error:
        sys.exit(f"error: {explain(error)}")
    except SetupError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
