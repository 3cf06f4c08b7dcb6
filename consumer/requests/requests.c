/* The output "requests": keeps one directory of request files as the sites want it. */
#include "consumer/requests/requests.h"

#include "common/file.h"
#include "common/log.h"
#include "consumer/certificate-folder.h"
#include "consumer/certificate-names.h"
#include "consumer/options.h"
#include "consumer/requests/request-file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define RETRY_USEC (5 * UINT64_C(1000000))

typedef struct Requests {
        Output output; /* first */
        char *directory;
        sd_event_source *retry;
        const Sites *sites;   /* borrowed until the next apply; NULL before the first */
        StringList set_aside; /* requests that can be no file, by their first names */
        bool is_complaining;  /* a failure was logged, and none is logged again until all is well */
        OutputState state;
} Requests;

static void closedirp(DIR **directory) {
        if (*directory)
                (void)closedir(*directory);
}

/* A failure with its path, once: what is tried every few seconds is not worth a line each time. */
static int complain(const Requests *r, const char *act, const char *path, int error) {
        int level = r->is_complaining ? LOG_DEBUG : LOG_ERR;

        log_write(level, NULL, "Cannot %s %s: %s; certificate requests are tried again in %d s", act, path,
                  strerror(-error), (int)(RETRY_USEC / 1000000));
        return error;
}

/* ---- writing ---- */

static int write_request(const Requests *r, const CertificateRequest *request, const char *name) {
        _cleanup_free_ char *path = xasprintf("%s/%s", r->directory, name), *text = request_file_text(request);

        if (file_holds(path, text, strlen(text)))
                return 0;
        int error = file_replace(path, text, strlen(text), 0644);
        if (error < 0)
                return complain(r, "write", path, error);
        log_info_about(ABOUT(.domain = request->names.items[0]), "Certificate request for %s written to %s",
                       request->names.items[0], path);
        return 0;
}

static int remove_request(const Requests *r, DIR *directory, const char *name) {
        struct stat st;

        if (fstatat(dirfd(directory), name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
                return 0;
        _cleanup_free_ char *path = xasprintf("%s/%s", r->directory, name);
        if (unlinkat(dirfd(directory), name, 0) < 0 && errno != ENOENT)
                return complain(r, "remove", path, -errno);
        log_info("Certificate request %s removed: nobody asks for it any more", path);
        return 0;
}

/* Removes what is ours and not wanted; `wanted` is sorted. */
static int remove_others(const Requests *r, const StringList *wanted) {
        _cleanup_(closedirp) DIR *directory = opendir(r->directory);
        int result = directory ? 0 : complain(r, "read", r->directory, -errno);
        const struct dirent *entry;

        while (directory && (entry = readdir(directory))) {
                const char *name = entry->d_name;
                if (!request_file_is_ours(name) || string_list_contains_sorted(wanted, name))
                        continue;
                int error = remove_request(r, directory, name);
                result = result < 0 ? result : error;
        }
        return result;
}

/* The directory is ours, and what is not wanted in it is removed: a link would make that somebody else's. */
static int make_directory(const Requests *r) {
        struct stat st;

        if (mkdir(r->directory, 0755) < 0 && errno != EEXIST)
                return complain(r, "create", r->directory, -errno);
        if (lstat(r->directory, &st) < 0)
                return complain(r, "use", r->directory, -errno);
        return S_ISDIR(st.st_mode) ? 0 : complain(r, "use", r->directory, -ENOTDIR);
}

/* Makes the directory as the sites want it, as far as it goes; returns the first error. */
static int converge(Requests *r) {
        _cleanup_string_list_ StringList wanted = { 0 };
        int result = make_directory(r);

        if (result < 0)
                return result;
        for (size_t i = 0; i < r->sites->n_requests; i++) {
                const CertificateRequest *request = r->sites->requests[i];
                char *name = request_file_name(request);
                if (!name)
                        continue;
                string_list_take(&wanted, name);
                int error = write_request(r, request, name);
                result = result < 0 ? result : error;
        }
        string_list_sort(&wanted);
        int error = remove_others(r, &wanted);
        return result < 0 ? result : error;
}

/* ---- the output ---- */

static void settle(Requests *r) {
        int error = converge(r);

        if (error < 0) {
                r->state = OUTPUT_FAILED;
                (void)sd_event_source_set_time_relative(r->retry, RETRY_USEC);
        } else {
                r->state = r->set_aside.count > 0 ? OUTPUT_PARTLY : OUTPUT_DONE;
        }
        (void)sd_event_source_set_enabled(r->retry, error < 0 ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
        r->is_complaining = error < 0;
        output_settled(&r->output);
}

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata) {
        (void)source, (void)usec;
        settle(userdata);
        return 0;
}

static Output *requests_free(Output *o) {
        Requests *r = (Requests *)o;

        if (!r)
                return NULL;
        sd_event_source_disable_unref(r->retry);
        string_list_clear(&r->set_aside);
        free(r->directory);
        free(r);
        return NULL;
}

static int requests_new(Output **ret, sd_event *event, const Settings *settings, OutputHandlers handlers) {
        Requests *r = new0(Requests);

        r->output = (Output){ &requests_output_class, handlers };
        r->directory = xasprintf("%s/requests", settings->state_dir);
        r->state = OUTPUT_BUSY;
        int error = sd_event_add_time_relative(event, &r->retry, CLOCK_MONOTONIC, RETRY_USEC, 0, on_retry, r);
        if (error >= 0)
                error = sd_event_source_set_enabled(r->retry, SD_EVENT_OFF);
        if (error < 0) {
                (void)requests_free(&r->output);
                return error;
        }
        *ret = &r->output;
        return 0;
}

/* Says so when a request becomes one of them, not at every apply. */
static void find_set_aside(Requests *r) {
        StringList before = r->set_aside;

        r->set_aside = (StringList){ 0 };
        for (size_t i = 0; i < r->sites->n_requests; i++) {
                const char *base = r->sites->requests[i]->names.items[0];
                const char *obstacle = certificate_folder_obstacle(base);
                if (!obstacle)
                        continue;
                string_list_add(&r->set_aside, base);
                if (!string_list_contains(&before, base))
                        log_warning_about(ABOUT(.domain = base, .reason = obstacle),
                                          "Certificate request for %s is set aside: %s", base, obstacle);
        }
        string_list_clear(&before);
}

static void requests_apply(Output *o, const Sites *sites) {
        Requests *r = (Requests *)o;

        r->sites = sites;
        find_set_aside(r);
        settle(r);
}

static OutputState requests_state(const Output *o) {
        return ((const Requests *)o)->state;
}

static char *requests_describe(const Output *o) {
        const Requests *r = (const Requests *)o;
        size_t count = r->sites ? r->sites->n_requests - r->set_aside.count : 0;

        if (r->state == OUTPUT_FAILED)
                return xasprintf("certificate requests cannot be written to %s", r->directory);
        return xasprintf("%zu certificate request%s", count, count == 1 ? "" : "s");
}

static char *requests_preview(Output *o, const Sites *sites) {
        const Requests *r = (const Requests *)o;
        Text t = { 0 };

        for (size_t i = 0; i < sites->n_requests; i++) {
                _cleanup_free_ char *name = request_file_name(sites->requests[i]);
                if (!name)
                        continue;
                _cleanup_free_ char *text = request_file_text(sites->requests[i]);
                text_appendf(&t, "# %s/%s\n%s", r->directory, name, text);
        }
        return text_take(&t);
}

static void requests_explain(Output *o, const Sites *sites, const char *domain, StringList *lines) {
        const Requests *r = (const Requests *)o;
        bool found = false;

        for (size_t i = 0; i < sites->n_requests; i++) {
                const CertificateRequest *request = sites->requests[i];
                if (!certificate_names_cover(&request->names, domain))
                        continue;
                _cleanup_free_ char *name = request_file_name(request);
                _cleanup_free_ char *names = string_list_join(&request->names, ", ");
                _cleanup_free_ char *publishers = string_list_join(&request->publishers, ", ");
                const char *obstacle = certificate_folder_obstacle(request->names.items[0]);
                if (obstacle)
                        string_list_addf(lines, "requests: the certificate that %s asks for is set aside: %s",
                                         publishers, obstacle);
                else
                        string_list_addf(lines, "requests: covered by %s/%s (%s), asked for by %s", r->directory, name,
                                         names, publishers);
                found = true;
        }
        if (!found)
                string_list_addf(lines, "requests: no container asks for a certificate for %s", domain);
}

DEFINE_OUTPUT_CLASS(requests);
