//! Writes an RTP header with its extension elements into a caller's buffer.

use super::{EXTENSION_BIT, EXTENSION_HEADER_LEN, FIXED_HEADER_LEN, MARKER_BIT, VERSION};
use crate::error::WriteError;
use crate::extension::{ExtensionForm, ExtensionId};
use crate::sequence::SeqNo;
use crate::units::{PayloadType, RtpTimestamp, Ssrc};

/// The fields of a fixed header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeaderFields {
    /// The marker.
    pub marker: bool,
    /// The payload type.
    pub payload_type: PayloadType,
    /// The sequence number.
    pub sequence: SeqNo,
    /// The timestamp.
    pub timestamp: RtpTimestamp,
    /// The stream.
    pub ssrc: Ssrc,
}

/// Writes a header front to back: the fixed part at once, then one element after the other, then the block's length.
///
/// There are no CSRCs and no padding: a forwarder mixes nothing, and padding belongs to who writes the payload.
///
/// ```
/// use rtp::extension::{ExtensionForm, ExtensionId};
/// use rtp::{HeaderFields, HeaderWriter, PayloadType, RtpTimestamp, SeqNo, Ssrc};
///
/// let mut packet = [0; 1200];
/// let fields = HeaderFields {
///     marker: true,
///     payload_type: PayloadType::new(96).ok_or("payload type")?,
///     sequence: SeqNo(7),
///     timestamp: RtpTimestamp(3000),
///     ssrc: Ssrc(0xfeed),
/// };
/// let mid = ExtensionId::new(4).ok_or("id")?;
/// let mut writer = HeaderWriter::new(&mut packet, &fields, ExtensionForm::OneByte)?;
/// writer.element(mid, b"0")?;
/// let header_len = writer.finish()?;
///
/// assert_eq!(header_len, 12 + 4 + 4);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct HeaderWriter<'a> {
    buffer: &'a mut [u8],
    form: ExtensionForm,
    /// Bytes written so far; the block's own header is counted from the first element on.
    len: usize,
}

impl<'a> HeaderWriter<'a> {
    /// Writes the fixed header.
    ///
    /// # Errors
    /// [`WriteError::BufferFull`].
    #[inline]
    pub fn new(buffer: &'a mut [u8], fields: &HeaderFields, form: ExtensionForm) -> Result<Self, WriteError> {
        let fixed =
            buffer.first_chunk_mut::<FIXED_HEADER_LEN>().ok_or(WriteError::BufferFull("RTP header"))?;
        fixed[0] = VERSION << 6;
        fixed[1] = fields.payload_type.get() | if fields.marker { MARKER_BIT } else { 0 };
        fixed[2..4].copy_from_slice(&fields.sequence.0.to_be_bytes());
        fixed[4..8].copy_from_slice(&fields.timestamp.0.to_be_bytes());
        fixed[8..12].copy_from_slice(&fields.ssrc.0.to_be_bytes());
        Ok(Self { buffer, form, len: FIXED_HEADER_LEN })
    }

    /// Adds an element and returns where its data starts in the packet, so that a later stage (the transport-wide
    /// sequence number, the absolute send time) can set it at the moment of sending.
    ///
    /// # Errors
    /// [`WriteError::OutOfRange`] when the form cannot hold this id or length, [`WriteError::BufferFull`].
    /// What was written before stays as it was.
    #[inline]
    pub fn element(&mut self, id: ExtensionId, data: &[u8]) -> Result<usize, WriteError> {
        if !self.form.fits(id, data.len()) {
            return Err(WriteError::OutOfRange("extension element"));
        }
        let at = if self.has_block() { self.len } else { FIXED_HEADER_LEN + EXTENSION_HEADER_LEN };
        let start = at + self.form.element_header_len();
        let element =
            self.buffer.get_mut(at..start + data.len()).ok_or(WriteError::BufferFull("extension element"))?;
        let (head, body) = element.split_at_mut(start - at);
        self.form.write_element_header(head, id, data.len());
        body.copy_from_slice(data);
        self.len = start + data.len();
        Ok(start)
    }

    /// Pads the block to whole words, fills in its header, and returns the length of the whole RTP header.
    ///
    /// # Errors
    /// [`WriteError::BufferFull`], or [`WriteError::OutOfRange`] when the elements exceed the block's length field.
    #[inline]
    pub fn finish(self) -> Result<usize, WriteError> {
        if !self.has_block() {
            return Ok(self.len);
        }
        let end = self.len.next_multiple_of(4);
        let padding =
            self.buffer.get_mut(self.len..end).ok_or(WriteError::BufferFull("extension padding"))?;
        padding.fill(0);
        let words = (end - FIXED_HEADER_LEN - EXTENSION_HEADER_LEN) / 4;
        let words = u16::try_from(words).map_err(|_| WriteError::OutOfRange("extension block"))?;
        self.buffer[0] |= EXTENSION_BIT;
        self.buffer[12..14].copy_from_slice(&self.form.profile().to_be_bytes());
        self.buffer[14..16].copy_from_slice(&words.to_be_bytes());
        Ok(end)
    }

    const fn has_block(&self) -> bool {
        self.len > FIXED_HEADER_LEN
    }
}
