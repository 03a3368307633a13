"""History import: a desk's own past, from CSV, JSON and Parquet files, as a map in TOML says."""

from tasks.history_import.importer import FileImported, find_files, import_file
from tasks.history_import.mapping import FileMap, HistoryMap, load_map

__all__ = ["FileImported", "FileMap", "HistoryMap", "find_files", "import_file", "load_map"]
