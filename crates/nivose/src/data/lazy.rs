//! Values that an embedding program holds, read on demand.

use super::de::{Look, Node};
use crate::diagnostic::{Location, Result};
use crate::value::{Kind, Value};

impl Node for Value {
    fn look(&self) -> Result<Look<Self>> {
        Ok(match self.kind()? {
            Kind::Null => Look::Null,
            Kind::Bool => Look::Bool(self.as_bool()?),
            Kind::Int => Look::Int(self.as_int()?),
            Kind::Float => Look::Float(self.as_float()?),
            Kind::String => Look::Text(self.as_bytes()?),
            Kind::Path => Look::Text(self.as_path()?.into_bytes()),
            Kind::List => Look::List(self.elements()?),
            Kind::Attrs => Look::Attrs(self.attributes()?),
            Kind::Function => Look::Function,
        })
    }

    fn location(&self) -> Option<Location> {
        Value::location(self).ok().flatten()
    }
}
