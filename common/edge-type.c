/* The types of the edge's settings: words, numbers with units, names. Pure. */
#include "common/edge-type.h"

#include "beachhead/edge-settings.h"
#include "common/memory.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#define ELEMENTS(array) (sizeof(array) / sizeof *(array))
#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

_Static_assert(sizeof(TlsPolicy) == 4 && sizeof(AcmeLocation) == 4 && sizeof(ClientVerification) == 4 &&
                       sizeof(int) == 4 && sizeof(bool) == 1,
               "what is stored as a number has a size that store() knows");

/* Values of up to 32 bits fit an int32_t: their types have a `max`. */
static void store(const EdgeType *type, void *ret, int64_t value) {
        switch (type->size) {
        case 1:
                *(bool *)ret = value != 0;
                break;
        case 2:
                *(uint16_t *)ret = (uint16_t)value;
                break;
        case 4:
                *(int32_t *)ret = (int32_t)value;
                break;
        default:
                *(int64_t *)ret = value;
        }
}

static int64_t load(const EdgeType *type, const void *value) {
        switch (type->size) {
        case 1:
                return *(const bool *)value;
        case 2:
                return *(const uint16_t *)value;
        case 4:
                return *(const int32_t *)value;
        default:
                return *(const int64_t *)value;
        }
}

static int parse_word(const EdgeType *type, const char *text, void *ret) {
        for (size_t i = 0; i < type->n_words; i++)
                if (strcasecmp(type->words[i], text) == 0) {
                        store(type, ret, (int64_t)i);
                        return 0;
                }
        return -EINVAL;
}

static void format_word(const EdgeType *type, const void *value, Text *t) {
        text_append(t, type->words[load(type, value)]);
}

/* Every spelling that is in use: nginx's, Go's, and people's. */
static int read_boolean(const char *text, bool *ret) {
        static const char *const pairs[][2] = {
                { "false", "true" }, { "off", "on" }, { "no", "yes" }, { "0", "1" }, { "f", "t" }
        };

        for (size_t i = 0; i < ELEMENTS(pairs); i++)
                for (int value = 0; value < 2; value++)
                        if (strcasecmp(pairs[i][value], text) == 0) {
                                *ret = value;
                                return 0;
                        }
        return -EINVAL;
}

static int parse_boolean(const EdgeType *type, const char *text, void *ret) {
        bool value;
        int r = read_boolean(text, &value);

        if (r == 0)
                store(type, ret, value);
        return r;
}

static int parse_acme(const EdgeType *type, const char *text, void *ret) {
        bool value;

        if (read_boolean(text, &value) < 0)
                return parse_word(type, text, ret);
        store(type, ret, value ? ACME_LOCATION_ON : ACME_LOCATION_OFF);
        return 0;
}

static int parse_number(const EdgeType *type, const char *text, void *ret) {
        size_t n_digits = strspn(text, DIGITS);
        _cleanup_free_ char *digits = xstrndup(text, n_digits);
        uint64_t number;
        int64_t value;

        if (parse_unsigned(digits, 0, INT64_MAX, &number) < 0)
                return -EINVAL;
        for (size_t i = 0; i < type->n_units; i++) {
                if (strcmp(type->units[i].name, text + n_digits) != 0)
                        continue;
                if (__builtin_mul_overflow(number, type->units[i].factor, &value) || value < type->min ||
                    value > type->max)
                        return -EINVAL;
                store(type, ret, value);
                return 0;
        }
        return -EINVAL;
}

static void format_number(const EdgeType *type, const void *value, Text *t) {
        int64_t number = load(type, value);
        size_t i = number == 0 ? 0 : type->n_units - 1;

        while (number % type->units[i].factor != 0)
                i--;
        text_append_unsigned(t, (uint64_t)(number / type->units[i].factor));
        text_append(t, type->units[i].name);
}

static int parse_redirect(const EdgeType *type, const char *text, void *ret) {
        uint64_t status;

        if (parse_unsigned(text, 301, 308, &status) < 0 || (status != 301 && status < 307))
                return -EINVAL;
        store(type, ret, (int64_t)status);
        return 0;
}

static int parse_keepalive(const EdgeType *type, const char *text, void *ret) {
        if (strcasecmp(text, "auto") != 0 && strcasecmp(text, "disabled") != 0)
                return parse_number(type, text, ret);
        store(type, ret, strcasecmp(text, "auto") == 0 ? KEEPALIVE_AUTO : 0);
        return 0;
}

static void format_keepalive(const EdgeType *type, const void *value, Text *t) {
        int64_t number = load(type, value);

        if (number > 0)
                format_number(type, value, t);
        else
                text_append(t, number == KEEPALIVE_AUTO ? "auto" : "disabled");
}

static int parse_file_name(const EdgeType *type, const char *text, void *ret) {
        (void)type;
        if (!*text || strchr(".-", *text) || text[strspn(text, LETTERS CAPITALS DIGITS "-_.*@")] != '\0')
                return -EINVAL;
        *(char **)ret = xstrdup(text);
        return 0;
}

static int parse_root(const EdgeType *type, const char *text, void *ret) {
        (void)type;
        if (*text != '/' || strstr(text, "..") || text[strspn(text, LETTERS CAPITALS DIGITS "._/-")] != '\0')
                return -EINVAL;
        *(char **)ret = xstrdup(text);
        return 0;
}

static void format_string(const EdgeType *type, const void *value, Text *t) {
        (void)type;
        text_append(t, *(char *const *)value);
}

static const char *const switch_words[] = { "off", "on" };
static const char *const boolean_words[] = { "false", "true" };
static const char *const acme_words[] = {
        [ACME_LOCATION_ON] = "true", [ACME_LOCATION_OFF] = "false", [ACME_LOCATION_LEGACY] = "legacy"
};
static const char *const verification_words[] = { [VERIFY_OFF] = "off",
                                                  [VERIFY_ON] = "on",
                                                  [VERIFY_OPTIONAL] = "optional",
                                                  [VERIFY_OPTIONAL_NO_CA] = "optional_no_ca" };
static const char *const policy_words[_TLS_POLICY_COUNT] = {
        [TLS_MOZILLA_MODERN] = "Mozilla-Modern",
        [TLS_MOZILLA_INTERMEDIATE] = "Mozilla-Intermediate",
        [TLS_MOZILLA_OLD] = "Mozilla-Old",
        [TLS_AWS_TLS13_1_3_2021_06] = "AWS-TLS13-1-3-2021-06",
        [TLS_AWS_TLS13_1_2_2021_06] = "AWS-TLS13-1-2-2021-06",
        [TLS_AWS_TLS13_1_2_RES_2021_06] = "AWS-TLS13-1-2-Res-2021-06",
        [TLS_AWS_TLS13_1_2_EXT1_2021_06] = "AWS-TLS13-1-2-Ext1-2021-06",
        [TLS_AWS_TLS13_1_2_EXT2_2021_06] = "AWS-TLS13-1-2-Ext2-2021-06",
        [TLS_AWS_TLS13_1_1_2021_06] = "AWS-TLS13-1-1-2021-06",
        [TLS_AWS_TLS13_1_0_2021_06] = "AWS-TLS13-1-0-2021-06",
        [TLS_AWS_FS_1_2_RES_2020_10] = "AWS-FS-1-2-Res-2020-10",
        [TLS_AWS_FS_1_2_RES_2019_08] = "AWS-FS-1-2-Res-2019-08",
        [TLS_AWS_FS_1_2_2019_08] = "AWS-FS-1-2-2019-08",
        [TLS_AWS_FS_1_1_2019_08] = "AWS-FS-1-1-2019-08",
        [TLS_AWS_FS_2018_06] = "AWS-FS-2018-06",
        [TLS_AWS_TLS_1_2_EXT_2018_06] = "AWS-TLS-1-2-Ext-2018-06",
        [TLS_AWS_TLS_1_2_2017_01] = "AWS-TLS-1-2-2017-01",
        [TLS_AWS_TLS_1_1_2017_01] = "AWS-TLS-1-1-2017-01",
        [TLS_AWS_2016_08] = "AWS-2016-08",
        [TLS_AWS_2015_05] = "AWS-2015-05",
        [TLS_AWS_2015_03] = "AWS-2015-03",
        [TLS_AWS_2015_02] = "AWS-2015-02",
};

static const EdgeUnit no_units[] = { { "", 1 } };
static const EdgeUnit sizes[] = { { "", 1 },        { "K", 1 << 10 }, { "k", 1 << 10 }, { "M", 1 << 20 },
                                  { "m", 1 << 20 }, { "G", 1 << 30 }, { "g", 1 << 30 } };
/* nginx's "M" is a month, so that the case matters. */
static const EdgeUnit times[] = { { "ms", 1 },        { "", 1000 },         { "s", 1000 },
                                  { "m", 60 * 1000 }, { "h", 3600 * 1000 }, { "d", 24 * 3600 * 1000 } };

#define VALUE(type) .size = sizeof(type), .owned = EDGE_TYPE_OWNS_NOTHING
#define WORDS(list) .words = (list), .n_words = ELEMENTS(list), .format = format_word
#define NUMBERS(list) .units = (list), .n_units = ELEMENTS(list), .format = format_number

const EdgeType edge_type_switch = {
        .rule = "must be on or off",
        .parse = parse_boolean,
        VALUE(bool),
        WORDS(switch_words),
};
const EdgeType edge_type_boolean = {
        .rule = "must be true or false",
        .parse = parse_boolean,
        VALUE(bool),
        WORDS(boolean_words),
};
const EdgeType edge_type_policy = {
        .rule = "must be Mozilla-Modern, Mozilla-Intermediate, Mozilla-Old or one of nginx-proxy's that begin with "
                "AWS-",
        .parse = parse_word,
        VALUE(TlsPolicy),
        WORDS(policy_words),
};
const EdgeType edge_type_acme = {
        .rule = "must be true, false or legacy",
        .parse = parse_acme,
        VALUE(AcmeLocation),
        WORDS(acme_words),
};
const EdgeType edge_type_verification = {
        .rule = "must be on, off, optional or optional_no_ca",
        .parse = parse_word,
        VALUE(ClientVerification),
        WORDS(verification_words),
};
const EdgeType edge_type_port = {
        .rule = "must be a port, 1 to 65535",
        .parse = parse_number,
        VALUE(uint16_t),
        NUMBERS(no_units),
        .min = 1,
        .max = UINT16_MAX,
};
const EdgeType edge_type_size = {
        .rule = "must be a size such as 512, 100k, 10m or 2g, up to 1024g; 0 is without limit",
        .parse = parse_number,
        VALUE(int64_t),
        NUMBERS(sizes),
        .max = EDGE_BODY_MAX_BYTES,
};
const EdgeType edge_type_time = {
        .rule = "must be a time such as 90, 90s, 500ms or 5m, above 0 and up to 1d",
        .parse = parse_number,
        VALUE(uint32_t),
        NUMBERS(times),
        .min = 1,
        .max = EDGE_TIMEOUT_MAX_SEC * INT64_C(1000),
};
const EdgeType edge_type_redirect = {
        .rule = "must be 301, 307 or 308",
        .parse = parse_redirect,
        VALUE(uint16_t),
        NUMBERS(no_units),
};
const EdgeType edge_type_keepalive = {
        .rule = "must be auto, disabled or a number up to 1000",
        .parse = parse_keepalive,
        VALUE(int),
        .units = no_units,
        .n_units = ELEMENTS(no_units),
        .format = format_keepalive,
        .max = EDGE_KEEPALIVE_MAX,
};
const EdgeType edge_type_file_name = {
        .rule = "must be a name of letters, digits and - _ . * @ that begins with neither \".\" nor \"-\"",
        .parse = parse_file_name,
        .format = format_string,
        .size = sizeof(char *),
};
const EdgeType edge_type_root = {
        .rule = "must be an absolute path of letters, digits and . _ - /, without \"..\"",
        .parse = parse_root,
        .format = format_string,
        .size = sizeof(char *),
};
