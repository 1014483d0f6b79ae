"""What the functions for specialists share: who may, safe pages, safe posts."""
