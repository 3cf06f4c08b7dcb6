/* The page, and what browsers are told not to let it do. */
#include "consumer/status/page.h"

#include "common/memory.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

__asm__(".pushsection .rodata\n"
        ".global page_html\n"
        ".global page_html_size\n"
        "page_html:\n"
        ".incbin \"consumer/status/page.html\"\n"
        "page_html_end:\n"
        ".byte 0\n"
        ".balign 8\n"
        "page_html_size:\n"
        ".quad page_html_end - page_html\n"
        ".popsection\n");

enum { SHA256_SIZE = 32, SHA256_BASE64_SIZE = 44 + 1 };

/* Of what stands between `tag` and `end`, in base64, as a source of the policy. Source: CSP Level 3, 6.7.2.2. */
static void hash_element(const char *html, const char *tag, const char *end, char ret[static SHA256_BASE64_SIZE]) {
        const char *from = strstr(html, tag), *to = from ? strstr(from, end) : NULL;
        unsigned char digest[SHA256_SIZE];

        if (!to ||
            EVP_Digest(from + strlen(tag), (size_t)(to - from) - strlen(tag), digest, NULL, EVP_sha256(), NULL) != 1)
                abort();
        (void)EVP_EncodeBlock((unsigned char *)ret, digest, SHA256_SIZE);
}

char *page_policy(const char *html) {
        char style[SHA256_BASE64_SIZE], script[SHA256_BASE64_SIZE];

        hash_element(html, "<style>", "</style>", style);
        hash_element(html, "<script>", "</script>", script);
        return xasprintf("default-src 'none'; style-src 'sha256-%s'; script-src 'sha256-%s'; connect-src 'self'; "
                         "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
                         "require-trusted-types-for 'script'; trusted-types 'none'",
                         style, script);
}
