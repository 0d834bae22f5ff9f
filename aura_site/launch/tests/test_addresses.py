"""Ports that are taken or free, and waiting for an address to answer."""

import socket
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from aura_site.launch.addresses import (
    answers,
    free_ports,
    port_problem,
    url_of,
    wait_until_answers,
)


class Healthy(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/health" else 404)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def healthy_url():
    with HTTPServer(("127.0.0.1", 0), Healthy) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_free_port_has_no_problem():
    [port] = free_ports(1)
    assert port_problem("127.0.0.1", port) == ""


def test_taken_port_is_named_with_a_mend():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        problem = port_problem("127.0.0.1", port)
    assert f"Port {port} on 127.0.0.1 is taken" in problem
    assert f"PORT={port + 1} make run" in problem


def test_address_of_another_machine_is_refused():
    assert "no address 192.0.2.1" in port_problem("192.0.2.1", 8080)


def test_host_that_is_no_name_is_refused():
    problem = port_problem("no such host", 8080)
    assert "'no such host'" in problem and "127.0.0.1" in problem


def test_free_ports_differ():
    assert len(set(free_ports(20))) == 20


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8080"),
        ("0.0.0.0", "http://127.0.0.1:8080"),
        ("::", "http://[::1]:8080"),
        ("::1", "http://[::1]:8080"),
        ("brain.local", "http://brain.local:8080"),
    ],
)
def test_url_is_one_that_a_browser_can_open(host, url):
    assert url_of(host, 8080) == url


def test_server_that_answers_is_found(healthy_url):
    assert wait_until_answers(f"{healthy_url}/health", lambda: False, within_s=2)


def test_other_status_is_no_answer(healthy_url):
    assert not answers(f"{healthy_url}/nothing")


def test_server_that_ended_is_not_waited_for():
    [port] = free_ports(1)
    began = time.monotonic()
    assert not wait_until_answers(f"http://127.0.0.1:{port}/health", lambda: True)
    assert time.monotonic() - began < 1


def test_waiting_ends_when_time_is_up():
    [port] = free_ports(1)
    url = f"http://127.0.0.1:{port}/health"
    assert not wait_until_answers(url, lambda: False, within_s=0.1)


def test_address_that_answers_in_no_http_is_no_answer():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def talk_nonsense():
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"nonsense\r\n\r\n")

        thread = Thread(target=talk_nonsense)
        thread.start()
        assert not answers(f"http://127.0.0.1:{port}/health")
        thread.join()
