/* The name under which one certificate lies on disk: its folder in the store, its request, its history. Pure. */
#pragma once

enum { CERTIFICATE_FOLDER_SUFFIX_MAX = 24 }; /* bytes that are left for what is added to the name */

/* Why there can be no folder for a certificate with this base, as a static phrase; NULL where there can. */
const char *certificate_folder_obstacle(const char *base);
/* The base, a leading "*." of which is "_wildcard."; the caller owns it. NULL where there can be none. */
char *certificate_folder(const char *base);
/* Back from the folder's name; the caller owns it. NULL where it is the folder of no certificate. */
char *certificate_folder_base(const char *folder);
