"""A model server on 127.0.0.1 for tests: OpenAI's shapes, steerable, recording.

`server` listens and records, `behaviour` says how a model can be told to answer, `replies`
writes answers to the wire, `bodies` are what stands in them. `hostile` is another server, for
bytes that no model server should send.
"""

from tests.upstream.behaviour import Behaviour
from tests.upstream.server import FakeUpstream, Request

__all__ = ["Behaviour", "FakeUpstream", "Request"]
