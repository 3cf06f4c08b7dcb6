/* A copy of a site outlives it: everything that nginx is told about is the copy's own. */
#include "consumer/sites-copy.h"

#include "consumer/sites-merge.h"
#include "tests/unit/check-main.h"

#include <string.h>

static void give(EdgeSettings *settings, EdgeSetting setting, const char *text) {
        const char *rule;

        ck_assert_int_eq(edge_settings_set(settings, setting, text, &rule), 0);
}

/* With something of every kind. */
static void make_site(Site *s) {
        Location *l = xcalloc(2, sizeof *l);

        l[0].path = xstrdup("/");
        l[1] = (Location){
                .path = xstrdup("/api/"), .dest = xstrdup("/"), .state = SITE_HELD, .proto = PROTOCOL_GRPC
        };
        l[1].internal = l[1].tls_to_backend = true;
        l[1].endpoints = (Endpoints){ new0(Endpoint), 1 };
        l[1].tls_endpoints = (Endpoints){ xcalloc(2, sizeof(Endpoint)), 2 };
        endpoint_set(&l[1].endpoints.items[0], "192.0.2.1", 80);
        endpoint_set(&l[1].tls_endpoints.items[0], "192.0.2.2", 443);
        endpoint_set(&l[1].tls_endpoints.items[1], "192.0.2.3", 444);
        give(&l[1].settings, EDGE_BALANCE, "hash $request_uri");
        *s = (Site){ .domain = xstrdup("*.a.org"), .kind = SERVER_NAME_WILDCARD, .locations = l, .n_locations = 2 };
        s->state = SITE_LINGERING;
        s->shape.plain = PLAIN_REFUSE_OR_SERVE;
        s->shape.https = s->shape.method_implied = true;
        give(&s->shape.settings, EDGE_CERT_NAME, "shared");
        string_list_add(&s->publishers, "one");
        string_list_add(&s->notes, "a note");
}

START_TEST(a_copy_is_the_same_and_its_own) {
        Site original, copy;

        make_site(&original);
        site_copy(&copy, &original);
        site_done(&original);
        ck_assert_str_eq(copy.domain, "*.a.org");
        ck_assert(copy.kind == SERVER_NAME_WILDCARD && copy.state == SITE_LINGERING);
        ck_assert(copy.shape.plain == PLAIN_REFUSE_OR_SERVE && copy.shape.https && copy.shape.method_implied);
        ck_assert_str_eq(copy.shape.settings.cert_name, "shared");
        ck_assert_uint_eq(copy.publishers.count, 1);
        ck_assert_uint_eq(copy.notes.count, 0);
        ck_assert_uint_eq(copy.n_locations, 2);
        ck_assert_ptr_null(copy.locations[0].dest);
        const Location *l = &copy.locations[1];
        ck_assert_str_eq(l->path, "/api/");
        ck_assert_str_eq(l->dest, "/");
        ck_assert(l->state == SITE_HELD && l->proto == PROTOCOL_GRPC && l->internal && l->tls_to_backend);
        ck_assert_str_eq(l->settings.balance.key, "$request_uri");
        ck_assert_str_eq(l->endpoints.items[0].host, "192.0.2.1");
        ck_assert_uint_eq(l->tls_endpoints.count, 2);
        ck_assert_uint_eq(l->tls_endpoints.items[1].port, 444);
        site_done(&copy);
}
END_TEST

TEST_MAIN("sites-copy", a_copy_is_the_same_and_its_own)
