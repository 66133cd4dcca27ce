//! What the guest is given, so that it can do a job.

use irqlink_hw_tests::job::{Job, KERNEL_MODULE_DIR};

use crate::error::Result;
use crate::guest_programs;
use crate::initramfs::Contents;
use crate::kernel::Kernel;
use crate::module;
use crate::progress::Progress;
use crate::rigs;
use crate::spec;
use crate::test_module;

/// A GPIO controller that tests load.
const TEST_CHIP: &str = "chip";

/// Everything that the job's modules and commands need; builds what is not built.
pub fn contents(kernel: &Kernel, job: &Job, progress: Progress) -> Result<Contents> {
    let (init, programs) = guest_programs::build(&job.steps, progress)?;
    let modules = if job.modules.is_empty() {
        Vec::new()
    } else {
        module::build(kernel, progress)?.files
    };
    // With irqlink's come those of the drivers that it is compared with.
    let own = kernel.modules.iter().filter(|_| !job.modules.is_empty());
    let own = own.zip(0..).map(|(file, place)| {
        let path = format!("{KERNEL_MODULE_DIR}/{place}.ko");
        (file.clone(), path)
    });
    let has_tests = job.steps.iter().any(|step| {
        step.argv
            .first()
            .is_some_and(|program| program == guest_programs::TESTS)
    });
    let mut contents = Contents {
        init,
        programs,
        modules,
        files: own.collect(),
        ..Contents::default()
    };
    if has_tests {
        contents
            .modules
            .push(test_module::build(TEST_CHIP, kernel)?);
        spec::add_client(&mut contents, progress)?;
        contents.trees.push((rigs::folder(), rigs::IN_GUEST.into()));
    }
    Ok(contents)
}
