"""Consumer groups of the classic protocol, as pure decisions over a state that replaying records rebuilds."""
