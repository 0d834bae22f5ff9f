#!/usr/bin/env python
"""Django's command line for Aura."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aura_site.settings")
    try:
        from aura_site.command_database import execute
    except ImportError as error:
        raise ImportError(
            "Django is not installed here. Use 'make run', or run this file with "
            ".venv/bin/python."
        ) from error
    execute(sys.argv)


if __name__ == "__main__":
    main()
