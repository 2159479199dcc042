//! Checks descriptions of services against policies that are written in Nix: `cargo run -p nivose --example policy`.
//!
//! A policy is a function from a service to a list of complaints. Neither may touch the outside or take too long: they
//! come from people whom the program does not know.

use nivose::{Engine, Evaluation, Result, Value};

const POLICIES: &str = r#"
let
  unless = condition: complaint: if condition then [ ] else [ complaint ];
in {
  ports = service: builtins.concatMap (port:
    unless (port >= 1024) "port ${toString port} is privileged") service.ports;
  owner = service: unless (service ? owner && service.owner != "") "nobody owns it";
  memory = { memory ? 0, ... }: unless (memory <= 512) "asks for ${toString memory} MB, more than 512";
}
"#;

const SERVICES: &str = r#"
{
  web = { owner = "ann"; ports = [ 80 8080 ]; memory = 256; };
  mail = { ports = [ 2525 ]; memory = 1024; };
  clock = { owner = "bob"; ports = [ ]; };
  broken = { owner = "eve"; ports = throw "later"; };
}
"#;

/// An evaluation that sees nothing and ends soon.
fn sandbox() -> Result<Evaluation> {
    let builder = Engine::builder().pure(true).step_limit(100_000).memory_limit(64 << 20);
    Ok(builder.build()?.start())
}

/// What a policy says about a service: complaints, or that it failed.
fn complaints(policy: &Value, service: &Value) -> Vec<String> {
    let said = policy.call([service]).and_then(|complaints| complaints.to::<Vec<String>>());
    said.unwrap_or_else(|failure| vec![format!("cannot be checked: {}", failure.message())])
}

/// Every complaint about every service.
pub fn check(policies: &str, services: &str) -> Result<Vec<String>> {
    let evaluation = sandbox()?;
    let policies = evaluation.evaluate(policies)?.attributes()?;
    let mut found = Vec::new();
    for (service_name, service) in evaluation.evaluate(services)?.attributes()? {
        let place = service.location()?.map_or(String::new(), |place| format!(" (line {})", place.line));
        for (policy_name, policy) in &policies {
            let complaints = complaints(policy, &service).into_iter();
            found.extend(complaints.map(|said| format!("{service_name}{place}: {policy_name}: {said}")));
        }
    }
    Ok(found)
}

/// Checks the services above.
pub fn main() {
    match check(POLICIES, SERVICES) {
        Ok(found) => found.iter().for_each(|complaint| println!("{complaint}")),
        Err(failure) => eprintln!("{}", failure.rendered()),
    }
}

/// The example's own data, for its test.
#[allow(dead_code)]
pub fn example() -> Result<Vec<String>> {
    check(POLICIES, SERVICES)
}
