// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the event log and its cursors: irqlink_kunit.ko, built where
 * the kernel has KUnit.
 */
#include <kunit/test.h>
#include <linux/kthread.h>
#include <linux/prandom.h>

/* The module stands by itself: it brings its own copy, static parts too. */
#include "log.c"

#define SOURCE		7
#define CAPACITY	IRQLINK_LOG_MIN_RECORDS

/* What a reader was handed in a row. */
struct handed {
	u64 first, last;	/* sequence numbers */
	u64 records, lost;
};

/* The words of event number n. */
static struct irqlink_event event_of(u64 n)
{
	return (struct irqlink_event) {
		.time_ns = n * 3,
		.trigger_ns = n * 5,
		.status = n,
		.payload = { ~n, n << 8 },
	};
}

static void append(struct irqlink_log *log, u64 count)
{
	while (count--) {
		struct irqlink_event event = event_of(log->next_seq);

		irqlink_log_append(log, &event, IRQLINK_RECORD_RISING, 1);
	}
}

/* The words are those of one event. */
static bool record_is_whole(const struct irqlink_record *rec)
{
	struct irqlink_event event = event_of(rec->seq);

	return rec->time_ns == event.time_ns &&
	       rec->trigger_ns == event.trigger_ns &&
	       rec->status == event.status &&
	       rec->payload[0] == event.payload[0] &&
	       rec->payload[1] == event.payload[1] &&
	       rec->source == SOURCE && rec->cpu == 1 &&
	       rec->flags == IRQLINK_RECORD_RISING && !rec->reserved;
}

static bool record_tells_loss(const struct irqlink_record *rec, u64 last)
{
	return rec->flags == IRQLINK_RECORD_LOST && rec->source == SOURCE &&
	       rec->payload[0] == rec->seq && rec->payload[1] == last &&
	       !rec->time_ns && !rec->trigger_ns && !rec->status;
}

/* Hand over one record or loss; false if there is nothing new. */
static bool hand(struct kunit *test, struct irqlink_cursor *cur,
		 const struct irqlink_log *log, struct irqlink_record *rec)
{
	struct irqlink_span span;

	if (!irqlink_cursor_peek(cur, log, rec, &span))
		return false;
	KUNIT_ASSERT_EQ(test, rec->seq, cur->next);
	KUNIT_ASSERT_GE(test, span.last, cur->next);
	if (span.lost)
		KUNIT_ASSERT_TRUE(test, record_tells_loss(rec, span.last));
	else
		KUNIT_ASSERT_TRUE(test, record_is_whole(rec));
	irqlink_cursor_pass(cur, &span);
	KUNIT_ASSERT_EQ(test, cur->next, span.last + 1);
	return true;
}

/* Hand over at most that many. */
static struct handed drain(struct kunit *test, struct irqlink_cursor *cur,
			   const struct irqlink_log *log, u64 most)
{
	struct handed handed = { .first = cur->next };
	struct irqlink_record rec;

	while (most-- && hand(test, cur, log, &rec)) {
		if (rec.flags & IRQLINK_RECORD_LOST)
			handed.lost += rec.payload[1] - rec.payload[0] + 1;
		else
			handed.records++;
	}
	handed.last = cur->next - 1;
	return handed;
}

/* raised = delivered + lost + pending */
static void expect_ledger(struct kunit *test, const struct irqlink_cursor *cur,
			  const struct irqlink_log *log)
{
	u64 end = irqlink_log_head(log) + 1;

	KUNIT_ASSERT_EQ(test, end - cur->base,
			cur->delivered + cur->lost + (end - cur->seen));
}

/* A log that goes on after sequence number @head, freed with the test. */
static struct irqlink_log *make_log(struct kunit *test, u64 head)
{
	struct irqlink_log *log = kunit_kzalloc(test, sizeof(*log), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, log);
	KUNIT_ASSERT_EQ(test, irqlink_log_init(log, SOURCE, CAPACITY), 0);
	test->priv = log;
	log->next_seq = head + 1;
	log->ring->head = head;
	return log;
}

static void log_test_exit(struct kunit *test)
{
	struct irqlink_log *log = test->priv;

	if (log)
		irqlink_log_free(log);
}

static void sizes_are_rounded_up_and_bounded(struct kunit *test)
{
	struct irqlink_log log;

	KUNIT_EXPECT_EQ(test, irqlink_log_init(&log, SOURCE, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, irqlink_log_init(&log, SOURCE, CAPACITY - 1),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, irqlink_log_init(&log, SOURCE,
					       IRQLINK_LOG_MAX_RECORDS + 1),
			-EINVAL);
	KUNIT_ASSERT_EQ(test, irqlink_log_init(&log, SOURCE, 65), 0);
	KUNIT_EXPECT_EQ(test, log.mask, 127);
	KUNIT_EXPECT_EQ(test, log.ring->capacity, 128);
	KUNIT_EXPECT_EQ(test, irqlink_log_map_size(&log), 3 * PAGE_SIZE);
	irqlink_log_free(&log);
}

static void a_new_log_is_empty(struct kunit *test)
{
	struct irqlink_log *log = make_log(test, 0);
	struct irqlink_cursor cur;
	struct irqlink_record rec;

	irqlink_cursor_init(&cur, 1);
	KUNIT_EXPECT_EQ(test, irqlink_log_head(log), 0);
	KUNIT_EXPECT_EQ(test, irqlink_log_oldest(log), 1);
	KUNIT_EXPECT_EQ(test, irqlink_cursor_backlog(&cur, log), 0);
	KUNIT_EXPECT_FALSE(test, hand(test, &cur, log, &rec));
	expect_ledger(test, &cur, log);
}

static void a_reader_that_keeps_up_loses_nothing_at_the_wrap(struct kunit *test)
{
	struct irqlink_log *log = make_log(test, 0);
	struct irqlink_cursor cur;
	struct handed handed;
	u64 n;

	irqlink_cursor_init(&cur, 1);
	for (n = 1; n <= 5 * CAPACITY; n++) {
		append(log, 1);
		handed = drain(test, &cur, log, U64_MAX);
		KUNIT_ASSERT_EQ(test, handed.first, n);
		KUNIT_ASSERT_EQ(test, handed.records, 1);
	}
	KUNIT_EXPECT_EQ(test, cur.delivered, 5 * CAPACITY);
	expect_ledger(test, &cur, log);
}

static void a_full_log_has_lost_nothing_and_one_more_loses_one(struct kunit *test)
{
	struct irqlink_log *log = make_log(test, 0);
	struct irqlink_cursor cur, late;
	struct handed handed;

	irqlink_cursor_init(&cur, 1);
	late = cur;
	append(log, CAPACITY);
	KUNIT_EXPECT_EQ(test, irqlink_log_oldest(log), 1);
	handed = drain(test, &cur, log, U64_MAX);
	KUNIT_EXPECT_EQ(test, handed.records, CAPACITY);
	KUNIT_EXPECT_EQ(test, handed.lost, 0);

	append(log, 1);
	KUNIT_EXPECT_EQ(test, irqlink_log_oldest(log), 2);
	handed = drain(test, &late, log, U64_MAX);
	KUNIT_EXPECT_EQ(test, handed.records, CAPACITY);
	KUNIT_EXPECT_EQ(test, handed.lost, 1);
	KUNIT_EXPECT_EQ(test, late.lost_first, 1);
	KUNIT_EXPECT_EQ(test, late.lost_last, 1);
	expect_ledger(test, &late, log);
}

static void a_lapped_reader_is_told_the_exact_range(struct kunit *test)
{
	struct irqlink_log *log = make_log(test, 0);
	struct irqlink_cursor cur;
	struct handed handed;

	irqlink_cursor_init(&cur, 1);
	append(log, 4);
	drain(test, &cur, log, 3);
	append(log, 10 * CAPACITY);
	handed = drain(test, &cur, log, 1);
	KUNIT_EXPECT_EQ(test, handed.first, 4);
	KUNIT_EXPECT_EQ(test, handed.last, 9 * CAPACITY + 4);
	KUNIT_EXPECT_EQ(test, handed.lost, 9 * CAPACITY + 1);
	KUNIT_EXPECT_EQ(test, cur.lost_first, 4);
	KUNIT_EXPECT_EQ(test, cur.lost_last, 9 * CAPACITY + 4);
	handed = drain(test, &cur, log, U64_MAX);
	KUNIT_EXPECT_EQ(test, handed.records, CAPACITY);
	expect_ledger(test, &cur, log);
}

/* The producer is in the middle of a record: the head does not show it yet. */
static void a_record_that_is_just_overwritten_is_lost_alone(struct kunit *test)
{
	static const u64 in_slot[] = { 0, CAPACITY + 1 };
	struct irqlink_log *log = make_log(test, 0);
	struct irqlink_cursor cur;
	struct handed handed;
	int i;

	append(log, CAPACITY);
	for (i = 0; i < ARRAY_SIZE(in_slot); i++) {
		log->records[1].seq = in_slot[i];
		irqlink_cursor_init(&cur, 1);
		handed = drain(test, &cur, log, 1);
		KUNIT_EXPECT_EQ(test, handed.lost, 1);
		KUNIT_EXPECT_EQ(test, handed.last, 1);
		handed = drain(test, &cur, log, U64_MAX);
		KUNIT_EXPECT_EQ(test, handed.records, CAPACITY - 1);
		expect_ledger(test, &cur, log);
	}
}

static void sequence_numbers_pass_the_edges_of_words(struct kunit *test)
{
	static const u64 edges[] = { BIT_ULL(31), BIT_ULL(32), BIT_ULL(63) };
	struct irqlink_log *log;
	struct irqlink_cursor cur, slow;
	struct handed handed;
	int i;

	for (i = 0; i < ARRAY_SIZE(edges); i++) {
		u64 head = edges[i] - 5;

		log = make_log(test, head);
		irqlink_cursor_init(&cur, head + 1);
		slow = cur;
		append(log, 10);
		handed = drain(test, &cur, log, U64_MAX);
		KUNIT_EXPECT_EQ(test, handed.records, 10);
		KUNIT_EXPECT_EQ(test, handed.lost, 0);
		KUNIT_EXPECT_EQ(test, handed.last, edges[i] + 5);

		append(log, CAPACITY);
		KUNIT_EXPECT_EQ(test, irqlink_cursor_backlog(&slow, log),
				CAPACITY + 10);
		handed = drain(test, &slow, log, U64_MAX);
		KUNIT_EXPECT_EQ(test, handed.records, CAPACITY);
		KUNIT_EXPECT_EQ(test, slow.lost_first, head + 1);
		KUNIT_EXPECT_EQ(test, slow.lost_last, edges[i] + 5);
		expect_ledger(test, &slow, log);
		log_test_exit(test);
		test->priv = NULL;
	}
}

static void a_replay_counts_nothing_twice(struct kunit *test)
{
	struct irqlink_log *log = make_log(test, 0);
	struct irqlink_cursor cur;
	struct handed handed;

	irqlink_cursor_init(&cur, 1);
	append(log, 10);
	drain(test, &cur, log, 8);
	cur.next = 3;
	handed = drain(test, &cur, log, U64_MAX);
	KUNIT_EXPECT_EQ(test, handed.records, 8);
	KUNIT_EXPECT_EQ(test, cur.delivered, 10);
	KUNIT_EXPECT_EQ(test, cur.replayed, 6);
	expect_ledger(test, &cur, log);

	/* The log laps it: 5..10 are replayed as lost, 11..14 are lost. */
	cur.next = 5;
	append(log, CAPACITY + 4);
	handed = drain(test, &cur, log, 1);
	KUNIT_EXPECT_EQ(test, handed.lost, 10);
	KUNIT_EXPECT_EQ(test, cur.lost, 4);
	KUNIT_EXPECT_EQ(test, cur.lost_first, 11);
	KUNIT_EXPECT_EQ(test, cur.lost_last, 14);
	KUNIT_EXPECT_EQ(test, cur.replayed, 6);
	expect_ledger(test, &cur, log);
}

/* Readers of any speed, which also go back: each ledger holds at any moment. */
static void several_cursors_keep_their_ledgers(struct kunit *test)
{
	struct irqlink_log *log = make_log(test, 0);
	struct irqlink_cursor curs[4];
	struct rnd_state rnd;
	int i, step;

	prandom_seed_state(&rnd, 1);
	for (i = 0; i < ARRAY_SIZE(curs); i++)
		irqlink_cursor_init(&curs[i], 1);
	for (step = 0; step < 5000; step++) {
		struct irqlink_cursor *cur =
			&curs[prandom_u32_state(&rnd) % ARRAY_SIZE(curs)];

		append(log, prandom_u32_state(&rnd) % (CAPACITY / 4));
		if (prandom_u32_state(&rnd) % 8 == 0)
			cur->next -= prandom_u32_state(&rnd) %
				     (cur->next - cur->base + 1);
		drain(test, cur, log, prandom_u32_state(&rnd) % (2 * CAPACITY));
		for (i = 0; i < ARRAY_SIZE(curs); i++)
			expect_ledger(test, &curs[i], log);
	}
}

static int produce(void *data)
{
	struct irqlink_log *log = data;

	while (!kthread_should_stop()) {
		append(log, CAPACITY);
		cond_resched();
	}
	return 0;
}

/* Whatever the producer does meanwhile, a record is whole or told lost. */
static void a_reader_beside_the_producer_sees_no_torn_record(struct kunit *test)
{
	struct irqlink_log *log = make_log(test, 0);
	struct task_struct *task = kthread_run(produce, log, "log_test");
	struct irqlink_cursor cur;
	struct irqlink_record rec;
	struct irqlink_span span;
	u64 torn = 0;

	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	irqlink_cursor_init(&cur, 1);
	while (cur.delivered < 20000) {
		if (!irqlink_cursor_peek(&cur, log, &rec, &span)) {
			cond_resched();
			continue;
		}
		torn += rec.seq != cur.next ||
			!(span.lost ? record_tells_loss(&rec, span.last) :
				      record_is_whole(&rec));
		irqlink_cursor_pass(&cur, &span);
	}
	kthread_stop(task);
	KUNIT_EXPECT_EQ(test, torn, 0);
	expect_ledger(test, &cur, log);
}

static struct kunit_case log_test_cases[] = {
	KUNIT_CASE(sizes_are_rounded_up_and_bounded),
	KUNIT_CASE(a_new_log_is_empty),
	KUNIT_CASE(a_reader_that_keeps_up_loses_nothing_at_the_wrap),
	KUNIT_CASE(a_full_log_has_lost_nothing_and_one_more_loses_one),
	KUNIT_CASE(a_lapped_reader_is_told_the_exact_range),
	KUNIT_CASE(a_record_that_is_just_overwritten_is_lost_alone),
	KUNIT_CASE(sequence_numbers_pass_the_edges_of_words),
	KUNIT_CASE(a_replay_counts_nothing_twice),
	KUNIT_CASE(several_cursors_keep_their_ledgers),
	KUNIT_CASE(a_reader_beside_the_producer_sees_no_torn_record),
	{ }
};

static struct kunit_suite log_test_suite = {
	.name = "irqlink_log",
	.exit = log_test_exit,
	.test_cases = log_test_cases,
};

kunit_test_suite(log_test_suite);

MODULE_DESCRIPTION("KUnit tests of irqlink's event log");
MODULE_AUTHOR("the irqlink authors");
MODULE_LICENSE("GPL");
