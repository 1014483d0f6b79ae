"""The rule book as pure Python: no I/O, no Google, no environment, no wall clock."""
