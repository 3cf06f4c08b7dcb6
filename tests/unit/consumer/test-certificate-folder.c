/* Where a certificate lies on disk: a folder of its own for each base, or none at all. */
#include "consumer/certificate-folder.h"

#include "common/memory.h"
#include "tests/unit/check-main.h"

#include <limits.h>
#include <string.h>

#define LABEL "a2345678901234567890123456789012345678901234567890123456789"
#define LABELS LABEL "." LABEL "." LABEL /* 179 bytes */

START_TEST(each_base_has_a_folder_of_its_own) {
        static const struct {
                const char *base, *folder;
        } cases[] = {
                { "a.org", "a.org" },
                { "*.a.org", "_wildcard.a.org" },
                { "wildcard.a.org", "wildcard.a.org" },
                { "_wildcards.a.org", "_wildcards.a.org" },
                { "crt.a.org", "crt.a.org" },
                { "key", "key" },
                { LABELS ".a23456789012345678901234567890123456789.o",
                  LABELS ".a23456789012345678901234567890123456789.o" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_free_ char *folder = certificate_folder(cases[i].base);
                ck_assert_ptr_null(certificate_folder_obstacle(cases[i].base));
                ck_assert_str_eq(folder, cases[i].folder);
                _cleanup_free_ char *base = certificate_folder_base(folder);
                ck_assert_str_eq(base, cases[i].base);
                ck_assert_uint_le(strlen(folder) + CERTIFICATE_FOLDER_SUFFIX_MAX, NAME_MAX);
        }
}
END_TEST

START_TEST(what_would_stand_in_the_way_of_another_certificate_has_none) {
        static const struct {
                const char *base, *obstacle;
        } cases[] = {
                { "_wildcard.a.org", "its file would be that of the wildcard's certificate" },
                { "a.org.crt", "its file would be that of another name's certificate or key" },
                { "a.org.key", "its file would be that of another name's certificate or key" },
                { "a.org.chain.pem", "its file would be that of another name's certificate or key" },
                { "*.a.thumbprint", "its file would be that of another name's certificate or key" },
                { LABELS "." LABEL, "its first name is too long for a file's name" },
                { "*." LABELS "." LABEL, "its first name is too long for a file's name" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                ck_assert_ptr_null(certificate_folder(cases[i].base));
                ck_assert_str_eq(certificate_folder_obstacle(cases[i].base), cases[i].obstacle);
        }
}
END_TEST

START_TEST(what_is_no_folder_of_a_certificate_has_no_base) {
        static const char *const folders[] = {
                "",
                ".",
                "..",
                "lost+found",
                "*.a.org",
                "A.org",
                "a.org.",
                "a.org.crt",
                "_wildcard.",
                "a.org.thumbprint",
                "www.a.*",
                "a.org.json~",
                "a/b",
                "a b.org",
                "_wildcard._wildcard.",
                "_wildcard.a.*",
                LABELS "." LABEL,
        };

        for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
                _cleanup_free_ char *base = certificate_folder_base(folders[i]);
                ck_assert_msg(!base, "%s", folders[i]);
        }
}
END_TEST

TEST_MAIN("certificate-folder", each_base_has_a_folder_of_its_own,
          what_would_stand_in_the_way_of_another_certificate_has_none, what_is_no_folder_of_a_certificate_has_no_base)
