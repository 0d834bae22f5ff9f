"""Django's PostgreSQL, but a statement does not wait for ever for a server that is silent.
Django asks for the name of a package whose module `base` has a `DatabaseWrapper`."""
