# The names that stand in the store, or are known, where an argument is one.
_oauth_named() {
    local -a line names
    line=("${(@Q)${(z)LBUFFER}}")
    line=("${(@)line[line[(I)(;|&|\||&&|\|\|)]+1,-1]}")
    [[ $LBUFFER == *[[:blank:]] ]] && line+=('')
    names=(${(f)"$($line[1] completions -- "${(@)line[2,-1]}" 2>/dev/null)"})
    if (( $#names )); then compadd -a names; else _default; fi
}
