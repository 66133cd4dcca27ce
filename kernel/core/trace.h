/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints: /sys/kernel/tracing/events/irqlink.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM irqlink

#if !defined(_IRQLINK_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _IRQLINK_TRACE_H

#include <linux/tracepoint.h>

/* Hard IRQ. handler_ns: from the stamp until the delivery was scheduled. */
TRACE_EVENT(irqlink_irq,
	TP_PROTO(u32 source, u64 seq, u64 time_ns, u64 handler_ns),
	TP_ARGS(source, seq, time_ns, handler_ns),
	TP_STRUCT__entry(
		__field(u32, source)
		__field(u64, seq)
		__field(u64, time_ns)
		__field(u64, handler_ns)
	),
	TP_fast_assign(
		__entry->source = source;
		__entry->seq = seq;
		__entry->time_ns = time_ns;
		__entry->handler_ns = handler_ns;
	),
	TP_printk("source=%u seq=%llu time_ns=%llu handler_ns=%llu",
		  __entry->source, __entry->seq, __entry->time_ns,
		  __entry->handler_ns)
);

/* One message to an agent: records first to next - 1; error 0 if it went. */
TRACE_EVENT(irqlink_deliver,
	TP_PROTO(u32 source, u32 port, u64 first, u64 next, int error),
	TP_ARGS(source, port, first, next, error),
	TP_STRUCT__entry(
		__field(u32, source)
		__field(u32, port)
		__field(u64, first)
		__field(u64, next)
		__field(int, error)
	),
	TP_fast_assign(
		__entry->source = source;
		__entry->port = port;
		__entry->first = first;
		__entry->next = next;
		__entry->error = error;
	),
	TP_printk("source=%u port=%u first=%llu next=%llu error=%d",
		  __entry->source, __entry->port, __entry->first,
		  __entry->next, __entry->error)
);

/* A consumer was lapped; port is 0 for an open file. */
TRACE_EVENT(irqlink_loss,
	TP_PROTO(u32 source, u32 port, u64 first, u64 last),
	TP_ARGS(source, port, first, last),
	TP_STRUCT__entry(
		__field(u32, source)
		__field(u32, port)
		__field(u64, first)
		__field(u64, last)
	),
	TP_fast_assign(
		__entry->source = source;
		__entry->port = port;
		__entry->first = first;
		__entry->last = last;
	),
	TP_printk("source=%u port=%u first=%llu last=%llu",
		  __entry->source, __entry->port, __entry->first,
		  __entry->last)
);

#endif /* _IRQLINK_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
