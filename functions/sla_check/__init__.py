"""The minute's sweep: heals what is stuck, flags what is late, counts, compares, reports (R8, R9, R12, R16)."""
