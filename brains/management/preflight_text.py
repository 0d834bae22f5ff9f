"""A check of models that passed, as text for a terminal: one line a layer. One that failed is
told by its error."""

from brains.preflight.findings import Finding
from brains.preflight.gate import Report


def table(report: Report) -> str:
    """Return a check that passed as aligned lines, and what to mind."""
    width = max(len(finding.model) for finding in report.findings) + 2
    lines = [
        f"{finding.layer.ljust(11)}{finding.model.ljust(width)}{_said(finding)}"
        for finding in report.findings
    ]
    return "\n".join([*lines, *report.warnings])


def _said(finding: Finding) -> str:
    if finding.p95_ms is not None:
        return f"answers, first chunk p95 {finding.p95_ms} ms"
    length = f", {finding.length} numbers" if finding.length else ""
    return f"answers in {finding.latency_ms} ms{length}"
