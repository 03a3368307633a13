"""The command line. Files `*_commands.py` define commands and import nothing heavy; the others do the work."""
