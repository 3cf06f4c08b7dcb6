/* A number from 0 to 1, for jitter; without a source of randomness its middle. */
#pragma once

double chance(void);
