/* One certificate's history as JSON. Only what means something is written. */
#include "consumer/certs/history.h"

#include "beachhead/registration.h"
#include "common/json.h"
#include "consumer/certs/times.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { ASKED_MAX = 64 }; /* bytes: hex digits of SHA-256 */

static void add_text(cJSON *object, const char *name, const char *text) {
        if (text)
                cJSON_AddStringToObject(object, name, text);
}

static void add_times(cJSON *object, const char *name, const int64_t *times, size_t count) {
        cJSON *array = count > 0 ? cJSON_AddArrayToObject(object, name) : NULL;

        for (size_t i = 0; i < count; i++)
                cJSON_AddItemToArray(array, cJSON_CreateNumber((double)times[i]));
}

char *history_encode(const History *h) {
        _cleanup_json_ cJSON *object = cJSON_CreateObject();

        add_text(object, "ca", h->ca);
        add_text(object, "preferred_chain", h->preferred_chain);
        add_text(object, "profile", h->profile);
        if (h->isolated)
                cJSON_AddTrueToObject(object, "isolated");
        if (h->failures > 0) {
                cJSON_AddNumberToObject(object, "failures", h->failures);
                cJSON_AddNumberToObject(object, "failing_since", (double)h->failing_since);
                cJSON_AddNumberToObject(object, "retry_at", (double)h->retry_at);
                add_text(object, "asked", h->asked);
                add_text(object, "reason", h->reason);
        }
        add_times(object, "orders", h->orders, h->n_orders);
        add_times(object, "issued", h->issued, h->n_issued);
        _cleanup_free_ char *json = cJSON_PrintUnformatted(object);
        if (!json)
                abort();
        return xasprintf("%s\n", json);
}

/* Each of these is fine with a member that is not there. */

static int take_text(const cJSON *object, const char *name, size_t max, char **ret) {
        const char *text = json_string(object, name, max);

        if (!json_member(object, name))
                return 0;
        if (!text || !is_printable(text))
                return -EBADMSG;
        *ret = xstrdup(text);
        return 0;
}

static int take_time(const cJSON *object, const char *name, int64_t *ret) {
        *ret = json_member(object, name) ? json_integer(object, name, -1) : 0;
        return *ret < 0 ? -EBADMSG : 0;
}

static int take_times(const cJSON *object, const char *name, int64_t *ret, size_t *ret_count) {
        const cJSON *array = json_member(object, name), *item;

        if (array && !cJSON_IsArray(array))
                return -EBADMSG;
        cJSON_ArrayForEach (item, array) {
                int64_t at = json_item_integer(item, -1);
                if (at < 0)
                        return -EBADMSG;
                times_add(ret, ret_count, HISTORY_ORDERS_MAX, at);
        }
        return 0;
}

static int take_flag(const cJSON *object, const char *name, bool *ret) {
        const cJSON *item = json_member(object, name);

        if (item && !cJSON_IsBool(item))
                return -EBADMSG;
        *ret = cJSON_IsTrue(item);
        return 0;
}

static int take_failures(History *h, const cJSON *object) {
        int64_t failures;

        if (take_time(object, "failures", &failures) < 0 || failures > HISTORY_FAILURES_MAX)
                return -EBADMSG;
        h->failures = (unsigned)failures;
        if (failures == 0)
                return 0;
        if (take_time(object, "failing_since", &h->failing_since) < 0 ||
            take_time(object, "retry_at", &h->retry_at) < 0 || take_text(object, "asked", ASKED_MAX, &h->asked) < 0)
                return -EBADMSG;
        return take_text(object, "reason", HISTORY_REASON_MAX, &h->reason);
}

int history_decode(History **ret, const char *bytes, size_t size) {
        _cleanup_json_ cJSON *object = size <= HISTORY_BYTES_MAX ? json_parse(bytes, size) : NULL;
        _cleanup_(history_freep) History *h = history_new();

        if (!cJSON_IsObject(object) || take_text(object, "ca", REGISTRATION_TEXT_MAX, &h->ca) < 0 ||
            take_text(object, "preferred_chain", REGISTRATION_TEXT_MAX, &h->preferred_chain) < 0 ||
            take_text(object, "profile", REGISTRATION_TEXT_MAX, &h->profile) < 0 ||
            take_flag(object, "isolated", &h->isolated) < 0 || take_failures(h, object) < 0 ||
            take_times(object, "orders", h->orders, &h->n_orders) < 0 ||
            take_times(object, "issued", h->issued, &h->n_issued) < 0)
                return -EBADMSG;
        *ret = TAKE_PTR(h);
        return 0;
}
