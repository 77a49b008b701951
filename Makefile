# Names for the scripts, nothing more: each runs as well without make, as `sh scripts/NAME.sh`.
.PHONY: help demo run test check setup lock clean simulate simulate-mutants torture bench

help:
	@sh scripts/help.sh

demo:
	@sh scripts/demo.sh $(ARGS)

run:
	@sh scripts/run.sh $(ARGS)

test:
	@sh scripts/test.sh $(ARGS)

check:
	@sh scripts/check.sh

setup:
	@sh scripts/setup.sh test

lock:
	@sh scripts/lock.sh $(ARGS)

clean:
	@sh scripts/clean.sh

simulate:
	@sh scripts/simulate.sh $(ARGS)

simulate-mutants:
	@sh scripts/simulate-mutants.sh $(ARGS)

torture:
	@sh scripts/torture.sh $(ARGS)

bench:
	@sh scripts/bench.sh $(ARGS)
