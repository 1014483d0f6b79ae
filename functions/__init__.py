"""One folder for each deployed function; `main.py` in it is wiring only."""
