//! What must hold of any bytes that come to the listener.

use super::head::{FIELDS_LIMIT, HEAD_LIMIT, HeadReader, OWN_FIELD};
use super::request::Query;

/// However the bytes are cut, the same comes of them; what is handed on is small, plain, and reads as itself.
pub(crate) fn request(data: &[u8]) {
    let whole = HeadReader::default().add(data);
    let mut reader = HeadReader::default();
    let mut pieces = Ok(None);
    for piece in data.chunks(usize::from(data.first().copied().unwrap_or(1)).max(1)) {
        pieces = reader.add(piece);
        if !matches!(pieces, Ok(None)) {
            break;
        }
    }
    match (whole, pieces) {
        (Ok(Some(head)), Ok(Some(same))) => {
            assert_eq!(head, same);
            // A blank behind each colon may be ours.
            assert!(head.len() <= HEAD_LIMIT + FIELDS_LIMIT + OWN_FIELD.len() && head.ends_with(b"\r\n\r\n"));
            assert!(head.iter().all(|byte| matches!(byte, b'\r' | b'\n' | b'\t' | b' '..=b'~')));
            let text = String::from_utf8(head.clone()).expect("ASCII");
            assert_eq!(text.matches("\r\n\r\n").count(), 1);
            let taken = text.replace(OWN_FIELD, "");
            if taken.len() <= HEAD_LIMIT {
                let again = HeadReader::default().add(taken.as_bytes()).expect("what we wrote is a head");
                assert_eq!(again, Some(head), "what we wrote reads as itself");
            }
        }
        (Ok(None), Ok(None)) => {}
        (Err(one), Err(other)) => assert_eq!(one.bytes().len(), other.bytes().len()),
        _ => panic!("it matters how the bytes are cut"),
    }
}

/// What is decoded holds no NUL, a code nothing that can be in none, and no name that decides comes twice.
pub(crate) fn query(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Some(query) = Query::parse(text) else { return };
    for name in ["state", "code", "iss", "error"] {
        if let Some(value) = query.get(name) {
            assert!(!value.is_empty() && !value.contains('\0') && value.len() <= text.len());
            assert!(Query::parse(&format!("{text}&{name}=x")).is_none(), "{name} came twice");
        }
    }
    assert!(query.get("code").is_none_or(|code| code.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())));
    assert_eq!(format!("{query:?}"), "Query { .. }");
}
