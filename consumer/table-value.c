/* Values as the table reads them. Pure. */
#include "consumer/table-value.h"

#include "consumer/table-record.h"

/* FNV-1a. */
uint64_t table_value_fingerprint(const char *bytes, size_t size) {
        uint64_t hash = 14695981039346656037u ^ size;

        for (size_t i = 0; i < size && size <= REGISTRATION_VALUE_MAX; i++)
                hash = (hash ^ (unsigned char)bytes[i]) * 1099511628211u;
        return hash | 1;
}

typedef struct Decoding {
        const char *key;
        EntryProblems *problems;
        TableProblemFunc *problem;
        void *userdata;
} Decoding;

static void take_problem(void *userdata, const char *domain, const char *reason) {
        const Decoding *d = userdata;

        entry_problems_add(d->problems, domain, reason);
        d->problem(d->userdata, d->key, domain, reason);
}

/* Why a value is none. */
static const char *name_fault(size_t size) {
        if (size == TABLE_NO_STRING)
                return "the key holds no string: something else has written there, see `TYPE` of it and delete it";
        return size > REGISTRATION_VALUE_MAX ? "the value is larger than a registration may be"
                                             : "the value is no JSON array";
}

Registration *table_value_decode(const char *key, const char *value, size_t size, EntryProblems *problems,
                                 TableProblemFunc *problem, void *userdata) {
        Registration *registration = NULL;
        Decoding d = { key, problems, problem, userdata };

        if (registration_decode(&registration, value, size, take_problem, &d) < 0)
                take_problem(&d, NULL, name_fault(size));
        return registration;
}
