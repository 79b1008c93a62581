//! Tenants: what one of them holds is not seen, used or changed from another.

use serde_json::{Value, json};

use crate::support::demo::{ALICE, CLIENT, CONFIDENTIAL_CLIENT, CONFIDENTIAL_SECRET, DemoServer, store, visit};
use crate::support::sandbox::Home;
use crate::support::wait_for;

const BOB: &str = "bob@example.test";

/// ALICE in the tenant `default`, and BOB in `work`, both at the provider `demo`.
fn two_tenants() -> (DemoServer, Home) {
    let (server, home) = DemoServer::connected();
    let init = home.oauth(["init", "demo", "--client-id", CONFIDENTIAL_CLIENT, "--client-secret-stdin"]);
    server.sign_in(init.stdin(CONFIDENTIAL_SECRET).args(["--tenant", "work"]), BOB).success();
    (server, home)
}

/// Every value of every row of a tenant, as SQL writes it, but for when it was used, which anybody may fold in.
fn rows(home: &Home, tenant: &str) -> Vec<String> {
    let store = store(home);
    let mut all = vec![];
    for table in ["credentials", "clients"] {
        let columns = "select group_concat('quote(' || name || ')', ' || '','' || ') from pragma_table_info(?1) where name <> 'last_used_at'";
        let columns: String = store.query_row(columns, [table], |row| row.get(0)).expect("columns");
        let sql = format!("select {columns} from {table} where tenant = ?1 order by id");
        let mut statement = store.prepare(&sql).expect("rows");
        let found = statement.query_map([tenant], |row| row.get::<_, String>(0)).expect("rows");
        all.extend(found.map(|row| row.expect("a row")));
    }
    assert!(!all.is_empty(), "there is nothing in {tenant}");
    all
}

#[track_caller]
fn tenants(home: &Home) -> Value {
    home.oauth(["tenant", "list", "--json"]).run().success().json()
}

#[track_caller]
fn token(home: &Home, tenant: &str) -> String {
    home.oauth(["token", "demo", "--tenant", tenant]).run().success().stdout.clone()
}

/// What a command has to do with other tenants.
enum Reach {
    /// It crosses them, or has nothing to do with credentials: said in the documents.
    Beyond,
    /// Naming another tenant's account, it finds none.
    Finds(&'static [&'static str]),
    /// Naming nobody, it sees and changes its own tenant alone.
    Sees(&'static [&'static str]),
}

/// Every command, and how it is tried from the tenant `work`. A new one has to take its place here.
const COMMANDS: &[(&str, Reach)] = &[
    ("init", Reach::Sees(&["init", "demo", BOB, "--timeout", "1s", "--no-browser"])),
    ("list", Reach::Sees(&["list"])),
    ("default", Reach::Finds(&["default", "demo", ALICE])),
    ("token", Reach::Finds(&["token", "demo", ALICE])),
    ("token", Reach::Finds(&["token", "demo@alice@example.test"])),
    ("request", Reach::Finds(&["request", "demo@alice@example.test", "GET", "/userinfo"])),
    ("exec", Reach::Finds(&["exec", "demo@alice@example.test", "--", "env"])),
    ("helper", Reach::Beyond), // in the words of other tools, which know no tenants: OAUTH_TENANT names it
    ("test", Reach::Finds(&["test", "demo", ALICE])),
    ("test", Reach::Sees(&["test"])),
    ("revoke", Reach::Finds(&["revoke", "demo", ALICE])),
    ("revoke", Reach::Finds(&["revoke", "demo", ALICE, "--local", "--forget"])),
    ("export", Reach::Finds(&["export", "demo", ALICE, "--passphrase", "-o", "other.age"])),
    ("export", Reach::Sees(&["export", "--passphrase", "-o", "own.age"])),
    ("import", Reach::Sees(&["import", "own.age", "--passphrase", "--force"])),
    ("import", Reach::Sees(&["import", "demo", "static", "--token-stdin"])),
    ("client", Reach::Beyond),
    ("audit", Reach::Beyond),
    ("dashboard", Reach::Beyond),
    ("schedule", Reach::Beyond),
    ("trust", Reach::Beyond),
    ("provider", Reach::Beyond),
    ("tenant", Reach::Beyond),
    ("key", Reach::Beyond),
    ("panic", Reach::Beyond),
    ("doctor", Reach::Beyond),
    ("demo", Reach::Beyond),
    ("completions", Reach::Beyond),
    ("man", Reach::Beyond),
    ("help", Reach::Beyond),
    ("revoke", Reach::Sees(&["revoke", "--all", "--yes", "--local"])),
];

/// The commands of this program, by its own help.
fn existing() -> Vec<String> {
    let help = Home::new().oauth(["--help"]).run().success().stdout.clone();
    let (_, rest) = help.split_once("Commands:\n").expect("commands in the help");
    let lines = rest.lines().take_while(|line| line.starts_with("  "));
    let names: Vec<_> =
        lines.filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.len() > 10, "{names:?}");
    names.into_iter().map(str::to_owned).collect()
}

#[test]
fn no_command_reaches_into_another_tenant() {
    let existing = existing();
    for name in &existing {
        assert!(COMMANDS.iter().any(|(own, _)| own == name), "how far does `oauth {name}` reach?");
    }
    let (_server, home) = two_tenants();
    let (before, hers) = (rows(&home, "default"), token(&home, "default"));
    for (_, reach) in COMMANDS.iter().filter(|(name, _)| existing.iter().any(|own| own == name)) {
        let (Reach::Finds(words) | Reach::Sees(words)) = reach else { continue };
        let output = home.oauth(["--tenant", "work"]).args(words.iter().copied()).stdin("passphrase\n").run();
        if matches!(reach, Reach::Finds(_)) {
            // What `exec` itself has to say comes with 125, as with `env`.
            output.fails(if words[0] == "exec" { 125 } else { 3 }).stdout_is("").stderr_has("is not connected");
        } else {
            output.says_nothing_of(ALICE);
        }
        output.says_nothing_of(hers.trim());
        assert!(rows(&home, "default") == before, "the other tenant has changed:\n{output}");
    }
    assert!(!home.path().join("other.age").exists());
    // The last of them has ended everything of its own, and nothing else.
    let list = home.oauth(["list", "--json", "--all-tenants"]).run();
    let status = |at: usize| list.json()[at]["status"].clone();
    assert_eq!((status(0), status(1)), (json!("valid"), json!("revoked")));
}

#[test]
fn the_same_name_is_another_account_in_each_tenant() {
    let (server, home) = DemoServer::connected();
    let init = home.oauth(["init", "demo", "--client-id", CLIENT, "--tenant", "work"]);
    server.sign_in(init, ALICE).success();
    assert_ne!(token(&home, "default"), token(&home, "work"));
    home.oauth(["revoke", "demo", "--tenant", "work", "--forget"]).run().success();
    token(&home, "default");
}

#[test]
fn a_registration_of_another_tenant_is_not_used() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.add(&home, "demo");
    server.login(&home, "demo", ALICE);
    home.oauth(["init", "demo", "--tenant", "work", "--no-browser", "--json"])
        .run()
        .fails(2)
        .stderr_has("client_required");
}

#[test]
fn tenants_are_listed_with_what_is_in_them() {
    assert_eq!(tenants(&Home::new()), json!([]));
    let (_server, home) = two_tenants();
    home.oauth(["revoke", "demo", "--tenant", "work"]).run().success();
    let (one, two) = (json!("default"), json!("work"));
    assert_eq!(
        tenants(&home),
        json!([{"tenant": one, "credentials": 1, "revoked": 0, "clients": 1, "current": true},
               {"tenant": two, "credentials": 0, "revoked": 1, "clients": 1, "current": false}])
    );
    let table = home.oauth(["tenant", "list", "--tenant", "work"]).run().success().stdout.clone();
    let lines: Vec<_> = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(lines, ["TENANT CREDENTIALS REVOKED CLIENTS", "default 1 0 1", "work * 0 1 1"]);
}

#[test]
fn what_lies_in_another_tenant_is_never_told_as_nothing() {
    let (_server, home) = DemoServer::connected();
    let renamed = home.oauth(["tenant", "rename", "default", "work"]).run();
    renamed.success().stderr_has("do not take it by themselves any more: add --tenant work, or set OAUTH_TENANT");
    let told = |args: &[&str]| home.oauth(args.iter().copied()).run();
    let list = told(&["list"]);
    list.success().stderr_has("nothing is connected in the tenant `default`").stderr_has("the tenants are: work");
    for args in [["test", "--all"], ["token", "demo"], ["revoke", "demo"]] {
        told(&args).fails(3).stderr_has("the tenants are: work");
    }
    // What is asked for is there in one of them: it need not be connected again.
    for (args, command) in [
        (&["token", "demo"][..], "oauth --tenant work token demo"),
        (&["test", "demo", ALICE], "oauth --tenant work test demo alice@example.test"),
        (&["exec", "demo", "--", "true"], "oauth --tenant work list"),
        (&["revoke", "demo"], "oauth --tenant work list"),
        (&["token", "demo", "bob"], "oauth init demo bob"),
    ] {
        let output = home.oauth(args.iter().take(1).copied()).args(["--json"]).args(args.iter().skip(1).copied()).run();
        assert_eq!(output.error()["action"], command, "{output}");
    }
    let of_another = home.oauth(["tenant", "rename", "work", "other"]).run();
    of_another.success().says_nothing_of("by themselves");
}

#[test]
fn a_renamed_tenant_goes_on_as_it_was() {
    let (server, home) = two_tenants();
    let before = token(&home, "work");
    let output = home.oauth(["tenant", "rename", "work", "customer a", "--json"]).run();
    assert_eq!(output.success().json(), json!({"from": "work", "to": "customer a", "credentials": 1}));
    assert_eq!(token(&home, "customer a"), before);
    home.oauth(["token", "demo", "--tenant", "work"]).run().fails(3);
    let refresh = ["token", "demo", "--refresh", "--tenant", "customer a"];
    home.oauth(refresh).run().success();
    // The registration, whose secret was sealed for the old name, serves another login.
    server.sign_in(home.oauth(["init", "demo", "--tenant", "customer a"]), "carol@example.test").success();
    home.oauth(["doctor"]).run().success();
    assert_eq!(server.count("reuse_detections"), 0);
}

#[test]
fn a_refresh_that_is_under_way_while_its_tenant_is_renamed_loses_nothing() {
    let (server, home) = two_tenants();
    for (from, to) in [("work", "a"), ("a", "b"), ("b", "work")] {
        let before = (server.count("requests/token"), token(&home, from));
        server.behave(&json!({"latency_ms": {"token": 700}}));
        let refreshing = home.oauth(["token", "demo", "--refresh", "--tenant", from]).spawn();
        // One that waits for the same lease.
        let waiting = home.oauth(["token", "demo", "--refresh", "--tenant", from]).spawn();
        wait_for("the refresh at the server", || (server.count("requests/token") > before.0).then_some(()));
        home.oauth(["tenant", "rename", from, to]).run().success();
        server.behave(&json!({"latency_ms": {}}));
        let new = refreshing.finish().success().stdout.clone();
        assert_ne!(new, before.1);
        // It came before the renaming, or found nothing under the old name: both are an answer, none is a loss.
        let waited = waiting.finish();
        assert!([Some(0), Some(3)].contains(&waited.code), "{waited}");
        home.oauth(["token", "demo", "--refresh", "--tenant", to]).run().success();
        assert_eq!(server.count("reuse_detections"), 0);
        home.oauth(["doctor"]).run().success();
        home.oauth(["audit", "verify"]).run().success();
    }
    assert_eq!(tenants(&home).as_array().map(Vec::len), Some(2));
}

#[test]
fn of_several_names_given_at_once_one_is_the_tenants_and_nothing_is_lost() {
    let (server, home) = two_tenants();
    let names: Vec<_> = (0..6).map(|number| format!("name {number}")).collect();
    let running: Vec<_> = names.iter().map(|name| home.oauth(["tenant", "rename", "work", name]).spawn()).collect();
    let refreshing: Vec<_> =
        (0..4).map(|_| home.oauth(["token", "demo", "--refresh", "--tenant", "work"]).spawn()).collect();
    let ended: Vec<_> = running.into_iter().map(|one| one.finish().code).collect();
    for one in refreshing {
        let one = one.finish();
        assert!([Some(0), Some(3)].contains(&one.code), "{one}");
    }
    assert_eq!(ended.iter().filter(|code| **code == Some(0)).count(), 1, "{ended:?}");
    assert!(ended.iter().all(|code| [Some(0), Some(3)].contains(code)), "{ended:?}");
    let won = &names[ended.iter().position(|code| *code == Some(0)).expect("a winner")];
    let all: Vec<_> = tenants(&home).as_array().expect("a list").iter().map(|own| own["tenant"].clone()).collect();
    assert_eq!(all, [json!("default"), json!(won)]);
    home.oauth(["token", "demo", "--refresh", "--tenant", won]).run().success();
    assert_eq!(server.count("reuse_detections"), 0);
    home.oauth(["doctor"]).run().success();
}

#[test]
fn two_tenants_that_want_one_name_do_not_become_one() {
    let (_server, home) = two_tenants();
    let running = ["default", "work"].map(|from| home.oauth(["tenant", "rename", from, "home"]).spawn());
    let mut ended: Vec<_> = running.into_iter().map(|one| one.finish().code).collect();
    ended.sort();
    assert_eq!(ended, [Some(0), Some(2)]);
    let all = tenants(&home);
    assert!(all.as_array().is_some_and(|all| all.len() == 2 && all.iter().all(|own| own["credentials"] == 1)), "{all}");
}

#[test]
fn a_login_into_a_tenant_that_is_being_renamed_leaves_two_whole_tenants() {
    let (server, home) = two_tenants();
    let init = home.oauth(["init", "demo", "--tenant", "work", "--no-browser", "--client-id", CLIENT]);
    let mut running = init.spawn();
    let url = server.authorization_url(&mut running);
    home.oauth(["tenant", "rename", "work", "a"]).run().success();
    let _ = visit(&server.redirect(&url, "carol@example.test", true));
    running.finish().success();
    for (tenant, account) in [("a", BOB), ("work", "carol@example.test")] {
        home.oauth(["token", "demo", account, "--refresh", "--tenant", tenant]).run().success();
    }
    home.oauth(["doctor"]).run().success();
}

#[test]
fn a_name_that_is_taken_unknown_or_no_name_renames_nothing() {
    let (_server, home) = two_tenants();
    let before = (rows(&home, "default"), rows(&home, "work"));
    home.oauth(["tenant", "rename", "work", "default"]).run().fails(2).stderr_has("already");
    home.oauth(["tenant", "rename", "none", "other"]).run().fails(3).stderr_has("there are: default, work");
    for name in ["", " x", "a\nb", "a\u{1b}[2J"] {
        home.oauth(["tenant", "rename", "work", name]).run().fails(2).says_nothing_of("\u{1b}");
    }
    assert_eq!((rows(&home, "default"), rows(&home, "work")), before);
}

#[test]
fn a_removed_tenant_is_revoked_first_and_leaves_nothing() {
    let (server, home) = two_tenants();
    let before = rows(&home, "default");
    home.oauth(["tenant", "remove", "work", "--yes"]).run().success().stderr_has("the tenant work is gone");
    assert_eq!(server.count("revocations"), 2, "{}", server.counters());
    let names: Vec<_> = tenants(&home).as_array().expect("a list").iter().map(|own| own["tenant"].clone()).collect();
    assert_eq!((names, rows(&home, "default")), (vec![json!("default")], before));
    home.oauth(["tenant", "remove", "work", "--yes"]).run().fails(3);
}

#[test]
fn a_tenant_whose_provider_cannot_be_told_stays() {
    let (server, home) = two_tenants();
    server.behave(&json!({"faults": [{"endpoint": "revoke", "do": {"answer": {"status": 503}}}]}));
    let before = rows(&home, "work");
    home.oauth(["tenant", "remove", "work", "--yes"]).run().fails(5);
    assert_eq!(rows(&home, "work"), before);
    home.oauth(["tenant", "remove", "work", "--local", "--yes"]).run().success();
    assert_eq!(tenants(&home).as_array().map(Vec::len), Some(1));
}

#[test]
fn what_tells_of_all_tenants_says_whose_each_credential_is() {
    let (server, home) = DemoServer::connected();
    server.sign_in(home.oauth(["init", "demo", "--tenant", "acme", "--client-id", CLIENT]), ALICE).success();
    let passphrase = home.path().join("passphrase");
    crate::support::files::private_file(&passphrase, "correct horse");
    let backup = home.path().join("all.age").display().to_string();
    let with = ["--all-tenants", "--passphrase-file", passphrase.to_str().unwrap()];
    home.oauth(["export", "--output", &backup]).args(with).run().success();
    let other = Home::new();
    let brought = other.oauth(["import", &backup]).args(with).run();
    brought.success().stderr_has("demo alice@example.test is brought in\n");
    brought.stderr_has("demo alice@example.test in the tenant acme is brought in\n");
    let doctor = other.oauth(["doctor"]).run();
    doctor.stdout_has("demo alice@example.test in the tenant acme: it was imported");
    let taken = other.oauth(["doctor", "--take-over"]).run();
    taken.success().stderr_has("demo alice@example.test in the tenant acme is refreshed from here again");
}
