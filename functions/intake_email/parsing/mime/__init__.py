"""Reads mail as it came: MIME structure, charsets, headers, HTML."""
