"""Shared fixtures live in tests/fixtures: one module per outside thing."""

pytest_plugins = ["tests.fixtures.postgres", "tests.fixtures.sandbox", "tests.fixtures.flows"]
