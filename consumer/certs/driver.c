/* One call of a driver: its environment, its end, and what is made of what it has left. */
#include "consumer/certs/driver.h"

#include "common/child.h"
#include "consumer/certs/driver-directory.h"
#include "consumer/certs/pair-check.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define PREFIX "BEACHHEAD_"
#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

enum {
        STATUS_REFUSED = 2,
        STATUS_UNCHANGED = 3,
        STATUS_RETRY_AFTER = 4,
        NAMES_BYTES_MAX = 64 * 1024, /* of failed-names */
        REASON_BYTES_MAX = 4096,
        REASON_MAX = 500, /* bytes of it that are shown */
        SECONDS_BYTES_MAX = 64,
        RETRY_AFTER_MAX_SEC = 7 * 24 * 60 * 60, /* the longest window of a CA's limits */
        USEC_PER_SEC = 1000000,
};

struct Driver {
        Child *child;
        DriverDirectory *directory;
        DriverVerb verb;
        StringList names;
        uint64_t time_limit_usec;
        DriverDoneFunc *done;
        void *userdata;
};

Driver *driver_free(Driver *d) {
        if (!d)
                return NULL;
        (void)child_free(d->child);
        (void)driver_directory_free(d->directory);
        string_list_clear(&d->names);
        free(d);
        return NULL;
}

/* Unless a variable of that name is there already. */
static void add_variable(StringList *environment, const char *assignment) {
        size_t name_size = strcspn(assignment, "=") + 1;

        for (size_t i = 0; i < environment->count; i++)
                if (strncmp(environment->items[i], assignment, name_size) == 0)
                        return;
        string_list_add(environment, assignment);
}

/* What the contract says, each variable also where it does not apply; the operator's; what programs need. */
static void make_environment(StringList *ret, const DriverCall *call, const DriverDirectory *directory) {
        _cleanup_free_ char *names = call->names ? string_list_join(call->names, " ") : NULL;
        _cleanup_free_ char *home = xasprintf("HOME=%s", call->account_dir);
        const char *our_path = getenv("PATH");
        _cleanup_free_ char *path = xasprintf("PATH=%s", our_path ? our_path : DEFAULT_PATH);
        const CertificateTerms *terms = call->terms;
        const struct {
                const char *name, *value;
        } contract[] = {
                { "CA", terms->ca },
                { "CA_ROOTS", call->ca_roots },
                { "EMAIL", terms->email },
                { "ACCOUNT_KEY", call->account_key_path },
                { "ACCOUNT_DIR", call->account_dir },
                { "EAB_KID", call->eab_kid },
                { "EAB_HMAC_FILE", call->eab_hmac_path },
                { "NAMES", names },
                { "CSR", call->csr ? driver_directory_csr(directory) : NULL },
                { "CHALLENGE", challenge_name(terms->challenge) },
                { "DNS", call->dns_provider },
                { "PREFERRED_CHAIN", terms->preferred_chain },
                { "PROFILE", terms->profile },
                { "OUT", driver_directory_out(directory) },
        };

        for (size_t i = 0; i < sizeof contract / sizeof *contract; i++)
                string_list_addf(ret, PREFIX "%s=%s", contract[i].name, contract[i].value ? contract[i].value : "");
        for (size_t i = 0; call->environment && i < call->environment->count; i++)
                add_variable(ret, call->environment->items[i]);
        add_variable(ret, path);
        add_variable(ret, home);
        add_variable(ret, "LANG=C.UTF-8");
}

/* As it can stand in a log: printable, its lines kept. */
static char *printable_lines(const char *output) {
        _cleanup_text_ Text t = { 0 };

        for (const char *line = output; *line;) {
                size_t size = strcspn(line, "\n");
                _cleanup_free_ char *copy = xstrndup(line, size);
                for (char *tab = copy; (tab = strchr(tab, '\t'));)
                        *tab = ' ';
                _cleanup_free_ char *shown = printable(copy, size, size);
                text_appendf(&t, "%s\n", shown);
                line += size + (line[size] == '\n');
        }
        return text_take(&t);
}

/* The last of the lines that is not blank; NULL where there is none. */
static char *last_line(const char *lines) {
        _cleanup_free_ char *last = NULL;

        for (char *line; (line = next_word(&lines, "\n"));) {
                _cleanup_free_ char *bare = trimmed(line);
                free(line);
                if (*bare)
                        REPLACE_PTR(last, TAKE_PTR(bare));
        }
        return TAKE_PTR(last);
}

static DriverOutcome outcome_of(int status) {
        switch (status) {
        case 0:
                return DRIVER_DONE;
        case STATUS_REFUSED:
                return DRIVER_REFUSED;
        case STATUS_UNCHANGED:
                return DRIVER_UNCHANGED;
        case STATUS_RETRY_AFTER:
                return DRIVER_RETRY_AFTER;
        default:
                return DRIVER_FAILED;
        }
}

/* The first line of what the driver itself says; NULL: nothing. */
static char *read_reason(const Driver *d) {
        _cleanup_free_ char *text = NULL;
        const char *complaint;

        if (driver_directory_read(d->directory, "reason", REASON_BYTES_MAX, &text, &complaint) < 0)
                return NULL;
        const char *cursor = text;
        _cleanup_free_ char *line = next_word(&cursor, "\n"), *bare = trimmed(line ? line : "");
        return *bare ? printable(bare, strlen(bare), REASON_MAX) : NULL;
}

/* In the place of a reason: how it ended, and its last words. */
static char *describe_end(const Driver *d, int status, const char *output) {
        _cleanup_free_ char *last = last_line(output);
        _cleanup_text_ Text t = { 0 };

        if (status == -ETIME)
                text_appendf(&t, "it did not end within %" PRIu64 " s", d->time_limit_usec / USEC_PER_SEC);
        else
                text_appendf(&t, "it ended with status %d", status);
        if (last)
                text_appendf(&t, ": %.*s", (int)REASON_MAX, last);
        return text_take(&t);
}

static void read_failed_names(const Driver *d, StringList *ret) {
        _cleanup_free_ char *text = NULL;
        const char *complaint;

        if (driver_directory_read(d->directory, "failed-names", NAMES_BYTES_MAX, &text, &complaint) < 0)
                return;
        const char *cursor = text;
        for (char *name; (name = next_word(&cursor, " \t\r\n"));) {
                if (string_list_contains(&d->names, name) && !string_list_contains(ret, name))
                        string_list_take(ret, name);
                else
                        free(name);
        }
}

static int64_t read_retry_after(const Driver *d) {
        _cleanup_free_ char *text = NULL;
        const char *complaint;
        uint64_t seconds = 0;

        if (driver_directory_read(d->directory, "retry-after", SECONDS_BYTES_MAX, &text, &complaint) < 0)
                return 0;
        _cleanup_free_ char *digits = trimmed(text);
        int r = parse_unsigned(digits, 0, RETRY_AFTER_MAX_SEC, &seconds);
        return r == -ERANGE ? RETRY_AFTER_MAX_SEC : (int64_t)seconds;
}

/* A driver that says that it is done has left a chain, or is none. Returns the reason where it has not. */
static char *read_chain(const Driver *d, char **ret) {
        const char *complaint;
        int r = driver_directory_read(d->directory, "chain.pem", CHAIN_BYTES_MAX, ret, &complaint);

        if (r == 0)
                return NULL;
        return r == -ENOENT ? xstrdup("it says that it is done, but has left no chain.pem")
                            : xasprintf("it says that it is done, but its chain.pem %s", complaint);
}

static void on_child(void *userdata, int status, const char *output) {
        _cleanup_(driver_freep) Driver *d = userdata;
        _cleanup_free_ char *said = printable_lines(output), *chain = NULL, *reason = NULL;
        DriverResult result = { .outcome = outcome_of(status), .output = said };

        d->child = NULL;
        if (result.outcome == DRIVER_DONE && d->verb == DRIVER_ISSUE) {
                reason = read_chain(d, &chain);
                if (reason)
                        result.outcome = DRIVER_FAILED;
        } else if (result.outcome == DRIVER_UNCHANGED)
                reason = xstrdup("nothing newer is to be had");
        else if (result.outcome != DRIVER_DONE) {
                reason = status == -ETIME ? NULL : read_reason(d);
                if (!reason)
                        reason = describe_end(d, status, said);
                read_failed_names(d, &result.failed_names);
        }
        if (result.outcome == DRIVER_RETRY_AFTER)
                result.retry_after = read_retry_after(d);
        result.chain = chain;
        result.reason = reason;
        d->done(d->userdata, &result);
        string_list_clear(&result.failed_names);
}

int driver_start(Driver **ret, sd_event *event, const DriverCall *call, DriverDoneFunc *done, void *userdata,
                 char **ret_message) {
        _cleanup_(driver_freep) Driver *d = new0(Driver);
        _cleanup_string_list_ StringList environment = { 0 };
        char *const argv[] = { (char *)call->path, call->verb == DRIVER_ISSUE ? "issue" : "account", NULL };

        *d = (Driver){
                .verb = call->verb, .time_limit_usec = call->time_limit_usec, .done = done, .userdata = userdata
        };
        for (size_t i = 0; call->names && i < call->names->count; i++)
                string_list_add(&d->names, call->names->items[i]);
        int r = driver_directory_make(&d->directory, call->scratch, call->csr);
        if (r < 0) {
                *ret_message =
                        xasprintf("cannot make a directory for a driver in %s: %s", call->scratch, strerror(-r));
                return r;
        }
        make_environment(&environment, call, d->directory);
        string_list_take(&environment, NULL);
        ChildCall child = { .argv = argv, .environment = environment.items, .time_limit_usec = call->time_limit_usec };
        r = child_start(&d->child, event, &child, on_child, d);
        if (r < 0) {
                *ret_message = xasprintf("cannot run the driver %s: %s", call->path, strerror(-r));
                return r;
        }
        *ret = TAKE_PTR(d);
        return 0;
}
