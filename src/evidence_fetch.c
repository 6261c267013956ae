/* SPDX-License-Identifier: MIT */
/*
 * Requests with retries, all within the errand's time. What is worth another try: no connection, and
 * the answers by which services ask for patience (404 and 410 of the metadata service while it is
 * updated, 429, 5xx). A service that is silent is not asked again: another one may be better.
 */
#include "evidence_internal.h"

#include "log.h"
#include "network.h"

#define TRIES 4
#define WAIT_FIRST_MS 700
#define WAIT_MAX_MS 8000

static int raise_network(struct errand *x, struct err *reterr)
{
	const struct network_config *n = &x->q->config->network;
	int64_t left = deadline_left_ms(x->end);

	if (!x->q->raise_network)
		return 0;
	return network_up(n, deadline_in(left < n->up_timeout_ms ? left : n->up_timeout_ms), reterr);
}

/* Once: a network that was not to be had is not to be had later in this errand. */
static int start(struct errand *x, struct err *reterr)
{
	struct fetch_settings s;
	int r;

	if (!x->started) {
		x->started = true;
		r = raise_network(x, &x->start_failed);
		fetch_settings_init(&s, &x->q->config->network, x->q->floor);
		if (x->q->fetcher)
			s.program = x->q->fetcher;
		if (r == 0)
			(void)fetch_start(&x->fetch, &s, &x->start_failed);
	}
	if (x->fetch)
		return 0;
	if (reterr)
		*reterr = x->start_failed;
	return -x->start_failed.code;
}

static struct deadline request_end(const struct errand *x)
{
	int64_t left = deadline_left_ms(x->end), own = x->q->config->network.timeout_ms;

	return deadline_in(left < own ? left : own);
}

static bool worth_another(int r, const struct fetch_reply *reply)
{
	if (r == -E_FETCH)
		return true;
	return r == -E_FETCH_STATUS && (reply->status == 404 || reply->status == 410 ||
					reply->status == 429 || reply->status >= 500);
}

static int64_t wait_ms(int64_t so_far, const struct fetch_reply *reply)
{
	if (reply->retry_after_ms > so_far)
		return reply->retry_after_ms < WAIT_MAX_MS ? reply->retry_after_ms : WAIT_MAX_MS;
	return so_far < WAIT_MAX_MS ? so_far : WAIT_MAX_MS;
}

void errand_send(struct errand *x, const struct fetch_request *request)
{
	struct fetch_request timed = *request;
	struct err e = {0};

	if (x->in_flight)
		return;
	if (start(x, &e) == 0) {
		timed.deadline = request_end(x);
		x->in_flight = fetch_send(x->fetch, &timed, &x->id, &e) == 0;
	}
	if (!x->in_flight)
		log_debug("evidence: %s", e.msg);
}

static int once(struct errand *x, const struct fetch_request *request, struct fetch_reply *ret,
		struct err *reterr)
{
	struct fetch_request timed = *request;

	if (x->in_flight) {
		x->in_flight = false;
		return fetch_wait(x->fetch, x->id, ret, reterr);
	}
	timed.deadline = request_end(x);
	return fetch_get(x->fetch, &timed, ret, reterr);
}

int errand_fetch(struct errand *x, const struct fetch_request *request, struct fetch_reply *ret,
		 struct err *reterr)
{
	int64_t wait = WAIT_FIRST_MS;
	int r = start(x, reterr);

	if (r < 0)
		return r;
	for (int i = 1;; i++) {
		int64_t pause;

		r = once(x, request, ret, reterr);
		if (r == 0 || i == TRIES || !worth_another(r, ret))
			return r;
		pause = wait_ms(wait, ret);
		if (deadline_left_ms(x->end) < pause)
			return r;
		log_debug("evidence: %s; again in %lld ms", reterr ? reterr->msg : "",
			  (long long)pause);
		sleep_until(deadline_in(pause));
		fetch_reply_clear(ret);
		wait *= 2;
	}
}

void errand_done(struct errand *x)
{
	fetch_freep(&x->fetch);
}
