"""Every row of docs/faults.md, in its order. Their words stand in the three modules that
are named here."""

from collections.abc import Mapping

from tests.faults.client_rows import CLIENTS
from tests.faults.row import Row, Section
from tests.faults.state_rows import STATE
from tests.faults.upstream_rows import UPSTREAM

SECTIONS: tuple[Section, ...] = (UPSTREAM, CLIENTS, STATE)
ROWS: Mapping[str, Row] = {row.id: row for part in SECTIONS for row in part.rows}
