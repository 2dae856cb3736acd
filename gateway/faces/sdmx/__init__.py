"""SDMX REST 1.5 and 2.0 over the contract's ListObservations: translation only.

structures    public documents: dataflow, datastructure, codelist, conceptscheme
data          a signed, audited question; so is availability, which tells which series there are
"""
