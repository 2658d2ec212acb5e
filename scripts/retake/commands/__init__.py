"""Command lines, one program a file: each parses, calls the package, prints, and returns its exit status."""
