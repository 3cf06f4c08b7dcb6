/* Certificate requests as files. Pure. */
#include "consumer/requests/request-file.h"

#include "common/certificate-json.h"
#include "consumer/certificate-folder.h"

#include <stdlib.h>
#include <string.h>

char *request_file_name(const CertificateRequest *r) {
        _cleanup_free_ char *folder = certificate_folder(r->names.items[0]);

        return folder ? xasprintf("%s" REQUEST_FILE_SUFFIX, folder) : NULL;
}

char *request_file_text(const CertificateRequest *r) {
        _cleanup_json_ cJSON *object = cJSON_CreateObject();
        _cleanup_free_ char *publishers = string_list_join(&r->publishers, ", "), *json = NULL;
        _cleanup_free_ char *why =
                xasprintf("asked for by container%s %s", r->publishers.count > 1 ? "s" : "", publishers);

        cJSON_AddItemToObject(object, "names",
                              cJSON_CreateStringArray((const char *const *)r->names.items, (int)r->names.count));
        certificate_terms_encode(object, &r->terms);
        cJSON_AddStringToObject(object, "why", why);
        json = cJSON_PrintUnformatted(object);
        if (!json)
                abort();
        return xasprintf("%s\n", json);
}

bool request_file_is_ours(const char *name) {
        return has_suffix(name, REQUEST_FILE_SUFFIX) || has_suffix(name, REQUEST_FILE_STAGED_SUFFIX);
}
