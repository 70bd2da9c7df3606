//! Forms with files.

use bytes::Bytes;

/// A file to be uploaded.
#[derive(Debug, Clone)]
pub struct Upload {
    /// Its name, as a browser would send it.
    pub name: String,
    /// The type that the client claims.
    pub content_type: String,
    /// Its bytes.
    pub bytes: Bytes,
}

impl Upload {
    /// A PDF by its first bytes, followed by `size` bytes that differ from place to place.
    pub fn pdf(name: &str, size: usize) -> Self {
        let mut bytes = b"%PDF-1.4\n".to_vec();
        let mut state = 0x9e37_79b9_u32;
        bytes.extend(
            std::iter::repeat_with(|| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                state.to_be_bytes()[0]
            })
            .take(size),
        );
        Self { name: name.to_owned(), content_type: "application/pdf".to_owned(), bytes: bytes.into() }
    }
}

/// The content type and body of a form with one part named `field`.
pub fn multipart(field: &str, upload: &Upload) -> (String, Bytes) {
    let boundary = "a-boundary-that-is-in-no-file";
    let mut body = format!(
        "--{boundary}\r\ncontent-disposition: form-data; name=\"{field}\"; filename=\"{}\"\r\n\
         content-type: {}\r\n\r\n",
        upload.name.replace('"', "%22"),
        upload.content_type,
    )
    .into_bytes();
    body.extend_from_slice(&upload.bytes);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), body.into())
}
