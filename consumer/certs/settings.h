/* What an operator may say about certificates: the options of the certs output. */
#pragma once

#include "common/options.h"
#include "consumer/certs/wanted.h"

#include <stdbool.h>
#include <stdint.h>

/* As options_read() leaves them. */
typedef struct CertsSettings {
        char *client; /* the name of a driver of ours, or an absolute path of another one */
        char *ca, *test_ca, *ca_roots;
        StringList allowed_cas;
        char *email, *eab_kid, *eab_hmac_file;
        int key_type, challenge; /* indices into certs_key_types and certs_challenges */
        char *dns, *environment_file;
        char *preferred_chain, *profile;
        char *self_check; /* a URL, or "none" */
        bool every_site;
        char *after;    /* a command */
        char *key_file; /* of the seal that several edges share */
        uint64_t at_once, time_limit_sec, retry_sec;
        bool remove_unused;
} CertsSettings;

/* "2048" …, "http-01" …, each ends with NULL; behind the first one of KeyType and Challenge, which is unset. */
extern const char *const certs_key_types[], *const certs_challenges[];

/* Rows for an option table whose settings have a CertsSettings named `certs`. */
/* clang-format off */
#define CERTS_AT(Settings, member) .offset = offsetof(Settings, certs.member)
#define CERTS_TEXT(Settings, member, name_, argument_, standard_, help_)                                              \
        { .type = OPTION_TEXT, .name = name_, .argument = argument_, .standard = standard_, .help = help_,            \
          CERTS_AT(Settings, member) }
#define CERTS_CHOICE(Settings, member, name_, argument_, standard_, choices_, help_)                                  \
        { .type = OPTION_CHOICE, .name = name_, .argument = argument_, .standard = standard_, .choices = choices_,    \
          .help = help_, CERTS_AT(Settings, member) }
#define CERTS_NUMBER(Settings, member, name_, argument_, standard_, min_, max_, help_)                                \
        { .type = OPTION_UNSIGNED, .name = name_, .argument = argument_, .standard = standard_, .min = min_,          \
          .max = max_, .help = help_, CERTS_AT(Settings, member) }

#define CERTS_OPTIONS(S)                                                                                              \
        { .type = OPTION_HEADING, .topic = "certs", .help = "Which certificates, from whom" },                        \
        { .type = OPTION_FLAG, .name = "certs-auto",                                                                  \
          .help = "also for each HTTPS domain that no container asks one for", CERTS_AT(S, every_site) },             \
        CERTS_TEXT(S, client, "acme-client", "NAME", "lego",                                                          \
                   "lego, certbot, uacme, or the path of a driver of your own"),                                      \
        CERTS_TEXT(S, ca, "acme-ca", "URL", "https://acme-v02.api.letsencrypt.org/directory",                         \
                   "the CA's directory"),                                                                             \
        CERTS_TEXT(S, test_ca, "acme-test-ca", "URL", "https://acme-staging-v02.api.letsencrypt.org/directory",       \
                   "the one for containers that say LETSENCRYPT_TEST"),                                               \
        { .type = OPTION_TEXTS, .name = "acme-allow-ca", .argument = "URL",                                           \
          .help = "another one that containers may choose; may be repeated", CERTS_AT(S, allowed_cas) },              \
        CERTS_TEXT(S, ca_roots, "acme-ca-roots", "FILE", NULL, "roots of a CA that the system does not know"),        \
        CERTS_TEXT(S, email, "acme-email", "ADDRESS", NULL, "of the account; else each container's"),                 \
        CERTS_TEXT(S, eab_kid, "acme-eab-kid", "ID", NULL, "for a CA that binds accounts to its customers"),          \
        CERTS_TEXT(S, eab_hmac_file, "acme-eab-hmac-file", "FILE", NULL, "the same: a file with the HMAC key"),       \
        CERTS_CHOICE(S, key_type, "acme-key-type", "TYPE", "ec-256", certs_key_types,                                 \
                     "2048, 3072, 4096, 8192, ec-256, ec-384 or ec-521"),                                             \
        CERTS_TEXT(S, preferred_chain, "acme-preferred-chain", "NAME", NULL, "the issuer at the chain's end"),        \
        CERTS_TEXT(S, profile, "acme-profile", "NAME", NULL, "the CA's profile"),                                     \
        { .type = OPTION_HEADING, .topic = "certs", .help = "How the CA is convinced" },                              \
        CERTS_CHOICE(S, challenge, "acme-challenge", "HOW", "http-01", certs_challenges, "http-01 or dns-01"),        \
        CERTS_TEXT(S, dns, "acme-dns", "PROVIDER", NULL, "who answers DNS-01, as the client calls it"),               \
        CERTS_TEXT(S, environment_file, "acme-environment-file", "FILE", NULL,                                        \
                   "NAME=value lines for the client, as the provider's password"),                                    \
        CERTS_TEXT(S, self_check, "acme-self-check", "URL", "http://127.0.0.1",                                       \
                   "ask this edge first whether it answers the challenge; none: do not"),                             \
        { .type = OPTION_HEADING, .topic = "certs", .help = "How it runs" },                                          \
        CERTS_NUMBER(S, at_once, "acme-at-once", "NUMBER", "8", 1, 64, "clients that run side by side"),              \
        CERTS_NUMBER(S, time_limit_sec, "acme-time-limit", "SECONDS", "300", 1, 24 * 60 * 60, "for one client"),      \
        CERTS_NUMBER(S, retry_sec, "acme-retry", "SECONDS", "60", 1, 24 * 60 * 60,                                    \
                     "after a failure; twice as long after each next one, to a day"),                                 \
        CERTS_TEXT(S, after, "certs-after", "COMMAND", NULL, "run when a certificate is new"),                        \
        CERTS_TEXT(S, key_file, "certs-key-file", "FILE", NULL, "the secret that several edges share"),               \
        { .type = OPTION_FLAG, .name = "certs-remove-unused", .command_line_only = true,                              \
          .help = "remove the certificates that nobody asks for, and exit", CERTS_AT(S, remove_unused) }
/* clang-format on */

/* For what the table cannot say. Returns 0, or -EINVAL with a message that names the option (owned by the caller). */
int certs_settings_check(const CertsSettings *s, char **ret_message);
/* What they come to; borrows from the settings. */
CertsPolicy certs_policy(const CertsSettings *s);
/* The driver's path; the caller owns it. */
char *certs_driver_path(const CertsSettings *s);
/* Reads "NAME=value" lines; blank ones and those with "#" first do not count. What cannot be read is said in
 * *ret_message, owned by the caller. Returns 0 or negative. */
int certs_environment_read(const char *path, StringList *ret, char **ret_message);
