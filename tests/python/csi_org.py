"""Brings a real organization into Roster by one invite link, and reads it back.

It knows the service's address and the file, and nothing else: every message comes from the service's own reflection.
Usage: csi_org.py ADDRESS FILE
"""

import sys

import grpc
import yaml
from google.protobuf import descriptor_pool, message_factory
from google.rpc import error_details_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from grpc_status import rpc_status


class Roster:
    """The service as its reflection describes it."""

    def __init__(self, channel):
        self.channel = channel
        self.pool = descriptor_pool.DescriptorPool(ProtoReflectionDescriptorDatabase(channel))

    def call(self, service, method, actor, **fields):
        """Calls a method for that person; the fields are those of the request."""
        descriptor = self.pool.FindServiceByName(f"roster.v1.{service}").FindMethodByName(method)
        request_class = message_factory.GetMessageClass(descriptor.input_type)
        response_class = message_factory.GetMessageClass(descriptor.output_type)
        stub = self.channel.unary_unary(
            f"/roster.v1.{service}/{method}",
            request_serializer=request_class.SerializeToString,
            response_deserializer=response_class.FromString,
        )
        return stub(request_class(**fields), metadata=[("x-actor-user-id", actor)], timeout=30)

    def members(self, actor, team_id, page_size):
        """Reads the members page by page."""
        token = ""
        while True:
            page = self.call(
                "TeamService", "ListMembers", actor, team_id=team_id, page_size=page_size, page_token=token
            )
            assert 1 <= len(page.members) <= page_size, f"a page of {len(page.members)}"
            yield from page.members
            token = page.next_page_token
            if not token:
                return


def reason_of(error):
    """The reason in the details of a refusal, decoded without generated code of Roster."""
    for detail in rpc_status.from_call(error).details:
        info = error_details_pb2.ErrorInfo()
        if detail.Unpack(info):
            return info.reason
    return None


def main(address, path):
    """Runs the whole of it; fails with the first thing that is not so."""
    with open(path, encoding="utf-8") as file:
        organization = yaml.safe_load(file)
    admins, members = organization["admins"], organization["members"]
    founder, everyone = admins[0], admins + members

    with grpc.insecure_channel(address) as channel:
        roster = Roster(channel)
        team_id = roster.call(
            "TeamService", "CreateTeam", founder, policy="organization", display_name=organization["name"]
        ).team.team_id
        link = roster.call("InvitationService", "CreateInviteLink", founder, team_id=team_id)
        for person in everyone[1:]:
            joined = roster.call("InvitationService", "RedeemInviteLink", person, token=link.token)
            assert joined.member.role == "viewer", f"{person} joined as {joined.member.role}"
        for person in admins[1:]:
            roster.call(
                "TeamService", "ChangeMemberRole", founder, team_id=team_id, user_id=person, role="admin"
            )

        recorded = {person: "admin" if person in admins else "viewer" for person in everyone}
        for page_size in (10, 50):
            listed = [(member.user_id, member.role) for member in roster.members(members[0], team_id, page_size)]
            assert len(listed) == len(recorded), f"{len(listed)} members are listed"
            assert dict(listed) == recorded, "the list is not what the file records"

        try:
            roster.call("InvitationService", "CreateInviteLink", members[0], team_id=team_id)
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.PERMISSION_DENIED, error.code()
            assert reason_of(error) == "ERROR_REASON_ROLE_LACKS_PERMISSION", reason_of(error)
        else:
            raise AssertionError("a viewer has made an invite link")

    print(f"{len(admins)} admins and {len(members)} viewers, as the file records")


if __name__ == "__main__":
    main(*sys.argv[1:])
