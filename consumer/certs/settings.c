/* The options of the certs output: what they may be, and what they come to. */
#include "consumer/certs/settings.h"

#include "common/command.h"
#include "common/file.h"
#include "consumer/certs/private-key.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

enum { ENVIRONMENT_BYTES_MAX = 64 * 1024 };

const char *const certs_key_types[] = { "2048", "3072", "4096", "8192", "ec-256", "ec-384", "ec-521", NULL };
const char *const certs_challenges[] = { "http-01", "dns-01", NULL };

static int check_paths(const CertsSettings *s, char **ret_message) {
        const struct {
                const char *name, *path;
        } all[] = {
                { "acme-ca-roots", s->ca_roots },
                { "acme-eab-hmac-file", s->eab_hmac_file },
                { "acme-environment-file", s->environment_file },
                { "certs-key-file", s->key_file },
        };

        for (size_t i = 0; i < sizeof all / sizeof *all; i++)
                if (all[i].path && *all[i].path != '/')
                        return options_refuse(all[i].name, all[i].path, "must be an absolute path", ret_message);
        return 0;
}

static int check_cas(const CertsSettings *s, char **ret_message) {
        const char *rule = "must be an https URL";

        if (!s->ca || !certificate_ca_is_valid(s->ca))
                return options_refuse("acme-ca", s->ca ? s->ca : "", rule, ret_message);
        if (!s->test_ca || !certificate_ca_is_valid(s->test_ca))
                return options_refuse("acme-test-ca", s->test_ca ? s->test_ca : "", rule, ret_message);
        for (size_t i = 0; i < s->allowed_cas.count; i++)
                if (!certificate_ca_is_valid(s->allowed_cas.items[i]))
                        return options_refuse("acme-allow-ca", s->allowed_cas.items[i], rule, ret_message);
        return 0;
}

/* A driver of ours goes by a plain name. */
static bool is_client(const char *client) {
        if (!client || !*client)
                return false;
        if (*client == '/')
                return true;
        for (const char *c = client; *c; c++)
                if (!isalnum((unsigned char)*c) && *c != '-' && *c != '_')
                        return false;
        return true;
}

static int check_words(const CertsSettings *s, char **ret_message) {
        char **words;

        if (!is_client(s->client))
                return options_refuse("acme-client", s->client ? s->client : "",
                                      "must be lego, certbot, uacme or an absolute path", ret_message);
        if (!certificate_email_is_valid(s->email))
                return options_refuse("acme-email", s->email, "must be an address of mail", ret_message);
        if (!certificate_chain_is_valid(s->preferred_chain))
                return options_refuse("acme-preferred-chain", s->preferred_chain, "must be an issuer's common name",
                                      ret_message);
        if (!certificate_profile_is_valid(s->profile))
                return options_refuse("acme-profile", s->profile, "must be the name of a profile", ret_message);
        if (!s->self_check || (strcmp(s->self_check, "none") != 0 && !has_prefix(s->self_check, "http://")))
                return options_refuse("acme-self-check", s->self_check ? s->self_check : "",
                                      "must be an http URL of this edge, or none", ret_message);
        if (s->after) {
                if (command_split(s->after, &words) < 0)
                        return options_refuse("certs-after", s->after, "must be a command with its quotes closed",
                                              ret_message);
                command_free(words);
        }
        return 0;
}

int certs_settings_check(const CertsSettings *s, char **ret_message) {
        int r;

        if ((r = check_paths(s, ret_message)) < 0 || (r = check_cas(s, ret_message)) < 0 ||
            (r = check_words(s, ret_message)) < 0)
                return r;
        if (!s->eab_kid != !s->eab_hmac_file)
                return options_refuse("acme-eab-kid", s->eab_kid ? s->eab_kid : "",
                                      "needs --acme-eab-hmac-file, and the reverse", ret_message);
        if (s->challenge + 1 == CHALLENGE_DNS_01 && !s->dns)
                return options_refuse("acme-challenge", "dns-01", "needs --acme-dns", ret_message);
        return 0;
}

CertsPolicy certs_policy(const CertsSettings *s) {
        return (CertsPolicy){
                .ca = s->ca,
                .test_ca = s->test_ca,
                .allowed_cas = &s->allowed_cas,
                .email = s->email,
                .preferred_chain = s->preferred_chain,
                .profile = s->profile,
                .key_type = (KeyType)(s->key_type + 1),
                .challenge = (Challenge)(s->challenge + 1),
                .has_dns = s->dns,
                .every_site = s->every_site,
        };
}

char *certs_driver_path(const CertsSettings *s) {
        return *s->client == '/' ? xstrdup(s->client) : xasprintf(DRIVER_DIRECTORY "/%s", s->client);
}

/* Names that the driver's contract has, or that change what is executed, are not the file's. */
static bool is_variable(const char *line) {
        size_t length = strcspn(line, "=");

        if (length == 0 || line[length] != '=' || isdigit((unsigned char)*line) ||
            (has_prefix(line, "BEACHHEAD_") && !has_prefix(line, "BEACHHEAD_CLIENT_OPTIONS=")) ||
            has_prefix(line, "LD_"))
                return false;
        for (size_t i = 0; i < length; i++)
                if (!isalnum((unsigned char)line[i]) && line[i] != '_')
                        return false;
        return true;
}

int certs_environment_read(const char *path, StringList *ret, char **ret_message) {
        _cleanup_secret_ char *bytes = NULL;
        size_t size;
        int r = file_read(path, ENVIRONMENT_BYTES_MAX, &bytes, &size);

        if (r < 0) {
                *ret_message = xasprintf("%s cannot be read: %s", path, strerror(-r));
                return r;
        }
        const char *cursor = bytes;
        char *word;
        while ((word = next_word(&cursor, "\r\n"))) {
                _cleanup_free_ char *line = word;
                if (*line == '#')
                        continue;
                if (!is_variable(line)) {
                        *ret_message =
                                xasprintf("%s: each line must be NAME=value, with a name of the client's own", path);
                        return -EINVAL;
                }
                string_list_take(ret, TAKE_PTR(line));
        }
        return 0;
}
