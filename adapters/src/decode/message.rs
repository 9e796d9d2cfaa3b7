//! stub
use super::error::Fault;
use super::session::Session;
pub(crate) fn read<'a>(session: &mut Session<'_, '_, 'a>, document: &'a [u8]) -> Result<(), Fault> {
    let _ = (session, document);
    Ok(())
}
