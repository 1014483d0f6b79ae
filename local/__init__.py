"""The whole system on one machine: `make run`, and the emulators that the tests use."""
