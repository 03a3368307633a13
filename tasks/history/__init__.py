"""History import: a desk's own past, from CSV, JSON and Parquet files, as a map in TOML says."""

from tasks.history.importer import FileImported, import_history
from tasks.history.mapping import FileMap, HistoryMap, load_map

__all__ = ["FileImported", "FileMap", "HistoryMap", "import_history", "load_map"]
