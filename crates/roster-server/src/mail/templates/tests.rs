//! What mails say, in which language, and which templates stop the start.

use super::*;

/// A folder of templates that is gone when the test is over.
struct Folder(PathBuf);

impl Folder {
    fn with(files: &[(&str, &str)]) -> Self {
        let path = std::env::temp_dir().join(format!("roster-templates-{}", uuid::Uuid::now_v7()));
        fs::create_dir(&path).expect("the temporary folder takes folders");
        for (name, text) in files {
            fs::write(path.join(name), text).expect("it takes files");
        }
        Self(path)
    }

    fn load(&self) -> Result<Templates, TemplateError> {
        Templates::load(Some(&self.0))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const WORDS: Words<'static> = Words {
    team: "<b>Köche & \"Co\"</b>",
    role: "Viewer",
    policy: "Team",
    inviter: "ada@example.org",
    link: "https://example.org/join?team=1&token=rst_inv_x",
    expires: "22 April 2026, 14:30 UTC",
    expires_at: "2026-04-22T14:30:00Z",
};

fn locale(tag: &str) -> Locale {
    Locale::parse(tag).expect("a locale")
}

fn subject(templates: &Templates, tag: Option<&str>) -> String {
    templates.render(tag.map(locale).as_ref(), &WORDS).expect("it renders").subject
}

#[test]
fn the_built_in_mail_says_what_matters_and_escapes_it_in_html_alone() {
    let mail = Templates::load(None).and_then(|all| all.render(None, &WORDS)).expect("it renders");
    assert_eq!(mail.subject, "You are invited to <b>Köche & \"Co\"</b>");
    assert!(mail.text.contains("ada@example.org invites you to <b>Köche & \"Co\"</b>."), "{}", mail.text);
    for part in [&mail.text, &mail.html] {
        assert!(part.contains("Viewer") && part.contains("22 April 2026, 14:30 UTC"), "{part}");
    }
    assert!(mail.text.contains("\nhttps://example.org/join?team=1&token=rst_inv_x\n"), "{}", mail.text);
    assert!(mail.html.contains("&lt;b&gt;Köche &amp; &quot;Co&quot;&lt;"), "{}", mail.html);
    assert!(!mail.html.contains("<b>") && !mail.html.contains("1&token"), "{}", mail.html);

    let words = Words { inviter: "", ..WORDS };
    let mail = Templates::load(None).and_then(|all| all.render(None, &words)).expect("it renders");
    assert!(mail.text.starts_with("You are invited to <b>"), "{}", mail.text);
}

#[test]
fn a_locale_falls_back_to_its_language_and_then_to_english() {
    let folder = Folder::with(&[
        ("invitation.de.subject.txt", "de"),
        ("invitation.de.txt", "{% include 'signature.txt' %}"),
        ("invitation.de.html", "de"),
        ("invitation.de-AT.subject.txt", "de-AT"),
        ("invitation.de-AT.txt", "de-AT"),
        ("invitation.de-AT.html", "de-AT"),
        ("invitation.en.subject.txt", "ours: {{ team }}"),
        ("signature.txt", "Your {{ policy }}"),
        ("README.md", "{{ not a template }}"),
        (".invitation.de.txt.swp", "{{ not a template }}"),
    ]);
    let templates = folder.load().expect("they are well");
    for (tag, expected) in [("de-at", "de-AT"), ("de-CH", "de"), ("de-at-1996", "de"), ("de", "de")] {
        assert_eq!(subject(&templates, Some(tag)), expected, "{tag}");
    }
    for tag in [Some("fr-FR"), Some("en-GB"), Some("deu"), None] {
        assert_eq!(subject(&templates, tag), "ours: <b>Köche & \"Co\"</b>", "{tag:?}");
    }
    let mail = templates.render(Some(&locale("de")), &WORDS).expect("it renders");
    assert_eq!(mail.text, "Your Team");
    let english = templates.render(None, &WORDS).expect("it renders");
    assert!(english.text.contains("Open this link"), "the parts that were not replaced stay");
}

#[test]
fn a_subject_is_one_line_whatever_it_is_made_of() {
    let text = "{{ team }}\r\nBcc: x@example.org\n\n\tend\u{85}\u{2028}\u{0}!";
    let folder = Folder::with(&[("invitation.en.subject.txt", text)]);
    let templates = folder.load().expect("they are well");
    let words = Words { team: "a\r\nb", ..WORDS };
    let subject = templates.render(None, &words).expect("it renders").subject;
    assert_eq!(subject, "a b Bcc: x@example.org end !");
}

#[test]
fn a_template_that_is_wrong_is_named_with_its_line() {
    let check = |files: &[(&str, &str)], expected: &str| {
        let error = Folder::with(files).load().err().expect("it is wrong").to_string();
        assert!(error.starts_with(&format!("mail.templates_dir: {expected}")), "{error}");
    };
    check(&[("invitation.en.txt", "a\n{% if %}")], "invitation.en.txt, line 2: ");
    check(&[("invitation.en.html", "a\n\n{{ recipient }}")], "invitation.en.html, line 3: ");
    check(&[("invitation.en.html", "{{ team.size }}")], "invitation.en.html, line 1: ");
    check(&[("invitation.en.txt", "{% include 'footer.txt' %}")], "invitation.en.txt, line 1: ");
    check(&[("footer.txt", "{{ team")], "footer.txt, line 1: ");
    let unless_empty = "{% if not inviter %}{{ inviter.name }}{% endif %}";
    check(&[("invitation.en.txt", unless_empty)], "invitation.en.txt, line 1: ");
    check(&[("invitation.fr.txt", "x")], "invitation.fr.subject.txt is missing");
    check(&[("invitation.EN.txt", "x")], "invitation.en.html: its language is there in another spelling");
    check(&[("invitation.txt", "x")], "invitation.txt: must be named invitation.<locale>.subject.txt");
    check(&[("invitation.de.subjet.txt", "x")], "invitation.de.subjet.txt: must be named");
    check(&[("invitation.d_e.txt", "x")], "invitation.d_e.txt: must be named");

    let error = Templates::load(Some(Path::new("/nowhere/at/all"))).err().expect("it is not there");
    assert_eq!(error.to_string(), "mail.templates_dir: /nowhere/at/all");
}
