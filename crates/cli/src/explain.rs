//! `nivose explain`: what diagnostics mean.

/// The ids of all diagnostics.
pub fn ids() -> impl Iterator<Item = &'static str> {
    nivose_base::DiagnosticId::all().map(nivose_base::DiagnosticId::slug)
}

/// The list of all diagnostics.
pub fn list() -> String {
    String::new()
}

/// The page of a diagnostic.
pub fn page(_: &str) -> Option<String> {
    None
}
