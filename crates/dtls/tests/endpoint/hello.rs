//! ClientHellos made by hand, to offer what no decent client offers (RFC 5246 §7.4.1.2, RFC 6347 §4.2.1).

pub(crate) const ECDHE_ECDSA_AES_128_GCM: u16 = 0xc02b;

/// A ClientHello; the default is one that a server accepts.
#[derive(Clone)]
pub(crate) struct Hello {
    pub(crate) version: [u8; 2],
    pub(crate) suites: Vec<u16>,
    pub(crate) groups: Vec<u16>,
    pub(crate) has_master_secret: bool,
    pub(crate) has_srtp: bool,
    pub(crate) message_seq: u16,
    pub(crate) random: u8,
}

impl Default for Hello {
    fn default() -> Self {
        Self {
            version: [0xfe, 0xfd],
            suites: vec![ECDHE_ECDSA_AES_128_GCM],
            // X25519, P-256
            groups: vec![29, 23],
            has_master_secret: true,
            has_srtp: true,
            message_seq: 0,
            random: 1,
        }
    }
}

impl Hello {
    /// The handshake message with its header, unfragmented.
    pub(crate) fn message(&self) -> Vec<u8> {
        let mut body = self.version.to_vec();
        body.extend([self.random; 32]);
        body.extend([0, 0]); // session id, cookie
        body.extend(with_len(&self.suites.iter().flat_map(|s| s.to_be_bytes()).collect::<Vec<_>>()));
        body.extend([1, 0]); // no compression
        let mut extensions = Vec::new();
        let groups: Vec<u8> = self.groups.iter().flat_map(|g| g.to_be_bytes()).collect();
        extensions.extend(extension(10, &with_len(&groups)));
        extensions.extend(extension(11, &[1, 0]));
        extensions.extend(extension(13, &with_len(&[4, 3])));
        if self.has_srtp {
            let mut profiles = with_len(&[0, 7]);
            profiles.push(0);
            extensions.extend(extension(14, &profiles));
        }
        if self.has_master_secret {
            extensions.extend(extension(23, &[]));
        }
        body.extend(with_len(&extensions));

        let len = (body.len() as u32).to_be_bytes();
        let mut message = vec![1, len[1], len[2], len[3]];
        message.extend(self.message_seq.to_be_bytes());
        message.extend([0, 0, 0, len[1], len[2], len[3]]);
        message.extend(body);
        message
    }

    /// One plain record.
    pub(crate) fn datagram(&self) -> Vec<u8> {
        record(22, 0, 0, &self.message())
    }
}

pub(crate) fn record(content: u8, epoch: u16, sequence: u64, body: &[u8]) -> Vec<u8> {
    let mut record = vec![content, 0xfe, 0xfd];
    record.extend(epoch.to_be_bytes());
    record.extend(&sequence.to_be_bytes()[2..]);
    record.extend(with_len(body));
    record
}

fn extension(id: u16, body: &[u8]) -> Vec<u8> {
    let mut extension = id.to_be_bytes().to_vec();
    extension.extend(with_len(body));
    extension
}

fn with_len(body: &[u8]) -> Vec<u8> {
    let mut out = (body.len() as u16).to_be_bytes().to_vec();
    out.extend(body);
    out
}
