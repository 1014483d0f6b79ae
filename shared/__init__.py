"""Code that two or more functions use."""
