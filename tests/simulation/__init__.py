"""The real main job against the sandbox's worlds, in one process under a seeded clock: `make simulate SEEDS=0:300`."""
