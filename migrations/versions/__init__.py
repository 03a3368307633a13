"""The revisions of the schema, each with its SQL files; one that was released is never edited."""
