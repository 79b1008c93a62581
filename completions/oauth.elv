
use builtin;
use str;

set edit:completion:arg-completer[oauth] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'oauth'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'oauth'= {
            cand --tenant 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --tenant-id 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --json 'Print data and errors as JSON'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-input 'Never ask a question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand init 'Connect an account: in your browser, by a code on another device, or without a person'
            cand list 'Show every credential: its status, when it expires, when it was last used'
            cand default 'Choose the account that is taken when none is named'
            cand token 'Print a token that is valid now'
            cand test 'Is each credential usable? Refreshes where due, then asks the provider'
            cand revoke 'End a credential: at the provider, then here'
            cand request 'Send an authenticated HTTP request; the token is never shown'
            cand exec 'Run a command with tokens in its environment'
            cand helper 'Give other tools their tokens, in their own protocols'
            cand import 'Bring in a personal token or an API key, a backup, or what another tool holds'
            cand provider 'The providers that are known, and your own'
            cand audit 'Who asked for what, when, and how it ended; never a secret'
            cand client 'The client registrations that logins use'
            cand key 'The master key: make one, see where it lives, replace it, move it'
            cand tenant 'Name spaces of credentials: list, rename, remove'
            cand doctor 'Find what is wrong, and say what mends it'
            cand panic 'Revoke everything, in every tenant, then wipe it here'
            cand schedule 'A timer that refreshes and tests what is connected, and tells in time when a person will be needed'
            cand export 'Make an encrypted backup: an age file'
            cand demo 'See the whole life of a credential in seconds, against a built-in server'
            cand completions 'Print the completion script of a shell'
            cand man 'Print the manual page, or write all of them into a directory'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'oauth;init'= {
            cand --client-id 'The client id of your registration at the provider'
            cand --client-secret 'The client secret; other users can read it in the process list, so prefer --client-secret-stdin'
            cand --client-file 'Read both from the JSON file the provider lets one download; `init` takes that of a service account, too'
            cand --client-cert 'A client certificate (PEM) that authenticates, with the chain above it (RFC 8705); its key is given by --key-file'
            cand --client 'Use a client registration that is kept under this name (see `oauth client list`)'
            cand -s 'Scopes to ask for instead of those asked for before (repeatable; comma or space separated)'
            cand --scope 'Scopes to ask for instead of those asked for before (repeatable; comma or space separated)'
            cand --scopes 'Scopes to ask for instead of those asked for before (repeatable; comma or space separated)'
            cand --add-scope 'Scopes to ask for in addition to what is granted'
            cand --flow 'How to authorize [default: browser; without one, device where the provider has it, else paste]'
            cand --port 'The loopback port to listen on, or a range to choose from'
            cand --redirect-uri 'The redirect URI as it is registered: on this machine, or an https page of yours to paste the address of'
            cand --timeout 'How long to wait for you [default: 5m; in the device flow, as long as the code lives]'
            cand --param 'An extra parameter of the authorization request; without a person, of the token request (repeatable)'
            cand --set 'A template variable of the provider, such as `host` or `tenant` (repeatable)'
            cand --resource 'What the tokens shall be for (RFC 8707; repeatable)'
            cand --key-file 'A private key (PEM) that signs: the client''s own, its certificate''s, or that of a GitHub App'
            cand --key-id 'The key''s name at the provider'
            cand --subject 'Whom an assertion speaks for [default: its issuer]'
            cand --audience 'Whom an assertion, or an exchanged token, is for'
            cand --subject-token 'Where the job''s own token is: `env:NAME`, `file:PATH` or `github-actions[:AUDIENCE]`'
            cand --tenant 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --tenant-id 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --client-secret-stdin 'Read the client secret from standard input; at a terminal it is asked for, and not shown'
            cand --no-browser 'Print the address instead of opening a browser'
            cand --dpop 'Bind the tokens to a key of this credential (RFC 9449)'
            cand --default 'Make this account the provider''s default'
            cand --json 'Print data and errors as JSON'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-input 'Never ask a question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'oauth;list'= {
            cand --provider 'Only this provider'
            cand --status 'Only this status'
            cand --forecast 'Only what will need a human within this time (24h, 7d), the earliest first, as far as the providers tell'
            cand --tenant 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --tenant-id 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --all-tenants 'Every tenant, not only one'
            cand --json 'Print data and errors as JSON'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-input 'Never ask a question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'oauth;default'= {
            cand --tenant 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --tenant-id 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --json 'Print data and errors as JSON'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-input 'Never ask a question'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'oauth;token'= {
            cand --min-ttl 'The token shall live at least this long (30s, 10m, 1h)'
            cand --format 'What to print [default: token]'
            cand --method 'The method of the request that `--format header` is for, when the token is bound to a key (RFC 9449)'
            cand --url 'The address of that request'
            cand --nonce 'The nonce that the server has asked for'
            cand --user 'The user name for xoauth2 and netrc [default: the account]'
            cand --tenant 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --tenant-id 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --refresh 'Get a newer token than the one stored now'
            cand --offline 'Send nothing: the stored token, or an error'
            cand --login 'Connect the account anew when a human has to authorize again, as `oauth init` does'
            cand --json 'Print data and errors as JSON'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-input 'Never ask a question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'oauth;test'= {
            cand --min-valid 'Fail when a human is needed before this has passed (24h, 7d)'
            cand -j 'How many to test at once'
            cand --jobs 'How many to test at once'
            cand --timeout 'How long one request may take'
            cand --format 'What to print'
            cand --tenant 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --tenant-id 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --all 'Every credential of the tenant, said aloud'
            cand --no-refresh 'Never refresh'
            cand --offline 'Send nothing and spend nothing'
            cand --capabilities 'Try the harmless requests that the provider''s entry lists, and show which the token is allowed'
            cand --json 'Print data and errors as JSON'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-input 'Never ask a question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'oauth;revoke'= {
            cand --tenant 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --tenant-id 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --all 'Every credential of the tenant'
            cand --local 'Do not ask the provider'
            cand --forget 'Delete the row, too'
            cand -y 'With --all: do not ask at a terminal; where there is none, nobody is asked'
            cand --yes 'With --all: do not ask at a terminal; where there is none, nobody is asked'
            cand --json 'Print data and errors as JSON'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-input 'Never ask a question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'oauth;request'= {
            cand -H 'A header of the request (repeatable)'
            cand --header 'A header of the request (repeatable)'
            cand -d 'The body: text, @FILE, or - for standard input'
            cand --data 'The body: text, @FILE, or - for standard input'
            cand --json-body 'The body is JSON: given here like with --data, or there'
            cand -o 'Write the body of the answer to a file'
            cand --output 'Write the body of the answer to a file'
            cand --retry 'Wait and try again when the server asks for patience, N times [default: 3]'
            cand --timeout 'How long the server may say nothing'
            cand --allow-host 'Let this credential''s token go to one more host, for good; you are asked first'
            cand --tenant 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --tenant-id 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand -i 'Print the status line and the headers before the body'
            cand --include 'Print the status line and the headers before the body'
            cand -L 'Follow redirects; to another origin without the token and without your headers'
            cand --follow 'Follow redirects; to another origin without the token and without your headers'
            cand --paginate 'Fetch the next pages too, as the Link header tells them (RFC 8288)'
            cand --json 'Print data and errors as JSON'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-input 'Never ask a question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'oauth;exec'= {
            cand --env 'The variable for the token; for several providers once each, in their order'
            cand --token-file 'The token also in a file, mode 0600, which is kept fresh while the command runs and removed with it; the variable `…_FILE` tells where'
            cand --min-ttl 'The tokens shall live at least this long at the start (30s, 10m, 1h)'
            cand --tenant 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --tenant-id 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --json 'Print data and errors as JSON'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-input 'Never ask a question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'oauth;helper'= {
            cand --tenant 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --tenant-id 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --json 'Print data and errors as JSON'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-input 'Never ask a question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand git 'A credential helper of git''s (gitcredentials(7))'
            cand docker 'A credential helper of docker''s: get, list, store, erase'
            cand kubectl 'A credential plugin of kubectl''s (`ExecCredential`)'
            cand cargo 'A credential provider of cargo''s'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'oauth;helper;git'= {
            cand --tenant 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --tenant-id 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --install 'Tell git to use it for the hosts of what is connected'
            cand --uninstall 'Undo that: git asks oauth no more'
            cand --json 'Print data and errors as JSON'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-input 'Never ask a question'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'oauth;helper;docker'= {
            cand --tenant 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --tenant-id 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --json 'Print data and errors as JSON'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-input 'Never ask a question'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'oauth;helper;kubectl'= {
            cand --tenant 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --tenant-id 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --json 'Print data and errors as JSON'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-input 'Never ask a question'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'oauth;helper;cargo'= {
            cand --tenant 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --tenant-id 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --json 'Print data and errors as JSON'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-input 'Never ask a question'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'oauth;helper;help'= {
            cand git 'A credential helper of git''s (gitcredentials(7))'
            cand docker 'A credential helper of docker''s: get, list, store, erase'
            cand kubectl 'A credential plugin of kubectl''s (`ExecCredential`)'
            cand cargo 'A credential provider of cargo''s'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'oauth;helper;help;git'= {
        }
        &'oauth;helper;help;docker'= {
        }
        &'oauth;helper;help;kubectl'= {
        }
        &'oauth;helper;help;cargo'= {
        }
        &'oauth;helper;help;help'= {
        }
        &'oauth;import'= {
            cand --from 'Bring in what this tool holds'
            cand --file 'Read this file, or - for standard input, instead of the tool''s own'
            cand -s 'What the token may do, as far as you know (repeatable; comma or space separated)'
            cand --scope 'What the token may do, as far as you know (repeatable; comma or space separated)'
            cand --scopes 'What the token may do, as far as you know (repeatable; comma or space separated)'
            cand --expires-in 'When it ends, from now (12h, 90d)'
            cand --set 'A template variable of the provider, such as `host` (repeatable)'
            cand -i 'Open a backup with the private keys in this file (AGE-SECRET-KEY-1…)'
            cand --identity 'Open a backup with the private keys in this file (AGE-SECRET-KEY-1…)'
            cand --passphrase-file 'With the passphrase that is the first line of a file'
            cand --tenant 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --tenant-id 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --dry-run 'Show what would be brought in, and store nothing'
            cand -y 'Bring it in without asking; of a backup, also what reads files or variables of this machine for its tokens'
            cand --yes 'Bring it in without asking; of a backup, also what reads files or variables of this machine for its tokens'
            cand --take-over 'The tool, or the other copy, is given up: its logins are refreshed here from now on'
            cand --token-stdin 'Read the token from standard input; without it you are asked for it'
            cand -p 'With a passphrase (the default): you are asked for it, or it is the first line of standard input'
            cand --passphrase 'With a passphrase (the default): you are asked for it, or it is the first line of standard input'
            cand --all-tenants 'What is in the backup of every tenant, not only of one'
            cand -f 'Replace also what is newer here, or another identity''s, or a token that is in use'
            cand --force 'Replace also what is newer here, or another identity''s, or a token that is in use'
            cand --json 'Print data and errors as JSON'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-input 'Never ask a question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'oauth;provider'= {
            cand --tenant 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --tenant-id 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --json 'Print data and errors as JSON'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-input 'Never ask a question'
            cand -h 'Print help'
            cand --help 'Print help'
            cand list 'Show every provider, or those that some words are about'
            cand show 'Show one: endpoints, scopes, how to register, what is unusual'
            cand add 'Add a provider of your own, by its issuer or by its endpoints'
            cand check 'Hold an entry to its form, or to the server''s own metadata'
            cand discover 'Find the authorization server of an address, and see how it stands to the standards'
            cand remove 'Delete one of your own'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'oauth;provider;list'= {
            cand --tenant 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --tenant-id 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --markdown 'Print the page that `docs/providers.md` holds'
            cand --json 'Print data and errors as JSON'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-input 'Never ask a question'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'oauth;provider;show'= {
            cand --tenant 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --tenant-id 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --json 'Print data and errors as JSON'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-input 'Never ask a question'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'oauth;provider;add'= {
            cand --file 'Take the entry from this file (the form stands in docs/adding-a-provider.md)'
            cand --issuer 'Read the endpoints from the metadata of this issuer (RFC 8414, OpenID Connect Discovery)'
            cand --authorization-endpoint 'Where the browser is sent'
            cand --token-endpoint 'Where codes and refresh tokens are exchanged'
            cand --userinfo-endpoint 'Where the account''s name is asked, and a token is tested'
            cand --revocation-endpoint 'Where tokens are revoked (RFC 7009)'
            cand --device-authorization-endpoint 'Where a device flow begins (RFC 8628)'
            cand --introspection-endpoint 'Where a token is tested when there is no userinfo endpoint (RFC 7662)'
            cand --token-endpoint-auth-method 'How a client with a secret authenticates'
            cand -s 'Scopes that every login asks for, such as those that name the account'
            cand --scope 'Scopes that every login asks for, such as those that name the account'
            cand --scopes 'Scopes that every login asks for, such as those that name the account'
            cand --identity-scope 'Scopes that every login asks for, such as those that name the account'
            cand --api-host 'A host that tokens may be sent to (repeatable)'
            cand --capability 'A harmless request for `test --capabilities`, such as ''list repositories=GET /user/repos'' (repeatable)'
            cand --tenant 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --tenant-id 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --json 'Print data and errors as JSON'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-input 'Never ask a question'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'oauth;provider;check'= {
            cand --set 'A template variable of the provider, for --live (repeatable)'
            cand --tenant 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --tenant-id 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --live 'Compare the endpoints with those that the issuer''s metadata names'
            cand --json 'Print data and errors as JSON'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-input 'Never ask a question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'oauth;provider;discover'= {
            cand --write 'Keep what was found as a provider of this name'
            cand --tenant 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --tenant-id 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --json 'Print data and errors as JSON'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-input 'Never ask a question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'oauth;provider;remove'= {
            cand --tenant 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --tenant-id 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --json 'Print data and errors as JSON'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-input 'Never ask a question'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'oauth;provider;help'= {
            cand list 'Show every provider, or those that some words are about'
            cand show 'Show one: endpoints, scopes, how to register, what is unusual'
            cand add 'Add a provider of your own, by its issuer or by its endpoints'
            cand check 'Hold an entry to its form, or to the server''s own metadata'
            cand discover 'Find the authorization server of an address, and see how it stands to the standards'
            cand remove 'Delete one of your own'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'oauth;provider;help;list'= {
        }
        &'oauth;provider;help;show'= {
        }
        &'oauth;provider;help;add'= {
        }
        &'oauth;provider;help;check'= {
        }
        &'oauth;provider;help;discover'= {
        }
        &'oauth;provider;help;remove'= {
        }
        &'oauth;provider;help;help'= {
        }
        &'oauth;audit'= {
            cand --since 'Only events since then: a length of time (36h, 7d), a day (2026-11-20) or a time (RFC 3339)'
            cand --provider 'Only events of this provider'
            cand --event 'Only this kind of event'
            cand --tenant 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --tenant-id 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand -f 'Go on, and print what happens as it happens; with --json, one object a line'
            cand --follow 'Go on, and print what happens as it happens; with --json, one object a line'
            cand --summary 'Uses and failures of each credential, what was asked for and is not connected, and what is unusual'
            cand --all-tenants 'Events of all tenants'
            cand --json 'Print data and errors as JSON'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-input 'Never ask a question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand verify 'Look whether anybody without the master key has changed the record'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'oauth;audit;verify'= {
            cand --tenant 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --tenant-id 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --accept 'Take the record as it stands now; that it was changed, and where, stays in it'
            cand --json 'Print data and errors as JSON'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-input 'Never ask a question'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'oauth;audit;help'= {
            cand verify 'Look whether anybody without the master key has changed the record'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'oauth;audit;help;verify'= {
        }
        &'oauth;audit;help;help'= {
        }
        &'oauth;client'= {
            cand --tenant 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --tenant-id 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --json 'Print data and errors as JSON'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-input 'Never ask a question'
            cand -h 'Print help'
            cand --help 'Print help'
            cand set 'Keep a registration, its secret sealed'
            cand list 'Show every registration of the tenant, without secrets'
            cand remove 'Delete a registration; what is connected with it stays connected'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'oauth;client;set'= {
            cand --client-id 'The client id of your registration at the provider'
            cand --client-secret 'The client secret; other users can read it in the process list, so prefer --client-secret-stdin'
            cand --client-file 'Read both from the JSON file the provider lets one download; `init` takes that of a service account, too'
            cand --set 'A template variable of the provider, such as `host` or `tenant` (repeatable)'
            cand --tenant 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --tenant-id 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --client-secret-stdin 'Read the client secret from standard input; at a terminal it is asked for, and not shown'
            cand --default 'Take it where no registration is named'
            cand --json 'Print data and errors as JSON'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-input 'Never ask a question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'oauth;client;list'= {
            cand --tenant 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --tenant-id 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --json 'Print data and errors as JSON'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-input 'Never ask a question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'oauth;client;remove'= {
            cand --tenant 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --tenant-id 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --local 'Do not ask the server to delete it'
            cand --json 'Print data and errors as JSON'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-input 'Never ask a question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'oauth;client;help'= {
            cand set 'Keep a registration, its secret sealed'
            cand list 'Show every registration of the tenant, without secrets'
            cand remove 'Delete a registration; what is connected with it stays connected'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'oauth;client;help;set'= {
        }
        &'oauth;client;help;list'= {
        }
        &'oauth;client;help;remove'= {
        }
        &'oauth;client;help;help'= {
        }
        &'oauth;key'= {
            cand --tenant 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --tenant-id 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --json 'Print data and errors as JSON'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-input 'Never ask a question'
            cand -h 'Print help'
            cand --help 'Print help'
            cand generate 'Print a new master key: 32 random bytes in base64'
            cand status 'Tell where the key of this store lives, and whether it opens the store'
            cand rotate 'Replace the master key: everything is sealed anew under a new one'
            cand forget 'Drop the copy of the key that the kernel''s keyring keeps for a while'
            cand move 'Put the same key into another place'
            cand recovery 'Print the key as a code for paper, or put it back from one'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'oauth;key;generate'= {
            cand --tenant 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --tenant-id 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --json 'Print data and errors as JSON'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-input 'Never ask a question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'oauth;key;status'= {
            cand --tenant 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --tenant-id 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --json 'Print data and errors as JSON'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-input 'Never ask a question'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'oauth;key;rotate'= {
            cand --tenant 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --tenant-id 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --json 'Print data and errors as JSON'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-input 'Never ask a question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'oauth;key;forget'= {
            cand --tenant 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --tenant-id 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --json 'Print data and errors as JSON'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-input 'Never ask a question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'oauth;key;move'= {
            cand --to 'Where the key is to live from now on'
            cand --path 'The file, for `--to file`'
            cand --tenant 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --tenant-id 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --json 'Print data and errors as JSON'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-input 'Never ask a question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'oauth;key;recovery'= {
            cand --to 'Where it is to live then [default: where it lived]'
            cand --path 'The file, for `--to file`'
            cand --tenant 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --tenant-id 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --restore 'Put the key of a recovery code back, which is asked for, or read from standard input'
            cand --raw 'Print the key as it stands in a key file, for a password manager, instead of a code for paper'
            cand --json 'Print data and errors as JSON'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-input 'Never ask a question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'oauth;key;help'= {
            cand generate 'Print a new master key: 32 random bytes in base64'
            cand status 'Tell where the key of this store lives, and whether it opens the store'
            cand rotate 'Replace the master key: everything is sealed anew under a new one'
            cand forget 'Drop the copy of the key that the kernel''s keyring keeps for a while'
            cand move 'Put the same key into another place'
            cand recovery 'Print the key as a code for paper, or put it back from one'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'oauth;key;help;generate'= {
        }
        &'oauth;key;help;status'= {
        }
        &'oauth;key;help;rotate'= {
        }
        &'oauth;key;help;forget'= {
        }
        &'oauth;key;help;move'= {
        }
        &'oauth;key;help;recovery'= {
        }
        &'oauth;key;help;help'= {
        }
        &'oauth;tenant'= {
            cand --tenant 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --tenant-id 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --json 'Print data and errors as JSON'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-input 'Never ask a question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand list 'Show every tenant, and how much is in it'
            cand rename 'Give a tenant another name; everything in it is sealed anew'
            cand remove 'Revoke every credential of a tenant, and delete it with its client registrations'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'oauth;tenant;list'= {
            cand --tenant 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --tenant-id 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --json 'Print data and errors as JSON'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-input 'Never ask a question'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'oauth;tenant;rename'= {
            cand --tenant 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --tenant-id 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --json 'Print data and errors as JSON'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-input 'Never ask a question'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'oauth;tenant;remove'= {
            cand --tenant 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --tenant-id 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --local 'Do not ask the providers: delete here only'
            cand -y 'Do not ask at a terminal; where there is none, nobody is asked'
            cand --yes 'Do not ask at a terminal; where there is none, nobody is asked'
            cand --json 'Print data and errors as JSON'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-input 'Never ask a question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'oauth;tenant;help'= {
            cand list 'Show every tenant, and how much is in it'
            cand rename 'Give a tenant another name; everything in it is sealed anew'
            cand remove 'Revoke every credential of a tenant, and delete it with its client registrations'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'oauth;tenant;help;list'= {
        }
        &'oauth;tenant;help;rename'= {
        }
        &'oauth;tenant;help;remove'= {
        }
        &'oauth;tenant;help;help'= {
        }
        &'oauth;doctor'= {
            cand --tenant 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --tenant-id 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --fix 'Mend what can be mended without loss: permissions, leftovers, interrupted refreshes whose answer is here'
            cand --online 'Ask the server of a connected provider for its time, and whether the proxy answers; nothing of a credential is sent'
            cand --take-over 'This copy of the store is the only one in use from now on: its refresh tokens are sent again'
            cand --json 'Print data and errors as JSON'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-input 'Never ask a question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'oauth;panic'= {
            cand --tenant 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --tenant-id 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand -y 'Do not ask at a terminal; where there is none, nobody is asked'
            cand --yes 'Do not ask at a terminal; where there is none, nobody is asked'
            cand --json 'Print data and errors as JSON'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-input 'Never ask a question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'oauth;schedule'= {
            cand --every 'How often'
            cand --min-valid 'How far to look ahead'
            cand --keeper 'Whose units [default: this system''s]'
            cand --tenant 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --tenant-id 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --print 'Print the units instead of installing them'
            cand --remove 'Stop the timer and remove its units'
            cand --json 'Print data and errors as JSON'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-input 'Never ask a question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'oauth;export'= {
            cand -r 'Whoever holds the private key of this public key (age1…) can open it (repeatable)'
            cand --recipient 'Whoever holds the private key of this public key (age1…) can open it (repeatable)'
            cand --passphrase-file 'With the passphrase that is the first line of a file'
            cand -o 'Where to write it; without it, to standard output, unless that is a terminal'
            cand --output 'Where to write it; without it, to standard output, unless that is a terminal'
            cand --tenant 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --tenant-id 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --all-tenants 'Every tenant, not only one'
            cand -p 'With a passphrase (the default): you are asked for it, or it is the first line of standard input'
            cand --passphrase 'With a passphrase (the default): you are asked for it, or it is the first line of standard input'
            cand -a 'In letters, which mail and text fields leave whole; a terminal shows them, too'
            cand --armor 'In letters, which mail and text fields leave whole; a terminal shows them, too'
            cand -f 'Replace the file, if there is one'
            cand --force 'Replace the file, if there is one'
            cand --json 'Print data and errors as JSON'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-input 'Never ask a question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'oauth;demo'= {
            cand --port 'The port to serve on [default: any]'
            cand --expire 'Seconds an access token lives'
            cand --grace 'Milliseconds for which a spent refresh token is still taken'
            cand --tenant 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --tenant-id 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --serve 'Keep the server up, and print what to type'
            cand --no-browser 'Sign in without a browser, also where there is one'
            cand --no-rotate 'Let a refresh token be used again and again'
            cand --control 'Let the server''s behaviour be changed and watched under /sandbox/ (docs/recipes.md says how)'
            cand --json 'Print data and errors as JSON'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-input 'Never ask a question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'oauth;completions'= {
            cand --tenant 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --tenant-id 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --json 'Print data and errors as JSON'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-input 'Never ask a question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'oauth;man'= {
            cand --dir 'Write oauth.1 and a page for each command into this directory'
            cand --tenant 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --tenant-id 'The name space of credentials to work in [default: default, or OAUTH_TENANT]'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --json 'Print data and errors as JSON'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-input 'Never ask a question'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'oauth;help'= {
            cand init 'Connect an account: in your browser, by a code on another device, or without a person'
            cand list 'Show every credential: its status, when it expires, when it was last used'
            cand default 'Choose the account that is taken when none is named'
            cand token 'Print a token that is valid now'
            cand test 'Is each credential usable? Refreshes where due, then asks the provider'
            cand revoke 'End a credential: at the provider, then here'
            cand request 'Send an authenticated HTTP request; the token is never shown'
            cand exec 'Run a command with tokens in its environment'
            cand helper 'Give other tools their tokens, in their own protocols'
            cand import 'Bring in a personal token or an API key, a backup, or what another tool holds'
            cand provider 'The providers that are known, and your own'
            cand audit 'Who asked for what, when, and how it ended; never a secret'
            cand client 'The client registrations that logins use'
            cand key 'The master key: make one, see where it lives, replace it, move it'
            cand tenant 'Name spaces of credentials: list, rename, remove'
            cand doctor 'Find what is wrong, and say what mends it'
            cand panic 'Revoke everything, in every tenant, then wipe it here'
            cand schedule 'A timer that refreshes and tests what is connected, and tells in time when a person will be needed'
            cand export 'Make an encrypted backup: an age file'
            cand demo 'See the whole life of a credential in seconds, against a built-in server'
            cand completions 'Print the completion script of a shell'
            cand man 'Print the manual page, or write all of them into a directory'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'oauth;help;init'= {
        }
        &'oauth;help;list'= {
        }
        &'oauth;help;default'= {
        }
        &'oauth;help;token'= {
        }
        &'oauth;help;test'= {
        }
        &'oauth;help;revoke'= {
        }
        &'oauth;help;request'= {
        }
        &'oauth;help;exec'= {
        }
        &'oauth;help;helper'= {
            cand git 'A credential helper of git''s (gitcredentials(7))'
            cand docker 'A credential helper of docker''s: get, list, store, erase'
            cand kubectl 'A credential plugin of kubectl''s (`ExecCredential`)'
            cand cargo 'A credential provider of cargo''s'
        }
        &'oauth;help;helper;git'= {
        }
        &'oauth;help;helper;docker'= {
        }
        &'oauth;help;helper;kubectl'= {
        }
        &'oauth;help;helper;cargo'= {
        }
        &'oauth;help;import'= {
        }
        &'oauth;help;provider'= {
            cand list 'Show every provider, or those that some words are about'
            cand show 'Show one: endpoints, scopes, how to register, what is unusual'
            cand add 'Add a provider of your own, by its issuer or by its endpoints'
            cand check 'Hold an entry to its form, or to the server''s own metadata'
            cand discover 'Find the authorization server of an address, and see how it stands to the standards'
            cand remove 'Delete one of your own'
        }
        &'oauth;help;provider;list'= {
        }
        &'oauth;help;provider;show'= {
        }
        &'oauth;help;provider;add'= {
        }
        &'oauth;help;provider;check'= {
        }
        &'oauth;help;provider;discover'= {
        }
        &'oauth;help;provider;remove'= {
        }
        &'oauth;help;audit'= {
            cand verify 'Look whether anybody without the master key has changed the record'
        }
        &'oauth;help;audit;verify'= {
        }
        &'oauth;help;client'= {
            cand set 'Keep a registration, its secret sealed'
            cand list 'Show every registration of the tenant, without secrets'
            cand remove 'Delete a registration; what is connected with it stays connected'
        }
        &'oauth;help;client;set'= {
        }
        &'oauth;help;client;list'= {
        }
        &'oauth;help;client;remove'= {
        }
        &'oauth;help;key'= {
            cand generate 'Print a new master key: 32 random bytes in base64'
            cand status 'Tell where the key of this store lives, and whether it opens the store'
            cand rotate 'Replace the master key: everything is sealed anew under a new one'
            cand forget 'Drop the copy of the key that the kernel''s keyring keeps for a while'
            cand move 'Put the same key into another place'
            cand recovery 'Print the key as a code for paper, or put it back from one'
        }
        &'oauth;help;key;generate'= {
        }
        &'oauth;help;key;status'= {
        }
        &'oauth;help;key;rotate'= {
        }
        &'oauth;help;key;forget'= {
        }
        &'oauth;help;key;move'= {
        }
        &'oauth;help;key;recovery'= {
        }
        &'oauth;help;tenant'= {
            cand list 'Show every tenant, and how much is in it'
            cand rename 'Give a tenant another name; everything in it is sealed anew'
            cand remove 'Revoke every credential of a tenant, and delete it with its client registrations'
        }
        &'oauth;help;tenant;list'= {
        }
        &'oauth;help;tenant;rename'= {
        }
        &'oauth;help;tenant;remove'= {
        }
        &'oauth;help;doctor'= {
        }
        &'oauth;help;panic'= {
        }
        &'oauth;help;schedule'= {
        }
        &'oauth;help;export'= {
        }
        &'oauth;help;demo'= {
        }
        &'oauth;help;completions'= {
        }
        &'oauth;help;man'= {
        }
        &'oauth;help;help'= {
        }
    ]
    $completions[$command]
}
