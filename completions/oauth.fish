# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_oauth_global_optspecs
    string join \n json tenant= q/quiet v/verbose color= no-input h/help V/version
end

function __fish_oauth_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_oauth_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_oauth_using_subcommand
    set -l cmd (__fish_oauth_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c oauth -n "__fish_oauth_needs_command" -l tenant -l tenant-id -d 'The name space of credentials to work in [default: default, or OAUTH_TENANT]' -r
complete -c oauth -n "__fish_oauth_needs_command" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c oauth -n "__fish_oauth_needs_command" -l json -d 'Print data and errors as JSON'
complete -c oauth -n "__fish_oauth_needs_command" -s q -l quiet -d 'Say nothing but errors'
complete -c oauth -n "__fish_oauth_needs_command" -s v -l verbose -d 'Say more'
complete -c oauth -n "__fish_oauth_needs_command" -l no-input -d 'Never ask a question'
complete -c oauth -n "__fish_oauth_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c oauth -n "__fish_oauth_needs_command" -s V -l version -d 'Print version'
complete -c oauth -n "__fish_oauth_needs_command" -f -a "init" -d 'Connect an account: in your browser, by a code on another device, or without a person'
complete -c oauth -n "__fish_oauth_needs_command" -f -a "list" -d 'Show every credential: its status, when it expires, when it was last used'
complete -c oauth -n "__fish_oauth_needs_command" -f -a "default" -d 'Choose the account that is taken when none is named'
complete -c oauth -n "__fish_oauth_needs_command" -f -a "token" -d 'Print a token that is valid now'
complete -c oauth -n "__fish_oauth_needs_command" -f -a "test" -d 'Is each credential usable? Refreshes where due, then asks the provider'
complete -c oauth -n "__fish_oauth_needs_command" -f -a "revoke" -d 'End a credential: at the provider, then here'
complete -c oauth -n "__fish_oauth_needs_command" -f -a "request" -d 'Send an authenticated HTTP request; the token is never shown'
complete -c oauth -n "__fish_oauth_needs_command" -f -a "exec" -d 'Run a command with tokens in its environment'
complete -c oauth -n "__fish_oauth_needs_command" -f -a "helper" -d 'Give other tools their tokens, in their own protocols'
complete -c oauth -n "__fish_oauth_needs_command" -f -a "import" -d 'Bring in a personal token or an API key, a backup, or what another tool holds'
complete -c oauth -n "__fish_oauth_needs_command" -f -a "provider" -d 'The providers that are known, and your own'
complete -c oauth -n "__fish_oauth_needs_command" -f -a "audit" -d 'Who asked for what, when, and how it ended; never a secret'
complete -c oauth -n "__fish_oauth_needs_command" -f -a "client" -d 'The client registrations that logins use'
complete -c oauth -n "__fish_oauth_needs_command" -f -a "key" -d 'The master key: make one, see where it lives, replace it, move it'
complete -c oauth -n "__fish_oauth_needs_command" -f -a "tenant" -d 'Name spaces of credentials: list, rename, remove'
complete -c oauth -n "__fish_oauth_needs_command" -f -a "doctor" -d 'Find what is wrong, and say what mends it'
complete -c oauth -n "__fish_oauth_needs_command" -f -a "panic" -d 'Revoke everything, in every tenant, then wipe it here'
complete -c oauth -n "__fish_oauth_needs_command" -f -a "schedule" -d 'A timer that refreshes and tests what is connected, and tells in time when a person will be needed'
complete -c oauth -n "__fish_oauth_needs_command" -f -a "export" -d 'Make an encrypted backup: an age file'
complete -c oauth -n "__fish_oauth_needs_command" -f -a "demo" -d 'See the whole life of a credential in seconds, against a built-in server'
complete -c oauth -n "__fish_oauth_needs_command" -f -a "completions" -d 'Print the completion script of a shell'
complete -c oauth -n "__fish_oauth_needs_command" -f -a "man" -d 'Print the manual page, or write all of them into a directory'
complete -c oauth -n "__fish_oauth_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c oauth -n "__fish_oauth_using_subcommand init" -l client-id -d 'The client id of your registration at the provider' -r
complete -c oauth -n "__fish_oauth_using_subcommand init" -l client-secret -d 'The client secret; other users can read it in the process list, so prefer --client-secret-stdin' -r
complete -c oauth -n "__fish_oauth_using_subcommand init" -l client-file -d 'Read both from the JSON file the provider lets one download; `init` takes that of a service account, too' -r -F
complete -c oauth -n "__fish_oauth_using_subcommand init" -l client-cert -d 'A client certificate (PEM) that authenticates, with the chain above it (RFC 8705); its key is given by --key-file' -r -F
complete -c oauth -n "__fish_oauth_using_subcommand init" -l client -d 'Use a client registration that is kept under this name (see `oauth client list`)' -r
complete -c oauth -n "__fish_oauth_using_subcommand init" -s s -l scope -l scopes -d 'Scopes to ask for instead of those asked for before (repeatable; comma or space separated)' -r
complete -c oauth -n "__fish_oauth_using_subcommand init" -l add-scope -d 'Scopes to ask for in addition to what is granted' -r
complete -c oauth -n "__fish_oauth_using_subcommand init" -l flow -d 'How to authorize [default: browser; without one, device where the provider has it, else paste]' -r -f -a "browser\t'Authorization code through a browser on this machine'
device\t'A code that you type on any device (RFC 8628)'
paste\t'Authorization code through a browser anywhere: paste the address it ends at'
client-credentials\t'The client for itself (RFC 6749, section 4.4)'
jwt-bearer\t'A signed assertion, such as that of a Google service account (RFC 7523)'
token-exchange\t'The token of the CI job or pod this runs in (RFC 8693)'
installation\t'A GitHub App as one of its installations'"
complete -c oauth -n "__fish_oauth_using_subcommand init" -l port -d 'The loopback port to listen on, or a range to choose from' -r
complete -c oauth -n "__fish_oauth_using_subcommand init" -l redirect-uri -d 'The redirect URI as it is registered: on this machine, or an https page of yours to paste the address of' -r
complete -c oauth -n "__fish_oauth_using_subcommand init" -l timeout -d 'How long to wait for you [default: 5m; in the device flow, as long as the code lives]' -r
complete -c oauth -n "__fish_oauth_using_subcommand init" -l param -d 'An extra parameter of the authorization request; without a person, of the token request (repeatable)' -r
complete -c oauth -n "__fish_oauth_using_subcommand init" -l set -d 'A template variable of the provider, such as `host` or `tenant` (repeatable)' -r
complete -c oauth -n "__fish_oauth_using_subcommand init" -l resource -d 'What the tokens shall be for (RFC 8707; repeatable)' -r
complete -c oauth -n "__fish_oauth_using_subcommand init" -l key-file -d 'A private key (PEM) that signs: the client\'s own, its certificate\'s, or that of a GitHub App' -r -F
complete -c oauth -n "__fish_oauth_using_subcommand init" -l key-id -d 'The key\'s name at the provider' -r
complete -c oauth -n "__fish_oauth_using_subcommand init" -l subject -d 'Whom an assertion speaks for [default: its issuer]' -r
complete -c oauth -n "__fish_oauth_using_subcommand init" -l audience -d 'Whom an assertion, or an exchanged token, is for' -r
complete -c oauth -n "__fish_oauth_using_subcommand init" -l subject-token -d 'Where the job\'s own token is: `env:NAME`, `file:PATH` or `github-actions[:AUDIENCE]`' -r
complete -c oauth -n "__fish_oauth_using_subcommand init" -l tenant -l tenant-id -d 'The name space of credentials to work in [default: default, or OAUTH_TENANT]' -r
complete -c oauth -n "__fish_oauth_using_subcommand init" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c oauth -n "__fish_oauth_using_subcommand init" -l client-secret-stdin -d 'Read the client secret from standard input; at a terminal it is asked for, and not shown'
complete -c oauth -n "__fish_oauth_using_subcommand init" -l no-browser -d 'Print the address instead of opening a browser'
complete -c oauth -n "__fish_oauth_using_subcommand init" -l dpop -d 'Bind the tokens to a key of this credential (RFC 9449)'
complete -c oauth -n "__fish_oauth_using_subcommand init" -l default -d 'Make this account the provider\'s default'
complete -c oauth -n "__fish_oauth_using_subcommand init" -l json -d 'Print data and errors as JSON'
complete -c oauth -n "__fish_oauth_using_subcommand init" -s q -l quiet -d 'Say nothing but errors'
complete -c oauth -n "__fish_oauth_using_subcommand init" -s v -l verbose -d 'Say more'
complete -c oauth -n "__fish_oauth_using_subcommand init" -l no-input -d 'Never ask a question'
complete -c oauth -n "__fish_oauth_using_subcommand init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c oauth -n "__fish_oauth_using_subcommand list" -l provider -d 'Only this provider' -r
complete -c oauth -n "__fish_oauth_using_subcommand list" -l status -d 'Only this status' -r -f -a "revoked\t''
stale\t''
reauth\t''
expiring\t''
due\t''
valid\t''"
complete -c oauth -n "__fish_oauth_using_subcommand list" -l forecast -d 'Only what will need a human within this time (24h, 7d), the earliest first, as far as the providers tell' -r
complete -c oauth -n "__fish_oauth_using_subcommand list" -l tenant -l tenant-id -d 'The name space of credentials to work in [default: default, or OAUTH_TENANT]' -r
complete -c oauth -n "__fish_oauth_using_subcommand list" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c oauth -n "__fish_oauth_using_subcommand list" -l all-tenants -d 'Every tenant, not only one'
complete -c oauth -n "__fish_oauth_using_subcommand list" -l json -d 'Print data and errors as JSON'
complete -c oauth -n "__fish_oauth_using_subcommand list" -s q -l quiet -d 'Say nothing but errors'
complete -c oauth -n "__fish_oauth_using_subcommand list" -s v -l verbose -d 'Say more'
complete -c oauth -n "__fish_oauth_using_subcommand list" -l no-input -d 'Never ask a question'
complete -c oauth -n "__fish_oauth_using_subcommand list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c oauth -n "__fish_oauth_using_subcommand default" -l tenant -l tenant-id -d 'The name space of credentials to work in [default: default, or OAUTH_TENANT]' -r
complete -c oauth -n "__fish_oauth_using_subcommand default" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c oauth -n "__fish_oauth_using_subcommand default" -l json -d 'Print data and errors as JSON'
complete -c oauth -n "__fish_oauth_using_subcommand default" -s q -l quiet -d 'Say nothing but errors'
complete -c oauth -n "__fish_oauth_using_subcommand default" -s v -l verbose -d 'Say more'
complete -c oauth -n "__fish_oauth_using_subcommand default" -l no-input -d 'Never ask a question'
complete -c oauth -n "__fish_oauth_using_subcommand default" -s h -l help -d 'Print help'
complete -c oauth -n "__fish_oauth_using_subcommand token" -l min-ttl -d 'The token shall live at least this long (30s, 10m, 1h)' -r
complete -c oauth -n "__fish_oauth_using_subcommand token" -l format -d 'What to print [default: token]' -r -f -a "token\t'The token alone'
header\t'An HTTP header line: `Authorization: Bearer …`'
json\t'The credential with `access_token` and `source`'
env\t'A line for the shell: `export NAME=…`'
xoauth2\t'The initial response of SASL XOAUTH2, for IMAP and SMTP'
netrc\t'A line for a .netrc file'"
complete -c oauth -n "__fish_oauth_using_subcommand token" -l method -d 'The method of the request that `--format header` is for, when the token is bound to a key (RFC 9449)' -r
complete -c oauth -n "__fish_oauth_using_subcommand token" -l url -d 'The address of that request' -r
complete -c oauth -n "__fish_oauth_using_subcommand token" -l nonce -d 'The nonce that the server has asked for' -r
complete -c oauth -n "__fish_oauth_using_subcommand token" -l user -d 'The user name for xoauth2 and netrc [default: the account]' -r
complete -c oauth -n "__fish_oauth_using_subcommand token" -l tenant -l tenant-id -d 'The name space of credentials to work in [default: default, or OAUTH_TENANT]' -r
complete -c oauth -n "__fish_oauth_using_subcommand token" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c oauth -n "__fish_oauth_using_subcommand token" -l refresh -d 'Get a newer token than the one stored now'
complete -c oauth -n "__fish_oauth_using_subcommand token" -l offline -d 'Send nothing: the stored token, or an error'
complete -c oauth -n "__fish_oauth_using_subcommand token" -l login -d 'Connect the account anew when a human has to authorize again, as `oauth init` does'
complete -c oauth -n "__fish_oauth_using_subcommand token" -l json -d 'Print data and errors as JSON'
complete -c oauth -n "__fish_oauth_using_subcommand token" -s q -l quiet -d 'Say nothing but errors'
complete -c oauth -n "__fish_oauth_using_subcommand token" -s v -l verbose -d 'Say more'
complete -c oauth -n "__fish_oauth_using_subcommand token" -l no-input -d 'Never ask a question'
complete -c oauth -n "__fish_oauth_using_subcommand token" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c oauth -n "__fish_oauth_using_subcommand test" -l min-valid -d 'Fail when a human is needed before this has passed (24h, 7d)' -r
complete -c oauth -n "__fish_oauth_using_subcommand test" -s j -l jobs -d 'How many to test at once' -r
complete -c oauth -n "__fish_oauth_using_subcommand test" -l timeout -d 'How long one request may take' -r
complete -c oauth -n "__fish_oauth_using_subcommand test" -l format -d 'What to print' -r -f -a "table\t''
json\t''
junit\t''"
complete -c oauth -n "__fish_oauth_using_subcommand test" -l tenant -l tenant-id -d 'The name space of credentials to work in [default: default, or OAUTH_TENANT]' -r
complete -c oauth -n "__fish_oauth_using_subcommand test" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c oauth -n "__fish_oauth_using_subcommand test" -l all -d 'Every credential of the tenant, said aloud'
complete -c oauth -n "__fish_oauth_using_subcommand test" -l no-refresh -d 'Never refresh'
complete -c oauth -n "__fish_oauth_using_subcommand test" -l offline -d 'Send nothing and spend nothing'
complete -c oauth -n "__fish_oauth_using_subcommand test" -l capabilities -d 'Try the harmless requests that the provider\'s entry lists, and show which the token is allowed'
complete -c oauth -n "__fish_oauth_using_subcommand test" -l json -d 'Print data and errors as JSON'
complete -c oauth -n "__fish_oauth_using_subcommand test" -s q -l quiet -d 'Say nothing but errors'
complete -c oauth -n "__fish_oauth_using_subcommand test" -s v -l verbose -d 'Say more'
complete -c oauth -n "__fish_oauth_using_subcommand test" -l no-input -d 'Never ask a question'
complete -c oauth -n "__fish_oauth_using_subcommand test" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c oauth -n "__fish_oauth_using_subcommand revoke" -l tenant -l tenant-id -d 'The name space of credentials to work in [default: default, or OAUTH_TENANT]' -r
complete -c oauth -n "__fish_oauth_using_subcommand revoke" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c oauth -n "__fish_oauth_using_subcommand revoke" -l all -d 'Every credential of the tenant'
complete -c oauth -n "__fish_oauth_using_subcommand revoke" -l local -d 'Do not ask the provider'
complete -c oauth -n "__fish_oauth_using_subcommand revoke" -l forget -d 'Delete the row, too'
complete -c oauth -n "__fish_oauth_using_subcommand revoke" -s y -l yes -d 'With --all: do not ask at a terminal; where there is none, nobody is asked'
complete -c oauth -n "__fish_oauth_using_subcommand revoke" -l json -d 'Print data and errors as JSON'
complete -c oauth -n "__fish_oauth_using_subcommand revoke" -s q -l quiet -d 'Say nothing but errors'
complete -c oauth -n "__fish_oauth_using_subcommand revoke" -s v -l verbose -d 'Say more'
complete -c oauth -n "__fish_oauth_using_subcommand revoke" -l no-input -d 'Never ask a question'
complete -c oauth -n "__fish_oauth_using_subcommand revoke" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c oauth -n "__fish_oauth_using_subcommand request" -s H -l header -d 'A header of the request (repeatable)' -r
complete -c oauth -n "__fish_oauth_using_subcommand request" -s d -l data -d 'The body: text, @FILE, or - for standard input' -r
complete -c oauth -n "__fish_oauth_using_subcommand request" -l json-body -d 'The body is JSON: given here like with --data, or there' -r
complete -c oauth -n "__fish_oauth_using_subcommand request" -s o -l output -d 'Write the body of the answer to a file' -r -F
complete -c oauth -n "__fish_oauth_using_subcommand request" -l retry -d 'Wait and try again when the server asks for patience, N times [default: 3]' -r
complete -c oauth -n "__fish_oauth_using_subcommand request" -l timeout -d 'How long the server may say nothing' -r
complete -c oauth -n "__fish_oauth_using_subcommand request" -l allow-host -d 'Let this credential\'s token go to one more host, for good; you are asked first' -r
complete -c oauth -n "__fish_oauth_using_subcommand request" -l tenant -l tenant-id -d 'The name space of credentials to work in [default: default, or OAUTH_TENANT]' -r
complete -c oauth -n "__fish_oauth_using_subcommand request" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c oauth -n "__fish_oauth_using_subcommand request" -s i -l include -d 'Print the status line and the headers before the body'
complete -c oauth -n "__fish_oauth_using_subcommand request" -s L -l follow -d 'Follow redirects; to another origin without the token and without your headers'
complete -c oauth -n "__fish_oauth_using_subcommand request" -l paginate -d 'Fetch the next pages too, as the Link header tells them (RFC 8288)'
complete -c oauth -n "__fish_oauth_using_subcommand request" -l json -d 'Print data and errors as JSON'
complete -c oauth -n "__fish_oauth_using_subcommand request" -s q -l quiet -d 'Say nothing but errors'
complete -c oauth -n "__fish_oauth_using_subcommand request" -s v -l verbose -d 'Say more'
complete -c oauth -n "__fish_oauth_using_subcommand request" -l no-input -d 'Never ask a question'
complete -c oauth -n "__fish_oauth_using_subcommand request" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c oauth -n "__fish_oauth_using_subcommand exec" -l env -d 'The variable for the token; for several providers once each, in their order' -r
complete -c oauth -n "__fish_oauth_using_subcommand exec" -l token-file -d 'The token also in a file, mode 0600, which is kept fresh while the command runs and removed with it; the variable `…_FILE` tells where' -r
complete -c oauth -n "__fish_oauth_using_subcommand exec" -l min-ttl -d 'The tokens shall live at least this long at the start (30s, 10m, 1h)' -r
complete -c oauth -n "__fish_oauth_using_subcommand exec" -l tenant -l tenant-id -d 'The name space of credentials to work in [default: default, or OAUTH_TENANT]' -r
complete -c oauth -n "__fish_oauth_using_subcommand exec" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c oauth -n "__fish_oauth_using_subcommand exec" -l json -d 'Print data and errors as JSON'
complete -c oauth -n "__fish_oauth_using_subcommand exec" -s q -l quiet -d 'Say nothing but errors'
complete -c oauth -n "__fish_oauth_using_subcommand exec" -s v -l verbose -d 'Say more'
complete -c oauth -n "__fish_oauth_using_subcommand exec" -l no-input -d 'Never ask a question'
complete -c oauth -n "__fish_oauth_using_subcommand exec" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c oauth -n "__fish_oauth_using_subcommand helper; and not __fish_seen_subcommand_from git docker kubectl cargo help" -l tenant -l tenant-id -d 'The name space of credentials to work in [default: default, or OAUTH_TENANT]' -r
complete -c oauth -n "__fish_oauth_using_subcommand helper; and not __fish_seen_subcommand_from git docker kubectl cargo help" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c oauth -n "__fish_oauth_using_subcommand helper; and not __fish_seen_subcommand_from git docker kubectl cargo help" -l json -d 'Print data and errors as JSON'
complete -c oauth -n "__fish_oauth_using_subcommand helper; and not __fish_seen_subcommand_from git docker kubectl cargo help" -s q -l quiet -d 'Say nothing but errors'
complete -c oauth -n "__fish_oauth_using_subcommand helper; and not __fish_seen_subcommand_from git docker kubectl cargo help" -s v -l verbose -d 'Say more'
complete -c oauth -n "__fish_oauth_using_subcommand helper; and not __fish_seen_subcommand_from git docker kubectl cargo help" -l no-input -d 'Never ask a question'
complete -c oauth -n "__fish_oauth_using_subcommand helper; and not __fish_seen_subcommand_from git docker kubectl cargo help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c oauth -n "__fish_oauth_using_subcommand helper; and not __fish_seen_subcommand_from git docker kubectl cargo help" -f -a "git" -d 'A credential helper of git\'s (gitcredentials(7))'
complete -c oauth -n "__fish_oauth_using_subcommand helper; and not __fish_seen_subcommand_from git docker kubectl cargo help" -f -a "docker" -d 'A credential helper of docker\'s: get, list, store, erase'
complete -c oauth -n "__fish_oauth_using_subcommand helper; and not __fish_seen_subcommand_from git docker kubectl cargo help" -f -a "kubectl" -d 'A credential plugin of kubectl\'s (`ExecCredential`)'
complete -c oauth -n "__fish_oauth_using_subcommand helper; and not __fish_seen_subcommand_from git docker kubectl cargo help" -f -a "cargo" -d 'A credential provider of cargo\'s'
complete -c oauth -n "__fish_oauth_using_subcommand helper; and not __fish_seen_subcommand_from git docker kubectl cargo help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c oauth -n "__fish_oauth_using_subcommand helper; and __fish_seen_subcommand_from git" -l tenant -l tenant-id -d 'The name space of credentials to work in [default: default, or OAUTH_TENANT]' -r
complete -c oauth -n "__fish_oauth_using_subcommand helper; and __fish_seen_subcommand_from git" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c oauth -n "__fish_oauth_using_subcommand helper; and __fish_seen_subcommand_from git" -l install -d 'Tell git to use it for the hosts of what is connected'
complete -c oauth -n "__fish_oauth_using_subcommand helper; and __fish_seen_subcommand_from git" -l uninstall -d 'Undo that: git asks oauth no more'
complete -c oauth -n "__fish_oauth_using_subcommand helper; and __fish_seen_subcommand_from git" -l json -d 'Print data and errors as JSON'
complete -c oauth -n "__fish_oauth_using_subcommand helper; and __fish_seen_subcommand_from git" -s q -l quiet -d 'Say nothing but errors'
complete -c oauth -n "__fish_oauth_using_subcommand helper; and __fish_seen_subcommand_from git" -s v -l verbose -d 'Say more'
complete -c oauth -n "__fish_oauth_using_subcommand helper; and __fish_seen_subcommand_from git" -l no-input -d 'Never ask a question'
complete -c oauth -n "__fish_oauth_using_subcommand helper; and __fish_seen_subcommand_from git" -s h -l help -d 'Print help'
complete -c oauth -n "__fish_oauth_using_subcommand helper; and __fish_seen_subcommand_from docker" -l tenant -l tenant-id -d 'The name space of credentials to work in [default: default, or OAUTH_TENANT]' -r
complete -c oauth -n "__fish_oauth_using_subcommand helper; and __fish_seen_subcommand_from docker" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c oauth -n "__fish_oauth_using_subcommand helper; and __fish_seen_subcommand_from docker" -l json -d 'Print data and errors as JSON'
complete -c oauth -n "__fish_oauth_using_subcommand helper; and __fish_seen_subcommand_from docker" -s q -l quiet -d 'Say nothing but errors'
complete -c oauth -n "__fish_oauth_using_subcommand helper; and __fish_seen_subcommand_from docker" -s v -l verbose -d 'Say more'
complete -c oauth -n "__fish_oauth_using_subcommand helper; and __fish_seen_subcommand_from docker" -l no-input -d 'Never ask a question'
complete -c oauth -n "__fish_oauth_using_subcommand helper; and __fish_seen_subcommand_from docker" -s h -l help -d 'Print help'
complete -c oauth -n "__fish_oauth_using_subcommand helper; and __fish_seen_subcommand_from kubectl" -l tenant -l tenant-id -d 'The name space of credentials to work in [default: default, or OAUTH_TENANT]' -r
complete -c oauth -n "__fish_oauth_using_subcommand helper; and __fish_seen_subcommand_from kubectl" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c oauth -n "__fish_oauth_using_subcommand helper; and __fish_seen_subcommand_from kubectl" -l json -d 'Print data and errors as JSON'
complete -c oauth -n "__fish_oauth_using_subcommand helper; and __fish_seen_subcommand_from kubectl" -s q -l quiet -d 'Say nothing but errors'
complete -c oauth -n "__fish_oauth_using_subcommand helper; and __fish_seen_subcommand_from kubectl" -s v -l verbose -d 'Say more'
complete -c oauth -n "__fish_oauth_using_subcommand helper; and __fish_seen_subcommand_from kubectl" -l no-input -d 'Never ask a question'
complete -c oauth -n "__fish_oauth_using_subcommand helper; and __fish_seen_subcommand_from kubectl" -s h -l help -d 'Print help'
complete -c oauth -n "__fish_oauth_using_subcommand helper; and __fish_seen_subcommand_from cargo" -l tenant -l tenant-id -d 'The name space of credentials to work in [default: default, or OAUTH_TENANT]' -r
complete -c oauth -n "__fish_oauth_using_subcommand helper; and __fish_seen_subcommand_from cargo" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c oauth -n "__fish_oauth_using_subcommand helper; and __fish_seen_subcommand_from cargo" -l json -d 'Print data and errors as JSON'
complete -c oauth -n "__fish_oauth_using_subcommand helper; and __fish_seen_subcommand_from cargo" -s q -l quiet -d 'Say nothing but errors'
complete -c oauth -n "__fish_oauth_using_subcommand helper; and __fish_seen_subcommand_from cargo" -s v -l verbose -d 'Say more'
complete -c oauth -n "__fish_oauth_using_subcommand helper; and __fish_seen_subcommand_from cargo" -l no-input -d 'Never ask a question'
complete -c oauth -n "__fish_oauth_using_subcommand helper; and __fish_seen_subcommand_from cargo" -s h -l help -d 'Print help'
complete -c oauth -n "__fish_oauth_using_subcommand helper; and __fish_seen_subcommand_from help" -f -a "git" -d 'A credential helper of git\'s (gitcredentials(7))'
complete -c oauth -n "__fish_oauth_using_subcommand helper; and __fish_seen_subcommand_from help" -f -a "docker" -d 'A credential helper of docker\'s: get, list, store, erase'
complete -c oauth -n "__fish_oauth_using_subcommand helper; and __fish_seen_subcommand_from help" -f -a "kubectl" -d 'A credential plugin of kubectl\'s (`ExecCredential`)'
complete -c oauth -n "__fish_oauth_using_subcommand helper; and __fish_seen_subcommand_from help" -f -a "cargo" -d 'A credential provider of cargo\'s'
complete -c oauth -n "__fish_oauth_using_subcommand helper; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c oauth -n "__fish_oauth_using_subcommand import" -l from -d 'Bring in what this tool holds' -r -f -a "gh\t'GitHub\'s command line'
gcloud\t'Google\'s command line: its accounts and the application default'
rclone\t'Remotes with a client of your own'
pizauth\t'The clients of its accounts; its tokens are in its memory only'
oidc-agent\t'What `oidc-gen --print` shows'
git\t'The file of git credential-store'
netrc\t''
env\t'Variables such as `GITHUB_TOKEN`'"
complete -c oauth -n "__fish_oauth_using_subcommand import" -l file -d 'Read this file, or - for standard input, instead of the tool\'s own' -r -F
complete -c oauth -n "__fish_oauth_using_subcommand import" -s s -l scope -l scopes -d 'What the token may do, as far as you know (repeatable; comma or space separated)' -r
complete -c oauth -n "__fish_oauth_using_subcommand import" -l expires-in -d 'When it ends, from now (12h, 90d)' -r
complete -c oauth -n "__fish_oauth_using_subcommand import" -l set -d 'A template variable of the provider, such as `host` (repeatable)' -r
complete -c oauth -n "__fish_oauth_using_subcommand import" -s i -l identity -d 'Open a backup with the private keys in this file (AGE-SECRET-KEY-1…)' -r -F
complete -c oauth -n "__fish_oauth_using_subcommand import" -l passphrase-file -d 'With the passphrase that is the first line of a file' -r -F
complete -c oauth -n "__fish_oauth_using_subcommand import" -l tenant -l tenant-id -d 'The name space of credentials to work in [default: default, or OAUTH_TENANT]' -r
complete -c oauth -n "__fish_oauth_using_subcommand import" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c oauth -n "__fish_oauth_using_subcommand import" -l dry-run -d 'Show what would be brought in, and store nothing'
complete -c oauth -n "__fish_oauth_using_subcommand import" -s y -l yes -d 'Bring it in without asking; of a backup, also what reads files or variables of this machine for its tokens'
complete -c oauth -n "__fish_oauth_using_subcommand import" -l take-over -d 'The tool, or the other copy, is given up: its logins are refreshed here from now on'
complete -c oauth -n "__fish_oauth_using_subcommand import" -l token-stdin -d 'Read the token from standard input; without it you are asked for it'
complete -c oauth -n "__fish_oauth_using_subcommand import" -s p -l passphrase -d 'With a passphrase (the default): you are asked for it, or it is the first line of standard input'
complete -c oauth -n "__fish_oauth_using_subcommand import" -l all-tenants -d 'What is in the backup of every tenant, not only of one'
complete -c oauth -n "__fish_oauth_using_subcommand import" -s f -l force -d 'Replace also what is newer here, or another identity\'s, or a token that is in use'
complete -c oauth -n "__fish_oauth_using_subcommand import" -l json -d 'Print data and errors as JSON'
complete -c oauth -n "__fish_oauth_using_subcommand import" -s q -l quiet -d 'Say nothing but errors'
complete -c oauth -n "__fish_oauth_using_subcommand import" -s v -l verbose -d 'Say more'
complete -c oauth -n "__fish_oauth_using_subcommand import" -l no-input -d 'Never ask a question'
complete -c oauth -n "__fish_oauth_using_subcommand import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and not __fish_seen_subcommand_from list show add check discover remove help" -l tenant -l tenant-id -d 'The name space of credentials to work in [default: default, or OAUTH_TENANT]' -r
complete -c oauth -n "__fish_oauth_using_subcommand provider; and not __fish_seen_subcommand_from list show add check discover remove help" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c oauth -n "__fish_oauth_using_subcommand provider; and not __fish_seen_subcommand_from list show add check discover remove help" -l json -d 'Print data and errors as JSON'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and not __fish_seen_subcommand_from list show add check discover remove help" -s q -l quiet -d 'Say nothing but errors'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and not __fish_seen_subcommand_from list show add check discover remove help" -s v -l verbose -d 'Say more'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and not __fish_seen_subcommand_from list show add check discover remove help" -l no-input -d 'Never ask a question'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and not __fish_seen_subcommand_from list show add check discover remove help" -s h -l help -d 'Print help'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and not __fish_seen_subcommand_from list show add check discover remove help" -f -a "list" -d 'Show every provider, or those that some words are about'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and not __fish_seen_subcommand_from list show add check discover remove help" -f -a "show" -d 'Show one: endpoints, scopes, how to register, what is unusual'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and not __fish_seen_subcommand_from list show add check discover remove help" -f -a "add" -d 'Add a provider of your own, by its issuer or by its endpoints'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and not __fish_seen_subcommand_from list show add check discover remove help" -f -a "check" -d 'Hold an entry to its form, or to the server\'s own metadata'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and not __fish_seen_subcommand_from list show add check discover remove help" -f -a "discover" -d 'Find the authorization server of an address, and see how it stands to the standards'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and not __fish_seen_subcommand_from list show add check discover remove help" -f -a "remove" -d 'Delete one of your own'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and not __fish_seen_subcommand_from list show add check discover remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from list" -l tenant -l tenant-id -d 'The name space of credentials to work in [default: default, or OAUTH_TENANT]' -r
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from list" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from list" -l markdown -d 'Print the page that `docs/providers.md` holds'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from list" -l json -d 'Print data and errors as JSON'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say nothing but errors'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask a question'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from show" -l tenant -l tenant-id -d 'The name space of credentials to work in [default: default, or OAUTH_TENANT]' -r
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from show" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from show" -l json -d 'Print data and errors as JSON'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say nothing but errors'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from show" -l no-input -d 'Never ask a question'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from add" -l file -d 'Take the entry from this file (the form stands in docs/adding-a-provider.md)' -r -F
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from add" -l issuer -d 'Read the endpoints from the metadata of this issuer (RFC 8414, OpenID Connect Discovery)' -r
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from add" -l authorization-endpoint -d 'Where the browser is sent' -r
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from add" -l token-endpoint -d 'Where codes and refresh tokens are exchanged' -r
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from add" -l userinfo-endpoint -d 'Where the account\'s name is asked, and a token is tested' -r
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from add" -l revocation-endpoint -d 'Where tokens are revoked (RFC 7009)' -r
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from add" -l device-authorization-endpoint -d 'Where a device flow begins (RFC 8628)' -r
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from add" -l introspection-endpoint -d 'Where a token is tested when there is no userinfo endpoint (RFC 7662)' -r
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from add" -l token-endpoint-auth-method -d 'How a client with a secret authenticates' -r -f -a "client_secret_basic\t''
client_secret_post\t''
tls_client_auth\t''
self_signed_tls_client_auth\t''"
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from add" -s s -l scope -l scopes -l identity-scope -d 'Scopes that every login asks for, such as those that name the account' -r
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from add" -l api-host -d 'A host that tokens may be sent to (repeatable)' -r
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from add" -l capability -d 'A harmless request for `test --capabilities`, such as \'list repositories=GET /user/repos\' (repeatable)' -r
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from add" -l tenant -l tenant-id -d 'The name space of credentials to work in [default: default, or OAUTH_TENANT]' -r
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from add" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from add" -l json -d 'Print data and errors as JSON'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Say nothing but errors'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Say more'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from add" -l no-input -d 'Never ask a question'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from check" -l set -d 'A template variable of the provider, for --live (repeatable)' -r
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from check" -l tenant -l tenant-id -d 'The name space of credentials to work in [default: default, or OAUTH_TENANT]' -r
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from check" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from check" -l live -d 'Compare the endpoints with those that the issuer\'s metadata names'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from check" -l json -d 'Print data and errors as JSON'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Say nothing but errors'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from check" -s v -l verbose -d 'Say more'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from check" -l no-input -d 'Never ask a question'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from discover" -l write -d 'Keep what was found as a provider of this name' -r
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from discover" -l tenant -l tenant-id -d 'The name space of credentials to work in [default: default, or OAUTH_TENANT]' -r
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from discover" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from discover" -l json -d 'Print data and errors as JSON'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from discover" -s q -l quiet -d 'Say nothing but errors'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from discover" -s v -l verbose -d 'Say more'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from discover" -l no-input -d 'Never ask a question'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from discover" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from remove" -l tenant -l tenant-id -d 'The name space of credentials to work in [default: default, or OAUTH_TENANT]' -r
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from remove" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from remove" -l json -d 'Print data and errors as JSON'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Say nothing but errors'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Say more'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from remove" -l no-input -d 'Never ask a question'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from help" -f -a "list" -d 'Show every provider, or those that some words are about'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one: endpoints, scopes, how to register, what is unusual'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add a provider of your own, by its issuer or by its endpoints'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from help" -f -a "check" -d 'Hold an entry to its form, or to the server\'s own metadata'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from help" -f -a "discover" -d 'Find the authorization server of an address, and see how it stands to the standards'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Delete one of your own'
complete -c oauth -n "__fish_oauth_using_subcommand provider; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c oauth -n "__fish_oauth_using_subcommand audit; and not __fish_seen_subcommand_from verify help" -l since -d 'Only events since then: a length of time (36h, 7d), a day (2026-11-20) or a time (RFC 3339)' -r
complete -c oauth -n "__fish_oauth_using_subcommand audit; and not __fish_seen_subcommand_from verify help" -l provider -d 'Only events of this provider' -r
complete -c oauth -n "__fish_oauth_using_subcommand audit; and not __fish_seen_subcommand_from verify help" -l event -d 'Only this kind of event' -r -f -a "created\t''
authorized\t''
used\t''
refreshed\t''
held\t''
replaced\t''
refresh_failed\t''
refused\t''
rejected\t''
revoked\t''
forgotten\t''
missing\t''
missing_scope\t''
hosts\t''
renamed\t''
exported\t''
imported\t''
key_replaced\t''
key_moved\t''
key_exported\t''
audit_broken\t''
audit_accepted\t''"
complete -c oauth -n "__fish_oauth_using_subcommand audit; and not __fish_seen_subcommand_from verify help" -l tenant -l tenant-id -d 'The name space of credentials to work in [default: default, or OAUTH_TENANT]' -r
complete -c oauth -n "__fish_oauth_using_subcommand audit; and not __fish_seen_subcommand_from verify help" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c oauth -n "__fish_oauth_using_subcommand audit; and not __fish_seen_subcommand_from verify help" -s f -l follow -d 'Go on, and print what happens as it happens; with --json, one object a line'
complete -c oauth -n "__fish_oauth_using_subcommand audit; and not __fish_seen_subcommand_from verify help" -l summary -d 'Uses and failures of each credential, what was asked for and is not connected, and what is unusual'
complete -c oauth -n "__fish_oauth_using_subcommand audit; and not __fish_seen_subcommand_from verify help" -l all-tenants -d 'Events of all tenants'
complete -c oauth -n "__fish_oauth_using_subcommand audit; and not __fish_seen_subcommand_from verify help" -l json -d 'Print data and errors as JSON'
complete -c oauth -n "__fish_oauth_using_subcommand audit; and not __fish_seen_subcommand_from verify help" -s q -l quiet -d 'Say nothing but errors'
complete -c oauth -n "__fish_oauth_using_subcommand audit; and not __fish_seen_subcommand_from verify help" -s v -l verbose -d 'Say more'
complete -c oauth -n "__fish_oauth_using_subcommand audit; and not __fish_seen_subcommand_from verify help" -l no-input -d 'Never ask a question'
complete -c oauth -n "__fish_oauth_using_subcommand audit; and not __fish_seen_subcommand_from verify help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c oauth -n "__fish_oauth_using_subcommand audit; and not __fish_seen_subcommand_from verify help" -f -a "verify" -d 'Look whether anybody without the master key has changed the record'
complete -c oauth -n "__fish_oauth_using_subcommand audit; and not __fish_seen_subcommand_from verify help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c oauth -n "__fish_oauth_using_subcommand audit; and __fish_seen_subcommand_from verify" -l tenant -l tenant-id -d 'The name space of credentials to work in [default: default, or OAUTH_TENANT]' -r
complete -c oauth -n "__fish_oauth_using_subcommand audit; and __fish_seen_subcommand_from verify" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c oauth -n "__fish_oauth_using_subcommand audit; and __fish_seen_subcommand_from verify" -l accept -d 'Take the record as it stands now; that it was changed, and where, stays in it'
complete -c oauth -n "__fish_oauth_using_subcommand audit; and __fish_seen_subcommand_from verify" -l json -d 'Print data and errors as JSON'
complete -c oauth -n "__fish_oauth_using_subcommand audit; and __fish_seen_subcommand_from verify" -s q -l quiet -d 'Say nothing but errors'
complete -c oauth -n "__fish_oauth_using_subcommand audit; and __fish_seen_subcommand_from verify" -s v -l verbose -d 'Say more'
complete -c oauth -n "__fish_oauth_using_subcommand audit; and __fish_seen_subcommand_from verify" -l no-input -d 'Never ask a question'
complete -c oauth -n "__fish_oauth_using_subcommand audit; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help'
complete -c oauth -n "__fish_oauth_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "verify" -d 'Look whether anybody without the master key has changed the record'
complete -c oauth -n "__fish_oauth_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c oauth -n "__fish_oauth_using_subcommand client; and not __fish_seen_subcommand_from set list remove help" -l tenant -l tenant-id -d 'The name space of credentials to work in [default: default, or OAUTH_TENANT]' -r
complete -c oauth -n "__fish_oauth_using_subcommand client; and not __fish_seen_subcommand_from set list remove help" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c oauth -n "__fish_oauth_using_subcommand client; and not __fish_seen_subcommand_from set list remove help" -l json -d 'Print data and errors as JSON'
complete -c oauth -n "__fish_oauth_using_subcommand client; and not __fish_seen_subcommand_from set list remove help" -s q -l quiet -d 'Say nothing but errors'
complete -c oauth -n "__fish_oauth_using_subcommand client; and not __fish_seen_subcommand_from set list remove help" -s v -l verbose -d 'Say more'
complete -c oauth -n "__fish_oauth_using_subcommand client; and not __fish_seen_subcommand_from set list remove help" -l no-input -d 'Never ask a question'
complete -c oauth -n "__fish_oauth_using_subcommand client; and not __fish_seen_subcommand_from set list remove help" -s h -l help -d 'Print help'
complete -c oauth -n "__fish_oauth_using_subcommand client; and not __fish_seen_subcommand_from set list remove help" -f -a "set" -d 'Keep a registration, its secret sealed'
complete -c oauth -n "__fish_oauth_using_subcommand client; and not __fish_seen_subcommand_from set list remove help" -f -a "list" -d 'Show every registration of the tenant, without secrets'
complete -c oauth -n "__fish_oauth_using_subcommand client; and not __fish_seen_subcommand_from set list remove help" -f -a "remove" -d 'Delete a registration; what is connected with it stays connected'
complete -c oauth -n "__fish_oauth_using_subcommand client; and not __fish_seen_subcommand_from set list remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c oauth -n "__fish_oauth_using_subcommand client; and __fish_seen_subcommand_from set" -l client-id -d 'The client id of your registration at the provider' -r
complete -c oauth -n "__fish_oauth_using_subcommand client; and __fish_seen_subcommand_from set" -l client-secret -d 'The client secret; other users can read it in the process list, so prefer --client-secret-stdin' -r
complete -c oauth -n "__fish_oauth_using_subcommand client; and __fish_seen_subcommand_from set" -l client-file -d 'Read both from the JSON file the provider lets one download; `init` takes that of a service account, too' -r -F
complete -c oauth -n "__fish_oauth_using_subcommand client; and __fish_seen_subcommand_from set" -l set -d 'A template variable of the provider, such as `host` or `tenant` (repeatable)' -r
complete -c oauth -n "__fish_oauth_using_subcommand client; and __fish_seen_subcommand_from set" -l tenant -l tenant-id -d 'The name space of credentials to work in [default: default, or OAUTH_TENANT]' -r
complete -c oauth -n "__fish_oauth_using_subcommand client; and __fish_seen_subcommand_from set" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c oauth -n "__fish_oauth_using_subcommand client; and __fish_seen_subcommand_from set" -l client-secret-stdin -d 'Read the client secret from standard input; at a terminal it is asked for, and not shown'
complete -c oauth -n "__fish_oauth_using_subcommand client; and __fish_seen_subcommand_from set" -l default -d 'Take it where no registration is named'
complete -c oauth -n "__fish_oauth_using_subcommand client; and __fish_seen_subcommand_from set" -l json -d 'Print data and errors as JSON'
complete -c oauth -n "__fish_oauth_using_subcommand client; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Say nothing but errors'
complete -c oauth -n "__fish_oauth_using_subcommand client; and __fish_seen_subcommand_from set" -s v -l verbose -d 'Say more'
complete -c oauth -n "__fish_oauth_using_subcommand client; and __fish_seen_subcommand_from set" -l no-input -d 'Never ask a question'
complete -c oauth -n "__fish_oauth_using_subcommand client; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c oauth -n "__fish_oauth_using_subcommand client; and __fish_seen_subcommand_from list" -l tenant -l tenant-id -d 'The name space of credentials to work in [default: default, or OAUTH_TENANT]' -r
complete -c oauth -n "__fish_oauth_using_subcommand client; and __fish_seen_subcommand_from list" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c oauth -n "__fish_oauth_using_subcommand client; and __fish_seen_subcommand_from list" -l json -d 'Print data and errors as JSON'
complete -c oauth -n "__fish_oauth_using_subcommand client; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say nothing but errors'
complete -c oauth -n "__fish_oauth_using_subcommand client; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more'
complete -c oauth -n "__fish_oauth_using_subcommand client; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask a question'
complete -c oauth -n "__fish_oauth_using_subcommand client; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c oauth -n "__fish_oauth_using_subcommand client; and __fish_seen_subcommand_from remove" -l tenant -l tenant-id -d 'The name space of credentials to work in [default: default, or OAUTH_TENANT]' -r
complete -c oauth -n "__fish_oauth_using_subcommand client; and __fish_seen_subcommand_from remove" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c oauth -n "__fish_oauth_using_subcommand client; and __fish_seen_subcommand_from remove" -l local -d 'Do not ask the server to delete it'
complete -c oauth -n "__fish_oauth_using_subcommand client; and __fish_seen_subcommand_from remove" -l json -d 'Print data and errors as JSON'
complete -c oauth -n "__fish_oauth_using_subcommand client; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Say nothing but errors'
complete -c oauth -n "__fish_oauth_using_subcommand client; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Say more'
complete -c oauth -n "__fish_oauth_using_subcommand client; and __fish_seen_subcommand_from remove" -l no-input -d 'Never ask a question'
complete -c oauth -n "__fish_oauth_using_subcommand client; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c oauth -n "__fish_oauth_using_subcommand client; and __fish_seen_subcommand_from help" -f -a "set" -d 'Keep a registration, its secret sealed'
complete -c oauth -n "__fish_oauth_using_subcommand client; and __fish_seen_subcommand_from help" -f -a "list" -d 'Show every registration of the tenant, without secrets'
complete -c oauth -n "__fish_oauth_using_subcommand client; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Delete a registration; what is connected with it stays connected'
complete -c oauth -n "__fish_oauth_using_subcommand client; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c oauth -n "__fish_oauth_using_subcommand key; and not __fish_seen_subcommand_from generate status rotate forget move recovery help" -l tenant -l tenant-id -d 'The name space of credentials to work in [default: default, or OAUTH_TENANT]' -r
complete -c oauth -n "__fish_oauth_using_subcommand key; and not __fish_seen_subcommand_from generate status rotate forget move recovery help" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c oauth -n "__fish_oauth_using_subcommand key; and not __fish_seen_subcommand_from generate status rotate forget move recovery help" -l json -d 'Print data and errors as JSON'
complete -c oauth -n "__fish_oauth_using_subcommand key; and not __fish_seen_subcommand_from generate status rotate forget move recovery help" -s q -l quiet -d 'Say nothing but errors'
complete -c oauth -n "__fish_oauth_using_subcommand key; and not __fish_seen_subcommand_from generate status rotate forget move recovery help" -s v -l verbose -d 'Say more'
complete -c oauth -n "__fish_oauth_using_subcommand key; and not __fish_seen_subcommand_from generate status rotate forget move recovery help" -l no-input -d 'Never ask a question'
complete -c oauth -n "__fish_oauth_using_subcommand key; and not __fish_seen_subcommand_from generate status rotate forget move recovery help" -s h -l help -d 'Print help'
complete -c oauth -n "__fish_oauth_using_subcommand key; and not __fish_seen_subcommand_from generate status rotate forget move recovery help" -f -a "generate" -d 'Print a new master key: 32 random bytes in base64'
complete -c oauth -n "__fish_oauth_using_subcommand key; and not __fish_seen_subcommand_from generate status rotate forget move recovery help" -f -a "status" -d 'Tell where the key of this store lives, and whether it opens the store'
complete -c oauth -n "__fish_oauth_using_subcommand key; and not __fish_seen_subcommand_from generate status rotate forget move recovery help" -f -a "rotate" -d 'Replace the master key: everything is sealed anew under a new one'
complete -c oauth -n "__fish_oauth_using_subcommand key; and not __fish_seen_subcommand_from generate status rotate forget move recovery help" -f -a "forget" -d 'Drop the copy of the key that the kernel\'s keyring keeps for a while'
complete -c oauth -n "__fish_oauth_using_subcommand key; and not __fish_seen_subcommand_from generate status rotate forget move recovery help" -f -a "move" -d 'Put the same key into another place'
complete -c oauth -n "__fish_oauth_using_subcommand key; and not __fish_seen_subcommand_from generate status rotate forget move recovery help" -f -a "recovery" -d 'Print the key as a code for paper, or put it back from one'
complete -c oauth -n "__fish_oauth_using_subcommand key; and not __fish_seen_subcommand_from generate status rotate forget move recovery help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from generate" -l tenant -l tenant-id -d 'The name space of credentials to work in [default: default, or OAUTH_TENANT]' -r
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from generate" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from generate" -l json -d 'Print data and errors as JSON'
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from generate" -s q -l quiet -d 'Say nothing but errors'
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from generate" -s v -l verbose -d 'Say more'
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from generate" -l no-input -d 'Never ask a question'
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from generate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from status" -l tenant -l tenant-id -d 'The name space of credentials to work in [default: default, or OAUTH_TENANT]' -r
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from status" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from status" -l json -d 'Print data and errors as JSON'
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from status" -s q -l quiet -d 'Say nothing but errors'
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from status" -s v -l verbose -d 'Say more'
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from status" -l no-input -d 'Never ask a question'
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help'
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from rotate" -l tenant -l tenant-id -d 'The name space of credentials to work in [default: default, or OAUTH_TENANT]' -r
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from rotate" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from rotate" -l json -d 'Print data and errors as JSON'
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from rotate" -s q -l quiet -d 'Say nothing but errors'
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from rotate" -s v -l verbose -d 'Say more'
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from rotate" -l no-input -d 'Never ask a question'
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from rotate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from forget" -l tenant -l tenant-id -d 'The name space of credentials to work in [default: default, or OAUTH_TENANT]' -r
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from forget" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from forget" -l json -d 'Print data and errors as JSON'
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from forget" -s q -l quiet -d 'Say nothing but errors'
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from forget" -s v -l verbose -d 'Say more'
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from forget" -l no-input -d 'Never ask a question'
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from forget" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from move" -l to -d 'Where the key is to live from now on' -r -f -a "keyring\t'The keyring of the operating system'
file\t'A private file: --path, or `master-key` beside the configuration'
command\t'A command of yours, in OAUTH_MASTER_KEY_COMMAND, that prints this very key'
environment\t'A variable, OAUTH_MASTER_KEY, that holds this very key'
passphrase\t'The store itself, under a passphrase that you type'"
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from move" -l path -d 'The file, for `--to file`' -r -F
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from move" -l tenant -l tenant-id -d 'The name space of credentials to work in [default: default, or OAUTH_TENANT]' -r
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from move" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from move" -l json -d 'Print data and errors as JSON'
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from move" -s q -l quiet -d 'Say nothing but errors'
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from move" -s v -l verbose -d 'Say more'
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from move" -l no-input -d 'Never ask a question'
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from move" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from recovery" -l to -d 'Where it is to live then [default: where it lived]' -r -f -a "keyring\t'The keyring of the operating system'
file\t'A private file: --path, or `master-key` beside the configuration'
command\t'A command of yours, in OAUTH_MASTER_KEY_COMMAND, that prints this very key'
environment\t'A variable, OAUTH_MASTER_KEY, that holds this very key'
passphrase\t'The store itself, under a passphrase that you type'"
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from recovery" -l path -d 'The file, for `--to file`' -r -F
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from recovery" -l tenant -l tenant-id -d 'The name space of credentials to work in [default: default, or OAUTH_TENANT]' -r
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from recovery" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from recovery" -l restore -d 'Put the key of a recovery code back, which is asked for, or read from standard input'
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from recovery" -l raw -d 'Print the key as it stands in a key file, for a password manager, instead of a code for paper'
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from recovery" -l json -d 'Print data and errors as JSON'
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from recovery" -s q -l quiet -d 'Say nothing but errors'
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from recovery" -s v -l verbose -d 'Say more'
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from recovery" -l no-input -d 'Never ask a question'
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from recovery" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "generate" -d 'Print a new master key: 32 random bytes in base64'
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "status" -d 'Tell where the key of this store lives, and whether it opens the store'
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "rotate" -d 'Replace the master key: everything is sealed anew under a new one'
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "forget" -d 'Drop the copy of the key that the kernel\'s keyring keeps for a while'
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "move" -d 'Put the same key into another place'
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "recovery" -d 'Print the key as a code for paper, or put it back from one'
complete -c oauth -n "__fish_oauth_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c oauth -n "__fish_oauth_using_subcommand tenant; and not __fish_seen_subcommand_from list rename remove help" -l tenant -l tenant-id -d 'The name space of credentials to work in [default: default, or OAUTH_TENANT]' -r
complete -c oauth -n "__fish_oauth_using_subcommand tenant; and not __fish_seen_subcommand_from list rename remove help" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c oauth -n "__fish_oauth_using_subcommand tenant; and not __fish_seen_subcommand_from list rename remove help" -l json -d 'Print data and errors as JSON'
complete -c oauth -n "__fish_oauth_using_subcommand tenant; and not __fish_seen_subcommand_from list rename remove help" -s q -l quiet -d 'Say nothing but errors'
complete -c oauth -n "__fish_oauth_using_subcommand tenant; and not __fish_seen_subcommand_from list rename remove help" -s v -l verbose -d 'Say more'
complete -c oauth -n "__fish_oauth_using_subcommand tenant; and not __fish_seen_subcommand_from list rename remove help" -l no-input -d 'Never ask a question'
complete -c oauth -n "__fish_oauth_using_subcommand tenant; and not __fish_seen_subcommand_from list rename remove help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c oauth -n "__fish_oauth_using_subcommand tenant; and not __fish_seen_subcommand_from list rename remove help" -f -a "list" -d 'Show every tenant, and how much is in it'
complete -c oauth -n "__fish_oauth_using_subcommand tenant; and not __fish_seen_subcommand_from list rename remove help" -f -a "rename" -d 'Give a tenant another name; everything in it is sealed anew'
complete -c oauth -n "__fish_oauth_using_subcommand tenant; and not __fish_seen_subcommand_from list rename remove help" -f -a "remove" -d 'Revoke every credential of a tenant, and delete it with its client registrations'
complete -c oauth -n "__fish_oauth_using_subcommand tenant; and not __fish_seen_subcommand_from list rename remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c oauth -n "__fish_oauth_using_subcommand tenant; and __fish_seen_subcommand_from list" -l tenant -l tenant-id -d 'The name space of credentials to work in [default: default, or OAUTH_TENANT]' -r
complete -c oauth -n "__fish_oauth_using_subcommand tenant; and __fish_seen_subcommand_from list" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c oauth -n "__fish_oauth_using_subcommand tenant; and __fish_seen_subcommand_from list" -l json -d 'Print data and errors as JSON'
complete -c oauth -n "__fish_oauth_using_subcommand tenant; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say nothing but errors'
complete -c oauth -n "__fish_oauth_using_subcommand tenant; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more'
complete -c oauth -n "__fish_oauth_using_subcommand tenant; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask a question'
complete -c oauth -n "__fish_oauth_using_subcommand tenant; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c oauth -n "__fish_oauth_using_subcommand tenant; and __fish_seen_subcommand_from rename" -l tenant -l tenant-id -d 'The name space of credentials to work in [default: default, or OAUTH_TENANT]' -r
complete -c oauth -n "__fish_oauth_using_subcommand tenant; and __fish_seen_subcommand_from rename" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c oauth -n "__fish_oauth_using_subcommand tenant; and __fish_seen_subcommand_from rename" -l json -d 'Print data and errors as JSON'
complete -c oauth -n "__fish_oauth_using_subcommand tenant; and __fish_seen_subcommand_from rename" -s q -l quiet -d 'Say nothing but errors'
complete -c oauth -n "__fish_oauth_using_subcommand tenant; and __fish_seen_subcommand_from rename" -s v -l verbose -d 'Say more'
complete -c oauth -n "__fish_oauth_using_subcommand tenant; and __fish_seen_subcommand_from rename" -l no-input -d 'Never ask a question'
complete -c oauth -n "__fish_oauth_using_subcommand tenant; and __fish_seen_subcommand_from rename" -s h -l help -d 'Print help'
complete -c oauth -n "__fish_oauth_using_subcommand tenant; and __fish_seen_subcommand_from remove" -l tenant -l tenant-id -d 'The name space of credentials to work in [default: default, or OAUTH_TENANT]' -r
complete -c oauth -n "__fish_oauth_using_subcommand tenant; and __fish_seen_subcommand_from remove" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c oauth -n "__fish_oauth_using_subcommand tenant; and __fish_seen_subcommand_from remove" -l local -d 'Do not ask the providers: delete here only'
complete -c oauth -n "__fish_oauth_using_subcommand tenant; and __fish_seen_subcommand_from remove" -s y -l yes -d 'Do not ask at a terminal; where there is none, nobody is asked'
complete -c oauth -n "__fish_oauth_using_subcommand tenant; and __fish_seen_subcommand_from remove" -l json -d 'Print data and errors as JSON'
complete -c oauth -n "__fish_oauth_using_subcommand tenant; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Say nothing but errors'
complete -c oauth -n "__fish_oauth_using_subcommand tenant; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Say more'
complete -c oauth -n "__fish_oauth_using_subcommand tenant; and __fish_seen_subcommand_from remove" -l no-input -d 'Never ask a question'
complete -c oauth -n "__fish_oauth_using_subcommand tenant; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c oauth -n "__fish_oauth_using_subcommand tenant; and __fish_seen_subcommand_from help" -f -a "list" -d 'Show every tenant, and how much is in it'
complete -c oauth -n "__fish_oauth_using_subcommand tenant; and __fish_seen_subcommand_from help" -f -a "rename" -d 'Give a tenant another name; everything in it is sealed anew'
complete -c oauth -n "__fish_oauth_using_subcommand tenant; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Revoke every credential of a tenant, and delete it with its client registrations'
complete -c oauth -n "__fish_oauth_using_subcommand tenant; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c oauth -n "__fish_oauth_using_subcommand doctor" -l tenant -l tenant-id -d 'The name space of credentials to work in [default: default, or OAUTH_TENANT]' -r
complete -c oauth -n "__fish_oauth_using_subcommand doctor" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c oauth -n "__fish_oauth_using_subcommand doctor" -l fix -d 'Mend what can be mended without loss: permissions, leftovers, interrupted refreshes whose answer is here'
complete -c oauth -n "__fish_oauth_using_subcommand doctor" -l online -d 'Ask the server of a connected provider for its time, and whether the proxy answers; nothing of a credential is sent'
complete -c oauth -n "__fish_oauth_using_subcommand doctor" -l take-over -d 'This copy of the store is the only one in use from now on: its refresh tokens are sent again'
complete -c oauth -n "__fish_oauth_using_subcommand doctor" -l json -d 'Print data and errors as JSON'
complete -c oauth -n "__fish_oauth_using_subcommand doctor" -s q -l quiet -d 'Say nothing but errors'
complete -c oauth -n "__fish_oauth_using_subcommand doctor" -s v -l verbose -d 'Say more'
complete -c oauth -n "__fish_oauth_using_subcommand doctor" -l no-input -d 'Never ask a question'
complete -c oauth -n "__fish_oauth_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c oauth -n "__fish_oauth_using_subcommand panic" -l tenant -l tenant-id -d 'The name space of credentials to work in [default: default, or OAUTH_TENANT]' -r
complete -c oauth -n "__fish_oauth_using_subcommand panic" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c oauth -n "__fish_oauth_using_subcommand panic" -s y -l yes -d 'Do not ask at a terminal; where there is none, nobody is asked'
complete -c oauth -n "__fish_oauth_using_subcommand panic" -l json -d 'Print data and errors as JSON'
complete -c oauth -n "__fish_oauth_using_subcommand panic" -s q -l quiet -d 'Say nothing but errors'
complete -c oauth -n "__fish_oauth_using_subcommand panic" -s v -l verbose -d 'Say more'
complete -c oauth -n "__fish_oauth_using_subcommand panic" -l no-input -d 'Never ask a question'
complete -c oauth -n "__fish_oauth_using_subcommand panic" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c oauth -n "__fish_oauth_using_subcommand schedule" -l every -d 'How often' -r
complete -c oauth -n "__fish_oauth_using_subcommand schedule" -l min-valid -d 'How far to look ahead' -r
complete -c oauth -n "__fish_oauth_using_subcommand schedule" -l keeper -d 'Whose units [default: this system\'s]' -r -f -a "systemd\t''
launchd\t''"
complete -c oauth -n "__fish_oauth_using_subcommand schedule" -l tenant -l tenant-id -d 'The name space of credentials to work in [default: default, or OAUTH_TENANT]' -r
complete -c oauth -n "__fish_oauth_using_subcommand schedule" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c oauth -n "__fish_oauth_using_subcommand schedule" -l print -d 'Print the units instead of installing them'
complete -c oauth -n "__fish_oauth_using_subcommand schedule" -l remove -d 'Stop the timer and remove its units'
complete -c oauth -n "__fish_oauth_using_subcommand schedule" -l json -d 'Print data and errors as JSON'
complete -c oauth -n "__fish_oauth_using_subcommand schedule" -s q -l quiet -d 'Say nothing but errors'
complete -c oauth -n "__fish_oauth_using_subcommand schedule" -s v -l verbose -d 'Say more'
complete -c oauth -n "__fish_oauth_using_subcommand schedule" -l no-input -d 'Never ask a question'
complete -c oauth -n "__fish_oauth_using_subcommand schedule" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c oauth -n "__fish_oauth_using_subcommand export" -s r -l recipient -d 'Whoever holds the private key of this public key (age1…) can open it (repeatable)' -r
complete -c oauth -n "__fish_oauth_using_subcommand export" -l passphrase-file -d 'With the passphrase that is the first line of a file' -r -F
complete -c oauth -n "__fish_oauth_using_subcommand export" -s o -l output -d 'Where to write it; without it, to standard output, unless that is a terminal' -r -F
complete -c oauth -n "__fish_oauth_using_subcommand export" -l tenant -l tenant-id -d 'The name space of credentials to work in [default: default, or OAUTH_TENANT]' -r
complete -c oauth -n "__fish_oauth_using_subcommand export" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c oauth -n "__fish_oauth_using_subcommand export" -l all-tenants -d 'Every tenant, not only one'
complete -c oauth -n "__fish_oauth_using_subcommand export" -s p -l passphrase -d 'With a passphrase (the default): you are asked for it, or it is the first line of standard input'
complete -c oauth -n "__fish_oauth_using_subcommand export" -s a -l armor -d 'In letters, which mail and text fields leave whole; a terminal shows them, too'
complete -c oauth -n "__fish_oauth_using_subcommand export" -s f -l force -d 'Replace the file, if there is one'
complete -c oauth -n "__fish_oauth_using_subcommand export" -l json -d 'Print data and errors as JSON'
complete -c oauth -n "__fish_oauth_using_subcommand export" -s q -l quiet -d 'Say nothing but errors'
complete -c oauth -n "__fish_oauth_using_subcommand export" -s v -l verbose -d 'Say more'
complete -c oauth -n "__fish_oauth_using_subcommand export" -l no-input -d 'Never ask a question'
complete -c oauth -n "__fish_oauth_using_subcommand export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c oauth -n "__fish_oauth_using_subcommand demo" -l port -d 'The port to serve on [default: any]' -r
complete -c oauth -n "__fish_oauth_using_subcommand demo" -l expire -d 'Seconds an access token lives' -r
complete -c oauth -n "__fish_oauth_using_subcommand demo" -l grace -d 'Milliseconds for which a spent refresh token is still taken' -r
complete -c oauth -n "__fish_oauth_using_subcommand demo" -l tenant -l tenant-id -d 'The name space of credentials to work in [default: default, or OAUTH_TENANT]' -r
complete -c oauth -n "__fish_oauth_using_subcommand demo" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c oauth -n "__fish_oauth_using_subcommand demo" -l serve -d 'Keep the server up, and print what to type'
complete -c oauth -n "__fish_oauth_using_subcommand demo" -l no-browser -d 'Sign in without a browser, also where there is one'
complete -c oauth -n "__fish_oauth_using_subcommand demo" -l no-rotate -d 'Let a refresh token be used again and again'
complete -c oauth -n "__fish_oauth_using_subcommand demo" -l control -d 'Let the server\'s behaviour be changed and watched under /sandbox/ (docs/recipes.md says how)'
complete -c oauth -n "__fish_oauth_using_subcommand demo" -l json -d 'Print data and errors as JSON'
complete -c oauth -n "__fish_oauth_using_subcommand demo" -s q -l quiet -d 'Say nothing but errors'
complete -c oauth -n "__fish_oauth_using_subcommand demo" -s v -l verbose -d 'Say more'
complete -c oauth -n "__fish_oauth_using_subcommand demo" -l no-input -d 'Never ask a question'
complete -c oauth -n "__fish_oauth_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c oauth -n "__fish_oauth_using_subcommand completions" -l tenant -l tenant-id -d 'The name space of credentials to work in [default: default, or OAUTH_TENANT]' -r
complete -c oauth -n "__fish_oauth_using_subcommand completions" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c oauth -n "__fish_oauth_using_subcommand completions" -l json -d 'Print data and errors as JSON'
complete -c oauth -n "__fish_oauth_using_subcommand completions" -s q -l quiet -d 'Say nothing but errors'
complete -c oauth -n "__fish_oauth_using_subcommand completions" -s v -l verbose -d 'Say more'
complete -c oauth -n "__fish_oauth_using_subcommand completions" -l no-input -d 'Never ask a question'
complete -c oauth -n "__fish_oauth_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c oauth -n "__fish_oauth_using_subcommand man" -l dir -d 'Write oauth.1 and a page for each command into this directory' -r -F
complete -c oauth -n "__fish_oauth_using_subcommand man" -l tenant -l tenant-id -d 'The name space of credentials to work in [default: default, or OAUTH_TENANT]' -r
complete -c oauth -n "__fish_oauth_using_subcommand man" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c oauth -n "__fish_oauth_using_subcommand man" -l json -d 'Print data and errors as JSON'
complete -c oauth -n "__fish_oauth_using_subcommand man" -s q -l quiet -d 'Say nothing but errors'
complete -c oauth -n "__fish_oauth_using_subcommand man" -s v -l verbose -d 'Say more'
complete -c oauth -n "__fish_oauth_using_subcommand man" -l no-input -d 'Never ask a question'
complete -c oauth -n "__fish_oauth_using_subcommand man" -s h -l help -d 'Print help'
complete -c oauth -n "__fish_oauth_using_subcommand help; and not __fish_seen_subcommand_from init list default token test revoke request exec helper import provider audit client key tenant doctor panic schedule export demo completions man help" -f -a "init" -d 'Connect an account: in your browser, by a code on another device, or without a person'
complete -c oauth -n "__fish_oauth_using_subcommand help; and not __fish_seen_subcommand_from init list default token test revoke request exec helper import provider audit client key tenant doctor panic schedule export demo completions man help" -f -a "list" -d 'Show every credential: its status, when it expires, when it was last used'
complete -c oauth -n "__fish_oauth_using_subcommand help; and not __fish_seen_subcommand_from init list default token test revoke request exec helper import provider audit client key tenant doctor panic schedule export demo completions man help" -f -a "default" -d 'Choose the account that is taken when none is named'
complete -c oauth -n "__fish_oauth_using_subcommand help; and not __fish_seen_subcommand_from init list default token test revoke request exec helper import provider audit client key tenant doctor panic schedule export demo completions man help" -f -a "token" -d 'Print a token that is valid now'
complete -c oauth -n "__fish_oauth_using_subcommand help; and not __fish_seen_subcommand_from init list default token test revoke request exec helper import provider audit client key tenant doctor panic schedule export demo completions man help" -f -a "test" -d 'Is each credential usable? Refreshes where due, then asks the provider'
complete -c oauth -n "__fish_oauth_using_subcommand help; and not __fish_seen_subcommand_from init list default token test revoke request exec helper import provider audit client key tenant doctor panic schedule export demo completions man help" -f -a "revoke" -d 'End a credential: at the provider, then here'
complete -c oauth -n "__fish_oauth_using_subcommand help; and not __fish_seen_subcommand_from init list default token test revoke request exec helper import provider audit client key tenant doctor panic schedule export demo completions man help" -f -a "request" -d 'Send an authenticated HTTP request; the token is never shown'
complete -c oauth -n "__fish_oauth_using_subcommand help; and not __fish_seen_subcommand_from init list default token test revoke request exec helper import provider audit client key tenant doctor panic schedule export demo completions man help" -f -a "exec" -d 'Run a command with tokens in its environment'
complete -c oauth -n "__fish_oauth_using_subcommand help; and not __fish_seen_subcommand_from init list default token test revoke request exec helper import provider audit client key tenant doctor panic schedule export demo completions man help" -f -a "helper" -d 'Give other tools their tokens, in their own protocols'
complete -c oauth -n "__fish_oauth_using_subcommand help; and not __fish_seen_subcommand_from init list default token test revoke request exec helper import provider audit client key tenant doctor panic schedule export demo completions man help" -f -a "import" -d 'Bring in a personal token or an API key, a backup, or what another tool holds'
complete -c oauth -n "__fish_oauth_using_subcommand help; and not __fish_seen_subcommand_from init list default token test revoke request exec helper import provider audit client key tenant doctor panic schedule export demo completions man help" -f -a "provider" -d 'The providers that are known, and your own'
complete -c oauth -n "__fish_oauth_using_subcommand help; and not __fish_seen_subcommand_from init list default token test revoke request exec helper import provider audit client key tenant doctor panic schedule export demo completions man help" -f -a "audit" -d 'Who asked for what, when, and how it ended; never a secret'
complete -c oauth -n "__fish_oauth_using_subcommand help; and not __fish_seen_subcommand_from init list default token test revoke request exec helper import provider audit client key tenant doctor panic schedule export demo completions man help" -f -a "client" -d 'The client registrations that logins use'
complete -c oauth -n "__fish_oauth_using_subcommand help; and not __fish_seen_subcommand_from init list default token test revoke request exec helper import provider audit client key tenant doctor panic schedule export demo completions man help" -f -a "key" -d 'The master key: make one, see where it lives, replace it, move it'
complete -c oauth -n "__fish_oauth_using_subcommand help; and not __fish_seen_subcommand_from init list default token test revoke request exec helper import provider audit client key tenant doctor panic schedule export demo completions man help" -f -a "tenant" -d 'Name spaces of credentials: list, rename, remove'
complete -c oauth -n "__fish_oauth_using_subcommand help; and not __fish_seen_subcommand_from init list default token test revoke request exec helper import provider audit client key tenant doctor panic schedule export demo completions man help" -f -a "doctor" -d 'Find what is wrong, and say what mends it'
complete -c oauth -n "__fish_oauth_using_subcommand help; and not __fish_seen_subcommand_from init list default token test revoke request exec helper import provider audit client key tenant doctor panic schedule export demo completions man help" -f -a "panic" -d 'Revoke everything, in every tenant, then wipe it here'
complete -c oauth -n "__fish_oauth_using_subcommand help; and not __fish_seen_subcommand_from init list default token test revoke request exec helper import provider audit client key tenant doctor panic schedule export demo completions man help" -f -a "schedule" -d 'A timer that refreshes and tests what is connected, and tells in time when a person will be needed'
complete -c oauth -n "__fish_oauth_using_subcommand help; and not __fish_seen_subcommand_from init list default token test revoke request exec helper import provider audit client key tenant doctor panic schedule export demo completions man help" -f -a "export" -d 'Make an encrypted backup: an age file'
complete -c oauth -n "__fish_oauth_using_subcommand help; and not __fish_seen_subcommand_from init list default token test revoke request exec helper import provider audit client key tenant doctor panic schedule export demo completions man help" -f -a "demo" -d 'See the whole life of a credential in seconds, against a built-in server'
complete -c oauth -n "__fish_oauth_using_subcommand help; and not __fish_seen_subcommand_from init list default token test revoke request exec helper import provider audit client key tenant doctor panic schedule export demo completions man help" -f -a "completions" -d 'Print the completion script of a shell'
complete -c oauth -n "__fish_oauth_using_subcommand help; and not __fish_seen_subcommand_from init list default token test revoke request exec helper import provider audit client key tenant doctor panic schedule export demo completions man help" -f -a "man" -d 'Print the manual page, or write all of them into a directory'
complete -c oauth -n "__fish_oauth_using_subcommand help; and not __fish_seen_subcommand_from init list default token test revoke request exec helper import provider audit client key tenant doctor panic schedule export demo completions man help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c oauth -n "__fish_oauth_using_subcommand help; and __fish_seen_subcommand_from helper" -f -a "git" -d 'A credential helper of git\'s (gitcredentials(7))'
complete -c oauth -n "__fish_oauth_using_subcommand help; and __fish_seen_subcommand_from helper" -f -a "docker" -d 'A credential helper of docker\'s: get, list, store, erase'
complete -c oauth -n "__fish_oauth_using_subcommand help; and __fish_seen_subcommand_from helper" -f -a "kubectl" -d 'A credential plugin of kubectl\'s (`ExecCredential`)'
complete -c oauth -n "__fish_oauth_using_subcommand help; and __fish_seen_subcommand_from helper" -f -a "cargo" -d 'A credential provider of cargo\'s'
complete -c oauth -n "__fish_oauth_using_subcommand help; and __fish_seen_subcommand_from provider" -f -a "list" -d 'Show every provider, or those that some words are about'
complete -c oauth -n "__fish_oauth_using_subcommand help; and __fish_seen_subcommand_from provider" -f -a "show" -d 'Show one: endpoints, scopes, how to register, what is unusual'
complete -c oauth -n "__fish_oauth_using_subcommand help; and __fish_seen_subcommand_from provider" -f -a "add" -d 'Add a provider of your own, by its issuer or by its endpoints'
complete -c oauth -n "__fish_oauth_using_subcommand help; and __fish_seen_subcommand_from provider" -f -a "check" -d 'Hold an entry to its form, or to the server\'s own metadata'
complete -c oauth -n "__fish_oauth_using_subcommand help; and __fish_seen_subcommand_from provider" -f -a "discover" -d 'Find the authorization server of an address, and see how it stands to the standards'
complete -c oauth -n "__fish_oauth_using_subcommand help; and __fish_seen_subcommand_from provider" -f -a "remove" -d 'Delete one of your own'
complete -c oauth -n "__fish_oauth_using_subcommand help; and __fish_seen_subcommand_from audit" -f -a "verify" -d 'Look whether anybody without the master key has changed the record'
complete -c oauth -n "__fish_oauth_using_subcommand help; and __fish_seen_subcommand_from client" -f -a "set" -d 'Keep a registration, its secret sealed'
complete -c oauth -n "__fish_oauth_using_subcommand help; and __fish_seen_subcommand_from client" -f -a "list" -d 'Show every registration of the tenant, without secrets'
complete -c oauth -n "__fish_oauth_using_subcommand help; and __fish_seen_subcommand_from client" -f -a "remove" -d 'Delete a registration; what is connected with it stays connected'
complete -c oauth -n "__fish_oauth_using_subcommand help; and __fish_seen_subcommand_from key" -f -a "generate" -d 'Print a new master key: 32 random bytes in base64'
complete -c oauth -n "__fish_oauth_using_subcommand help; and __fish_seen_subcommand_from key" -f -a "status" -d 'Tell where the key of this store lives, and whether it opens the store'
complete -c oauth -n "__fish_oauth_using_subcommand help; and __fish_seen_subcommand_from key" -f -a "rotate" -d 'Replace the master key: everything is sealed anew under a new one'
complete -c oauth -n "__fish_oauth_using_subcommand help; and __fish_seen_subcommand_from key" -f -a "forget" -d 'Drop the copy of the key that the kernel\'s keyring keeps for a while'
complete -c oauth -n "__fish_oauth_using_subcommand help; and __fish_seen_subcommand_from key" -f -a "move" -d 'Put the same key into another place'
complete -c oauth -n "__fish_oauth_using_subcommand help; and __fish_seen_subcommand_from key" -f -a "recovery" -d 'Print the key as a code for paper, or put it back from one'
complete -c oauth -n "__fish_oauth_using_subcommand help; and __fish_seen_subcommand_from tenant" -f -a "list" -d 'Show every tenant, and how much is in it'
complete -c oauth -n "__fish_oauth_using_subcommand help; and __fish_seen_subcommand_from tenant" -f -a "rename" -d 'Give a tenant another name; everything in it is sealed anew'
complete -c oauth -n "__fish_oauth_using_subcommand help; and __fish_seen_subcommand_from tenant" -f -a "remove" -d 'Revoke every credential of a tenant, and delete it with its client registrations'

# The names that stand in the store, or are known, where an argument is one.
function __oauth_named
    set -l words (commandline -opc) (commandline -ct)
    $words[1] completions -- $words[2..] 2>/dev/null
end
complete -c oauth -n 'count (__oauth_named) >/dev/null' -f -a '(__oauth_named)'
