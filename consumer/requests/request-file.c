/* Certificate requests as files. Pure. */
#include "consumer/requests/request-file.h"

#include "common/json.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define WILDCARD "*."
#define WILDCARD_IN_FILE "_wildcard."

const char *request_file_obstacle(const CertificateRequest *r) {
        const char *base = r->names.items[0];

        if (has_prefix(base, WILDCARD_IN_FILE))
                return "its file would be that of the wildcard's certificate";
        if (strlen(base) + strlen(WILDCARD_IN_FILE) + strlen(REQUEST_FILE_STAGED_SUFFIX) > NAME_MAX)
                return "its first name is too long for a file's name";
        return NULL;
}

char *request_file_name(const CertificateRequest *r) {
        const char *base = r->names.items[0];

        if (has_prefix(base, WILDCARD))
                return xasprintf(WILDCARD_IN_FILE "%s" REQUEST_FILE_SUFFIX, base + strlen(WILDCARD));
        return xasprintf("%s" REQUEST_FILE_SUFFIX, base);
}

char *request_file_text(const CertificateRequest *r) {
        _cleanup_json_ cJSON *object = cJSON_CreateObject();
        _cleanup_free_ char *publishers = string_list_join(&r->publishers, ", "), *json = NULL;
        _cleanup_free_ char *why =
                xasprintf("asked for by container%s %s", r->publishers.count > 1 ? "s" : "", publishers);

        cJSON_AddItemToObject(object, "names",
                              cJSON_CreateStringArray((const char *const *)r->names.items, (int)r->names.count));
        if (r->email)
                cJSON_AddStringToObject(object, "email", r->email);
        cJSON_AddStringToObject(object, "why", why);
        json = cJSON_PrintUnformatted(object);
        if (!json)
                abort();
        return xasprintf("%s\n", json);
}

static bool has_suffix(const char *text, const char *suffix) {
        size_t length = strlen(text), tail = strlen(suffix);

        return length >= tail && strcmp(text + length - tail, suffix) == 0;
}

bool request_file_is_ours(const char *name) {
        return has_suffix(name, REQUEST_FILE_SUFFIX) || has_suffix(name, REQUEST_FILE_STAGED_SUFFIX);
}

bool request_covers(const CertificateRequest *r, const char *domain) {
        const char *parent = strchr(domain, '.');

        for (size_t i = 0; i < r->names.count; i++) {
                const char *name = r->names.items[i];
                if (strcmp(name, domain) == 0)
                        return true;
                if (parent && has_prefix(name, WILDCARD) && strcmp(name + 1, parent) == 0)
                        return true;
        }
        return false;
}
