/* What other edges have: taken over where it is newer, and nobody loses what he has for it. Redis is away, so that
 * this edge issues nothing. */
#include "consumer/certs/adoption.h"

#include "tests/unit/check-main.h"
#include "tests/unit/consumer/roster-ground.h"

static Ground g;
static sd_event *event;
static RedisUrl *redis;
static Keyspace keyspace;
static Sharing *sharing;

static void on_nothing(void *userdata) {
        (void)userdata;
}

static void on_account(void *userdata, const char *id, const char *key_pem) {
        (void)userdata, (void)id, (void)key_pem;
}

static void on_certificate(void *userdata, const char *base, const SharedCertificate *shared) {
        (void)userdata, (void)base, (void)shared;
}

static void begin(const char *wish) {
        SharingHandlers handlers = { on_nothing, on_nothing, on_account, on_certificate, NULL };
        char *message = NULL;

        ground_begin(&g);
        _cleanup_free_ char *url = xasprintf("unix://%s/redis.sock", scratch);
        ck_assert_int_ge(sd_event_new(&event), 0);
        ck_assert_int_ge(redis_url_parse(url, &redis, &message), 0);
        ck_assert_int_ge(keyspace_init(&keyspace, "/beachhead/"), 0);
        ck_assert_int_eq(sharing_new(&sharing, event, redis, &keyspace, g.state_dir, NULL, handlers, &message), 0);
        ground_wish(&g, wish, TEST_NOW);
}

static void end(void) {
        sharing = sharing_free(sharing);
        keyspace_done(&keyspace);
        redis = redis_url_free(redis);
        event = sd_event_unref(event);
        ground_end(&g);
}

/* Another edge has the pair, and the history (NULL: an empty one). */
static bool hear(const char *base, const TestPair *p, const History *h) {
        _cleanup_(history_freep) History *empty = history_new();
        SharedCertificate c = { p ? p->chain : NULL, p ? p->key : NULL, h ? h : empty };
        bool changed = adoption_certificate(g.roster, sharing, base, &c, TEST_NOW);

        ck_assert(!roster_find(g.roster, base) || roster_find(g.roster, base)->is_synced);
        return changed;
}

START_TEST(what_this_edge_has_not_is_taken_over) {
        _cleanup_test_pair_ TestPair p = test_pair("a.org b.org");

        begin("a.org b.org");
        ck_assert(!hear("a.org", &p, NULL));
        ck_assert(holds("a.org", &p) && file_is("b.org.crt", p.chain));
        ck_assert(ground_find(&g, "a.org")->is_installed && ground_find(&g, "a.org")->is_new);
        end();
}
END_TEST

/* Somebody who writes to Redis may put an old value back. */
START_TEST(what_is_no_newer_is_not) {
        _cleanup_test_pair_ TestPair own = test_pair("a.org"), old = test_pair("a.org");

        begin("a.org");
        (void)hear("a.org", &own, NULL);
        (void)hear("a.org", &old, NULL);
        ck_assert(holds("a.org", &own));
        end();
}
END_TEST

START_TEST(what_cannot_be_used_is_not) {
        _cleanup_test_pair_ TestPair p = test_pair("a.org"), other = test_pair("a.org");
        TestPair broken = { .chain = p.chain, .key = other.key };

        begin("a.org");
        ck_assert(!hear("a.org", &broken, NULL));
        ck_assert(!hear("a.org", NULL, NULL));
        ck_assert(!adoption_certificate(g.roster, sharing, "a.org", NULL, TEST_NOW));
        ck_assert(!hear("unknown.org", &p, NULL));
        ck_assert(!ground_find(&g, "a.org")->is_installed);
        end();
}
END_TEST

START_TEST(a_name_that_theirs_is_not_for_is_served_as_before) {
        _cleanup_test_pair_ TestPair both = test_pair("a.org b.org"), alone = test_pair("a.org");

        begin("a.org b.org");
        (void)hear("a.org", &both, NULL);
        ground_find(&g, "a.org")->installed.not_before -= DAY;
        ck_assert(hear("a.org", &alone, NULL));
        ck_assert(holds("a.org", &alone));
        ck_assert(file_is("a.org.crt", alone.chain) && file_is("b.org.crt", both.chain));
        end();
}
END_TEST

START_TEST(what_failed_there_is_known_here) {
        _cleanup_(history_freep) History *h = history_new();

        begin("a.org b.org");
        h->isolated = true;
        history_ordered(h, TEST_NOW);
        history_failed(h, NULL, TEST_NOW, MINUTE, 0, 0, "no such name");
        ck_assert(hear("b.org", NULL, h));
        roster_settle(g.roster, &g.given.sites, TEST_NOW);
        ground_expect(&g, "a.org | b.org");
        ck_assert_str_eq(managed_trouble(ground_find(&g, "b.org"), TEST_NOW), "no such name");
        ground_restart(&g);
        ground_wish(&g, "a.org b.org", TEST_NOW);
        ground_expect(&g, "a.org | b.org");
        end();
}
END_TEST

START_TEST(an_older_history_is_none) {
        _cleanup_(history_freep) History *h = history_new();

        begin("a.org");
        history_ordered(ground_find(&g, "a.org")->history, TEST_NOW);
        history_ordered(h, TEST_NOW - DAY);
        history_failed(h, NULL, TEST_NOW - DAY, MINUTE, 0, 0, "no such name");
        (void)hear("a.org", NULL, h);
        ck_assert_uint_eq(ground_find(&g, "a.org")->history->failures, 0);
        end();
}
END_TEST

START_TEST(the_key_of_an_account_is_the_one_that_others_have) {
        _cleanup_secret_ char *pem = NULL;
        char *message = NULL;

        begin("a.org");
        Account *a = ground_find(&g, "a.org")->account;
        ck_assert_int_eq(account_make_key(a, &message), 0);
        a->is_enrolled = true;
        _cleanup_free_ char *own = xstrdup(a->thumbprint);
        ck_assert_int_eq(private_key_make(KEY_TYPE_EC_256, &pem), 0);
        (void)adoption_account(g.roster, sharing, a->id, "garbage");
        ck_assert_str_eq(a->thumbprint, own);
        ck_assert(adoption_account(g.roster, sharing, a->id, pem));
        ck_assert_str_ne(a->thumbprint, own);
        ck_assert(!a->is_enrolled && a->is_synced);
        a->is_enrolled = true;
        (void)adoption_account(g.roster, sharing, a->id, pem);
        ck_assert(a->is_enrolled);
        ck_assert(!adoption_account(g.roster, sharing, "unknown", pem));
        end();
}
END_TEST

TEST_MAIN("adoption", what_this_edge_has_not_is_taken_over, what_is_no_newer_is_not, what_cannot_be_used_is_not,
          a_name_that_theirs_is_not_for_is_served_as_before, what_failed_there_is_known_here, an_older_history_is_none,
          the_key_of_an_account_is_the_one_that_others_have)
