/* A store in a directory of its own, and pairs to put into it. Needs one test CA a program. */
#pragma once

#include "common/file.h"
#include "common/text.h"
#include "consumer/certs/private-key.h"
#include "consumer/certs/store.h"
#include "tests/unit/consumer/ca.h"
#include "tests/unit/scratch.h"

/* What is installed: a certificate, perhaps with that of a CA behind it, and its key. */
typedef struct TestPair {
        char *chain, *key;
        StringList names;
} TestPair;

static inline void test_pair_done(TestPair *p) {
        free(p->chain);
        secret_free(p->key);
        string_list_clear(&p->names);
}
#define _cleanup_test_pair_ _cleanup_(test_pair_done)

/* For names with a space between them. `alone`: without its issuer. */
static inline TestPair test_pair_of(const char *names, bool alone) {
        _cleanup_test_ca_ TestCa ca = test_ca("ca", NULL);
        _cleanup_(EVP_PKEY_freep) EVP_PKEY *key = test_key(0);
        _cleanup_text_ Text extension = { 0 };
        TestPair p = { .key = test_key_text(key) };
        char *name;

        while ((name = next_word(&names, " "))) {
                text_appendf(&extension, "%sDNS:%s", extension.size > 0 ? "," : "", name);
                string_list_take(&p.names, name);
        }
        _cleanup_free_ char *leaf = test_ca_issue(&ca, key, (TestX509){ .names = extension.data });
        _cleanup_free_ char *issuer = test_x509_text(ca.certificate);
        p.chain = xasprintf("%s%s", leaf, alone ? "" : issuer);
        return p;
}

static inline TestPair test_pair(const char *names) {
        return test_pair_of(names, false);
}

/* Puts it in place; its first name is the base. Returns what store_install() does. */
static inline int install(const TestPair *p, char **ret_message) {
        return store_install(scratch, p->names.items[0], &p->names, p->chain, p->key, ret_message);
}

/* Whether both texts of a base are those of the pair. */
static inline bool holds(const char *base, const TestPair *p) {
        _cleanup_free_ char *chain = NULL;
        _cleanup_secret_ char *key = NULL;

        return store_load(scratch, base, &chain, &key) == 0 && strcmp(chain, p->chain) == 0 &&
               strcmp(key, p->key) == 0;
}

/* Whether the file at that name in the directory, through links, has the text. */
static inline bool file_is(const char *name, const char *text) {
        _cleanup_free_ char *path = scratch_path(name), *bytes = NULL;
        size_t size;

        return file_read(path, 1 << 20, &bytes, &size) == 0 && strcmp(bytes, text) == 0;
}
