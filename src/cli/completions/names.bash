# The names that stand in the store, or are known, beside the words of the command tree.
_oauth_named() {
    local at name typed="${COMP_LINE:0:COMP_POINT}"
    local -a line names=()
    _oauth "$@"
    # Placeholders are no words to be typed.
    for at in "${!COMPREPLY[@]}"; do
        case "${COMPREPLY[at]}" in
            "<"* | "["*) unset "COMPREPLY[at]" ;;
        esac
    done
    read -ra line <<<"$typed"
    [[ "$typed" == *[[:blank:]] ]] && line+=("")
    while IFS= read -r name; do
        printf -v name %q "$name"
        # What stands before a break, such as an @, is no part of the word that bash completes.
        names+=("${name#"${line[${#line[@]} - 1]%"$2"}"}")
    done < <("$1" completions -- "${line[@]:1}" 2>/dev/null)
    ((${#names[@]} == 0)) || COMPREPLY=("${names[@]}")
}
