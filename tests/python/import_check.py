"""Compares a team with the file that it was imported from: person by person, and repository by repository.

It reads the file by itself and asks the service by its reflection; it shares no code with the import. What a person
may do on a repository is worked out twice: from the file, and from what the service lists and says of its policy.
Usage: import_check.py ADDRESS FILE TEAM_ID ACTOR
"""

import sys

import grpc
import yaml
from google.protobuf import descriptor_pool, message_factory
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

# The file's own roles on repositories, the lowest first, and what its lists of people stand for.
RANKS = ["read", "triage", "write", "maintain", "admin"]
EVERYONE, ADMINS = "read", "admin"


class Roster:
    """The service as its reflection describes it."""

    def __init__(self, channel, actor):
        self.channel = channel
        self.actor = actor
        self.pool = descriptor_pool.DescriptorPool(ProtoReflectionDescriptorDatabase(channel))
        self.reach = self.pool.FindEnumTypeByName("roster.v1.ReachType").values_by_name

    def call(self, method, **fields):
        """Calls a method of TeamService; the fields are those of the request."""
        descriptor = self.pool.FindServiceByName("roster.v1.TeamService").FindMethodByName(method)
        request_class = message_factory.GetMessageClass(descriptor.input_type)
        response_class = message_factory.GetMessageClass(descriptor.output_type)
        stub = self.channel.unary_unary(
            f"/roster.v1.TeamService/{method}",
            request_serializer=request_class.SerializeToString,
            response_deserializer=response_class.FromString,
        )
        return stub(request_class(**fields), metadata=[("x-actor-user-id", self.actor)], timeout=30)

    def members(self, team_id, **chosen):
        """Reads all members that the filter names, page by page."""
        token = ""
        while True:
            page = self.call("ListMembers", team_id=team_id, page_size=200, page_token=token, filter=chosen)
            yield from page.members
            token = page.next_page_token
            if not token:
                return


def team_people(team):
    """Everybody in a team or in one below it: what the team is given, they are given."""
    people = {login.lower() for key in ("members", "maintainers") for login in team.get(key) or []}
    for child in (team.get("teams") or {}).values():
        people |= team_people(child)
    return people


def all_teams(teams):
    """Each team, however deep it is."""
    for team in (teams or {}).values():
        yield team
        yield from all_teams(team.get("teams"))


def highest(roles):
    """The highest of some roles."""
    return max(roles, key=RANKS.index)


def recorded_grants(organization):
    """What the file gives: to each person of a team a role on each of its repositories, the highest of all teams."""
    given = {}
    for team in all_teams(organization.get("teams")):
        for person in team_people(team):
            has = given.setdefault(person, {})
            for repo, role in (team.get("repos") or {}).items():
                has[repo] = highest([role, has.get(repo, role)])
    return given


def base(roster, kind, role):
    """What holders of a role of the team have on every repository, and whether grants can raise it."""
    reach = next(reach for reach in kind.reach if reach.team_role == role)
    expected = [roster.reach[f"REACH_TYPE_{name}"].number for name in ("ALL", "BASE")]
    assert reach.type in expected, f"an unexpected reach of {role}"
    return reach.kind_role, reach.type == expected[1]


def main(address, path, team_id, actor):
    """Runs the whole of it; fails with the first thing that is not so."""
    with open(path, encoding="utf-8") as file:
        organization = yaml.safe_load(file)
    admins, plain = organization["admins"], organization.get("members") or []
    recorded = recorded_grants(organization)
    repos = sorted({repo for team in all_teams(organization.get("teams")) for repo in team.get("repos") or {}})

    with grpc.insecure_channel(address) as channel:
        roster = Roster(channel, actor)
        team = roster.call("GetTeam", team_id=team_id).team
        policy = roster.call("GetPolicy", name=team.policy).policy
        (kind,) = policy.kinds
        owner, member_role = policy.roles[0].name, policy.roles[-1].name
        bases = {role.name: base(roster, kind, role.name) for role in policy.roles}
        names = [role.name for role in kind.roles]
        listed = {member.user_id: member for member in roster.members(team_id)}

        assert len(listed) == team.member_count == len(admins) + len(plain), f"{len(listed)} are listed"
        for person, role in [*((p, owner) for p in admins), *((p, member_role) for p in plain)]:
            member = listed[person]
            assert member.role == role, f"{person} is {member.role} and not {role}"
            has = {grant.resource_id: grant.role for grant in member.grants}
            assert len(has) == len(member.grants), f"{person} has two grants of one repository"
            wanted = recorded.get(person.lower(), {})
            assert has == wanted, f"{person} has {has} and not {wanted}"
            lowest, grants_count = bases[member.role]
            for repo in repos:
                expected = ADMINS if role == owner else highest([EVERYONE, wanted.get(repo, EVERYONE)])
                granted = has.get(repo, lowest) if grants_count else lowest
                found = min(lowest, granted, key=names.index)
                assert found == expected, f"{person} has {found} on {repo} and not {expected}"

        for repo in repos:
            found = {
                member.user_id.lower()
                for member in roster.members(team_id, resource_kind="repository", resource_id=repo)
            }
            wanted = {person for person, roles in recorded.items() if repo in roles}
            assert found == wanted, f"{repo} is granted to {found ^ wanted} on one side only"

    roles = sum(len(roles) for roles in recorded.values())
    print(f"{len(admins)} owners and {len(plain)} members with {roles} roles on {len(repos)} repositories")


if __name__ == "__main__":
    main(*sys.argv[1:])
