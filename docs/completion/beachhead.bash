# Completion for bash. What there is to complete, the program itself says: with every --help… that its --help names.

_beachhead_options() {
    local program=$1 help
    help=$("$program" --help 2>/dev/null)
    printf '%s\n' "$help"
    while read -r topic; do
        "$program" "$topic" 2>/dev/null
    done < <(grep -oE -- '^ +--help-[a-z]+' <<<"$help")
}

_beachhead() {
    local typed=${COMP_LINE:0:COMP_POINT}
    typed=${typed##*[[:space:]]}
    case $typed in
    --*=*)
        # bash takes what is before "=" for a word of its own
        mapfile -t COMPREPLY < <(compgen -f -- "${typed#*=}")
        compopt -o filenames
        ;;
    -*)
        mapfile -t COMPREPLY < <(compgen -W "$(_beachhead_options "$1" |
            sed -nE 's/^ +(-[a-z], )?(--[a-z0-9-]+=?).*/\2/p')" -- "$typed")
        [[ ${COMPREPLY[0]} != *= ]] || compopt -o nospace
        ;;
    esac
}

complete -F _beachhead beachhead-registrar beachhead-consumer
