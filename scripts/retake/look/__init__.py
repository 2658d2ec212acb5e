"""Statistics, tables, charts, the report and the browser."""
