/* What may stand as the domain of a route, in its one form. Pure. */
#pragma once

typedef enum ServerNameKind {
        SERVER_NAME_EXACT,    /* "www.example.org", in lower case, A-labels, without a last dot */
        SERVER_NAME_WILDCARD, /* "*.example.org", "www.example.*" */
        SERVER_NAME_REGEX,    /* "~" and a regular expression, as it came (see regex.h) */
        SERVER_NAME_ADDRESS,  /* "192.0.2.1", "[2001:db8::1]", each in the form of inet_ntop(3) */
} ServerNameKind;

/* Returns 0 and a string that the caller owns, or -EINVAL with what is wrong with it in *ret_reason where that is not
 * NULL ("is no domain"; owned by the caller). */
int server_name_normalize(const char *text, char **ret, ServerNameKind *ret_kind, char **ret_reason);
/* Of a name in its one form. */
ServerNameKind server_name_kind(const char *name);

/* A name that people write in their own script as A-labels ("bücher.example" → "xn--bcher-kva.example"; patterns too);
 * what is ASCII is copied. Returns 0 and a string that the caller owns, or -EINVAL. Source: RFC 5891, by libidn2. */
int server_name_to_ascii(const char *text, char **ret);
