"""Alert rules and the state machine, pure."""
