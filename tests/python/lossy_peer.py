"""A wire between clients and the service that loses the first answer to every request.

Each request goes on to the service, so that what it asks for happens; then its client is told UNAVAILABLE, with a
pushback. The very same bytes sent again get the service's answer, unless they come before the pushback is over.
The first line on standard output is `ready ADDRESS`; each attempt that follows is a line, `lost METHOD`, `early METHOD`
or `answered METHOD`.
Usage: lossy_peer.py SERVICE [--listen ADDRESS] [--pushback MILLISECONDS]
A negative pushback tells clients not to try again, and then nothing is ever answered.
"""

import argparse
import concurrent.futures
import threading
import time

import grpc

DETAILS = "grpc-status-details-bin"
PUSHBACK = "grpc-retry-pushback-ms"


class Wire(grpc.GenericRpcHandler):
    """Carries unary calls of any method as the bytes that they are."""

    def __init__(self, service, pushback):
        self.channel = grpc.insecure_channel(service)
        self.pushback = pushback
        # When each request may come again, by its method and bytes.
        self.due = {}
        self.lock = threading.Lock()

    def service(self, details):
        def carry(request, context):
            return self.carry(details.method, request, context)

        return grpc.unary_unary_rpc_method_handler(carry)

    def carry(self, method, request, context):
        # What gRPC and HTTP/2 themselves add is not ours to pass on.
        metadata = [(k, v) for k, v in context.invocation_metadata() if not k.startswith(("grpc-", "user-agent"))]
        with self.lock:
            due = self.due.get((method, request))
        if due is not None and (self.pushback < 0 or time.monotonic() < due):
            say("early", method)
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, "sent again before the pushback was over")
        try:
            answer = self.channel.unary_unary(method)(request, metadata=metadata, timeout=context.time_remaining())
        except grpc.RpcError as error:
            if due is not None:
                say("answered", method)
                context.set_trailing_metadata([pair for pair in error.trailing_metadata() if pair[0] == DETAILS])
                context.abort(error.code(), error.details())
        else:
            if due is not None:
                say("answered", method)
                return answer
        with self.lock:
            self.due[method, request] = time.monotonic() + self.pushback / 1000
        say("lost", method)
        context.set_trailing_metadata([(PUSHBACK, str(self.pushback))])
        context.abort(grpc.StatusCode.UNAVAILABLE, "the answer was lost")


def say(what, method):
    print(what, method.rpartition("/")[2], flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("service")
    parser.add_argument("--listen", default="127.0.0.1:0")
    parser.add_argument("--pushback", type=int, default=300)
    options = parser.parse_args()
    server = grpc.server(
        concurrent.futures.ThreadPoolExecutor(8), handlers=[Wire(options.service, options.pushback)]
    )
    port = server.add_insecure_port(options.listen)
    server.start()
    print(f"ready 127.0.0.1:{port}", flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    main()
