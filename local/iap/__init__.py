"""Identity-Aware Proxy's stand-in: a sign-in page, and an assertion on each request that it passes on."""
