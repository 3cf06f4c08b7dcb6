/* Names that leave their certificates: left out for good, or each into a certificate of its own. */
#include "consumer/certificate-folder.h"
#include "consumer/certs/name-set.h"
#include "consumer/certs/wanted-list.h"

#include <string.h>

/* A list that is being made anew. */
typedef struct Change {
        WantedCertificates *list;
        NameSet *bases;           /* of what is in the list again */
        WantedCertificates rest;  /* what has lost its base */
        WantedCertificates alone; /* what single names get; a name may be there twice */
        NameFunc *holds;
        void *userdata;
        const char *reason; /* to leave names out; NULL: they are isolated */
} Change;

static void put_back(Change *c, const WantedCertificate *item) {
        name_set_add(c->bases, item->names.items[0]);
        wanted_add(c->list, item);
}

static void put_alone(Change *c, const WantedCertificate *from, const char *name) {
        WantedCertificate item = { .is_automatic = from->is_automatic };

        string_list_add(&item.names, name);
        certificate_terms_copy(&item.terms, &from->terms);
        for (size_t i = 0; i < from->publishers.count; i++)
                string_list_add(&item.publishers, from->publishers.items[i]);
        wanted_add(&c->alone, &item);
}

/* What is alone already, or could have no folder, is not isolated. */
static bool has_to_leave(const Change *c, const WantedCertificate *item, const char *name) {
        if (!c->reason && (item->names.count < 2 || certificate_folder_obstacle(name)))
                return false;
        return c->holds(c->userdata, name);
}

static void take_out(Change *c, const WantedCertificate *item, const char *name) {
        if (!c->reason)
                put_alone(c, item, name);
        else if (!item->is_automatic)
                wanted_set_aside(c->list, name, &item->publishers, xstrdup(c->reason));
}

/* Returns whether the base stays. */
static bool take_names_out(Change *c, WantedCertificate *item) {
        StringList kept = { 0 };
        bool has_base = false;

        for (size_t i = 0; i < item->names.count; i++) {
                const char *name = item->names.items[i];
                if (has_to_leave(c, item, name)) {
                        take_out(c, item, name);
                } else {
                        string_list_add(&kept, name);
                        has_base = has_base || i == 0;
                }
        }
        string_list_clear(&item->names);
        item->names = kept;
        return has_base;
}

/* Moves its first name that can be a base to the front; returns false where there is none. */
static bool find_base(const Change *c, WantedCertificate *item) {
        char **names = item->names.items;

        for (size_t i = 0; i < item->names.count; i++) {
                char *base = names[i];
                if (name_set_has(c->bases, base) || certificate_folder_obstacle(base))
                        continue;
                memmove(&names[1], &names[0], i * sizeof *names);
                names[0] = base;
                return true;
        }
        return false;
}

/* Those that kept their base come first: nobody takes it from them. */
static void settle(Change *c) {
        for (size_t i = 0; i < c->alone.count; i++)
                if (name_set_has(c->bases, c->alone.items[i].names.items[0]))
                        wanted_certificate_done(&c->alone.items[i]);
                else
                        put_back(c, &c->alone.items[i]);
        for (size_t i = 0; i < c->rest.count; i++)
                if (find_base(c, &c->rest.items[i]))
                        put_back(c, &c->rest.items[i]);
                else
                        wanted_certificate_done(&c->rest.items[i]);
        free(c->alone.items);
        free(c->rest.items);
        wanted_sort(c->list);
}

static void change(WantedCertificates *w, NameFunc *holds, void *userdata, const char *reason) {
        _cleanup_(name_set_freep) NameSet *bases = name_set_new();
        _cleanup_free_ WantedCertificate *items = TAKE_PTR(w->items);
        size_t count = w->count;
        Change c = { .list = w, .bases = bases, .holds = holds, .userdata = userdata, .reason = reason };

        w->count = 0;
        for (size_t i = 0; i < count; i++)
                if (take_names_out(&c, &items[i]))
                        put_back(&c, &items[i]);
                else
                        wanted_add(&c.rest, &items[i]);
        settle(&c);
}

void wanted_drop(WantedCertificates *w, NameFunc *holds, void *userdata, const char *reason) {
        change(w, holds, userdata, reason);
}

void wanted_isolate(WantedCertificates *w, NameFunc *holds, void *userdata) {
        change(w, holds, userdata, NULL);
}
