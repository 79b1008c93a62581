# The names that stand in the store, or are known, where an argument is one.
function __oauth_named
    set -l words (commandline -opc) (commandline -ct)
    $words[1] completions -- $words[2..] 2>/dev/null
end
complete -c oauth -n 'count (__oauth_named) >/dev/null' -f -a '(__oauth_named)'
