//! `cargo xtask examples`: builds the clients in `examples` as their pages say, and runs them against a private service.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;

use crate::lifeline::Lifeline;
use crate::programs::on_path;
use crate::project::{self, root, succeed, target_dir};
use crate::servers::roster;
use crate::tally::Tally;
use crate::test;
use crate::tools::Tools;

/// What a walk prints, whatever the language; `…` stands for what differs.
const WALK: &str = include_str!("../../../examples/walk.txt");

/// Options of `cargo xtask examples`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Run against this build of the service instead of building one.
    #[arg(long, value_name = "PATH")]
    service: Option<PathBuf>,
}

/// A client, built; run with the address of a service.
type Client = fn(&Tools, &Path) -> Result<Command>;

/// Builds and runs every client, also after a failure: once straight, once over a wire that loses answers.
pub(crate) fn run(args: &Args) -> Result<Tally> {
    let tools = Tools::ready()?;
    let lifeline = Lifeline::new()?;
    let service = if let Some(service) = &args.service {
        succeed(project::cargo("build").args(["--package", "roster-example"]))?;
        fs::canonicalize(service).with_context(|| service.display().to_string())?
    } else {
        // As the tests build it, so that nothing is compiled twice.
        succeed(project::cargo("build").args(["--workspace", "--all-targets", test::FEATURES]))?;
        test::service(&target_dir()?)
    };
    let straight = lifeline.hold(|| roster::start(&service))?;
    let lossy = lifeline.hold(|| roster::start_lossy(&tools.path("python"), &straight))?;

    let mut tally = Tally::default();
    let mut clients: Vec<(&str, Client)> = vec![("rust", rust), ("python", python)];
    if on_path("go").is_some() {
        clients.push(("go", go));
    }
    for &(name, client) in &clients {
        let folder = tempfile::tempdir()?;
        let built = client(&tools, folder.path());
        for (address, how) in [(&straight, name.to_owned()), (&lossy, format!("{name}, answers lost"))] {
            let outcome = built.as_ref().map_err(|error| anyhow::anyhow!("{error:#}"));
            let outcome = outcome.and_then(|command| walk(command, address));
            match &outcome {
                Ok(()) => println!("examples: {how} ... ok"),
                Err(error) => println!("examples: {how} ... FAILED\n{error:#}"),
            }
            tally.count(outcome.is_ok());
        }
    }
    if !clients.iter().any(|(name, _)| *name == "go") {
        println!("examples: go ... NOT RUN: there is no go on PATH");
    }
    drop(lifeline);
    Ok(tally)
}

/// Generates and vets the Go client without running it.
pub(crate) fn check_go() -> Result<()> {
    let folder = TempDir::new()?;
    go(&Tools::ready()?, folder.path()).map(drop)
}

/// Built together with the service, or beside it.
fn rust(_: &Tools, _: &Path) -> Result<Command> {
    Ok(Command::new(target_dir()?.join("debug").join(format!("roster-example{}", env::consts::EXE_SUFFIX))))
}

/// A copy of the client in `folder`, with its code generated beside it.
fn python(tools: &Tools, folder: &Path) -> Result<Command> {
    let (examples, proto, home) = (root().join("examples"), root().join("proto"), folder.join("python"));
    fs::create_dir(&home)?;
    fs::copy(examples.join("service_config.json"), folder.join("service_config.json"))?;
    let client = home.join("client.py");
    fs::copy(examples.join("python/client.py"), &client)?;

    let mut protoc = Command::new(tools.path("python"));
    protoc.args(["-m", "grpc_tools.protoc"]);
    for (option, path) in [("-I", &proto), ("--python_out=", &home), ("--grpc_python_out=", &home)] {
        let mut argument = OsString::from(option);
        argument.push(path);
        protoc.arg(argument);
    }
    for file in fs::read_dir(proto.join("roster/v1"))? {
        protoc.arg(file?.path());
    }
    succeed(&mut protoc)?;

    let mut command = Command::new(tools.path("python"));
    command.arg("-B").arg(client);
    Ok(command)
}

/// Go's packages live in their module, so that its code is generated in place, where git ignores it.
fn go(tools: &Tools, folder: &Path) -> Result<Command> {
    let binary = folder.join(format!("roster-client{}", env::consts::EXE_SUFFIX));
    // `go generate` calls buf.
    let path = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths([tools.path("")].into_iter().chain(env::split_paths(&path)))?;
    let go = |arguments: &[&str]| {
        let mut command = Command::new("go");
        command.current_dir(root().join("examples/go")).args(arguments).env("PATH", &path);
        command
    };
    succeed(&mut go(&["generate", "./..."]))?;
    succeed(&mut go(&["vet", "./..."]))?;
    succeed(go(&["build", "-o"]).arg(&binary).arg("."))?;
    Ok(Command::new(binary))
}

/// Runs the client, and sees that it walks to the end.
fn walk(built: &Command, address: &str) -> Result<()> {
    let mut command = Command::new(built.get_program());
    project::forget_settings(&mut command);
    let output = command.args(built.get_args()).arg(address).stdin(Stdio::null()).output()?;
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let as_told =
        out.lines().count() == WALK.lines().count() && out.lines().zip(WALK.lines()).all(is_as_told);
    ensure!(output.status.success() && as_told, "it ended with {}:\n{out}{err}", output.status);
    Ok(())
}

/// Whether a line is what the walk tells of it.
fn is_as_told((line, told): (&str, &str)) -> bool {
    told.split('…').all(|part| line.contains(part))
}
