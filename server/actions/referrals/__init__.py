"""What is done with alerts and referrals."""
