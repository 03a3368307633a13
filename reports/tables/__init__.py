"""Tables of the report: page elements built from stored rows and from `reports.calculations`."""
