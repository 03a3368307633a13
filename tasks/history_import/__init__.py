"""History import: a desk's own history files (CSV, JSON, Parquet), described by a map in TOML."""

from tasks.history_import.importer import FileImported, find_files, import_file
from tasks.history_import.mapping import FileMap, HistoryMap, load_map

__all__ = ["FileImported", "FileMap", "HistoryMap", "find_files", "import_file", "load_map"]
