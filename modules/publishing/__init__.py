"""The release catalogue of the platform: which releases exist, sealed by their digests."""
