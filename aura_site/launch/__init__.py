"""Starting Aura on one machine: `python -m aura_site.launch`, which `make run` calls once
the virtual environment is there. What is served is not known here."""
