"""Transforms of silver frames into the panel: curves, vintages, features, inputs of the agents' models."""
