"""From a message's bytes to plain values: what it says, who sent it, and whether a robot did."""
