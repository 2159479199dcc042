//! Data of Rust to values: the serialiser.
//!
//! It makes values within one step: no collection can come in between.

use nivose_base::{DiagnosticId, Error, Pos, Result as EvaluationResult, Symbol};
use nivose_heap::Value;
use nivose_machine::{Shared, sort_attributes};
use serde::ser::{self, Serialize};

use super::MAX_DEPTH;
use super::failure::{Failure, Result};

/// Data of Rust as a value.
pub(crate) fn to_heap<'h, T: Serialize + ?Sized>(
    shared: &mut Shared,
    data: &T,
) -> EvaluationResult<Value<'h>> {
    let written = data.serialize(Writer { shared, depth: 0, brand: std::marker::PhantomData });
    written.map_err(Failure::into_error)
}

/// Makes one value.
struct Writer<'a, 'h> {
    shared: &'a mut Shared,
    depth: u32,
    brand: std::marker::PhantomData<Value<'h>>,
}

impl<'a, 'h> Writer<'a, 'h> {
    fn string(self, bytes: &[u8]) -> Result<Value<'h>> {
        if bytes.contains(&0) {
            return Err(ser::Error::custom("a string with a null byte cannot be a Nix string"));
        }
        check_memory(self.shared, bytes.len())?;
        Ok(self.shared.heap.string(bytes))
    }

    fn int(self, value: impl TryInto<i64> + std::fmt::Display + Copy) -> Result<Value<'h>> {
        match value.try_into() {
            Ok(int) => Ok(self.shared.heap.int(int)),
            Err(_) => {
                Err(ser::Error::custom(format_args!("{value} does not fit into an integer of 64 bits")))
            }
        }
    }

    fn parts(self, variant: Option<&'static str>) -> Result<Parts<'a, 'h>> {
        let depth = self.depth + 1;
        if depth > MAX_DEPTH {
            return Err(ser::Error::custom(format_args!("data nests deeper than {MAX_DEPTH} levels")));
        }
        Ok(Parts { shared: self.shared, depth, variant, values: Vec::new(), names: Vec::new() })
    }
}

fn check_memory(shared: &Shared, bytes: usize) -> Result<()> {
    if bytes > nivose_heap::Heap::MAX_LEN || shared.heap.exceeds_limit(bytes) {
        let message = "data does not fit into the memory limit";
        return Err(Error::with_message(DiagnosticId::OutOfMemory, message).into());
    }
    Ok(())
}

/// The parts of a list or set as they come.
struct Parts<'a, 'h> {
    shared: &'a mut Shared,
    depth: u32,
    /// The variant that the whole is the content of.
    variant: Option<&'static str>,
    values: Vec<Value<'h>>,
    /// The names of the values of a set; empty for a list.
    names: Vec<Symbol>,
}

impl<'h> Parts<'_, 'h> {
    fn add<T: Serialize + ?Sized>(&mut self, data: &T) -> Result<()> {
        let brand = std::marker::PhantomData;
        let value = data.serialize(Writer { shared: self.shared, depth: self.depth, brand })?;
        self.values.push(value);
        Ok(())
    }

    fn add_named<T: Serialize + ?Sized>(&mut self, name: &[u8], data: &T) -> Result<()> {
        let name = self.shared.symbols.intern(name);
        self.names.push(name);
        self.add(data)
    }

    fn list(self) -> Result<Value<'h>> {
        check_memory(self.shared, self.values.len().saturating_mul(8))?;
        let list = self.shared.heap.list(&self.values);
        Ok(wrapped(self.shared, self.variant, list))
    }

    fn attrs(self) -> Result<Value<'h>> {
        check_memory(self.shared, self.values.len().saturating_mul(16))?;
        let pairs = self.names.into_iter().zip(self.values);
        let mut attributes: Vec<_> = pairs.map(|(name, value)| (name, Pos::NONE, value)).collect();
        sort_attributes(&mut attributes);
        let set = self.shared.heap.attrs_from(&attributes);
        Ok(wrapped(self.shared, self.variant, set))
    }
}

/// The content of a variant as a set: `{ VARIANT = CONTENT; }`.
fn wrapped<'h>(shared: &mut Shared, variant: Option<&str>, content: Value<'h>) -> Value<'h> {
    let Some(name) = variant else { return content };
    let name = shared.symbols.intern(name.as_bytes());
    shared.heap.attrs_from(&[(name, Pos::NONE, content)])
}

macro_rules! integers {
    ($($method:ident $type:ident,)*) => {$(
        fn $method(self, value: $type) -> Result<Value<'h>> {
            self.int(value)
        }
    )*};
}

impl<'a, 'h> ser::Serializer for Writer<'a, 'h> {
    type Ok = Value<'h>;
    type Error = Failure;
    type SerializeSeq = Parts<'a, 'h>;
    type SerializeTuple = Parts<'a, 'h>;
    type SerializeTupleStruct = Parts<'a, 'h>;
    type SerializeTupleVariant = Parts<'a, 'h>;
    type SerializeMap = Parts<'a, 'h>;
    type SerializeStruct = Parts<'a, 'h>;
    type SerializeStructVariant = Parts<'a, 'h>;

    fn serialize_bool(self, value: bool) -> Result<Value<'h>> {
        Ok(Value::bool(value))
    }

    integers! {
        serialize_i8 i8, serialize_i16 i16, serialize_i32 i32, serialize_i64 i64, serialize_i128 i128,
        serialize_u8 u8, serialize_u16 u16, serialize_u32 u32, serialize_u64 u64, serialize_u128 u128,
    }

    fn serialize_f32(self, value: f32) -> Result<Value<'h>> {
        self.serialize_f64(f64::from(value))
    }

    fn serialize_f64(self, value: f64) -> Result<Value<'h>> {
        Ok(self.shared.heap.float(value))
    }

    fn serialize_char(self, value: char) -> Result<Value<'h>> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<Value<'h>> {
        self.string(value.as_bytes())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<Value<'h>> {
        self.string(value)
    }

    fn serialize_none(self) -> Result<Value<'h>> {
        Ok(Value::NULL)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value<'h>> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Value<'h>> {
        Ok(Value::NULL)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Value<'h>> {
        Ok(Value::NULL)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Value<'h>> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Value<'h>> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Value<'h>> {
        let mut parts = self.parts(None)?;
        parts.add_named(variant.as_bytes(), value)?;
        parts.attrs()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Parts<'a, 'h>> {
        self.parts(None)
    }

    fn serialize_tuple(self, _: usize) -> Result<Parts<'a, 'h>> {
        self.parts(None)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Parts<'a, 'h>> {
        self.parts(None)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Parts<'a, 'h>> {
        self.parts(Some(variant))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Parts<'a, 'h>> {
        self.parts(None)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Parts<'a, 'h>> {
        self.parts(None)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Parts<'a, 'h>> {
        self.parts(Some(variant))
    }
}

/// What comes one after the other becomes a list.
macro_rules! lists {
    ($($kind:ident $method:ident,)*) => {$(
        impl<'h> ser::$kind for Parts<'_, 'h> {
            type Ok = Value<'h>;
            type Error = Failure;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
                self.add(value)
            }

            fn end(self) -> Result<Value<'h>> {
                self.list()
            }
        }
    )*};
}

lists! {
    SerializeSeq serialize_element,
    SerializeTuple serialize_element,
    SerializeTupleStruct serialize_field,
    SerializeTupleVariant serialize_field,
}

/// What has names becomes a set.
macro_rules! sets {
    ($($kind:ident,)*) => {$(
        impl<'h> ser::$kind for Parts<'_, 'h> {
            type Ok = Value<'h>;
            type Error = Failure;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<()> {
                self.add_named(key.as_bytes(), value)
            }

            fn end(self) -> Result<Value<'h>> {
                self.attrs()
            }
        }
    )*};
}

sets! { SerializeStruct, SerializeStructVariant, }

impl<'h> ser::SerializeMap for Parts<'_, 'h> {
    type Ok = Value<'h>;
    type Error = Failure;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<()> {
        let brand = std::marker::PhantomData;
        let key: Value<'h> = key.serialize(Writer { shared: self.shared, depth: self.depth, brand })?;
        let Some(text) = key.as_string() else {
            return Err(ser::Error::custom("the keys of a map must be strings"));
        };
        let name = self.shared.symbols.intern(text.bytes());
        self.names.push(name);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        self.add(value)
    }

    fn end(self) -> Result<Value<'h>> {
        self.attrs()
    }
}
