/* The sources there are. */
#include "registrar/source.h"

#include "common/text.h"
#include "registrar/docker-source.h"
#include "registrar/services-source.h"

static const SourceClass *const classes[] = { &docker_source_class, &services_source_class };
#define N_CLASSES (sizeof classes / sizeof *classes)
_Static_assert(N_CLASSES <= SOURCES_MAX, "there is room for every source");

int sources_new(Sources *ret, sd_event *event, const Settings *settings, SourceHandlers handlers, char **ret_message) {
        Sources s = { 0 };

        for (size_t i = 0; i < N_CLASSES; i++) {
                int r = classes[i]->new (&s.items[s.count], event, settings, handlers, ret_message);
                if (r < 0) {
                        sources_done(&s);
                        return r;
                }
                s.count += s.items[s.count] != NULL;
        }
        *ret = s;
        return 0;
}

static Source *find_same(const Sources *s, const SourceClass *class) {
        for (size_t i = 0; s && i < s->count; i++)
                if (s->items[i]->class == class)
                        return s->items[i];
        return NULL;
}

void sources_start(Sources *s, const Sources *before) {
        for (size_t i = 0; i < s->count; i++)
                s->items[i]->class->start(s->items[i], find_same(before, s->items[i]->class));
}

void sources_refresh(Sources *s) {
        for (size_t i = 0; i < s->count; i++)
                s->items[i]->class->refresh(s->items[i]);
}

bool sources_are_complete(const Sources *s) {
        for (size_t i = 0; i < s->count; i++)
                if (!s->items[i]->class->is_complete(s->items[i]))
                        return false;
        return true;
}

bool sources_are_suspended(const Sources *s) {
        bool suspended = false;

        for (size_t i = 0; i < s->count; i++) {
                if (s->items[i]->class->is_suspended(s->items[i]))
                        suspended = true;
                else if (s->items[i]->class->count(s->items[i]) > 0)
                        return false;
        }
        return suspended;
}

char *sources_describe(const Sources *s) {
        _cleanup_string_list_ StringList phrases = { 0 };

        for (size_t i = 0; i < s->count; i++) {
                char *phrase = s->items[i]->class->describe(s->items[i]);
                if (phrase)
                        string_list_take(&phrases, phrase);
        }
        return string_list_join(&phrases, "; ");
}

void sources_measure(const Sources *s, RegistrarFigures *f) {
        for (size_t i = 0; i < s->count; i++)
                s->items[i]->class->measure(s->items[i], f);
}

void sources_done(Sources *s) {
        for (size_t i = 0; i < s->count; i++)
                (void)s->items[i]->class->free(s->items[i]);
        *s = (Sources){ 0 };
}
