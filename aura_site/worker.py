"""What runs in a worker process beside its requests: begun before the first one, ended
after the last."""

import gc
from pathlib import Path

from django.conf import settings

from aura_site.database_away import give_up_when_silent
from aura_site.log_handler import lost_lines
from brains import attention, live, watcher
from brains.provider_watch import WATCH
from brains.watcher import SelectionPart
from gateway.application import Gateway
from gateway.kept.keeper import KEEPER
from gateway.keys import RING, KeyPart, trust
from gateway.limits.sharing import SHARING
from gateway.metrics.endpoint import METRICS, observe
from gateway.metrics.sources import register_sources
from gateway.notices.breakers import BreakerNotices
from gateway.records import rows as call_rows
from gateway.records.prices import BOOK
from gateway.records.recorder import RECORDER


def start(gateway: Gateway) -> None:
    """Load what this worker serves, and begin to watch, to record and to count."""
    give_up_when_silent()
    if settings.AURA_API_KEY:
        trust(settings.AURA_API_KEY)
    notices = BreakerNotices(gateway.upstream.breakers)
    parts: list[watcher.Part] = [SelectionPart(), KeyPart()]
    watcher.start(parts, settings.AURA_DATA_DIR, [notices.tell, _look_at_calls])
    SHARING.start()
    WATCH.start()
    rows = call_rows.start(settings.AURA_DATA_DIR)
    _register(gateway, rows)
    METRICS.start(settings.AURA_MODEL_ALIASES)
    # Metrics first: a slow database must not delay them.
    if settings.AURA_KEEP_PROMPTS:
        KEEPER.start()
    RECORDER.start([observe, rows.write], [rows.look, BOOK.look])
    _let_the_loaded_be()


def _look_at_calls() -> None:
    """See how calls went lately, for `/health`, which asks no database."""
    attention.look(live.current())


def share_metrics(folder: Path) -> None:
    """Add up metrics with the other workers that have this folder."""
    METRICS.share(folder)


def stop() -> None:
    """Put on record what is not yet, and end the threads; none is waited for long."""
    WATCH.stop()
    RECORDER.stop()
    if KEEPER.is_on:
        KEEPER.stop()
    if rows := call_rows.running():
        rows.close()
    SHARING.stop()
    METRICS.stop()
    if running := watcher.running():
        running.stop()


def _let_the_loaded_be() -> None:
    """Keep what was loaded out of later collections: to look through all of Django and find
    nothing stopped every stream for 60 ms."""
    gc.collect()
    gc.freeze()


def _register(gateway: Gateway, rows: call_rows.CallRows) -> None:
    register_sources(METRICS, gateway.upstream.breakers)
    METRICS.register("aura_log_lines_lost_total", lost_lines)
    METRICS.register("aura_info", lambda: {(settings.AURA_VERSION,): 1})
    METRICS.register("aura_keys", lambda: RING.count)
    METRICS.register("aura_spool_records", lambda: rows.spooled)
    METRICS.register(
        "aura_records_dropped_total", lambda: RECORDER.dropped + rows.dropped
    )
