"""Every row of docs/faults.md, in its order. Their words stand in the five modules that
are named here."""

from collections.abc import Mapping

from tests.faults.client_rows import CLIENTS
from tests.faults.input_rows import INPUT
from tests.faults.row import Row, Section
from tests.faults.state_rows import STATE
from tests.faults.upstream_rows import UPSTREAM
from tests.faults.web_rows import WEB

SECTIONS: tuple[Section, ...] = (UPSTREAM, CLIENTS, STATE, INPUT, WEB)
ROWS: Mapping[str, Row] = {row.id: row for part in SECTIONS for row in part.rows}
