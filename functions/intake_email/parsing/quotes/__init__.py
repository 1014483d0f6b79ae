"""The history of the correspondence below an answer, as mail programs write it."""
