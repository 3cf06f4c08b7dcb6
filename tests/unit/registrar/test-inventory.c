/* What the registrar knows of this host, and what it costs the Engine: counted, not timed. */
#include "common/text.h"
#include "registrar/inventory.h"
#include "tests/unit/check-main.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SECOND ((uint64_t)1000000)

/* An inventory, and what it asked for. */
typedef struct Host {
        Inventory *inventory;
        StringList asked; /* ids, in order */
        size_t answered;  /* how many of them were */
        int changes;
        uint64_t now_usec;
        uint64_t event_usec; /* of the last change */
} Host;

static void note_inspect(void *userdata, const char *id) {
        string_list_add(&((Host *)userdata)->asked, id);
}

static void note_change(void *userdata) {
        Host *h = userdata;

        h->changes++;
        h->event_usec = inventory_event_usec(h->inventory);
}

static Host *host_new_draining(uint64_t drain_max_usec) {
        Host *h = new0(Host);
        const InventoryHandlers handlers = { .inspect = note_inspect, .changed = note_change, .userdata = h };

        h->inventory = inventory_new(handlers, "BEACHHEAD_DOMAINS", drain_max_usec);
        h->now_usec = 1000 * SECOND;
        return h;
}

static Host *host_new(void) {
        return host_new_draining(300 * SECOND);
}

static Host *host_free(Host *h) {
        (void)inventory_free(h->inventory);
        string_list_clear(&h->asked);
        free(h);
        return NULL;
}
DEFINE_CLEANUP(Host *, host_free);
#define _cleanup_host_ _cleanup_(host_freep)

/* Another inventory with these settings takes the place of the host's, as when the configuration is read again. */
static void succeed(Host *h, const char *domains_variable, uint64_t drain_max_usec) {
        const InventoryHandlers handlers = { .inspect = note_inspect, .changed = note_change, .userdata = h };
        Inventory *after = inventory_new(handlers, domains_variable, drain_max_usec);

        inventory_take_over(after, h->inventory);
        (void)inventory_free(h->inventory);
        h->inventory = after;
        string_list_clear(&h->asked);
        h->answered = 0;
}

static void succeed_alike(Host *h) {
        succeed(h, "BEACHHEAD_DOMAINS", 300 * SECOND);
}

/* ---- what the Engine says ---- */

/* Ids as the Engine has them: 64 hex digits. */
static const char *id_of(int number) {
        static char ids[4][65];
        static int next;
        char *id = ids[next++ % 4];

        (void)snprintf(id, 65, "%064x", (unsigned)number);
        return id;
}

typedef struct Told {
        const char *name, *ip, *health, *variable, *started;
        bool paused, ended;
        int host_port;
} Told;

static char *inspect_reply(int number, Told t) {
        _cleanup_free_ char *health = t.health ? xasprintf(",\"Health\":{\"Status\":\"%s\"}", t.health) : xstrdup("");
        _cleanup_free_ char *ports = t.host_port
                                             ? xasprintf("{\"80/tcp\":[{\"HostIp\":\"0.0.0.0\",\"HostPort\":\"%d\"},"
                                                         "{\"HostIp\":\"::\",\"HostPort\":\"%d\"}]}",
                                                         t.host_port, t.host_port)
                                             : xstrdup("{\"80/tcp\":null}");

        return xasprintf("{\"Id\":\"%s\",\"Name\":\"/%s\",\"Created\":\"2026-01-01T00:00:00Z\","
                         "\"State\":{\"Running\":%s,\"Paused\":%s,\"StartedAt\":\"%s\"%s},\"HostConfig\":{"
                         "\"NetworkMode\":\"default\"},"
                         "\"Config\":{\"Env\":[\"BEACHHEAD_DOMAINS=%s\"],\"Labels\":{},\"StopSignal\":\"SIGTERM\"},"
                         "\"NetworkSettings\":{\"Ports\":%s,\"Networks\":{\"bridge\":{\"IPAddress\":\"%s\"}}}}",
                         id_of(number), t.name, t.ended ? "false" : "true", t.paused ? "true" : "false",
                         t.started ? t.started : "2026-01-01T00:00:00.5Z", health,
                         t.variable ? t.variable : "example.org", ports, t.ip ? t.ip : "172.17.0.2");
}

static void begin_list(Text *list) {
        text_append(list, "[");
}

static void add_to_list(Text *list, int number, Told t) {
        _cleanup_free_ char *health = t.health ? xasprintf(" (%s)", t.health) : xstrdup("");
        _cleanup_free_ char *ports =
                t.host_port ? xasprintf("{\"IP\":\"0.0.0.0\",\"PrivatePort\":80,\"PublicPort\":%d,\"Type\":\"tcp\"},"
                                        "{\"IP\":\"::\",\"PrivatePort\":80,\"PublicPort\":%d,\"Type\":\"tcp\"}",
                                        t.host_port, t.host_port)
                            : xstrdup("{\"PrivatePort\":80,\"Type\":\"tcp\"}");

        text_appendf(list,
                     "%s{\"Id\":\"%s\",\"Names\":[\"/other/alias\",\"/%s\"],\"State\":\"%s\",\"Status\":\"Up 5 "
                     "minutes%s%s\",\"Ports\":[%s],\"Labels\":{\"tricky\":\"]}\\\"[{,\"},\"NetworkSettings\":"
                     "{\"Networks\":{\"bridge\":{\"IPAddress\":\"%s\",\"GlobalIPv6Address\":\"\"}}}}",
                     list->size > 1 ? "," : "", id_of(number), t.name, t.paused ? "paused" : "running", health,
                     t.paused ? " (Paused)" : "", ports, t.ip ? t.ip : "172.17.0.2");
}

static int hear_list(Host *h, Text *list) {
        _cleanup_free_ char *bytes = NULL;

        text_append(list, "]\n");
        bytes = text_take(list);
        return inventory_listed(h->inventory, bytes, strlen(bytes), h->now_usec);
}

/* A list of one container, or of none. */
static void list_one(Host *h, int number, Told t) {
        Text list = { 0 };

        inventory_list_started(h->inventory);
        begin_list(&list);
        if (t.name)
                add_to_list(&list, number, t);
        ck_assert_int_eq(hear_list(h, &list), 0);
}

static void hear(Host *h, int number, const char *action, const char *attributes) {
        _cleanup_free_ char *line = xasprintf("{\"status\":\"%s\",\"id\":\"%s\",\"Type\":\"container\",\"Action\":"
                                              "\"%s\",\"Actor\":{\"ID\":\"%s\",\"Attributes\":{%s}}}",
                                              action, id_of(number), action, id_of(number), attributes);
        inventory_event(h->inventory, line, strlen(line), h->now_usec);
}

static void hear_network(Host *h, int number, const char *action) {
        _cleanup_free_ char *line =
                xasprintf("{\"Type\":\"network\",\"Action\":\"%s\",\"Actor\":{\"ID\":\"%064x\",\"Attributes\":"
                          "{\"container\":\"%s\",\"name\":\"bridge\",\"type\":\"bridge\"}}}",
                          action, 77, id_of(number));
        inventory_event(h->inventory, line, strlen(line), h->now_usec);
}

/* Answers the oldest inspect that is under way; it must be about this container. */
static void answer(Host *h, int number, Told t) {
        _cleanup_free_ char *reply = inspect_reply(number, t);

        ck_assert_uint_lt(h->answered, h->asked.count);
        ck_assert_str_eq(h->asked.items[h->answered], id_of(number));
        h->answered++;
        inventory_inspected(h->inventory, id_of(number), reply, strlen(reply));
}

static void answer_failure(Host *h, int number, bool gone) {
        ck_assert_str_eq(h->asked.items[h->answered], id_of(number));
        h->answered++;
        inventory_inspect_failed(h->inventory, id_of(number), gone, "it says\nno");
}

static void start(Host *h, int number, Told t) {
        _cleanup_free_ char *attributes = xasprintf("\"name\":\"%s\"", t.name);

        hear_network(h, number, "connect");
        hear(h, number, "start", attributes);
        answer(h, number, t);
}

/* ---- what the inventory says ---- */

static void describe(void *userdata, const SourceItem *item) {
        const Container *c = item->container;
        Text *t = userdata;

        text_appendf(t, "%s%s", t->size > 0 ? " " : "", c->name);
        if (item->unread)
                text_append(t, "?");
        else if (c->n_networks > 0)
                text_appendf(t, "=%s", c->networks[0].ipv4);
        if (item->draining)
                text_append(t, "~");
        if (c->paused)
                text_append(t, "!");
        if (c->health != HEALTH_NONE)
                text_append(t, c->health == HEALTH_HEALTHY ? "+" : c->health == HEALTH_STARTING ? "*" : "-");
}

static void assert_known(const Host *h, const char *expected) {
        Text t = { 0 };

        inventory_each(h->inventory, describe, &t);
        _cleanup_free_ char *known = text_take(&t);
        ck_assert_str_eq(known, expected);
}

/* How many inspects, and whether what is published may differ, since the last call of it. */
static void assert_cost(Host *h, size_t inspects, int changes) {
        ck_assert_uint_eq(h->asked.count, inspects);
        ck_assert_int_eq(h->changes, changes);
        string_list_clear(&h->asked);
        h->answered = 0;
        h->changes = 0;
}

/* A host with one container "web", read and registered, and a list that has it. */
static Host *host_with_web(Told t) {
        Host *h = host_new();

        t.name = "web";
        list_one(h, 1, t);
        answer(h, 1, t);
        assert_cost(h, 1, 1);
        return h;
}

static const Told web = { .name = "web" };
static const Told nothing = { .name = NULL };

#define WEB "\"name\":\"web\""
#define KILL(signal) WEB ",\"signal\":\"" signal "\""

/* ---- costs ---- */

static void list_many(Host *h, int count) {
        Text list = { 0 };

        inventory_list_started(h->inventory);
        begin_list(&list);
        for (int n = 1; n <= count; n++) {
                _cleanup_free_ char *name = xasprintf("c%04d", n), *ip = xasprintf("10.0.%d.%d", n / 250, n % 250);
                add_to_list(&list, n, (Told){ .name = name, .ip = ip, .health = n % 2 ? "healthy" : NULL });
        }
        ck_assert_int_eq(hear_list(h, &list), 0);
}

static void answer_many(Host *h, int count) {
        for (int n = 1; n <= count; n++) {
                _cleanup_free_ char *name = xasprintf("c%04d", n), *ip = xasprintf("10.0.%d.%d", n / 250, n % 250);
                answer(h, n, (Told){ .name = name, .ip = ip, .health = n % 2 ? "healthy" : NULL });
        }
}

START_TEST(with_a_thousand_containers_one_more_costs_one_inspect) {
        _cleanup_host_ Host *h = host_new();

        list_many(h, 1000);
        answer_many(h, 1000);
        ck_assert_uint_eq(inventory_count(h->inventory), 1000);
        assert_cost(h, 1000, 1000);

        hear(h, 2000, "create", "\"name\":\"new\"");
        hear_network(h, 2000, "connect");
        hear(h, 2000, "start", "\"name\":\"new\"");
        answer(h, 2000, (Told){ .name = "new" });
        assert_cost(h, 1, 1);
        ck_assert_uint_eq(inventory_count(h->inventory), 1001);
}
END_TEST

static void note_revision(void *userdata, const SourceItem *item) {
        uint64_t *revisions = *(uint64_t **)userdata;

        *revisions = item->revision;
        *(uint64_t **)userdata = revisions + 1;
}

START_TEST(only_the_container_that_differs_has_another_revision) {
        enum { COUNT = 5, PAUSED = 3, RESTARTED = 4 };
        uint64_t before[COUNT], after[COUNT], *cursor = before;
        _cleanup_host_ Host *h = host_new();

        list_many(h, COUNT);
        answer_many(h, COUNT);
        inventory_each(h->inventory, note_revision, &cursor);
        hear(h, PAUSED, "pause", "\"name\":\"c0003\"");
        hear(h, RESTARTED, "start", "\"name\":\"c0004\"");
        answer(h, RESTARTED, (Told){ .name = "c0004", .ip = "10.0.0.99" });
        cursor = after;
        inventory_each(h->inventory, note_revision, &cursor);
        for (int n = 1; n <= COUNT; n++)
                ck_assert_int_eq(before[n - 1] != after[n - 1], n == PAUSED || n == RESTARTED);
}
END_TEST

START_TEST(a_refresh_costs_no_inspect) {
        _cleanup_host_ Host *h = host_new();

        list_many(h, 1000);
        answer_many(h, 1000);
        assert_cost(h, 1000, 1000);
        list_many(h, 1000);
        list_many(h, 1000);
        assert_cost(h, 0, 0);
}
END_TEST

START_TEST(these_events_cost_no_inspect) {
        static const struct {
                const char *action, *attributes, *known;
                int changes;
        } cases[] = {
                { "pause", WEB, "web=172.17.0.2!*", 1 },
                { "pause", WEB, "web=172.17.0.2!*", 0 },
                { "unpause", WEB, "web=172.17.0.2*", 1 },
                { "health_status: healthy", WEB, "web=172.17.0.2+", 1 },
                { "health_status: healthy", WEB, "web=172.17.0.2+", 0 },
                { "health_status: unhealthy", WEB, "web=172.17.0.2-", 1 },
                { "health_status: nonsense", WEB, "web=172.17.0.2-", 0 },
                { "health_status", WEB ",\"health_status\":\"healthy\"", "web=172.17.0.2+", 1 },
                { "exec_create: /bin/sh -c true", WEB, "web=172.17.0.2+", 0 },
                { "exec_die", WEB ",\"exitCode\":\"137\"", "web=172.17.0.2+", 0 },
                { "oom", WEB, "web=172.17.0.2+", 0 },
                { "top", WEB, "web=172.17.0.2+", 0 },
                { "kill", KILL("1"), "web=172.17.0.2+", 0 },
                { "kill", KILL("15"), "web=172.17.0.2~+", 1 },
                { "kill", KILL("9"), "web=172.17.0.2~+", 0 },
                { "die", WEB ",\"exitCode\":\"0\"", "", 1 },
                { "stop", WEB, "", 0 },
                { "destroy", WEB, "", 0 },
        };
        _cleanup_host_ Host *h = host_with_web((Told){ .health = "starting" });

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                hear(h, 1, cases[i].action, cases[i].attributes);
                assert_known(h, cases[i].known);
                assert_cost(h, 0, cases[i].changes);
        }
}
END_TEST

START_TEST(podmans_end_is_an_end) {
        static const char *const actions[] = { "stop", "remove", "destroy", "die" };

        for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
                _cleanup_host_ Host *h = host_with_web(web);
                hear(h, 1, actions[i], WEB);
                assert_known(h, "");
                assert_cost(h, 0, 1);
        }
}
END_TEST

START_TEST(podmans_health_stands_beside_the_attributes) {
        _cleanup_host_ Host *h = host_with_web((Told){ .health = "starting" });
        _cleanup_free_ char *line =
                xasprintf("{\"Type\":\"container\",\"Action\":\"health_status\",\"Actor\":{\"ID\":\"%s\","
                          "\"Attributes\":{\"name\":\"web\"}},\"HealthStatus\":\"healthy\"}",
                          id_of(1));

        inventory_event(h->inventory, line, strlen(line), h->now_usec);
        assert_known(h, "web=172.17.0.2+");
        assert_cost(h, 0, 1);
}
END_TEST

START_TEST(networks_matter_for_registered_containers_alone) {
        _cleanup_host_ Host *h = host_with_web(web);

        hear_network(h, 2, "connect");
        assert_cost(h, 0, 0);
        hear_network(h, 1, "connect");
        answer(h, 1, (Told){ .name = "web", .ip = "172.18.0.2" });
        assert_known(h, "web=172.18.0.2");
        assert_cost(h, 1, 1);
        hear_network(h, 1, "disconnect");
        answer(h, 1, (Told){ .name = "web", .ip = "172.18.0.2" });
        assert_cost(h, 1, 0);
        hear_network(h, 1, "remove");
        assert_cost(h, 0, 0);
}
END_TEST

START_TEST(a_rename_is_looked_at) {
        _cleanup_host_ Host *h = host_with_web(web);

        hear(h, 1, "rename", "\"name\":\"shop\",\"oldName\":\"/web\"");
        assert_known(h, "web=172.17.0.2");
        answer(h, 1, (Told){ .name = "shop" });
        assert_known(h, "shop=172.17.0.2");
        assert_cost(h, 1, 1);
}
END_TEST

START_TEST(an_inspect_that_tells_nothing_new_changes_nothing) {
        static const Told different[] = {
                { .name = "web", .ip = "172.17.0.3" },
                { .name = "web", .health = "healthy" },
                { .name = "web", .variable = "other.org" },
                { .name = "web", .paused = true },
                { .name = "web", .ended = true },
                { .name = "web", .host_port = 8080 },
                { .name = "shop" },
        };

        for (size_t i = 0; i < sizeof different / sizeof *different; i++) {
                _cleanup_host_ Host *h = host_with_web(web);
                hear_network(h, 1, "connect");
                answer(h, 1, web);
                assert_cost(h, 1, 0);
                hear_network(h, 1, "connect");
                answer(h, 1, different[i]);
                assert_cost(h, 1, 1);
        }
}
END_TEST

/* ---- lists ---- */

START_TEST(a_list_finds_what_happened_while_nobody_listened) {
        static const struct {
                const char *what;
                Told known, listed;
                size_t inspects;
                int changes;
        } cases[] = {
                { "nothing", { .name = "web" }, { .name = "web" }, 0, 0 },
                { "restarted", { .name = "web" }, { .name = "web", .ip = "172.17.0.9" }, 1, 0 },
                { "renamed", { .name = "web" }, { .name = "shop" }, 1, 0 },
                { "published", { .name = "web", .host_port = 1 }, { .name = "web", .host_port = 2 }, 1, 0 },
                { "same port", { .name = "web", .host_port = 1 }, { .name = "web", .host_port = 1 }, 0, 0 },
                { "paused", { .name = "web" }, { .name = "web", .paused = true }, 0, 1 },
                { "unpaused", { .name = "web", .paused = true }, { .name = "web" }, 0, 1 },
                { "well", { .name = "web", .health = "starting" }, { .name = "web", .health = "healthy" }, 0, 1 },
                { "ill", { .name = "web", .health = "healthy" }, { .name = "web", .health = "unhealthy" }, 0, 1 },
                { "not well yet",
                  { .name = "web", .health = "starting" },
                  { .name = "web", .health = "health: starting" },
                  0,
                  0 },
                { "Podman tells no health", { .name = "web", .health = "healthy" }, { .name = "web" }, 0, 0 },
                { "nor this one", { .name = "web", .health = "starting" }, { .name = "web" }, 1, 0 },
                { "started again", { .name = "web", .ended = true }, { .name = "web" }, 1, 0 },
                { "gone", { .name = "web" }, { .name = NULL }, 0, 1 },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_host_ Host *h = host_with_web(cases[i].known);
                list_one(h, 1, cases[i].listed);
                ck_assert_msg(h->asked.count == cases[i].inspects, "%s: %zu inspects", cases[i].what, h->asked.count);
                ck_assert_msg(h->changes == cases[i].changes, "%s: %d changes", cases[i].what, h->changes);
        }
}
END_TEST

START_TEST(a_list_that_goes_on_contradicting_is_asked_about_once) {
        _cleanup_host_ Host *h = host_with_web(web);
        const Told strange = { .name = "web", .ip = "172.17.0.9" };

        list_one(h, 1, strange);
        answer(h, 1, web);
        assert_cost(h, 1, 0);
        list_one(h, 1, strange);
        assert_cost(h, 0, 0);
        list_one(h, 1, (Told){ .name = "web", .ip = "172.17.0.10" });
        answer(h, 1, web);
        assert_cost(h, 1, 0);
        list_one(h, 1, web);
        assert_cost(h, 0, 0);
        list_one(h, 1, strange);
        assert_cost(h, 1, 0);
}
END_TEST

START_TEST(what_is_no_list_changes_nothing) {
        static const char *const bad[] = {
                "",           "{}",
                "null",       "[",
                "[{}",        "[{},]",
                "[,{}]",      "[]x",
                "[{}}]",      "[{}][",
                "[] []",      "<html>",
                "[{\"Id\":]", "[{\"Id\":\"\\",
                "[\"",        "[{]",
                "[[}]",       "[{\"a\"",
                "]",          "{\"message\":\"no\"}",
        };
        _cleanup_host_ Host *h = host_with_web(web);

        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                inventory_list_started(h->inventory);
                ck_assert_msg(inventory_listed(h->inventory, bad[i], strlen(bad[i]), 0) == -EBADMSG, "%s was taken",
                              bad[i]);
        }
        assert_known(h, "web=172.17.0.2");
        assert_cost(h, 0, 0);
}
END_TEST

START_TEST(what_is_no_container_is_left_out_of_a_list) {
        _cleanup_host_ Host *h = host_new();
        const char *list = "[7, null, {}, {\"Id\":7}, {\"Id\":\"\"}, {\"Id\":\"../../x\"}, {\"Id\":\"ab?x=1\"},"
                           "{\"Id\":\"00000000000000000000000000000000000000000000000000000000000000000\"},"
                           "{\"Id\":\"aa\",\"State\":\"restarting\"}, {\"Id\":\"bb\",\"State\":\"exited\"},"
                           "{\"Id\":\"cc\",\"State\":\"running\",\"Names\":[\"/../x\"]}, {\"Id\":\"dd\"}]";

        inventory_list_started(h->inventory);
        ck_assert_int_eq(inventory_listed(h->inventory, list, strlen(list), 0), 0);
        ck_assert_uint_eq(h->asked.count, 2);
        ck_assert_str_eq(h->asked.items[0], "cc");
        ck_assert_str_eq(h->asked.items[1], "dd");
        assert_known(h, "");
}
END_TEST

START_TEST(more_containers_than_are_kept_are_ignored) {
        _cleanup_host_ Host *h = host_new();
        Text list = { 0 };

        inventory_list_started(h->inventory);
        begin_list(&list);
        for (int n = 1; n <= INVENTORY_CONTAINERS_MAX; n++)
                text_appendf(&list, "%s{\"Id\":\"%x\"}", n > 1 ? "," : "", (unsigned)n);
        ck_assert_int_eq(hear_list(h, &list), 0);
        ck_assert_uint_eq(inventory_count(h->inventory), INVENTORY_CONTAINERS_MAX);
        assert_cost(h, INVENTORY_CONTAINERS_MAX, 0);

        hear(h, INVENTORY_CONTAINERS_MAX + 1, "start", WEB);
        assert_cost(h, 0, 0);
        ck_assert_uint_eq(inventory_count(h->inventory), INVENTORY_CONTAINERS_MAX);
}
END_TEST

/* ---- races ---- */

START_TEST(a_list_does_not_revive_what_died_since_it_was_asked_for) {
        _cleanup_host_ Host *h = host_with_web(web);
        Text list = { 0 };

        inventory_list_started(h->inventory);
        hear(h, 1, "die", WEB);
        hear(h, 2, "die", "\"name\":\"never-seen\"");
        begin_list(&list);
        add_to_list(&list, 1, web);
        add_to_list(&list, 2, (Told){ .name = "never-seen" });
        ck_assert_int_eq(hear_list(h, &list), 0);
        assert_known(h, "");
        assert_cost(h, 0, 1);
        /* The next one is newer than the death: what it has runs again. */
        list_one(h, 1, web);
        assert_cost(h, 1, 0);
}
END_TEST

START_TEST(a_list_does_not_drop_what_started_since_it_was_asked_for) {
        _cleanup_host_ Host *h = host_with_web(web);
        Text list = { 0 };

        inventory_list_started(h->inventory);
        start(h, 2, (Told){ .name = "new", .ip = "172.17.0.3" });
        begin_list(&list);
        add_to_list(&list, 1, web);
        ck_assert_int_eq(hear_list(h, &list), 0);
        assert_known(h, "new=172.17.0.3 web=172.17.0.2");
        assert_cost(h, 1, 1);
}
END_TEST

START_TEST(a_list_does_not_take_back_what_events_said_since) {
        static const char *const actions[] = { "pause", "health_status: unhealthy", "rename" };

        for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
                _cleanup_host_ Host *h = host_with_web((Told){ .health = "healthy" });
                Text list = { 0 };

                inventory_list_started(h->inventory);
                hear(h, 1, actions[i], WEB);
                size_t inspects = h->asked.count;
                int changes = h->changes;
                begin_list(&list);
                add_to_list(&list, 1, (Told){ .name = "old", .ip = "172.17.0.7", .health = "healthy" });
                ck_assert_int_eq(hear_list(h, &list), 0);
                assert_cost(h, inspects, changes);
        }
}
END_TEST

START_TEST(a_list_that_was_given_up_leaves_no_trace) {
        _cleanup_host_ Host *h = host_with_web(web);

        inventory_list_started(h->inventory);
        hear(h, 1, "die", WEB);
        assert_cost(h, 0, 1);
        list_one(h, 1, web);
        answer(h, 1, web);
        assert_known(h, "web=172.17.0.2");
        assert_cost(h, 1, 1);
}
END_TEST

START_TEST(an_answer_that_was_overtaken_is_asked_for_again) {
        static const char *const actions[] = { "start", "rename", "pause", "unpause", "health_status: healthy", NULL };

        for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
                _cleanup_host_ Host *h = host_new();
                hear(h, 1, "start", WEB);
                if (actions[i])
                        hear(h, 1, actions[i], WEB);
                else
                        hear_network(h, 1, "connect");
                assert_known(h, "web?");
                answer(h, 1, (Told){ .name = "web", .ip = "172.17.0.8" });
                assert_known(h, "web?");
                answer(h, 1, (Told){ .name = "web", .ip = "172.17.0.9" });
                assert_known(h, "web=172.17.0.9");
                assert_cost(h, 2, 1);
        }
}
END_TEST

START_TEST(an_overtaken_failure_is_asked_for_again) {
        _cleanup_host_ Host *h = host_new();

        hear(h, 1, "start", WEB);
        hear(h, 1, "die", WEB);
        hear(h, 1, "start", WEB);
        answer_failure(h, 1, true);
        assert_known(h, "web?");
        answer(h, 1, web);
        assert_known(h, "web=172.17.0.2");
        ck_assert_uint_eq(h->asked.count, 2);
}
END_TEST

START_TEST(an_answer_about_one_that_died_meanwhile_is_dropped) {
        _cleanup_host_ Host *h = host_new();
        _cleanup_free_ char *reply = inspect_reply(1, web);

        hear(h, 1, "start", WEB);
        hear(h, 1, "die", WEB);
        answer(h, 1, web);
        assert_known(h, "");
        ck_assert_uint_eq(inventory_count(h->inventory), 0);
        /* Nobody asked. */
        inventory_inspected(h->inventory, id_of(1), reply, strlen(reply));
        inventory_inspect_failed(h->inventory, id_of(1), true, "no");
        assert_known(h, "");
}
END_TEST

START_TEST(an_answer_from_an_earlier_life_is_not_believed) {
        _cleanup_host_ Host *h = host_new();

        list_one(h, 1, web);
        hear(h, 1, "die", WEB);
        list_one(h, 1, web);
        answer(h, 1, (Told){ .name = "web", .ip = "172.17.0.7" });
        assert_known(h, "web?");
        answer(h, 1, (Told){ .name = "web", .ip = "172.17.0.8" });
        assert_known(h, "web=172.17.0.8");
}
END_TEST

START_TEST(a_restart_is_read_anew) {
        _cleanup_host_ Host *h = host_with_web(web);

        hear(h, 1, "kill", KILL("15"));
        hear(h, 1, "die", WEB);
        hear_network(h, 1, "disconnect");
        hear(h, 1, "stop", WEB);
        hear_network(h, 1, "connect");
        hear(h, 1, "start", WEB);
        hear(h, 1, "restart", WEB);
        assert_known(h, "web?");
        answer(h, 1, (Told){ .name = "web", .ip = "172.17.0.5" });
        assert_known(h, "web=172.17.0.5");
        assert_cost(h, 1, 3);
}
END_TEST

START_TEST(one_that_is_unpaused_and_not_known_is_read) {
        _cleanup_host_ Host *h = host_with_web(web);

        hear(h, 1, "pause", WEB);
        list_one(h, 1, nothing); /* as Podman lists it */
        assert_known(h, "");
        hear(h, 1, "unpause", WEB);
        answer(h, 1, web);
        assert_known(h, "web=172.17.0.2");
        assert_cost(h, 1, 3);
}
END_TEST

/* ---- draining ---- */

START_TEST(a_drain_ends_with_the_container) {
        _cleanup_host_ Host *h = host_with_web(web);

        hear(h, 1, "kill", KILL("SIGTERM"));
        assert_known(h, "web=172.17.0.2~");
        list_one(h, 1, web);
        assert_known(h, "web=172.17.0.2~");
        assert_cost(h, 0, 1);
        ck_assert_uint_eq(inventory_next_deadline(h->inventory), h->now_usec + 300 * SECOND);
        hear(h, 1, "die", WEB);
        assert_known(h, "");
        ck_assert_uint_eq(inventory_next_deadline(h->inventory), UINT64_MAX);
}
END_TEST

START_TEST(who_ignores_the_signal_is_registered_again) {
        _cleanup_host_ Host *h = host_with_web(web);

        hear(h, 1, "kill", KILL("15"));
        uint64_t deadline = inventory_next_deadline(h->inventory);
        inventory_expire_drains(h->inventory, deadline - 1);
        assert_known(h, "web=172.17.0.2~");
        assert_cost(h, 0, 1);
        inventory_expire_drains(h->inventory, deadline);
        assert_known(h, "web=172.17.0.2");
        assert_cost(h, 0, 1);
        ck_assert_uint_eq(inventory_next_deadline(h->inventory), UINT64_MAX);
        hear(h, 1, "kill", KILL("9"));
        assert_known(h, "web=172.17.0.2~");
}
END_TEST

START_TEST(a_drain_ends_with_a_start) {
        _cleanup_host_ Host *h = host_with_web(web);

        hear(h, 1, "kill", KILL("15"));
        hear(h, 1, "start", WEB);
        assert_known(h, "web?");
        answer(h, 1, web);
        assert_known(h, "web=172.17.0.2");
        ck_assert_uint_eq(inventory_next_deadline(h->inventory), UINT64_MAX);
        assert_cost(h, 1, 2);
}
END_TEST

/* The Engine was restarted in the middle: neither the end nor the start was heard, and the list says running. */
START_TEST(a_drain_ends_with_a_start_that_nobody_heard) {
        static const Told again = { .name = "web", .started = "2026-01-01T00:09:00.5Z" };
        _cleanup_host_ Host *h = host_with_web(web);

        hear(h, 1, "kill", KILL("15"));
        assert_cost(h, 0, 1);
        inventory_missed_events(h->inventory);
        list_one(h, 1, web);
        assert_known(h, "web=172.17.0.2~");
        answer(h, 1, web); /* it is the same life: it drains on, and is not asked about at every list */
        assert_known(h, "web=172.17.0.2~");
        list_one(h, 1, web);
        assert_cost(h, 1, 0);

        inventory_missed_events(h->inventory);
        list_one(h, 1, web);
        answer(h, 1, again);
        assert_known(h, "web=172.17.0.2");
        ck_assert_uint_eq(inventory_next_deadline(h->inventory), UINT64_MAX);
        assert_cost(h, 1, 1);
}
END_TEST

START_TEST(without_drain_time_a_signal_means_nothing) {
        _cleanup_host_ Host *h = host_new_draining(0);

        start(h, 1, web);
        hear(h, 1, "kill", KILL("15"));
        assert_known(h, "web=172.17.0.2");
        ck_assert_uint_eq(inventory_next_deadline(h->inventory), UINT64_MAX);
}
END_TEST

START_TEST(a_signal_that_names_none_means_nothing) {
        static const char *const attributes[] = { WEB, KILL(""), KILL("nonsense"), KILL("2") };
        _cleanup_host_ Host *h = host_with_web(web);

        for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++)
                hear(h, 1, "kill", attributes[i]);
        assert_known(h, "web=172.17.0.2");
        assert_cost(h, 0, 0);
}
END_TEST

START_TEST(one_that_was_told_to_end_before_it_was_read_drains) {
        _cleanup_host_ Host *h = host_new();

        list_one(h, 1, web);
        hear(h, 1, "kill", KILL("15"));
        answer(h, 1, web);
        assert_known(h, "web=172.17.0.2~");
        ck_assert_uint_eq(inventory_next_deadline(h->inventory), h->now_usec + 300 * SECOND);
}
END_TEST

/* ---- failures ---- */

START_TEST(one_that_cannot_be_read_is_known_by_name_and_asked_again) {
        _cleanup_host_ Host *h = host_new();

        list_one(h, 1, web);
        answer_failure(h, 1, false);
        assert_known(h, "web?");
        ck_assert(inventory_is_complete(h->inventory));
        assert_cost(h, 1, 1);
        list_one(h, 1, web);
        answer(h, 1, web);
        assert_known(h, "web=172.17.0.2");
        assert_cost(h, 1, 1);
        list_one(h, 1, web);
        assert_cost(h, 0, 0);
}
END_TEST

START_TEST(what_was_read_before_outlives_a_failure) {
        static const char *const bad[] = { "", "no", "{}",
                                           "{\"Id\":\"ff\",\"Name\":\"/x\",\"State\":{},\"Config\":{}}" };

        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                _cleanup_host_ Host *h = host_with_web(web);
                hear_network(h, 1, "connect");
                inventory_inspected(h->inventory, id_of(1), bad[i], strlen(bad[i]));
                assert_known(h, "web=172.17.0.2");
                assert_cost(h, 1, 0);
                list_one(h, 1, web);
                assert_cost(h, 1, 0);
        }
}
END_TEST

START_TEST(one_that_the_engine_does_not_know_is_gone) {
        _cleanup_host_ Host *h = host_with_web(web);

        hear_network(h, 1, "connect");
        answer_failure(h, 1, true);
        assert_known(h, "");
        assert_cost(h, 1, 1);
}
END_TEST

START_TEST(it_is_complete_once_all_that_was_listed_is_answered) {
        _cleanup_host_ Host *h = host_new();
        Text list = { 0 };

        ck_assert(!inventory_is_complete(h->inventory));
        inventory_list_started(h->inventory);
        begin_list(&list);
        add_to_list(&list, 1, web);
        add_to_list(&list, 2, (Told){ .name = "b" });
        add_to_list(&list, 3, (Told){ .name = "c" });
        ck_assert_int_eq(hear_list(h, &list), 0);
        assert_known(h, "b? c? web?");
        ck_assert_int_eq(h->changes, 0);
        answer(h, 1, web);
        answer_failure(h, 2, false);
        ck_assert(!inventory_is_complete(h->inventory));
        ck_assert_int_eq(h->changes, 1);
        hear(h, 3, "die", "\"name\":\"c\"");
        ck_assert(inventory_is_complete(h->inventory));
        ck_assert_int_eq(h->changes, 2);
        list_one(h, 9, (Told){ .name = "late" });
        ck_assert(inventory_is_complete(h->inventory));
}
END_TEST

START_TEST(a_host_without_containers_is_complete) {
        _cleanup_host_ Host *h = host_new();

        list_one(h, 1, nothing);
        ck_assert(inventory_is_complete(h->inventory));
        assert_cost(h, 0, 1);
        list_one(h, 1, nothing);
        assert_cost(h, 0, 0);
}
END_TEST

START_TEST(garbage_between_events_hurts_nobody) {
        static const char *const bad[] = {
                "x",
                "{}",
                "[]",
                "null",
                "\x01\xff",
                "{\"Type\":\"container\"}",
                "{\"Type\":7,\"Action\":[]}",
                "{\"Type\":\"container\",\"Action\":\"die\"}",
                "{\"Type\":\"container\",\"Action\":\"die\",\"Actor\":{\"ID\":\"../x\"}}",
                "{\"Type\":\"container\",\"Action\":\"start\",\"Actor\":{\"ID\":\"a/../../secrets?\"}}",
                "{\"Type\":\"network\",\"Action\":\"connect\",\"Actor\":{\"Attributes\":{\"container\":\"x y\"}}}",
                "{\"Type\":\"image\",\"Action\":\"pull\"}",
        };
        _cleanup_host_ Host *h = host_with_web(web);

        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
                inventory_event(h->inventory, bad[i], strlen(bad[i]), 0);
        assert_known(h, "web=172.17.0.2");
        assert_cost(h, 0, 0);
}
END_TEST

START_TEST(containers_come_in_the_order_of_their_names) {
        _cleanup_host_ Host *h = host_new();

        start(h, 3, (Told){ .name = "b" });
        start(h, 1, (Told){ .name = "c" });
        start(h, 2, (Told){ .name = "a" });
        hear(h, 4, "start", "\"name\":\"aa\"");
        assert_known(h, "a=172.17.0.2 aa? b=172.17.0.2 c=172.17.0.2");
}
END_TEST

START_TEST(a_successor_knows_what_was_known_at_no_cost) {
        _cleanup_host_ Host *h = host_with_web(web);
        Text list = { 0 };

        start(h, 2, (Told){ .name = "other", .ip = "172.17.0.3" });
        hear(h, 3, "start", "\"name\":\"unread\"");
        assert_cost(h, 2, 1);
        hear(h, 2, "pause", "");
        assert_cost(h, 0, 1);
        succeed_alike(h);
        ck_assert(inventory_is_complete(h->inventory));
        ck_assert_uint_eq(inventory_count(h->inventory), 3);
        assert_known(h, "other=172.17.0.3! unread? web=172.17.0.2");
        inventory_list_started(h->inventory);
        begin_list(&list);
        add_to_list(&list, 1, web);
        add_to_list(&list, 3, (Told){ .name = "unread" });
        ck_assert_int_eq(hear_list(h, &list), 0);
        assert_known(h, "unread? web=172.17.0.2");
        answer(h, 3, (Told){ .name = "unread", .ip = "172.17.0.4" });
        assert_known(h, "unread=172.17.0.4 web=172.17.0.2");
        assert_cost(h, 1, 2);
}
END_TEST

START_TEST(a_successor_asks_again_what_was_not_answered) {
        _cleanup_host_ Host *h = host_with_web(web);

        hear_network(h, 1, "disconnect");
        assert_cost(h, 1, 0);
        succeed_alike(h);
        inventory_missed_events(h->inventory);
        list_one(h, 1, web);
        ck_assert_uint_eq(h->asked.count, 1);
        answer(h, 1, (Told){ .name = "web", .ip = "172.17.0.9" });
        assert_known(h, "web=172.17.0.9");
}
END_TEST

START_TEST(a_successor_of_one_that_was_not_complete_is_not_either) {
        _cleanup_host_ Host *h = host_new();

        list_one(h, 1, web);
        succeed_alike(h);
        ck_assert(!inventory_is_complete(h->inventory));
        list_one(h, 1, web);
        ck_assert(!inventory_is_complete(h->inventory));
        answer(h, 1, web);
        ck_assert(inventory_is_complete(h->inventory));
}
END_TEST

START_TEST(a_successor_with_another_variable_reads_everything_anew) {
        _cleanup_host_ Host *h = host_with_web(web);

        hear(h, 1, "kill", "\"signal\":\"15\"");
        succeed(h, "DOMAINS", 300 * SECOND);
        ck_assert(!inventory_is_complete(h->inventory));
        assert_known(h, "web?");
        list_one(h, 1, web);
        answer(h, 1, web);
        assert_known(h, "web=172.17.0.2~");
        ck_assert(inventory_is_complete(h->inventory));
}
END_TEST

START_TEST(what_drains_drains_on_with_a_successor) {
        _cleanup_host_ Host *h = host_with_web(web);

        hear(h, 1, "kill", "\"signal\":\"15\"");
        uint64_t deadline = inventory_next_deadline(h->inventory);
        succeed_alike(h);
        assert_known(h, "web=172.17.0.2~");
        ck_assert_uint_eq(inventory_next_deadline(h->inventory), deadline);
        inventory_expire_drains(h->inventory, deadline);
        assert_known(h, "web=172.17.0.2");
        ck_assert_uint_eq(inventory_next_deadline(h->inventory), UINT64_MAX);
}
END_TEST

START_TEST(a_successor_without_drain_time_registers_what_drained) {
        _cleanup_host_ Host *h = host_with_web(web);

        hear(h, 1, "kill", "\"signal\":\"15\"");
        hear(h, 2, "start", "\"name\":\"other\"");
        hear(h, 2, "kill", "\"signal\":\"15\"");
        succeed(h, "BEACHHEAD_DOMAINS", 0);
        assert_known(h, "other? web=172.17.0.2");
        ck_assert_uint_eq(inventory_next_deadline(h->inventory), UINT64_MAX);
        hear(h, 2, "rename", "\"name\":\"other\"");
        answer(h, 2, (Told){ .name = "other", .ip = "172.17.0.3" });
        assert_known(h, "other=172.17.0.3 web=172.17.0.2");
}
END_TEST

/* Each step a second after the one before. */
START_TEST(a_change_names_the_event_that_it_follows_from) {
        _cleanup_host_ Host *h = host_new();

        list_one(h, 1, web);
        answer(h, 1, web);
        ck_assert_uint_eq(h->event_usec, 0);

        hear(h, 1, "pause", WEB);
        ck_assert_uint_eq(h->event_usec, h->now_usec);

        uint64_t started = h->now_usec += SECOND;
        hear(h, 1, "start", WEB);
        h->now_usec += SECOND;
        hear_network(h, 1, "connect"); /* overtakes the answer: asked again, for the first event's sake still */
        answer(h, 1, web);
        h->now_usec += SECOND;
        answer(h, 1, web);
        ck_assert_uint_eq(h->event_usec, started);

        h->now_usec += SECOND;
        list_one(h, 1, (Told){ .name = "web", .ip = "172.17.0.9" });
        answer(h, 1, (Told){ .name = "web", .ip = "172.17.0.9" });
        ck_assert_uint_eq(h->event_usec, 0);

        h->now_usec += SECOND;
        hear(h, 1, "die", WEB);
        ck_assert_uint_eq(h->event_usec, h->now_usec);
        assert_known(h, "");
}
END_TEST

START_TEST(an_event_is_forgotten_with_the_life_that_it_is_about) {
        _cleanup_host_ Host *h = host_with_web(web);

        hear(h, 1, "start", WEB);
        h->now_usec += SECOND;
        hear(h, 1, "die", WEB);
        uint64_t started = h->now_usec += SECOND;
        hear(h, 1, "start", WEB);
        answer(h, 1, web);
        answer(h, 1, web);
        ck_assert_uint_eq(h->event_usec, started);
}
END_TEST

TEST_MAIN("inventory", with_a_thousand_containers_one_more_costs_one_inspect, a_refresh_costs_no_inspect,
          these_events_cost_no_inspect, podmans_end_is_an_end, podmans_health_stands_beside_the_attributes,
          networks_matter_for_registered_containers_alone, a_rename_is_looked_at,
          an_inspect_that_tells_nothing_new_changes_nothing, only_the_container_that_differs_has_another_revision,
          a_list_finds_what_happened_while_nobody_listened, a_list_that_goes_on_contradicting_is_asked_about_once,
          what_is_no_list_changes_nothing, what_is_no_container_is_left_out_of_a_list,
          more_containers_than_are_kept_are_ignored, a_list_does_not_revive_what_died_since_it_was_asked_for,
          a_list_does_not_drop_what_started_since_it_was_asked_for, a_list_does_not_take_back_what_events_said_since,
          a_list_that_was_given_up_leaves_no_trace, an_answer_that_was_overtaken_is_asked_for_again,
          an_overtaken_failure_is_asked_for_again, an_answer_about_one_that_died_meanwhile_is_dropped,
          an_answer_from_an_earlier_life_is_not_believed, a_restart_is_read_anew,
          one_that_is_unpaused_and_not_known_is_read, a_drain_ends_with_the_container,
          who_ignores_the_signal_is_registered_again, a_drain_ends_with_a_start,
          a_drain_ends_with_a_start_that_nobody_heard, without_drain_time_a_signal_means_nothing,
          a_signal_that_names_none_means_nothing, one_that_was_told_to_end_before_it_was_read_drains,
          one_that_cannot_be_read_is_known_by_name_and_asked_again, what_was_read_before_outlives_a_failure,
          one_that_the_engine_does_not_know_is_gone, it_is_complete_once_all_that_was_listed_is_answered,
          a_host_without_containers_is_complete, garbage_between_events_hurts_nobody,
          containers_come_in_the_order_of_their_names, a_successor_knows_what_was_known_at_no_cost,
          a_successor_asks_again_what_was_not_answered, a_successor_of_one_that_was_not_complete_is_not_either,
          a_successor_with_another_variable_reads_everything_anew, what_drains_drains_on_with_a_successor,
          a_successor_without_drain_time_registers_what_drained, a_change_names_the_event_that_it_follows_from,
          an_event_is_forgotten_with_the_life_that_it_is_about)
