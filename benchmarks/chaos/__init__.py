"""``make chaos``: everything is killed while commands are accepted, and nothing is lost or done twice.

    parties     agencies and units of this run, enrolled and registered for it
    script      what they command, drawn from a seed
    sending     sends it through the signed gateway, and comes back until it is accepted
    killing     SIGKILL at drawn moments, and at every named place in our own code
    model       what must have come of the accepted commands, in the order of acceptance
    claims      claim files: what is sent, and what must have come of it
    invariants  compares databases, queues and access log with it

The moments of the kills follow the progress of the run, so that a seed gives the same
kills after the same number of commands; how the processes stand then is up to the machine.
"""
