"""Commands for practising and looking back."""
