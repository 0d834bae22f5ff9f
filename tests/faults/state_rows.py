"""Faults of the database, the disk, the workers and of people at the same time (D1 to D20),
as rows."""

from tests.faults.row import Row, Section

STATE = Section(
    "The database, the disk or a worker fails",
    "Done to a real PostgreSQL, to a real SQLite file, to a full disk, and to workers under "
    "gunicorn.",
    (
        Row(
            "D1",
            "PostgreSQL is killed under load and comes back",
            "No answer is lost; `/health` says degraded within 5 s and ok within 5 s of "
            "the return, without a restart",
        ),
        Row(
            "D2",
            "PostgreSQL is stopped (SIGSTOP): every query hangs",
            "`/v1` and `/health` answer as before; pages of the admin give 503",
        ),
        Row(
            "D3",
            "Others use up all connections of PostgreSQL",
            "As D1; one line in the log for 30 s, not one for each attempt",
        ),
        Row(
            "D4",
            "Presets are activated again and again under load, on four workers",
            "No failed request and no answer of two revisions; no worker goes back",
        ),
        Row(
            "D5",
            "20 processes activate at once, 50 times each",
            "No error; one order, revisions without gap or repeat; each is told what it "
            "replaced",
        ),
        Row(
            "D6",
            "Two people edit, or edit and activate, the same preset",
            "The second is told that it was changed, and when; nothing is overwritten",
        ),
        Row(
            "D7",
            "The live preset is deleted, or one that the history names",
            "The live one is refused; of the other the history keeps its snapshot",
        ),
        Row(
            "D8",
            "A preset is activated that fails its check before",
            "It does not become live, and the reason is shown; to force it needs a "
            "permission and a reason, which the history keeps",
        ),
        Row(
            "D9",
            "A process is killed after its commit, before it told anybody",
            "All workers see the change at their next look, within 2 s",
        ),
        Row(
            "D10",
            "Another process keeps SQLite locked for 10 s",
            "Reading goes on. A change waits up to 15 s for its turn; after that the "
            "admin says that the database is busy and nothing was changed: 503, no crash",
        ),
        Row(
            "D11",
            "The disk is full",
            "Requests are answered and the status page is shown. A change is refused with "
            "a sentence, as are the admin's pages when SQLite cannot even open its file. "
            "The last good copy stays whole; freed space is used without a restart",
        ),
        Row(
            "D12",
            "The database's file is deleted, is none, or has no tables",
            "What was loaded last goes on serving; `/health` and the status page say why",
        ),
        Row(
            "D13",
            "The copy on disk is cut at any byte, changed, of another user or version",
            "Ignored with a line in the log; never a crash, never half of it",
        ),
        Row(
            "D14",
            "The clock jumps by a day, either way",
            "Deadlines, breakers, retry budgets and the watch go on as if nothing had "
            "happened; the history is in the order of its revisions",
        ),
        Row(
            "D15",
            "A worker, or the master, is killed during 16 streams",
            "Only the streams of that worker break; it is replaced within 2 s. The master "
            "is started again by compose; the database is consistent",
        ),
        Row(
            "D16",
            "HUP every 2 s under load, again and again",
            "No request and no stream is lost",
        ),
        Row(
            "D17",
            "Tables are migrated forward and back with data in them, while the code of "
            "the release before runs",
            "Data stay; the earlier code reads and writes the newer tables; workers serve "
            "meanwhile",
        ),
        Row(
            "D18",
            "A background worker is killed in a job, a job comes twice, a job always fails",
            "It runs again within 60 s; its result is stored once; after three tries it is "
            "set aside with its reason in the admin",
        ),
        Row(
            "D19",
            "100 streams are open",
            "They use no database connection. Each worker has two at most, whatever is "
            "open: one looks for changes, one puts calls on record",
        ),
        Row(
            "D20",
            "gunicorn forks after it has loaded the application (preload)",
            "Each worker watches the database by itself",
        ),
    ),
)
