"""Public web form: the page, and what is posted to it by browsers and programs (R1)."""
