"""Callers of several replicas that know nothing of a rollout: a real gRPC client with a service config.

Each of them creates a team, renames it and reads it without a pause, on one channel that balances over the replicas.
The first line on standard output is `ready`; SIGTERM ends the calls, and the last line is JSON: how many there were, how
many failed in each way, and whether each team was renamed as often as it should be.
Usage: rolling_client.py PROTO SERVICE_CONFIG ADDRESS...
Without retries if SERVICE_CONFIG is `none`.
"""

import collections
import json
import pathlib
import signal
import sys
import threading
import uuid

import grpc

CALLERS = 8
# Seconds: what a call may take, retries included.
DEADLINE = 5


class Caller(threading.Thread):
    def __init__(self, number, service, messages, ending):
        super().__init__()
        self.service, self.messages, self.ending = service, messages, ending
        self.metadata = [("x-actor-user-id", f"user-{number}")]
        self.begun = threading.Event()
        self.calls, self.renamed, self.revision = 0, 0, None
        self.failed = collections.Counter()

    def call(self, method, request):
        self.calls += 1
        try:
            return method(request, timeout=DEADLINE, metadata=self.metadata)
        except grpc.RpcError as error:
            self.failed[f"{error.code().name}: {error.details()}"] += 1
            return None

    def run(self):
        create = self.messages.CreateTeamRequest(
            policy="workspace", display_name="Team", request_id=str(uuid.uuid4())
        )
        created = self.call(self.service.CreateTeam, create)
        self.begun.set()
        if created is None:
            return
        team_id = created.team.team_id
        get = self.messages.GetTeamRequest(team_id=team_id)
        while not self.ending.is_set():
            rename = self.messages.UpdateTeamRequest(
                team_id=team_id, display_name=f"Team {self.calls}", request_id=str(uuid.uuid4())
            )
            self.renamed += self.call(self.service.UpdateTeam, rename) is not None
            self.call(self.service.GetTeam, get)
        last = self.call(self.service.GetTeam, get)
        self.revision = last.team.revision if last else None


def main():
    proto, config, *addresses = sys.argv[1:]
    sys.path.append(proto)
    messages, services = grpc.protos_and_services("roster/v1/team_service.proto")
    retries = config != "none"
    config = json.loads(pathlib.Path(config).read_text()) if retries else {}
    config["loadBalancingConfig"] = [{"round_robin": {}}]
    options = [
        ("grpc.service_config", json.dumps(config)),
        ("grpc.enable_retries", int(retries)),
        # Else it would be the list of addresses, which is no name.
        ("grpc.default_authority", "roster"),
    ]

    ending = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ending.set())
    with grpc.insecure_channel("ipv4:" + ",".join(addresses), options) as channel:
        service = services.TeamServiceStub(channel)
        callers = [Caller(number, service, messages, ending) for number in range(CALLERS)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.begun.wait()
        print("ready", flush=True)
        for caller in callers:
            caller.join()
    failed = sum((caller.failed for caller in callers), collections.Counter())
    told = {
        "calls": sum(caller.calls for caller in callers),
        "failed": failed,
        "renamed_once_each": all(caller.revision == 1 + caller.renamed for caller in callers),
    }
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
