/* The options with which both programs are told where Redis is, and what they come to. */
#pragma once

#include "common/redis-url.h"

#include <stddef.h>
#include <stdint.h>

typedef struct RedisSettings {
        char *url, *host, *password_file;
        char *sentinel_user, *sentinel_password_file;
        uint64_t port;
} RedisSettings;

/* Rows for an option table whose settings have a RedisSettings named `redis`. */
#define REDIS_OPTIONS(Settings)                                                                                       \
        { .type = OPTION_TEXT,                                                                                        \
          .name = "redis-url",                                                                                        \
          .argument = "URL",                                                                                          \
          .help = "redis://[user@]host[:port][/db], rediss://…, unix:///path, or "                                  \
                  "redis-sentinel://host[:port],…/master-name[/db]",                                                  \
          .offset = offsetof(Settings, redis.url) },                                                                  \
                { .type = OPTION_TEXT,                                                                                \
                  .name = "redis-host",                                                                               \
                  .argument = "HOST",                                                                                 \
                  .help = "Redis' host, where no URL is given",                                                       \
                  .standard = "localhost",                                                                            \
                  .needed = true,                                                                                     \
                  .offset = offsetof(Settings, redis.host) },                                                         \
                { .type = OPTION_UNSIGNED,                                                                            \
                  .name = "redis-port",                                                                               \
                  .argument = "PORT",                                                                                 \
                  .help = "Redis' port, where no URL is given",                                                       \
                  .standard = "6379",                                                                                 \
                  .min = 1,                                                                                           \
                  .max = 65535,                                                                                       \
                  .offset = offsetof(Settings, redis.port) },                                                         \
                { .type = OPTION_TEXT,                                                                                \
                  .name = "redis-password-file",                                                                      \
                  .argument = "FILE",                                                                                 \
                  .help = "file with Redis' password; else the credential redis-password",                            \
                  .offset = offsetof(Settings, redis.password_file) },                                                \
                { .type = OPTION_TEXT,                                                                                \
                  .name = "redis-sentinel-user",                                                                      \
                  .argument = "NAME",                                                                                 \
                  .help = "the user at the sentinels, where they have users",                                         \
                  .offset = offsetof(Settings, redis.sentinel_user) },                                                \
        {                                                                                                             \
                .type = OPTION_TEXT, .name = "redis-sentinel-password-file", .argument = "FILE",                      \
                .help = "file with the password at the sentinels",                                                    \
                .offset = offsetof(Settings, redis.sentinel_password_file)                                            \
        }

/* Refuses what cannot begin a key: -EINVAL with a message (owned by the caller). */
int redis_settings_check_prefix(const char *key_prefix, char **ret_message);
/* The URL with the passwords that files or the systemd credentials "redis-password" and "redis-sentinel-password"
 * hold. Returns 0, or negative with a message that says what to do (owned by the caller). */
int redis_settings_resolve(const RedisSettings *settings, RedisUrl **ret, char **ret_message);
