# Entry points. What they do is in hw-tests/.
LAB = hw-tests/packages.sh && cargo run --locked -p irqlink-hw-tests --bin irqlink-lab --

.PHONY: help demo test run board-test bench-gate findings lean-kernel debug-kernel clean

help:
	@echo "make demo   raise real interrupts on a virtual board, and compare the ways to deliver them"
	@echo "make test   run every test, on the host and on the virtual board"
	@echo "make run    run one command on the virtual board: make run CMD='irqlink sources'"
	@echo "make board-test TARGET=user@host RIG=rigs/x.toml"
	@echo "            test a board that is reached by ssh; docs/hil.md has more"
	@echo "make bench-gate"
	@echo "            hold the path lengths to bench/baseline.toml; UPDATE=1 writes it"
	@echo "make findings"
	@echo "            measure the tables of docs/findings.md anew"
	@echo "make lean-kernel, make debug-kernel"
	@echo "            build the lab's own kernels, for make run KERNEL=lean"
	@echo "make clean  delete what was built; the cache of kernels (~/.cache/irqlink) stays"

demo:
	@$(LAB) demo

test:
	@$(LAB) test

CMD = irqlink sources
KERNEL = stock-6.12
run:
	@$(LAB) run -k $(KERNEL) -- $(CMD)

TARGET = virtual
RIG = rigs/edu.toml
ARGS =
board-test:
	@$(LAB) board-test --target '$(TARGET)' --rig '$(RIG)' $(if $(PORT),--port '$(PORT)') \
		$(if $(SSH_OPTS),--ssh-options='$(SSH_OPTS)') $(if $(MODULES),--modules '$(MODULES)') -- $(ARGS)

findings:
	@$(LAB) findings

UPDATE =
bench-gate:
	@$(LAB) bench-gate $(if $(UPDATE),--update)

lean-kernel debug-kernel:
	@$(LAB) setup -k $(@:-kernel=)

clean:
	@cargo clean
