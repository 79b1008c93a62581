//! A lease over a store of its own, without a process or a server.

use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::*;
use crate::model::{Caller, Kind, Scopes};
use crate::vault::{Home, MasterKey};

const NOW: Timestamp = Timestamp(1_000_000);

struct Place {
    vault: Vault,
    seal: Seal,
    _directory: TempDir,
}

fn place() -> Place {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    let home = Home {
        database: at("db"),
        locks: at("locks"),
        landing: at("landing"),
        uses: at("uses"),
        marks: at("state/marks"),
    };
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut vault = Vault::open_or_create(&home, &Caller::default(), NOW, deadline).unwrap();
    let key = MasterKey::from_bytes([7; 32]);
    let choose = "update store set key_id = ?1, key_source = 'environment'";
    vault.store.write(|write| write.execute(choose, [key.id()]).map_err(vault.store.failed())).unwrap();
    vault.description = vault.store.describe().unwrap();
    let seal = Seal::new(&key, &vault.description.id);
    Place { vault, seal, _directory: directory }
}

fn secret(text: &str) -> Secret {
    Secret::new(text)
}

fn server(host: &str) -> Server {
    serde_json::from_str(&format!(
        r#"{{"name":"X","authorization_endpoint":"https://{host}/a","token_endpoint":"https://{host}/t",
            "token_endpoint_auth_method":"none"}}"#
    ))
    .unwrap()
}

/// A login of the account `alice`, with tokens that bear this name.
fn login(name: &str) -> Authorization {
    let credential = Credential {
        id: CredentialId(String::new()),
        tenant: "default".into(),
        provider: "x".into(),
        account: "alice".into(),
        kind: Kind::Oauth,
        server: server("as.example").into(),
        subject: Some("7".into()),
        client_id: "client".into(),
        requested: Scopes::default(),
        scopes: Scopes::default(),
        token_type: "Bearer".into(),
        issued_at: NOW,
        expires_at: Some(NOW.plus(3600)),
        refresh_expires_at: None,
        refreshable: true,
        default: false,
        parameters: std::collections::BTreeMap::new(),
        variables: std::collections::BTreeMap::new(),
        metadata: serde_json::Map::new(),
        reauth: None,
        created_by: String::new(),
        authorized_at: NOW,
        created_at: NOW,
        updated_at: NOW,
        last_refreshed_at: None,
        last_used_at: None,
        revoked_at: None,
        generation: 0,
        retry_at: None,
        stale: None,
    };
    Authorization {
        credential,
        access_token: AccessToken(secret(&format!("at-{name}"))),
        refresh_token: Some(RefreshToken(secret(&format!("rt-{name}")))),
        proof_key: None,
        client: Client { id: "client".into(), secret: Some(secret("cs")) },
        keep_client: false,
    }
}

fn answer(refresh: Option<&str>) -> TokenResponse {
    TokenResponse {
        access_token: AccessToken(secret("at-new")),
        token_type: "Bearer".into(),
        expires_in: Some(60),
        refresh_token: refresh.map(|text| RefreshToken(secret(text))),
        refresh_expires_in: None,
        scope: None,
        id_token: None,
        learnt: serde_json::Map::new(),
    }
}

impl Place {
    fn with(login: Authorization) -> (Self, CredentialId) {
        let place = place();
        let id = place.vault.insert(&place.seal, login).unwrap().credential.id;
        (place, id)
    }

    fn lease(&self, id: &CredentialId) -> Lease<'_> {
        self.vault.lease(id, &self.seal, Instant::now() + Duration::from_secs(60)).unwrap()
    }

    /// How often an event of this name was recorded.
    fn events(&self, name: &str) -> i64 {
        let count = "select count(*) from events where event = ?1";
        self.vault.store.connection().unwrap().query_row(count, [name], |row| row.get(0)).unwrap()
    }

    /// The tokens that are stored, opened anew.
    fn tokens(&self, id: &CredentialId) -> (Option<String>, Option<String>) {
        let (access, refresh) = self.lease(id).tokens().unwrap();
        (access.map(|token| token.0.expose().to_owned()), refresh.map(|token| token.0.expose().to_owned()))
    }
}

fn both(access: &str, refresh: Option<&str>) -> (Option<String>, Option<String>) {
    (Some(access.to_owned()), refresh.map(str::to_owned))
}

#[test]
fn an_attempt_is_open_from_its_beginning_until_its_token_is_known_not_to_be_spent() {
    let (place, id) = Place::with(login("old"));
    let mut lease = place.lease(&id);
    assert_eq!(lease.lost_attempt(), None);
    assert_eq!(lease.begin(NOW).unwrap().0.expose(), "rt-old");
    drop(lease);
    let begun = Attempt { generation: 1, begun_at: NOW.0 };
    assert_eq!(place.lease(&id).lost_attempt(), Some(begun), "whoever comes next knows");
    place.lease(&id).withdraw().unwrap();
    assert_eq!(place.lease(&id).lost_attempt(), None);
    assert_eq!(place.lease(&id).staleness().unwrap(), None);
}

#[test]
fn a_refresh_that_begins_while_rows_are_read_makes_no_row_an_old_copy() {
    let (place, id) = Place::with(login("old"));
    let beside = place.vault.beside().unwrap();
    place.lease(&id).begin(NOW).unwrap();
    let row = place.vault.reread(&id).unwrap();
    assert_eq!(beside.filled_in(row).unwrap().credential.stale, None);
    assert_eq!(place.vault.as_it_stands(&id).unwrap().stale, None);
    let (listed, damaged) = place.vault.credentials(Some("default")).unwrap();
    assert_eq!((listed.len(), listed[0].refreshable, listed[0].stale.clone(), damaged.len()), (1, true, None, 0));
}

#[test]
fn a_refresh_that_is_taken_back_while_rows_are_read_makes_no_row_an_old_copy() {
    let (place, id) = Place::with(login("old"));
    let mut lease = place.lease(&id);
    lease.begin(NOW).unwrap();
    let beside = place.vault.beside().unwrap();
    lease.withdraw().unwrap();
    let row = place.vault.reread(&id).unwrap();
    assert_eq!(beside.filled_in(row).unwrap().credential.stale, None);
}

#[test]
fn what_landed_is_committed_by_the_next_lease_and_once() {
    let (place, id) = Place::with(login("old"));
    let mut lease = place.lease(&id);
    lease.begin(NOW).unwrap();
    lease.land(&answer(Some("rt-new")), NOW).unwrap();
    drop(lease);
    let lease = place.lease(&id);
    let own = lease.credential().clone();
    assert_eq!((own.generation, own.expires_at, lease.lost_attempt()), (2, Some(NOW.plus(60)), None));
    drop(lease);
    assert_eq!(place.tokens(&id), both("at-new", Some("rt-new")));
    assert_eq!(place.lease(&id).credential().generation, 2);
    assert_eq!(place.events("refreshed"), 1);
}

#[test]
fn the_refresh_token_of_an_answer_that_is_not_ours_is_stored_and_held_back() {
    let (place, id) = Place::with(login("old"));
    let mut lease = place.lease(&id);
    for nothing_new in [None, Some("rt-old")] {
        lease.set_aside(answer(nothing_new), "not ours", NOW, NOW).unwrap();
        assert_eq!((lease.credential().generation, lease.staleness().unwrap()), (1, None));
    }
    lease.set_aside(answer(Some("rt-new")), "not ours", NOW, NOW).unwrap();
    drop(lease);
    let lease = place.lease(&id);
    assert_eq!((lease.credential().generation, lease.staleness().unwrap().as_deref()), (2, Some("not ours")));
    assert_eq!(lease.habits().unwrap().rotates, Some(true));
    drop(lease);
    assert_eq!(place.tokens(&id), both("at-old", Some("rt-new")));
}

#[test]
fn what_landed_of_an_answer_that_is_not_ours_is_held_back_by_the_next_lease() {
    for (refresh, generation, held) in [(Some("rt-new"), 2, Some("not ours")), (None, 1, None)] {
        let (place, id) = Place::with(login("old"));
        let mut lease = place.lease(&id);
        lease.begin(NOW).unwrap();
        lease.put(&answer(refresh), NOW, Some("not ours")).unwrap();
        drop(lease);
        let lease = place.lease(&id);
        assert_eq!((lease.credential().generation, lease.row.held.as_deref()), (generation, held));
        drop(lease);
        assert_eq!(place.tokens(&id), both("at-old", refresh.or(Some("rt-old"))));
    }
}

#[test]
fn what_is_learnt_of_a_server_is_known_to_the_next() {
    for taken in [true, false] {
        let (place, id) = Place::with(login("old"));
        let learnt = Habits { rotates: Some(false), takes_again: Some(taken) };
        place.lease(&id).learn(learnt, NOW).unwrap();
        assert_eq!(place.lease(&id).habits().unwrap(), learnt);
    }
}

#[test]
fn a_row_without_any_mark_is_told_unless_its_refresh_token_stays() {
    let (place, id) = Place::with(login("old"));
    assert!(!place.lease(&id).is_unmarked().unwrap());
    for marks in [place.vault.home.marks.clone(), crate::vault::marks::beside(&place.vault.home.database)] {
        std::fs::remove_file(marks).unwrap();
    }
    assert!(place.lease(&id).is_unmarked().unwrap());
    place.lease(&id).learn(Habits { rotates: Some(false), takes_again: None }, NOW).unwrap();
    assert!(!place.lease(&id).is_unmarked().unwrap());
}

#[test]
fn what_a_child_has_written_is_seen_when_the_row_is_read_again() {
    let (place, id) = Place::with(login("old"));
    let mut lease = place.lease(&id);
    place.vault.store.connection().unwrap().execute("update credentials set reauth = 'told'", []).unwrap();
    assert_eq!(lease.credential().reauth, None);
    lease.reload().unwrap();
    assert_eq!(lease.credential().reauth.as_deref(), Some("told"));
}

#[test]
fn an_answer_without_a_refresh_token_leaves_the_old_one_and_tells_how_the_server_is() {
    let (place, id) = Place::with(login("old"));
    let mut lease = place.lease(&id);
    lease.hold_off(NOW.plus(5)).unwrap();
    lease.commit(answer(None), NOW, NOW).unwrap();
    assert_eq!(lease.habits().unwrap().rotates, Some(false));
    lease.commit(answer(Some("rt-new")), NOW, NOW).unwrap();
    assert_eq!(lease.habits().unwrap().rotates, Some(true));
    assert_eq!((lease.credential().retry_at, lease.credential().last_refreshed_at), (None, Some(NOW)));
    lease.hold_off(NOW.plus(5)).unwrap();
    drop(lease);
    assert_eq!(place.lease(&id).credential().retry_at, Some(NOW.plus(5)));
    assert_eq!(place.tokens(&id), both("at-new", Some("rt-new")));
}

#[test]
fn a_login_without_a_refresh_token_keeps_the_old_one_of_the_same_client_and_person_only() {
    type Change = fn(&mut Authorization);
    let cases: [(&str, Change, Option<&str>); 6] = [
        ("the same", |_| {}, Some("rt-old")),
        ("another client", |new| new.credential.client_id = "other".into(), None),
        ("another person", |new| new.credential.subject = Some("8".into()), None),
        ("nobody known", |new| new.credential.subject = None, None),
        ("bound to another key", |new| new.proof_key = Some(ProofKey(secret("key"))), None),
        ("one of its own", |new| new.refresh_token = Some(RefreshToken(secret("rt-own"))), Some("rt-own")),
    ];
    for (what, change, kept) in cases {
        let (place, id) = Place::with(login("old"));
        let mut new = login("new");
        new.refresh_token = None;
        change(&mut new);
        let bound = new.proof_key.is_some();
        let mut lease = place.lease(&id);
        lease.reauthorize(new).unwrap();
        let own = lease.credential();
        assert_eq!((own.generation, own.default, &own.id), (2, true, &id), "{what}");
        assert_eq!(lease.proof_key().unwrap().is_some(), bound, "{what}");
        assert_eq!(lease.client_secret().unwrap().unwrap().expose(), "cs");
        drop(lease);
        assert_eq!(place.tokens(&id), both("at-new", kept), "{what}");
    }
    // Nobody who is not known is the same as another who is not known.
    let mut unknown = login("old");
    unknown.credential.subject = None;
    let (place, id) = Place::with(unknown);
    let mut new = login("new");
    (new.credential.subject, new.refresh_token) = (None, None);
    place.lease(&id).reauthorize(new).unwrap();
    assert_eq!(place.tokens(&id), both("at-new", None));
}

#[test]
fn an_old_refresh_token_that_is_in_doubt_stays_held_back_after_a_login_that_brings_no_other() {
    let without_one = || Authorization { refresh_token: None, ..login("new") };
    // It came with tokens of somebody else.
    let (place, id) = Place::with(login("old"));
    let mut lease = place.lease(&id);
    lease.set_aside(answer(Some("rt-other")), "not ours", NOW, NOW).unwrap();
    lease.reauthorize(without_one()).unwrap();
    drop(lease);
    assert_eq!(place.lease(&id).staleness().unwrap().as_deref(), Some("not ours"));
    assert_eq!(place.tokens(&id), both("at-new", Some("rt-other")));
    place.lease(&id).reauthorize(login("newest")).unwrap();
    assert_eq!(place.lease(&id).staleness().unwrap(), None, "a refresh token of its own is in no doubt");
    // The store is an older copy, whose token was spent since.
    let (place, id) = Place::with(login("old"));
    Marks::of(&place.vault.home).set(&id, Mark::Spent(5)).unwrap();
    let old = place.lease(&id).staleness().unwrap();
    assert!(old.is_some());
    place.lease(&id).reauthorize(without_one()).unwrap();
    assert_eq!(place.lease(&id).staleness().unwrap(), old);
}

#[test]
fn what_is_minted_tells_nothing_of_what_a_server_does_with_refresh_tokens() {
    let minted = Authorization { refresh_token: None, ..login("old") };
    let (place, id) = Place::with(minted);
    let mut lease = place.lease(&id);
    lease.commit(answer(None), NOW, NOW).unwrap();
    assert_eq!(lease.habits().unwrap().rotates, None);
}

#[test]
fn a_renewed_login_becomes_the_default_where_no_other_lives() {
    let (place, alice) = Place::with(login("old"));
    let mut other = login("bob");
    other.credential.account = "bob".into();
    let bob = place.vault.insert(&place.seal, other).unwrap().credential.id;
    let is_default = |id: &CredentialId| place.vault.reread(id).unwrap().credential.default;
    assert_eq!((is_default(&alice), is_default(&bob)), (true, false));
    place.lease(&alice).wipe(NOW, None).unwrap();
    assert_eq!(place.tokens(&alice), (None, None));
    let own = place.lease(&alice).credential().clone();
    assert!(!own.default && own.revoked_at.is_some() && own.generation == 2);
    place.lease(&alice).reauthorize(login("again")).unwrap();
    assert!(!is_default(&alice), "bob lives");
    place.lease(&alice).wipe(NOW, None).unwrap();
    place.lease(&bob).wipe(NOW, None).unwrap();
    place.lease(&alice).reauthorize(login("again")).unwrap();
    assert!(is_default(&alice));
}

#[test]
fn a_row_in_place_of_another_is_stored_with_its_default_or_the_other_one_stays() {
    let (place, alice) = Place::with(login("old"));
    let named = |account: &str| {
        let mut new = login("new");
        new.credential.account = account.into();
        new
    };
    place.vault.insert(&place.seal, named("bob")).unwrap();
    let old = place.lease(&alice).credential().clone();
    assert!(place.vault.insert_instead(&old, &place.seal, named("bob")).is_err(), "there is one of that name");
    assert_eq!(place.tokens(&alice), both("at-old", Some("rt-old")));
    let new = place.vault.insert_instead(&old, &place.seal, named("alice")).unwrap().credential;
    assert!(new.default && new.id != alice);
    assert!(matches!(place.vault.reread(&alice), Err(Error::Gone(_))));
    assert_eq!((place.events("forgotten"), place.events("created")), (1, 3));
}

#[test]
fn another_list_of_hosts_is_sealed_with_every_secret_of_the_row() {
    let mut bound = login("old");
    bound.proof_key = Some(ProofKey(secret("key")));
    let (place, id) = Place::with(bound);
    place.lease(&id).repin(server("new.example"), NOW).unwrap();
    let lease = place.lease(&id);
    assert_eq!((lease.credential().generation, &lease.credential().server), (2, &server("new.example").into()));
    let secrets = lease.secrets().unwrap();
    let found = [secrets.access, secrets.refresh, secrets.client, secrets.proof];
    assert_eq!(found.map(|one| one.unwrap().expose().to_owned()), ["at-old", "rt-old", "cs", "key"]);
}

#[test]
fn a_token_that_was_not_taken_is_due_at_once_and_never_lives_longer_for_it() {
    for (ends, then) in [(Some(NOW.plus(3600)), NOW), (Some(Timestamp(5)), Timestamp(5)), (None, NOW)] {
        let mut new = login("old");
        new.credential.expires_at = ends;
        let (place, id) = Place::with(new);
        place.lease(&id).reject(NOW).unwrap();
        assert_eq!(place.lease(&id).credential().expires_at, Some(then));
    }
}

#[test]
fn a_refusal_is_written_down_and_keeps_the_tokens() {
    let (place, id) = Place::with(login("old"));
    let mut lease = place.lease(&id);
    lease.begin(NOW).unwrap();
    lease.require_authorization("refused", "reauthorization_required", NOW).unwrap();
    assert_eq!(lease.lost_attempt(), None);
    lease.record_failure("unreachable", NOW).unwrap();
    drop(lease);
    let lease = place.lease(&id);
    assert_eq!((lease.credential().reauth.as_deref(), lease.lost_attempt()), (Some("refused"), None));
    drop(lease);
    assert_eq!(place.tokens(&id), both("at-old", Some("rt-old")));
    assert_eq!((place.events("refused"), place.events("refresh_failed")), (1, 1));
}

#[test]
fn a_row_that_another_one_has_changed_is_not_written_over() {
    let (place, id) = Place::with(login("old"));
    let mut mine = place.lease(&id);
    place.vault.store.connection().unwrap().execute("update credentials set generation = 9", []).unwrap();
    assert!(matches!(mine.reject(NOW), Err(Error::Conflict { .. })));
    assert!(matches!(mine.commit(answer(None), NOW, NOW), Err(Error::Conflict { .. })));
    assert!(matches!(mine.begin(NOW), Err(Error::Conflict { .. })));
    assert!(matches!(mine.require_authorization("x", "y", NOW), Err(Error::Conflict { .. })));
    assert!(mine.share_lock().is_ok());
    assert_eq!((place.events("rejected"), place.events("refused")), (0, 0), "nothing was done");
}

#[test]
fn a_generation_that_cannot_grow_stops_no_revocation() {
    let (place, id) = Place::with(login("old"));
    let mut lease = place.lease(&id);
    let last = Credential { generation: i64::MAX, ..lease.credential().clone() };
    let secrets = lease.secrets().unwrap();
    lease.replace(last, &secrets, Change::of("authorized")).unwrap();
    lease.wipe(NOW, None).unwrap();
    drop(lease);
    assert_eq!(place.tokens(&id), (None, None));
    assert_eq!(place.lease(&id).credential().revoked_at, Some(NOW));
}
