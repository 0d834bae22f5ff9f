"""Tests of the whole product, and the servers that tests stand on.

`upstream` is a model server, `postgres` a database, `server` Aura itself; `run` is what
`make test` runs. Tests of one room lie beside that room.
"""
