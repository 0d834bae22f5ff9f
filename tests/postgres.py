"""A throw-away PostgreSQL cluster for tests, which can be killed and suspended for real.

`python -m tests.postgres -- command...` runs a command with DATABASE_URL set to one.
"""

import contextlib
import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import psutil
import psycopg
from psycopg import sql

from tests import commands, postgres_binaries
from tests.made_once import made_once
from tests.ports import free_port
from tests.server import AuraServer
from tests.waiting import wait_until

# What was committed survives kill() and is lost only when the machine itself goes down;
# synchronous_commit stays on, since without it a killed server forgets its last commits.
NO_FSYNC = {"fsync": "off", "full_page_writes": "off"}
MIGRATED, BEGUN = "migrated", "begun"


class PostgresServer:
    """One cluster in a temporary folder, on a port of its own on 127.0.0.1.

    stop(), kill() and suspend() keep data and port for the next start(); close() removes
    all of it. `settings` are lines of postgresql.conf, e.g. `max_connections="5"`; with
    `ready`, databases can be copied that Aura has migrated, see `migrated` and `begun`.
    """

    def __init__(
        self,
        *,
        durable: bool = False,
        ready: bool = False,
        binaries: Path | None = None,
        **settings: str,
    ) -> None:
        self.port = free_port()
        self._make = _ready_data if ready else _empty_data
        self._settings = ({} if durable else NO_FSYNC) | settings
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None
        self._found = binaries
        """None: those that `postgres_binaries` finds."""
        self._binaries = Path()

    @property
    def url(self) -> str:
        """The URL of the database `aura`."""
        return self._url("aura")

    def _url(self, name: str) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/{name}"

    def start(self, timeout_s: float = 20.0) -> None:
        """Start to answer, on what was there before.

        A start right after a kill can fail while the old processes still fall, so it is
        tried again until `timeout_s` is over.
        """
        if self._family():
            return
        is_new = self._folder is None
        if is_new:
            self._make_cluster()
        deadline = time.monotonic() + timeout_s
        while not self._try_start(deadline):
            if time.monotonic() > deadline:
                raise TimeoutError(f"PostgreSQL did not start:\n{self.log()}")
            time.sleep(0.2)
        if is_new and self._make is _empty_data:  # the other has it
            self.create_database("aura")

    def stop(self) -> None:
        """Shut down cleanly, cutting connections; by force when that takes over 15 s."""
        if self._process is None:
            return
        self.resume()
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def kill(self) -> None:
        """SIGKILL the server and each of its processes, as a power cut would."""
        if self._process is None:
            return
        self.suspend()
        family = self._family()
        for process in family:
            _send(process, signal.SIGKILL)
        self._process.wait(timeout=10)
        wait_until(lambda: not any(map(_runs, family)), "PostgreSQL to fall", 10)
        self._process = None

    def suspend(self) -> None:
        """SIGSTOP every process: connections hang, and none is refused."""
        # First the server, which starts the others; then there are no more of them.
        for process in self._family()[:1] + self._family():
            _send(process, signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT what suspend() stopped."""
        for process in reversed(self._family()):
            _send(process, signal.SIGCONT)

    def create_database(self, name: str, like: str = "template1") -> str:
        """Create an empty database, or a copy, and return its URL."""
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        with self._connect() as connection:
            connection.execute(
                create.format(sql.Identifier(name), sql.Identifier(like))
            )
        return self._url(name)

    def migrated(self, name: str) -> str:
        """Create a database with our tables and return its URL."""
        return self.create_database(name, like=MIGRATED)

    def begun(self, name: str) -> str:
        """Create a database as the first start leaves it and return its URL: an AuraServer
        that `is_set_up` may start on it."""
        return self.create_database(name, like=BEGUN)

    def log(self) -> str:
        """Return what the server wrote so far."""
        log = self._folder / "log" if self._folder else None
        return log.read_text(errors="replace") if log and log.exists() else ""

    def close(self) -> None:
        """Stop, and remove the cluster."""
        self.stop()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _make_cluster(self) -> None:
        # The path of a socket may have 104 bytes, and macOS's own TMPDIR uses up half.
        parent = "/tmp" if os.path.isdir("/tmp") else None
        self._folder = Path(tempfile.mkdtemp(prefix="aura-pg-", dir=parent))
        self._binaries = _own(self._folder, self._found)
        if self._found:
            _initdb_by(self._binaries, self._folder)
        else:
            shutil.copytree(self._make() / "data", self._folder / "data")
        _give(self._folder / "data")

    def _try_start(self, deadline: float) -> bool:
        """Start the server and wait for its first answer; False when it gave up."""
        settings = self._settings | {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self._folder),
        }
        command = [str(self._binaries / "postgres"), "-D", "data"]
        command += [f"--{name}={value}" for name, value in settings.items()]
        assert self._folder is not None
        with (self._folder / "log").open("ab") as log:
            process: subprocess.Popen[bytes] = subprocess.Popen(
                command,
                **_as_whom(self._folder),
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us: we shut it down in order
            )
        self._process = process
        while process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(psycopg.OperationalError), self._connect():
                return True
            time.sleep(0.02)
        self.kill()
        return False

    def _connect(self) -> "psycopg.Connection[Any]":
        return psycopg.connect(
            self._url("postgres"), autocommit=True, connect_timeout=2
        )

    def _family(self) -> list[psutil.Process]:
        """Return the server's process and its children, [] when there is none.

        Each child has a session of its own: no signal to a group reaches them all.
        """
        if self._process is None or self._process.poll() is not None:
            return []
        server = psutil.Process(self._process.pid)
        return [server, *server.children(recursive=True)]


def _empty_data() -> Path:
    """Return a folder with the data of a new cluster."""
    return made_once(f"postgres-{_which()}", _initdb)


def _initdb(folder: Path) -> None:
    _initdb_by(_own(folder), folder)


def _initdb_by(programs: Path, folder: Path) -> None:
    arguments = ["--auth=trust", "--username=postgres", "--no-sync"]
    arguments += ["--encoding=UTF8", "--locale=C", "--pgdata=data"]
    made = subprocess.run(
        [programs / "initdb", *arguments],
        **_as_whom(folder),
        capture_output=True,
        text=True,
        timeout=60,
    )
    if made.returncode:
        raise RuntimeError(f"initdb failed:\n{made.stdout}{made.stderr}")


def _ready_data() -> Path:
    """Return one with the data of a cluster that has the databases to copy from."""
    return made_once(f"ready-{_which()}", _make_ready)


def _which() -> str:
    """Tell one PostgreSQL of this machine from another: they share no data."""
    return hashlib.sha256(bytes(postgres_binaries.find())).hexdigest()[:8]


def _make_ready(folder: Path) -> None:
    with PostgresServer() as server:
        for name, like, command in (
            (MIGRATED, "template1", ("migrate", "--verbosity=0")),
            (BEGUN, MIGRATED, ("first_run",)),
        ):
            aura = AuraServer({"DATABASE_URL": server.create_database(name, like)})
            try:
                aura.manage(*command)
            finally:
                aura.close()
        server.stop()
        assert server._folder is not None
        (server._folder / "data").rename(folder / "data")


def _own(folder: Path, binaries: Path | None = None) -> Path:
    """Give `folder` to the user who runs PostgreSQL and return where its programs are."""
    _give(folder)
    programs = binaries or postgres_binaries.find()
    if os.getuid() == 0:
        programs = postgres_binaries.within_reach(programs, folder)
    return programs


def _give(folder: Path) -> None:
    """Give all of `folder` to the user who runs PostgreSQL."""
    if os.getuid() == 0:
        user = _unprivileged()
        for path in (folder, *folder.rglob("*")):
            os.chown(path, user.pw_uid, user.pw_gid)


def _as_whom(folder: Path | None) -> dict[str, Any]:
    """Return Popen's arguments that make root step down: PostgreSQL refuses it."""
    where: dict[str, Any] = {"cwd": folder, "stdin": subprocess.DEVNULL}
    if os.getuid() == 0:
        user = _unprivileged()
        where |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    return where


def _send(process: psutil.Process, number: signal.Signals) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(number)


def _runs(process: psutil.Process) -> bool:
    """Say whether a process is more than an orphan's remains that wait for init."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def _unprivileged() -> pwd.struct_passwd:
    for name in ("postgres", "_postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise RuntimeError("PostgreSQL refuses root, and there is no user `nobody` either.")


def main(command: Sequence[str]) -> int:
    """Run `command` with DATABASE_URL set to a new server, and return its exit code."""
    with PostgresServer() as server:
        return commands.run(command, os.environ | {"DATABASE_URL": server.url})


if __name__ == "__main__":
    if sys.argv[1:2] != ["--"] or not sys.argv[2:]:
        sys.exit("Usage: python -m tests.postgres -- command [arguments]")
    sys.exit(main(sys.argv[2:]))
