"""Programs for developers of the project: they write pages of docs/ from what the code computes."""
