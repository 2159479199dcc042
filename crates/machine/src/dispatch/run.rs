//! Running the loop from the frames on top down to the bottom one, with or without an observer.

use nivose_base::Result;

use crate::machine::Machine;

impl Machine {
    /// Runs until the bottom frame of this evaluation is on top, and takes it away.
    pub(crate) fn run(&mut self) -> Result<()> {
        if !cfg!(without_probes) && self.is_watched() {
            return self.run_observed();
        }
        // SAFETY: frames of code run a code that is ready and verified.
        while let Err(error) = unsafe { self.run_frames::<false>() } {
            self.unwind(error)?;
        }
        self.frames.pop();
        Ok(())
    }

    /// The same, telling the observer.
    #[cold]
    fn run_observed(&mut self) -> Result<()> {
        // SAFETY: frames of code run a code that is ready and verified.
        while let Err(error) = unsafe { self.run_frames::<true>() } {
            let unwound = self.unwind(error);
            self.observe_frames_gone(self.frames.len(), true);
            unwound?;
        }
        self.frames.pop();
        self.observe_frames_gone(self.frames.len(), false);
        Ok(())
    }
}
