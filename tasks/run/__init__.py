"""What one run carries with it: its context, its progress, and how its stages are timed."""
