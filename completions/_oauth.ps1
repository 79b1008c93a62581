
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'oauth' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'oauth'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'oauth' {
            [CompletionResult]::new('--tenant', '--tenant', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--tenant-id', '--tenant-id', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print data and errors as JSON')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask a question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Connect an account: in your browser, by a code on another device, or without a person')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Show every credential: its status, when it expires, when it was last used')
            [CompletionResult]::new('default', 'default', [CompletionResultType]::ParameterValue, 'Choose the account that is taken when none is named')
            [CompletionResult]::new('token', 'token', [CompletionResultType]::ParameterValue, 'Print a token that is valid now')
            [CompletionResult]::new('test', 'test', [CompletionResultType]::ParameterValue, 'Is each credential usable? Refreshes where due, then asks the provider')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'End a credential: at the provider, then here')
            [CompletionResult]::new('request', 'request', [CompletionResultType]::ParameterValue, 'Send an authenticated HTTP request; the token is never shown')
            [CompletionResult]::new('exec', 'exec', [CompletionResultType]::ParameterValue, 'Run a command with tokens in its environment')
            [CompletionResult]::new('helper', 'helper', [CompletionResultType]::ParameterValue, 'Give other tools their tokens, in their own protocols')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Bring in a personal token or an API key, a backup, or what another tool holds')
            [CompletionResult]::new('provider', 'provider', [CompletionResultType]::ParameterValue, 'The providers that are known, and your own')
            [CompletionResult]::new('audit', 'audit', [CompletionResultType]::ParameterValue, 'Who asked for what, when, and how it ended; never a secret')
            [CompletionResult]::new('client', 'client', [CompletionResultType]::ParameterValue, 'The client registrations that logins use')
            [CompletionResult]::new('key', 'key', [CompletionResultType]::ParameterValue, 'The master key: make one, see where it lives, replace it, move it')
            [CompletionResult]::new('tenant', 'tenant', [CompletionResultType]::ParameterValue, 'Name spaces of credentials: list, rename, remove')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Find what is wrong, and say what mends it')
            [CompletionResult]::new('panic', 'panic', [CompletionResultType]::ParameterValue, 'Revoke everything, in every tenant, then wipe it here')
            [CompletionResult]::new('schedule', 'schedule', [CompletionResultType]::ParameterValue, 'A timer that refreshes and tests what is connected, and tells in time when a person will be needed')
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Make an encrypted backup: an age file')
            [CompletionResult]::new('demo', 'demo', [CompletionResultType]::ParameterValue, 'See the whole life of a credential in seconds, against a built-in server')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completion script of a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print the manual page, or write all of them into a directory')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'oauth;init' {
            [CompletionResult]::new('--client-id', '--client-id', [CompletionResultType]::ParameterName, 'The client id of your registration at the provider')
            [CompletionResult]::new('--client-secret', '--client-secret', [CompletionResultType]::ParameterName, 'The client secret; other users can read it in the process list, so prefer --client-secret-stdin')
            [CompletionResult]::new('--client-file', '--client-file', [CompletionResultType]::ParameterName, 'Read both from the JSON file the provider lets one download; `init` takes that of a service account, too')
            [CompletionResult]::new('--client-cert', '--client-cert', [CompletionResultType]::ParameterName, 'A client certificate (PEM) that authenticates, with the chain above it (RFC 8705); its key is given by --key-file')
            [CompletionResult]::new('--client', '--client', [CompletionResultType]::ParameterName, 'Use a client registration that is kept under this name (see `oauth client list`)')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Scopes to ask for instead of those asked for before (repeatable; comma or space separated)')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'Scopes to ask for instead of those asked for before (repeatable; comma or space separated)')
            [CompletionResult]::new('--scopes', '--scopes', [CompletionResultType]::ParameterName, 'Scopes to ask for instead of those asked for before (repeatable; comma or space separated)')
            [CompletionResult]::new('--add-scope', '--add-scope', [CompletionResultType]::ParameterName, 'Scopes to ask for in addition to what is granted')
            [CompletionResult]::new('--flow', '--flow', [CompletionResultType]::ParameterName, 'How to authorize [default: browser; without one, device where the provider has it, else paste]')
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'The loopback port to listen on, or a range to choose from')
            [CompletionResult]::new('--redirect-uri', '--redirect-uri', [CompletionResultType]::ParameterName, 'The redirect URI as it is registered: on this machine, or an https page of yours to paste the address of')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait for you [default: 5m; in the device flow, as long as the code lives]')
            [CompletionResult]::new('--param', '--param', [CompletionResultType]::ParameterName, 'An extra parameter of the authorization request; without a person, of the token request (repeatable)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'A template variable of the provider, such as `host` or `tenant` (repeatable)')
            [CompletionResult]::new('--resource', '--resource', [CompletionResultType]::ParameterName, 'What the tokens shall be for (RFC 8707; repeatable)')
            [CompletionResult]::new('--key-file', '--key-file', [CompletionResultType]::ParameterName, 'A private key (PEM) that signs: the client''s own, its certificate''s, or that of a GitHub App')
            [CompletionResult]::new('--key-id', '--key-id', [CompletionResultType]::ParameterName, 'The key''s name at the provider')
            [CompletionResult]::new('--subject', '--subject', [CompletionResultType]::ParameterName, 'Whom an assertion speaks for [default: its issuer]')
            [CompletionResult]::new('--audience', '--audience', [CompletionResultType]::ParameterName, 'Whom an assertion, or an exchanged token, is for')
            [CompletionResult]::new('--subject-token', '--subject-token', [CompletionResultType]::ParameterName, 'Where the job''s own token is: `env:NAME`, `file:PATH` or `github-actions[:AUDIENCE]`')
            [CompletionResult]::new('--tenant', '--tenant', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--tenant-id', '--tenant-id', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--client-secret-stdin', '--client-secret-stdin', [CompletionResultType]::ParameterName, 'Read the client secret from standard input; at a terminal it is asked for, and not shown')
            [CompletionResult]::new('--no-browser', '--no-browser', [CompletionResultType]::ParameterName, 'Print the address instead of opening a browser')
            [CompletionResult]::new('--dpop', '--dpop', [CompletionResultType]::ParameterName, 'Bind the tokens to a key of this credential (RFC 9449)')
            [CompletionResult]::new('--default', '--default', [CompletionResultType]::ParameterName, 'Make this account the provider''s default')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print data and errors as JSON')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask a question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'oauth;list' {
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Only this provider')
            [CompletionResult]::new('--status', '--status', [CompletionResultType]::ParameterName, 'Only this status')
            [CompletionResult]::new('--forecast', '--forecast', [CompletionResultType]::ParameterName, 'Only what will need a human within this time (24h, 7d), the earliest first, as far as the providers tell')
            [CompletionResult]::new('--tenant', '--tenant', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--tenant-id', '--tenant-id', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--all-tenants', '--all-tenants', [CompletionResultType]::ParameterName, 'Every tenant, not only one')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print data and errors as JSON')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask a question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'oauth;default' {
            [CompletionResult]::new('--tenant', '--tenant', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--tenant-id', '--tenant-id', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print data and errors as JSON')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask a question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'oauth;token' {
            [CompletionResult]::new('--min-ttl', '--min-ttl', [CompletionResultType]::ParameterName, 'The token shall live at least this long (30s, 10m, 1h)')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'What to print [default: token]')
            [CompletionResult]::new('--method', '--method', [CompletionResultType]::ParameterName, 'The method of the request that `--format header` is for, when the token is bound to a key (RFC 9449)')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The address of that request')
            [CompletionResult]::new('--nonce', '--nonce', [CompletionResultType]::ParameterName, 'The nonce that the server has asked for')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'The user name for xoauth2 and netrc [default: the account]')
            [CompletionResult]::new('--tenant', '--tenant', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--tenant-id', '--tenant-id', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--refresh', '--refresh', [CompletionResultType]::ParameterName, 'Get a newer token than the one stored now')
            [CompletionResult]::new('--offline', '--offline', [CompletionResultType]::ParameterName, 'Send nothing: the stored token, or an error')
            [CompletionResult]::new('--login', '--login', [CompletionResultType]::ParameterName, 'Connect the account anew when a human has to authorize again, as `oauth init` does')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print data and errors as JSON')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask a question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'oauth;test' {
            [CompletionResult]::new('--min-valid', '--min-valid', [CompletionResultType]::ParameterName, 'Fail when a human is needed before this has passed (24h, 7d)')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'How many to test at once')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'How many to test at once')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long one request may take')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'What to print')
            [CompletionResult]::new('--tenant', '--tenant', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--tenant-id', '--tenant-id', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Every credential of the tenant, said aloud')
            [CompletionResult]::new('--no-refresh', '--no-refresh', [CompletionResultType]::ParameterName, 'Never refresh')
            [CompletionResult]::new('--offline', '--offline', [CompletionResultType]::ParameterName, 'Send nothing and spend nothing')
            [CompletionResult]::new('--capabilities', '--capabilities', [CompletionResultType]::ParameterName, 'Try the harmless requests that the provider''s entry lists, and show which the token is allowed')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print data and errors as JSON')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask a question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'oauth;revoke' {
            [CompletionResult]::new('--tenant', '--tenant', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--tenant-id', '--tenant-id', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Every credential of the tenant')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Do not ask the provider')
            [CompletionResult]::new('--forget', '--forget', [CompletionResultType]::ParameterName, 'Delete the row, too')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'With --all: do not ask at a terminal; where there is none, nobody is asked')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'With --all: do not ask at a terminal; where there is none, nobody is asked')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print data and errors as JSON')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask a question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'oauth;request' {
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'A header of the request (repeatable)')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'A header of the request (repeatable)')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The body: text, @FILE, or - for standard input')
            [CompletionResult]::new('--data', '--data', [CompletionResultType]::ParameterName, 'The body: text, @FILE, or - for standard input')
            [CompletionResult]::new('--json-body', '--json-body', [CompletionResultType]::ParameterName, 'The body is JSON: given here like with --data, or there')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the body of the answer to a file')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the body of the answer to a file')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Wait and try again when the server asks for patience, N times [default: 3]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long the server may say nothing')
            [CompletionResult]::new('--allow-host', '--allow-host', [CompletionResultType]::ParameterName, 'Let this credential''s token go to one more host, for good; you are asked first')
            [CompletionResult]::new('--tenant', '--tenant', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--tenant-id', '--tenant-id', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Print the status line and the headers before the body')
            [CompletionResult]::new('--include', '--include', [CompletionResultType]::ParameterName, 'Print the status line and the headers before the body')
            [CompletionResult]::new('-L', '-L ', [CompletionResultType]::ParameterName, 'Follow redirects; to another origin without the token and without your headers')
            [CompletionResult]::new('--follow', '--follow', [CompletionResultType]::ParameterName, 'Follow redirects; to another origin without the token and without your headers')
            [CompletionResult]::new('--paginate', '--paginate', [CompletionResultType]::ParameterName, 'Fetch the next pages too, as the Link header tells them (RFC 8288)')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print data and errors as JSON')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask a question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'oauth;exec' {
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'The variable for the token; for several providers once each, in their order')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'The token also in a file, mode 0600, which is kept fresh while the command runs and removed with it; the variable `…_FILE` tells where')
            [CompletionResult]::new('--min-ttl', '--min-ttl', [CompletionResultType]::ParameterName, 'The tokens shall live at least this long at the start (30s, 10m, 1h)')
            [CompletionResult]::new('--tenant', '--tenant', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--tenant-id', '--tenant-id', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print data and errors as JSON')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask a question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'oauth;helper' {
            [CompletionResult]::new('--tenant', '--tenant', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--tenant-id', '--tenant-id', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print data and errors as JSON')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask a question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('git', 'git', [CompletionResultType]::ParameterValue, 'A credential helper of git''s (gitcredentials(7))')
            [CompletionResult]::new('docker', 'docker', [CompletionResultType]::ParameterValue, 'A credential helper of docker''s: get, list, store, erase')
            [CompletionResult]::new('kubectl', 'kubectl', [CompletionResultType]::ParameterValue, 'A credential plugin of kubectl''s (`ExecCredential`)')
            [CompletionResult]::new('cargo', 'cargo', [CompletionResultType]::ParameterValue, 'A credential provider of cargo''s')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'oauth;helper;git' {
            [CompletionResult]::new('--tenant', '--tenant', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--tenant-id', '--tenant-id', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--install', '--install', [CompletionResultType]::ParameterName, 'Tell git to use it for the hosts of what is connected')
            [CompletionResult]::new('--uninstall', '--uninstall', [CompletionResultType]::ParameterName, 'Undo that: git asks oauth no more')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print data and errors as JSON')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask a question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'oauth;helper;docker' {
            [CompletionResult]::new('--tenant', '--tenant', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--tenant-id', '--tenant-id', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print data and errors as JSON')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask a question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'oauth;helper;kubectl' {
            [CompletionResult]::new('--tenant', '--tenant', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--tenant-id', '--tenant-id', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print data and errors as JSON')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask a question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'oauth;helper;cargo' {
            [CompletionResult]::new('--tenant', '--tenant', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--tenant-id', '--tenant-id', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print data and errors as JSON')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask a question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'oauth;helper;help' {
            [CompletionResult]::new('git', 'git', [CompletionResultType]::ParameterValue, 'A credential helper of git''s (gitcredentials(7))')
            [CompletionResult]::new('docker', 'docker', [CompletionResultType]::ParameterValue, 'A credential helper of docker''s: get, list, store, erase')
            [CompletionResult]::new('kubectl', 'kubectl', [CompletionResultType]::ParameterValue, 'A credential plugin of kubectl''s (`ExecCredential`)')
            [CompletionResult]::new('cargo', 'cargo', [CompletionResultType]::ParameterValue, 'A credential provider of cargo''s')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'oauth;helper;help;git' {
            break
        }
        'oauth;helper;help;docker' {
            break
        }
        'oauth;helper;help;kubectl' {
            break
        }
        'oauth;helper;help;cargo' {
            break
        }
        'oauth;helper;help;help' {
            break
        }
        'oauth;import' {
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Bring in what this tool holds')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Read this file, or - for standard input, instead of the tool''s own')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'What the token may do, as far as you know (repeatable; comma or space separated)')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'What the token may do, as far as you know (repeatable; comma or space separated)')
            [CompletionResult]::new('--scopes', '--scopes', [CompletionResultType]::ParameterName, 'What the token may do, as far as you know (repeatable; comma or space separated)')
            [CompletionResult]::new('--expires-in', '--expires-in', [CompletionResultType]::ParameterName, 'When it ends, from now (12h, 90d)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'A template variable of the provider, such as `host` (repeatable)')
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Open a backup with the private keys in this file (AGE-SECRET-KEY-1…)')
            [CompletionResult]::new('--identity', '--identity', [CompletionResultType]::ParameterName, 'Open a backup with the private keys in this file (AGE-SECRET-KEY-1…)')
            [CompletionResult]::new('--passphrase-file', '--passphrase-file', [CompletionResultType]::ParameterName, 'With the passphrase that is the first line of a file')
            [CompletionResult]::new('--tenant', '--tenant', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--tenant-id', '--tenant-id', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be brought in, and store nothing')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Bring it in without asking; of a backup, also what reads files or variables of this machine for its tokens')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Bring it in without asking; of a backup, also what reads files or variables of this machine for its tokens')
            [CompletionResult]::new('--take-over', '--take-over', [CompletionResultType]::ParameterName, 'The tool, or the other copy, is given up: its logins are refreshed here from now on')
            [CompletionResult]::new('--token-stdin', '--token-stdin', [CompletionResultType]::ParameterName, 'Read the token from standard input; without it you are asked for it')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'With a passphrase (the default): you are asked for it, or it is the first line of standard input')
            [CompletionResult]::new('--passphrase', '--passphrase', [CompletionResultType]::ParameterName, 'With a passphrase (the default): you are asked for it, or it is the first line of standard input')
            [CompletionResult]::new('--all-tenants', '--all-tenants', [CompletionResultType]::ParameterName, 'What is in the backup of every tenant, not only of one')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Replace also what is newer here, or another identity''s, or a token that is in use')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Replace also what is newer here, or another identity''s, or a token that is in use')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print data and errors as JSON')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask a question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'oauth;provider' {
            [CompletionResult]::new('--tenant', '--tenant', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--tenant-id', '--tenant-id', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print data and errors as JSON')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask a question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Show every provider, or those that some words are about')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show one: endpoints, scopes, how to register, what is unusual')
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Add a provider of your own, by its issuer or by its endpoints')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Hold an entry to its form, or to the server''s own metadata')
            [CompletionResult]::new('discover', 'discover', [CompletionResultType]::ParameterValue, 'Find the authorization server of an address, and see how it stands to the standards')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Delete one of your own')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'oauth;provider;list' {
            [CompletionResult]::new('--tenant', '--tenant', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--tenant-id', '--tenant-id', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--markdown', '--markdown', [CompletionResultType]::ParameterName, 'Print the page that `docs/providers.md` holds')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print data and errors as JSON')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask a question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'oauth;provider;show' {
            [CompletionResult]::new('--tenant', '--tenant', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--tenant-id', '--tenant-id', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print data and errors as JSON')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask a question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'oauth;provider;add' {
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Take the entry from this file (the form stands in docs/adding-a-provider.md)')
            [CompletionResult]::new('--issuer', '--issuer', [CompletionResultType]::ParameterName, 'Read the endpoints from the metadata of this issuer (RFC 8414, OpenID Connect Discovery)')
            [CompletionResult]::new('--authorization-endpoint', '--authorization-endpoint', [CompletionResultType]::ParameterName, 'Where the browser is sent')
            [CompletionResult]::new('--token-endpoint', '--token-endpoint', [CompletionResultType]::ParameterName, 'Where codes and refresh tokens are exchanged')
            [CompletionResult]::new('--userinfo-endpoint', '--userinfo-endpoint', [CompletionResultType]::ParameterName, 'Where the account''s name is asked, and a token is tested')
            [CompletionResult]::new('--revocation-endpoint', '--revocation-endpoint', [CompletionResultType]::ParameterName, 'Where tokens are revoked (RFC 7009)')
            [CompletionResult]::new('--device-authorization-endpoint', '--device-authorization-endpoint', [CompletionResultType]::ParameterName, 'Where a device flow begins (RFC 8628)')
            [CompletionResult]::new('--introspection-endpoint', '--introspection-endpoint', [CompletionResultType]::ParameterName, 'Where a token is tested when there is no userinfo endpoint (RFC 7662)')
            [CompletionResult]::new('--token-endpoint-auth-method', '--token-endpoint-auth-method', [CompletionResultType]::ParameterName, 'How a client with a secret authenticates')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Scopes that every login asks for, such as those that name the account')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'Scopes that every login asks for, such as those that name the account')
            [CompletionResult]::new('--scopes', '--scopes', [CompletionResultType]::ParameterName, 'Scopes that every login asks for, such as those that name the account')
            [CompletionResult]::new('--identity-scope', '--identity-scope', [CompletionResultType]::ParameterName, 'Scopes that every login asks for, such as those that name the account')
            [CompletionResult]::new('--api-host', '--api-host', [CompletionResultType]::ParameterName, 'A host that tokens may be sent to (repeatable)')
            [CompletionResult]::new('--capability', '--capability', [CompletionResultType]::ParameterName, 'A harmless request for `test --capabilities`, such as ''list repositories=GET /user/repos'' (repeatable)')
            [CompletionResult]::new('--tenant', '--tenant', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--tenant-id', '--tenant-id', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print data and errors as JSON')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask a question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'oauth;provider;check' {
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'A template variable of the provider, for --live (repeatable)')
            [CompletionResult]::new('--tenant', '--tenant', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--tenant-id', '--tenant-id', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--live', '--live', [CompletionResultType]::ParameterName, 'Compare the endpoints with those that the issuer''s metadata names')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print data and errors as JSON')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask a question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'oauth;provider;discover' {
            [CompletionResult]::new('--write', '--write', [CompletionResultType]::ParameterName, 'Keep what was found as a provider of this name')
            [CompletionResult]::new('--tenant', '--tenant', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--tenant-id', '--tenant-id', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print data and errors as JSON')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask a question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'oauth;provider;remove' {
            [CompletionResult]::new('--tenant', '--tenant', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--tenant-id', '--tenant-id', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print data and errors as JSON')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask a question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'oauth;provider;help' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Show every provider, or those that some words are about')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show one: endpoints, scopes, how to register, what is unusual')
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Add a provider of your own, by its issuer or by its endpoints')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Hold an entry to its form, or to the server''s own metadata')
            [CompletionResult]::new('discover', 'discover', [CompletionResultType]::ParameterValue, 'Find the authorization server of an address, and see how it stands to the standards')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Delete one of your own')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'oauth;provider;help;list' {
            break
        }
        'oauth;provider;help;show' {
            break
        }
        'oauth;provider;help;add' {
            break
        }
        'oauth;provider;help;check' {
            break
        }
        'oauth;provider;help;discover' {
            break
        }
        'oauth;provider;help;remove' {
            break
        }
        'oauth;provider;help;help' {
            break
        }
        'oauth;audit' {
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Only events since then: a length of time (36h, 7d), a day (2026-11-20) or a time (RFC 3339)')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Only events of this provider')
            [CompletionResult]::new('--event', '--event', [CompletionResultType]::ParameterName, 'Only this kind of event')
            [CompletionResult]::new('--tenant', '--tenant', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--tenant-id', '--tenant-id', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Go on, and print what happens as it happens; with --json, one object a line')
            [CompletionResult]::new('--follow', '--follow', [CompletionResultType]::ParameterName, 'Go on, and print what happens as it happens; with --json, one object a line')
            [CompletionResult]::new('--summary', '--summary', [CompletionResultType]::ParameterName, 'Uses and failures of each credential, what was asked for and is not connected, and what is unusual')
            [CompletionResult]::new('--all-tenants', '--all-tenants', [CompletionResultType]::ParameterName, 'Events of all tenants')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print data and errors as JSON')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask a question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Look whether anybody without the master key has changed the record')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'oauth;audit;verify' {
            [CompletionResult]::new('--tenant', '--tenant', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--tenant-id', '--tenant-id', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--accept', '--accept', [CompletionResultType]::ParameterName, 'Take the record as it stands now; that it was changed, and where, stays in it')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print data and errors as JSON')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask a question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'oauth;audit;help' {
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Look whether anybody without the master key has changed the record')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'oauth;audit;help;verify' {
            break
        }
        'oauth;audit;help;help' {
            break
        }
        'oauth;client' {
            [CompletionResult]::new('--tenant', '--tenant', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--tenant-id', '--tenant-id', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print data and errors as JSON')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask a question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('set', 'set', [CompletionResultType]::ParameterValue, 'Keep a registration, its secret sealed')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Show every registration of the tenant, without secrets')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Delete a registration; what is connected with it stays connected')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'oauth;client;set' {
            [CompletionResult]::new('--client-id', '--client-id', [CompletionResultType]::ParameterName, 'The client id of your registration at the provider')
            [CompletionResult]::new('--client-secret', '--client-secret', [CompletionResultType]::ParameterName, 'The client secret; other users can read it in the process list, so prefer --client-secret-stdin')
            [CompletionResult]::new('--client-file', '--client-file', [CompletionResultType]::ParameterName, 'Read both from the JSON file the provider lets one download; `init` takes that of a service account, too')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'A template variable of the provider, such as `host` or `tenant` (repeatable)')
            [CompletionResult]::new('--tenant', '--tenant', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--tenant-id', '--tenant-id', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--client-secret-stdin', '--client-secret-stdin', [CompletionResultType]::ParameterName, 'Read the client secret from standard input; at a terminal it is asked for, and not shown')
            [CompletionResult]::new('--default', '--default', [CompletionResultType]::ParameterName, 'Take it where no registration is named')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print data and errors as JSON')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask a question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'oauth;client;list' {
            [CompletionResult]::new('--tenant', '--tenant', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--tenant-id', '--tenant-id', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print data and errors as JSON')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask a question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'oauth;client;remove' {
            [CompletionResult]::new('--tenant', '--tenant', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--tenant-id', '--tenant-id', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Do not ask the server to delete it')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print data and errors as JSON')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask a question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'oauth;client;help' {
            [CompletionResult]::new('set', 'set', [CompletionResultType]::ParameterValue, 'Keep a registration, its secret sealed')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Show every registration of the tenant, without secrets')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Delete a registration; what is connected with it stays connected')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'oauth;client;help;set' {
            break
        }
        'oauth;client;help;list' {
            break
        }
        'oauth;client;help;remove' {
            break
        }
        'oauth;client;help;help' {
            break
        }
        'oauth;key' {
            [CompletionResult]::new('--tenant', '--tenant', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--tenant-id', '--tenant-id', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print data and errors as JSON')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask a question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('generate', 'generate', [CompletionResultType]::ParameterValue, 'Print a new master key: 32 random bytes in base64')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Tell where the key of this store lives, and whether it opens the store')
            [CompletionResult]::new('rotate', 'rotate', [CompletionResultType]::ParameterValue, 'Replace the master key: everything is sealed anew under a new one')
            [CompletionResult]::new('forget', 'forget', [CompletionResultType]::ParameterValue, 'Drop the copy of the key that the kernel''s keyring keeps for a while')
            [CompletionResult]::new('move', 'move', [CompletionResultType]::ParameterValue, 'Put the same key into another place')
            [CompletionResult]::new('recovery', 'recovery', [CompletionResultType]::ParameterValue, 'Print the key as a code for paper, or put it back from one')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'oauth;key;generate' {
            [CompletionResult]::new('--tenant', '--tenant', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--tenant-id', '--tenant-id', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print data and errors as JSON')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask a question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'oauth;key;status' {
            [CompletionResult]::new('--tenant', '--tenant', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--tenant-id', '--tenant-id', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print data and errors as JSON')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask a question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'oauth;key;rotate' {
            [CompletionResult]::new('--tenant', '--tenant', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--tenant-id', '--tenant-id', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print data and errors as JSON')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask a question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'oauth;key;forget' {
            [CompletionResult]::new('--tenant', '--tenant', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--tenant-id', '--tenant-id', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print data and errors as JSON')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask a question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'oauth;key;move' {
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'Where the key is to live from now on')
            [CompletionResult]::new('--path', '--path', [CompletionResultType]::ParameterName, 'The file, for `--to file`')
            [CompletionResult]::new('--tenant', '--tenant', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--tenant-id', '--tenant-id', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print data and errors as JSON')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask a question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'oauth;key;recovery' {
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'Where it is to live then [default: where it lived]')
            [CompletionResult]::new('--path', '--path', [CompletionResultType]::ParameterName, 'The file, for `--to file`')
            [CompletionResult]::new('--tenant', '--tenant', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--tenant-id', '--tenant-id', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--restore', '--restore', [CompletionResultType]::ParameterName, 'Put the key of a recovery code back, which is asked for, or read from standard input')
            [CompletionResult]::new('--raw', '--raw', [CompletionResultType]::ParameterName, 'Print the key as it stands in a key file, for a password manager, instead of a code for paper')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print data and errors as JSON')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask a question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'oauth;key;help' {
            [CompletionResult]::new('generate', 'generate', [CompletionResultType]::ParameterValue, 'Print a new master key: 32 random bytes in base64')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Tell where the key of this store lives, and whether it opens the store')
            [CompletionResult]::new('rotate', 'rotate', [CompletionResultType]::ParameterValue, 'Replace the master key: everything is sealed anew under a new one')
            [CompletionResult]::new('forget', 'forget', [CompletionResultType]::ParameterValue, 'Drop the copy of the key that the kernel''s keyring keeps for a while')
            [CompletionResult]::new('move', 'move', [CompletionResultType]::ParameterValue, 'Put the same key into another place')
            [CompletionResult]::new('recovery', 'recovery', [CompletionResultType]::ParameterValue, 'Print the key as a code for paper, or put it back from one')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'oauth;key;help;generate' {
            break
        }
        'oauth;key;help;status' {
            break
        }
        'oauth;key;help;rotate' {
            break
        }
        'oauth;key;help;forget' {
            break
        }
        'oauth;key;help;move' {
            break
        }
        'oauth;key;help;recovery' {
            break
        }
        'oauth;key;help;help' {
            break
        }
        'oauth;tenant' {
            [CompletionResult]::new('--tenant', '--tenant', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--tenant-id', '--tenant-id', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print data and errors as JSON')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask a question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Show every tenant, and how much is in it')
            [CompletionResult]::new('rename', 'rename', [CompletionResultType]::ParameterValue, 'Give a tenant another name; everything in it is sealed anew')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Revoke every credential of a tenant, and delete it with its client registrations')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'oauth;tenant;list' {
            [CompletionResult]::new('--tenant', '--tenant', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--tenant-id', '--tenant-id', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print data and errors as JSON')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask a question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'oauth;tenant;rename' {
            [CompletionResult]::new('--tenant', '--tenant', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--tenant-id', '--tenant-id', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print data and errors as JSON')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask a question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'oauth;tenant;remove' {
            [CompletionResult]::new('--tenant', '--tenant', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--tenant-id', '--tenant-id', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Do not ask the providers: delete here only')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask at a terminal; where there is none, nobody is asked')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask at a terminal; where there is none, nobody is asked')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print data and errors as JSON')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask a question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'oauth;tenant;help' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Show every tenant, and how much is in it')
            [CompletionResult]::new('rename', 'rename', [CompletionResultType]::ParameterValue, 'Give a tenant another name; everything in it is sealed anew')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Revoke every credential of a tenant, and delete it with its client registrations')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'oauth;tenant;help;list' {
            break
        }
        'oauth;tenant;help;rename' {
            break
        }
        'oauth;tenant;help;remove' {
            break
        }
        'oauth;tenant;help;help' {
            break
        }
        'oauth;doctor' {
            [CompletionResult]::new('--tenant', '--tenant', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--tenant-id', '--tenant-id', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--fix', '--fix', [CompletionResultType]::ParameterName, 'Mend what can be mended without loss: permissions, leftovers, interrupted refreshes whose answer is here')
            [CompletionResult]::new('--online', '--online', [CompletionResultType]::ParameterName, 'Ask the server of a connected provider for its time, and whether the proxy answers; nothing of a credential is sent')
            [CompletionResult]::new('--take-over', '--take-over', [CompletionResultType]::ParameterName, 'This copy of the store is the only one in use from now on: its refresh tokens are sent again')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print data and errors as JSON')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask a question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'oauth;panic' {
            [CompletionResult]::new('--tenant', '--tenant', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--tenant-id', '--tenant-id', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask at a terminal; where there is none, nobody is asked')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask at a terminal; where there is none, nobody is asked')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print data and errors as JSON')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask a question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'oauth;schedule' {
            [CompletionResult]::new('--every', '--every', [CompletionResultType]::ParameterName, 'How often')
            [CompletionResult]::new('--min-valid', '--min-valid', [CompletionResultType]::ParameterName, 'How far to look ahead')
            [CompletionResult]::new('--keeper', '--keeper', [CompletionResultType]::ParameterName, 'Whose units [default: this system''s]')
            [CompletionResult]::new('--tenant', '--tenant', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--tenant-id', '--tenant-id', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--print', '--print', [CompletionResultType]::ParameterName, 'Print the units instead of installing them')
            [CompletionResult]::new('--remove', '--remove', [CompletionResultType]::ParameterName, 'Stop the timer and remove its units')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print data and errors as JSON')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask a question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'oauth;export' {
            [CompletionResult]::new('-r', '-r', [CompletionResultType]::ParameterName, 'Whoever holds the private key of this public key (age1…) can open it (repeatable)')
            [CompletionResult]::new('--recipient', '--recipient', [CompletionResultType]::ParameterName, 'Whoever holds the private key of this public key (age1…) can open it (repeatable)')
            [CompletionResult]::new('--passphrase-file', '--passphrase-file', [CompletionResultType]::ParameterName, 'With the passphrase that is the first line of a file')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Where to write it; without it, to standard output, unless that is a terminal')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Where to write it; without it, to standard output, unless that is a terminal')
            [CompletionResult]::new('--tenant', '--tenant', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--tenant-id', '--tenant-id', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--all-tenants', '--all-tenants', [CompletionResultType]::ParameterName, 'Every tenant, not only one')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'With a passphrase (the default): you are asked for it, or it is the first line of standard input')
            [CompletionResult]::new('--passphrase', '--passphrase', [CompletionResultType]::ParameterName, 'With a passphrase (the default): you are asked for it, or it is the first line of standard input')
            [CompletionResult]::new('-a', '-a', [CompletionResultType]::ParameterName, 'In letters, which mail and text fields leave whole; a terminal shows them, too')
            [CompletionResult]::new('--armor', '--armor', [CompletionResultType]::ParameterName, 'In letters, which mail and text fields leave whole; a terminal shows them, too')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Replace the file, if there is one')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Replace the file, if there is one')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print data and errors as JSON')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask a question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'oauth;demo' {
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'The port to serve on [default: any]')
            [CompletionResult]::new('--expire', '--expire', [CompletionResultType]::ParameterName, 'Seconds an access token lives')
            [CompletionResult]::new('--grace', '--grace', [CompletionResultType]::ParameterName, 'Milliseconds for which a spent refresh token is still taken')
            [CompletionResult]::new('--tenant', '--tenant', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--tenant-id', '--tenant-id', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--serve', '--serve', [CompletionResultType]::ParameterName, 'Keep the server up, and print what to type')
            [CompletionResult]::new('--no-browser', '--no-browser', [CompletionResultType]::ParameterName, 'Sign in without a browser, also where there is one')
            [CompletionResult]::new('--no-rotate', '--no-rotate', [CompletionResultType]::ParameterName, 'Let a refresh token be used again and again')
            [CompletionResult]::new('--control', '--control', [CompletionResultType]::ParameterName, 'Let the server''s behaviour be changed and watched under /sandbox/ (docs/recipes.md says how)')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print data and errors as JSON')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask a question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'oauth;completions' {
            [CompletionResult]::new('--tenant', '--tenant', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--tenant-id', '--tenant-id', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print data and errors as JSON')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask a question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'oauth;man' {
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Write oauth.1 and a page for each command into this directory')
            [CompletionResult]::new('--tenant', '--tenant', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--tenant-id', '--tenant-id', [CompletionResultType]::ParameterName, 'The name space of credentials to work in [default: default, or OAUTH_TENANT]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print data and errors as JSON')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask a question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'oauth;help' {
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Connect an account: in your browser, by a code on another device, or without a person')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Show every credential: its status, when it expires, when it was last used')
            [CompletionResult]::new('default', 'default', [CompletionResultType]::ParameterValue, 'Choose the account that is taken when none is named')
            [CompletionResult]::new('token', 'token', [CompletionResultType]::ParameterValue, 'Print a token that is valid now')
            [CompletionResult]::new('test', 'test', [CompletionResultType]::ParameterValue, 'Is each credential usable? Refreshes where due, then asks the provider')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'End a credential: at the provider, then here')
            [CompletionResult]::new('request', 'request', [CompletionResultType]::ParameterValue, 'Send an authenticated HTTP request; the token is never shown')
            [CompletionResult]::new('exec', 'exec', [CompletionResultType]::ParameterValue, 'Run a command with tokens in its environment')
            [CompletionResult]::new('helper', 'helper', [CompletionResultType]::ParameterValue, 'Give other tools their tokens, in their own protocols')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Bring in a personal token or an API key, a backup, or what another tool holds')
            [CompletionResult]::new('provider', 'provider', [CompletionResultType]::ParameterValue, 'The providers that are known, and your own')
            [CompletionResult]::new('audit', 'audit', [CompletionResultType]::ParameterValue, 'Who asked for what, when, and how it ended; never a secret')
            [CompletionResult]::new('client', 'client', [CompletionResultType]::ParameterValue, 'The client registrations that logins use')
            [CompletionResult]::new('key', 'key', [CompletionResultType]::ParameterValue, 'The master key: make one, see where it lives, replace it, move it')
            [CompletionResult]::new('tenant', 'tenant', [CompletionResultType]::ParameterValue, 'Name spaces of credentials: list, rename, remove')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Find what is wrong, and say what mends it')
            [CompletionResult]::new('panic', 'panic', [CompletionResultType]::ParameterValue, 'Revoke everything, in every tenant, then wipe it here')
            [CompletionResult]::new('schedule', 'schedule', [CompletionResultType]::ParameterValue, 'A timer that refreshes and tests what is connected, and tells in time when a person will be needed')
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Make an encrypted backup: an age file')
            [CompletionResult]::new('demo', 'demo', [CompletionResultType]::ParameterValue, 'See the whole life of a credential in seconds, against a built-in server')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completion script of a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print the manual page, or write all of them into a directory')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'oauth;help;init' {
            break
        }
        'oauth;help;list' {
            break
        }
        'oauth;help;default' {
            break
        }
        'oauth;help;token' {
            break
        }
        'oauth;help;test' {
            break
        }
        'oauth;help;revoke' {
            break
        }
        'oauth;help;request' {
            break
        }
        'oauth;help;exec' {
            break
        }
        'oauth;help;helper' {
            [CompletionResult]::new('git', 'git', [CompletionResultType]::ParameterValue, 'A credential helper of git''s (gitcredentials(7))')
            [CompletionResult]::new('docker', 'docker', [CompletionResultType]::ParameterValue, 'A credential helper of docker''s: get, list, store, erase')
            [CompletionResult]::new('kubectl', 'kubectl', [CompletionResultType]::ParameterValue, 'A credential plugin of kubectl''s (`ExecCredential`)')
            [CompletionResult]::new('cargo', 'cargo', [CompletionResultType]::ParameterValue, 'A credential provider of cargo''s')
            break
        }
        'oauth;help;helper;git' {
            break
        }
        'oauth;help;helper;docker' {
            break
        }
        'oauth;help;helper;kubectl' {
            break
        }
        'oauth;help;helper;cargo' {
            break
        }
        'oauth;help;import' {
            break
        }
        'oauth;help;provider' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Show every provider, or those that some words are about')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show one: endpoints, scopes, how to register, what is unusual')
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Add a provider of your own, by its issuer or by its endpoints')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Hold an entry to its form, or to the server''s own metadata')
            [CompletionResult]::new('discover', 'discover', [CompletionResultType]::ParameterValue, 'Find the authorization server of an address, and see how it stands to the standards')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Delete one of your own')
            break
        }
        'oauth;help;provider;list' {
            break
        }
        'oauth;help;provider;show' {
            break
        }
        'oauth;help;provider;add' {
            break
        }
        'oauth;help;provider;check' {
            break
        }
        'oauth;help;provider;discover' {
            break
        }
        'oauth;help;provider;remove' {
            break
        }
        'oauth;help;audit' {
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Look whether anybody without the master key has changed the record')
            break
        }
        'oauth;help;audit;verify' {
            break
        }
        'oauth;help;client' {
            [CompletionResult]::new('set', 'set', [CompletionResultType]::ParameterValue, 'Keep a registration, its secret sealed')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Show every registration of the tenant, without secrets')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Delete a registration; what is connected with it stays connected')
            break
        }
        'oauth;help;client;set' {
            break
        }
        'oauth;help;client;list' {
            break
        }
        'oauth;help;client;remove' {
            break
        }
        'oauth;help;key' {
            [CompletionResult]::new('generate', 'generate', [CompletionResultType]::ParameterValue, 'Print a new master key: 32 random bytes in base64')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Tell where the key of this store lives, and whether it opens the store')
            [CompletionResult]::new('rotate', 'rotate', [CompletionResultType]::ParameterValue, 'Replace the master key: everything is sealed anew under a new one')
            [CompletionResult]::new('forget', 'forget', [CompletionResultType]::ParameterValue, 'Drop the copy of the key that the kernel''s keyring keeps for a while')
            [CompletionResult]::new('move', 'move', [CompletionResultType]::ParameterValue, 'Put the same key into another place')
            [CompletionResult]::new('recovery', 'recovery', [CompletionResultType]::ParameterValue, 'Print the key as a code for paper, or put it back from one')
            break
        }
        'oauth;help;key;generate' {
            break
        }
        'oauth;help;key;status' {
            break
        }
        'oauth;help;key;rotate' {
            break
        }
        'oauth;help;key;forget' {
            break
        }
        'oauth;help;key;move' {
            break
        }
        'oauth;help;key;recovery' {
            break
        }
        'oauth;help;tenant' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Show every tenant, and how much is in it')
            [CompletionResult]::new('rename', 'rename', [CompletionResultType]::ParameterValue, 'Give a tenant another name; everything in it is sealed anew')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Revoke every credential of a tenant, and delete it with its client registrations')
            break
        }
        'oauth;help;tenant;list' {
            break
        }
        'oauth;help;tenant;rename' {
            break
        }
        'oauth;help;tenant;remove' {
            break
        }
        'oauth;help;doctor' {
            break
        }
        'oauth;help;panic' {
            break
        }
        'oauth;help;schedule' {
            break
        }
        'oauth;help;export' {
            break
        }
        'oauth;help;demo' {
            break
        }
        'oauth;help;completions' {
            break
        }
        'oauth;help;man' {
            break
        }
        'oauth;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
