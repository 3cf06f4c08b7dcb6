/* Options: defaults give way to the file, the file to the command line, and a mistake is named so that it can be
 * mended. */
#include "common/memory.h"
#include "common/options-file.h"
#include "common/options.h"
#include "tests/unit/check-main.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

typedef struct Settings {
        bool verbose, dry_run, help;
        char *url, *name, *config;
        StringList prefixes;
        uint64_t expire, limit;
        int health;
} Settings;

static const char *const health_choices[] = { "require", "ignore", "whatever", NULL };

#define FIELD(name) .offset = offsetof(Settings, name)
static const Option options[] = {
        { .type = OPTION_HEADING, .help = "Redis" },
        { .type = OPTION_TEXT,
          .name = "url",
          .letter = 'u',
          .argument = "URL",
          .help = "where it is",
          FIELD(url),
          .standard = "redis://localhost" },
        { .type = OPTION_TEXT,
          .name = "name",
          .argument = "NAME",
          .help = "of it",
          FIELD(name),
          .standard = "web",
          .needed = true },
        { .type = OPTION_TEXTS,
          .name = "key-prefix",
          .argument = "PREFIX",
          .help = "may be repeated",
          FIELD(prefixes),
          .standard = "/beachhead/" },
        { .type = OPTION_UNSIGNED,
          .name = "expire",
          .letter = 'e',
          .argument = "SECONDS",
          .help = "how long it lives",
          FIELD(expire),
          .standard = "60",
          .max = 86400 },
        { .type = OPTION_UNSIGNED, .name = "limit", .argument = "NUMBER", .help = "how many", FIELD(limit), .min = 2 },
        { .type = OPTION_HEADING, .help = "How it runs" },
        { .type = OPTION_CHOICE,
          .name = "health",
          .argument = "require|ignore|whatever",
          .help = "of a container",
          FIELD(health),
          .choices = health_choices,
          .standard = "require" },
        { .type = OPTION_FLAG, .name = "verbose", .letter = 'v', .help = "more", FIELD(verbose) },
        { .type = OPTION_FLAG, .name = "dry-run", .letter = 'n', .help = "only show", FIELD(dry_run) },
        { .type = OPTION_TEXT,
          .name = "config",
          .letter = 'c',
          .argument = "FILE",
          .help = "an INI file",
          FIELD(config),
          .command_line_only = true },
        { .type = OPTION_FLAG,
          .name = "help",
          .letter = 'h',
          .help = "this text",
          FIELD(help),
          .command_line_only = true },
};

static const OptionTable table = {
        .program = "test",
        .synopsis = "[OPTION]... [WORD]...",
        .summary = "Tests options.",
        .options = options,
        .count = sizeof options / sizeof *options,
};

static void settings_done(Settings *s) {
        options_free(&table, s);
}

/* The command line's words, separated by "|" so that they may hold spaces. */
static int read_line(const char *line, Settings *s, StringList *words, char **ret_message) {
        _cleanup_string_list_ StringList list = { 0 };

        string_list_add(&list, "test");
        for (char *word; *line && (word = xstrndup(line, strcspn(line, "|")));) {
                line += strlen(word) + (line[strlen(word)] == '|');
                string_list_take(&list, word);
        }
        return options_read(&table, (int)list.count, list.items, s, words, ret_message);
}

static void must_read(const char *line, Settings *s, StringList *words) {
        _cleanup_free_ char *message = NULL;
        int r = read_line(line, s, words, &message);

        ck_assert_msg(r == 0, "%s is refused: %s", line, message);
        ck_assert_ptr_null(message);
}

/* A file without a place, and the --config that names it. */
static char *config_with(const char *text, int *ret_fd) {
        int fd = memfd_create("config", MFD_CLOEXEC);

        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
        *ret_fd = fd;
        return xasprintf("--config=/proc/self/fd/%d", fd);
}

START_TEST(defaults_stand_where_nothing_is_said) {
        _cleanup_(settings_done) Settings s = { 0 };

        must_read("", &s, NULL);
        ck_assert_str_eq(s.url, "redis://localhost");
        ck_assert_uint_eq(s.prefixes.count, 1);
        ck_assert_str_eq(s.prefixes.items[0], "/beachhead/");
        ck_assert_uint_eq(s.expire, 60);
        ck_assert_uint_eq(s.limit, 0);
        ck_assert_int_eq(s.health, 0);
        ck_assert(!s.verbose && !s.dry_run && !s.help);
        ck_assert_ptr_null(s.config);
}
END_TEST

START_TEST(every_way_to_write_an_option_is_understood) {
        static const char *const lines[] = {
                "--expire=5|--url=a b|--verbose|--dry-run|--health=ignore",
                "--expire|5|--url|a b|--verbose|--dry-run|--health|ignore",
                "-e5|-ua b|-v|-n|--health=ignore",
                "-e|5|-u|a b|-vn|--health=ignore",
                "-vne5|--health=whatever|--health=ignore|-nu|a b",
        };

        for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
                _cleanup_(settings_done) Settings s = { 0 };
                must_read(lines[i], &s, NULL);
                ck_assert_uint_eq(s.expire, 5);
                ck_assert_str_eq(s.url, "a b");
                ck_assert(s.verbose && s.dry_run);
                ck_assert_int_eq(s.health, 1);
        }
}
END_TEST

START_TEST(what_is_no_option_is_a_word) {
        _cleanup_(settings_done) Settings s = { 0 };
        _cleanup_string_list_ StringList words = { 0 };

        must_read("web|-v|db|-|--|-n|--bogus|--", &s, &words);
        _cleanup_free_ char *joined = string_list_join(&words, "|");
        ck_assert_str_eq(joined, "web|db|-|-n|--bogus|--");
        ck_assert(s.verbose && !s.dry_run);
}
END_TEST

START_TEST(empty_text_is_none) {
        _cleanup_(settings_done) Settings s = { 0 };

        must_read("--url=|--key-prefix=/a/|--key-prefix=", &s, NULL);
        ck_assert_ptr_null(s.url);
        ck_assert_uint_eq(s.prefixes.count, 0);
}
END_TEST

START_TEST(the_file_overrides_defaults_and_the_command_line_the_file) {
        _cleanup_(settings_done) Settings s = { 0 }, t = { 0 };
        _cleanup_close_ int fd = -1;
        _cleanup_free_ char *config = config_with("expire = 7\nlimit=8\nurl: redis://file\nverbose = on\n"
                                                  "key-prefix = /a/\nkey-prefix = /b/\n",
                                                  &fd);
        _cleanup_free_ char *more =
                xasprintf("--expire=9|%s|--key-prefix=/c/|--key-prefix=/d/|--key-prefix=/e/", config);

        must_read(config, &s, NULL);
        ck_assert_uint_eq(s.expire, 7);
        ck_assert_uint_eq(s.limit, 8);
        ck_assert_str_eq(s.url, "redis://file");
        ck_assert(s.verbose);
        _cleanup_free_ char *from_file = string_list_join(&s.prefixes, " ");
        ck_assert_str_eq(from_file, "/a/ /b/");

        must_read(more, &t, NULL);
        ck_assert_uint_eq(t.expire, 9);
        ck_assert_uint_eq(t.limit, 8);
        _cleanup_free_ char *from_line = string_list_join(&t.prefixes, " ");
        ck_assert_str_eq(from_line, "/c/ /d/ /e/");
        ck_assert_str_eq(t.config, strchr(config, '=') + 1);
}
END_TEST

START_TEST(the_forms_of_an_ini_file_are_understood) {
        static const char *const files[] = {
                "expire=5\nurl=x = y\nverbose=yes",
                "\xef\xbb\xbf[redis]\r\nexpire = 5\r\n\r\n[other]\r\nurl = x = y  \r\nverbose = TRUE\r\n",
                "# a comment\n; another\n  # and one more\n\n expire = 5 ; seconds\n\turl = x = y\n\tverbose = 1\n",
                "verbose = 0\nexpire = 99\nexpire = 5\nurl=x = y\nverbose = On\n",
        };

        for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
                _cleanup_(settings_done) Settings s = { 0 };
                _cleanup_free_ char *message = NULL;
                int r = options_file_parse(&table, "f", files[i], strlen(files[i]), &s, &message);
                ck_assert_msg(r == 0, "file %zu: %s", i, message);
                ck_assert_uint_eq(s.expire, 5);
                ck_assert_str_eq(s.url, "x = y");
                ck_assert(s.verbose);
        }
}
END_TEST

START_TEST(a_mistake_on_the_command_line_is_named) {
        static const struct {
                const char *line, *message;
        } cases[] = {
                { "--foo", "unknown option --foo; see --help" },
                { "--foo=bar", "unknown option --foo; see --help" },
                { "--expir=5", "unknown option --expir; see --help" },
                { "--=5", "unknown option --; see --help" },
                { "--f\x1boo", "unknown option --f\\x1boo; see --help" },
                { "-vx", "unknown option -x; see --help" },
                { "--expire", "--expire needs a value: --expire=SECONDS" },
                { "-ve", "--expire needs a value: --expire=SECONDS" },
                { "--verbose=yes", "--verbose takes no value" },
                { "word", "unexpected argument \"word\"; see --help" },
                { "--|-v", "unexpected argument \"-v\"; see --help" },
                { "--expire=", "--expire: \"\" is not a whole number from 0 to 86400" },
                { "--expire=-1", "--expire: \"-1\" is not a whole number from 0 to 86400" },
                { "--expire=86401", "--expire: \"86401\" is not a whole number from 0 to 86400" },
                { "-e5s", "--expire: \"5s\" is not a whole number from 0 to 86400" },
                { "--limit=1", "--limit: \"1\" is not a whole number, 2 or more" },
                { "--limit=99999999999999999999",
                  "--limit: \"99999999999999999999\" is not a whole number, 2 or more" },
                { "--health=b\nad", "--health: \"b\\x0aad\" is not require, ignore or whatever" },
                { "--name=", "--name: \"\" is not a value" },
                { "--config=/nonexistent", "/nonexistent: cannot be read: No such file or directory" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_(settings_done) Settings s = { 0 };
                _cleanup_free_ char *message = NULL;
                ck_assert_int_lt(read_line(cases[i].line, &s, NULL, &message), 0);
                ck_assert_str_eq(message, cases[i].message);
        }
}
END_TEST

START_TEST(a_mistake_in_the_file_is_named_with_its_line) {
        static const struct {
                const char *text, *message;
        } cases[] = {
                { "\nexpir = 5\n", "f:2: expir: there is no such option; keys are the long names that --help lists" },
                { "e = 5", "f:1: e: there is no such option; keys are the long names that --help lists" },
                { "= 5", "f:1: there is no such option; keys are the long names that --help lists" },
                { "[a]\n\nhelp = yes", "f:3: help: this option is for the command line only" },
                { "config = /etc/other", "f:1: config: this option is for the command line only" },
                { "expire = soon", "f:1: expire: \"soon\" is not a whole number from 0 to 86400" },
                { "verbose = maybe", "f:1: verbose: \"maybe\" is not yes or no" },
                { "name =", "f:1: name: \"\" is not a value" },
                { "verbose =", "f:1: verbose: \"\" is not yes or no" },
                { "health = no\n", "f:1: health: \"no\" is not require, ignore or whatever" },
                { "expire = 5\nverbose\n", "f:2: neither \"key = value\" nor \"[section]\"" },
                { "verbose\nexpire = x\n", "f:1: neither \"key = value\" nor \"[section]\"" },
                { "expire = x\nverbose\n", "f:1: expire: \"x\" is not a whole number from 0 to 86400" },
                { "[section\n", "f:1: neither \"key = value\" nor \"[section]\"" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_(settings_done) Settings s = { 0 };
                _cleanup_free_ char *message = NULL;
                const char *text = cases[i].text;
                ck_assert_int_eq(options_file_parse(&table, "f", text, strlen(text), &s, &message), -EINVAL);
                ck_assert_str_eq(message, cases[i].message);
        }
}
END_TEST

START_TEST(a_long_line_is_refused_and_never_cut) {
        char text[16 + 400 + 16] = "\nurl = ";

        for (size_t length = 150; length < 400; length++) {
                _cleanup_(settings_done) Settings s = { 0 };
                _cleanup_free_ char *message = NULL;
                memset(text + 7, 'x', length);
                (void)strcpy(text + 7 + length, "\nlimit=5\n");
                if (options_file_parse(&table, "f", text, strlen(text), &s, &message) == 0) {
                        ck_assert_uint_eq(strlen(s.url), length);
                        ck_assert_uint_eq(s.limit, 5);
                } else {
                        ck_assert_uint_gt(length, 180);
                        ck_assert_int_eq(strncmp(message, "f:2: the line is longer than ", 29), 0);
                }
        }
}
END_TEST

START_TEST(a_long_comment_is_no_mistake) {
        char text[500] = "  #";
        _cleanup_(settings_done) Settings s = { 0 };
        _cleanup_free_ char *message = NULL;

        memset(text + 3, 'x', 480);
        (void)strcpy(text + 483, "\nlimit=5\n");
        ck_assert_int_eq(options_file_parse(&table, "f", text, strlen(text), &s, &message), 0);
        ck_assert_uint_eq(s.limit, 5);
}
END_TEST

START_TEST(a_file_with_a_nul_or_too_many_bytes_is_refused) {
        _cleanup_(settings_done) Settings s = { 0 };
        _cleanup_free_ char *message = NULL, *config = NULL, *huge = xcalloc(OPTIONS_FILE_MAX + 2, 1);
        _cleanup_close_ int fd = -1;

        ck_assert_int_eq(options_file_parse(&table, "f", "expire=5\0 0\n", 12, &s, &message), -EINVAL);
        ck_assert_str_eq(message, "f:1: the line holds a NUL byte");
        free(TAKE_PTR(message));

        memset(huge, '\n', OPTIONS_FILE_MAX + 1);
        config = config_with(huge, &fd);
        ck_assert_int_eq(read_line(config, &s, NULL, &message), -EFBIG);
        ck_assert_ptr_nonnull(strstr(message, ": larger than 1048576 bytes"));
        ck_assert_int_eq(ftruncate(fd, OPTIONS_FILE_MAX), 0);
        must_read(config, &s, NULL);
}
END_TEST

START_TEST(help_is_aligned_and_shows_defaults) {
        _cleanup_free_ char *help = options_help(&table, NULL);

        ck_assert_str_eq(help, "usage: test [OPTION]... [WORD]...\n"
                               "Tests options.\n"
                               "\n"
                               "Redis:\n"
                               "  -u, --url=URL                         where it is [redis://localhost]\n"
                               "      --name=NAME                       of it [web]\n"
                               "      --key-prefix=PREFIX               may be repeated [/beachhead/]\n"
                               "  -e, --expire=SECONDS                  how long it lives [60]\n"
                               "      --limit=NUMBER                    how many\n"
                               "\n"
                               "How it runs:\n"
                               "      --health=require|ignore|whatever  of a container [require]\n"
                               "  -v, --verbose                         more\n"
                               "  -n, --dry-run                         only show\n"
                               "  -c, --config=FILE                     an INI file\n"
                               "  -h, --help                            this text\n");
}
END_TEST

START_TEST(help_never_exceeds_its_width) {
        static const Option wide[] = {
                { .type = OPTION_TEXT,
                  .name = "an-option-whose-name-is-far-too-long",
                  .argument = "VALUE",
                  .help = "begins on a line of its own" },
                { .type = OPTION_TEXT,
                  .name = "short",
                  .argument = "VALUE",
                  .standard = "nginx -t -q -c {main}",
                  .help = "a phrase that goes on and on, and on again, until it does not fit into one line any more, "
                          "nor into the next one, because somebody could not stop writing about it" },
        };
        const OptionTable narrow = { "test", "", "Tests.", wide, 2 };
        _cleanup_free_ char *help = options_help(&narrow, NULL);

        ck_assert_str_eq(help,
                         "usage: test \nTests.\n"
                         "      --an-option-whose-name-is-far-too-long=VALUE\n"
                         "                     begins on a line of its own\n"
                         "      --short=VALUE  a phrase that goes on and on, and on again, until it does not fit into "
                         "one line\n"
                         "                     any more, nor into the next one, because somebody could not stop "
                         "writing about\n"
                         "                     it [nginx -t -q -c {main}]\n");
        for (const char *line = help; *line; line += strcspn(line, "\n") + 1)
                ck_assert_uint_le(strcspn(line, "\n"), 100);
}
END_TEST

START_TEST(help_about_a_topic_is_apart) {
        static const Option rows[] = {
                { .type = OPTION_HEADING, .help = "Most" },
                { .type = OPTION_FLAG, .name = "a", .help = "first" },
                { .type = OPTION_HEADING, .help = "Rare", .topic = "more" },
                { .type = OPTION_FLAG, .name = "b-with-a-longer-name", .help = "second" },
                { .type = OPTION_HEADING, .help = "Last" },
                { .type = OPTION_FLAG, .name = "c", .help = "third" },
        };
        const OptionTable topics = { "test", "", "Tests.", rows, sizeof rows / sizeof *rows };
        _cleanup_free_ char *most = options_help(&topics, NULL), *rare = options_help(&topics, "more");

        ck_assert_str_eq(most, "usage: test \nTests.\n"
                               "\nMost:\n      --a  first\n"
                               "\nLast:\n      --c  third\n");
        ck_assert_str_eq(rare, "usage: test \nTests.\n"
                               "\nRare:\n      --b-with-a-longer-name  second\n");
}
END_TEST

TEST_MAIN("options", defaults_stand_where_nothing_is_said, every_way_to_write_an_option_is_understood,
          what_is_no_option_is_a_word, empty_text_is_none, the_file_overrides_defaults_and_the_command_line_the_file,
          the_forms_of_an_ini_file_are_understood, a_mistake_on_the_command_line_is_named,
          a_mistake_in_the_file_is_named_with_its_line, a_long_line_is_refused_and_never_cut,
          a_long_comment_is_no_mistake, a_file_with_a_nul_or_too_many_bytes_is_refused,
          help_is_aligned_and_shows_defaults, help_never_exceeds_its_width, help_about_a_topic_is_apart)
