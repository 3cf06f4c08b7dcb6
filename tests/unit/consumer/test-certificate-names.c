/* Which domains a certificate is valid for. */
#include "consumer/certificate-names.h"

#include "tests/unit/check-main.h"

START_TEST(a_domain_is_covered_by_its_name_or_by_a_wildcard_one_label_up) {
        static char *names[] = { (char *)"a.org", (char *)"*.b.org", (char *)"localhost" };
        static const StringList list = { names, 3 };
        static const struct {
                const char *domain;
                bool covered;
        } cases[] = {
                { "a.org", true },    { "www.a.org", false }, { "*.a.org", false },   { "www.b.org", true },
                { "b.org", false },   { "*.b.org", true },    { "x.y.b.org", false }, { "localhost", true },
                { "example", false }, { "org", false },       { "xb.org", false },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
                ck_assert_msg(certificate_names_cover(&list, cases[i].domain) == cases[i].covered, "%s",
                              cases[i].domain);
}
END_TEST

START_TEST(no_names_cover_nothing) {
        ck_assert(!certificate_names_cover(&(StringList){ 0 }, "a.org"));
}
END_TEST

TEST_MAIN("certificate-names", a_domain_is_covered_by_its_name_or_by_a_wildcard_one_label_up, no_names_cover_nothing)
