/* The outputs there are. */
#include "consumer/output.h"

#include "consumer/certs/certs.h"
#include "consumer/exec/exec.h"
#include "consumer/json/json.h"
#include "consumer/nginx/nginx.h"
#include "consumer/requests/requests.h"
#include "consumer/table/table-output.h"

#include <string.h>

static const OutputClass *const classes[] = {
        &nginx_output_class, &certs_output_class,    &json_output_class,
        &exec_output_class,  &requests_output_class, &table_output_class,
};

const char *output_state_name(OutputState state) {
        static const char *const names[_OUTPUT_STATE_COUNT] = {
                [OUTPUT_BUSY] = "busy",
                [OUTPUT_DONE] = "done",
                [OUTPUT_PARTLY] = "partly",
                [OUTPUT_FAILED] = "failed",
        };

        return names[state];
}

const OutputClass *output_class_find(const char *name) {
        for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
                if (strcmp(classes[i]->name, name) == 0)
                        return classes[i];
        return NULL;
}
