/* Two machines that have one name: which of them goes on. */
#include "registrar/name-clash.h"
#include "tests/unit/check-main.h"

enum { LEASE = 60 };

static NameClash beginning(bool has_published) {
        return (NameClash){ .own = "m", .lease_usec = LEASE, .has_published = has_published };
}

START_TEST(a_node_is_whose_manifest_was_there_first_or_of_two_the_lower_ones) {
        static const struct {
                bool has_published;
                const char *manifest_of, *clash_with;
        } cases[] = {
                { false, NULL, NULL }, { false, "m", NULL }, { false, "a", "a" }, { false, "z", "z" },
                { true, NULL, NULL },  { true, "m", NULL },  { true, "a", "a" },  { true, "z", NULL },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                NameClash c = beginning(cases[i].has_published);
                ck_assert_int_eq(name_clash_look(&c, cases[i].manifest_of, 1), cases[i].clash_with != NULL);
                ck_assert_pstr_eq(c.machine, cases[i].clash_with);
                name_clash_done(&c);
        }
}
END_TEST

START_TEST(a_clash_is_news_once_and_again_with_another_machine) {
        NameClash c = beginning(false);

        ck_assert(name_clash_look(&c, "a", 1));
        ck_assert(!name_clash_look(&c, "a", 2));
        ck_assert(name_clash_look(&c, "b", 3));
        ck_assert(name_clash_look(&c, "m", 4));
        ck_assert_ptr_null(c.machine);
        name_clash_done(&c);
}
END_TEST

START_TEST(who_has_a_name_keeps_it_for_a_lease_after_the_manifest_was_seen_last) {
        NameClash c = beginning(false);

        ck_assert(name_clash_look(&c, "a", 100));
        ck_assert(!name_clash_look(&c, "a", 200));
        ck_assert(!name_clash_look(&c, NULL, 200 + LEASE - 1));
        ck_assert_str_eq(c.machine, "a");
        ck_assert(name_clash_look(&c, NULL, 200 + LEASE));
        ck_assert_ptr_null(c.machine);
        name_clash_done(&c);
}
END_TEST

/* What is done to a key that holds something. */
typedef struct KeyCase {
        const char *written, *value; /* by this machine before, and now; NULL: none, it is to be deleted */
        bool there;
        const char *machine; /* of what is there */
        bool withheld;
} KeyCase;

static const KeyCase key_cases[] = {
        { NULL, "new", false, NULL, false }, /* nobody's */
        { NULL, "new", true, NULL, false },  /* of no machine */
        { NULL, "new", true, "m", false },   /* its own, of before */
        { NULL, "new", true, "z", true },    /* who comes second yields */
        { "old", "new", true, "a", true },   /* both were there: the lower one goes on */
        { "old", "new", true, "z", false },  /* … which is this one */
        { "old", NULL, false, NULL, false }, /* gone already */
        { "old", NULL, true, "m", false },   /* its own alone is deleted */
        { "old", NULL, true, "z", true },    { "old", NULL, true, NULL, true },
};

START_TEST(without_a_node_a_key_is_written_and_deleted_by_its_machine_alone) {
        const NameClash c = beginning(true);

        for (size_t i = 0; i < sizeof key_cases / sizeof *key_cases; i++) {
                const KeyCase *k = &key_cases[i];
                Lease l = { .written = k->written ? xstrdup(k->written) : NULL };
                LeaseChange change = { .value = (char *)k->value };
                bool foreign = k->withheld && k->value;
                ck_assert_int_eq(name_clash_look_at_key(&c, &l, &change, k->there, k->machine), foreign);
                ck_assert_int_eq(change.withheld, k->withheld);
                ck_assert_int_eq(l.foreign, foreign);
                ck_assert_pstr_eq(l.written, k->withheld ? NULL : k->written);
                free(l.written);
        }
}
END_TEST

START_TEST(a_foreign_key_is_news_once_until_it_was_free) {
        const NameClash c = beginning(true);
        Lease l = { 0 };
        LeaseChange change = { .value = (char *)"new" };

        ck_assert(name_clash_look_at_key(&c, &l, &change, true, "z"));
        ck_assert(!name_clash_look_at_key(&c, &l, &change, true, "z"));
        ck_assert(!name_clash_look_at_key(&c, &l, &change, false, NULL));
        ck_assert(name_clash_look_at_key(&c, &l, &change, true, "z"));
}
END_TEST

TEST_MAIN("name-clash", a_node_is_whose_manifest_was_there_first_or_of_two_the_lower_ones,
          a_clash_is_news_once_and_again_with_another_machine,
          who_has_a_name_keeps_it_for_a_lease_after_the_manifest_was_seen_last,
          without_a_node_a_key_is_written_and_deleted_by_its_machine_alone,
          a_foreign_key_is_news_once_until_it_was_free)
