/* What nginx would not have stays out until it has changed or its time has come. */
#include "consumer/nginx/set-aside.h"

#include "consumer/nginx/fingerprint.h"
#include "tests/unit/check-main.h"
#include "tests/unit/consumer/rendering.h"

#include <string.h>

enum { SECOND = 1000000 };

/* a.example.org with an include of that digest, and b.example.org; the digest is one of a few, each of which has sites
 * of its own. */
static Vhosts *two_vhosts(const char *digest) {
        static TestSite sites[3][2];
        TestSite *of = sites[*digest - '1'];
        Vhosts *v = new0(Vhosts);

        test_site(&of[0], "a.example.org");
        test_site(&of[1], "b.example.org");
        of[0].overrides.server = test_file("/vhost.d/a.example.org", "");
        strcpy(of[0].overrides.server.digest, digest);
        v->items = xcalloc(2, sizeof *v->items);
        v->count = 2;
        v->render = &test_policy;
        for (size_t i = 0; i < 2; i++)
                v->items[i] = of[i].vhost;
        return v;
}

static bool add(RefusedSites *r, const char *digest, const char *words, uint64_t now) {
        _cleanup_(vhosts_freep) Vhosts *v = two_vhosts(digest);
        char of_site[DIGEST_SIZE];

        render_digest(&v->items[0], v->render, of_site);
        return refused_sites_add(r, "a.example.org", of_site, words, now);
}

/* How many of the two are tried. */
static size_t tried(RefusedSites *r, const char *digest, uint64_t now) {
        _cleanup_(vhosts_freep) Vhosts *v = two_vhosts(digest);

        refused_sites_leave_out(r, v, now);
        return v->count;
}

START_TEST(it_is_tried_again_later_and_later) {
        _cleanup_(refused_sites_freep) RefusedSites *r = refused_sites_new();
        uint64_t now = SECOND, longest = 0;

        for (int i = 0; i < 10; i++) {
                add(r, "1", "words", now);
                ck_assert_uint_eq(tried(r, "1", now), 1);
                uint64_t delay = refused_sites_next(r) - now;
                ck_assert_uint_ge(delay, 5 * SECOND);
                ck_assert_uint_le(delay, 300 * (uint64_t)SECOND);
                longest = delay > longest ? delay : longest;
                now += delay;
                ck_assert_uint_eq(tried(r, "1", now - 1), 1);
                ck_assert_uint_eq(tried(r, "1", now), 2);
        }
        ck_assert_uint_ge(longest, 150 * SECOND);
}
END_TEST

START_TEST(it_is_tried_at_once_when_a_file_of_its_has_changed) {
        _cleanup_(refused_sites_freep) RefusedSites *r = refused_sites_new();

        add(r, "1", "words", SECOND);
        ck_assert_uint_eq(tried(r, "1", SECOND), 1);
        ck_assert_uint_eq(tried(r, "2", SECOND), 2);
        refused_sites_hurry(r);
        ck_assert_uint_eq(tried(r, "1", SECOND), 2);
}
END_TEST

START_TEST(the_same_words_are_news_once) {
        _cleanup_(refused_sites_freep) RefusedSites *r = refused_sites_new();

        ck_assert(add(r, "1", "words", SECOND));
        ck_assert(!add(r, "1", "words", SECOND));
        ck_assert(add(r, "1", "other words", SECOND));
        ck_assert(add(r, "2", "other words", SECOND));
        ck_assert_uint_eq(refused_sites_count(r), 1);
        ck_assert_str_eq(refused_sites_find(r, "a.example.org")->words, "other words");
        ck_assert_ptr_null(refused_sites_find(r, "b.example.org"));
}
END_TEST

START_TEST(what_is_live_or_gone_is_forgotten) {
        _cleanup_(refused_sites_freep) RefusedSites *r = refused_sites_new();
        _cleanup_(vhosts_freep) Vhosts *v = two_vhosts("1");
        _cleanup_string_list_ StringList others = { 0 };
        const StringList none = { 0 };
        _cleanup_text_ Text t = { 0 };

        add(r, "1", "words", SECOND);
        refused_sites_describe(r, &none, &t);
        ck_assert_str_eq(t.data, ", 1 set aside (a.example.org)");
        text_done(&t);
        for (const char *domains = "c d e"; *domains; domains += domains[1] ? 2 : 1)
                string_list_addf(&others, "%.1s.example.org", domains);
        refused_sites_describe(r, &others, &t);
        ck_assert_str_eq(t.data, ", 4 set aside (a.example.org, c.example.org, d.example.org, ...)");
        vhosts_remove(v, 0);
        refused_sites_accept(r, v);
        ck_assert_uint_eq(refused_sites_count(r), 1);
        refused_sites_leave_out(r, v, SECOND);
        ck_assert_uint_eq(refused_sites_count(r), 0);
        ck_assert_uint_eq(refused_sites_next(r), UINT64_MAX);

        add(r, "1", "words", SECOND);
        _cleanup_(vhosts_freep) Vhosts *all = two_vhosts("1");
        refused_sites_accept(r, all);
        ck_assert_uint_eq(refused_sites_count(r), 0);
}
END_TEST

START_TEST(a_fingerprint_is_of_one_site_and_its_files) {
        _cleanup_(vhosts_freep) Vhosts *v = two_vhosts("1"), *w = two_vhosts("2");
        _cleanup_(rendering_freep) Rendering *x = render(v->items, 2, &test_policy),
                                             *y = render(w->items, 2, &test_policy);
        _cleanup_(fingerprints_freep) Fingerprints *f = fingerprints_new(v->items, 2, x);
        _cleanup_(fingerprints_freep) Fingerprints *g = fingerprints_new(w->items, 2, y);
        char alone[DIGEST_SIZE];

        render_digest(&v->items[1], v->render, alone);
        ck_assert_str_ne(fingerprints_find(f, "a.example.org"), fingerprints_find(g, "a.example.org"));
        ck_assert_str_eq(fingerprints_find(f, "b.example.org"), fingerprints_find(g, "b.example.org"));
        ck_assert_str_eq(fingerprints_find(f, "b.example.org"), alone);
        ck_assert_str_ne(fingerprints_find(f, "a.example.org"), alone);
        ck_assert_ptr_null(fingerprints_find(f, "c.example.org"));
}
END_TEST

START_TEST(what_all_share_has_a_fingerprint_of_its_own) {
        static const char *const digests[] = { "1", "1", "2" };
        Fingerprints *f[3];

        for (size_t i = 0; i < 3; i++) {
                _cleanup_(vhosts_freep) Vhosts *v = two_vhosts("1");
                Overrides *o = (Overrides *)v->items[1].overrides;
                o->server = test_file("/vhost.d/default", "");
                strcpy(o->server.digest, digests[i]);
                o->server.shared = true;
                strcpy(((Overrides *)v->items[0].overrides)->server.digest, digests[2 - i]);
                _cleanup_(rendering_freep) Rendering *r = render(v->items, 2, &test_policy);
                f[i] = fingerprints_new(v->items, 2, r);
        }
        ck_assert(fingerprints_share_same(f[0], f[1]));
        ck_assert(!fingerprints_share_same(f[0], f[2]));
        for (size_t i = 0; i < 3; i++)
                (void)fingerprints_free(f[i]);
}
END_TEST

TEST_MAIN("set-aside", it_is_tried_again_later_and_later, it_is_tried_at_once_when_a_file_of_its_has_changed,
          the_same_words_are_news_once, what_is_live_or_gone_is_forgotten, a_fingerprint_is_of_one_site_and_its_files,
          what_all_share_has_a_fingerprint_of_its_own)
