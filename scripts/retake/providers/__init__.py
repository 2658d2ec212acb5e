"""One file an API: what a request becomes on its wire, and what its answer becomes here."""
