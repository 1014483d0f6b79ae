"""The specialists' desk: what needs a person, and every ticket."""
