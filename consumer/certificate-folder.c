/* Bases into names of files and folders: what is no domain in its one form never gets here, so that length and the
 * names that the store itself uses beside the folders are all there is to look at. */
#include "consumer/certificate-folder.h"

#include "common/hostname.h"
#include "common/memory.h"
#include "common/text.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define WILDCARD "*."
#define WILDCARD_IN_FOLDER "_wildcard."

/* The endings of what lies beside the folders under the name of a domain: with one of them, the folder of "a.org.crt"
 * would stand where the certificate of "a.org" is looked for. */
static bool ends_like_a_file(const char *base) {
        static const char *const endings[] = { ".crt", ".key", ".pem", ".thumbprint" };
        const char *ending = strrchr(base, '.');

        for (size_t i = 0; ending && i < sizeof endings / sizeof *endings; i++)
                if (strcmp(ending, endings[i]) == 0)
                        return true;
        return false;
}

const char *certificate_folder_obstacle(const char *base) {
        if (has_prefix(base, WILDCARD_IN_FOLDER))
                return "its file would be that of the wildcard's certificate";
        if (ends_like_a_file(base))
                return "its file would be that of another name's certificate or key";
        if (strlen(base) + strlen(WILDCARD_IN_FOLDER) + CERTIFICATE_FOLDER_SUFFIX_MAX > NAME_MAX)
                return "its first name is too long for a file's name";
        return NULL;
}

char *certificate_folder(const char *base) {
        if (certificate_folder_obstacle(base))
                return NULL;
        if (has_prefix(base, WILDCARD))
                return xasprintf(WILDCARD_IN_FOLDER "%s", base + strlen(WILDCARD));
        return xstrdup(base);
}

char *certificate_folder_base(const char *folder) {
        bool is_wildcard = has_prefix(folder, WILDCARD_IN_FOLDER);
        _cleanup_free_ char *base =
                is_wildcard ? xasprintf(WILDCARD "%s", folder + strlen(WILDCARD_IN_FOLDER)) : xstrdup(folder);
        _cleanup_free_ char *normal = NULL, *its_folder = certificate_folder(base);
        bool is_pattern;

        /* A wildcard's folder is in its place under that name alone, a domain in its one form. */
        if (hostname_pattern_normalize(base, &normal, &is_pattern) < 0 || strcmp(normal, base) != 0 ||
            is_pattern != is_wildcard || !its_folder || strcmp(its_folder, folder) != 0)
                return NULL;
        return TAKE_PTR(base);
}
