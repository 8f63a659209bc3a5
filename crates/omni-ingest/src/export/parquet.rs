//! Parquet files through Arrow: the tables of [`export`](super) for a data lake.
//!
//! One file holds one table. The schema carries `omni.table` and `omni.version` in its
//! metadata. Rows are collected and written in groups, so memory is bounded by one group
//! whatever the number of rows. Columns are not compressed beyond the dictionaries and run
//! lengths of Parquet itself.

use super::{Cell, Kind, Row, Table};
use crate::Error;
use arrow_array::RecordBatch;
use arrow_array::builder::{
    ArrayBuilder, BooleanBuilder, Float64Builder, Int64Builder, StringBuilder,
    TimestampMicrosecondBuilder, UInt64Builder,
};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef, TimeUnit};
use omni_core::ParamError;
use parquet::arrow::ArrowWriter;
use parquet::errors::ParquetError;
use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;

/// The columns of a table as Arrow has them.
#[must_use]
pub fn schema(table: &Table) -> Schema {
    let fields: Vec<Field> = table
        .columns
        .iter()
        .map(|column| {
            let kind = match column.kind {
                Kind::Text => DataType::Utf8,
                Kind::Count => DataType::UInt64,
                Kind::Whole => DataType::Int64,
                Kind::Real => DataType::Float64,
                Kind::Flag => DataType::Boolean,
                Kind::Time => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            };
            // A real that is not finite is missing.
            Field::new(column.name, kind, column.optional || column.kind == Kind::Real)
        })
        .collect();
    let metadata: HashMap<String, String> = [
        ("omni.table".to_owned(), table.name.to_owned()),
        ("omni.version".to_owned(), table.version.to_string()),
    ]
    .into();
    Schema::new_with_metadata(fields, metadata)
}

/// Rows as one batch of Arrow.
///
/// # Errors
/// [`Error::Write`] if Arrow refuses them, which it has no reason to.
///
/// # Examples
/// ```
/// use omni_ingest::export::{OrderRow, parquet};
///
/// let rows = [OrderRow { order: 7, currency: "EUR", total_minor: 1999, ..Default::default() }];
/// let batch = parquet::batch(&rows)?;
/// assert_eq!((batch.num_rows(), batch.num_columns()), (1, 11));
/// # Ok::<(), omni_ingest::Error>(())
/// ```
pub fn batch<R: Row>(rows: &[R]) -> Result<RecordBatch, Error> {
    let mut columns = Columns::new(R::TABLE);
    for row in rows {
        columns.add(row);
    }
    columns.batch(&Arc::new(schema(R::TABLE)))
}

/// Writes the rows of one table. Call [`finish`](Self::finish): a file without its end
/// cannot be read.
pub struct ParquetWriter<W: Write + Send> {
    writer: ArrowWriter<W>,
    table: &'static Table,
    schema: SchemaRef,
    columns: Columns,
    rows: u64,
}

/// Rows that are handed over at once, and those of one group.
const BATCH: usize = 1 << 12;
const GROUP: usize = 1 << 16;

impl<W: Write + Send> ParquetWriter<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn new(output: W, table: &'static Table) -> Result<Self, Error> {
        let schema = Arc::new(schema(table));
        let writer = ArrowWriter::try_new(output, Arc::clone(&schema), None);
        let writer = writer.map_err(|error| failed(&error))?;
        Ok(Self { writer, table, schema, columns: Columns::new(table), rows: 0 })
    }

    /// Writes one row.
    ///
    /// # Errors
    /// [`Error::Param`] if it is of another table; [`Error::Write`].
    pub fn write<R: Row>(&mut self, row: &R) -> Result<(), Error> {
        if R::TABLE.name != self.table.name {
            return Err(ParamError::new("row", "of the table of the writer", R::TABLE.name).into());
        }
        self.columns.add(row);
        self.rows += 1;
        if self.columns.len() >= BATCH { self.hand_over() } else { Ok(()) }
    }

    fn hand_over(&mut self) -> Result<(), Error> {
        let batch = self.columns.batch(&self.schema)?;
        self.writer.write(&batch).map_err(|error| failed(&error))?;
        if self.writer.in_progress_rows() >= GROUP {
            self.writer.flush().map_err(|error| failed(&error))?;
        }
        Ok(())
    }

    /// Rows written.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    /// Writes what is left and the end of the file.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn finish(mut self) -> Result<W, Error> {
        if self.columns.len() > 0 {
            self.hand_over()?;
        }
        self.writer.into_inner().map_err(|error| failed(&error))
    }
}

impl<W: Write + Send> fmt::Debug for ParquetWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParquetWriter")
            .field("table", &self.table.name)
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

fn failed(error: &ParquetError) -> Error {
    Error::Write { kind: io::ErrorKind::Other, message: error.to_string() }
}

fn refused(error: &ArrowError) -> Error {
    Error::Write { kind: io::ErrorKind::Other, message: error.to_string() }
}

/// The cells of some rows, by column.
struct Columns(Vec<Builder>);

enum Builder {
    Text(StringBuilder),
    Count(UInt64Builder),
    Whole(Int64Builder),
    Real(Float64Builder),
    Flag(BooleanBuilder),
    Time(TimestampMicrosecondBuilder),
}

impl Columns {
    fn new(table: &Table) -> Self {
        let builder = |kind| match kind {
            Kind::Text => Builder::Text(StringBuilder::new()),
            Kind::Count => Builder::Count(UInt64Builder::new()),
            Kind::Whole => Builder::Whole(Int64Builder::new()),
            Kind::Real => Builder::Real(Float64Builder::new()),
            Kind::Flag => Builder::Flag(BooleanBuilder::new()),
            Kind::Time => Builder::Time(TimestampMicrosecondBuilder::new().with_timezone("UTC")),
        };
        Self(table.columns.iter().map(|column| builder(column.kind)).collect())
    }

    fn len(&self) -> usize {
        self.0.first().map_or(0, |builder| builder.array().len())
    }

    fn add<R: Row>(&mut self, row: &R) {
        let mut builders = self.0.iter_mut();
        let take = |_, cell: Cell<'_>| {
            if let Some(builder) = builders.next() {
                builder.append(cell);
            }
            Ok::<(), Infallible>(())
        };
        let Ok(()) = row.visit(take);
    }

    /// What was collected; nothing is left.
    fn batch(&mut self, schema: &SchemaRef) -> Result<RecordBatch, Error> {
        let arrays = self.0.iter_mut().map(|builder| builder.array_mut().finish()).collect();
        RecordBatch::try_new(Arc::clone(schema), arrays).map_err(|error| refused(&error))
    }
}

impl Builder {
    fn append(&mut self, cell: Cell<'_>) {
        // The kind of a cell is that of its column; anything else would be missing.
        match self {
            Self::Text(column) => {
                column.append_option(if let Cell::Text(text) = cell { Some(text) } else { None });
            }
            Self::Count(column) => {
                column.append_option(if let Cell::Count(count) = cell {
                    Some(count)
                } else {
                    None
                });
            }
            Self::Whole(column) => {
                column.append_option(if let Cell::Whole(whole) = cell {
                    Some(whole)
                } else {
                    None
                });
            }
            Self::Real(column) => {
                column.append_option(if let Cell::Real(real) = cell { Some(real) } else { None });
            }
            Self::Flag(column) => {
                column.append_option(if let Cell::Flag(flag) = cell { Some(flag) } else { None });
            }
            Self::Time(column) => {
                let at = if let Cell::Time(at) = cell { Some(at.timestamp_micros()) } else { None };
                column.append_option(at);
            }
        }
    }

    fn array(&self) -> &dyn ArrayBuilder {
        match self {
            Self::Text(column) => column,
            Self::Count(column) => column,
            Self::Whole(column) => column,
            Self::Real(column) => column,
            Self::Flag(column) => column,
            Self::Time(column) => column,
        }
    }

    fn array_mut(&mut self) -> &mut dyn ArrayBuilder {
        match self {
            Self::Text(column) => column,
            Self::Count(column) => column,
            Self::Whole(column) => column,
            Self::Real(column) => column,
            Self::Flag(column) => column,
            Self::Time(column) => column,
        }
    }
}
