/* main() of a unit test program: TEST_MAIN("name", test_case_a, test_case_b, …) runs each as a Check test. */
#pragma once

#include <check.h>
#include <stdlib.h>

#define TEST_MAIN(name, ...)                                                                                          \
        int main(void) {                                                                                              \
                const TTest *const tests[] = { __VA_ARGS__ };                                                         \
                Suite *suite = suite_create(name);                                                                    \
                TCase *tcase = tcase_create(name);                                                                    \
                tcase_set_timeout(tcase, 120);                                                                        \
                for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)                                             \
                        tcase_add_test(tcase, tests[i]);                                                              \
                suite_add_tcase(suite, tcase);                                                                        \
                SRunner *runner = srunner_create(suite);                                                              \
                srunner_run_all(runner, CK_NORMAL);                                                                   \
                int failed = srunner_ntests_failed(runner);                                                           \
                srunner_free(runner);                                                                                 \
                return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;                                                     \
        }
