"""Pages of a team lead: the referral inbox, one referral, and where people are likely tonight."""
