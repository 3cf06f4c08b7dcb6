/* A hostile registration, a manifest and the words of others (the first line), all of the same bytes, through the
 * status: the JSON is JSON of printable ASCII, and every line for Prometheus is a comment or a sample. */
#include "common/json.h"
#include "consumer/status/contents.h"
#include "consumer/status/status-json.h"
#include "consumer/status/status-metrics.h"
#include "tests/unit/consumer/sites-of-table.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { NOW = 1000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An output that says nothing but those words. */
static const char *words;

static OutputState say_state(const Output *o) {
        (void)o;
        return OUTPUT_PARTLY;
}

static char *say(const Output *o) {
        (void)o;
        return xstrdup(words);
}

static void remark(const Output *o, const char *domain, OutputRemark *ret) {
        (void)o, (void)domain;
        ret->set_aside = *words == 'a' ? words : NULL;
}

static const OutputClass class = {
        .name = "fuzz", .state = say_state, .describe = say, .remark = remark, .ailment = say
};

static void require(bool holds) {
        if (!holds)
                abort();
}

static void require_printable(const char *text, const char *but) {
        for (; *text; text++)
                require((*text >= 0x20 && *text < 0x7f) || strchr(but, *text));
}

static void require_json(const StatusView *v) {
        _cleanup_free_ char *text = status_json(v);
        _cleanup_json_ cJSON *json = json_parse(text, strlen(text));

        require(json);
        require_printable(text, "");
}

/* The end of the labels, whose values are in quotes, with backslashes before quotes and backslashes. */
static const char *skip_labels(const char *c) {
        bool quoted = false;

        for (; *c && (quoted || *c != '}'); c++)
                if (quoted && *c == '\\')
                        require(*++c);
                else if (*c == '"')
                        quoted = !quoted;
        require(*c == '}');
        return c + 1;
}

static void require_sample(const char *line) {
        const char *c = line + strspn(line, "abcdefghijklmnopqrstuvwxyz_");

        require(c > line);
        if (*c == '{')
                c = skip_labels(c);
        require(*c++ == ' ');
        require(*c && c[strspn(c, "0123456789.+-eINanf")] == '\0');
}

static void require_metrics(const StatusView *v) {
        _cleanup_free_ char *text = status_metrics(v);
        const char *cursor = text;

        require_printable(text, "\n");
        for (char *line; (line = next_word(&cursor, "\n")); free(line))
                if (*line != '#')
                        require_sample(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_free_ char *bytes = xstrndup((const char *)data, size);
        _cleanup_free_ char *first = xstrndup(bytes, strcspn(bytes, "\n"));
        const char *rest = bytes + strlen(first) + (bytes[strlen(first)] == '\n');
        _cleanup_(table_freep) Table *t = table_new((TablePolicy){ .hold_max_usec = 600, .linger_usec = 30 });
        Output output = { .class = &class }, *outputs[] = { &output };
        Node node = { .name = (char *)"n1" };
        Keyspace keyspace = { 0 };

        words = first;
        (void)status_host_is_ours(first);
        require(keyspace_init(&keyspace, KEYSPACE_DEFAULT_PREFIX) == 0);
        (void)manifest_decode(&node.manifest, rest, strlen(rest));
        (void)table_present(t, "/beachhead/web@n1", rest, strlen(rest), NOW + 60, NOW);
        (void)table_present(t, "/beachhead/web@n2", rest, strlen(rest), NOW + 60, NOW);
        (void)table_absent(t, "/beachhead/web@n2", size % 2, NOW);
        _cleanup_(sites_freep) Sites *sites = sites_from_table(t, NULL);
        const NodeList nodes = { .items = &node, .count = node.manifest ? 1 : 0 };
        const StatusView v = {
                .table = t,
                .sites = sites,
                .outputs = outputs,
                .n_outputs = 1,
                .keyspaces = &keyspace,
                .n_keyspaces = 1,
                .nodes = &nodes,
                .redis = first,
                .redis_error = first,
                .ailment = first,
                .realtime_usec = NOW,
                .monotonic_usec = NOW,
        };
        require_json(&v);
        require_metrics(&v);
        (void)manifest_free(node.manifest);
        keyspace_done(&keyspace);
        return 0;
}
