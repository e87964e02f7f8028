"""The server: sessions, dispatch, handlers/ (one file per API), wiring, life cycle."""
