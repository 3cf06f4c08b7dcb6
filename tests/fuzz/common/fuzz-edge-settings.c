/* Any text as each setting of the edge: what is taken is written in a form that means the same when it is read again,
 * and that holds nothing but harmless bytes. */
#include "beachhead/edge-settings.h"
#include "common/memory.h"

#include <string.h>

#define HARMLESS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.*@/=; $"

static void try_setting(EdgeSetting setting, const char *text) {
        _cleanup_(edge_settings_done) EdgeSettings first = { 0 }, again = { 0 }, heir = { 0 };
        const char *rule = NULL;

        if (edge_settings_set(&first, setting, text, &rule) < 0) {
                if (!*rule || first.given != 0)
                        abort();
                return;
        }
        _cleanup_free_ char *written = edge_settings_text(&first, setting);
        if (strlen(written) > EDGE_TEXT_MAX || written[strspn(written, HARMLESS)] != '\0')
                abort();
        if (edge_settings_set(&again, setting, written, &rule) < 0)
                abort();
        _cleanup_free_ char *rewritten = edge_settings_text(&again, setting);
        edge_settings_inherit(&heir, &first, 0, _EDGE_SETTING_COUNT);
        if (strcmp(written, rewritten) != 0 || !edge_settings_agree(&first, &again, setting) ||
            !edge_settings_agree(&first, &heir, setting) ||
            edge_settings_requirements(&first) != edge_settings_requirements(&again))
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
        _cleanup_free_ char *text = xstrndup((const char *)bytes, size);

        for (EdgeSetting i = 0; i < _EDGE_SETTING_COUNT; i++)
                try_setting(i, text);
        return 0;
}
