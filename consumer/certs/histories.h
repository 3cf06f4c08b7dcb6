/* All histories on disk, as far as they count for what may be asked of CAs. */
#pragma once

#include "consumer/certs/budget.h"

#include <stdint.h>

void histories_count(const char *history_dir, const char *cert_dir, Budget *budget, int64_t now);
