"""What Aura must survive: the rows of docs/faults.md, the plugin that gathers what their
tests measured, and those proofs that belong to no single room."""
