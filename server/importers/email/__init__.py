"""Reports that come by e-mail: forwarded, piped, or fetched from a mailbox."""
