"""The compliance case: KYB, KYC and customs paths."""
