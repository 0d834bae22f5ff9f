"""A connection is opened in time or not at all: whatever names, addresses and certificates
do."""

import asyncio
import shutil
import socket
import ssl
import subprocess
import time

import pytest

from providers import dialing
from providers.connection import Connection
from providers.deadlines import Deadlines
from providers.errors import ProviderTimeout, ProviderUnreachable
from providers.registry import Route
from providers.shipped import named
from providers.tests.calling import CALLS, CHAT, KEY, body_of, do, to
from tests.upstream.hostile import HostileServer, answers, streams

NAME = "models.test"
SHORT = Deadlines(5, 5, 5, connect_s=0.1)


class Names:
    """A name service: what each name stands for, how long it takes, who asked."""

    def __init__(self):
        self.known, self.asked, self.takes_s = {}, [], 0.01

    async def look_up(self, host, port):
        self.asked.append(host)
        await asyncio.sleep(self.takes_s)
        if host not in self.known:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return self.known[host]


@pytest.fixture
def names(monkeypatch):
    names = Names()
    monkeypatch.setattr("providers.dialing.look_up", names.look_up)
    return names


@pytest.fixture
def server():
    with HostileServer(answers(CHAT)) as server:
        yield server


@pytest.fixture
def dead(server):
    """An address whose port, the one of the server, takes no connection and refuses none."""
    place = ("127.0.0.2", server.port)
    with socket.create_server(place, backlog=0):
        waiting = [socket.socket() for _ in range(4)]
        for sock in waiting:
            sock.setblocking(False)
            sock.connect_ex(place)
        yield place[0]
        for sock in waiting:
            sock.close()


def called(port, host=NAME):
    return Route(named("groq", f"http://{host}:{port}/v1", KEY), "a/one")


async def test_name_is_sent_as_the_host(client, names, server):
    names.known[NAME] = ["127.0.0.1"]
    await do("chat", client, called(server.port))
    assert f"\r\nHost: {NAME}:{server.port}\r\n".encode() in server.requests[0]


async def test_calls_at_once_share_one_look_up(client, names, server):
    names.known[NAME] = ["127.0.0.1"]
    await asyncio.gather(*(do("chat", client, called(server.port)) for _ in range(10)))
    assert server.connections == 10
    assert names.asked == [NAME]


async def test_caller_that_gives_up_does_not_take_the_look_up_from_others(
    client, names, server
):
    names.known[NAME], names.takes_s = ["127.0.0.1"], 0.1
    first = asyncio.create_task(do("chat", client, called(server.port)))
    await asyncio.sleep(0)
    second = asyncio.create_task(do("chat", client, called(server.port)))
    await asyncio.sleep(0.02)
    first.cancel()
    assert await second
    assert names.asked == [NAME]


async def test_name_that_moved_is_looked_up_again(client, names, server):
    names.known[NAME] = ["127.0.0.3"]
    with pytest.raises(ProviderUnreachable):
        await do("chat", client, called(server.port))
    names.known[NAME] = ["127.0.0.1"]
    assert await do("chat", client, called(server.port))


async def test_name_is_looked_up_again_after_a_while(
    client, names, server, monkeypatch
):
    monkeypatch.setattr("providers.dialing.LOOK_UP_EVERY_S", 0.0)
    names.known[NAME] = ["127.0.0.1"]
    await asyncio.gather(do("chat", client, called(server.port)))
    await client.close()
    await do("chat", client, called(server.port))
    assert len(names.asked) == 2


@CALLS
async def test_unknown_name_is_unreachable(client, names, call):
    with pytest.raises(ProviderUnreachable) as caught:
        await do(call, client, called(80))
    assert NAME not in str(caught.value)


@CALLS
async def test_name_service_that_does_not_answer_ends_in_time(client, names, call):
    names.takes_s = 5
    began = time.monotonic()
    with pytest.raises(ProviderTimeout):
        await do(call, client, called(80), SHORT)
    assert time.monotonic() - began < 0.5


async def test_refused_address_is_followed_by_the_next_at_once(client, names, server):
    names.known[NAME] = ["127.0.0.3", "::1", "127.0.0.1"]
    began = time.monotonic()
    assert await do("chat", client, called(server.port))
    assert time.monotonic() - began < 0.2
    assert client.open_connections == 1


async def test_dead_address_is_followed_by_the_next_soon(client, names, server, dead):
    names.known[NAME] = [dead, "127.0.0.1"]
    began = time.monotonic()
    assert await do("chat", client, called(server.port))
    assert 0.2 < time.monotonic() - began < 1
    assert client.open_connections == 1
    await asyncio.sleep(0.01)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_name_of_refused_addresses_is_unreachable(client, names, server):
    names.known[NAME] = ["127.0.0.3", "127.0.0.4"]
    with pytest.raises(ProviderUnreachable):
        await do("chat", client, called(server.port))


@CALLS
@pytest.mark.parametrize("others", [[], ["127.0.0.2"]])
async def test_dead_addresses_end_in_time(client, names, server, dead, call, others):
    names.known[NAME] = [dead, *others]
    began = time.monotonic()
    with pytest.raises(ProviderTimeout):
        await do(call, client, called(server.port), SHORT)
    assert 0.09 < time.monotonic() - began < 0.5
    assert client.open_connections == 0


async def test_loser_of_a_race_is_closed(monkeypatch):
    class Opened(Connection):
        is_closed = False

        def __init__(self):
            pass

        def abort(self):
            self.is_closed = True

    class AtOnce(dialing.Dialer):
        """All addresses answer at the same moment."""

        def __init__(self):
            super().__init__(NAME, 80, is_tls=False)
            self.now, self.opened = asyncio.Event(), []

        async def _open(self, address, make):
            await self.now.wait()
            self.opened.append(make())
            return self.opened[-1]

    async def two(host, port):
        return ["127.0.0.1", "127.0.0.2"]

    monkeypatch.setattr("providers.dialing.look_up", two)
    monkeypatch.setattr("providers.dialing.NEXT_ADDRESS_S", 0.01)
    dialer = AtOnce()
    asyncio.get_running_loop().call_later(0.05, dialer.now.set)
    won = await dialer.dial(Opened)
    await asyncio.sleep(0)
    assert [other.is_closed for other in dialer.opened] == [
        other is not won for other in dialer.opened
    ]
    assert len(dialer.opened) == 2


async def test_address_is_what_it_stands_for():
    assert await dialing.look_up("127.0.0.1", 80) == ["127.0.0.1"]


# TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A key and a certificate for 127.0.0.1 and localhost, which no system trusts."""
    if not shutil.which("openssl"):
        pytest.skip("needs openssl")
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
        ]
        + ["-nodes", "-days", "2", "-subj", "/CN=tests", "-keyout", key, "-out", cert]
        + ["-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"],
        check=True,
        capture_output=True,
    )
    return key, cert


@pytest.fixture
def tls(certificate):
    key, cert = certificate
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context


@pytest.fixture
def trusted(certificate, monkeypatch):
    """The certificate is in the system's store."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[1]))
    dialing.tls_context.cache_clear()
    yield
    dialing.tls_context.cache_clear()


@CALLS
async def test_call_goes_over_tls(client, tls, trusted, call):
    with HostileServer(answers(body_of(call)), tls=tls) as server:
        for _ in range(3):
            await do(call, client, to(server))
        assert server.connections == 1
        await client.close()
        await asyncio.to_thread(server.wait_until_closed)


async def test_stream_of_many_chunks_comes_over_tls(client, tls, trusted):
    chunk = b'data: {"choices": [{"delta": {"content": "%b"}}]}\n\n' % (b"a" * 5000)
    finish = b'data: {"choices": [{"finish_reason": "stop"}]}\n\n'
    with HostileServer(streams(*[chunk] * 300, finish), tls=tls) as server:
        assert len(await do("stream", client, to(server))) == 301


async def test_name_of_the_server_is_told_and_checked(client, names, tls, trusted):
    names.known = {"localhost": ["127.0.0.1"], NAME: ["127.0.0.1"]}
    asked = []
    tls.sni_callback = lambda _, name, __: asked.append(name)
    with HostileServer(answers(CHAT), tls=tls) as server:
        https = f"https://localhost:{server.port}/v1"
        assert await do("chat", client, Route(named("groq", https, KEY), "a"))
        https = f"https://{NAME}:{server.port}/v1"
        with pytest.raises(ProviderUnreachable, match="certificate"):
            await do("chat", client, Route(named("groq", https, KEY), "a"))
        assert asked == ["localhost", NAME]
        assert len(server.requests) == 1


@CALLS
async def test_certificate_that_the_system_does_not_trust_is_refused(client, tls, call):
    dialing.tls_context.cache_clear()
    with HostileServer(answers(body_of(call)), tls=tls) as server:
        with pytest.raises(ProviderUnreachable, match="certificate"):
            await do(call, client, to(server))
        assert server.requests == []


async def test_server_without_tls_is_unreachable_over_https(client):
    async def refuse(reader, writer):
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        route = Route(named("groq", f"https://127.0.0.1:{port}/v1", KEY), "a")
        with pytest.raises(ProviderUnreachable):
            await do("chat", client, route)


async def test_server_that_takes_no_part_in_tls_ends_in_time(client):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        https = f"https://127.0.0.1:{listener.getsockname()[1]}/v1"
        began = time.monotonic()
        with pytest.raises(ProviderTimeout):
            await do("chat", client, Route(named("groq", https, KEY), "a"), SHORT)
        assert time.monotonic() - began < 0.5
