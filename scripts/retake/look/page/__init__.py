"""The report page: what it says, what it draws, and how it shows untrusted text."""
