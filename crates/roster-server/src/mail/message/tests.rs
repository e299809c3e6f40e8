//! Messages as they leave.

use super::*;

fn message(to: &str, subject: &str, text: &str) -> String {
    let from: Mailbox = "Rösti <team@example.org>".parse().expect("a mailbox");
    let to = EmailAddress::parse(to).expect("an address");
    let invitation = InvitationId::from_uuid(uuid::Uuid::from_u128(1));
    let date = Timestamp::from_micros(1_764_000_000_999_999);
    let envelope = Envelope { invitation, generation: 3, from: &from, to: &to, date };
    let rendered = Rendered { subject: subject.into(), text: text.into(), html: format!("<p>{text}</p>") };
    let message = compose(&envelope, rendered).expect("it can be written");
    let recipients: Vec<String> = message.envelope().to().iter().map(ToString::to_string).collect();
    assert_eq!(recipients, [to.to_ascii()]);
    String::from_utf8(message.formatted()).expect("a message is ASCII")
}

/// The lines of the head, continued ones put together.
fn head(message: &str) -> Vec<String> {
    let (head, _) = message.split_once("\r\n\r\n").expect("a head and a body");
    head.replace("\r\n ", " ").split("\r\n").map(str::to_owned).collect()
}

#[test]
fn a_message_has_all_that_mail_servers_look_at() {
    let message = message("Ada@bücher.example", "Come", "Köche\nand\nmore");
    let head = head(&message);
    let expected = [
        "To: Ada@xn--bcher-kva.example",
        "Subject: Come",
        "Date: Mon, 24 Nov 2025 16:00:00 +0000",
        "Message-ID: <inv_00000000000000000000000001.3@example.org>",
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
    ];
    for line in expected {
        assert!(head.iter().any(|seen| seen == line), "{line}: {head:#?}");
    }
    assert!(
        head.iter().any(|line| line.starts_with("From: =?utf-8?") && line.ends_with("<team@example.org>"))
    );
    assert!(message.contains("multipart/alternative"), "{message}");
    assert!(message.contains("text/plain; charset=utf-8") && message.contains("text/html; charset=utf-8"));
    assert!(message.is_ascii());
    assert!(!message.replace("\r\n", "").contains(['\r', '\n']), "lines end as lines of mail do");
}

#[test]
fn nothing_that_is_filled_in_adds_a_header() {
    for subject in ["Come\r\nBcc: eve@example.org", "Come\nBcc: eve@example.org", "Kö\r\n\r\n<script>"] {
        let message = message("ada@example.org", subject, "text");
        assert_eq!(head(&message).len(), head(&self::message("ada@example.org", "Come", "text")).len());
        assert!(!message.contains("\nBcc:") && !message.contains("\n<script>"), "{message}");
    }
}

#[test]
fn a_subject_of_other_letters_is_encoded() {
    let head = head(&message("ada@example.org", "Einladung zu 厨师", "text"));
    let subject = head.iter().find(|line| line.starts_with("Subject:")).expect("a subject");
    assert!(subject.contains("=?utf-8?"), "{subject}");
}

#[test]
fn moments_are_written_for_people_and_for_programs() {
    let moment = Timestamp::from_micros(1_776_868_205_999_999);
    assert_eq!(for_people(moment), "22 April 2026, 14:30 UTC");
    assert_eq!(for_programs(moment), "2026-04-22T14:30:05Z");
    assert!(for_programs(Timestamp::from_micros(i64::MAX)).starts_with("9999-12-30T"));
}
