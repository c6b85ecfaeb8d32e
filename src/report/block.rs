//! What a document is made of, whatever it is written as.

/// A picture with what is said below it.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// PNG bytes.
    pub png: Vec<u8>,
    /// Below it.
    pub caption: String,
    /// Width in pixels as shown.
    pub width: u32,
}

/// A piece of a document. All text is plain: the writer escapes it.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// A heading; 1 is the title's.
    Heading(u8, String),
    /// A paragraph.
    Text(String),
    /// What the user wrote: paragraphs are parted by empty lines.
    Own(String),
    /// A remark in small print.
    Remark(String),
    /// Lines with a dot.
    List(Vec<String>),
    /// A table: captions, then rows.
    Table(Vec<String>, Vec<Vec<String>>),
    /// A drawing, and what is said below it.
    Svg(String, String),
    /// Pictures beside each other.
    Figures(Vec<Figure>),
    /// Text as it stands, such as a recipe.
    Code(String),
}

impl Block {
    /// A table of captions and rows of anything that can be shown.
    pub fn table<const N: usize>(captions: [&str; N], rows: Vec<[String; N]>) -> Self {
        Self::Table(captions.map(str::to_owned).to_vec(), rows.into_iter().map(Vec::from).collect())
    }
}
