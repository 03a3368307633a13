"""Programs for whoever works on the project: they write pages of docs/ from what the code computes."""
