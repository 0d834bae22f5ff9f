"""Aura as its users run it, under gunicorn on a free port, for slow tests."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Self

import psutil
import requests

from tests.isolation import plain
from tests.made_once import made_once
from tests.ports import free_port
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "tests-only-password"
KEY = "tests-only-key-of-more-than-32-characters"
# Where one of these is given, what a first start stores is another, or elsewhere.
STORED = {"DATABASE_URL", "AURA_ADMIN_PASSWORD", "AURA_API_KEY", "AURA_DATA_DIR"}


class AuraServer:
    """One Aura with a data folder of its own; it hears of no setting but those given.

    `environment` holds what a user would set, e.g. OPENROUTER_BASE_URL, DATABASE_URL.
    A .env can be written to `dotenv` before start(). stop() keeps the data for the next
    start(); close() removes it.
    """

    def __init__(
        self,
        environment: Mapping[str, str] | None = None,
        *,
        workers: int = 2,
        is_set_up: bool = False,
    ) -> None:
        self.port = free_port()
        self.workers = workers
        self.key = KEY
        self.password = PASSWORD
        self.data = Path(tempfile.mkdtemp(prefix="aura-data-"))
        self.dotenv = self.data / ".env"
        self.environment = plain(os.environ) | {
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "WEB_CONCURRENCY": str(workers),
            "AURA_DATA_DIR": str(self.data),
            "AURA_ENV_FILE": str(self.dotenv),
            "AURA_ADMIN_PASSWORD": PASSWORD,
            "AURA_API_KEY": KEY,
            "AURA_OFFLINE": "off",
            "AURA_PREFLIGHT": "off",  # no provider is asked by the way
            **(environment or {}),
        }
        self.is_set_up = is_set_up
        self._stores_as_usual = not STORED & set(environment or {})
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address with no slash at its end; OpenAI's clients want `url + "/v1"`."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, timeout_s: float = 20.0) -> None:
        """Migrate and make the first admin and key when new, then serve."""
        if not self.is_set_up:
            self._set_up()
        self._process = self._launch()
        try:
            wait_until(self._has_started, "Aura to answer", timeout_s, every_s=0.02)
        except BaseException as error:
            self.kill()
            error.add_note(self.log())
            raise

    def _set_up(self) -> None:
        if self._stores_as_usual:
            shutil.copytree(_first_data(), self.data, dirs_exist_ok=True)
        else:
            self._make_first_data()
        self.is_set_up = True

    def _make_first_data(self) -> None:
        self.manage("migrate", "--verbosity=0")
        self.manage("first_run")

    def _launch(self) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py"]
        with (self.data / "server.log").open("ab") as log:
            return subprocess.Popen(
                [*command, "aura_site.asgi:application"],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # so that kill() reaches all of it, and only it
            )

    def _has_started(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            raise RuntimeError("Aura ended while it was starting.")
        with contextlib.suppress(requests.ConnectionError, requests.Timeout):
            answer = requests.get(f"{self.url}/health/live", timeout=2)
            return answer.ok and len(self.worker_pids()) == self.workers
        return False

    def stop(self, timeout_s: float = 15.0) -> None:
        """Stop with TERM, as a user would; by force when that takes over `timeout_s`."""
        if self._process is not None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout_s)
            self.kill()  # an orphan, too, that an orderly end would leave

    def kill(self) -> None:
        """SIGKILL the master and all workers."""
        if self._process is not None:
            # macOS answers PermissionError for a group that is dead but not yet buried.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(timeout=10)
            self._process = None

    def close(self) -> None:
        """Stop, and remove the data."""
        self.stop()
        shutil.rmtree(self.data, ignore_errors=True)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def restart(self) -> None:
        """Stop and start again, on the same port and data."""
        self.stop()
        self.start()

    def reload(self) -> None:
        """Let the master replace its workers one after another (HUP)."""
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)

    def worker_pids(self) -> list[int]:
        """Return the process ids of the workers there are now."""
        if self._process is None:
            return []
        return [child.pid for child in psutil.Process(self._process.pid).children()]

    def log(self) -> str:
        """Return all that the server wrote, over all its starts."""
        log = self.data / "server.log"
        return log.read_text(errors="replace") if log.exists() else ""

    @contextlib.contextmanager
    def background_tasks(self, *options: str) -> Iterator[None]:
        """Run the background tasks beside it until the block ends, then kill them."""
        command = [sys.executable, "manage.py", "run_tasks", *options]
        with (self.data / "worker.log").open("ab") as log:
            process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=log, stderr=log
            )
        try:
            yield
        finally:
            process.kill()
            process.wait()

    def manage(self, *arguments: str, timeout_s: float = 60.0) -> str:
        """Run a management command with the server's settings and return its stdout."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout_s,
        )
        if done.returncode:
            command = " ".join(arguments)
            raise RuntimeError(
                f"manage.py {command} ended with {done.returncode}:\n"
                f"{done.stdout}{done.stderr}"
            )
        return done.stdout


def _first_data() -> Path:
    """Return a data folder as the first start leaves it: made once, since that takes longer
    than all the rest of a start."""
    return made_once("first-data", _make_first_data)


def _make_first_data(folder: Path) -> None:
    first = AuraServer()
    try:
        first._make_first_data()
        shutil.copytree(first.data, folder, dirs_exist_ok=True)
    finally:
        first.close()
