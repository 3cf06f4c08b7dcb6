/* The document of the sites: what the man page shows is what is written, and always the same bytes. */
#include "consumer/sites-json.h"

#include "common/file.h"
#include "common/json.h"
#include "tests/unit/check-main.h"
#include "tests/unit/consumer/sites-ground.h"

enum { PAGE_MAX = 100000 };

/* The literal block of a page that begins with `start`, as people see it: "\e" is a backslash. */
static char *shown_in(const char *page, const char *start) {
        _cleanup_free_ char *bytes = NULL;
        Text t = { 0 };
        size_t size;

        ck_assert_int_eq(file_read(page, PAGE_MAX, &bytes, &size), 0);
        const char *c = strstr(bytes, start);
        ck_assert_ptr_nonnull(c);
        for (const char *end = strstr(c, "\n.Ed"); c < end; c++) {
                text_append_bytes(&t, c, 1);
                c += has_prefix(c, "\\e");
        }
        return text_take(&t);
}

static char *json_of(Table *t) {
        _cleanup_(sites_freep) Sites *s = sites_from_table(t, NULL);

        return sites_json(s);
}

#define SHOP(address, more)                                                                                           \
        ROUTE("shop.example.org",                                                                                     \
              HTTP(address, 80) METHOD("redirect") ",\"https_method_implied\":true" CREATED(1700000000) more)

/* What a value comes to, and a part of the document that it must have. */
START_TEST(every_kind_of_site_is_written) {
        static const struct {
                const char *value, *wanted;
        } cases[] = {
                { ROUTE("a.org", HTTP("10.0.0.1", 80)),
                  "{\"domain\":\"a.org\",\"kind\":\"name\",\"state\":\"live\",\"created\":null,\"http\":\"serve\","
                  "\"https\":false,\"method_implied\":false,\"settings\":{},\"locations\":[{\"path\":\"/\","
                  "\"state\":\"live\",\"dest\":null,\"proto\":\"http\",\"internal\":false,\"settings\":{},"
                  "\"endpoints\":[{\"host\":\"10.0.0.1\",\"port\":80,\"tls\":false}]}],\"publishers\":[\"web\"],"
                  "\"notes\":[]}" },
                { ROUTE("a.org", HTTPS("10.0.0.1", 443)), "\"http\":\"redirect-or-refuse\",\"https\":true," },
                { ROUTE("a.org", HTTP("10.0.0.1", 80) METHOD("noredirect")), "\"http\":\"serve\",\"https\":true," },
                { ROUTE("a.org", REQUIRING("\"schemes\"", "10.0.0.1", 80) METHOD("nohttp")),
                  "\"http\":\"refuse-or-serve\",\"https\":true," },
                { ROUTE("a.org", HTTP("10.0.0.1", 80) "," HTTPS("10.0.0.1", 443)),
                  "[{\"host\":\"10.0.0.1\",\"port\":80,\"tls\":false},"
                  "{\"host\":\"10.0.0.1\",\"port\":443,\"tls\":true}]" },
                { ROUTE("a.org", NO_ENDPOINT("\"http\"")), "\"endpoints\":[]" },
                { ROUTE("*.a.org", REQUIRING("\"wildcard\"", "10.0.0.1", 80)), "\"kind\":\"wildcard\"" },
                { ROUTE("192.0.2.1", HTTP("10.0.0.1", 80)), "\"kind\":\"address\"" },
                { ROUTE("~^a\\\\.\\\"$", REQUIRING("\"regex\"", "10.0.0.1", 80)),
                  "{\"domain\":\"~^a\\\\.\\\"$\",\"kind\":\"regex\"" },
                { ROUTE("a.org", PROTO("grpcs", "10.0.0.1", 80)),
                  "\"proto\":\"grpcs\",\"internal\":false,\"settings\":{},"
                  "\"endpoints\":[{\"host\":\"10.0.0.1\",\"port\":80,\"tls\":true}]" },
                { ROUTE("a.org", PROTO("fastcgi", "10.0.0.1", 80)),
                  "\"endpoints\":[{\"host\":\"10.0.0.1\",\"port\":80,\"tls\":false}]" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_(table_freep) Table *t = new_table();
                present(t, "web", cases[i].value);
                _cleanup_free_ char *written = json_of(t);
                ck_assert_msg(strstr(written, cases[i].wanted), "%s\nis not in\n%s", cases[i].wanted, written);
        }
}
END_TEST

START_TEST(nothing_registered_is_a_document_too) {
        _cleanup_(table_freep) Table *t = new_table();
        _cleanup_free_ char *written = json_of(t);

        ck_assert_str_eq(written, "{\"version\":1,\n\"sites\":[],\n\"certificates\":[],\n\"set_aside\":[]}\n");
}
END_TEST

START_TEST(what_is_missing_or_has_left_is_said_of_its_path) {
        _cleanup_(table_freep) Table *t = new_table();

        present(t, "web", ROUTE("a.org", HTTP("10.0.0.1", 80)));
        present(t, "api", ROUTE("a.org", PATH("/api", "10.0.0.2", 80)));
        absent(t, "web", false);
        absent(t, "api", true);
        _cleanup_free_ char *written = json_of(t);
        ck_assert_ptr_nonnull(strstr(written, "\"kind\":\"name\",\"state\":\"held\""));
        ck_assert_ptr_nonnull(strstr(written, "{\"path\":\"/\",\"state\":\"held\""));
        ck_assert_ptr_nonnull(strstr(written, "{\"path\":\"/api\",\"state\":\"lingering\""));
}
END_TEST

START_TEST(the_order_of_arrival_changes_no_byte) {
        _cleanup_(table_freep) Table *forward = new_table(), *backward = new_table();
        const Value values[] = {
                { "a", ROUTE("a.org", HTTP("10.0.0.1", 80)) },
                { "b", ROUTE("a.org", HTTP("10.0.0.2", 80)) },
                { "c", ROUTE("b.org", HTTPS("10.0.0.3", 80)) },
                { "d", ROUTE("c.org", "\"requires\":[\"x\"]") },
                { "e", ROUTE("d.org", HTTP("10.0.0.3", 80) CERTIFICATE("\"d.org\"", "")) },
        };
        size_t count = sizeof values / sizeof *values;

        for (size_t i = 0; i < count; i++) {
                present(forward, values[i].instance, values[i].value);
                present(backward, values[count - 1 - i].instance, values[count - 1 - i].value);
        }
        _cleanup_free_ char *first = json_of(forward), *second = json_of(backward);
        ck_assert_str_eq(first, second);
        ck_assert_ptr_nonnull(strstr(first, "\"set_aside\":[\n{\"domain\":\"c.org\",\"key\":\"/beachhead/d\""));
}
END_TEST

START_TEST(the_man_page_shows_what_is_written) {
        _cleanup_(table_freep) Table *t = new_table();
        _cleanup_free_ char *shown = shown_in("docs/beachhead-sites.5", "{\"version\":1,\n\"sites\"");

        present(t, "shop-2@web2", SHOP("172.17.0.3", SETTINGS(SETTING("hsts", "off"))));
        present(t, "shop-1@web1",
                SHOP("172.17.0.2",
                     CERTIFICATE("\"shop.example.org\",\"www.example.org\"", EMAIL("admin@example.org"))));
        present(t, "admin@web2",
                ROUTE("shop.example.org",
                      REQUIRING("\"path\",\"proto\",\"internal\"", "2001:db8::4",
                                8443) ",\"path\":\"/admin\",\"proto\":\"https\"" DEST("/") METHOD("redirect")
                              SETTINGS(SETTING("proxy_read_timeout", "60s")) ",\"https_method_implied\":true"));
        present(t, "new@web1", ROUTE("new.example.org", "\"requires\":[\"teleport\"]"));
        _cleanup_free_ char *written = json_of(t);
        _cleanup_json_ cJSON *wanted = json_parse(shown, strlen(shown));
        _cleanup_json_ cJSON *got = json_parse(written, strlen(written));
        ck_assert_ptr_nonnull(wanted);
        ck_assert_msg(cJSON_Compare(wanted, got, true), "the page shows\n%s\nwritten is\n%s", shown, written);
}
END_TEST

TEST_MAIN("sites-json", every_kind_of_site_is_written, nothing_registered_is_a_document_too,
          what_is_missing_or_has_left_is_said_of_its_path, the_order_of_arrival_changes_no_byte,
          the_man_page_shows_what_is_written)
