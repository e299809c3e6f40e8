//! Where mail goes, and what about it stops the start.

use lettre::transport::smtp::authentication::Credentials;

use super::keys::{KEYS, value};
use super::mail::{Route, Tls};
use super::tests::{TempFile, with};
use super::*;

/// What a relay needs.
const RELAY: [(&str, &str); 3] = [
    ("ROSTER_MAIL__SMTP_URL", "smtps://roster%40example.org:hidden%2F1@mail.example.org"),
    ("ROSTER_MAIL__FROM", "Rösti & Co <Team@bücher.example>"),
    ("ROSTER_MAIL__LINK", "https://{policy}.example.org/join#{token}"),
];

fn mail_of(variables: &[(&str, &str)]) -> MailConfig {
    with(variables).expect("it is right").mail.expect("it sends mail")
}

#[test]
fn mail_goes_to_a_relay() {
    let mail = mail_of(&RELAY);
    let Route::Smtp(relay) = &mail.route else { panic!("a relay was named") };
    assert_eq!((relay.host.as_str(), relay.port, relay.tls), ("mail.example.org", 465, Tls::Implicit));
    let expected = Credentials::new("roster@example.org".into(), "hidden/1".into());
    assert!(relay.credentials.as_ref() == Some(&expected), "they are decoded");
    assert_eq!(mail.from.email.to_string(), "Team@xn--bcher-kva.example");
    assert_eq!(mail.from.name.as_deref(), Some("Rösti & Co"));

    let file = TempFile::new("smtp+starttls://[::1]:2525\n");
    let named = file.0.display().to_string();
    let mail = mail_of(&[("ROSTER_MAIL__SMTP_URL_FILE", &named), RELAY[1], RELAY[2]]);
    let Route::Smtp(relay) = &mail.route else { panic!("a relay was named") };
    assert_eq!((relay.host.as_str(), relay.port, relay.tls), ("::1", 2525, Tls::StartTls));
    assert!(relay.credentials.is_none());

    let config = with(&RELAY).expect("it is right");
    let printed: Vec<String> = KEYS.iter().filter_map(|key| value(&config, key.name)).collect();
    assert!(!printed.concat().contains("hidden"), "{printed:?}");
    assert_eq!(value(&config, "mail.smtp_url").as_deref(), Some("\"(set, not shown)\""));
}

#[test]
fn mail_goes_into_files_where_there_is_no_relay() {
    let postgres = ("ROSTER_DATABASE__URL", "postgres://localhost/roster");
    let folder = |mail: MailConfig| match mail.route {
        Route::Directory(folder) => folder,
        Route::Smtp(_) => panic!("no relay was named"),
    };
    assert_eq!(folder(mail_of(&[])), PathBuf::from("./roster-data/mail"));
    assert_eq!(folder(mail_of(&[postgres, ("ROSTER_MAIL__DIR", "letters")])), PathBuf::from("letters"));
    assert!(with(&[postgres]).expect("it is right").mail.is_none(), "and on Postgres nowhere by itself");
    assert!(matches!(mail_of(&[postgres, RELAY[0], RELAY[1], RELAY[2]]).route, Route::Smtp(_)));
}

#[test]
fn mail_that_cannot_be_sent_stops_the_start() {
    let check = |variables: &[(&str, &str)], expected: &str| {
        let error = with(variables).err().expect("it is wrong").to_string();
        assert!(error.contains(expected), "{error}");
        assert!(!error.contains("hidden"), "{error}");
    };
    let relay = |url: &str, expected: &str| {
        check(&[("ROSTER_MAIL__SMTP_URL", url), RELAY[1], RELAY[2]], expected);
    };
    relay("smtp://u:hidden@mail.example.org", "mail.smtp_url: must begin with smtps:// or smtp+starttls://");
    for url in [
        "hidden",
        "smtps://",
        "https://u:hidden@h",
        "smtps://h/hidden",
        "smtps://h?tls=hidden",
        "smtps://h:x",
    ] {
        relay(url, "mail.smtp_url: must be a URL such as smtps://user:password@host:465");
    }
    relay("smtps://hidden@mail.example.org", "mail.smtp_url: must have a user and a password, or neither");
    relay("smtps://:hidden@mail.example.org", "mail.smtp_url: must have a user and a password, or neither");
    relay("smtps://u:hidden%ff@mail.example.org", "mail.smtp_url: must have credentials that are UTF-8");
    relay("smtps://u:hidden@-_-", "mail.smtp_url: must have a DNS name");

    let from = |from: &str| check(&[("ROSTER_MAIL__FROM", from)], "mail.from: must be a mailbox such as");
    for text in
        ["Roster", "Roster <team>", "Roster <a@b.example>, <c@d.example>", "R\r\nBcc: x <a@b.example>"]
    {
        from(text);
    }
    let link = |link: &str, expected: &str| check(&[("ROSTER_MAIL__LINK", link)], expected);
    link("https://example.org/join", "mail.link: must contain {token} exactly once");
    link("https://example.org/{token}/{token}", "mail.link: must contain {token} exactly once");
    link("https://example.org/{token}?{team}", "mail.link: must contain no braces");
    link("http://example.org/{token}", "mail.link: must begin with https://");
    link("http://localhost.example.org/{token}", "mail.link: must begin with https://");
    link("javascript:alert('{token}')", "mail.link: must begin with https://");
    link("/join/{token}", "mail.link: must be a URL");
    link("https://{token}.example.org/", "mail.link: must contain {token} in its path");
    for good in
        ["http://127.0.0.1:8080/{token}", "http://[::1]/{token}", "https://example.org/{policy}#{token}"]
    {
        assert!(with(&[("ROSTER_MAIL__LINK", good)]).is_ok(), "{good}");
    }

    check(&[RELAY[0], RELAY[1]], "mail.link: must be set with mail.smtp_url");
    check(&[RELAY[0], RELAY[2]], "mail.from: must be set with mail.smtp_url");
    check(
        &[RELAY[0], RELAY[1], RELAY[2], ("ROSTER_MAIL__DIR", "x")],
        "mail.dir: stands beside mail.smtp_url",
    );
    check(&[("ROSTER_MAIL__CA_FILE", "x")], "mail.ca_file: needs mail.smtp_url");
    check(&[("ROSTER_MAIL__SMTP_URL_FILE", "/nowhere/url")], "mail.smtp_url_file: /nowhere/url");
    check(
        &[("ROSTER_MAIL__PASSWORD", "hidden")],
        "mail.password (variable ROSTER_MAIL__PASSWORD): there is no such key",
    );
    let postgres = ("ROSTER_DATABASE__URL", "postgres://localhost/roster");
    check(
        &[postgres, ("ROSTER_MAIL__TEMPLATES_DIR", "x")],
        "mail.templates_dir: needs mail.smtp_url or mail.dir",
    );
    check(&[("ROSTER_LIMITS__MAILS_PER_RECIPIENT_AND_DAY", "0")], "limits.mails_per_recipient_and_day");
}
