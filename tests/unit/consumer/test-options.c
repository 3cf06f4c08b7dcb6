/* The consumer's options: none is left out of every help. That each help is printed, the system tests see. */
#include "consumer/options.h"

#include "common/option-value.h"
#include "tests/unit/check-main.h"

#include <string.h>

START_TEST(every_topic_has_an_option_that_shows_its_help) {
        const OptionTable *table = &settings_options;
        size_t n_topics = 0;

        for (const Option *o = table->options; o < table->options + table->count; o++) {
                if (o->type != OPTION_HEADING || !o->topic)
                        continue;
                _cleanup_free_ char *name = xasprintf("help-%s", o->topic);
                const Option *shows = option_find(table, name, strlen(name));
                ck_assert_msg(shows && shows->type == OPTION_FLAG, "no --%s", name);
                n_topics++;
        }
        ck_assert_uint_gt(n_topics, 0);
}
END_TEST

TEST_MAIN("options", every_topic_has_an_option_that_shows_its_help)
