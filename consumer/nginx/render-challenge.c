/* How challenges of HTTP-01 are answered. Pure. */
#include "consumer/nginx/render-challenge.h"

#include "consumer/nginx/conf-syntax.h"

/* base64url, and no longer than a file's name may be. */
#define TOKEN "[A-Za-z0-9_-]{1,255}"

/* A pattern for each host: nginx's hash has no room for long names. */
static void append_thumbprints(Text *t, const ThumbprintFiles *all) {
        text_appendf(t,
                     "map $host $beachhead_thumbprint {\n"
                     "    default %s;\n",
                     all->standard ? all->standard : "\"\"");
        for (size_t i = 0; i < all->count; i++)
                text_appendf(t, "    \"~^\\\\Q%s\\\\E$\" %s;\n", all->items[i].host, all->items[i].thumbprint);
        text_append(t, "}\n");
}

/* Where there is no answer, the file is one that always exists: then nginx looks for the one that was asked for. */
void challenge_write_maps(Text *t, const ThumbprintFiles *thumbprints) {
        if (!thumbprint_files_any(thumbprints))
                return;
        append_thumbprints(t, thumbprints);
        text_append(t, "map \"$beachhead_thumbprint$uri\" $beachhead_challenge {\n"
                       "    default \"\";\n"
                       "    \"~^(?<beachhead_account>[^/]+)/\\\\.well-known/acme-challenge/(?<beachhead_token>" TOKEN
                       ")\\\\z\" $beachhead_token.$beachhead_account;\n"
                       "}\n"
                       "map $beachhead_challenge $beachhead_challenge_file {\n"
                       "    default $request_filename;\n"
                       "    \"\" /;\n"
                       "}\n");
}

/* One "if" and no further location: each costs nginx 7 KB a site. */
void challenge_write_location(Text *t, const RenderPolicy *policy) {
        text_append(t, "    location ^~ " CHALLENGE_PATH " {\n"
                       "        auth_basic off;\n"
                       "        allow all;\n"
                       "        default_type text/plain;\n"
                       "        root ");
        conf_append_quoted(t, policy->acme_root);
        text_append(t, ";\n");
        if (thumbprint_files_any(policy->thumbprints))
                text_append(t, "        if (!-e $beachhead_challenge_file) {\n"
                               "            return 200 $beachhead_challenge;\n"
                               "        }\n");
        text_append(t, "        try_files $uri =404;\n"
                       "    }\n");
}
