"""The provider sends us elsewhere: nobody goes there."""

import pytest

from tests.faults.calls import EITHER, ask, failure
from tests.faults.wire import answer, well
from tests.upstream.hostile import HostileServer, sends

ELSEWHERE = {
    "another port": "{target}/chat/completions",
    "another name": "http://localhost:{port}/",
    "no scheme": "//127.0.0.1:{port}/",
    "a path": "/elsewhere",
    "a file": "file:///etc/passwd",
    "metadata": "http://169.254.169.254/latest/meta-data/",
}


@EITHER
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("place", ELSEWHERE)
@pytest.mark.fault("U18")
async def test_redirect_is_a_502_and_its_target_hears_nothing(
    client, provider, body, status, place, measured
):
    with HostileServer(well) as target:
        where = ELSEWHERE[place].format(target=target.url, port=target.port)
        provider.script = sends(answer(b"", f"{status} Go", {"Location": where}))
        said, _ = await ask(client, body)
    assert failure(said) == (502, "upstream_invalid")
    assert where not in said.body.decode()
    assert (target.connections, provider.count) == (0, 1)
    measured("502, 1 request to the provider, 0 to the target")
