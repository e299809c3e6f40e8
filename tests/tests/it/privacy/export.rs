//! What is held about a person, as it is shown.

use roster_proto::v1::export_record::Record;
use roster_proto::v1::{EventType, ExportUserRequest, InvitationState};
use roster_testkit::{ADMIN, EDITOR, Server, actor, address_of, both, erasing, known, micros, on, row};

fn kind(record: &Record) -> &'static str {
    match record {
        Record::Person(_) => "person",
        Record::Membership(_) => "membership",
        Record::Removal(_) => "removal",
        Record::Invitation(_) => "invitation",
        Record::InviteLink(_) => "invite_link",
        Record::TeamCode(_) => "team_code",
        Record::Event(_) => "event",
    }
}

#[tokio::test]
async fn everything_is_shown_and_nothing_of_others() {
    both(async |storage| {
        let server = Server::start(storage).await;
        let brand = server.team_under("brand", "ada", &[]).await;
        let invite = server.invite("ada", &brand, &address_of("bob"), "admin").await;
        server.accept(known("bob"), &invite).await;
        let made = server.invite("bob", &brand, "carol@example.org", "guest").await;
        let code = server.create_code("bob", &brand, "member").await;
        server.redeem_code("gil", &code.code).await;
        let old = server.team_of(&[("ada", ADMIN), ("bob", EDITOR)]).await;
        server.change_role("ada", &old, "bob", ADMIN).await;
        let link = server.create_link("bob", &old).await;
        server.remove("ada", &old, "bob").await;
        let waiting = server.create_under("ada", "workspace").await;
        let pending = server.invite("ada", &waiting, &address_of("bob"), "user").await;
        let elsewhere = server.invite("ada", &waiting, "bob@work.example.org", "user").await;
        let gone = server.team_under("studio", "ada", &[("bob", "viewer")]).await;
        server.delete("ada", &gone).await;
        // Of others alone.
        let account = server.team_under("brand", "zoe", &[]).await;
        server.add(&account, &[row("yan", "member")]).await;
        server.grant("zoe", &account, "yan", &[on("brand", "acme", "viewer")]).await;

        let records = server.export("bob", 0).await;
        let kinds: Vec<_> = records.iter().map(kind).collect();
        let events = kinds.iter().filter(|&&kind| kind == "event").count();
        let mut expected = vec!["person", "membership", "membership", "removal"];
        expected.extend(["invitation"; 3]);
        expected.extend(["invite_link", "team_code"]);
        expected.extend(vec!["event"; events]);
        assert_eq!(kinds, expected);

        let Record::Person(person) = &records[0] else { panic!() };
        assert_eq!(person.user_id, "bob");
        assert!(micros(person.first_seen_time) > 0);
        let Record::Membership(place) = &records[1] else { panic!() };
        assert_eq!((&place.team_id, place.policy.as_str(), place.team_deleted), (&brand, "brand", false));
        assert_eq!(place.member.as_ref(), Some(&server.member("ada", &brand, "bob").await));
        assert_eq!(place.member.as_ref().unwrap().email, address_of("bob"));
        let Record::Membership(place) = &records[2] else { panic!() };
        assert_eq!((&place.team_id, place.team_deleted, place.personal), (&gone, true, false));
        let Record::Removal(removal) = &records[3] else { panic!() };
        assert_eq!((&removal.team_id, removal.revision), (&old, server.team("ada", &old).await.revision));
        let invitations: Vec<_> = records[4..7]
            .iter()
            .map(|record| {
                let Record::Invitation(one) = record else { panic!("{record:?}") };
                (one.invitation_id.as_str(), one.email.as_str(), one.made, one.answered, one.state())
            })
            .collect();
        let address = address_of("bob");
        let expected = [
            (invite.id.as_str(), address.as_str(), false, true, InvitationState::Accepted),
            (made.id.as_str(), "", true, false, InvitationState::Pending),
            (pending.id.as_str(), address.as_str(), false, false, InvitationState::Pending),
        ];
        assert_eq!(invitations, expected, "and nobody else's address");
        let Record::InviteLink(shown) = &records[7] else { panic!() };
        assert_eq!((&shown.link_id, &shown.team_id), (&link.id, &old));
        let Record::TeamCode(shown) = &records[8] else { panic!() };
        assert_eq!((&shown.code_id, shown.role.as_str(), shown.use_count), (&code.code_id, "member", 1));
        let text = format!("{records:?}");
        for secret in [&link.token, &code.code, &invite.token, &"carol".to_owned(), &"acme".to_owned()] {
            assert!(!text.contains(secret.as_str()), "{secret}");
        }

        let log: Vec<_> = records[9..]
            .iter()
            .map(|record| {
                let Record::Event(one) = record else { panic!("{record:?}") };
                assert!(one.acted || one.targeted);
                (one.team_id.clone(), one.r#type(), one.acted, one.targeted)
            })
            .collect();
        let of = |team: &str, kind, acted, targeted| (team.to_owned(), kind, acted, targeted);
        let expected = [
            of(&brand, EventType::InvitationAccepted, true, true),
            of(&brand, EventType::MemberJoined, true, true),
            of(&brand, EventType::InvitationCreated, true, false),
            of(&brand, EventType::TeamCodeCreated, true, false),
            of(&old, EventType::MemberJoined, true, true),
            of(&old, EventType::MemberRoleChanged, false, true),
            of(&old, EventType::MemberRoleChanged, false, true),
            of(&old, EventType::InviteLinkCreated, true, false),
            of(&old, EventType::MemberRemoved, false, true),
            of(&gone, EventType::MemberJoined, false, true),
        ];
        assert_eq!(log, expected);

        for size in [1, 2, 3, 7] {
            assert_eq!(server.export("bob", size).await, records, "by pages of {size}");
        }
        let emails = vec!["bob@work.example.org".to_owned()];
        let request =
            ExportUserRequest { user_id: "bob".into(), emails: emails.clone(), ..Default::default() };
        let more = server.export_with(request).await;
        assert_eq!(more.len(), records.len() + 1);
        assert!(format!("{more:?}").contains(&elsewhere.id));
        let unknown = ExportUserRequest { user_id: "nobody".into(), emails, ..Default::default() };
        assert_eq!(server.export_with(unknown).await.len(), 1, "the invitation alone");
        assert_eq!(server.export("nobody", 0).await, []);
    })
    .await;
}

#[tokio::test]
async fn nothing_is_shown_of_whoever_was_erased() {
    both(async |storage| {
        let server = Server::start(storage).await;
        let studio = server.create_under("ada", "studio").await;
        let invite = server.invite("ada", &studio, &address_of("bob"), "viewer").await;
        server.accept(known("bob"), &invite).await;
        server.team_of(&[("ada", ADMIN), ("bob", EDITOR)]).await;
        assert!(server.export("bob", 0).await.len() > 5);
        server.erase("bob").await;
        let request = ExportUserRequest {
            user_id: "bob".into(),
            emails: vec![address_of("bob")],
            ..Default::default()
        };
        assert_eq!(server.export_with(request.clone()).await, []);
        // What others have done to it names nobody.
        let ada = format!("{:?}", server.export("ada", 0).await);
        assert!(!ada.contains("bob"), "{ada}");
        let team = server.create_team(actor("bob").email("b@example.org")).await;
        let records = server.export("bob", 0).await;
        assert!(matches!(&records[1], Record::Membership(place) if place.team_id == team), "{records:?}");
        assert_eq!(records.len(), 4, "a person, a membership, and its creation: {records:?}");
        let blocked = server.try_erase(erasing("bob")).await;
        assert!(blocked.is_err());
        assert_eq!(server.export("bob", 0).await, records);
    })
    .await;
}
