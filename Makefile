# Entry points. What they do is in hw-tests/.
LAB = hw-tests/packages.sh && cargo run --locked -p irqlink-hw-tests --bin irqlink-lab --

.PHONY: help demo test run clean

help:
	@echo "make demo   raise real interrupts on a virtual board, and compare the ways to deliver them"
	@echo "make test   run every test, on the host and on the virtual board"
	@echo "make run    run one command on the virtual board: make run CMD='irqlink sources'"
	@echo "make clean  delete what was built; the cache of kernels (~/.cache/irqlink) stays"

demo:
	@$(LAB) demo

test:
	@$(LAB) test

CMD = irqlink sources
run:
	@$(LAB) run -- $(CMD)

clean:
	@cargo clean
