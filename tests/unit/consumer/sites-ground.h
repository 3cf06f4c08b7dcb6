/* Routes as the tests write them, into a table, into sites as text. */
#pragma once

#include "consumer/sites.h"
#include "tests/unit/consumer/sites-of-table.h"
#include "tests/unit/consumer/sites-text.h"

#include <check.h>
#include <string.h>

enum { HOLD = 600, LINGER = 30 };

typedef struct Value {
        const char *instance, *value;
} Value;

static inline Table *new_table(void) {
        return table_new((TablePolicy){ .hold_max_usec = HOLD, .linger_usec = LINGER });
}

static inline void present(Table *t, const char *instance, const char *value) {
        _cleanup_free_ char *key = xasprintf("/beachhead/%s", instance);

        (void)table_present(t, key, value, strlen(value), 160, 100);
}

static inline void absent(Table *t, const char *instance, bool on_purpose) {
        _cleanup_free_ char *key = xasprintf("/beachhead/%s", instance);

        (void)table_absent(t, key, on_purpose, 100);
}

static inline void expect_under(const Claims *claims, Table *t, const char *wanted) {
        _cleanup_(sites_freep) Sites *s = sites_from_table(t, claims);
        _cleanup_free_ char *text = sites_text(s);

        ck_assert_str_eq(text, wanted);
}

static inline void expect(Table *t, const char *wanted) {
        expect_under(NULL, t, wanted);
}

/* In whatever order they came. */
static inline void expect_of(const Value *values, size_t count, const char *wanted) {
        _cleanup_(table_freep) Table *forward = new_table(), *backward = new_table();

        for (size_t i = 0; i < count; i++) {
                present(forward, values[i].instance, values[i].value);
                present(backward, values[count - 1 - i].instance, values[count - 1 - i].value);
        }
        expect(forward, wanted);
        expect(backward, wanted);
}

#define EXPECT_OF(values, wanted) expect_of(values, sizeof(values) / sizeof *(values), wanted)

/* A route without braces: ROUTE("a.org", HTTP("10.0.0.1", 80)). */
#define ROUTE(domain, ...) "[{\"domain\":\"" domain "\"," __VA_ARGS__ "}]"
#define AT(host, port) "{\"host\":\"" host "\",\"port\":" #port "}"
#define HTTP(host, port) "\"http\":" AT(host, port)
#define HTTPS(host, port) "\"https\":" AT(host, port)
#define IMPLIED(host) ",\"https\":{\"host\":\"" host "\",\"port\":443,\"implied\":true}"
#define CREATED(when) ",\"created\":" #when
#define METHOD(name) ",\"https_method\":\"" name "\""
/* "endpoint", for readers that understand what `requirements` names: REQUIRING("\"internal\"", "10.0.0.1", 80). */
#define REQUIRING(requirements, host, port)                                                                           \
        "\"endpoint\":" AT(host, port) ",\"schemes\":[\"http\",\"https\"],\"requires\":[" requirements "]"
#define PATH(path, host, port) REQUIRING("\"path\"", host, port) ",\"path\":\"" path "\""
#define PROTO(name, host, port) REQUIRING("\"proto\"", host, port) ",\"proto\":\"" name "\""
#define DEST(path) ",\"dest\":\"" path "\""
#define SETTINGS(...) ",\"settings\":{" __VA_ARGS__ "}"
#define SETTING(name, value) "\"" name "\":\"" value "\""
#define NO_ENDPOINT(schemes) "\"schemes\":[" schemes "],\"requires\":[\"no-endpoint\"]"
#define CERTIFICATE(names, email) ",\"certificate\":{\"names\":[" names "]" email "}"
#define EMAIL(address) ",\"email\":\"" address "\""
