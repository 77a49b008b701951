"""How fast, how large and how many requests: `make bench`. What each figure means stands in docs/performance.md."""
