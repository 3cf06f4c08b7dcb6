/* Field by field: a container that was read again is published again only where something differs. */
#include "registrar/container-compare.h"

#include <string.h>

static bool settings_are_equal(const Container *a, const Container *b) {
        if (a->n_settings != b->n_settings)
                return false;
        for (size_t i = 0; i < a->n_settings; i++) {
                const Setting *x = &a->settings[i], *y = &b->settings[i];
                if (strcmp(x->name, y->name) != 0 || !streq_or_null(x->label, y->label) ||
                    !streq_or_null(x->value, y->value))
                        return false;
        }
        return true;
}

static bool networks_are_equal(const Container *a, const Container *b) {
        if (a->n_networks != b->n_networks)
                return false;
        for (size_t i = 0; i < a->n_networks; i++) {
                const Network *x = &a->networks[i], *y = &b->networks[i];
                if (strcmp(x->name, y->name) != 0 || !streq_or_null(x->ipv4, y->ipv4) ||
                    !streq_or_null(x->ipv6, y->ipv6))
                        return false;
        }
        return true;
}

static bool ports_are_equal(const Container *a, const Container *b) {
        if (a->n_ports != b->n_ports)
                return false;
        for (size_t i = 0; i < a->n_ports; i++) {
                const Port *x = &a->ports[i], *y = &b->ports[i];
                if (x->container_port != y->container_port || x->host_port != y->host_port ||
                    !streq_or_null(x->host_ip, y->host_ip))
                        return false;
        }
        return true;
}

bool container_equal(const Container *a, const Container *b) {
        return strcmp(a->id, b->id) == 0 && strcmp(a->name, b->name) == 0 && a->created == b->created &&
               a->running == b->running && a->paused == b->paused && a->health == b->health &&
               a->host_network == b->host_network && streq_or_null(a->ailment, b->ailment) &&
               streq_or_null(a->stop_signal, b->stop_signal) && streq_or_null(a->address, b->address) &&
               settings_are_equal(a, b) && networks_are_equal(a, b) && ports_are_equal(a, b);
}
