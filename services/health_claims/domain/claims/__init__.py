"""The national claim file (*hồ sơ đề nghị thanh toán*): from octets to dossiers, their records and findings. Pure.

    reading    octets -> envelope and dossiers, one at a time       raises FileRefused
    tables     one table of a dossier (``XML1``) -> lines of fields
    fields     what a field may hold (``fields.toml``)
    dossiers   tables -> summary, drugs and services, and what is wrong within them
    register   the dossier against holder and cards
    sensitive  which diagnoses need a scope of their own
    findings   what is wrong or remarkable (``findings.toml``)

Source: QD 130/QD-BYT as amended by QD 4750/QD-BYT and QD 3176/QD-BYT.
"""
