//! The modules that are loaded for the command.

use std::path::Path;

use irqlink_hw_tests::kernel_modules as kernel;

/// Modules that are unloaded when this is dropped.
pub struct Loaded(Vec<&'static str>);

impl Loaded {
    /// Loads those of the folder, none of which may be loaded.
    pub fn load(folder: &Path) -> Result<Loaded, String> {
        if let Some(name) = kernel::NAMES.iter().find(|name| kernel::is_loaded(name)) {
            return Err(format!(
                "{name} is loaded on this board already, from elsewhere; the tests bring their own: unload it \
                 (modprobe -r irqlink_pci irqlink_sim irqlink_bench irqlink_gpio irqlink)"
            ));
        }
        let mut loaded = Loaded(Vec::new());
        for name in kernel::NAMES {
            let file = folder.join(format!("{name}.ko"));
            if file.exists() {
                kernel::load(&file, "")?;
                loaded.0.push(name);
            }
        }
        match loaded.0.is_empty() {
            true => Err(format!("there are no modules in {}", folder.display())),
            false => Ok(loaded),
        }
    }

    /// Unloads them.
    pub fn unload(mut self) -> Result<(), String> {
        self.unload_all()
    }

    /// The last one first, and the others even if one cannot be.
    fn unload_all(&mut self) -> Result<(), String> {
        let mut result = Ok(());
        while let Some(name) = self.0.pop() {
            result = result.and(kernel::unload(name));
        }
        result
    }
}

impl Drop for Loaded {
    fn drop(&mut self) {
        if let Err(why) = self.unload_all() {
            eprintln!("irqlink-board: {why}");
        }
    }
}
