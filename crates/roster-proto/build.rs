//! Compiles the contract without protoc and keeps its descriptors for reflection.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto");
    println!("cargo::rerun-if-changed={}", root.display());

    let mut compiler = protox::Compiler::new([&root])?;
    compiler.include_imports(true).include_source_info(true);
    for file in own_files(&root)? {
        compiler.open_file(file)?;
    }
    // Named beside our own files, so that reflection serves it and clients can read error details.
    compiler.open_file("google/rpc/error_details.proto")?;

    // `encode_file_descriptor_set` keeps custom options, which the decoded set below loses.
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("roster_descriptor.bin"), compiler.encode_file_descriptor_set())?;

    tonic_prost_build::configure()
        .extern_path(".google.rpc", "::tonic_types::pb")
        // These carry tokens or codes: nothing may print them by accident.
        .skip_debug([
            ".roster.v1.AcceptInvitationRequest",
            ".roster.v1.BatchCreateInvitationsResponse",
            ".roster.v1.CreateInvitationResponse",
            ".roster.v1.CreateInviteLinkResponse",
            ".roster.v1.CreateTeamCodeResponse",
            ".roster.v1.DeclineInvitationRequest",
            ".roster.v1.GetInviteLinkResponse",
            ".roster.v1.ListTeamCodesResponse",
            ".roster.v1.PreviewInviteRequest",
            ".roster.v1.RedeemInviteLinkRequest",
            ".roster.v1.RedeemTeamCodeRequest",
            ".roster.v1.ResendInvitationResponse",
            ".roster.v1.RevokeTeamCodeResponse",
            ".roster.v1.TeamCode",
        ])
        .compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}

/// The `.proto` files of `roster/v1`, relative to the root, in a stable order.
fn own_files(root: &Path) -> io::Result<Vec<PathBuf>> {
    let folder = Path::new("roster/v1");
    let mut files: Vec<PathBuf> = fs::read_dir(root.join(folder))?
        .map(|entry| Ok(folder.join(entry?.file_name())))
        .collect::<io::Result<_>>()?;
    files.sort();
    Ok(files)
}
