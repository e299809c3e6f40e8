//! What is accepted and as what, and what is refused and how.

use sea_orm::sqlx::postgres::PgConnectOptions;

use super::*;

fn parse(url: &str) -> PostgresUrl {
    PostgresUrl::parse(url).unwrap_or_else(|error| panic!("{url}: {error}"))
}

/// sqlx shows its options, the password aside by its name.
fn shown(options: &PgConnectOptions, field: &str) -> String {
    let text = format!("{options:?}");
    let start = text.find(&format!(" {field}: ")).unwrap_or_else(|| panic!("{text} has {field}"));
    let rest = &text[start + field.len() + 3..];
    rest[..rest.find([',', '}']).unwrap_or(rest.len())].trim_end().to_owned()
}

#[test]
fn the_server_that_is_named() {
    let check = |url: &str, expected: (&str, u16, Option<&str>, Option<&str>)| {
        let parsed = parse(url);
        assert_eq!((parsed.host(), parsed.port(), parsed.user(), parsed.database()), expected, "{url}");
    };
    check("postgres://ada@localhost/roster", ("localhost", 5432, Some("ada"), Some("roster")));
    check("postgresql://127.0.0.1:6432", ("127.0.0.1", 6432, None, None));
    check("postgres://LOCALHOST/", ("LOCALHOST", 5432, None, None));
    check("postgres://ada:b@[::1]:1/c", ("::1", 1, Some("ada"), Some("c")));
    check("postgres:///c?host=::1", ("::1", 5432, None, Some("c")));
    check("postgres:///c?hostaddr=127.1.2.3&port=7", ("127.1.2.3", 7, None, Some("c")));
    check("postgres://[::ffff:127.0.0.1]/c", ("::ffff:7f00:1", 5432, None, Some("c")));
    check("postgres://a%40b:c%2Fd@localhost/e%20f", ("localhost", 5432, Some("a@b"), Some("e f")));
    check("postgres://a:p@ss@localhost/b", ("localhost", 5432, Some("a"), Some("b")));
    check("postgres://localhost/x?user=ada&dbname=b&password=c", ("localhost", 5432, Some("ada"), Some("b")));
    for socket in [
        "postgres:///b?host=/run/postgresql&user=ada",
        "postgres://ada@/b?host=/run/postgresql",
        "postgres://ada@localhost/b?host=/run/postgresql",
        "postgres://ada@db.example.com/b?host=/run/postgresql",
        "postgres://ada@%2Frun%2Fpostgresql/b",
    ] {
        check(socket, ("/run/postgresql", 5432, Some("ada"), Some("b")));
    }
    check("postgres://db.example.com/b?sslmode=verify-full", ("db.example.com", 5432, None, Some("b")));
}

#[test]
fn what_sqlx_connects_with() {
    let check = |url: &str, field: &str, expected: &str| {
        assert_eq!(shown(&parse(url).options(), field), expected, "{url}");
    };
    check("postgres://[::1]/c", "host", "\"::1\"");
    check("postgres://localhost:7/c", "port", "7");
    check("postgres://a@/c?host=/run/postgresql", "socket", "Some(\"/run/postgresql\")");
    check("postgres://localhost/c", "socket", "None");
    check("postgres://a:b%40c@localhost/d", "password", "Some(\"b@c\")");
    check("postgres://localhost/c", "ssl_mode", "Prefer");
    check("postgres://db/c?sslmode=disable", "ssl_mode", "Disable");
    check("postgres://db/c?ssl-mode=Require", "ssl_mode", "Require");
    check("postgres://db/c?sslmode=require&ssl-ca=/ca.crt", "ssl_mode", "VerifyCa");
    check("postgres://db/c?sslmode=verify-full&sslrootcert=/ca.crt", "ssl_mode", "VerifyFull");
    check("postgres://localhost/c?statement-cache-capacity=7", "statement_cache_capacity", "7");
    check("postgres://localhost/c?application_name=a", "application_name", "Some(\"a\")");
    check("postgres://localhost/c", "options", "None");
    check(
        "postgres://localhost/c?options=-c%20a%3Db%20--d%3De%5C%20f",
        "options",
        "Some(\"-c a=b -c d=e\\\\ f\")",
    );
    check("postgres://localhost/c?options[a]=b&options[c]=d+e", "options", "Some(\"-c a=b -c c=d\\\\ e\")");
}

#[test]
fn what_is_refused_says_what_to_write() {
    let check = |url: &str, expected: InvalidUrl| {
        let error = PostgresUrl::parse(url).err().unwrap_or_else(|| panic!("{url} is accepted"));
        assert_eq!(error, expected, "{url}");
        assert!(!error.to_string().contains("hidden"), "{error}");
    };
    for url in ["", "mysql://hidden", "db.hidden/roster", "postgres:hidden", "Host=hidden;Port=5432"] {
        check(url, InvalidUrl::Scheme);
    }
    for url in ["postgres://", "postgres:///roster", "postgres://hidden@/roster", "postgres:///c?host="] {
        check(url, InvalidUrl::NoHost);
    }
    // A password that is not escaped, wherever that puts its parts.
    for url in [
        "postgres://ada:hid/den@localhost/roster",
        "postgres://ada:12/hidden@localhost/roster",
        "postgres://ada:12#hidden@localhost/roster",
        "postgres://ada:12?hidden@localhost/roster",
        "postgres://ada:hidden@localhost:port/roster",
        "postgres://ada:hidden@localhost/roster/more",
        "postgres://ada:hid den@localhost/roster",
        "postgres://ada:hidden@localhost/roster\npostgres://b",
        "postgres://ada:%FF@localhost/hidden",
        "postgres://localhost/roster?pass%20hidden=1",
    ] {
        check(url, InvalidUrl::Malformed);
    }
    for url in [
        "postgres://hidden@a,b/roster",
        "postgres://hidden@a:1,b:2/roster",
        "postgres:///roster?host=a,b",
        "postgres:///roster?host=a&hostaddr=127.0.0.1",
        "postgres://a/roster?host=b",
        "postgres:///roster?host=/run/a,/run/b",
        "postgres://localhost/roster?port=1,2",
    ] {
        check(url, InvalidUrl::SeveralHosts);
    }
    check("postgres://localhost/c?sslmod=require", InvalidUrl::UnknownParameter("sslmod".into()));
    check(
        "postgres://localhost/c?target_session_attrs=any",
        InvalidUrl::UnknownParameter("target_session_attrs".into()),
    );
    check("postgres://localhost/c?user=a&user=b", InvalidUrl::RepeatedParameter("user"));
    check(
        "postgres://localhost/c?sslmode=disable&ssl-mode=require",
        InvalidUrl::RepeatedParameter("sslmode"),
    );
    let modes = "one of disable, allow, prefer, require, verify-ca and verify-full";
    check("postgres://localhost/c?sslmode=hidden", InvalidUrl::InvalidParameter("sslmode", modes));
    let ports = "a number from 1 to 65535";
    check("postgres://localhost/c?port=0", InvalidUrl::InvalidParameter("port", ports));
    check(
        "postgres://localhost/c?options=-c%20statement-timeout%3D1",
        InvalidUrl::OwnSetting("statement_timeout"),
    );
    check("postgres://localhost/c?options[lock_timeout]=1", InvalidUrl::OwnSetting("lock_timeout"));
    let settings = "settings such as -c%20search_path=roster, separated by %20";
    for options in ["hidden", "-c", "-c%20hidden", "-c%20=hidden", "-d%203"] {
        let url = format!("postgres://localhost/c?options={options}");
        check(&url, InvalidUrl::InvalidParameter("options", settings));
    }
}

#[test]
fn plaintext_to_another_machine_must_be_asked_for() {
    let check = |host: &str, mode: &str, accepted: bool| {
        let url = format!("postgres://ada:hidden@{host}/roster{mode}");
        let error = PostgresUrl::parse(&url).err();
        assert_eq!(error, (!accepted).then_some(InvalidUrl::Plaintext), "{url}");
    };
    for host in
        ["db.example.com", "10.0.0.1", "[fd00::1]", "0.0.0.0", "localhost.example.com", "127.1.example"]
    {
        for mode in ["", "?sslmode=allow", "?sslmode=prefer"] {
            check(host, mode, false);
        }
        for mode in ["disable", "require", "verify-ca", "verify-full"] {
            check(host, &format!("?sslmode={mode}"), true);
        }
    }
    for host in ["localhost", "127.0.0.1", "127.9.9.9", "[::1]", "%2Frun%2Fpostgresql"] {
        for mode in ["", "?sslmode=prefer", "?sslmode=disable", "?sslmode=require"] {
            check(host, mode, true);
        }
    }
}

#[test]
fn a_pooler_in_transaction_mode_takes_no_options() {
    let check = |url: &str, pooler: Pooler, accepted: bool| {
        let expected = if accepted { Ok(()) } else { Err(InvalidUrl::OptionsBehindPooler) };
        assert_eq!(parse(url).check_pooler(pooler), expected, "{url} {pooler:?}");
    };
    check("postgres://localhost/c", Pooler::Transaction, true);
    check("postgres://localhost/c?options[a]=b", Pooler::Transaction, false);
    check("postgres://localhost/c?options[a]=b", Pooler::None, true);
}
