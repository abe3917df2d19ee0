"""A referral and its outcome: `state` decides, `screen` draws, `screen.kv` lays out."""
