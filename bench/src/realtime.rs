//! Real-time set-up: all that is asked for, or an error.

use irqlink::realtime::{Request, Setup};

use crate::error::{Error, Result};

/// Sets up the calling thread and process. What needs it to last lasts as long as what is returned.
///
/// # Errors
/// [`Error::RealTime`] if something asked for is not in effect.
pub fn apply(request: &Request) -> Result<Setup> {
    let setup = request.apply();
    match setup.steps.iter().find(|step| !step.fulfilled) {
        Some(step) => Err(Error::RealTime(step.clone())),
        None => Ok(setup),
    }
}

#[cfg(test)]
mod tests {
    use irqlink::units::CpuList;

    use super::*;

    #[test]
    fn what_is_not_in_effect_is_an_error_that_says_so() {
        let request = Request {
            cpus: Some(CpuList::new([CpuList::MAX - 1])),
            ..Request::default()
        };
        let error = apply(&request).unwrap_err().to_string();
        assert!(
            error.starts_with("CPUs: asked for 1023, in effect is 0"),
            "{error}"
        );
    }
}
