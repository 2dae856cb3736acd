"""The connector: a small local service at the hospital, so that nobody is turned away when the line is down.

``lienthong connect`` runs it. The hospital's software asks it over HTTP on this machine; it
signs with the agency's key and asks the gateway. While the gateway cannot be reached it
answers provisionally, from a certificate that the patient presents or from the last answer
that it kept, keeps the evidence, and asks again by itself when the line is back.

    web        HTTP on this machine, behind a token
    connector  what is answered from where; asks again
    provisional what may be said without a line; pure
    store      kept answers and evidence, encrypted, in one SQLite file
    vault      the encryption
    folder     the state's folder: who may read it, who has it open

Guarantees. An answer from the line is the gateway's, its signature verified; one that does
not verify is never shown and never replaced by a provisional one. A provisional answer is
given only after its evidence is on the disk (committed and synced), so that it survives
``kill -9``; it stays ``pending`` until the gateway has answered the same question.
"""
