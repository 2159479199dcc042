//! Values to data of Rust: the deserialiser.

use nivose_base::{Pos, Result as EvaluationResult};
use serde::de::value::StringDeserializer;
use serde::de::{self, DeserializeOwned, DeserializeSeed, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::MAX_DEPTH;
use super::failure::{Failure, Result};

/// What a look at a value shows: plain data, or values within.
pub(crate) enum Look<N> {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// A string or a path.
    Text(Vec<u8>),
    List(Vec<N>),
    Attrs(Vec<(String, N)>),
    Function,
}

/// A value that can be looked at.
pub(crate) trait Node: Sized {
    /// Evaluates it if that is needed, not deeply.
    fn look(&self) -> Result<Look<Self>>;

    /// Where it was written.
    fn pos(&self) -> Pos;
}

impl<N> Look<N> {
    /// The same with other values within; those that `change` gives nothing for are left out.
    pub fn filter_map<M>(self, mut change: impl FnMut(N) -> Option<M>) -> Look<M> {
        match self {
            Look::Null => Look::Null,
            Look::Bool(value) => Look::Bool(value),
            Look::Int(value) => Look::Int(value),
            Look::Float(value) => Look::Float(value),
            Look::Text(bytes) => Look::Text(bytes),
            Look::List(elements) => Look::List(elements.into_iter().filter_map(change).collect()),
            Look::Attrs(attributes) => {
                let named = |(name, value)| Some((name, change(value)?));
                Look::Attrs(attributes.into_iter().filter_map(named).collect())
            }
            Look::Function => Look::Function,
        }
    }
}

/// A value as data of Rust.
pub(crate) fn from_node<N: Node, T: DeserializeOwned>(node: N) -> EvaluationResult<T> {
    T::deserialize(Reader { node, depth: 0 }).map_err(Failure::into_error)
}

/// A node with its depth.
struct Reader<N> {
    node: N,
    depth: u32,
}

impl<N: Node> Reader<N> {
    /// Gives a failure the place of this node, unless it has one.
    fn place<T>(&self, result: Result<T>) -> Result<T> {
        result.map_err(|failure| failure.at(self.node.pos()))
    }

    fn visit<'de, V: Visitor<'de>>(&self, visitor: V) -> Result<V::Value> {
        let depth = self.depth + 1;
        if depth > MAX_DEPTH {
            return Err(de::Error::custom(format_args!("nests deeper than {MAX_DEPTH} levels")));
        }
        match self.node.look()? {
            Look::Null => visitor.visit_unit(),
            Look::Bool(value) => visitor.visit_bool(value),
            Look::Int(value) => visitor.visit_i64(value),
            Look::Float(value) => visitor.visit_f64(value),
            Look::Text(bytes) => match String::from_utf8(bytes) {
                Ok(text) => visitor.visit_string(text),
                Err(error) => visitor.visit_byte_buf(error.into_bytes()),
            },
            Look::List(elements) => {
                visitor.visit_seq(ListAccess { rest: elements.into_iter(), next: 0, depth })
            }
            Look::Attrs(attributes) => {
                visitor.visit_map(SetAccess { rest: attributes.into_iter(), value: None, depth })
            }
            Look::Function => Err(de::Error::custom("a function cannot be made data")),
        }
    }
}

impl<'de, N: Node> de::Deserializer<'de> for Reader<N> {
    type Error = Failure;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let visited = self.visit(visitor);
        self.place(visited)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.node.look()? {
            Look::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        let visited = match self.node.look()? {
            Look::Text(bytes) => {
                let name = String::from_utf8_lossy(&bytes).into_owned();
                visitor.visit_enum(IntoDeserializer::<Failure>::into_deserializer(name))
            }
            Look::Attrs(mut attributes) if attributes.len() == 1 => match attributes.pop() {
                Some((name, node)) => {
                    visitor.visit_enum(Variant { name, content: Reader { node, depth: self.depth + 1 } })
                }
                None => Err(de::Error::custom("no variant")),
            },
            _ => Err(de::Error::custom("expected a string or a set with one attribute, the variant")),
        };
        self.place(visited)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier
    }
}

/// The elements of a list that are still to be read.
struct ListAccess<N> {
    rest: std::vec::IntoIter<N>,
    next: usize,
    depth: u32,
}

impl<'de, N: Node> de::SeqAccess<'de> for ListAccess<N> {
    type Error = Failure;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        let Some(node) = self.rest.next() else { return Ok(None) };
        let index = self.next;
        self.next += 1;
        let read = seed.deserialize(Reader { node, depth: self.depth });
        read.map(Some).map_err(|failure| failure.within(&format!("[{index}]")))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// The attributes of a set that are still to be read.
struct SetAccess<N> {
    rest: std::vec::IntoIter<(String, N)>,
    value: Option<(String, N)>,
    depth: u32,
}

impl<'de, N: Node> de::MapAccess<'de> for SetAccess<N> {
    type Error = Failure;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        self.value = self.rest.next();
        let Some((name, node)) = &self.value else { return Ok(None) };
        let key: StringDeserializer<Failure> = name.clone().into_deserializer();
        let read = seed.deserialize(key);
        read.map(Some).map_err(|failure| failure.at(node.pos()))
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value> {
        let Some((name, node)) = self.value.take() else {
            return Err(de::Error::custom("a value was asked for before its name"));
        };
        let read = seed.deserialize(Reader { node, depth: self.depth });
        read.map_err(|failure| failure.within(&name))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// A variant with content: `{ NAME = CONTENT; }`.
struct Variant<N> {
    name: String,
    content: Reader<N>,
}

impl<'de, N: Node> de::EnumAccess<'de> for Variant<N> {
    type Error = Failure;
    type Variant = Content<N>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Content<N>)> {
        let name: StringDeserializer<Failure> = self.name.clone().into_deserializer();
        Ok((seed.deserialize(name)?, Content { name: self.name, reader: self.content }))
    }
}

/// The content of a variant.
struct Content<N> {
    name: String,
    reader: Reader<N>,
}

impl<'de, N: Node> de::VariantAccess<'de> for Content<N> {
    type Error = Failure;

    fn unit_variant(self) -> Result<()> {
        let read = <() as de::Deserialize>::deserialize(self.reader);
        read.map_err(|failure| failure.within(&self.name))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value> {
        seed.deserialize(self.reader).map_err(|failure| failure.within(&self.name))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value> {
        let read = de::Deserializer::deserialize_any(self.reader, visitor);
        read.map_err(|failure| failure.within(&self.name))
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value> {
        let read = de::Deserializer::deserialize_any(self.reader, visitor);
        read.map_err(|failure| failure.within(&self.name))
    }
}
