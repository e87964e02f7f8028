"""Principals, authentication and authorisation; until the security issue everybody is `User:ANONYMOUS`."""
