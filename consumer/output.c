/* The outputs there are. */
#include "consumer/output.h"

#include "consumer/nginx/nginx.h"
#include "consumer/requests/requests.h"

#include <string.h>

static const OutputClass *const classes[] = { &nginx_output_class, &requests_output_class };

const OutputClass *output_class_find(const char *name) {
        for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
                if (strcmp(classes[i]->name, name) == 0)
                        return classes[i];
        return NULL;
}
