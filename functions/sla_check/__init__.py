"""The minute's sweep: heals what is stuck, flags what is late, hands on, reports (R7, R8, R9, R12, R15, R16, R18)."""
