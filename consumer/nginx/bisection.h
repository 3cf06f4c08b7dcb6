/* The search for the first bad one in a row, of which a prefix is bad when it holds a bad one. Pure.
 *
 *   for (Bisection b = { 0, n }; !bisection_ends(&b);)
 *           bisection_learn(&b, bisection_question(&b), is_good(…));
 *   … b.good is the index of the first bad one, unless bisection_found_none(&b).
 *
 * It begins with all of them: what was bad before may have passed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

typedef struct Bisection {
        size_t good, bad; /* the lengths of a prefix known to be good, and of a longer one said to be bad … */
        bool is_sure;     /* … by an answer */
} Bisection;

static inline bool bisection_ends(const Bisection *b) {
        return b->bad - b->good <= b->is_sure;
}
static inline bool bisection_found_none(const Bisection *b) {
        return b->bad == b->good;
}
/* The length of the prefix to ask about. */
static inline size_t bisection_question(const Bisection *b) {
        return b->is_sure ? b->good + (b->bad - b->good) / 2 : b->bad;
}
static inline void bisection_learn(Bisection *b, size_t length, bool good) {
        if (good) {
                b->good = length;
        } else {
                b->bad = length;
                b->is_sure = true;
        }
}
