/* Keys of every kind, what a CA is sent, and the name that ACME gives a key. */
#include "consumer/certs/private-key.h"

#include "consumer/pem.h"
#include "tests/unit/check-main.h"

#include <errno.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <string.h>

DEFINE_CLEANUP(X509_REQ *, X509_REQ_free);

START_TEST(a_key_is_of_the_kind_that_was_asked_for) {
        /* One of 8192 bits takes too long here. */
        static const struct {
                KeyType type;
                const char *algorithm;
                int bits;
        } cases[] = {
                { KEY_TYPE_RSA_2048, "RSA", 2048 }, { KEY_TYPE_RSA_3072, "RSA", 3072 },
                { KEY_TYPE_RSA_4096, "RSA", 4096 }, { KEY_TYPE_EC_256, "EC", 256 },
                { KEY_TYPE_EC_384, "EC", 384 },     { KEY_TYPE_EC_521, "EC", 521 },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_secret_ char *pem = NULL;
                ck_assert_int_eq(private_key_make(cases[i].type, &pem), 0);
                ck_assert(has_prefix(pem, "-----BEGIN PRIVATE KEY-----\n"));
                _cleanup_(EVP_PKEY_freep) EVP_PKEY *key = pem_read_key(pem, strlen(pem));
                ck_assert_ptr_nonnull(key);
                ck_assert(EVP_PKEY_is_a(key, cases[i].algorithm));
                ck_assert_int_eq(EVP_PKEY_get_bits(key), cases[i].bits);
                ck_assert_int_eq(private_key_type(key), cases[i].type);
        }
}
END_TEST

START_TEST(no_two_keys_are_the_same) {
        _cleanup_secret_ char *one = NULL, *other = NULL;

        ck_assert_int_eq(private_key_make(KEY_TYPE_EC_256, &one), 0);
        ck_assert_int_eq(private_key_make(KEY_TYPE_EC_256, &other), 0);
        ck_assert_str_ne(one, other);
}
END_TEST

START_TEST(a_kind_that_nobody_chose_is_refused) {
        char *pem = NULL;

        ck_assert_int_eq(private_key_make(KEY_TYPE_UNSET, &pem), -EINVAL);
        ck_assert_int_eq(private_key_make(_KEY_TYPE_COUNT, &pem), -EINVAL);
        ck_assert_ptr_null(pem);
}
END_TEST

START_TEST(keys_of_other_kinds_are_known_as_such) {
        EVP_PKEY *keys[] = { EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), EVP_EC_gen("secp256k1"), EVP_RSA_gen(1024),
                             EVP_RSA_gen(2304) };

        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
                ck_assert_ptr_nonnull(keys[i]);
                ck_assert_int_eq(private_key_type(keys[i]), KEY_TYPE_UNSET);
                EVP_PKEY_free(keys[i]);
        }
}
END_TEST

/* ---- requests ---- */

/* "CN NAME,NAME…" of a request whose signature is good. */
static char *request_text(const char *pem) {
        _cleanup_(BIO_freep) BIO *bio = pem_open(pem, strlen(pem));
        _cleanup_(X509_REQ_freep) X509_REQ *request = PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL);
        STACK_OF(X509_EXTENSION) *extensions = X509_REQ_get_extensions(request);
        GENERAL_NAMES *names = X509V3_get_d2i(extensions, NID_subject_alt_name, NULL, NULL);
        char common_name[80] = "-";
        Text t = { 0 };

        ck_assert_int_eq(X509_REQ_verify(request, X509_REQ_get0_pubkey(request)), 1);
        ck_assert_int_eq(sk_X509_EXTENSION_num(extensions), 1);
        X509_NAME_get_text_by_NID(X509_REQ_get_subject_name(request), NID_commonName, common_name, sizeof common_name);
        text_appendf(&t, "%s ", common_name);
        for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
                int type;
                const ASN1_STRING *name = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, i), &type);
                ck_assert_int_eq(type, GEN_DNS);
                text_append(&t, i > 0 ? "," : "");
                text_append_bytes(&t, ASN1_STRING_get0_data(name), (size_t)ASN1_STRING_length(name));
        }
        GENERAL_NAMES_free(names);
        sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
        return text_take(&t);
}

#define LABEL_60 "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghij"

START_TEST(a_request_names_what_it_is_for) {
        static const struct {
                const char *names[4], *expected;
        } cases[] = {
                { { "a.org" }, "a.org a.org" },
                { { "www.a.org", "a.org", "b.org" }, "www.a.org www.a.org,a.org,b.org" },
                { { "*.a.org", "a.org" }, "*.a.org *.a.org,a.org" },
                { { LABEL_60 ".org", "a.org" }, LABEL_60 ".org " LABEL_60 ".org,a.org" },
                { { LABEL_60 "a.org", "a.org" }, "- " LABEL_60 "a.org,a.org" },
                { { "xn--bcher-kva.example", "_x.a.org" }, "xn--bcher-kva.example xn--bcher-kva.example,_x.a.org" },
        };

        for (KeyType type = KEY_TYPE_RSA_2048; type < _KEY_TYPE_COUNT; type++) {
                _cleanup_secret_ char *key = NULL;
                if (type == KEY_TYPE_RSA_3072 || type == KEY_TYPE_RSA_4096 || type == KEY_TYPE_RSA_8192)
                        continue;
                ck_assert_int_eq(private_key_make(type, &key), 0);
                for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                        _cleanup_string_list_ StringList names = { 0 };
                        _cleanup_free_ char *pem = NULL;
                        for (size_t n = 0; n < 4 && cases[i].names[n]; n++)
                                string_list_add(&names, cases[i].names[n]);
                        ck_assert_int_eq(certificate_request_make(key, &names, &pem), 0);
                        _cleanup_free_ char *text = request_text(pem);
                        ck_assert_str_eq(text, cases[i].expected);
                }
        }
}
END_TEST

START_TEST(a_request_has_a_hundred_names) {
        _cleanup_secret_ char *key = NULL;
        _cleanup_string_list_ StringList names = { 0 };
        _cleanup_free_ char *pem = NULL;

        for (int i = 0; i < REGISTRATION_NAMES_MAX; i++)
                string_list_addf(&names, "host%d.a.org", i);
        ck_assert_int_eq(private_key_make(KEY_TYPE_EC_256, &key), 0);
        ck_assert_int_eq(certificate_request_make(key, &names, &pem), 0);
        _cleanup_free_ char *text = request_text(pem), *all = string_list_join(&names, ",");
        _cleanup_free_ char *expected = xasprintf("host0.a.org %s", all);
        ck_assert_str_eq(text, expected);
}
END_TEST

START_TEST(a_request_that_no_ca_can_fulfil_is_not_made) {
        static const char *const cases[] = {
                "",        "-a.org",  "a..org", "A.org",  "a.org.", "www.a.*",      "*",
                "*.*.org", "a b.org", "~^a$",   "a/../b", "[::1]",  "a.org\nb.org", "a.org,DNS:b.org",
        };
        _cleanup_secret_ char *key = NULL;
        char *pem = NULL;

        ck_assert_int_eq(private_key_make(KEY_TYPE_EC_256, &key), 0);
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_string_list_ StringList names = { 0 };
                string_list_add(&names, "good.a.org");
                string_list_add(&names, cases[i]);
                ck_assert_msg(certificate_request_make(key, &names, &pem) == -EINVAL, "%s", cases[i]);
        }
        _cleanup_string_list_ StringList none = { 0 }, one = { 0 };
        ck_assert_int_eq(certificate_request_make(key, &none, &pem), -EINVAL);
        string_list_add(&one, "a.org");
        ck_assert_int_eq(certificate_request_make("no key", &one, &pem), -EINVAL);
        ck_assert_ptr_null(pem);
}
END_TEST

/* ---- thumbprints ---- */

START_TEST(a_thumbprint_is_what_acme_makes_of_the_key) {
        /* Made by another library; the x of the first one begins with a byte of 0. */
        static const struct {
                const char *key, *thumbprint;
        } cases[] = {
                { "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgDWNC1X1Wnkbd3Yxt\n"
                  "q3jTCBXKjvRy53b4um5f8NQLBnChRANCAAQAjsV9CnQBeYGSo64IC4FtfrsQGb4P\n"
                  "xgwPfx742xatW6W27MOlqYWt6HXzNFaaTftMW2yuTjedTmu9OiM5dNMU\n",
                  "T0jHNvy1nqUg9xLepPN1wKzpxwdmyLV8JWSgv6mX8pk" },
                { "MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDCl7oGxJ0v4s4u3FDgp\n"
                  "zieUdtRm3kNcJkwueRL2c1zepGxrIOVE+TdVpYKD/ykuzc+hZANiAATDEOdUto58\n"
                  "u+/jDP6E/XF4alBTnL/DpWR2+PE8IbUFkuzmROI+zygDufOmygRbUslJCfLgUxxA\n"
                  "laLGkz6oYXVf/BHY6S5aOYSM8LFtDCiFZWP55sCdykLpcplUpjMOhwI=\n",
                  "TdOd4uNtplx_mSskjf9TUfpesAzxEd6eK0TTb38ohVo" },
                { "MIHuAgEAMBAGByqGSM49AgEGBSuBBAAjBIHWMIHTAgEBBEIBx7/d9YHeddDsTGqD\n"
                  "9ryNkFdOL2wzMFQ1zJb2wsMy1F7fxg5mgb5AnPv8OkGYN4XkEScYzaoqWpi45bLy\n"
                  "bVqBU4ehgYkDgYYABAFwYW16yr/8Q7Br+PI8q36b0j0MgoPRSoZxK1LNJcXX/zfD\n"
                  "AuY9jZVLeZAnS2MO72JkAsHYveOyb7xA/DPQ1Gq9tABHHKB7QN5zitIaw/i4q/dA\n"
                  "hSG72ViAKwSPHHbxZwr0Tms7b3GtTNm2vQvRsupU1pQmzWO5i29qm73eQqaJqxvM\n"
                  "Gw==\n",
                  "Kug7IeMiLVux-jHLWhLb1wj2W5CPQ3CDVKZbkBUQka4" },
                { "MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQDk5AXJe7VBr2Al\n"
                  "LWgjTl0Y0EzSmGZHQ0AA1XCY6HwXWJyWt6sXYcX7xDA8fVtvKanu4bwBAJm/SuAa\n"
                  "IOhFB0ioyXdhVGFNBJtuV44jWl1nMxj6z6H3iqiqiWNvdQX836Afo2vcajaFIvKR\n"
                  "M5EiJ7BpAkbUvNHEuVs09fP5kvjU7R4MSudJN2TP/CQvW84kzJdMDu4gHP4s+67V\n"
                  "NgBm7pX3VRp+H/RgYEmAIIDFYXljkAfavIlGXPE7GINDBkEFVUz7pkhr5W+0IUez\n"
                  "laGyiHQPJ7JWD3S3qtZNo8rJTGnwlbFkg25Fv2VdQ7/oyVvMP4thVYnzeKh9NVwa\n"
                  "JbhTcQtHAgMBAAECggEAVAJ1NUxYbLFnwn11+W9rsA3UBH+3GnTOav/sAdNiqFb3\n"
                  "skHbZAuY1R1e7vS7uIM8QddMX7nOtG1Q74YgeiWAP6MiU/DafaAxRECShNtH6PbS\n"
                  "Nkw7EFYuLdmbS29SMUwKw1IB5rZ9KER5b13T6QtULlaNlMtw2pmFplyXnYSaG9vy\n"
                  "MkRdPkZcyQfxzS4oe889MzF/S97wXh3yR8AEJv0Pr/7zDbuh8wRKoMWi3KZHBKlJ\n"
                  "K4r0cgIozgSRD16JE7M4rsxLJKv3H/w+O+8rVlDpLpfDTWA3Q3m3hm3azdT74Yu7\n"
                  "tKASx0ikC0m9nHCHciMlOCp9iHEfl99O73oDgaJ14QKBgQD15RPMLP1rWOqhz8O5\n"
                  "E7CVMvHiIwUqAeMszxQ/Ij4fKNdUQ1UT8ClKOcEOUsNCcdSb+yY3AG3LIDztTTlO\n"
                  "J5Wq80cJk5BeiqnUf/hiMq1PEfzWFA66lpilAA0sv647Eex1NcJsdmSkoGOKCQSK\n"
                  "1JDCdRNIz7MiunAX7gdZaSkvmQKBgQDuTA3sfQP7ulKXXsOtrwzigYLZkfYA8RF6\n"
                  "v2A6kDfq3WfW0zXRckxZqbAZ+34ZMtHbp9xO23U9DHm5op8S5fYpg6sQmlDlspgZ\n"
                  "e0nm6jd8b0+p/aOeJGGTnnVVxt532ha8QNlSRpoKqbMuopfMfY/XuT2eD+JMz8mk\n"
                  "ewjyeDZd3wKBgQCMr1v8XWFAocbcfXqF0XYeZt9teovh1OKdKH11Aap5OWy5kSyE\n"
                  "E8wL469I+qEsyuPRuofKwDwRE4jIXH6E8LD49eeW2w6miL9SDUWXKVdu/eOiuCcV\n"
                  "KkR7YuQmziRpN4AKL4/lbnd2mS1aNH6cz7FjEIjQB8V+AR1RE6awyTH/QQKBgQCY\n"
                  "j+yiKW+xbBqQesVAnz/ajBwf+0jKVYxhT8Dl/YsvPMzMRrDABTNIfFEYcWDL9TNS\n"
                  "M+fiPLKUgTY1WR4K1VuCPJ/6ozGDvZGPTtWDlxQrAIC6Tn7AMn6eKebpIccwaFoB\n"
                  "8GqyOC1LAlaLVuFktEaxUBFY7sZtcuKgAX067yevdQKBgDBWG5UzAFg9MqQF8gCg\n"
                  "FYw9gPbdp0KOpPORx9Fax3kIM4uhOielisirIFGWp71KZixf1fUZsVxlIuT+UlZN\n"
                  "XI9da6HZVH2yM5UniJRt5Ti1ESUmLRNGDB1ZmmnnguNcLh9WUxCvIRzANDJhLEKS\n"
                  "W5lcliaTEHW46jRmb9uMJGlP\n",
                  "f5VHZCSX-LKfq8s5c5tK4EfQ-mc1q1iP-RMXofLH0Ns" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_free_ char *thumbprint = NULL;
                _cleanup_free_ char *pem =
                        xasprintf("-----BEGIN PRIVATE KEY-----\n%s-----END PRIVATE KEY-----\n", cases[i].key);
                ck_assert_int_eq(key_thumbprint(pem, &thumbprint), 0);
                ck_assert_str_eq(thumbprint, cases[i].thumbprint);
                ck_assert_uint_eq(strlen(thumbprint), THUMBPRINT_SIZE);
        }
}
END_TEST

START_TEST(what_acme_knows_no_thumbprint_of_is_refused) {
        _cleanup_(EVP_PKEY_freep) EVP_PKEY *ed25519 = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
        _cleanup_(EVP_PKEY_freep) EVP_PKEY *koblitz = EVP_EC_gen("secp256k1");
        const EVP_PKEY *const keys[] = { ed25519, koblitz };
        char *thumbprint = NULL;

        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
                _cleanup_(BIO_freep) BIO *bio = BIO_new(BIO_s_mem());
                ck_assert_int_eq(PEM_write_bio_PKCS8PrivateKey(bio, keys[i], NULL, NULL, 0, NULL, NULL), 1);
                _cleanup_secret_ char *pem = pem_text(bio);
                ck_assert_int_eq(key_thumbprint(pem, &thumbprint), -EINVAL);
        }
        ck_assert_int_eq(key_thumbprint("", &thumbprint), -EINVAL);
        ck_assert_ptr_null(thumbprint);
}
END_TEST

TEST_MAIN("private-key", a_key_is_of_the_kind_that_was_asked_for, no_two_keys_are_the_same,
          a_kind_that_nobody_chose_is_refused, keys_of_other_kinds_are_known_as_such, a_request_names_what_it_is_for,
          a_request_has_a_hundred_names, a_request_that_no_ca_can_fulfil_is_not_made,
          a_thumbprint_is_what_acme_makes_of_the_key, what_acme_knows_no_thumbprint_of_is_refused)
