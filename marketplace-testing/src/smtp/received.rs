//! A mail as the server got it.

/// A mail that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The envelope's sender.
    pub from: String,
    /// The envelope's recipients.
    pub to: Vec<String>,
    /// Headers and body: lines end with CRLF, doubled dots are single again.
    pub letter: String,
    /// What came over the wire after `DATA`, up to and with the dot that ended it.
    pub raw: Vec<u8>,
    /// Whether it came under TLS.
    pub encrypted: bool,
    /// Who had signed in.
    pub user: Option<String>,
    /// Which connection it came by, counted from 1.
    pub connection: u64,
}

impl Received {
    /// Names and values of the headers, unfolded, in their order.
    pub fn headers(&self) -> Vec<(String, String)> {
        let head = self.letter.split("\r\n\r\n").next().unwrap_or_default();
        let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
        let pair = |line: &str| {
            let (name, value) = line.split_once(':').unwrap_or((line, ""));
            (name.to_owned(), value.trim().to_owned())
        };
        unfolded.split("\r\n").map(pair).collect()
    }

    /// The value of the first header of this name.
    pub fn header(&self, name: &str) -> Option<String> {
        let mut headers = self.headers().into_iter();
        headers.find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The decoded parts of a `multipart` whose parts are quoted-printable UTF-8; lines end with LF.
    ///
    /// # Panics
    /// If it is none.
    pub fn parts(&self) -> Vec<String> {
        let kind = self.header("Content-Type").expect("a mail says what it is");
        let boundary = kind.split_once("boundary=\"").expect("a multipart").1.trim_end_matches('"');
        let body = self.letter.split_once("\r\n\r\n").expect("a mail has a body").1;
        let mut parts: Vec<&str> = body.split(&format!("--{boundary}")).skip(1).collect();
        assert_eq!(parts.pop().map(str::trim_end), Some("--"), "the last part is closed");
        parts
            .into_iter()
            .map(|part| decoded(part.split_once("\r\n\r\n").expect("a part has a body").1))
            .collect()
    }

    /// The plain part.
    ///
    /// # Panics
    /// See [`Received::parts`].
    pub fn text(&self) -> String {
        self.parts().into_iter().next().expect("a part")
    }
}

/// Quoted-printable.
fn decoded(body: &str) -> String {
    let body = body.strip_suffix("\r\n").unwrap_or(body).replace("=\r\n", "");
    let mut bytes = Vec::with_capacity(body.len());
    let mut rest = body.as_str();
    while let Some((plain, coded)) = rest.split_once('=') {
        bytes.extend_from_slice(plain.as_bytes());
        let (digits, tail) = coded.split_at_checked(2).expect("two digits");
        bytes.push(u8::from_str_radix(digits, 16).expect("hexadecimal digits"));
        rest = tail;
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8(bytes).expect("UTF-8").replace("\r\n", "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_taken_apart() {
        let letter = "Subject: a\r\n b\r\nContent-Type: multipart/alternative; boundary=\"x\"\r\n\r\n\
                      --x\r\nA: b\r\n\r\nol=C3=A1 =3D=\r\n1\r\n\r\n--x\r\nA: b\r\n\r\n<p>\r\n--x--\r\n";
        let mail = Received {
            from: String::new(),
            to: Vec::new(),
            letter: letter.to_owned(),
            raw: Vec::new(),
            encrypted: false,
            user: None,
            connection: 1,
        };
        assert_eq!(mail.header("subject").as_deref(), Some("a b"));
        assert_eq!(mail.parts(), ["olá =1\n", "<p>"]);
        assert_eq!(mail.text(), "olá =1\n");
    }
}
