"""The screens and the partner API that span modules."""
