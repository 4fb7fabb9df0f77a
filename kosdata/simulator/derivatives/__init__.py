"""The synthetic exchange for futures and options, priced from the shares and indices that they are written on."""
